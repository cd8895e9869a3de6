//! The order of one command.
//!
//! Repeat? Settle what time has done; act; fold if there are too many lots; settle again (a late order, or points
//! returned after their time, may be over at once); answer; let the oldest entries go.

use rapport_types::{Timestamp, Zone};

use crate::account::Account;
use crate::command::{Command, MAX_REASON_BYTES, Outcome, Rejection};
use crate::earning::Occasion;
use crate::entry::{Answer, Entry, TransactionId};
use crate::hold::Hold;
use crate::journal::Unreadable;
use crate::pages::{Prior, Spill, Want};
use crate::program::Program;
use crate::{
    adjust, earn, fold, hold, kinds, news, reverse, reward, settle, shop, spend, tier, transfer,
};

/// Above this many bytes a document lets whole pages go before enough newer entries are there.
const COMFORTABLE: usize = 220_000;

/// What [`decide`] says when it does not reject.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Done: write `spill`, then commit the account, if it changed.
    Done(Box<Outcome>),
    /// Read this first, put it into the [`Prior`], and ask again.
    Read(Want),
}

/// Everything a command is decided by, besides the account itself.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) program: Option<&'a Program>,
    pub(crate) prior: &'a Prior,
    pub(crate) now: Timestamp,
    pub(crate) zone: &'a Zone,
    /// Of an earn: what is known of it beside its money.
    pub(crate) occasion: Option<&'a Occasion>,
}

