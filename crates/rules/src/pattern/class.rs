//! Sets of characters.

use crate::text::fold;

/// What one state of an automaton reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) items: Vec<Item>,
    /// Every character that is not among the items.
    pub(super) negated: bool,
}

/// Some characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    One(char),
    Range(char, char),
    /// `\d`, `\w`, `\s`; their complements where true.
    Digit(bool),
    Word(bool),
    Space(bool),
}

impl Class {
    pub(super) fn one(c: char) -> Self {
        Self {
            items: vec![Item::One(c)],
            negated: false,
        }
    }

    /// `.`
    pub(super) fn dot() -> Self {
        Self {
            items: vec![Item::One('\n')],
            negated: true,
        }
    }

    /// Whether it holds `c`, a folded character where not `exact`.
    pub(super) fn holds(&self, c: char, exact: bool) -> bool {
        let held = self.items.iter().any(|item| match *item {
            Item::One(one) => one == c,
            Item::Range(low, high) if exact => (low..=high).contains(&c),
            Item::Range(low, high) => either_case(c, |c| (low..=high).contains(&c)),
            Item::Digit(not) => c.is_ascii_digit() != not,
            Item::Word(not) => (c.is_alphanumeric() || c == '_') != not,
            Item::Space(not) => c.is_whitespace() != not,
        });
        held != self.negated
    }

    /// Makes single characters what they fold into, where that is one character.
    pub(super) fn folded(mut self) -> Self {
        for item in &mut self.items {
            if let Item::One(c) = item {
                let mut folded = fold(c.encode_utf8(&mut [0; 4])).chars().collect::<Vec<_>>();
                if let (Some(one), true) = (folded.pop(), folded.is_empty()) {
                    *item = Item::One(one);
                }
            }
        }
        self
    }
}

fn either_case(c: char, holds: impl Fn(char) -> bool) -> bool {
    holds(c)
        || if c.is_ascii() {
            holds(c.to_ascii_uppercase())
        } else {
            alone(c.to_uppercase()).is_some_and(&holds)
                || alone(c.to_lowercase()).is_some_and(&holds)
        }
}

/// The only one.
fn alone(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let one = chars.next()?;
    chars.next().is_none().then_some(one)
}
