//! `spin:redis@3.0.0`, with Spin's meaning: a connection of its own for each that a guest opens, multiplexed, broken for
//! good once it breaks; the client library and so the words of its errors are those of Spin 4.1.

use std::sync::Once;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, FromRedisValue, RedisError};
use wasmtime::component::{Accessor, Resource};
use wasmtime::{AsContextMut as _, Result};

use super::bindings::spin::redis::redis::{
    Error, Host, HostConnection, HostConnectionWithStore, RedisParameter, RedisResult,
};
use super::redis_value::Results;
use super::state::{Guest, GuestState, count};
use crate::manifest::hosts::Hosts;
use crate::stats::Kind;

/// The most bytes of an answer, as in Spin.
const LARGEST: usize = 128 << 20;

/// How long a server may take to be connected to.
const CONNECTING: Duration = Duration::from_secs(10);

type Caller = Accessor<GuestState, Guest>;

/// A connection that a guest has opened.
pub struct OpenRedis(MultiplexedConnection);

/// Runs one command, which is one operation in the store's statistics, whatever comes of it.
async fn run<T: FromRedisValue>(
    caller: &Caller,
    connection: &Resource<OpenRedis>,
    kind: Kind,
    command: redis::Cmd,
) -> Result<std::result::Result<T, Error>> {
    let (mut connection, totals) = caller.with(|mut access| -> Result<_> {
        let mut instance = access.as_context_mut();
        count(&mut instance, kind)?;
        let totals = instance.data().component.totals.clone();
        Ok((
            instance.data_mut().table().get(connection)?.0.clone(),
            totals,
        ))
    })?;
    let answered = command.query_async::<T>(&mut connection).await;
    totals.crash.operation_done();
    Ok(answered.map_err(|error| told(&error)))
}

fn told(error: &RedisError) -> Error {
    match error.kind() {
        // Whoever runs a script by its hash expects that of a server that is new to it.
        ErrorKind::NoScriptError => tracing::debug!("a Redis command failed: {error}"),
        _ => tracing::warn!("a Redis command failed: {error}"),
    }
    Error::Other(error.to_string())
}

/// What a command does in the store: those that are not known to only read count as writes.
fn kind_of(command: &str) -> Kind {
    match command.to_ascii_uppercase().as_str() {
        "GET" | "MGET" | "EXISTS" | "STRLEN" | "GETRANGE" | "TYPE" | "TTL" | "PTTL" | "KEYS"
        | "SCAN" | "SMEMBERS" | "HGET" | "HGETALL" | "HMGET" | "LRANGE" | "DBSIZE" | "PING"
        | "INFO" | "TIME" | "ECHO" => Kind::Read,
        "INCR" | "INCRBY" | "DECR" | "DECRBY" => Kind::Increment,
        // A script is how a guest compares and swaps.
        "EVAL" | "EVALSHA" => Kind::Swap,
        _ => Kind::Write,
    }
}

async fn connect(address: &str, hosts: &Hosts) -> std::result::Result<OpenRedis, Error> {
    let client = Client::open(address).map_err(|_| Error::InvalidAddress)?;
    let allowed = match &client.get_connection_info().addr {
        ConnectionAddr::Tcp(host, port) => hosts.allow("redis", host, *port),
        ConnectionAddr::TcpTls { host, port, .. } => {
            choose_tls();
            hosts.allow("rediss", host, *port)
        }
        ConnectionAddr::Unix(_) => false,
    };
    if !allowed {
        tracing::warn!(
            "a Redis server is not among `allowed_outbound_hosts`, so it is not reached"
        );
        return Err(Error::InvalidAddress);
    }
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(CONNECTING)
        .set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let connected = client.get_multiplexed_async_connection_with_config(&config);
    connected.await.map(OpenRedis).map_err(|error| told(&error))
}

