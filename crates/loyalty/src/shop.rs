//! An order's life in the points account: points that pay for it are set aside, spent, given back; what it earned is taken back.
//!
//! What is told is where the order stands, never what has changed: so hearing of it twice, or of an earlier state after a later one,
//! changes nothing. Each step finds in the journal what was done before, and does the rest. That an order which was paid earns is
//! [`earn_tracked`](crate::earn_tracked); everything else is here.
//!
//! - Placed, not yet paid: the points that pay for it are held, for seven days at most.
//! - Paid: the hold is captured. Where there is none, because its time is over or nobody said that the order was placed, the points are spent.
//!   There may be fewer than were said; then those that are there.
//! - Something went back of it: of the points that it earned the same share is taken back, rounded down, by the programme's policy, and of
//!   those that paid for it the same share goes back to its lots, rounded down.
//! - Over: all of both. What reversals by hand took back before counts in both.

use rapport_types::{Money, Span, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::command::{
    Authorize, Capture, Command, Ids, MAX_ID_BYTES, Rejection, Reverse, Spend, Void,
};
use crate::decide::{Acted, Context, Decision, Stop};
use crate::entry::{Entry, Kind, TransactionId, Undo};
use crate::hold::{self, MAX_HOLD_DAYS};
use crate::order::decide_all;
use crate::pages::Prior;
use crate::program::Program;
use crate::{reverse, spend};

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The shop's id of it.
    pub order_id: String,
    /// Whether it was paid.
    pub paid: bool,
    /// What was paid, where that is known.
    pub total: Option<Money>,
    /// How many points it is paid with in part.
    pub points_used: i64,
    /// What went back of it so far.
    pub refunded: Option<Money>,
    /// Whether nothing is left of it.
    pub over: bool,
}

/// One thing that follows from where an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub(crate) ids: Ids,
    of: Standing,
    what: What,
    pub(crate) reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Points that pay for it are set aside.
    Hold,
    /// They are spent.
    Take,
    /// They go back.
    GiveBack,
    /// What it earned is taken back.
    Unearn,
}

/// Brings `account` to where `standing` says: see [`shop`](self). Takes part in the same dance as [`decide`](crate::decide()). A
/// rejection is final: there was nothing to do, or nothing that could be done.
pub fn follow(
    account: &Account,
    program: Option<&Program>,
    standing: &Standing,
    prior: &Prior,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    let steps: Vec<_> = standing.steps().map(|step| (step, None)).collect();
    let context = Context {
        program,
        prior,
        now,
        zone,
        occasion: None,
    };
    decide_all(account, &steps, context)
}

impl Standing {
    fn steps(&self) -> impl Iterator<Item = Command> {
        let all = match (self.over, self.paid) {
            (true, _) => vec![What::GiveBack, What::Unearn],
            (false, false) => vec![What::Hold, What::Unearn],
            (false, true) => vec![What::Take, What::GiveBack, What::Unearn],
        };
        let needed = |what: &What| match what {
            What::Hold | What::Take => self.points_used > 0,
            What::GiveBack => self.points_used > 0 && (self.over || self.refunded.is_some()),
            What::Unearn => self.over || self.refunded.is_some(),
        };
        let steps = all.into_iter().filter(needed);
        let steps: Vec<Command> = steps
            .map(|what| Command::Order(Box::new(self.step(what))))
            .collect();
        steps.into_iter()
    }

    fn step(&self, what: What) -> Step {
        let (transaction, reason) = match what {
            What::Hold => (self.hold(), "points used for an order"),
            What::Take => (self.spent(), "points used for an order"),
            What::GiveBack => (self.so_far("back"), "the order's points go back"),
            What::Unearn => (self.so_far("unearn"), self.why()),
        };
        let shown = |id: &String| {
            (1..=MAX_ID_BYTES).contains(&id.len()) && !id.chars().any(char::is_control)
        };
        Step {
            ids: Ids {
                transaction,
                alias: None,
                order: Some(self.order_id.clone()).filter(shown),
            },
            of: self.clone(),
            what,
            reason: reason.to_owned(),
        }
    }

    fn why(&self) -> &'static str {
        match self.over {
            true => "the order was cancelled, or went back whole",
            false => "a part of the order went back",
        }
    }

    /// The transaction that holds its points.
    fn hold(&self) -> TransactionId {
        TransactionId::of_event(&format!("order held:{}", self.order_id))
    }

    /// The transaction that spends its points.
    fn spent(&self) -> TransactionId {
        TransactionId::of_event(&format!("order paid:{}", self.order_id))
    }

    /// What follows from so much being back.
    fn so_far(&self, what: &str) -> TransactionId {
        let back = match self.refunded {
            Some(money) if !self.over => format!("{} {}", money.amount, money.currency),
            _ => "all".to_owned(),
        };
        TransactionId::of_event(&format!("order {what}:{back}:{}", self.order_id))
    }

    /// Of `whole` points, or minor units, how many belong to what went back of `total`: rounded down.
    fn share(&self, whole: i64, total: Option<Money>) -> Result<i64, Rejection> {
        if self.over {
            return Ok(whole);
        }
        let (Some(total), Some(back)) = (total, self.refunded) else {
            return Ok(0);
        };
        let back = back.within(total.currency).unwrap_or(0);
        if back >= total.amount {
            return Ok(if total.amount > 0 { whole } else { 0 });
        }
        i128::from(whole)
            .checked_mul(back.into())
            .and_then(|product| product.checked_div(total.amount.into()))
            .and_then(|share| i64::try_from(share).ok())
            .ok_or(Rejection::Overflow)
    }
}

