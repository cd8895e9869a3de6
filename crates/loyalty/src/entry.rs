//! One line of the journal.
//!
//! - `transaction`: the ids of transactions.
//! - `short`: a balance without its zeros.
//! - `weight`: how many bytes an entry takes.

mod short;
mod transaction;
mod weight;

use rapport_types::time::millis;
use rapport_types::{CustomerId, Money, Slug, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::Balance;
use crate::earning::grant::Grant;
use crate::lot::Lot;
use crate::reward::Issue;

pub use transaction::TransactionId;

/// The most lots that one entry names. A movement over more lots is written as several entries in a row, so
/// that no entry, and so no page, grows without bound.
pub const MAX_PARTS: usize = 16;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Points earned.
    Earn,
    /// Points spent.
    Spend,
    /// An earn or a spend taken back.
    Reverse,
    /// Points whose time ended.
    Expire,
    /// Lots that became one; moves no points.
    Fold,
    /// Points set aside.
    Authorize,
    /// Points set aside that were spent.
    Capture,
    /// Points set aside that were given back.
    Void,
    /// Points set aside that went back because the hold's time ended.
    Release,
    /// Points that came back of a spend or a hold, and belong to an earn that had been reversed.
    Recover,
    /// Points that made up for a balance below zero.
    Repay,
    /// Points that somebody gave or took, with a reason.
    Adjust,
    /// Points brought along from another system.
    Import,
    /// From here on nothing goes out; moves no points.
    Freeze,
    /// The end of that.
    Unfreeze,
    /// Points set aside for another customer.
    Transfer,
    /// Points that the other customer has.
    Send,
    /// Points that another customer sent.
    Receive,
}

/// How an entry moved one lot, with the lot's dates, so that it can be restored when it has gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PartRow", into = "PartRow")]
pub struct Part {
    /// The lot: the number of the entry that earned it.
    pub lot: u64,
    /// Points added to it or taken from it, never negative; the entry's sign says which.
    pub points: i64,
    /// The lot's whole amount.
    pub amount: i64,
    /// When the lot could first be spent.
    pub active_from: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

type PartRow = (u64, i64, i64, i64, Option<i64>);

impl From<PartRow> for Part {
    fn from((lot, points, amount, from, until): PartRow) -> Self {
        Self {
            lot,
            points,
            amount,
            active_from: Timestamp::from_millis(from),
            expires_at: until.map(Timestamp::from_millis),
        }
    }
}

impl From<Part> for PartRow {
    fn from(part: Part) -> Self {
        (
            part.lot,
            part.points,
            part.amount,
            part.active_from.millis(),
            part.expires_at.map(Timestamp::millis),
        )
    }
}

impl Part {
    /// `points` of `lot`.
    pub(crate) fn of(lot: &Lot, points: i64) -> Self {
        Self {
            lot: lot.id,
            points,
            amount: lot.amount,
            active_from: lot.active_from,
            expires_at: lot.expires_at,
        }
    }
}

/// What the request was answered with: kept, so that its repetition is answered the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// How many points moved, never negative.
    pub points: i64,
    /// The balance afterwards.
    #[serde(with = "short::Short")]
    pub balance: Balance,
    /// The tier afterwards.
    pub tier: Option<Slug>,
    /// Of a hold: when it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// How far a transaction has been taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The transaction.
    pub of: TransactionId,
    /// Points of it taken back so far, this entry included.
    pub points: i64,
    /// Money of it taken back so far, in minor units, this entry included.
    #[serde(default)]
    pub money: i64,
}

/// One line of the journal. Numbered from 0 without holes; never changes once committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub n: u64,
    /// Its transaction. A movement over many lots is several entries of one transaction, in a row.
    pub id: TransactionId,
    /// What it is about.
    pub kind: Kind,
    /// Which kind of points it is about; `None`: the main one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_kind: Option<Slug>,
    /// When it happened: the order's moment, the moment of expiry.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// When it was written down.
    #[serde(with = "millis")]
    pub recorded: Timestamp,
    /// By how much it changed the balance (active, pending and held together) of its kind of points.
    pub points: i64,
    /// That balance afterwards.
    pub after: i64,
    /// By how much it changed the held points.
    ///
    /// What an entry took from the lots or gave them is `points - held + owed`; a capture names the lots that were held.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: i64,
    /// By how much it changed what is owed: the points by which the balance would be below zero, were nothing else there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub owed: i64,
    /// The lots it moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Of a fold: which lot went into which, and with how much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<(u64, i64, u64)>,
    /// How many of the next entries belong to the same transaction.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// What was answered; only the first entry of a client's transaction has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// A hash of the request.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fingerprint: u64,
    /// The key under which the request was also known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<TransactionId>,
    /// The order's id, as the client wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Money that the earn counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The other customer, of a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<CustomerId>,
    /// Who did it, where people do such things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The day numbers on which an earn's points and its money count for tiers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<(i32, i32)>,
    /// Of a reversal: what it took back. Of a capture, a void, a release: the hold. Of what was sent: the transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
    /// Of an earn by rules: which of them gave how many points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Grant>,
    /// Of a redemption's capture: what was redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<Issue>,
}

pub(crate) fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

impl Entry {
    /// An entry that says no more than its kind; [`Journal::write`](crate::Journal) numbers it.
    pub(crate) fn new(id: TransactionId, kind: Kind, at: Timestamp, points: i64) -> Self {
        Self {
            n: 0,
            id,
            kind,
            points_kind: None,
            at,
            recorded: at,
            points,
            after: 0,
            held: 0,
            owed: 0,
            parts: Vec::new(),
            folds: Vec::new(),
            more: 0,
            answer: None,
            fingerprint: 0,
            alias: None,
            order: None,
            money: None,
            reason: None,
            party: None,
            author: None,
            days: None,
            undo: None,
            given: Vec::new(),
            voucher: None,
        }
    }

    /// Whether a client's request made this entry, and this is the first one it made.
    pub(crate) fn heads(&self, id: &TransactionId) -> bool {
        self.answer.is_some() && (self.id == *id || self.alias.as_ref() == Some(id))
    }
}
