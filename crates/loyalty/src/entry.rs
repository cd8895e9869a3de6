//! One line of the journal.

use std::fmt;

use rapport_types::time::millis;
use rapport_types::{CustomerId, Money, Slug, Timestamp, hash};
use serde::{Deserialize, Serialize};

use crate::account::Balance;
use crate::earning::grant::{self, Grant};
use crate::lot::Lot;
use crate::reward::Issue;

/// The most lots that one entry names. A movement over more lots is written as several entries in a row, so
/// that no entry, and so no page, grows without bound.
pub const MAX_PARTS: usize = 16;

/// The id of a transaction, derived from what the client repeats: `o_` and a hash of the order id, `k_` and a
/// hash of the key, `e_` and a hash of a tracked event; else `r_` and a random text. `t_` is a part of a transfer. Of a redemption `v_`
/// fulfils it, `w_` refuses it, `u_` takes it back. `x_` is an expiry, `f_` a fold, `h_` the end of a hold, `c_` what comes of a reversal
/// later, by their number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransactionId(String);

impl TransactionId {
    /// The transaction that an order makes.
    pub fn of_order(order_id: &str) -> Self {
        Self(format!("o_{}", hash::hex128(&format!("order:{order_id}"))))
    }

    /// The transaction that a request with an idempotency key makes.
    pub fn of_key(key: &str) -> Self {
        Self(format!("k_{}", hash::hex128(&format!("key:{key}"))))
    }

    /// The transaction that an event makes, by what tells it from every other of the customer's.
    pub fn of_event(event: &str) -> Self {
        Self(format!("e_{}", hash::hex128(&format!("event:{event}"))))
    }

    /// A transaction that no client can repeat, from a random text.
    pub fn fresh(random: &str) -> Self {
        Self(format!("r_{}", hash::hex128(random)))
    }

    /// Whether it is one that no client can repeat.
    pub(crate) fn is_fresh(&self) -> bool {
        self.0.starts_with("r_")
    }

    /// The transaction that follows from another, in whatever account: `t_` and a hash.
    pub(crate) fn derived(what: &str, from: &str) -> Self {
        Self(format!("t_{}", hash::hex128(&format!("{what}:{from}"))))
    }

    /// What follows from transaction `of`, once: `v` fulfils a redemption, `w` refuses it, `u` takes it back.
    pub(crate) fn following(kind: char, of: &Self) -> Self {
        Self(format!("{kind}_{}", hash::hex128(&format!("{kind}:{of}"))))
    }

    /// What the account does by itself: `x` for an expiry, `f` for a fold, `h` for the end of a hold,
    /// `c` for what comes of a reversal later.
    pub(crate) fn own(kind: char, number: u64) -> Self {
        Self(format!("{kind}_{number}"))
    }

    /// Reads an id that a client sends back; `None` where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = (3..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        shaped.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
    /// When it happened: the order's moment, the moment of expiry.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// When it was written down.
    #[serde(with = "millis")]
    pub recorded: Timestamp,
    /// By how much it changed the balance (active, pending and held together).
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

    /// At least as many bytes as the entry takes in JSON, and not many more.
    pub(crate) fn weight(&self) -> usize {
        let mut weight = Weight(290);
        weight.numbers(&[self.points, self.after]);
        for extra in [self.held, self.owed] {
            if extra != 0 {
                weight.numbers(&[extra]);
                weight.add(8);
            }
        }
        for part in &self.parts {
            weight.numbers(&[part.points, part.amount]);
            weight.add(60);
        }
        for (_, points, _) in &self.folds {
            weight.numbers(&[*points]);
            weight.add(48);
        }
        if let Some(answer) = &self.answer {
            let b = &answer.balance;
            weight.numbers(&[
                answer.points,
                b.active,
                b.pending,
                b.spent,
                b.expired,
                b.expiring_soon,
                b.held,
            ]);
            weight.add(140);
            weight.add(answer.expires_at.map_or(0, |_| 44));
            weight.add(answer.tier.as_ref().map_or(0, |tier| tier.as_str().len()));
        }
        if let Some(undo) = &self.undo {
            weight.numbers(&[undo.points, undo.money]);
            weight.add(90);
        }
        if let Some(money) = &self.money {
            weight.numbers(&[money.amount]);
            weight.add(50);
        }
        if self.alias.is_some() {
            weight.add(60);
        }
        if !self.given.is_empty() {
            weight.add(grant::weight(&self.given));
            weight.add(12);
        }
        weight.add(self.voucher.as_ref().map_or(0, Issue::weight));
        weight.text(self.order.as_deref());
        weight.text(self.reason.as_deref());
        weight.text(self.author.as_deref());
        weight.text(self.party.as_ref().map(CustomerId::as_str));
        weight.0
    }
}

