//! A SQLite file as Spin and the bundled host have it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use crate::counter::Encoding;
use crate::row::Row;

/// The name of the file in its folder.
pub const FILE: &str = "sqlite_key_value.db";

/// The table, in Spin's words.
pub const TABLE: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
           store TEXT NOT NULL,
           key   TEXT NOT NULL,
           value BLOB NOT NULL,

           PRIMARY KEY (store, key)
        )";

/// How long to wait for somebody else who holds the file.
const BUSY: Duration = Duration::from_secs(5);

/// A file that is read.
pub struct Source {
    connection: Connection,
    label: String,
}

impl Source {
    /// Opens `file`, and sees it from now on as it is now, whoever writes to it.
    pub fn open(file: &Path, label: &str) -> Result<Self> {
        if !file.is_file() {
            bail!(
                "there is no store at `{}`; --data names its folder",
                file.display()
            );
        }
        let connection = connect(file, OpenFlags::empty())?;
        connection.execute_batch("BEGIN")?;
        let is_store = connection
            .prepare("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='spin_key_value'")
            .and_then(|mut statement| statement.exists([]))
            .with_context(|| format!("`{}` cannot be read", file.display()))?;
        if !is_store {
            bail!(
                "`{}` is no key-value store: it has no table `spin_key_value`",
                file.display()
            );
        }
        Ok(Self {
            connection,
            label: label.into(),
        })
    }

    /// How many rows there are.
    pub fn rows(&self) -> Result<u64> {
        rows(&self.connection, &self.label)
    }

    /// Other labels in the file.
    pub fn others(&self) -> Result<Vec<String>> {
        let sql = "SELECT DISTINCT store FROM spin_key_value WHERE store<>?1 ORDER BY store";
        let mut statement = self.connection.prepare(sql)?;
        let others = statement.query_map([&self.label], |row| row.get(0))?;
        Ok(others.collect::<Result<_, _>>()?)
    }

    /// Hands each row to `take`, in the order of the keys.
    pub fn each(&self, counters: &[String], mut take: impl FnMut(Row) -> Result<()>) -> Result<()> {
        let sql = "SELECT key, value FROM spin_key_value WHERE store=?1 ORDER BY key";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([&self.label])?;
        while let Some(row) = rows.next()? {
            let (key, value) = row.try_into()?;
            take(Row::read(key, value, Encoding::Bytes, counters)?)?;
        }
        Ok(())
    }
}

/// A file that is written: everything or nothing.
pub struct Target {
    connection: Connection,
    label: String,
    was_empty: bool,
}

impl Target {
    /// Opens `file`, or creates it, and keeps everybody else from writing to it.
    pub fn open(file: &Path, label: &str) -> Result<Self> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("`{}` cannot be created", folder.display()))?;
        }
        let connection = connect(file, OpenFlags::SQLITE_OPEN_CREATE)?;
        let lock = || -> rusqlite::Result<()> {
            // Fails while a host has the file open with a write-ahead log.
            connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.execute_batch("BEGIN EXCLUSIVE")?;
            connection.execute_batch(TABLE)
        };
        match lock() {
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == rusqlite::ErrorCode::DatabaseBusy =>
            {
                bail!(
                    "`{}` is in use: stop what serves from it first",
                    file.display()
                )
            }
            locked => locked.with_context(|| format!("`{}` cannot be written", file.display()))?,
        }
        let was_empty = rows(&connection, label)? == 0;
        Ok(Self {
            connection,
            label: label.into(),
            was_empty,
        })
    }

    /// Whether the store held nothing.
    pub fn was_empty(&self) -> bool {
        self.was_empty
    }

    /// Writes a row.
    pub fn row(&mut self, row: &Row) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(params![self.label, row.key, row.bytes(Encoding::Bytes)])?;
        Ok(())
    }

    /// Makes it durable. Without this, nothing was written.
    pub fn finish(self) -> Result<()> {
        self.connection.execute_batch("COMMIT")?;
        Ok(())
    }
}

fn connect(file: &Path, more: OpenFlags) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(file, flags)
        .with_context(|| format!("`{}` cannot be opened", file.display()))?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn rows(connection: &Connection, label: &str) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM spin_key_value WHERE store=?1";
    let rows: Option<i64> = connection
        .query_row(sql, [label], |row| row.get(0))
        .optional()?;
    Ok(rows.and_then(|rows| rows.try_into().ok()).unwrap_or(0))
}
