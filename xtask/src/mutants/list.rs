//! What is to be changed: cargo-mutants' own list, read off its JSON.

use std::ops::Range;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::cargo;

/// One small change of one file.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Its number, from 1: by this the woven code knows it.
    pub number: usize,
    /// Path from the workspace's root.
    pub file: String,
    /// What cargo-mutants calls it: place, and what is replaced with what.
    pub name: String,
    /// What the function it stands in returns, such as `-> impl Iterator<Item = u64>`.
    pub returns: String,
    /// The function, or none where it stands in a constant.
    pub function: Option<Span>,
    /// What is replaced.
    pub span: Span,
    /// What with.
    pub replacement: String,
}

/// From a line and column up to another; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    start: (usize, usize),
    end: (usize, usize),
}

impl Span {
    fn read(value: &Value) -> Option<Self> {
        let place = |name: &str| {
            let number = |part: &str| usize::try_from(value[name][part].as_u64()?).ok();
            Some((number("line")?, number("column")?))
        };
        Some(Self {
            start: place("start")?,
            end: place("end")?,
        })
    }

    /// Whether `other` is a part of it, or the same.
    pub fn holds(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// As bytes of `text`.
    pub fn bytes(&self, text: &str) -> Result<Range<usize>> {
        let byte = |(line, column): (usize, usize)| {
            let mut start = 0;
            for (n, row) in text.split_inclusive('\n').enumerate() {
                if n + 1 == line {
                    let before: usize = row.chars().take(column - 1).map(char::len_utf8).sum();
                    return Some(start + before);
                }
                start += row.len();
            }
            None
        };
        let range = byte(self.start).zip(byte(self.end));
        let (start, end) = range.with_context(|| format!("{self:?} is outside of the file"))?;
        Ok(start..end)
    }
}

/// The mutants of `package` by `config`; `arguments` are cargo-mutants' own, such as `--file`.
pub fn list(package: &str, config: &str, arguments: &[String]) -> Result<Vec<Mutant>> {
    let ask = [
        "mutants",
        "--list",
        "--json",
        "--config",
        config,
        "--package",
        package,
    ];
    let output = cargo(&ask)
        .args(arguments)
        .env_remove("CARGO_TARGET_DIR")
        .output()?;
    if !output.status.success() {
        bail!(
            "cargo mutants --list: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let listed: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let read = |(n, value): (usize, &Value)| {
        let function = &value["function"];
        Some(Mutant {
            number: n + 1,
            file: text(&value["file"]),
            name: text(&value["name"]),
            returns: text(&function["return_type"]),
            function: Span::read(&function["span"]),
            span: Span::read(&value["span"])?,
            replacement: text(&value["replacement"]),
        })
    };
    let mutants: Option<Vec<_>> = listed.iter().enumerate().map(read).collect();
    mutants.context("a mutant is listed without its place")
}
