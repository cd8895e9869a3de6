//! A file, opened and understood as far as its first row.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use csv::ByteRecord;
use rapport_types::hash;

use crate::args::OrdersArgs;
use crate::balance::args::BalancesArgs;
use crate::columns::Mapping;
use crate::format::Format;
use crate::order::Item;
use crate::records::{ReadError, Records};
use crate::report::{Refused, What};
use crate::{balance, order};

/// A file, opened and understood as far as its first row.
pub struct Source {
    pub(crate) path: PathBuf,
    records: Records<BufReader<File>>,
    pub(crate) reading: Reading,
    /// The first row, which was read to know the file by.
    first: Option<(u64, ByteRecord)>,
    /// About how many rows there are.
    pub(crate) expected: u64,
    /// Names this import: the file's beginning, how it is read, and where it is sent.
    pub(crate) identity: String,
    pub(crate) by_number: bool,
}

/// How its rows are read.
pub(crate) enum Reading {
    Orders(order::Reading),
    Balances(balance::Reading),
}

impl Reading {
    /// Reads the row that begins on `line`.
    pub fn read(&self, line: u64, record: &ByteRecord) -> Result<Item, Refused> {
        match self {
            Self::Orders(reading) => reading.read(line, record),
            Self::Balances(reading) => reading.read(line, record),
        }
    }

    /// What a row is.
    pub fn what(&self) -> What {
        match self {
            Self::Orders(_) => What::Orders,
            Self::Balances(_) => What::Balances,
        }
    }
}

/// A file as far as its first row.
struct Begun {
    records: Records<BufReader<File>>,
    /// The row of names, if it has one.
    names: Option<ByteRecord>,
    first: Option<(u64, ByteRecord)>,
    expected: u64,
    /// A hash of its first rows.
    beginning: String,
    /// What ids begin with where no column holds them and nobody says: the file's name and a part of that hash.
    prefix: String,
}

impl Begun {
    fn open(path: &Path, format: Option<Format>, has_names: bool) -> Result<Self> {
        let cannot = || format!("cannot read `{}`", path.display());
        let expected = count_lines(path).with_context(cannot)?;
        let file = File::open(path).with_context(cannot)?;
        let mut records = Records::new(BufReader::with_capacity(256 * 1024, file), format)
            .with_context(cannot)?;
        let mut record = ByteRecord::new();
        let names = match has_names && records.next(&mut record)?.is_some() {
            true => Some(record.clone()),
            false => None,
        };
        let first = records.next(&mut record)?.map(|line| (line, record));
        let row = |record: &ByteRecord| String::from_utf8_lossy(record.as_slice()).into_owned();
        let beginning = hash::hex128(&format!(
            "{}\n{}",
            names.as_ref().map(row).unwrap_or_default(),
            first
                .as_ref()
                .map(|(_, first)| row(first))
                .unwrap_or_default()
        ));
        let stem: String = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .chars()
            .take(40)
            .collect();
        Ok(Self {
            records,
            names,
            first,
            expected: expected.saturating_sub(u64::from(has_names)),
            prefix: format!("{stem}-{}-", &beginning[..8]),
            beginning,
        })
    }
}

impl Source {
    /// Opens a file of orders and finds its columns.
    pub fn open(args: &OrdersArgs) -> Result<Self> {
        let mapping = Mapping::parse(&args.map)?;
        let has_names = args.table.header || mapping.by_name();
        let begun = Begun::open(&args.file, args.table.format, has_names)?;
        let columns = mapping.resolve(begun.names.as_ref())?;
        let prefix = args.order_id_prefix.as_ref();
        let order_id_prefix = prefix.unwrap_or(&begun.prefix).clone();
        let identity = hash::hex128(&format!(
            "{}\n{}\n{}\n{order_id_prefix}\n{:?}\n{:?}\n{}",
            begun.beginning,
            mapping.canonical(),
            args.service.url.trim_end_matches('/'),
            args.currency,
            args.offset,
            args.decimal_comma
        ));
        let reading = Reading::Orders(order::Reading {
            columns,
            currency: args.currency,
            order_id_prefix,
            offset: args.offset.clone(),
            decimal_comma: args.decimal_comma,
        });
        Ok(Self::of(args.file.clone(), begun, reading, identity))
    }

    /// Opens a file of balances and finds its columns.
    pub fn of_balances(args: &BalancesArgs) -> Result<Self> {
        let mapping = balance::Mapping::parse(&args.map)?;
        let has_names = args.table.header || mapping.by_name();
        let begun = Begun::open(&args.file, args.table.format, has_names)?;
        let columns = mapping.resolve(begun.names.as_ref())?;
        let prefix = args.key_prefix.as_ref();
        let key_prefix = prefix.unwrap_or(&begun.prefix).clone();
        let identity = hash::hex128(&format!(
            "balances\n{}\n{}\n{}\n{key_prefix}\n{:?}\n{:?}",
            begun.beginning,
            mapping.canonical(),
            args.service.url.trim_end_matches('/'),
            args.kind,
            args.offset,
        ));
        let reading = Reading::Balances(balance::Reading {
            columns,
            kind: args.kind.clone(),
            key_prefix,
            offset: args.offset.clone(),
        });
        Ok(Self::of(args.file.clone(), begun, reading, identity))
    }

    fn of(path: PathBuf, begun: Begun, reading: Reading, identity: String) -> Self {
        Self {
            path,
            by_number: begun.names.is_none(),
            records: begun.records,
            reading,
            first: begun.first,
            expected: begun.expected,
            identity,
        }
    }

    /// What is about to be read, and how; `told`: somebody said in which format.
    pub(crate) fn said(&self, told: bool) -> String {
        let format = self.records.format();
        let mut text = format!("Reading {} as {format}", self.path.display());
        if !told {
            text.push_str(", as its first row looks (--format sets another)");
        }
        let by_line = match &self.reading {
            Reading::Orders(reading) if reading.columns.order_id.is_none() => {
                Some(("the id of an order", &reading.order_id_prefix))
            }
            Reading::Balances(reading) if reading.columns.key.is_none() => {
                Some(("the key of a row", &reading.key_prefix))
            }
            _ => None,
        };
        if let Some((what, prefix)) = by_line {
            text.push_str(&format!("; {what} is `{prefix}` and its line"));
        }
        text
    }

    /// Reads the next row into `record` and answers the line on which it begins.
    pub(crate) fn next(&mut self, record: &mut ByteRecord) -> Result<Option<u64>, ReadError> {
        match self.first.take() {
            Some((line, first)) => {
                *record = first;
                Ok(Some(line))
            }
            None => self.records.next(record),
        }
    }
}

/// The lines of a file: about its rows, and quickly counted.
fn count_lines(path: &Path) -> std::io::Result<u64> {
    let mut file = File::open(path)?;
    let (mut lines, mut last) = (0, b'\n');
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(end) = buffer[..read].last() else {
            break;
        };
        last = *end;
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    Ok(lines + u64::from(last != b'\n'))
}
