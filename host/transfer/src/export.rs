//! `rapport export-store`.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::args::{ExportArgs, Store, URL_VARIABLE};
use crate::file::{Counts, Writer};
use crate::progress::Progress;
use crate::report::{Report, grouped};
use crate::row::Row;
use crate::{server, sqlite};

/// Writes all rows of a store to a file.
pub fn export(args: ExportArgs) -> Result<Report> {
    let store = args.place.store(std::env::var(URL_VARIABLE).ok())?;
    let Some(out) = args.out else {
        let stdout = BufWriter::new(std::io::stdout().lock());
        return write(&store, &args.counters, args.live, stdout, "standard output")
            .map(|(_, report)| report);
    };
    if out.exists() {
        bail!("`{}` is there already", out.display());
    }
    // Under another name until it is whole. It is readable to nobody else: it holds what customers said.
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("no file can be written in `{}`", folder.display()))?;
    let name = out.display().to_string();
    let (file, report) = write(
        &store,
        &args.counters,
        args.live,
        BufWriter::new(file),
        &name,
    )?;
    let file = file.into_inner().context("the file cannot be written")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(&out)
        .with_context(|| format!("`{name}` cannot be written"))?;
    Ok(report)
}

fn write<W: Write>(
    store: &Store,
    counters: &[String],
    live: bool,
    to: W,
    name: &str,
) -> Result<(W, Report)> {
    let mut notes = Vec::new();
    let (to, counts, took) = match store {
        Store::Sqlite { file, label } => {
            let source = sqlite::Source::open(file, label)?;
            for other in source.others()? {
                notes.push(format!(
                    "The file has a store `{other}`, too: --store {other} exports it."
                ));
            }
            let mut rows = Rows::new(to, Some(source.rows()?))?;
            source.each(counters, |row| rows.take(row))?;
            rows.finish(&mut notes)?
        }
        Store::Redis { url, prefix } => {
            let mut source = server::Source::open(url, prefix)?;
            let mut rows = Rows::new(to, None)?;
            source.each(counters, |row| rows.take(row))?;
            match source.written_meanwhile() {
                0 => {}
                writes if live => notes.push(format!(
                    "The server was written to {} times meanwhile.",
                    grouped(writes)
                )),
                writes => bail!(
                    "the server was written to {} times meanwhile, so this is no picture of one moment: \
                     stop every Rapport that writes to it. If it was others, --live says so",
                    grouped(writes)
                ),
            }
            rows.finish(&mut notes)?
        }
    };
    let report = Report {
        did: "Exported",
        rows: counts.rows,
        counters: counts.counters,
        way: format!("from {store} to {name}"),
        took,
        notes,
    };
    Ok((to, report))
}

/// The rows on their way into the file.
struct Rows<W> {
    writer: Writer<W>,
    progress: Progress,
    left_behind: u64,
}

impl<W: Write> Rows<W> {
    fn new(to: W, expected: Option<u64>) -> Result<Self> {
        Ok(Self {
            writer: Writer::new(to)?,
            progress: Progress::new(expected),
            left_behind: 0,
        })
    }

    fn take(&mut self, row: Row) -> Result<()> {
        self.progress.row();
        if row.stays_behind() {
            self.left_behind += 1;
            return Ok(());
        }
        self.writer.row(&row)
    }

    fn finish(self, notes: &mut Vec<String>) -> Result<(W, Counts, std::time::Duration)> {
        if self.left_behind > 0 {
            notes.push(format!(
                "{} rows of the probe were left out: what it found holds for that backend only.",
                grouped(self.left_behind)
            ));
        }
        let took = self.progress.finish();
        let (to, counts) = self.writer.finish()?;
        Ok((to, counts, took))
    }
}
