//! How a file separates its columns.

use std::fmt;

use clap::ValueEnum;

/// How a file separates its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Commas, with quotes as in RFC 4180.
    Csv,
    /// Semicolons, with quotes likewise.
    Semicolon,
    /// Tabs, with quotes likewise.
    Tsv,
    /// White space of any length, without quotes.
    Spaces,
}

impl Format {
    /// The format that `first`, the first row, looks like. A tab settles it; of commas and semicolons the more frequent.
    pub fn of(first: &[u8]) -> Self {
        let count = |separator: u8| first.iter().filter(|byte| **byte == separator).count();
        let (tabs, commas, semicolons) = (count(b'\t'), count(b','), count(b';'));
        if tabs > 0 {
            Self::Tsv
        } else if commas + semicolons == 0 {
            Self::Spaces
        } else if semicolons > commas {
            Self::Semicolon
        } else {
            Self::Csv
        }
    }

    /// The one byte between columns; `None` where it is any white space.
    pub fn separator(self) -> Option<u8> {
        match self {
            Self::Csv => Some(b','),
            Self::Semicolon => Some(b';'),
            Self::Tsv => Some(b'\t'),
            Self::Spaces => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "csv",
            Self::Semicolon => "semicolon",
            Self::Tsv => "tsv",
            Self::Spaces => "spaces",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_the_first_row() {
        for (first, format) in [
            ("customer,date,total", Format::Csv),
            ("\"a;b\",date,total", Format::Csv),
            ("customer;date;29,33", Format::Semicolon),
            ("customer\tdate, time\ttotal", Format::Tsv),
            (" 00004 0001 19970101  2   29.33", Format::Spaces),
            ("alone", Format::Spaces),
        ] {
            assert_eq!(Format::of(first.as_bytes()), format, "{first}");
        }
    }
}
