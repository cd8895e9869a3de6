//! What came of an import.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value;

/// How many refused rows are shown.
const SHOWN: usize = 20;

/// A row that was not taken, and why. Sending it again is no use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// What is wrong: `date`, `total`, …
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.field, self.reason)
    }
}

/// What a row of the file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum What {
    /// An order.
    #[default]
    Orders,
    /// A lot of points.
    Balances,
}

/// What came of an import. Its text is for people.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The file.
    pub file: PathBuf,
    /// What its rows are.
    pub what: What,
    /// Rows read, those that names stand in not counted.
    pub rows: u64,
    /// Orders counted, or balances brought along, now.
    pub applied: u64,
    /// Those that were known already.
    pub duplicates: u64,
    /// Rows refused, here or by the service.
    pub refused: u64,
    /// Rows left out because an earlier run has had an answer for them.
    pub skipped: u64,
    /// Rows without an answer, where it stopped early; those that were not read are counted by their lines.
    pub unsent: u64,
    /// Why it stopped early.
    pub stopped: Option<String>,
    /// The first refused rows, at most 20, in the order in which they were found.
    pub first_refused: Vec<Refused>,
    /// Where all refused rows are.
    pub refused_in: Option<PathBuf>,
    /// Where it is kept what was answered, if there is anything left to do.
    pub checkpoint: Option<PathBuf>,
    /// How long it took.
    pub elapsed: Duration,
    /// What would have been sent first; `None` where it was sent.
    pub dry_run: Option<Vec<Shown>>,
    /// A guess at what is wrong.
    pub hint: Option<String>,
}

/// A row as it would have been sent.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Where to, by itself; `None`: it would travel with others in a batch.
    pub path: Option<String>,
    /// The body, of a batch its part.
    pub body: Value,
}

impl Report {
    /// Whether every row was taken, now or before. The exit code says the same.
    pub fn is_complete(&self) -> bool {
        self.refused == 0 && self.unsent == 0 && self.stopped.is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        write!(
            f,
            "{} read from {} in {seconds:.1} s",
            rows(self.rows),
            self.file.display()
        )?;
        let worked = self.applied + self.duplicates + self.refused;
        if worked > 0 && seconds >= 0.1 && self.dry_run.is_none() {
            write!(
                f,
                " ({} rows a second)",
                grouped((worked as f64 / seconds) as u64)
            )?;
        }
        writeln!(f)?;
        let mut count = |number: u64, what: &str| writeln!(f, "{:>12} {what}", grouped(number));
        if self.dry_run.is_some() {
            count(
                self.rows.saturating_sub(self.refused),
                match self.what {
                    What::Orders => "orders would be sent",
                    What::Balances => "balances would be sent",
                },
            )?;
        } else {
            let applied = match self.what {
                What::Orders => "orders counted",
                What::Balances => "balances brought along",
            };
            count(self.applied, applied)?;
            count(self.duplicates, "known already")?;
        }
        if self.skipped > 0 {
            count(self.skipped, "left out, answered in an earlier run")?;
        }
        count(self.refused, "refused")?;
        if self.unsent > 0 {
            count(self.unsent, "not sent")?;
        }
        if !self.first_refused.is_empty() {
            writeln!(f, "Refused rows:")?;
            for refused in &self.first_refused {
                writeln!(f, "  {refused}")?;
            }
            let more = self.refused.saturating_sub(self.first_refused.len() as u64);
            match (&self.refused_in, more) {
                (Some(file), _) => writeln!(f, "  All of them are in {}.", file.display())?,
                (None, 0) => {}
                (None, more) => writeln!(
                    f,
                    "  and {} more; --report FILE writes them all.",
                    grouped(more)
                )?,
            }
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "{hint}")?;
        }
        if let Some(items) = &self.dry_run {
            writeln!(f, "Nothing was sent. The first rows would be:")?;
            for item in items {
                if let Some(path) = &item.path {
                    writeln!(f, "POST {path}")?;
                }
                writeln!(f, "{:#}", item.body)?;
            }
        }
        if let Some(reason) = &self.stopped {
            writeln!(f, "Stopped: {reason}.")?;
        }
        if let Some(checkpoint) = &self.checkpoint {
            writeln!(
                f,
                "The same command with --resume goes on from {}; without it everything is sent again, which changes nothing \
                 that has arrived.",
                checkpoint.display()
            )?;
        }
        Ok(())
    }
}

