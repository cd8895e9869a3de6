//! A Redis server: plain values under a prefix.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use redis::{Client, Connection, Pipeline};

use crate::counter::Encoding;
use crate::file::Seen;
use crate::row::Row;

/// Until a server that does not answer is given up.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(60);
/// Keys that one step of a scan looks at.
const STEP: usize = 500;
/// What is written in one go.
const GO_ROWS: usize = 500;
const GO_BYTES: usize = 1 << 20;

/// A server that is read.
pub struct Source {
    connection: Connection,
    prefix: String,
    before: Option<Written>,
}

impl Source {
    /// Connects.
    pub fn open(url: &str, prefix: &str) -> Result<Self> {
        let mut connection = connect(url)?;
        let before = Written::read(&mut connection);
        Ok(Self {
            connection,
            prefix: prefix.into(),
            before,
        })
    }

    /// Hands each row to `take`, in no order, each once.
    pub fn each(
        &mut self,
        counters: &[String],
        mut take: impl FnMut(Row) -> Result<()>,
    ) -> Result<()> {
        let mut seen = Seen::default();
        let mut cursor = 0;
        loop {
            let (next, mut keys) = scan(&mut self.connection, &self.prefix, cursor)?;
            // A scan may meet a key more than once.
            keys.retain(|key| seen.is_new(key));
            if !keys.is_empty() {
                let mut many = redis::cmd("MGET");
                many.arg(&keys);
                let values: Vec<Option<Vec<u8>>> = many.query(&mut self.connection)?;
                for (key, value) in keys.into_iter().zip(values) {
                    let Some(value) = value else {
                        self.absent(&key)?;
                        continue;
                    };
                    let key = String::from_utf8_lossy(&key[self.prefix.len()..]).into_owned();
                    take(Row::read(key, value, Encoding::Decimal, counters)?)?;
                }
            }
            cursor = next;
            if cursor == 0 {
                return Ok(());
            }
        }
    }

    /// A key without a value is gone meanwhile, or holds something else.
    fn absent(&mut self, key: &[u8]) -> Result<()> {
        let kind: String = redis::cmd("TYPE").arg(key).query(&mut self.connection)?;
        match kind.as_str() {
            "none" | "string" => Ok(()),
            kind => bail!(
                "`{}` holds a {kind}, which Rapport never writes: is `{}` the right prefix?",
                String::from_utf8_lossy(key),
                self.prefix
            ),
        }
    }

    /// How often the server was written to since it was opened, as far as it tells.
    pub fn written_meanwhile(&mut self) -> u64 {
        let after = Written::read(&mut self.connection);
        match (self.before, after) {
            (Some(before), Some(after)) => after.since(before),
            _ => 0,
        }
    }
}

/// A server that is written.
pub struct Target {
    connection: Connection,
    prefix: String,
    was_empty: bool,
    go: Pipeline,
    rows: usize,
    bytes: usize,
}

impl Target {
    /// Connects, and looks whether anything is there.
    pub fn open(url: &str, prefix: &str) -> Result<Self> {
        let mut connection = connect(url)?;
        let mut cursor = 0;
        let was_empty = loop {
            let (next, keys) = scan(&mut connection, prefix, cursor)?;
            if !keys.is_empty() {
                break false;
            }
            cursor = next;
            if cursor == 0 {
                break true;
            }
        };
        Ok(Self {
            connection,
            prefix: prefix.into(),
            was_empty,
            go: redis::pipe(),
            rows: 0,
            bytes: 0,
        })
    }

    /// Whether the store held nothing.
    pub fn was_empty(&self) -> bool {
        self.was_empty
    }

