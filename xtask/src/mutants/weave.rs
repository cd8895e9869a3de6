//! All changes of a file in one: each function becomes a choice between what it was and what it is with one change.
//!
//! ```text
//! fn is_active(&self, now: Timestamp) -> bool {
//!     match crate::woven::active() {
//!         17 => { return self.active_from < now; }
//!         18 => { true }
//!         _ => { self.active_from <= now }
//!     }
//! }
//! ```
//!
//! So two thousand changes are compiled at once, and which of them a test meets is told by the environment.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Context, Result};

use super::list::{Mutant, Span};

/// What the woven code asks which change it is to have.
pub const ACTIVE: &str = r#"
pub(crate) mod woven {
    pub(crate) fn active() -> usize {
        static ACTIVE: std::sync::LazyLock<usize> = std::sync::LazyLock::new(|| {
            std::env::var("WOVEN_MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(0)
        });
        *ACTIVE
    }
}
"#;

/// A file with its changes woven in.
pub struct Woven {
    pub text: String,
    /// Lines (from 1) on which each change stands.
    pub lines: Vec<(Range<usize>, usize)>,
}

/// Weaves `mutants`, all of this file, into `text`.
pub fn weave(text: &str, mutants: &[&Mutant]) -> Result<Woven> {
    let mut functions: BTreeMap<Span, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        let function = mutant.function.context("not in a function")?;
        functions.entry(function).or_default().push(mutant);
    }
    let mut out = String::new();
    let mut lines = Vec::new();
    let mut done = 0;
    for (span, mutants) in outermost(functions) {
        let function = span.bytes(text)?;
        let body = body(text, &function).with_context(|| mutants[0].name.clone())?;
        out.push_str(&text[done..body.start]);
        let own = mutants.iter().find(|mutant| mutant.function == Some(span));
        let boxed = own.and_then(|own| boxed(&own.returns));
        out.push_str("\n    match crate::woven::active() {\n");
        for mutant in &mutants {
            let change = mutant.span.bytes(text)?;
            let from = line(&out);
            let head = format!(
                "{} => {}",
                mutant.number,
                boxed.as_ref().map_or("", |b| b.0)
            );
            out.push_str(&head);
            out.push_str("{\n");
            out.push_str(&text[body.start..change.start]);
            out.push(' ');
            out.push_str(&mutant.replacement);
            out.push(' ');
            out.push_str(&text[change.end..body.end]);
            out.push_str("\n}");
            out.push_str(boxed.as_ref().map_or("", |b| &b.1));
            out.push('\n');
            lines.push((from..line(&out), mutant.number));
        }
        out.push_str(boxed.as_ref().map_or("_ => {", |_| "_ => Box::new({"));
        out.push_str(&text[body.clone()]);
        out.push('}');
        out.push_str(boxed.as_ref().map_or("", |b| &b.1));
        out.push_str("\n}\n");
        done = body.end;
    }
    out.push_str(&text[done..]);
    Ok(Woven { text: out, lines })
}

/// Functions that stand in another belong to that one.
fn outermost(functions: BTreeMap<Span, Vec<&Mutant>>) -> BTreeMap<Span, Vec<&Mutant>> {
    let spans: Vec<Span> = functions.keys().copied().collect();
    let mut outer: BTreeMap<Span, Vec<&Mutant>> = BTreeMap::new();
    for (span, mutants) in functions {
        let around = spans.iter().find(|other| other.holds(&span));
        outer
            .entry(*around.unwrap_or(&span))
            .or_default()
            .extend(mutants);
    }
    outer
}

/// The line, from 1, that `text` ends on.
fn line(text: &str) -> usize {
    text.matches('\n').count() + 1
}

/// How a body is made one type with its changes where a function answers `impl Trait`: what stands before and after it.
fn boxed(returns: &str) -> Option<(&'static str, String)> {
    let trait_of = returns
        .trim()
        .strip_prefix("->")?
        .trim()
        .strip_prefix("impl ")?;
    let bounds = trait_of.split(" + ").map(str::trim);
    let kept: Vec<_> = bounds
        .filter(|b| !b.starts_with('\'') && !b.starts_with("use<"))
        .collect();
    Some((
        "Box::new(",
        format!(") as Box<dyn {} + '_>,", kept.join(" + ")),
    ))
}

/// What stands between the braces of the function at `function`.
fn body(text: &str, function: &Range<usize>) -> Option<Range<usize>> {
    let source = text.get(function.clone())?;
    let mut depth = 0_i32;
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next()?;
        if rest.starts_with("//") {
            at += rest.find('\n')?;
            continue;
        }
        match first {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => {
                let start = function.start + at + 1;
                return Some(start..function.end - 1);
            }
            // Text in an attribute.
            '"' => at += rest.get(1..)?.find('"')? + 1,
            _ => {}
        }
        at += first.len_utf8();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_found_behind_attributes_comments_and_arguments() {
        let text = "/// Of {}.\n#[must_use = \"{\"]\nfn f(a: [u8; 2]) -> (u8, u8) { (1, 2) }";
        let body = body(text, &(0..text.len())).unwrap();
        assert_eq!(&text[body], " (1, 2) ");
    }

    #[test]
    fn traits_are_boxed_without_their_lifetimes() {
        let (_, end) = boxed("-> impl Iterator<Item = &'a u8> + use<'a>").unwrap();
        assert_eq!(end, ") as Box<dyn Iterator<Item = &'a u8> + '_>,");
        assert!(boxed("-> Vec<u8>").is_none());
    }
}
