//! The whole file: written, and read with every check that needs more than one line.

use std::collections::HashSet;
use std::io::{BufRead, Read as _, Write};

use anyhow::{Context as _, Result, anyhow};
use sha2::{Digest as _, Sha256};

use crate::line::{self, Line, LineError};
use crate::row::Row;

/// The most bytes of a line. A value has 300 KB at most, of which JSON and base64 make less than twice as much.
const LINE_BYTES: u64 = 16 << 20;

/// Keys that have been seen, each as the half of its hash, so that millions fit into memory.
#[derive(Default)]
pub struct Seen(HashSet<[u8; 16]>);

impl Seen {
    /// Whether `key` is seen for the first time.
    pub fn is_new(&mut self, key: &[u8]) -> bool {
        let hash = Sha256::digest(key);
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        self.0.insert(half)
    }
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All rows.
    pub rows: u64,
    /// Those that are counters.
    pub counters: u64,
}

impl Counts {
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        self.counters += u64::from(row.is_counter());
    }
}

/// Writes a file.
pub struct Writer<W> {
    to: W,
    counts: Counts,
}

impl<W: Write> Writer<W> {
    /// Begins with the first line.
    pub fn new(mut to: W) -> Result<Self> {
        writeln!(to, "{}", line::head())?;
        Ok(Self {
            to,
            counts: Counts::default(),
        })
    }

    /// Adds a row.
    pub fn row(&mut self, row: &Row) -> Result<()> {
        self.counts.add(row);
        writeln!(self.to, "{}", line::write(row)).context("the file cannot be written")
    }

    /// Ends with the last line.
    pub fn finish(mut self) -> Result<(W, Counts)> {
        writeln!(self.to, "{}", line::end(self.counts.rows))?;
        self.to.flush().context("the file cannot be written")?;
        Ok((self.to, self.counts))
    }
}

/// Hands each row of a file to `take`; an error names the line. The whole file was right only if this is `Ok`.
pub fn read(mut from: impl BufRead, mut take: impl FnMut(Row) -> Result<()>) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut seen = Seen::default();
    let mut bytes = Vec::new();
    let mut number = 0;
    let mut end = None;
    loop {
        number += 1;
        bytes.clear();
        let read = (&mut from)
            .take(LINE_BYTES)
            .read_until(b'\n', &mut bytes)
            .context("the file cannot be read")?;
        let wrong = |field, why: String| {
            Err(anyhow!(LineError {
                line: number,
                field,
                why
            }))
        };
        if read == 0 {
            return match end {
                Some(()) => Ok(counts),
                None => wrong(
                    None,
                    "the file ends without its last line: it was cut short".into(),
                ),
            };
        }
        if bytes.last() != Some(&b'\n') && read as u64 == LINE_BYTES {
            return wrong(None, "it is too long".into());
        }
        if end.is_some() {
            return wrong(
                None,
                "nothing may follow the line that counts the rows".into(),
            );
        }
        if number == 1 {
            line::read_head(&bytes)?;
            continue;
        }
        match line::read(number, &bytes)? {
            Line::End(rows) if rows == counts.rows => end = Some(()),
            Line::End(rows) => {
                let why = format!("{rows} rows are announced, and {} came", counts.rows);
                return wrong(Some("rows"), why);
            }
            Line::Row(row) => {
                if !seen.is_new(row.key.as_bytes()) {
                    let why = format!("`{}` stands on an earlier line, too", row.key);
                    return wrong(Some("key"), why);
                }
                counts.add(&row);
                take(row)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Value;

    fn refused(text: &str) -> String {
        read(text.as_bytes(), |_| Ok(())).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let rows: Vec<Row> = (0..3)
            .map(|n| Row {
                key: format!("k{n}"),
                value: match n {
                    0 => Value::Counter(n),
                    _ => Value::Plain(vec![1, 2, 3]),
                },
            })
            .collect();
        let mut writer = Writer::new(Vec::new()).unwrap();
        for row in &rows {
            writer.row(row).unwrap();
        }
        let (bytes, written) = writer.finish().unwrap();
        let mut again = Vec::new();
        let read = read(&*bytes, |row| {
            again.push(row);
            Ok(())
        });
        assert_eq!(again, rows);
        assert_eq!(read.unwrap(), written);
        let counts = Counts {
            rows: 3,
            counters: 1,
        };
        assert_eq!(written, counts);
    }

    #[test]
    fn a_file_that_is_not_whole_is_refused() {
        let head = line::head();
        let row = r#"{"key":"k","counter":1}"#;
        for (text, said) in [
            (String::new(), "line 1: the file ends without its last line"),
            (
                format!("{head}\n{row}\n"),
                "line 3: the file ends without its last line",
            ),
            (
                format!("{head}\n{row}\n{{\"rows\":2}}\n"),
                "line 3, rows: 2 rows are announced, and 1 came",
            ),
            (
                format!("{head}\n{row}\n{row}\n{{\"rows\":2}}\n"),
                "line 3, key: `k` stands on an earlier line, too",
            ),
            (
                format!("{head}\n{{\"rows\":0}}\n{row}\n"),
                "line 3: nothing may follow",
            ),
            (format!("{row}\n"), "line 1, format: "),
        ] {
            assert!(refused(&text).starts_with(said), "{}", refused(&text));
        }
        assert!(read(format!("{head}\n{{\"rows\":0}}").as_bytes(), |_| Ok(())).is_ok());
    }
}
