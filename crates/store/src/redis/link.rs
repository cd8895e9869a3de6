//! The connection that an instance keeps.
//!
//! It is multiplexed: many commands may be under way on it at once, and each waits only for its own answer. It carries no
//! request's state. When it fails it is dropped, and whoever comes next opens another.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{Either, select};
use send_wrapper::SendWrapper;
use spin_sdk::redis::{Connection, Error, RedisParameter, RedisResult};

use super::Address;
use super::fault::Fault;
use crate::driver::{DriverError, Grant};
use crate::platform;

/// How long one trip may take: a server that takes packets and never answers must not hold a request for ever.
const PATIENCE_MILLIS: u64 = 5_000;

/// A guest has one thread; the wrapper says so to those who ask for `Send`.
type Kept = Arc<SendWrapper<Connection>>;

/// The way to the server.
pub struct Link {
    address: Address,
    kept: Mutex<Option<Kept>>,
}

impl Link {
    /// Connects to nothing yet.
    pub fn new(address: Address) -> Self {
        Self {
            address,
            kept: Mutex::new(None),
        }
    }

    /// One command that may have been done even where it fails, so it is not sent again.
    pub async fn send(
        &self,
        command: &str,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, Fault> {
        let connection = self.connection().await?;
        self.send_on(connection, command, arguments).await
    }

    /// One command that changes nothing: sent once more, over a fresh connection, where a kept one turns out to be broken.
    pub async fn ask(
        &self,
        command: &str,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, DriverError> {
        let first = self.connection().await.map_err(Fault::into_error)?;
        match self.send_on(first, command, arguments.clone()).await {
            Err(Fault::Broken(DriverError::Failed(_))) => {}
            other => return other.map_err(Fault::into_error),
        }
        let again = self.send(command, arguments).await;
        again.map_err(Fault::into_error)
    }

    async fn send_on(
        &self,
        connection: Kept,
        command: &str,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, Fault> {
        let result = in_time(connection.execute(command, arguments)).await;
        if matches!(result, Err(Fault::Broken(_))) {
            self.forget(&connection);
        }
        result
    }

    async fn connection(&self) -> Result<Kept, Fault> {
        if let Some(kept) = &*self.lock() {
            return Ok(kept.clone());
        }
        let opened = in_time(Connection::open(self.address.as_str())).await?;
        let opened = Arc::new(SendWrapper::new(opened));
        // Others may have opened one meanwhile; any will do.
        Ok(self.lock().get_or_insert(opened).clone())
    }

    /// Forgets `broken`, unless another has taken its place already.
    fn forget(&self, broken: &Kept) {
        let mut kept = self.lock();
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, broken)) {
            *kept = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn in_time<T>(trip: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
    match select(pin!(trip), pin!(platform::pause(PATIENCE_MILLIS))).await {
        Either::Left((result, _)) => result.map_err(fault),
        // Overloaded, so that nobody who asks again waits as long a second time within one request.
        Either::Right(_) => Err(Fault::Broken(DriverError::Overloaded(format!(
            "no answer from Redis within {PATIENCE_MILLIS} ms"
        )))),
    }
}

fn fault(error: Error) -> Fault {
    match error {
        // Spin says so of an address that the manifest does not allow, too.
        Error::InvalidAddress => Fault::Broken(DriverError::Denied(
            Grant::Host,
            "no address, or none that is allowed".to_owned(),
        )),
        Error::TooManyConnections => {
            Fault::Broken(DriverError::Overloaded("too many connections".to_owned()))
        }
        Error::TypeError => {
            Fault::Refused(DriverError::Failed("a value of another type".to_owned()))
        }
        Error::Other(text) => Fault::of(text),
    }
}
