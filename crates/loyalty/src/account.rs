//! A customer's account.

use rapport_types::{Slug, Span, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::adjust::Frozen;
use crate::check_in::CheckIns;
use crate::claim::Claim;
use crate::command::{Rejection, add, sub};
use crate::days::Days;
use crate::earning::Granted;
use crate::entry::{Entry, TransactionId, is_zero};
use crate::hold::Hold;
use crate::journal::{Journal, Unreadable};
use crate::lot::Lot;
use crate::news::{self, News};
use crate::pages;
use crate::program::{MAX_TIERS, Program};
use crate::purse::Purse;
use crate::reward::Had;
use crate::settle::Happened;
use crate::tier::manual::Manual;
use crate::tier::stays::Stays;

/// How far ahead `expiring_soon` looks.
pub(crate) const SOON_DAYS: u32 = 30;

/// A customer's account: one document. A customer who never earned has the default one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Lots and totals: all that balance and tier need.
    #[serde(default)]
    pub ledger: Ledger,
    /// The newest entries of the journal. Stored apart, so not in the account's own JSON.
    #[serde(skip)]
    pub journal: Journal,
    /// The moment for which a timer is set: the account is looked at then, though nobody may ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timestamp>,
    /// Since when it has been what it is, time aside; kept by whoever commits it. `None`: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// What earning rules with caps have given.
    #[serde(default, skip_serializing_if = "Granted::is_empty")]
    pub granted: Granted,
    /// Which kind of points is moved just now; `None`: the main one. See [`purse`](crate::purse).
    #[serde(skip)]
    pub(crate) in_hand: Option<Slug>,
    /// Tiers that people gave and that are over, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_before: Vec<Manual>,
    /// On which days the customer checked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_ins: Option<CheckIns>,
    /// What it has to tell.
    #[serde(default, skip_serializing_if = "News::is_empty")]
    pub news: News,
}

/// Lots and totals: all that balance and tier need. A reader of those may parse this half alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// The open lots, in the order they are spent.
    #[serde(default)]
    pub lots: Vec<Lot>,
    /// Sums over the whole life of the account.
    #[serde(default)]
    pub totals: Totals,
    /// What counted for tiers, by day.
    #[serde(default)]
    pub days: Days,
    /// When each tier was last reached by an earn, to the moment.
    #[serde(default)]
    pub marks: Vec<Mark>,
    /// Points set aside for checkouts in progress, or for other customers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// Points that reversals took and the account did not have: the balance is below zero by so many. Never together with
    /// points that can be spent, which repay it at once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub debt: i64,
    /// Points of reversed earns that had been spent, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Nothing goes out while this stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
    /// A tier that people gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<Manual>,
    /// When the customer was in the segments that tiers ask for.
    #[serde(default, skip_serializing_if = "Stays::is_empty")]
    pub stays: Stays,
    /// How many the customer had of each reward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub had: Vec<Had>,
    /// Other kinds of points, by their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Purse>,
}

/// Sums over the whole life of an account. Balance = earned - spent - expired - taken + adjusted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Points earned.
    pub earned: i64,
    /// Points spent, less those returned.
    pub spent: i64,
    /// Points expired.
    pub expired: i64,
    /// Points that reversals of earns took back.
    pub taken: i64,
    /// Points earned less those of reversed earns, whether or not they could be taken back: what counts for tiers.
    pub qualifying: i64,
    /// Money spent less that of reversed earns, in minor units: what counts for tiers.
    pub spend: i64,
    /// Points that came (went, where negative) by adjustments, imports and transfers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub adjusted: i64,
    /// Orders less those that were taken back whole; absent where none was counted since orders are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<i64>,
}

/// A tier was reached at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The tier.
    pub tier: Slug,
    /// The day's number in the shop's zone.
    pub day: i32,
    /// The moment.
    #[serde(with = "rapport_types::time::millis")]
    pub at: Timestamp,
}

