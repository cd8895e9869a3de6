//! What has been answered, kept beside the file, so that `--resume` can leave it out.
//!
//! A mark for each part of the customers says up to which line their rows have had an answer; rows of one part are sent in
//! the order of the file, so a mark is all it takes. Refused rows are kept by their lines and tried again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::lines::Lines;
use crate::order::Item;
use crate::partition::PARTITIONS;

const VERSION: u32 = 1;
/// The most ranges of refused rows: beyond that the file takes longer to write than rows take to send.
const RANGES: usize = 100_000;

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// The import it belongs to.
    source: String,
    marks: Vec<u64>,
    refused: Lines,
}

/// What has been answered so far.
#[derive(Debug)]
pub struct Checkpoint {
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    kept: Kept,
    changed: bool,
}

/// What an earlier run has had an answer for.
#[derive(Debug, Default)]
pub struct Earlier {
    marks: Vec<u64>,
    refused: Lines,
}

impl Earlier {
    /// Whether this row need not be sent. One that was refused is tried again.
    pub fn answered(&self, item: &Item) -> bool {
        self.marks
            .get(item.partition)
            .is_some_and(|mark| item.line <= *mark)
            && !self.refused.contains(item.line)
    }
}

impl Checkpoint {
    /// Begins at `path` (`None`: nowhere) for the import that `source` identifies, and goes on where an earlier run stopped if
    /// `resume` says so.
    pub fn open(path: Option<PathBuf>, source: &str, resume: bool) -> Result<(Self, Earlier)> {
        let fresh = Kept {
            version: VERSION,
            source: source.to_owned(),
            marks: vec![0; PARTITIONS],
            refused: Lines::default(),
        };
        let kept = match (&path, resume) {
            (Some(path), true) => read(path, source)?.unwrap_or(fresh),
            _ => fresh,
        };
        let earlier = Earlier {
            marks: kept.marks.clone(),
            refused: kept.refused.clone(),
        };
        Ok((
            Self {
                path,
                state: Mutex::new(State {
                    kept,
                    changed: false,
                }),
            },
            earlier,
        ))
    }

    /// Every one of `items`, which follow what was settled before, has had an answer.
    pub fn settle(&self, items: &[Item]) {
        let mut state = self.lock();
        state.changed = true;
        for item in items {
            if let Some(mark) = state.kept.marks.get_mut(item.partition) {
                *mark = item.line.max(*mark);
            }
        }
    }

    /// The row on `line` was refused.
    pub fn refuse(&self, line: u64) {
        let mut state = self.lock();
        state.changed = true;
        state.kept.refused.insert(line);
    }

    /// The row on `line` was taken.
    pub fn take(&self, line: u64) {
        let mut state = self.lock();
        // Hardly any row was ever refused.
        if state.kept.refused.ranges() > 0 {
            state.kept.refused.remove(line);
        }
    }

    /// Writes what has changed. A crash leaves the old file or the new one, whole.
    pub fn write(&self) -> Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let text = {
            let mut state = self.lock();
            if !std::mem::take(&mut state.changed) || state.kept.refused.ranges() > RANGES {
                return Ok(());
            }
            serde_json::to_string(&state.kept)?
        };
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let next = PathBuf::from(name);
        fs::write(&next, text)
            .and_then(|()| fs::rename(&next, path))
            .with_context(|| {
                format!(
                    "cannot write what has been answered to `{}`",
                    path.display()
                )
            })
    }

    /// Writes or, when nothing is left to do, removes it. Answers where it is.
    pub fn finish(&self, complete: bool) -> Result<Option<PathBuf>> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        if !complete {
            self.write()?;
            return Ok(path.exists().then(|| path.clone()));
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove `{}`", path.display()))
            }
            _ => Ok(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path, source: &str) -> Result<Option<Kept>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.with_context(|| format!("cannot read `{}`", path.display()))?,
    };
    let kept: Option<Kept> = serde_json::from_str(&text).ok();
    match kept {
        Some(kept) if kept.version != VERSION || kept.marks.len() != PARTITIONS => {
            bail!(
                "`{}` was written by another version; leave out --resume to begin again",
                path.display()
            )
        }
        Some(kept) if kept.source != source => bail!(
            "`{}` belongs to another import: the file begins otherwise, or the mapping or the address is another one.\n\
             Leave out --resume to begin again; what has arrived is not counted twice.",
            path.display()
        ),
        Some(kept) => Ok(Some(kept)),
        None => bail!(
            "`{}` cannot be understood; leave out --resume to begin again",
            path.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(line: u64, partition: usize) -> Item {
        Item {
            line,
            partition,
            path: None,
            json: String::new(),
        }
    }

    #[test]
    fn what_was_answered_is_left_out_by_the_next_run_and_what_was_refused_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.csv.import-progress");
        let (checkpoint, earlier) = Checkpoint::open(Some(path.clone()), "s", true).unwrap();
        assert!(!earlier.answered(&item(1, 0)));
        checkpoint.settle(&[item(2, 0), item(7, 0), item(5, 3)]);
        checkpoint.refuse(2);
        checkpoint.refuse(5);
        checkpoint.take(5);
        checkpoint.write().unwrap();

        let (again, earlier) = Checkpoint::open(Some(path.clone()), "s", true).unwrap();
        let answered: Vec<bool> = [
            item(1, 0),
            item(2, 0),
            item(7, 0),
            item(8, 0),
            item(5, 3),
            item(6, 3),
            item(1, 4),
        ]
        .iter()
        .map(|item| earlier.answered(item))
        .collect();
        assert_eq!(answered, [true, false, true, false, true, false, false]);
        assert_eq!(again.finish(true).unwrap(), None);
        assert!(!path.exists());

        let (_, earlier) = Checkpoint::open(Some(path), "s", false).unwrap();
        assert!(!earlier.answered(&item(1, 0)));
    }

    #[test]
    fn what_belongs_to_another_import_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        let (checkpoint, _) = Checkpoint::open(Some(path.clone()), "one", false).unwrap();
        checkpoint.settle(&[item(1, 0)]);
        assert_eq!(
            checkpoint.finish(false).unwrap().as_deref(),
            Some(path.as_path())
        );
        let other = Checkpoint::open(Some(path.clone()), "two", true)
            .unwrap_err()
            .to_string();
        assert!(other.contains("belongs to another import"), "{other}");
        fs::write(&path, "{").unwrap();
        let broken = Checkpoint::open(Some(path), "one", true)
            .unwrap_err()
            .to_string();
        assert!(broken.contains("cannot be understood"), "{broken}");
    }
}
