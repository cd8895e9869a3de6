//! Other kinds of points than the main one, in an account.
//!
//! The main kind stands in the [`Ledger`] itself, so an account that has no other is stored as it always was. Each other kind has a
//! [`Purse`]: its lots, totals, holds, and what counts of it for tiers.
//!
//! Everything that moves points moves those **in hand**, which is the main kind but within `Account::with_kind`: there the purse has
//! changed places with what the ledger has of the main kind, and what is written in the journal is of that kind. So a spend, an expiry, a
//! reversal are the same for all kinds, and none of them can touch two at once. Tiers are only asked about outside of it, as they may
//! count any kind.

use std::borrow::Cow;
use std::mem::swap;

use rapport_types::{Slug, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::{Account, Ledger, Totals};
use crate::claim::Claim;
use crate::days::Days;
use crate::entry::{TransactionId, is_zero};
use crate::hold::Hold;
use crate::lot::Lot;

/// The most days on which other kinds are counted, together: the days that a window can reach.
const MOST_DAYS: usize = 1_500;

/// The points of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Purse {
    /// Which.
    pub kind: Slug,
    /// See [`Ledger::lots`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<Lot>,
    /// See [`Ledger::totals`]. Money and orders are counted there alone.
    #[serde(default)]
    pub totals: Totals,
    /// What counted for tiers, by the day on which it activated.
    #[serde(default, skip_serializing_if = "Days::is_empty")]
    pub days: Days,
    /// See [`Ledger::holds`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// See [`Ledger::debt`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub debt: i64,
    /// See [`Ledger::claims`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

impl Purse {
    fn new(kind: Slug) -> Self {
        Self {
            kind,
            lots: Vec::new(),
            totals: Totals::default(),
            days: Days::default(),
            holds: Vec::new(),
            debt: 0,
            claims: Vec::new(),
        }
    }

    /// Whether there were never any, or all is as if there had never been.
    fn is_empty(&self) -> bool {
        self.lots.is_empty() && self.holds.is_empty() && self.totals == Totals::default()
    }

    /// As the ledger of an account that has no other points.
    fn as_ledger(&self) -> Ledger {
        Ledger {
            lots: self.lots.clone(),
            totals: self.totals.clone(),
            days: self.days.clone(),
            holds: self.holds.clone(),
            debt: self.debt,
            claims: self.claims.clone(),
            ..Ledger::default()
        }
    }

    /// At least as many bytes as it takes in JSON.
    fn weight(&self) -> usize {
        let parts = self.holds.iter().map(|hold| hold.parts.len());
        let rows = parts.fold(self.lots.len(), usize::saturating_add);
        [
            self.kind.as_str().len(),
            320,
            rows.saturating_mul(96),
            self.holds.len().saturating_mul(270),
            self.claims.len().saturating_mul(64),
            // Days without money and orders.
            self.days.len().saturating_mul(40),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}

impl Ledger {
    /// The ledger of the points of `kind`, by themselves; `None`: of the main kind.
    pub fn of_kind(&self, kind: Option<&Slug>) -> Cow<'_, Self> {
        let Some(kind) = kind else {
            return Cow::Borrowed(self);
        };
        let purse = self.others.iter().find(|purse| purse.kind == *kind);
        Cow::Owned(purse.map(Purse::as_ledger).unwrap_or_default())
    }

    /// When lots end and when holds do, of all kinds.
    pub fn ends(&self) -> impl Iterator<Item = Timestamp> {
        let lots = self.others.iter().flat_map(|purse| &purse.lots);
        let holds = self.others.iter().flat_map(|purse| &purse.holds);
        let lots = self.lots.iter().chain(lots);
        let holds = self.holds.iter().chain(holds);
        lots.filter_map(|lot| lot.expires_at)
            .chain(holds.filter_map(Hold::ends_at))
    }

    /// The open holds of all kinds.
    pub(crate) fn all_holds(&self) -> impl Iterator<Item = &Hold> {
        let others = self.others.iter().flat_map(|purse| &purse.holds);
        self.holds.iter().chain(others)
    }

    /// At least as many bytes as the other kinds take in JSON.
    pub(crate) fn others_weight(&self) -> usize {
        let purses = self.others.iter().map(Purse::weight);
        purses.fold(0, usize::saturating_add)
    }

    /// Where other kinds counted on too many days, the oldest day of the kind with the most goes into its next: what counts in a window
    /// counts a little longer than it would.
    fn bound_days(&mut self) {
        loop {
            let days = self.others.iter().map(|purse| purse.days.len());
            if days.fold(0, usize::saturating_add) <= MOST_DAYS {
                return;
            }
            let most = self.others.iter_mut().max_by_key(|purse| purse.days.len());
            if let Some(purse) = most {
                purse.days.fold_oldest();
            }
        }
    }

    /// Lets the purse of `kind` and what stands here of the points in hand change places.
    fn change_places(&mut self, kind: &Slug) {
        let place = match self
            .others
            .binary_search_by(|purse| purse.kind.as_str().cmp(kind.as_str()))
        {
            Ok(place) => place,
            Err(place) => {
                self.others.insert(place, Purse::new(kind.clone()));
                place
            }
        };
        if let Some(purse) = self.others.get_mut(place) {
            swap(&mut purse.lots, &mut self.lots);
            swap(&mut purse.totals, &mut self.totals);
            swap(&mut purse.days, &mut self.days);
            swap(&mut purse.holds, &mut self.holds);
            swap(&mut purse.debt, &mut self.debt);
            swap(&mut purse.claims, &mut self.claims);
        }
    }
}

impl Account {
    /// Does `act` with the points of `kind` in hand; `None`: with those that are.
    pub(crate) fn with_kind<T>(
        &mut self,
        kind: Option<&Slug>,
        act: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let Some(kind) = kind else { return act(self) };
        self.ledger.change_places(kind);
        let before = self.in_hand.replace(kind.clone());
        let done = act(self);
        self.in_hand = before;
        self.ledger.change_places(kind);
        self.ledger.others.retain(|purse| !purse.is_empty());
        self.ledger.bound_days();
        done
    }

    /// The other kinds of points there are.
    pub(crate) fn other_kinds(&self) -> Vec<Slug> {
        let purses = self.ledger.others.iter();
        purses.map(|purse| purse.kind.clone()).collect()
    }

    /// The kind of points that the open hold `id` is of; `None`: the main one, or there is no such hold.
    pub(crate) fn kind_of_hold(&self, id: &TransactionId) -> Option<Slug> {
        let mut purses = self.ledger.others.iter();
        let of = purses.find(|purse| purse.holds.iter().any(|hold| hold.id == *id));
        of.map(|purse| purse.kind.clone())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use crate::entry::Part;

    #[test]
    fn a_purse_takes_no_more_bytes_than_its_weight() {
        let many = 1_000_000_000_000;
        let end = Timestamp::from_millis(4_102_444_800_000);
        let lot = |id| Lot {
            id,
            amount: many,
            remaining: many,
            active_from: end,
            expires_at: Some(end),
        };
        let mut purse = Purse::new(Slug::parse("growth").unwrap());
        let fits = |purse: &Purse| {
            let bytes = serde_json::to_string(purse).unwrap().len();
            assert!(bytes <= purse.weight(), "{bytes} > {}", purse.weight());
            let ledger = Ledger {
                others: vec![purse.clone(), purse.clone()],
                ..Ledger::default()
            };
            assert_eq!(ledger.others_weight(), 2 * purse.weight());
        };
        fits(&purse);
        purse.totals.earned = i64::MAX;
        purse.lots = (1_000_000..1_000_128).map(lot).collect();
        fits(&purse);
        let hold = |n| Hold {
            id: TransactionId::of_key(&format!("{n}")),
            n,
            points: many,
            until: end,
            to: None,
            parts: (0..16).map(|id| Part::of(&lot(id), many)).collect(),
            reward: None,
        };
        purse.holds = (1_000_000..1_000_020).map(hold).collect();
        fits(&purse);
        purse.claims = (1_000_000..1_000_064)
            .map(|n| Claim {
                n,
                points: many,
                until: Some(end),
            })
            .collect();
        fits(&purse);
        for day in 20_000..21_000 {
            purse.days.add(day, many, 0).unwrap();
        }
        fits(&purse);
    }
}
