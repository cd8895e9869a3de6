//! The rows of a file, one at a time, each with the line on which it begins.

use std::io::{self, BufRead};

use csv::ByteRecord;
use csv_core::ReadRecordResult;

use crate::format::Format;

/// The most bytes of one row. A quote that is never closed would otherwise take the rest of the file for one row.
const ROW_BYTES: usize = 1024 * 1024;
/// What some programs write before UTF-8 text.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why no further row can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file itself.
    #[error("the file cannot be read any further: {0}")]
    Io(#[from] io::Error),
    /// A quote.
    #[error("line {line}: a quote opens here that is not closed before the end of the file")]
    OpenQuote {
        /// Where the row begins.
        line: u64,
    },
    /// A row without end.
    #[error(
        "line {line}: the row that begins here is longer than {ROW_BYTES} bytes; is a quote left open?"
    )]
    TooLong {
        /// Where the row begins.
        line: u64,
    },
}

/// The rows of a file.
pub struct Records<R> {
    input: R,
    format: Format,
    parser: csv_core::Reader,
    /// The line that is being read, its end included, and how far.
    text: Vec<u8>,
    at: usize,
    /// Its number, from 1.
    line: u64,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: BufRead> Records<R> {
    /// The rows of `input`, in `format` or what its first row looks like.
    pub fn new(mut input: R, format: Option<Format>) -> Result<Self, ReadError> {
        let (mut text, mut line) = (Vec::new(), 0);
        while read_line(&mut input, &mut text, &mut line)? {
            if line == 1 && text.starts_with(BOM) {
                text.drain(..BOM.len());
            }
            if !text.trim_ascii().is_empty() {
                break;
            }
        }
        let format = format.unwrap_or_else(|| Format::of(&text));
        let mut parser = csv_core::ReaderBuilder::new();
        if let Some(separator) = format.separator() {
            parser.delimiter(separator);
        }
        Ok(Self {
            input,
            format,
            parser: parser.build(),
            text,
            at: 0,
            line,
            output: vec![0; 1024],
            ends: vec![0; 32],
        })
    }

    /// The format that is read.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Reads the next row into `record` and answers the line on which it begins; `None` at the end. Blank lines are no rows.
    pub fn next(&mut self, record: &mut ByteRecord) -> Result<Option<u64>, ReadError> {
        while self.text[self.at..].trim_ascii().is_empty() {
            if !self.advance()? {
                return Ok(None);
            }
        }
        // What follows a row on its own line was parted from it by a bare carriage return, as old programs end lines.
        if self.at > 0 {
            self.line += 1;
        }
        let begins = self.line;
        match self.format.separator() {
            None => {
                record.clear();
                let words = self.text.split(u8::is_ascii_whitespace);
                words
                    .filter(|word| !word.is_empty())
                    .for_each(|word| record.push_field(word));
                self.at = self.text.len();
            }
            Some(_) => self.separated(record, begins)?,
        }
        Ok(Some(begins))
    }

    fn separated(&mut self, record: &mut ByteRecord, begins: u64) -> Result<(), ReadError> {
        let (mut bytes, mut fields) = (0, 0);
        loop {
            let (result, read, written, ended) = self.parser.read_record(
                &self.text[self.at..],
                &mut self.output[bytes..],
                &mut self.ends[fields..],
            );
            self.at += read;
            bytes += written;
            fields += ended;
            match result {
                ReadRecordResult::Record => break,
                // The line's end is inside quotes: the row goes on.
                ReadRecordResult::InputEmpty => {
                    if bytes > ROW_BYTES {
                        return Err(ReadError::TooLong { line: begins });
                    }
                    if !self.advance()? {
                        return Err(ReadError::OpenQuote { line: begins });
                    }
                }
                ReadRecordResult::OutputFull => self.output.resize(self.output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::End => break,
            }
        }
        record.clear();
        let mut from = 0;
        for end in &self.ends[..fields] {
            record.push_field(&self.output[from..*end]);
            from = *end;
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<bool, ReadError> {
        self.at = 0;
        read_line(&mut self.input, &mut self.text, &mut self.line)
    }
}

/// Reads a line and its end into `text`; the last line of a file is given one. `false` at the end of the file.
fn read_line(
    input: &mut impl BufRead,
    text: &mut Vec<u8>,
    line: &mut u64,
) -> Result<bool, ReadError> {
    text.clear();
    let mut limited = io::Read::take(&mut *input, ROW_BYTES as u64 + 1);
    if limited.read_until(b'\n', text)? == 0 {
        return Ok(false);
    }
    *line += 1;
    if text.last() != Some(&b'\n') {
        if text.len() > ROW_BYTES {
            return Err(ReadError::TooLong { line: *line });
        }
        text.push(b'\n');
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, format: Option<Format>) -> Result<Vec<(u64, Vec<String>)>, ReadError> {
        // A small buffer, so that lines do not arrive whole.
        let mut records = Records::new(io::BufReader::with_capacity(3, text.as_bytes()), format)?;
        let (mut record, mut rows) = (ByteRecord::new(), Vec::new());
        while let Some(line) = records.next(&mut record)? {
            rows.push((
                line,
                record
                    .iter()
                    .map(|field| String::from_utf8_lossy(field).into_owned())
                    .collect(),
            ));
        }
        Ok(rows)
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Vec<String>) {
        (
            line,
            fields.iter().map(|field| (*field).to_owned()).collect(),
        )
    }

    #[test]
    fn rows_have_the_line_on_which_they_begin() {
        let text = "\u{feff}a,b\r\n\r\n1,\"two\nlines\"\r\n3,\"a \"\"b\"\"\"\r\n\n4,x";
        assert_eq!(
            rows(text, None).unwrap(),
            [
                row(1, &["a", "b"]),
                row(3, &["1", "two\nlines"]),
                row(5, &["3", "a \"b\""]),
                row(7, &["4", "x"]),
            ]
        );
    }

    #[test]
    fn every_separator_is_read() {
        assert_eq!(rows("a;\"b;c\"\n", None).unwrap(), [row(1, &["a", "b;c"])]);
        assert_eq!(
            rows("a\t\tb c\n", None).unwrap(),
            [row(1, &["a", "", "b c"])]
        );
        let spaces = " 00004 0001 19970101  2   29.33\r\n 00004 0001\r\n";
        let expected = [
            row(1, &["00004", "0001", "19970101", "2", "29.33"]),
            row(2, &["00004", "0001"]),
        ];
        assert_eq!(rows(spaces, None).unwrap(), expected);
        assert_eq!(
            rows("a,b c\n", Some(Format::Spaces)).unwrap(),
            [row(1, &["a,b", "c"])]
        );
    }

    #[test]
    fn a_quote_inside_a_field_is_a_quote() {
        assert_eq!(
            rows("a,5\" disk\nb,c\n", None).unwrap(),
            [row(1, &["a", "5\" disk"]), row(2, &["b", "c"])]
        );
    }

    #[test]
    fn old_line_ends_are_read_too() {
        let expected = [
            row(1, &["a", "b"]),
            row(2, &["c", "d"]),
            row(3, &["e", "f"]),
        ];
        assert_eq!(rows("a,b\rc,d\re,f", Some(Format::Csv)).unwrap(), expected);
    }

    #[test]
    fn wide_rows_and_empty_files_are_read() {
        let fields: Vec<String> = (0..500).map(|n| format!("field-{n}")).collect();
        assert_eq!(rows(&fields.join(","), None).unwrap(), [(1, fields)]);
        assert_eq!(rows("", None).unwrap(), []);
        assert_eq!(rows("\n\n", None).unwrap(), []);
    }

    #[test]
    fn a_quote_left_open_is_named_and_takes_no_memory() {
        let open = rows("a,b\nc,\"d\ne,f\n", None).unwrap_err();
        assert!(matches!(open, ReadError::OpenQuote { line: 2 }), "{open}");
        let long = format!("a,b\nc,\"d\n{}", "0123456789\n".repeat(ROW_BYTES / 10));
        assert!(matches!(
            rows(&long, None),
            Err(ReadError::TooLong { line: 2 })
        ));
        let wide = format!("a b\n{}", "x".repeat(ROW_BYTES + 5));
        assert!(matches!(
            rows(&wide, None),
            Err(ReadError::TooLong { line: 2 })
        ));
    }
}