/// Why there is no outcome yet.
pub(crate) enum Stop {
    Rejected(Rejection),
    Read(Want),
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Unreadable> for Stop {
    fn from(unreadable: Unreadable) -> Self {
        Self::Rejected(unreadable.into())
    }
}

impl From<Want> for Stop {
    fn from(want: Want) -> Self {
        Self::Read(want)
    }
}

/// What an action did to the account.
pub(crate) enum Acted {
    /// It wrote entries; the first has this number and moved so many points in all.
    Wrote { first: u64, points: i64 },
    /// It had been done before, by this entry.
    DoneBefore(Box<Entry>),
    /// There was nothing to do, and nothing is written.
    Nothing,
}

/// Decides `command` on `account` at `now`.
///
/// `prior` is empty at first. [`Decision::Read`] says what the pages must be asked for; put the answer into `prior`
/// and decide again, on the same account. Where the account is loaded again, `prior` begins empty again.
pub fn decide(
    account: &Account,
    program: Option<&Program>,
    command: &Command,
    prior: &Prior,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    decide_on(account, program, command, None, prior, now, zone)
}

/// The same, of an earn on an `occasion`, by which the programme's rules give points.
pub fn decide_on(
    account: &Account,
    program: Option<&Program>,
    command: &Command,
    occasion: Option<&Occasion>,
    prior: &Prior,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    let context = Context {
        program,
        prior,
        now,
        zone,
        occasion,
    };
    finish(account, run(account, command, context, true), context)
}

/// What is left to do when all has been decided.
pub(crate) fn finish(
    account: &Account,
    result: Result<Outcome, Stop>,
    context: Context<'_>,
) -> Result<Decision, Rejection> {
    match result {
        Ok(mut outcome) => {
            if outcome.changed() {
                let next = &mut outcome.account;
                let now = next.latest(context.now)?;
                news::tier_changed(account, next, context.program, false, now, context.zone);
            }
            close(account, outcome, context)
        }
        Err(Stop::Read(want)) => Ok(Decision::Read(want)),
        Err(Stop::Rejected(rejection)) => Err(rejection),
    }
}

/// Sets the next timer, and lets the oldest entries go, last of all: those that had been committed in `account`.
pub(crate) fn close(
    account: &Account,
    mut outcome: Outcome,
    context: Context<'_>,
) -> Result<Decision, Rejection> {
    if outcome.changed() {
        let next = &mut outcome.account;
        let now = next.latest(context.now)?;
        outcome.timer = next.set_timer(context.program, now, context.zone);
        outcome.spill = spill(next, account.journal.len())?;
    }
    Ok(Decision::Done(Box::new(outcome)))
}

/// All but letting entries go. With `strict`, an id that was used for another request is a rejection; without, its first answer is given.
pub(crate) fn run(
    account: &Account,
    command: &Command,
    context: Context<'_>,
    strict: bool,
) -> Result<Outcome, Stop> {
    if command.reason().is_some_and(|r| r.len() > MAX_REASON_BYTES) {
        return Err(Rejection::LongReason.into());
    }
    // Requests that meet carry the moments at which they began: one that began a little earlier may commit later. To the
    // account time never goes back, or points just earned would not be active yet for the next spend.
    let context = Context {
        now: account.latest(context.now)?,
        ..context
    };
    let ids = command.ids();
    let fingerprint = command.fingerprint() ^ context.occasion.map_or(0, |known| known.fingerprint);
    for id in [Some(&ids.transaction), ids.alias.as_ref()]
        .into_iter()
        .flatten()
    {
        let Some(entry) = context.prior.repeated(account, id)? else {
            continue;
        };
        let same = entry.id == ids.transaction && entry.fingerprint == fingerprint;
        if strict && !same {
            let transaction = entry.id.clone();
            return Err(Rejection::KeyReused { transaction }.into());
        }
        return again(account, entry, context.prior);
    }

    let mut next = account.clone();
    settle::settle(&mut next, context.now)?;
    tier::stays::look(&mut next, context.program, context.prior)?;
    let acted = match command {
        Command::Earn(earn) => earn::earn(&mut next, earn, context)?,
        Command::Spend(spend) => spend::spend(&mut next, spend, context)?,
        Command::Reverse(reverse) => reverse::reverse(&mut next, reverse, context)?,
        Command::Authorize(authorize) => hold::authorize(&mut next, authorize, context)?,
        Command::Capture(capture) => hold::capture(&mut next, capture, context)?,
        Command::Void(void) => hold::void(&mut next, void, context)?,
        Command::Adjust(adjust) => adjust::adjust(&mut next, adjust, context)?,
        Command::Import(import) => adjust::import(&mut next, import, context)?,
        Command::Freeze(freeze) => adjust::freeze(&mut next, freeze, context)?,
        Command::Unfreeze(unfreeze) => adjust::unfreeze(&mut next, unfreeze, context)?,
        Command::Transfer(transfer) => transfer::transfer(&mut next, transfer, context)?,
        Command::Sent(sent) => transfer::send(&mut next, sent, context)?,
        Command::Receive(receive) => transfer::receive(&mut next, receive, context)?,
        Command::Reward(step) => reward::step::step(&mut next, step, context)?,
        Command::OfKind(of) => kinds::act(&mut next, of, context)?,
        Command::Order(step) => shop::act(&mut next, step, context)?,
    };
    let (first, points) = match acted {
        Acted::Wrote { first, points } => (first, points),
        Acted::DoneBefore(entry) => return again(account, &entry, context.prior),
        Acted::Nothing => return Ok(nothing(account, &ids.transaction, context)),
    };
    fold::fold_all(&mut next, context)?;
    settle::settle_again(&mut next, context.now)?;

    let standing = tier::standing(&next.ledger, context.program, context.now, context.zone);
    let kind = match next.journal.get(first)? {
        Some(head) => head.points_kind.clone(),
        None => None,
    };
    let answer = Answer {
        points,
        balance: next.ledger.of_kind(kind.as_ref()).balance(context.now),
        tier: standing.tier,
        expires_at: next.hold(&ids.transaction).and_then(Hold::ends_at),
    };
    if let Command::Earn(earn) = command {
        let order = earn.ids.order.as_ref();
        let Context {
            program,
            occasion,
            now,
            ..
        } = context;
        news::earned(&mut next, program, points, order, occasion, now);
    }
    let mut given = Vec::new();
    if let Some(entry) = next.journal.get_mut(first) {
        given.clone_from(&entry.given);
        entry.answer = Some(answer.clone());
        entry.fingerprint = fingerprint;
        entry.alias.clone_from(&ids.alias);
        entry.order.clone_from(&ids.order);
        if let Some(reason) = command.reason() {
            entry.reason = Some(reason.clone());
        }
        entry.author = command.author().cloned();
    }
    let also = match next.journal.get(first)? {
        Some(head) => kinds::also(&next, head, context.prior)?,
        None => Vec::new(),
    };
    Ok(Outcome {
        account: next,
        transaction: ids.transaction.clone(),
        answer,
        given,
        kind,
        also,
        replayed: false,
        timer: None,
        spill: Vec::new(),
    })
}

fn spill(account: &mut Account, committed: u64) -> Result<Vec<Spill>, Unreadable> {
    let mut spill = Vec::new();
    while account.journal.is_full() || account.weight() > COMFORTABLE {
        match account.journal.let_go(committed)? {
            Some(page) => spill.push(page),
            None => break,
        }
    }
    Ok(spill)
}

/// How things stand, where a command found nothing to do.
fn nothing(account: &Account, id: &TransactionId, context: Context<'_>) -> Outcome {
    let standing = tier::standing(&account.ledger, context.program, context.now, context.zone);
    Outcome {
        account: account.clone(),
        transaction: id.clone(),
        answer: Answer {
            points: 0,
            balance: account.balance(context.now),
            tier: standing.tier,
            expires_at: None,
        },
        given: Vec::new(),
        kind: None,
        also: Vec::new(),
        replayed: true,
        timer: None,
        spill: Vec::new(),
    }
}

/// What `entry` was answered with, and nothing changed.
fn again(account: &Account, entry: &Entry, prior: &Prior) -> Result<Outcome, Stop> {
    Ok(Outcome {
        account: account.clone(),
        transaction: entry.id.clone(),
        // Every entry that is found by its id has an answer.
        answer: entry.answer.clone().unwrap_or_else(|| Answer {
            points: 0,
            balance: account.balance(entry.recorded),
            tier: None,
            expires_at: None,
        }),
        given: entry.given.clone(),
        kind: entry.points_kind.clone(),
        also: kinds::also(account, entry, prior)?,
        replayed: true,
        timer: None,
        spill: Vec::new(),
    })
}
