//! `rapport import-store`.

use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::args::{ImportArgs, Store, URL_VARIABLE};
use crate::file;
use crate::progress::Progress;
use crate::report::Report;
use crate::row::Row;
use crate::{server, sqlite};

/// Writes all rows of a file to a store. The file is read twice: nothing is written of one that is not right.
pub fn import(args: ImportArgs) -> Result<Report> {
    let store = args.place.store(std::env::var(URL_VARIABLE).ok())?;
    let (mut from, name) = open(&args.file)?;
    let counts = file::read(BufReader::new(&from), |_| Ok(()))
        .with_context(|| format!("{name}, nothing was written"))?;
    from.rewind()?;

    let mut target = Target::open(&store)?;
    let was_empty = target.was_empty();
    if !was_empty && !args.force {
        bail!("{store} is not empty; --force writes over what is there");
    }
    let mut progress = Progress::new(Some(counts.rows));
    let written = file::read(BufReader::new(&from), |row| {
        progress.row();
        target.row(&row)
    });
    let took = progress.finish();
    let note = match written {
        Ok(_) => target.finish(),
        Err(error) => Err(error),
    }
    .with_context(|| match &store {
        Store::Sqlite { .. } => format!("nothing was written to {store}"),
        Store::Redis { .. } => {
            format!("a part was written to {store}; the same with --force writes all of it")
        }
    })?;
    let over = "The store was not empty: keys that the file does not have have stayed.".to_owned();
    Ok(Report {
        did: "Imported",
        rows: counts.rows,
        counters: counts.counters,
        way: format!("from {name} to {store}"),
        took,
        notes: (!was_empty)
            .then_some(over)
            .into_iter()
            .chain(note)
            .collect(),
    })
}

/// The file, and what to call it. What comes by standard input is put into a file that goes with this process.
fn open(path: &Path) -> Result<(File, String)> {
    if path.as_os_str() != "-" {
        let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        return Ok((file, path.display().to_string()));
    }
    let mut file = tempfile::tempfile().context("standard input cannot be kept")?;
    std::io::copy(&mut std::io::stdin().lock(), &mut file)
        .context("standard input cannot be kept")?;
    file.rewind()?;
    Ok((file, "standard input".into()))
}

enum Target {
    Sqlite(sqlite::Target),
    Redis(server::Target),
}

impl Target {
    fn open(store: &Store) -> Result<Self> {
        Ok(match store {
            Store::Sqlite { file, label } => Self::Sqlite(sqlite::Target::open(file, label)?),
            Store::Redis { url, prefix } => Self::Redis(server::Target::open(url, prefix)?),
        })
    }

    fn was_empty(&self) -> bool {
        match self {
            Self::Sqlite(target) => target.was_empty(),
            Self::Redis(target) => target.was_empty(),
        }
    }

    fn row(&mut self, row: &Row) -> Result<()> {
        match self {
            Self::Sqlite(target) => target.row(row),
            Self::Redis(target) => target.row(row),
        }
    }

    /// What should be known of it, if anything.
    fn finish(self) -> Result<Option<String>> {
        match self {
            Self::Sqlite(target) => target.finish().map(|()| None),
            Self::Redis(target) => target.finish(),
        }
    }
}
