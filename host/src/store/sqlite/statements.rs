//! The statements of Spin's SQLite store, one function each, on any connection.

use std::rc::Rc;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::store::{Change, Changed, Failure, add};

/// Spin's table, and what `IN rarray(…)` needs.
pub fn prepare(connection: &Connection) -> Result<()> {
    connection.execute(rapport_transfer::sqlite::TABLE, [])?;
    rusqlite::vtab::array::load_module(connection)
}

pub fn get(connection: &Connection, store: &str, key: &str) -> Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT value FROM spin_key_value WHERE store=?1 AND key=?2")?
        .query_row([store, key], |row| row.get(0))
        .optional()
}

pub fn exists(connection: &Connection, store: &str, key: &str) -> Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM spin_key_value WHERE store=?1 AND key=?2 LIMIT 1")?
        .exists([store, key])
}

pub fn get_many(
    connection: &Connection,
    store: &str,
    keys: Vec<String>,
) -> Result<Vec<(String, Vec<u8>)>> {
    connection
        .prepare_cached(
            "SELECT key, value FROM spin_key_value WHERE store=?1 AND key IN rarray(?2)",
        )?
        .query_map(params![store, array(keys)], |row| row.try_into())?
        .collect()
}

/// All keys.
pub fn keys(connection: &Connection, store: &str) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    each_key(connection, store, &mut |key| {
        keys.push(key);
        true
    })?;
    Ok(keys)
}

/// Hands each key to `take` until that answers `false`.
pub fn each_key(
    connection: &Connection,
    store: &str,
    take: &mut dyn FnMut(String) -> bool,
) -> Result<()> {
    let mut statement =
        connection.prepare_cached("SELECT key FROM spin_key_value WHERE store=?1")?;
    let mut rows = statement.query([store])?;
    while let Some(row) = rows.next()? {
        if !take(row.get(0)?) {
            break;
        }
    }
    Ok(())
}

/// Makes a change, within whatever transaction is open. A change of several keys that fails half-way leaves its first
/// half to be rolled back by the caller.
pub fn change(
    connection: &Connection,
    store: &str,
    change: &Change,
) -> std::result::Result<Changed, Failure> {
    let changed = match change {
        Change::Set { key, value } => {
            upsert(connection, store, key, value)?;
            Changed::Done
        }
        Change::Delete { key } => {
            connection
                .prepare_cached("DELETE FROM spin_key_value WHERE store=?1 AND key=?2")?
                .execute([store, key])?;
            Changed::Done
        }
        Change::SetMany(pairs) => {
            for (key, value) in pairs {
                upsert(connection, store, key, value)?;
            }
            Changed::Done
        }
        Change::DeleteMany(keys) => {
            connection
                .prepare_cached("DELETE FROM spin_key_value WHERE store=?1 AND key IN rarray(?2)")?
                .execute(params![store, array(keys.clone())])?;
            Changed::Done
        }
        Change::Increment { key, delta } => {
            let sum = add(get(connection, store, key)?, *delta).ok_or(Failure::Poisoned)?;
            upsert(connection, store, key, &sum.to_le_bytes())?;
            Changed::Counter(sum)
        }
        Change::Swap {
            key,
            old: Some(old),
            new,
        } => {
            let rows = connection
                .prepare_cached(
                    "UPDATE spin_key_value SET value=?1 WHERE store=?2 AND key=?3 AND value=?4",
                )?
                .execute(params![new, store, key, old])?;
            Changed::Swapped(rows == 1)
        }
        Change::Swap {
            key,
            old: None,
            new,
        } => Changed::Swapped(upsert(connection, store, key, new)? == 1),
    };
    Ok(changed)
}

/// Whether a change takes more than one statement, so that it needs undoing when it fails half-way.
pub fn has_parts(change: &Change) -> bool {
    matches!(change, Change::SetMany(pairs) if pairs.len() > 1)
}

fn upsert(connection: &Connection, store: &str, key: &str, value: &[u8]) -> Result<usize> {
    connection
        .prepare_cached(
            "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT(store, key) DO UPDATE SET value=?3",
        )?
        .execute(params![store, key, value])
}

fn array(keys: Vec<String>) -> Rc<Vec<Value>> {
    Rc::new(keys.into_iter().map(Value::from).collect())
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}
