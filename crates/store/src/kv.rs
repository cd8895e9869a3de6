//! The backend of Spin: `spin:key-value` for reads and plain writes, `wasi:keyvalue/atomics` for the rest.
//!
//! The former is asynchronous, so that several reads are under way at once; the latter is synchronous and
//! holds the whole instance while it waits.

use std::sync::OnceLock;

use async_trait::async_trait;
use send_wrapper::SendWrapper;
use spin_sdk::key_value;

use crate::driver::{Driver, DriverError, Grant, Snapshot, Swapped};
use crate::platform;

#[allow(missing_docs, unsafe_code, clippy::all, clippy::restriction)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "rapport:store/backend",
        generate_all,
    });
}

use bindings::wasi::keyvalue::{atomics, store};

/// The label of the store in the manifest.
const LABEL: &str = "default";

/// Spin's key-value store. One per instance: opened stores are kept, as they carry no request's state.
#[derive(Default)]
pub struct Kv {
    store: OnceLock<key_value::Store>,
    bucket: OnceLock<store::Bucket>,
}

impl Kv {
    /// Opens nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    async fn store(&self) -> Result<&key_value::Store, DriverError> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let opened = key_value::Store::open(LABEL).await.map_err(from_spin)?;
        Ok(self.store.get_or_init(|| opened))
    }

    fn bucket(&self) -> Result<&store::Bucket, DriverError> {
        if let Some(bucket) = self.bucket.get() {
            return Ok(bucket);
        }
        let opened = store::open(LABEL).map_err(from_wasi)?;
        Ok(self.bucket.get_or_init(|| opened))
    }
}

#[async_trait]
impl Driver for Kv {
    fn name(&self) -> &'static str {
        "kv"
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        // A guest has one thread; the wrapper says so to callers that ask for `Send`.
        SendWrapper::new(async move { self.store().await?.get(key).await.map_err(from_spin) }).await
    }

    async fn open(&self, key: &str) -> Result<Snapshot, DriverError> {
        let cas = atomics::Cas::new(self.bucket()?, key).map_err(from_wasi)?;
        let value = cas.current().map_err(from_wasi)?;
        Ok(Snapshot {
            key: key.to_owned(),
            value,
            handle: Box::new(SendWrapper::new(cas)),
        })
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        let cas = snapshot
            .handle
            .downcast::<SendWrapper<atomics::Cas>>()
            .map_err(|_| DriverError::Failed("a snapshot of another driver".to_owned()))?;
        match atomics::swap(cas.take(), &value) {
            Ok(()) => Ok(Swapped::Done),
            Err(atomics::CasError::CasFailed(_)) => Ok(Swapped::Lost),
            Err(atomics::CasError::StoreError(error)) => Err(from_wasi(error)),
        }
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError> {
        SendWrapper::new(
            async move { self.store().await?.set(key, value).await.map_err(from_spin) },
        )
        .await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        atomics::increment(self.bucket()?, key, delta).map_err(from_wasi)
    }

    fn decode_counter(&self, bytes: &[u8]) -> Option<i64> {
        bytes.try_into().ok().map(i64::from_le_bytes)
    }

    fn encode_counter(&self, number: i64) -> Vec<u8> {
        number.to_le_bytes().to_vec()
    }

    async fn pause(&self, millis: u64) {
        platform::pause(millis).await;
    }

    fn elapsed_millis(&self) -> u64 {
        platform::elapsed_millis()
    }
}

fn from_spin(error: key_value::Error) -> DriverError {
    match error {
        key_value::Error::AccessDenied | key_value::Error::NoSuchStore => {
            DriverError::Denied(Grant::Store, error.to_string())
        }
        key_value::Error::StoreTableFull => DriverError::Overloaded(error.to_string()),
        key_value::Error::Other(text) => from_text(text),
    }
}

fn from_wasi(error: store::Error) -> DriverError {
    match error {
        store::Error::AccessDenied | store::Error::NoSuchStore => {
            DriverError::Denied(Grant::Store, error.to_string())
        }
        store::Error::Other(text) => from_text(text),
    }
}

/// Backends say only in words that they are overloaded.
fn from_text(text: String) -> DriverError {
    let busy = [
        "too many requests",
        "throttl",
        "throughput",
        "table full",
        "is locked",
    ];
    let lower = text.to_lowercase();
    if busy.iter().any(|sign| lower.contains(sign)) {
        DriverError::Overloaded(text)
    } else {
        DriverError::Failed(text)
    }
}