    /// Writes a row, now or with those that follow.
    pub fn row(&mut self, row: &Row) -> Result<()> {
        let value = row.bytes(Encoding::Decimal);
        self.bytes += value.len();
        self.rows += 1;
        let key = format!("{}{}", self.prefix, row.key);
        self.go.cmd("SET").arg(key).arg(value).ignore();
        if self.rows >= GO_ROWS || self.bytes >= GO_BYTES {
            self.write()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        if self.rows > 0 {
            let go = std::mem::replace(&mut self.go, redis::pipe());
            go.query::<()>(&mut self.connection)
                .context("the server did not take what was written")?;
        }
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Writes the rest, and tells what the server does not promise.
    pub fn finish(mut self) -> Result<Option<String>> {
        self.write()?;
        let mut setting = |name: &str| -> Option<String> {
            let mut ask = redis::cmd("CONFIG");
            let told: Vec<String> = ask.arg("GET").arg(name).query(&mut self.connection).ok()?;
            told.into_iter().nth(1)
        };
        let keeps = (setting("appendonly"), setting("appendfsync"));
        Ok(match (keeps.0.as_deref(), keeps.1.as_deref()) {
            (Some("yes"), Some("always")) => None,
            (None, _) | (_, None) => Some(
                "The server does not tell whether it keeps what it has acknowledged (appendonly yes, appendfsync always).".into(),
            ),
            (Some(only), Some(sync)) => Some(format!(
                "A crash of the server can lose what it has acknowledged: it runs with appendonly {only}, appendfsync {sync}; see docs/backends.md."
            )),
        })
    }
}

fn connect(url: &str) -> Result<Connection> {
    // What the library says of a bad URL does not repeat it.
    let client = Client::open(url).context("the server's URL cannot be used")?;
    let mut connection = client
        .get_connection_with_timeout(CONNECT)
        .context("the server cannot be reached")?;
    connection.set_read_timeout(Some(ANSWER))?;
    connection.set_write_timeout(Some(ANSWER))?;
    if info(&mut connection, "cluster").is_some_and(|text| text.contains("cluster_enabled:1")) {
        bail!("the server is one of a cluster, and has only a part of the keys");
    }
    Ok(connection)
}

/// One step of a scan: the next cursor, 0 at the end, and keys that begin with `prefix`.
fn scan(connection: &mut Connection, prefix: &str, cursor: u64) -> Result<(u64, Vec<Vec<u8>>)> {
    redis::cmd("SCAN")
        .arg(cursor)
        .arg("MATCH")
        .arg(pattern(prefix))
        .arg("COUNT")
        .arg(STEP)
        .query(connection)
        .map_err(|error| anyhow!("the server does not list its keys: {error}"))
}

/// What matches every key that begins with `prefix`, and no other.
fn pattern(prefix: &str) -> String {
    let mut pattern = String::new();
    for c in prefix.chars() {
        if "*?[]^\\-".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('*');
    pattern
}

fn info(connection: &mut Connection, section: &str) -> Option<String> {
    redis::cmd("INFO").arg(section).query(connection).ok()
}

/// What a server tells of being written to: changes since it last saved to its disk, and when that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written {
    changes: u64,
    saved: u64,
}

impl Written {
    fn read(connection: &mut Connection) -> Option<Self> {
        Self::parse(&info(connection, "persistence")?)
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        };
        Some(Self {
            changes: field("rdb_changes_since_last_save:")?,
            saved: field("rdb_last_save_time:")?,
        })
    }

    /// Changes since `before`; only those after a save, where there was one in between.
    fn since(self, before: Self) -> u64 {
        match self.saved == before.saved {
            true => self.changes.saturating_sub(before.changes),
            false => self.changes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(pattern(""), "*");
        assert_eq!(pattern("rapport:"), "rapport:*");
        assert_eq!(pattern("a*[b]?\\"), "a\\*\\[b\\]\\?\\\\*");
    }

    #[test]
    fn writes_are_told_by_the_server() {
        let told = |changes, saved| {
            let text = format!(
                "# Persistence\r\nrdb_changes_since_last_save:{changes}\r\nrdb_last_save_time:{saved}\r\n"
            );
            Written::parse(&text).unwrap()
        };
        assert_eq!(told(7, 100).since(told(7, 100)), 0);
        assert_eq!(told(9, 100).since(told(7, 100)), 2);
        assert_eq!(told(0, 101).since(told(7, 100)), 0);
        assert_eq!(told(1, 101).since(told(7, 100)), 1);
        assert_eq!(Written::parse("nothing"), None);
    }
}