/// Points by what can be done with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Can be spent now. Below zero where a reversal took more than there was.
    pub active: i64,
    /// Earned, not yet active.
    pub pending: i64,
    /// Spent so far, less those returned.
    pub spent: i64,
    /// Expired so far.
    pub expired: i64,
    /// Of active and pending, those that expire within 30 days.
    pub expiring_soon: i64,
    /// Set aside for checkouts in progress, or on their way to another customer: neither active nor spent.
    #[serde(default)]
    pub held: i64,
}

impl Totals {
    /// Active, pending and held points together.
    pub fn balance(&self) -> Result<i64, Rejection> {
        let gone = add(add(self.spent, self.expired)?, self.taken)?;
        sub(add(self.earned, self.adjusted)?, gone)
    }
}

impl Ledger {
    /// The balance at `now`, with everything settled that has become true with time alone.
    pub fn balance(&self, now: Timestamp) -> Balance {
        if self.is_settled(now) {
            return self.count(now);
        }
        let mut ledger = self.clone();
        let Ok(happened) = ledger.pass(None, now) else {
            return self.count(now);
        };
        let mut balance = ledger.count(now);
        for what in happened {
            if let Happened::Ended(lots) = what {
                let points = lots.iter().map(|lot| lot.remaining);
                balance.expired = points.fold(balance.expired, i64::saturating_add);
            }
        }
        balance
    }

    /// The balance at `now` where no hold has ended by then.
    fn count(&self, now: Timestamp) -> Balance {
        let soon = Span::days(SOON_DAYS).map_or(now, |span| now.plus(span));
        let mut balance = Balance {
            active: self.debt.saturating_neg(),
            spent: self.totals.spent,
            expired: self.totals.expired,
            ..Balance::default()
        };
        // Saturating is exact here: together lots and holds are at most `earned`, which is checked.
        for hold in &self.holds {
            balance.held = balance.held.saturating_add(hold.points);
        }
        for lot in &self.lots {
            let to = if lot.is_over(now) {
                &mut balance.expired
            } else if lot.is_pending(now) {
                &mut balance.pending
            } else {
                &mut balance.active
            };
            *to = to.saturating_add(lot.remaining);
            if !lot.is_over(now) && lot.is_over(soon) {
                balance.expiring_soon = balance.expiring_soon.saturating_add(lot.remaining);
            }
        }
        balance
    }

    /// As it stands at `now`, with everything settled that has become true with time alone; for reading.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let mut ledger = self.clone();
        match ledger.pass(None, now) {
            Ok(_) => ledger,
            Err(_) => self.clone(),
        }
    }

    /// The next moment after `now` at which [`balance`](Self::balance) changes by time alone.
    pub fn balance_changes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let soon = Span::days(SOON_DAYS);
        let over = self.holds.iter().filter(|hold| hold.is_over(now));
        let given_back: Vec<Lot> = over
            .flat_map(|hold| &hold.parts)
            .map(Lot::restored)
            .collect();
        self.lots
            .iter()
            .chain(&given_back)
            .flat_map(|lot| {
                let warned = lot.expires_at.zip(soon).map(|(end, span)| end.minus(span));
                [Some(lot.active_from), lot.expires_at, warned]
            })
            .flatten()
            .chain(self.holds.iter().filter_map(Hold::ends_at))
            .filter(|moment| *moment > now)
            .min()
    }

    /// All orders. Of an account that was written before orders were counted, one for each kept day with money.
    pub fn orders(&self) -> i64 {
        self.totals.orders.unwrap_or_else(|| self.days.orders())
    }

    /// Counts `orders` on `day`.
    pub(crate) fn add_orders(&mut self, day: i32, orders: i64) -> Result<(), Rejection> {
        self.totals.orders = Some(add(self.orders(), orders)?);
        self.days.add_orders(day, orders)
    }

    /// Remembers when a tier was reached last.
    pub(crate) fn mark(&mut self, mark: Mark) {
        self.marks.retain(|known| known.tier != mark.tier);
        if self.marks.len() >= MAX_TIERS {
            self.marks.remove(0);
        }
        self.marks.push(mark);
    }

    /// What can be spent at `now`; below zero where something is owed.
    pub(crate) fn active(&self, now: Timestamp) -> Result<i64, Rejection> {
        self.lots
            .iter()
            .filter(|lot| lot.is_active(now))
            .try_fold(sub(0, self.debt)?, |sum, lot| add(sum, lot.remaining))
    }

    /// Puts `lot` where spending will find it in its turn.
    pub(crate) fn open(&mut self, lot: Lot) {
        let place = self
            .lots
            .partition_point(|other| other.order() <= lot.order());
        self.lots.insert(place, lot);
    }
}

