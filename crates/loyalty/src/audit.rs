//! Proof that an account adds up: each entry follows from the one before of its kind of points, and in the end the sum of the journal is the
//! balance, what is left in lots and holds, and the totals, of each kind.
//!
//! Entries are checked in order, as many at a time as one likes. Who begins in the middle trusts the balance of the entry before; which
//! lots hold how much is only told where all entries were checked from the first.

use std::collections::BTreeMap;

use rapport_types::{Slug, sort};
use serde::Serialize;

use crate::account::{Account, Ledger, Totals};
use crate::entry::{Entry, Kind};

/// What does not add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The first entry that differs; `None` where every entry is right and the account is not.
    pub number: Option<u64>,
    /// What is wrong, for people.
    pub why: String,
}

/// What entries of one kind came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// How many.
    pub entries: u64,
    /// Their points, with signs.
    pub points: i64,
}

/// What entries of one kind of points came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strand {
    /// The balance after the last one checked.
    pub sum: i64,
    /// What held points came to, since `from`.
    pub held: i64,
    /// What owed points came to, since `from`.
    pub owed: i64,
}

/// Entries under audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// The number of the first entry to be checked.
    pub from: u64,
    /// The number of the next one.
    pub next: u64,
    /// What entries of the main kind of points came to.
    pub main: Strand,
    /// The same of each other kind. Who begins in the middle trusts the first entry of each.
    pub others: BTreeMap<Slug, Strand>,
    /// By what entries are about, since `from`.
    pub kinds: BTreeMap<Kind, Sum>,
    /// Whether the balance of the main kind is known: from the first entry, or from one that was trusted.
    trusted: bool,
    /// What the entries left in each lot, since `from`.
    lots: BTreeMap<u64, i64>,
    /// The first difference.
    pub differs: Option<Difference>,
}

impl Audit {
    /// An audit from the beginning, or from after `before`.
    pub fn after(before: Option<&Entry>) -> Self {
        let from = before.map_or(0, |entry| entry.n.saturating_add(1));
        let mut audit = Self {
            from,
            next: from,
            ..Self::default()
        };
        if let Some(entry) = before {
            let strand = Strand {
                sum: entry.after,
                ..Strand::default()
            };
            match &entry.points_kind {
                None => audit.trusted = true,
                Some(kind) => drop(audit.others.insert(kind.clone(), strand.clone())),
            }
            audit.main = match entry.points_kind {
                None => strand,
                Some(_) => Strand::default(),
            };
        }
        audit
    }

    /// The balance before `entry`, of its kind of points.
    fn before(&mut self, entry: &Entry) -> Result<i64, String> {
        let before = || entry.after.checked_sub(entry.points);
        let from_start = self.from == 0;
        match &entry.points_kind {
            None if from_start || self.trusted => Ok(self.main.sum),
            None => {
                self.trusted = true;
                before().ok_or_else(too_large)
            }
            Some(kind) => match self.others.get(kind) {
                Some(strand) => Ok(strand.sum),
                None if from_start => Ok(0),
                None => before().ok_or_else(too_large),
            },
        }
    }

    /// Checks the next entry. Nothing more is checked after a difference.
    pub fn check(&mut self, entry: &Entry) {
        if self.differs.is_some() {
            return;
        }
        if let Err(why) = self.follow(entry) {
            self.differs = Some(Difference {
                number: Some(self.next),
                why,
            });
            return;
        }
        self.next = self.next.saturating_add(1);
    }

    fn follow(&mut self, entry: &Entry) -> Result<(), String> {
        if entry.n != self.next {
            return Err(format!("entry {} is missing", self.next));
        }
        let before = self.before(entry)?;
        let sum = before.checked_add(entry.points).ok_or_else(too_large)?;
        if entry.after != sum {
            return Err(format!(
                "{} and {} is {sum}, not {}",
                before, entry.points, entry.after
            ));
        }
        // What goes into the lots; what was held and goes for good names the lots it was held from.
        let of_hold = matches!(entry.kind, Kind::Capture | Kind::Send);
        let moved = match entry.kind {
            _ if of_hold => Some(0),
            _ => entry
                .points
                .checked_sub(entry.held)
                .and_then(|moved| moved.checked_add(entry.owed)),
        };
        let moved = moved.ok_or_else(too_large)?;
        let named = if of_hold { entry.points } else { moved };
        let mut parts: i64 = 0;
        for part in &entry.parts {
            parts = parts.checked_add(part.points).ok_or_else(too_large)?;
            let points = part.points.checked_mul(moved.signum());
            self.move_lot(part.lot, points.ok_or_else(too_large)?)?;
        }
        if parts != named.saturating_abs() {
            return Err(format!(
                "its lots come to {parts}, not to {}",
                named.saturating_abs()
            ));
        }
        for (lot, points, into) in &entry.folds {
            self.move_lot(*lot, points.saturating_neg())?;
            self.move_lot(*into, *points)?;
        }
        let strand = match &entry.points_kind {
            None => &mut self.main,
            Some(kind) => self.others.entry(kind.clone()).or_default(),
        };
        strand.sum = sum;
        strand.held = strand.held.checked_add(entry.held).ok_or_else(too_large)?;
        strand.owed = strand.owed.checked_add(entry.owed).ok_or_else(too_large)?;
        let kind = self.kinds.entry(entry.kind).or_default();
        kind.entries = kind.entries.saturating_add(1);
        kind.points = kind
            .points
            .checked_add(entry.points)
            .ok_or_else(too_large)?;
        Ok(())
    }

