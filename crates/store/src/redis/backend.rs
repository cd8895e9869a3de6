//! The driver: which commands its operations are.

use async_trait::async_trait;
use send_wrapper::SendWrapper;
use spin_sdk::redis::{RedisParameter, RedisResult};

use super::fault::Fault;
use super::link::Link;
use super::{Address, Prefix, script};
use crate::driver::{Driver, DriverError, Snapshot, Swapped};
use crate::platform;

/// The most keys of one `MGET`, so that no answer holds up the connection for long. No page is longer.
const CHUNK: usize = 512;

/// A Redis server. One per instance: its connection is kept.
pub struct Redis {
    link: Link,
    prefix: Prefix,
}

impl Redis {
    /// Connects to nothing yet.
    pub fn new(address: Address, prefix: Prefix) -> Self {
        Self {
            link: Link::new(address),
            prefix,
        }
    }

    fn key(&self, key: &str) -> RedisParameter {
        binary(self.prefix.key(key))
    }

    async fn ask_one(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        let found = self.link.ask("GET", vec![self.key(key)]).await?;
        let [found] = <[RedisResult; 1]>::try_from(found).map_err(|_| unexpected("GET"))?;
        value(found, "GET")
    }

    async fn ask_some(
        &self,
        keys: &[String],
        to: &mut Vec<Option<Vec<u8>>>,
    ) -> Result<(), DriverError> {
        let named = keys.iter().map(|key| self.key(key)).collect();
        let found = self.link.ask("MGET", named).await?;
        if found.len() != keys.len() {
            return Err(unexpected("MGET"));
        }
        for found in found {
            to.push(value(found, "MGET")?);
        }
        Ok(())
    }

    async fn run_swap(&self, snapshot: Snapshot, new: Vec<u8>) -> Result<Swapped, DriverError> {
        let (how, seen) = script::told(snapshot.value.as_deref());
        let arguments = |script: &str| {
            vec![
                binary(script.to_owned()),
                RedisParameter::Int64(1),
                self.key(&snapshot.key),
                binary(how.to_owned()),
                RedisParameter::Binary(seen.clone()),
                RedisParameter::Binary(new.clone()),
            ]
        };
        let known = arguments(script::SWAP_SHA1);
        let result = match self.link.send("EVALSHA", known).await {
            // A server that was started since; it learns the script by running it.
            Err(Fault::UnknownScript) => self.link.send("EVAL", arguments(script::SWAP)).await,
            result => result,
        };
        match result.map_err(Fault::into_error)?.as_slice() {
            [RedisResult::Int64(1)] => Ok(Swapped::Done),
            [RedisResult::Int64(0)] => Ok(Swapped::Lost),
            _ => Err(unexpected("EVALSHA")),
        }
    }

    async fn run(
        &self,
        command: &str,
        arguments: Vec<RedisParameter>,
    ) -> Result<RedisResult, DriverError> {
        let result = self.link.send(command, arguments).await;
        let mut results = result.map_err(Fault::into_error)?;
        results.pop().ok_or_else(|| unexpected(command))
    }
}

#[async_trait]
impl Driver for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, DriverError> {
        SendWrapper::new(self.ask_one(key)).await
    }

    async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, DriverError> {
        SendWrapper::new(async move {
            let mut found = Vec::with_capacity(keys.len());
            for chunk in keys.chunks(CHUNK) {
                self.ask_some(chunk, &mut found).await?;
            }
            Ok(found)
        })
        .await
    }

    async fn open(&self, key: &str) -> Result<Snapshot, DriverError> {
        Ok(Snapshot {
            key: key.to_owned(),
            value: self.get(key).await?,
            // The server compares by what was read, so nothing is held there.
            handle: Box::new(()),
        })
    }

    async fn swap(&self, snapshot: Snapshot, value: Vec<u8>) -> Result<Swapped, DriverError> {
        SendWrapper::new(self.run_swap(snapshot, value)).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), DriverError> {
        let arguments = vec![self.key(key), RedisParameter::Binary(value)];
        match SendWrapper::new(self.run("SET", arguments)).await? {
            RedisResult::Status(_) => Ok(()),
            _ => Err(unexpected("SET")),
        }
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, DriverError> {
        let arguments = vec![self.key(key), RedisParameter::Int64(delta)];
        match SendWrapper::new(self.run("INCRBY", arguments)).await? {
            RedisResult::Int64(sum) => Ok(sum),
            _ => Err(unexpected("INCRBY")),
        }
    }

    fn decode_counter(&self, bytes: &[u8]) -> Option<i64> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }

    fn encode_counter(&self, number: i64) -> Vec<u8> {
        number.to_string().into_bytes()
    }

    /// The script compares with absence, too.
    fn creates_by_swap(&self) -> bool {
        true
    }

    async fn pause(&self, millis: u64) {
        platform::pause(millis).await;
    }

    fn elapsed_millis(&self) -> u64 {
        platform::elapsed_millis()
    }
}

fn binary(text: String) -> RedisParameter {
    RedisParameter::Binary(text.into_bytes())
}

fn value(found: RedisResult, command: &str) -> Result<Option<Vec<u8>>, DriverError> {
    match found {
        RedisResult::Nil => Ok(None),
        RedisResult::Binary(bytes) => Ok(Some(bytes)),
        RedisResult::Status(_) | RedisResult::Int64(_) => Err(unexpected(command)),
    }
}

fn unexpected(command: &str) -> DriverError {
    DriverError::Failed(format!("{command} was answered in a form it does not have"))
}