/// Counts bytes of JSON, generously.
struct Weight(usize);

impl Weight {
    fn add(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes);
    }

    /// Numbers with their signs and commas.
    fn numbers(&mut self, numbers: &[i64]) {
        for number in numbers {
            let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0);
            self.add(usize::try_from(digits).unwrap_or(20).saturating_add(3));
        }
    }

    /// Text in quotes, under a short name: some characters grow when they are escaped.
    fn text(&mut self, text: Option<&str>) {
        let Some(text) = text else { return };
        self.add(16);
        for byte in text.bytes() {
            self.add(match byte {
                b'"' | b'\\' => 2,
                0..=0x1f => 6,
                _ => 1,
            });
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn an_id_from_outside_is_checked() {
        let id = TransactionId::of_order("A-1");
        assert_eq!(TransactionId::parse(id.as_str()), Some(id));
        assert_eq!(TransactionId::parse("../x"), None);
        assert_eq!(TransactionId::parse(&"a".repeat(41)), None);
    }

    #[test]
    fn an_entry_weighs_at_least_its_json() {
        let mut entry = Entry::new(
            TransactionId::of_key("k"),
            Kind::Spend,
            Timestamp::MAX,
            i64::MIN,
        );
        entry.n = u64::MAX;
        entry.fingerprint = u64::MAX;
        entry.more = 31;
        entry.after = i64::MIN;
        entry.held = i64::MIN;
        entry.owed = i64::MIN;
        entry.alias = Some(TransactionId::of_key("other"));
        entry.reason = Some("\u{1}\"".repeat(100));
        entry.order = Some("\\".repeat(255));
        entry.party = CustomerId::parse(&"\"".repeat(128)).ok();
        entry.author = Some("\u{2}".repeat(200));
        entry.money = Some(Money::new(i64::MIN, rapport_types::Currency::NONE));
        entry.days = Some((i32::MIN, i32::MIN));
        entry.undo = Some(Undo {
            of: TransactionId::of_key("third"),
            points: i64::MIN,
            money: i64::MIN,
        });
        entry.answer = Some(Answer {
            points: i64::MIN,
            balance: Balance {
                active: i64::MIN,
                pending: i64::MIN,
                spent: i64::MIN,
                expired: i64::MIN,
                expiring_soon: i64::MIN,
                held: i64::MIN,
            },
            expires_at: Some(Timestamp::from_millis(253_402_207_199_999)),
            tier: Some(Slug::parse(&"t".repeat(64)).unwrap()),
        });
        entry.given = vec![
            Grant {
                source: grant::Source::Tier(Slug::parse(&"t".repeat(64)).unwrap()),
                points: -1_000_000_000_000,
                why: Some(grant::Why::OtherMultiplier),
            };
            8
        ];
        entry.voucher = Some(Issue {
            reward: Slug::parse(&"r".repeat(64)).unwrap(),
            name: "\u{1}".repeat(200),
            code: "Z".repeat(60),
            serial: u64::MAX,
            uses: u32::MAX,
            until: Some(Timestamp::from_millis(253_402_207_199_999)),
        });
        let part = Part {
            lot: u64::MAX,
            points: i64::MIN,
            amount: i64::MIN,
            active_from: Timestamp::MAX,
            expires_at: Some(Timestamp::MAX),
        };
        entry.parts = vec![part; MAX_PARTS];
        entry.folds = vec![(u64::MAX, i64::MIN, u64::MAX); MAX_PARTS];
        let json = serde_json::to_string(&entry).unwrap();
        assert!(
            json.len() <= entry.weight(),
            "{} > {}",
            json.len(),
            entry.weight()
        );
        assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
    }
}
