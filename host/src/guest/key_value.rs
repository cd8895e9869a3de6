//! `spin:key-value@3.0.0`: asynchronous, so a guest may have several operations under way.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::mpsc::Receiver;
use wasmtime::component::{
    Accessor, Destination, FutureReader, Resource, StreamProducer, StreamReader, StreamResult,
};
use wasmtime::{AsContextMut as _, Result, StoreContextMut};

use super::bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use super::state::{Guest, GuestState, OpenStore, Operation, begin, told};
use crate::stats::Kind;
use crate::store::{Change, Changed, Failure};

type Caller = Accessor<GuestState, Guest>;

fn operation(caller: &Caller, store: &Resource<OpenStore>, kind: Kind) -> Result<Operation> {
    caller.with(|mut access| begin(access.as_context_mut(), store, kind))
}

impl HostStoreWithStore<GuestState> for Guest {
    async fn open(caller: &Caller, label: String) -> Result<Result<Resource<OpenStore>, Error>> {
        let opened = caller.with(|mut access| access.get().open(&label))?;
        Ok(opened.ok_or(Error::AccessDenied))
    }

    async fn get(
        caller: &Caller,
        store: Resource<OpenStore>,
        key: String,
    ) -> Result<Result<Option<Vec<u8>>, Error>> {
        let Operation { database, label } = operation(caller, &store, Kind::Read)?;
        told(
            database.backend().await.get(&label, &key).await,
            Error::Other,
        )
    }

    async fn set(
        caller: &Caller,
        store: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        change(
            operation(caller, &store, Kind::Write)?,
            Change::Set { key, value },
        )
        .await
    }

    async fn delete(
        caller: &Caller,
        store: Resource<OpenStore>,
        key: String,
    ) -> Result<Result<(), Error>> {
        change(
            operation(caller, &store, Kind::Write)?,
            Change::Delete { key },
        )
        .await
    }

    async fn exists(
        caller: &Caller,
        store: Resource<OpenStore>,
        key: String,
    ) -> Result<Result<bool, Error>> {
        let Operation { database, label } = operation(caller, &store, Kind::Read)?;
        told(
            database.backend().await.exists(&label, &key).await,
            Error::Other,
        )
    }

    async fn get_keys(
        caller: &Caller,
        store: Resource<OpenStore>,
    ) -> Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let Operation { database, label } = operation(caller, &store, Kind::Read)?;
        let listing = database.stream(&label).await;
        let end = async move {
            let ended = listing
                .end
                .await
                .unwrap_or_else(|_| Err(Failure::Database("the listing was given up".into())));
            Ok::<_, wasmtime::Error>(ended.map_err(|failure| Error::Other(failure.to_string())))
        };
        caller.with(|mut access| {
            let keys = StreamReader::new(access.as_context_mut(), KeyStream(listing.keys))?;
            let end = FutureReader::new(access.as_context_mut(), end)?;
            Ok((keys, end))
        })
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

impl HostStore for &mut GuestState {
    fn drop(&mut self, store: Resource<OpenStore>) -> Result<()> {
        self.close(store)
    }
}

impl Host for &mut GuestState {}

/// Keys as they come from the database.
struct KeyStream(Receiver<String>);

impl<D> StreamProducer<D> for KeyStream {
    type Item = String;
    type Buffer = Option<String>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: StoreContextMut<'a, D>,
        mut to: Destination<'a, String, Option<String>>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        match self.get_mut().0.poll_recv(cx) {
            Poll::Ready(Some(key)) => {
                to.set_buffer(Some(key));
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(None) => Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}