impl Account {
    /// The balance at `now`; see [`Ledger::balance`].
    pub fn balance(&self, now: Timestamp) -> Balance {
        self.ledger.balance(now)
    }

    /// The open hold that transaction `id` made.
    pub fn hold(&self, id: &TransactionId) -> Option<&Hold> {
        self.ledger.all_holds().find(|hold| hold.id == *id)
    }

    /// `now`, or the moment of the last entry, if that is later.
    pub(crate) fn latest(&self, now: Timestamp) -> Result<Timestamp, Unreadable> {
        let last = self.journal.last()?;
        Ok(last.map_or(now, |entry| entry.recorded.max(now)))
    }

    /// Appends `entry`, dated `now`, with the balance of the points in hand after it.
    pub(crate) fn write(&mut self, mut entry: Entry, now: Timestamp) -> Result<u64, Rejection> {
        entry.recorded = now;
        entry.points_kind.clone_from(&self.in_hand);
        entry.after = self.ledger.totals.balance()?;
        Ok(self.journal.push(entry))
    }

    /// At least as many bytes as the document takes in JSON.
    pub(crate) fn weight(&self) -> usize {
        let rows = self
            .ledger
            .lots
            .len()
            .saturating_add(self.ledger.held_parts());
        let rows = rows.saturating_mul(96);
        let holds = self.ledger.holds.len().saturating_mul(270);
        let had = self.ledger.had.len().saturating_mul(140);
        let claims = self.ledger.claims.len().saturating_mul(64);
        let days = self.ledger.days.len().saturating_mul(62);
        let marks = self.ledger.marks.len().saturating_mul(140);
        let given = self.given_before.iter().chain(&self.ledger.manual);
        let given = given.fold(0_usize, |sum, manual| {
            let reason = manual.reason.as_ref().map_or(0, String::len);
            sum.saturating_add(reason.saturating_mul(6))
                .saturating_add(180)
        });
        let granted = self.granted.weight();
        let frozen = self.ledger.frozen.as_ref();
        let frozen = frozen.map_or(0, |f| f.reason.len().saturating_add(f.author.len()));
        // Control characters grow to six bytes.
        let frozen = frozen.saturating_mul(6);
        [
            rows,
            holds,
            claims,
            frozen,
            days,
            marks,
            given,
            granted,
            had,
            self.ledger.others_weight(),
            self.ledger.stays.weight(),
            self.news.weight(),
            self.journal.weight(),
        ]
        .into_iter()
        .fold(1_120, usize::saturating_add)
    }

    /// The moment for which a timer must be set now: the next expiry, end of a hold, or news, or now where a transfer is under way, where none
    /// is set for it or for earlier. An earlier one will do, as the account looks again when it fires.
    pub fn set_timer(
        &mut self,
        program: Option<&Program>,
        now: Timestamp,
        zone: &Zone,
    ) -> Option<Timestamp> {
        let ledger = &self.ledger;
        let holds = ledger.all_holds().map(Hold::look_at);
        let news = news::due_at(self, program, now, zone).map(|at| at.max(now));
        let next = ledger.ends().chain(holds).chain(news).min()?;
        if self.timer.is_some_and(|set| set <= next) {
            return None;
        }
        self.timer = Some(next);
        self.timer
    }

    /// How many pages have left the document.
    pub fn pages(&self) -> u64 {
        self.journal.first().checked_div(pages::PAGE).unwrap_or(0)
    }
}
