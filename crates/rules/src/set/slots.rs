//! What a field says about a subject, in the forms in which tests ask for it.

use std::ops::ControlFlow;

use rapport_types::{Timestamp, Zone};
use serde_json::Value;

use super::words::Words;
use super::{Slot, quick};
use crate::field::when;
use crate::found::{Found, One, Scope};
use crate::moment::Stretch;
use crate::number;
use crate::rule::Field;
use crate::subject::Subject;
use crate::text::Folds;

/// The value of a field.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    /// As it was found, for tests without a shortcut.
    pub(super) found: Found<'a>,
    /// In ten-thousandths, where it is a number of so many.
    pub(super) number: Option<i64>,
    /// Where the numbers of its texts begin and end among all such.
    pub(super) words: (usize, usize),
    /// The time that it names, where it is no list.
    pub(super) time: Option<Stretch>,
    /// Of `rfm.recency_days`: the moment from which days count.
    pub(super) last: Option<Timestamp>,
}

impl Slot {
    /// What the slot has of `subject`; numbers of texts are put behind `all`.
    pub(super) fn read<'a>(
        &self,
        subject: &'a dyn Subject,
        zone: &Zone,
        words: &Words,
        folds: &Folds,
        all: &mut Vec<u32>,
    ) -> Said<'a> {
        let found = Scope::Subject(subject).find(&self.field);
        let number = match found {
            Found::Json(Value::Number(number)) => number::units(number),
            Found::Number(number) => quick::units(number),
            _ => None,
        };
        let from = all.len();
        if self.words {
            found.visit(&mut |one| {
                if let One::Text(text) = one {
                    all.extend(words.number(text, folds));
                }
                ControlFlow::Continue(())
            });
        }
        let time = match found.alone() {
            Some(one) if self.time => when(one).map(|when| when.stretch(zone)),
            _ => None,
        };
        let last = match self.field {
            Field::Recency => subject.orders().last_at,
            _ => None,
        };
        Said {
            found,
            number,
            words: (from, all.len()),
            time,
            last,
        }
    }
}
