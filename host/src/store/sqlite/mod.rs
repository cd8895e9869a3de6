//! Spin's SQLite store: the same table in the same file, so that a data folder moves between Spin and this host.
//!
//! - [`grouped`]: the default; a write-ahead log, and what arrives during one sync shares the next
//! - [`single`]: as Spin does it; one connection, a rollback journal, a sync for every write
//! - [`statements`]: what is said to SQLite, the same in both
//! - [`writer`]: the thread that commits groups
//! - [`turns`]: when that thread gets a processor
//! - [`readers`]: the connections that read beside it
//!
//! Both are as durable: nothing is answered, and nothing can be read, before it is on the disk.

mod grouped;
mod readers;
mod single;
mod statements;
mod turns;
mod writer;

pub use grouped::Grouped;
pub use single::Single;

use std::path::Path;

use anyhow::Context as _;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::store::{Failure, Keys};

/// The name of Spin's database in its data folder.
pub const FILE: &str = rapport_transfer::sqlite::FILE;

/// How long to wait for another process that holds the file.
const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

/// Opens the file as a writer, and creates the table if it is new.
fn open(path: &Path, journal: &str) -> anyhow::Result<Connection> {
    let connect = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        statements::prepare(&connection)?;
        Ok(connection)
    };
    connect().with_context(|| format!("cannot open the database `{}`", path.display()))
}

/// Keys as `read` hands them out, on a thread of their own. `read` ends early when it is answered `false`: nobody listens.
fn stream(
    read: impl FnOnce(&mut dyn FnMut(String) -> bool) -> Result<(), Failure> + Send + 'static,
) -> Keys {
    let (to, keys) = mpsc::channel(4);
    let (tell, end) = oneshot::channel();
    spawn_blocking(move || {
        let result = read(&mut |key| to.blocking_send(key).is_ok());
        drop(to);
        let _ = tell.send(result);
    });
    Keys { keys, end }
}

#[cfg(test)]
mod tests;