    fn move_lot(&mut self, lot: u64, points: i64) -> Result<(), String> {
        let left = self.lots.entry(lot).or_default();
        *left = left.saturating_add(points);
        if self.from == 0 && *left < 0 {
            return Err(format!("more was taken from lot {lot} than was in it"));
        }
        if *left == 0 {
            self.lots.remove(&lot);
        }
        Ok(())
    }

    /// Whether every entry of `account` has been checked.
    pub fn is_complete(&self, account: &Account) -> bool {
        self.next >= account.journal.len()
    }

    /// The last check, once every entry was: what `account` says of itself.
    pub fn close(&mut self, account: &Account) {
        if self.differs.is_some() || !self.is_complete(account) {
            return;
        }
        if let Err(why) = self.compare(account) {
            self.differs = Some(Difference { number: None, why });
        }
    }

    fn compare(&self, account: &Account) -> Result<(), String> {
        let ledger = &account.ledger;
        if self.from == 0 || self.trusted {
            self.compare_strand(&self.main, ledger)?;
        }
        let mut kinds: Vec<&Slug> = ledger.others.iter().map(|purse| &purse.kind).collect();
        kinds.extend(self.others.keys());
        sort::sort(&mut kinds);
        kinds.dedup();
        for kind in kinds {
            let strand = self.others.get(kind);
            // Who began in the middle knows nothing of a kind that did not move since.
            if strand.is_none() && self.from > 0 {
                continue;
            }
            let strand = strand.cloned().unwrap_or_default();
            self.compare_strand(&strand, &ledger.of_kind(Some(kind)))
                .map_err(|why| format!("of {kind}: {why}"))?;
        }
        if self.from > 0 {
            return Ok(());
        }
        let others = ledger.others.iter().map(|purse| &purse.totals);
        let all: Vec<&Totals> = [&ledger.totals].into_iter().chain(others).collect();
        let mut open: BTreeMap<u64, i64> = BTreeMap::new();
        let others = ledger.others.iter().flat_map(|purse| &purse.lots);
        for lot in ledger.lots.iter().chain(others) {
            let left = open.entry(lot.id).or_default();
            *left = left.saturating_add(lot.remaining);
        }
        for (lot, left) in open.iter().chain(&self.lots) {
            let get = |lots: &BTreeMap<u64, i64>| lots.get(lot).copied().unwrap_or(0);
            if get(&open) != get(&self.lots) {
                let by = get(&self.lots);
                return Err(format!(
                    "lot {lot} has {by} by the journal, {left} by the account"
                ));
            }
        }
        let of = |kinds: &[Kind]| {
            let sums = kinds.iter().filter_map(|kind| self.kinds.get(kind));
            sums.fold(0_i64, |sum, kind| sum.saturating_add(kind.points))
        };
        let total = |part: fn(&Totals) -> i64| {
            all.iter()
                .fold(0_i64, |sum, totals| sum.saturating_add(part(totals)))
        };
        same("earned", total(|all| all.earned), of(&[Kind::Earn]))?;
        let expired = of(&[Kind::Expire]).saturating_neg();
        same("expired", total(|all| all.expired), expired)?;
        same("adjusted", total(|all| all.adjusted), of(&ADJUSTED))
    }

    /// Whether one kind's sum is what its `ledger` says.
    fn compare_strand(&self, strand: &Strand, ledger: &Ledger) -> Result<(), String> {
        let says = |what: &str, value: Option<i64>| match value {
            Some(value) if value == strand.sum => Ok(()),
            Some(value) => Err(format!(
                "the journal comes to {}, {what} to {value}",
                strand.sum
            )),
            None => Err(format!("{what} are too large")),
        };
        says("the totals", ledger.totals.balance().ok())?;
        let (lots, held) = (in_lots(ledger), in_holds(ledger));
        let whole = lots
            .zip(held)
            .and_then(|(lots, held)| lots.checked_add(held));
        says(
            "lots and holds",
            whole.and_then(|whole| whole.checked_sub(ledger.debt)),
        )?;
        if self.from > 0 {
            return Ok(());
        }
        same("held", held.unwrap_or(0), strand.held)?;
        same("owed", ledger.debt, strand.owed)
    }
}

fn too_large() -> String {
    "the numbers are too large".to_owned()
}

fn same(what: &str, account: i64, journal: i64) -> Result<(), String> {
    if account == journal {
        return Ok(());
    }
    Err(format!(
        "{journal} points are {what} by the journal, {account} by the account"
    ))
}

/// What [`Totals::adjusted`] is the sum of.
const ADJUSTED: [Kind; 4] = [Kind::Adjust, Kind::Import, Kind::Send, Kind::Receive];

/// What is left in the lots of one kind's `ledger`; `None` beyond 63 bits.
pub fn in_lots(ledger: &Ledger) -> Option<i64> {
    let mut lots = ledger.lots.iter();
    lots.try_fold(0_i64, |sum, lot| sum.checked_add(lot.remaining))
}

/// What is held of one kind's `ledger`; `None` beyond 63 bits.
pub fn in_holds(ledger: &Ledger) -> Option<i64> {
    let mut holds = ledger.holds.iter();
    holds.try_fold(0_i64, |sum, hold| sum.checked_add(hold.points))
}
