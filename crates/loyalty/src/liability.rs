//! What a shop owes in points: how many are outstanding, when they end, what they are worth, and how many will never be used.
//!
//! A [`Tally`] counts accounts one by one, as of one moment; [`report`] says what it came to. Of each kind of points:
//!
//! - outstanding = active + pending + held, where active is below zero in an account that owes some;
//! - by expiry = the same points by the month of the shop in which the last day is on which they can be spent. Held points whose time is
//!   over, which can still be captured, stand in the month of the count; what is owed has no month and is told apart;
//! - breakage rate = expired / (expired + spent), over the whole life of the accounts that were counted: of the points that have come to
//!   an end by expiry or by being spent, the share that expired. Points that were taken back, or lie in accounts still, say nothing about it;
//! - breakage = the outstanding points that expire at all × that rate, rounded down.

use std::collections::BTreeMap;

use rapport_types::{Day, Money, Timestamp, Zone, sort};
use serde::{Deserialize, Serialize};

use crate::account::Ledger;
use crate::kinds::MAIN;
use crate::program::Program;

/// Months that are told apart, from that of the count on; points that end later stand in one row.
const MONTHS: i32 = 120;
/// The place of that row.
const LATER: i32 = MONTHS;
/// The place of points that never end.
const NEVER: i32 = i32::MAX;

/// What was counted so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// By kind.
    kinds: BTreeMap<String, Counted>,
}

/// What was counted of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    /// Accounts that have some, or owe some.
    holders: u64,
    active: i64,
    pending: i64,
    held: i64,
    owed: i64,
    spent: i64,
    expired: i64,
    /// By how many months after that of the count: active, pending, held.
    months: BTreeMap<i32, (i64, i64, i64)>,
}

/// What a shop owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Liability {
    /// Of each kind of points, the main one first.
    pub kinds: Vec<KindLiability>,
}

/// What a shop owes of one kind of points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindLiability {
    /// Its id.
    pub kind: String,
    /// How many accounts have some, or owe some.
    pub holders: u64,
    /// Active, pending and held together.
    pub outstanding: i64,
    /// Can be spent now; less what accounts owe.
    pub active: i64,
    /// Not yet active.
    pub pending: i64,
    /// Set aside for checkouts.
    pub held: i64,
    /// What accounts owe: active points are so many fewer.
    pub owed: i64,
    /// What the outstanding points are worth, by the programme's `redeem`; `null` where they are worth nothing that is known.
    pub value: Option<Money>,
    /// By expiry, the earliest first.
    pub by_expiry: Vec<Expiring>,
    /// How many of them will never be used.
    pub breakage: Breakage,
}

/// Points that end in the same month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiring {
    /// `2027-03`; `later` than ten years from now; `never`.
    pub month: String,
    /// All of them.
    pub points: i64,
    /// Can be spent now.
    pub active: i64,
    /// Not yet active.
    pub pending: i64,
    /// Set aside for checkouts.
    pub held: i64,
}

/// An estimate of how many outstanding points will never be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breakage {
    /// Points that were spent so far.
    pub spent: i64,
    /// Points that expired so far.
    pub expired: i64,
    /// `expired / (expired + spent)`, to four digits; `null` where nothing has come to an end yet.
    pub rate: Option<f64>,
    /// So many of the outstanding points that expire; `null` likewise.
    pub points: Option<i64>,
    /// What those are worth.
    pub value: Option<Money>,
}

/// When and where it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Counting<'a> {
    /// As of this moment.
    pub as_of: Timestamp,
    /// In this zone.
    pub zone: &'a Zone,
}

impl Tally {
    /// Counts one account.
    pub fn count(&mut self, ledger: &Ledger, counting: Counting<'_>) {
        self.count_kind(MAIN, ledger, counting);
        for purse in &ledger.others {
            let of = ledger.of_kind(Some(&purse.kind));
            self.count_kind(purse.kind.as_str(), &of, counting);
        }
    }

