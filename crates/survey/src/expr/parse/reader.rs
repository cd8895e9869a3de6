//! The steps of which every rule of the grammar is made.

use super::{MAX_DEPTH, SyntaxError};

/// What is left of a text, and how far it was ever read.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
    /// The fewest bytes that were ever left: where the error is shown.
    pub(super) furthest: usize,
    pub(super) depth: usize,
    pub(super) too_deep: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn error(&self, text: &str) -> SyntaxError {
        let before = text.len().saturating_sub(self.furthest);
        let rest = text.get(before..).unwrap_or("");
        SyntaxError::Unexpected {
            at: text
                .get(..before)
                .unwrap_or("")
                .chars()
                .count()
                .saturating_add(1),
            rest: rest.chars().take(24).collect(),
        }
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
        self.furthest = self.furthest.min(self.rest.len());
    }

    pub(super) fn space(&mut self) {
        let trimmed = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest = trimmed;
        self.furthest = self.furthest.min(trimmed.len());
    }

    pub(super) fn literal(&mut self, wanted: &str) -> Option<()> {
        self.rest
            .starts_with(wanted)
            .then(|| self.advance(wanted.len()))
    }

    /// A literal in any case, as `"or"i` in the grammar.
    pub(super) fn word(&mut self, wanted: &str) -> Option<()> {
        self.rest
            .get(..wanted.len())
            .filter(|found| found.eq_ignore_ascii_case(wanted))?;
        self.advance(wanted.len());
        Some(())
    }

    pub(super) fn while_matches(&mut self, matches: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !matches(c)).unwrap_or(self.rest.len());
        let found = self.rest.get(..end).unwrap_or("");
        self.advance(end);
        found
    }

    /// Runs `rule`; where it does not match, nothing was read.
    pub(super) fn attempt<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.too_deep {
            return None;
        }
        let start = self.rest;
        let found = rule(self);
        if found.is_none() {
            self.rest = start;
        }
        found
    }

    pub(super) fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.too_deep = true;
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let found = rule(self);
        self.depth = self.depth.saturating_sub(1);
        found
    }
}