/// Does `step`.
pub(crate) fn act(account: &mut Account, step: &Step, context: Context<'_>) -> Result<Acted, Stop> {
    match step.what {
        What::Hold => hold(account, step, context),
        What::Take => take(account, step, context),
        What::GiveBack => give_back(account, step, context),
        What::Unearn => unearn(account, step, context),
    }
}

fn hold(account: &mut Account, step: &Step, context: Context<'_>) -> Result<Acted, Stop> {
    let spent = step.of.spent();
    if context.prior.transaction(account, &spent)?.is_some() {
        return Ok(Acted::Nothing);
    }
    let points = step.of.points_used.min(account.ledger.active(context.now)?);
    if points < 1 {
        return Ok(Acted::Nothing);
    }
    let authorize = Authorize {
        ids: step.ids.clone(),
        points,
        expires_in: Span::days(MAX_HOLD_DAYS),
        reason: None,
    };
    hold::authorize(account, &authorize, context)
}

fn take(account: &mut Account, step: &Step, context: Context<'_>) -> Result<Acted, Stop> {
    let id = step.of.hold();
    if let Some(held) = account.hold(&id).map(|hold| hold.points) {
        let capture = Capture {
            ids: step.ids.clone(),
            of: id,
            points: Some(step.of.points_used.min(held)),
            reason: None,
        };
        return hold::capture(account, &capture, context);
    }
    // Somebody closed the hold by hand, and knows why.
    if context.prior.last_reversal(account, &id)?.is_some() {
        return Ok(Acted::Nothing);
    }
    let points = step.of.points_used.min(account.ledger.active(context.now)?);
    if points < 1 {
        return Ok(Acted::Nothing);
    }
    let spend = Spend {
        ids: step.ids.clone(),
        points,
        reason: None,
    };
    spend::spend(account, &spend, context)
}

fn give_back(account: &mut Account, step: &Step, context: Context<'_>) -> Result<Acted, Stop> {
    let (held, spent) = (step.of.hold(), step.of.spent());
    if step.of.over && account.hold(&held).is_some() {
        let void = Void {
            ids: step.ids.clone(),
            of: held,
            reason: None,
        };
        return hold::void(account, &void, context);
    }
    let prior = context.prior;
    let Some(whole) = prior.transaction(account, &spent)?.map(points_of) else {
        return Ok(Acted::Nothing);
    };
    let earn = TransactionId::of_order(&step.of.order_id);
    let total = match step.of.total {
        Some(total) => Some(total),
        None => prior
            .transaction(account, &earn)?
            .and_then(|entry| entry.money),
    };
    let before = prior.last_reversal(account, &spent)?;
    let before = before
        .and_then(|entry| entry.undo.as_ref())
        .map_or(0, |undo| undo.points);
    let more = step.of.share(whole, total)?.saturating_sub(before);
    if more < 1 {
        return Ok(Acted::Nothing);
    }
    let reverse = Reverse {
        ids: step.ids.clone(),
        of: spent,
        points: Some(more),
        policy: None,
        reason: None,
    };
    reverse::reverse(account, &reverse, context)
}

fn unearn(account: &mut Account, step: &Step, context: Context<'_>) -> Result<Acted, Stop> {
    let prior = context.prior;
    let id = TransactionId::of_order(&step.of.order_id);
    let earned = prior.transaction(account, &id)?;
    // A key may be the other name of something else.
    let Some(original) = earned.filter(|entry| entry.kind == Kind::Earn).cloned() else {
        return Ok(Acted::Nothing);
    };
    let done = prior.last_reversal(account, &original.id)?;
    let nothing_yet = done.is_none();
    let done = done.and_then(|entry| entry.undo.clone());
    let (points_before, money_before) = done
        .as_ref()
        .map_or((0, 0), |undo| (undo.points, undo.money));
    let whole = points_of(&original);
    let paid = original.money.map_or(0, |money| money.amount);
    let total = original.money.or(step.of.total);
    let undo = Undo {
        of: original.id.clone(),
        points: step.of.share(whole, total)?.max(points_before),
        money: step.of.share(paid, total)?.max(money_before),
    };
    // An order that came to nothing is taken back, too, once.
    let empties = step.of.over && nothing_yet && whole == 0 && paid == 0;
    if undo.points == points_before && undo.money == money_before && !empties {
        return Ok(Acted::Nothing);
    }
    let reverse = Reverse {
        ids: step.ids.clone(),
        of: original.id.clone(),
        points: None,
        policy: None,
        reason: None,
    };
    reverse::unearn(account, &reverse, &original, done.as_ref(), undo, context)
}

/// How many points a transaction moved, by its first entry.
fn points_of(entry: &Entry) -> i64 {
    entry.answer.as_ref().map_or(0, |answer| answer.points)
}