/// Collects refused rows: all into a file, the first for people.
#[derive(Debug, Default)]
pub struct Refusals {
    file: Option<(PathBuf, csv::Writer<File>)>,
    /// The first of them.
    pub first: Vec<Refused>,
    /// All of them.
    pub count: u64,
}

impl Refusals {
    /// Writes all refused rows to `file` if there is one, over what was in it.
    pub fn new(file: Option<&Path>) -> Result<Self> {
        let file = file
            .map(|path| {
                let mut writer = csv::Writer::from_path(path)
                    .with_context(|| format!("cannot write the report to `{}`", path.display()))?;
                // Written now, so that a report without refused rows has its names as well.
                writer.write_record(["line", "field", "reason"])?;
                writer.flush()?;
                anyhow::Ok((
                    path.to_owned(),
                    csv::WriterBuilder::new()
                        .has_headers(false)
                        .from_writer(writer.into_inner().map_err(|error| error.into_error())?),
                ))
            })
            .transpose()?;
        Ok(Self {
            file,
            ..Self::default()
        })
    }

    /// Takes one.
    pub fn add(&mut self, refused: Refused) -> Result<()> {
        self.count += 1;
        if let Some((path, writer)) = &mut self.file {
            writer
                .serialize(&refused)
                .with_context(|| format!("cannot write the report to `{}`", path.display()))?;
        }
        if self.first.len() < SHOWN {
            self.first.push(refused);
        }
        Ok(())
    }

    /// Writes what is not written yet, and answers where all of them are.
    pub fn finish(&mut self) -> Result<Option<PathBuf>> {
        let Some((path, writer)) = &mut self.file else {
            return Ok(None);
        };
        writer
            .flush()
            .with_context(|| format!("cannot write the report to `{}`", path.display()))?;
        Ok(Some(path.clone()))
    }
}

/// `1 row`, `6,919 rows`.
pub fn rows(number: u64) -> String {
    format!(
        "{} row{}",
        grouped(number),
        if number == 1 { "" } else { "s" }
    )
}

/// `6919` as `6,919`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: u64) -> Refused {
        Refused {
            line,
            field: "date".into(),
            reason: "\"18,1\" is no date".into(),
        }
    }

    #[test]
    fn all_refused_rows_are_written_and_the_first_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refused.csv");
        let mut refusals = Refusals::new(Some(&path)).unwrap();
        for line in 1..=25 {
            refusals.add(refused(line)).unwrap();
        }
        assert_eq!(refusals.finish().unwrap().as_deref(), Some(path.as_path()));
        assert_eq!((refusals.count, refusals.first.len()), (25, 20));
        let written = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(lines.len(), 26);
        assert_eq!(
            (lines[0], lines[1]),
            ("line,field,reason", "1,date,\"\"\"18,1\"\" is no date\"")
        );
    }

    #[test]
    fn a_report_says_what_is_left_to_do() {
        let report = Report {
            file: "orders.csv".into(),
            rows: 1_030,
            applied: 1_000,
            refused: 22,
            unsent: 8,
            stopped: Some("the service is away".into()),
            first_refused: vec![refused(3)],
            checkpoint: Some("orders.csv.import-progress".into()),
            elapsed: Duration::from_secs(2),
            ..Report::default()
        };
        assert!(!report.is_complete());
        let text = report.to_string();
        for part in [
            "1,030 rows read from orders.csv in 2.0 s (511 rows a second)",
            "1,000 orders counted",
            "22 refused",
            "8 not sent",
            "line 3, date: \"18,1\" is no date",
            "and 21 more; --report FILE",
            "Stopped: the service is away.",
            "--resume",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
