//! `wasi:keyvalue@0.2.0-draft2`: `store`, `atomics` and `batch`, with Spin's meaning.
//!
//! A guest waits in these without yielding, and so does its whole instance.

use wasmtime::component::{Access, Resource};
use wasmtime::{AsContextMut as _, Result};

use super::bindings::wasi::keyvalue::{atomics, batch, store};
use super::state::{Guest, GuestState, OpenStore, Operation, begin, count, told};
use crate::stats::Kind;
use crate::store::{Change, Changed, Failure, Label};
use atomics::CasError;
use store::{Error, KeyResponse};

type Caller<'a> = Access<'a, GuestState, Guest>;

/// A compare-and-swap under way: it remembers what `current` has read, and nothing until then.
pub struct Handle {
    label: Label,
    key: String,
    remembered: Option<Vec<u8>>,
}

impl store::HostWithStore<GuestState> for Guest {
    async fn open(
        mut caller: Caller<'_>,
        label: String,
    ) -> Result<Result<Resource<OpenStore>, Error>> {
        Ok(caller.get().open(&label)?.ok_or(Error::AccessDenied))
    }
}

impl store::HostBucketWithStore<GuestState> for Guest {
    async fn get(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> Result<Result<Option<Vec<u8>>, Error>> {
        let Operation { database, label } = begin(caller.as_context_mut(), &bucket, Kind::Read)?;
        told(
            database.backend().await.get(&label, &key).await,
            Error::Other,
        )
    }

    async fn set(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        change(
            begin(caller.as_context_mut(), &bucket, Kind::Write)?,
            Change::Set { key, value },
        )
        .await
    }

    async fn delete(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> Result<Result<(), Error>> {
        change(
            begin(caller.as_context_mut(), &bucket, Kind::Write)?,
            Change::Delete { key },
        )
        .await
    }

    async fn exists(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> Result<Result<bool, Error>> {
        let Operation { database, label } = begin(caller.as_context_mut(), &bucket, Kind::Read)?;
        told(
            database.backend().await.exists(&label, &key).await,
            Error::Other,
        )
    }

    async fn list_keys(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        cursor: Option<String>,
    ) -> Result<Result<KeyResponse, Error>> {
        if cursor.is_some() {
            return Ok(Err(Error::Other("list_keys: cursor not supported".into())));
        }
        let Operation { database, label } = begin(caller.as_context_mut(), &bucket, Kind::Read)?;
        let listed = database.backend().await.list(&label).await;
        told(
            listed.map(|keys| KeyResponse { keys, cursor: None }),
            Error::Other,
        )
    }
}

impl batch::HostWithStore<GuestState> for Guest {
    async fn get_many(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        keys: Vec<String>,
    ) -> Result<Result<Vec<(String, Option<Vec<u8>>)>, Error>> {
        if keys.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let Operation { database, label } = begin(caller.as_context_mut(), &bucket, Kind::Read)?;
        let found = database.backend().await.get_many(&label, keys).await;
        told(
            found.map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(key, value)| (key, Some(value)))
                    .collect()
            }),
            Error::Other,
        )
    }

    async fn set_many(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        pairs: Vec<(String, Vec<u8>)>,
    ) -> Result<Result<(), Error>> {
        if pairs.is_empty() {
            return Ok(Ok(()));
        }
        change(
            begin(caller.as_context_mut(), &bucket, Kind::Write)?,
            Change::SetMany(pairs),
        )
        .await
    }

    async fn delete_many(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        keys: Vec<String>,
    ) -> Result<Result<(), Error>> {
        if keys.is_empty() {
            return Ok(Ok(()));
        }
        change(
            begin(caller.as_context_mut(), &bucket, Kind::Write)?,
            Change::DeleteMany(keys),
        )
        .await
    }
}

impl atomics::HostWithStore<GuestState> for Guest {
    async fn increment(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        key: String,
        delta: i64,
    ) -> Result<Result<i64, Error>> {
        let Operation { database, label } =
            begin(caller.as_context_mut(), &bucket, Kind::Increment)?;
        let changed = database
            .backend()
            .await
            .change(&label, Change::Increment { key, delta })
            .await;
        told(changed.and_then(counter), Error::Other)
    }

    async fn swap(
        mut caller: Caller<'_>,
        cas: Resource<Handle>,
        value: Vec<u8>,
    ) -> Result<Result<(), CasError>> {
        count(&mut caller.as_context_mut(), Kind::Swap)?;
        let database = caller.get().component.database.clone();
        let Handle {
            label,
            key,
            remembered,
        } = caller.get().table().delete(cas)?;
        let change = Change::Swap {
            key: key.clone(),
            old: remembered,
            new: value,
        };
        let changed = database.backend().await.change(&label, change).await;
        match told(changed.and_then(swapped), Error::Other)? {
            Ok(true) => return Ok(Ok(())),
            Ok(false) => {}
            Err(error) => return Ok(Err(CasError::StoreError(error))),
        }
        // The loser is given a handle that has read what won.
        count(&mut caller.as_context_mut(), Kind::Read)?;
        let current = database.backend().await.get(&label, &key).await;
        Ok(Err(match told(current, Error::Other)? {
            Ok(remembered) => CasError::CasFailed(caller.get().table().push(Handle {
                label,
                key,
                remembered,
            })?),
            Err(error) => CasError::StoreError(error),
        }))
    }
}

impl atomics::HostCasWithStore<GuestState> for Guest {
    async fn new(
        mut caller: Caller<'_>,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> Result<Result<Resource<Handle>, Error>> {
        let guest = caller.get();
        let label = guest.label(&bucket)?;
        Ok(Ok(guest.table().push(Handle {
            label,
            key,
            remembered: None,
        })?))
    }

    async fn current(
        mut caller: Caller<'_>,
        cas: Resource<Handle>,
    ) -> Result<Result<Option<Vec<u8>>, Error>> {
        count(&mut caller.as_context_mut(), Kind::Read)?;
        let database = caller.get().component.database.clone();
        let handle = caller.get().table().get(&cas)?;
        let (label, key) = (handle.label.clone(), handle.key.clone());
        let value = match told(
            database.backend().await.get(&label, &key).await,
            Error::Other,
        )? {
            Ok(value) => value,
            Err(error) => return Ok(Err(error)),
        };
        caller
            .get()
            .table()
            .get_mut(&cas)?
            .remembered
            .clone_from(&value);
        Ok(Ok(value))
    }
}

async fn change(operation: Operation, change: Change) -> Result<Result<(), Error>> {
    let changed = operation
        .database
        .backend()
        .await
        .change(&operation.label, change)
        .await;
    told(changed.map(|_: Changed| ()), Error::Other)
}

fn counter(changed: Changed) -> std::result::Result<i64, Failure> {
    match changed {
        Changed::Counter(sum) => Ok(sum),
        other => Err(Failure::Database(format!("an increment came to {other:?}"))),
    }
}

fn swapped(changed: Changed) -> std::result::Result<bool, Failure> {
    match changed {
        Changed::Swapped(swapped) => Ok(swapped),
        other => Err(Failure::Database(format!("a swap came to {other:?}"))),
    }
}

impl store::Host for &mut GuestState {}

impl store::HostBucket for &mut GuestState {
    fn drop(&mut self, bucket: Resource<OpenStore>) -> Result<()> {
        self.close(bucket)
    }
}

impl atomics::Host for &mut GuestState {}

impl atomics::HostCas for &mut GuestState {
    fn drop(&mut self, cas: Resource<Handle>) -> Result<()> {
        self.table().delete(cas)?;
        Ok(())
    }
}

impl batch::Host for &mut GuestState {}