/// The library takes the process's choice of cryptography, and there is none before this.
fn choose_tls() {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| {
        // An error means that one was chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

impl HostConnectionWithStore<GuestState> for Guest {
    async fn open(
        caller: &Caller,
        address: String,
    ) -> Result<std::result::Result<Resource<OpenRedis>, Error>> {
        let component = caller.with(|mut access| access.get().component.clone());
        match connect(&address, &component.hosts).await {
            Ok(open) => {
                let kept = caller.with(|mut access| access.get().table().push(open));
                Ok(kept.map_err(|_| Error::TooManyConnections))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    async fn publish(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        channel: String,
        payload: Vec<u8>,
    ) -> Result<std::result::Result<(), Error>> {
        let mut command = redis::cmd("PUBLISH");
        command.arg(channel).arg(payload);
        run(caller, &connection, Kind::Write, command).await
    }

    async fn get(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        key: String,
    ) -> Result<std::result::Result<Option<Vec<u8>>, Error>> {
        let mut command = redis::cmd("GET");
        command.arg(key);
        let found = run::<Option<Vec<u8>>>(caller, &connection, Kind::Read, command).await?;
        Ok(found.and_then(|value| {
            let bytes = value.as_ref().map_or(0, Vec::len);
            bounded(value, bytes)
        }))
    }

    async fn set(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        key: String,
        value: Vec<u8>,
    ) -> Result<std::result::Result<(), Error>> {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value);
        run(caller, &connection, Kind::Write, command).await
    }

    async fn incr(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        key: String,
    ) -> Result<std::result::Result<i64, Error>> {
        let mut command = redis::cmd("INCRBY");
        command.arg(key).arg(1);
        run(caller, &connection, Kind::Increment, command).await
    }

    async fn del(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        keys: Vec<String>,
    ) -> Result<std::result::Result<u32, Error>> {
        let mut command = redis::cmd("DEL");
        command.arg(keys);
        run(caller, &connection, Kind::Write, command).await
    }

    async fn sadd(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        key: String,
        values: Vec<String>,
    ) -> Result<std::result::Result<u32, Error>> {
        let mut command = redis::cmd("SADD");
        command.arg(key).arg(values);
        run(caller, &connection, Kind::Write, command).await
    }

    async fn smembers(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        key: String,
    ) -> Result<std::result::Result<Vec<String>, Error>> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(key);
        run(caller, &connection, Kind::Read, command).await
    }

    async fn srem(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        key: String,
        values: Vec<String>,
    ) -> Result<std::result::Result<u32, Error>> {
        let mut command = redis::cmd("SREM");
        command.arg(key).arg(values);
        run(caller, &connection, Kind::Write, command).await
    }

    async fn execute(
        caller: &Caller,
        connection: Resource<OpenRedis>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Result<std::result::Result<Vec<RedisResult>, Error>> {
        let kind = kind_of(&command);
        let mut run_this = redis::cmd(&command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => run_this.arg(number),
                RedisParameter::Binary(bytes) => run_this.arg(bytes),
            };
        }
        let results = run::<Results>(caller, &connection, kind, run_this).await?;
        Ok(results.and_then(|Results(results)| {
            let bytes = super::redis_value::bytes(&results);
            bounded(results, bytes)
        }))
    }
}

fn bounded<T>(value: T, bytes: usize) -> std::result::Result<T, Error> {
    if bytes > LARGEST {
        return Err(Error::Other(format!(
            "query result exceeds limit of {LARGEST} bytes"
        )));
    }
    Ok(value)
}

impl HostConnection for &mut GuestState {
    fn drop(&mut self, connection: Resource<OpenRedis>) -> Result<()> {
        self.table().delete(connection)?;
        Ok(())
    }
}

impl Host for &mut GuestState {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_its_kind() {
        for (command, kind) in [
            ("GET", Kind::Read),
            ("mget", Kind::Read),
            ("SET", Kind::Write),
            ("INCRBY", Kind::Increment),
            ("EVALSHA", Kind::Swap),
            ("FLUSHALL", Kind::Write),
        ] {
            assert_eq!(kind_of(command), kind, "{command}");
        }
    }

    #[tokio::test]
    async fn what_is_not_allowed_is_not_reached() {
        let hosts = Hosts::parse(["redis://127.0.0.1:1".to_owned()]).unwrap();
        for (address, refused) in [
            ("redis://127.0.0.1:1", false),
            ("redis://127.0.0.1:2", true),
            ("redis://localhost:1", true),
            ("rediss://127.0.0.1:1", true),
            ("unix:///tmp/redis.sock", true),
            ("http://127.0.0.1:1", true),
            ("", true),
        ] {
            let error = connect(address, &hosts).await.err().unwrap();
            let invalid = matches!(error, Error::InvalidAddress);
            assert_eq!(invalid, refused, "{address}: {error:?}");
        }
    }
}