    fn count_kind(&mut self, kind: &str, ledger: &Ledger, counting: Counting<'_>) {
        let as_of = counting.as_of;
        let balance = ledger.balance(as_of);
        let ledger = ledger.at(as_of);
        let counted = self.kinds.entry(kind.to_owned()).or_default();
        let some = !ledger.lots.is_empty() || !ledger.holds.is_empty() || ledger.debt != 0;
        counted.holders = counted.holders.saturating_add(u64::from(some));
        let sums = [
            (&mut counted.active, balance.active),
            (&mut counted.pending, balance.pending),
            (&mut counted.held, balance.held),
            (&mut counted.owed, ledger.debt),
            (&mut counted.spent, balance.spent),
            (&mut counted.expired, balance.expired),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
        for lot in &ledger.lots {
            let month = counted.month(lot.expires_at, counting);
            let of = match lot.is_pending(as_of) {
                true => &mut month.1,
                false => &mut month.0,
            };
            *of = of.saturating_add(lot.remaining);
        }
        for part in ledger.holds.iter().flat_map(|hold| &hold.parts) {
            let month = counted.month(part.expires_at, counting);
            month.2 = month.2.saturating_add(part.points);
        }
    }
}

impl Counted {
    /// The row of what ends at `end`.
    fn month(&mut self, end: Option<Timestamp>, counting: Counting<'_>) -> &mut (i64, i64, i64) {
        let Counting { as_of, zone } = counting;
        let place = end.map_or(NEVER, |end| {
            let last = Timestamp::from_millis(end.millis().saturating_sub(1));
            let after = month_of(zone.day_of(last)).saturating_sub(month_of(zone.day_of(as_of)));
            after.clamp(0, LATER)
        });
        self.months.entry(place).or_default()
    }

    fn outstanding(&self) -> i64 {
        [self.pending, self.held]
            .into_iter()
            .fold(self.active, i64::saturating_add)
    }
}

/// Months since the year 0.
fn month_of(day: Day) -> i32 {
    let (year, month, _) = day.parts();
    i32::from(year)
        .saturating_mul(12)
        .saturating_add(i32::from(month))
        .saturating_sub(1)
}

/// `2027-03`.
fn month_name(month: i32) -> String {
    let year = month.div_euclid(12);
    let month = month.rem_euclid(12).saturating_add(1);
    format!("{year:04}-{month:02}")
}

/// What `tally` came to, by what `program` says that points are worth.
pub fn report(tally: &Tally, program: Option<&Program>, counting: Counting<'_>) -> Liability {
    let none = Counted::default();
    let others = program.into_iter().flat_map(Program::other_kinds);
    let mut ids: Vec<&str> = others.map(|kind| kind.id.as_str()).collect();
    ids.extend(tally.kinds.keys().map(String::as_str));
    ids.retain(|id| *id != MAIN);
    sort::sort(&mut ids);
    ids.dedup();
    ids.insert(0, MAIN);
    let first = month_of(counting.zone.day_of(counting.as_of));
    let kind = |id: &str| {
        let counted = tally.kinds.get(id).unwrap_or(&none);
        let redeem = program.and_then(|program| program.redeem.as_ref());
        let redeem = redeem.filter(|_| id == MAIN);
        let worth = |points: i64| {
            let redeem = redeem?;
            let product = i128::from(points).checked_mul(redeem.worth.amount.into())?;
            let amount = product.div_euclid(i128::from(redeem.points.max(1)));
            Some(Money::new(
                i64::try_from(amount).ok()?,
                redeem.worth.currency,
            ))
        };
        let row = |(place, (active, pending, held)): (&i32, &(i64, i64, i64))| Expiring {
            month: match *place {
                NEVER => "never".to_owned(),
                LATER => "later".to_owned(),
                after => month_name(first.saturating_add(after)),
            },
            points: active.saturating_add(*pending).saturating_add(*held),
            active: *active,
            pending: *pending,
            held: *held,
        };
        let by_expiry: Vec<Expiring> = counted.months.iter().map(row).collect();
        let expire = by_expiry.iter().filter(|row| row.month != "never");
        let expire = expire.fold(0_i64, |sum, row| sum.saturating_add(row.points));
        let ended = counted.expired.saturating_add(counted.spent);
        let broken = i128::from(expire)
            .checked_mul(counted.expired.into())
            .and_then(|product| product.checked_div(ended.into()))
            .and_then(|points| i64::try_from(points).ok());
        KindLiability {
            kind: id.to_owned(),
            holders: counted.holders,
            outstanding: counted.outstanding(),
            active: counted.active,
            pending: counted.pending,
            held: counted.held,
            owed: counted.owed,
            value: worth(counted.outstanding()),
            by_expiry,
            breakage: Breakage {
                spent: counted.spent,
                expired: counted.expired,
                rate: rate(counted.expired, ended),
                points: broken,
                value: broken.and_then(worth),
            },
        }
    };
    Liability {
        kinds: ids.into_iter().map(kind).collect(),
    }
}

/// `part / whole` to four digits, rounded half up.
fn rate(part: i64, whole: i64) -> Option<f64> {
    let twice = i128::from(part).checked_mul(20_000)?;
    let twice = twice.checked_add(whole.into())?;
    let rate = twice.checked_div(i128::from(whole).checked_mul(2)?)?;
    let rate = i32::try_from(rate).ok()?;
    Some(f64::from(rate) / 10_000.0)
}
