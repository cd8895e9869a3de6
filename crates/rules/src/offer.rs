//! Which of several offers a customer is shown, and why.
//!
//! Of the offers whose audience the customer is in, that with the highest priority is shown; of equals, the one that was
//! named first. A share of each audience is its control group, which is not shown that offer, so that a review can tell what it did. Who
//! is in it follows from the ids of offer and customer alone: the same customer is in it on every page view, and the control groups of
//! two offers have nothing to do with each other. Who is in the control group of one offer is shown the next best, as if the first were
//! not there.

use rapport_types::{Decimal, Slug, Timestamp, Zone, hash};
use serde::Serialize;

use crate::evaluate::evaluate;
use crate::rule::Rule;
use crate::subject::Subject;

/// Parts of a whole in which shares are counted.
const PARTS: u64 = 10_000;
/// The digits of such a part behind the point.
const DIGITS: u32 = 4;

/// Something that may be shown.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its id: what its control group is drawn by.
    pub id: Slug,
    /// Who may be shown it; everybody where `None`.
    pub audience: Option<Rule>,
    /// The highest is shown.
    pub priority: i64,
    /// The part of the audience that is not shown it, from 0 to 1, counted in ten thousandths.
    pub control: Decimal,
}

/// What became of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is to be shown.
    Shown,
    /// Another offer comes first.
    Outranked,
    /// The customer is in its control group.
    Control,
    /// The customer is not in its audience.
    NotInAudience,
}

/// What was decided about one offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// The offer.
    pub id: Slug,
    /// What became of it.
    pub fate: Fate,
    /// Whether the customer is in its audience.
    pub matches: bool,
    /// Whether the customer is in its control group; told of customers outside the audience, too.
    pub control: bool,
    /// The earliest moment at which, with no new data, `matches` may change.
    pub next_change_at: Option<Timestamp>,
    /// False where its audience reaches back beyond the events that are kept singly.
    pub complete: bool,
}

/// Decides which of `offers` is shown to `customer`, whom `subject` describes. The answers come in the order of the offers; at most
/// one is [`Fate::Shown`].
pub fn decide_offers(
    offers: &[Offer],
    customer: &str,
    subject: &dyn Subject,
    now: Timestamp,
    zone: &Zone,
) -> Vec<Decided> {
    let mut decided: Vec<Decided> = offers
        .iter()
        .map(|offer| {
            let outcome = offer
                .audience
                .as_ref()
                .map(|audience| evaluate(audience, subject, now, zone));
            let matches = outcome.is_none_or(|outcome| outcome.matches);
            let control = offer.drawn(customer) < offer.control;
            Decided {
                id: offer.id.clone(),
                fate: match (matches, control) {
                    (false, _) => Fate::NotInAudience,
                    (true, true) => Fate::Control,
                    (true, false) => Fate::Outranked,
                },
                matches,
                control,
                next_change_at: outcome.and_then(|outcome| outcome.next_change_at),
                complete: outcome.is_none_or(|outcome| outcome.complete),
            }
        })
        .collect();
    let may_be_shown = decided
        .iter_mut()
        .zip(offers)
        .filter(|(decided, _)| decided.fate == Fate::Outranked);
    // Of equals `max_by_key` would take the last.
    let first = may_be_shown.rev().max_by_key(|(_, offer)| offer.priority);
    if let Some((first, _)) = first {
        first.fate = Fate::Shown;
    }
    decided
}

impl Offer {
    /// What is drawn for `customer`, from 0 to 0.9999: who is below [`control`](Self::control) is in the control group.
    pub fn drawn(&self, customer: &str) -> Decimal {
        let drawn = hash::u64_of_parts(&["control", self.id.as_str(), customer]);
        let drawn = drawn.checked_rem(PARTS).unwrap_or(0);
        Decimal::new(i64::try_from(drawn).unwrap_or(0), DIGITS)
    }
}
