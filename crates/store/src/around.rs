//! A backend around another one, for tests: what it does not say itself, the other does.

use async_trait::async_trait;

use crate::creation::Creation;
use crate::driver::{Driver, DriverError, Snapshot, Swapped};

/// A backend that has another inside. It is a [`Driver`]: what can be written here is the other's until it is, and all else is the other's, its name
/// too, so that it shares what was found of the other by probing.
#[async_trait]
pub trait Around: Send + Sync {
    /// The other.
    fn inner(&self) -> &dyn Driver;

    /// As [`Driver::get`].
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        self.inner().get(key).await
    }

    /// As [`Driver::get_many`].
    async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, DriverError> {
        self.inner().get_many(keys).await
    }

    /// As [`Driver::swap`].
    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        self.inner().swap(snapshot, value).await
    }

    /// As [`Driver::increment`].
    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        self.inner().increment(key, delta).await
    }

    /// As [`Driver::assured`].
    fn assured(&self) -> Option<Creation> {
        self.inner().assured()
    }
}

#[async_trait]
impl<A: Around> Driver for A {
    fn name(&self) -> &'static str {
        self.inner().name()
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        Around::get(self, key).await
    }

    async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, DriverError> {
        Around::get_many(self, keys).await
    }

    async fn open(&self, key: &str) -> Result<Snapshot, DriverError> {
        self.inner().open(key).await
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        Around::swap(self, snapshot, value).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError> {
        self.inner().set(key, value).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        Around::increment(self, key, delta).await
    }

    fn decode_counter(&self, bytes: &[u8]) -> Option<i64> {
        self.inner().decode_counter(bytes)
    }

    fn encode_counter(&self, number: i64) -> Vec<u8> {
        self.inner().encode_counter(number)
    }

    fn creates_by_swap(&self) -> bool {
        self.inner().creates_by_swap()
    }

    fn assured(&self) -> Option<Creation> {
        Around::assured(self)
    }

    async fn pause(&self, millis: u64) {
        self.inner().pause(millis).await;
    }

    fn elapsed_millis(&self) -> u64 {
        self.inner().elapsed_millis()
    }

    fn random(&self) -> Result<u64, DriverError> {
        self.inner().random()
    }

    fn wall_millis(&self) -> i64 {
        self.inner().wall_millis()
    }
}
