//! What is to be done next with a referral is done: confirm, count, pay, take back.
//!
//! Each step is done once, whoever does it and however often: the points by the ids of their movements, the rest because a
//! referral that is further than that stays as it is.

use std::convert::Infallible;

use rapport_loyalty::referral::pay::Given;
use rapport_loyalty::referral::{Next, Paying, Payout, Referral, Side};
use rapport_loyalty::{Decision, Program, Rejection, decide};
use rapport_store::{Change, Nothing, Request, Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Span, Timestamp, Zone};

use super::claim::{Upward, orders_of, upward};
use super::{Referrals, key, log_of, only_store, read};
use crate::accounts::{self, Way, Why};

/// Does everything that is to be done with the referral of `customer`, and answers how it stands then; `None` where there is none.
#[boxed]
pub async fn finish(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<Option<Referral>, StoreError> {
    loop {
        let Some(referral) = read(store, customer).await? else {
            return Ok(None);
        };
        let done = match referral.next(now) {
            Next::Nothing => return Ok(Some(referral)),
            Next::Confirm => {
                let circle = match upward(store, customer, &referral.by).await? {
                    Upward::To(_) => false,
                    Upward::Circle(unsure) => match last_after(&referral, unsure) {
                        None => true,
                        Some(later) => {
                            // Should it have become sure meanwhile, the next look finds no other to withdraw.
                            change(store, &later, now, |later| later.confirm(true, now)).await?;
                            continue;
                        }
                    },
                };
                change(store, &referral, now, |referral| {
                    referral.confirm(circle, now)
                })
                .await?
            }
            Next::Count => {
                let orders = orders_of(store, customer).await?;
                change(store, &referral, now, |referral| {
                    referral.count(orders, now)
                })
                .await?
            }
            Next::Pay => {
                let paid = [
                    pay(store, &referral, Side::Referrer, now, zone).await?,
                    pay(store, &referral, Side::Referred, now, zone).await?,
                ];
                let [referrer, referred] = paid;
                change(store, &referral, now, |referral| {
                    referral.paid(referrer, referred)
                })
                .await?
            }
            Next::TakeBack => {
                take_back(store, &referral, Side::Referrer, now, zone).await?;
                take_back(store, &referral, Side::Referred, now, zone).await?;
                change(store, &referral, now, |referral| referral.revoked(now)).await?
            }
        };
        // Where another step was not done, somebody else was faster, and the next look says how far it is.
        if !done && referral.next(now) == Next::Count {
            return Ok(Some(referral));
        }
    }
}

/// Of those that would close a circle with `referral`, the one that came last, if `referral` came before all of them.
fn last_after(referral: &Referral, others: Vec<Referral>) -> Option<Referral> {
    let came = |one: &Referral| (one.claimed_at, one.customer.clone());
    let first = others.iter().all(|other| came(referral) < came(other));
    others.into_iter().filter(|_| first).max_by_key(came)
}

/// The same after a commit that stands, whatever comes of it: where it fails, a timer is set, and the tick does it.
#[boxed]
pub async fn finish_quietly(store: &Store, customer: &CustomerId, now: Timestamp, zone: &Zone) {
    if let Err(error) = finish(store, customer, now, zone).await {
        eprintln!("the referral of {customer} waits for the next tick: {error}");
    }
}

/// Changes the referral as it is by now, where `change` says that it did.
async fn change(
    store: &Store,
    referral: &Referral,
    now: Timestamp,
    mut change: impl FnMut(&mut Referral) -> bool + Send,
) -> Result<bool, StoreError> {
    let at = key(&referral.customer).listed_in(log_of(&referral.by));
    let request = Request::plain(now, &Nothing);
    let changed = store.update::<Referrals, bool, Infallible>(&at, request, |current| {
        let Some(mut value) = current.value else {
            return Ok(Change::Keep(false));
        };
        Ok(match change(&mut value) {
            false => Change::Keep(false),
            true => Change::Commit {
                value,
                effects: Vec::new(),
                answer: true,
            },
        })
    });
    match changed.await {
        Ok(committed) => Ok(committed.answer),
        Err(error) => Err(only_store(error, at.as_str())),
    }
}

/// Why an account was not changed.
enum Out {
    Capped,
    Rejected(Rejection),
}

impl From<Rejection> for Out {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// Gives one of the two their points, once.
async fn pay(
    store: &Store,
    referral: &Referral,
    side: Side,
    now: Timestamp,
    zone: &Zone,
) -> Result<Option<Payout>, StoreError> {
    let paying = Paying { referral, side };
    let Some(points) = paying.points() else {
        return Ok(None);
    };
    let program = program(store, referral).await?;
    let paid = accounts::decide_so::<Out>(
        store,
        paying.account(),
        way(now, zone),
        |account, _, prior| match paying.give(account, program.as_ref(), prior, now, zone)? {
            Given::Decided(decision) => Ok(decision),
            Given::Capped => Err(Out::Capped),
        },
    );
    match paid.await {
        Ok(_) => Ok(Some(Payout::Given(points))),
        Err(UpdateError::Rejected(Out::Capped)) => Ok(Some(Payout::Capped)),
        Err(UpdateError::Rejected(Out::Rejected(Rejection::KeyReused { .. }))) => {
            Ok(Some(Payout::Given(points)))
        }
        Err(UpdateError::Rejected(Out::Rejected(Rejection::Unreadable(entry)))) => {
            Err(accounts::damaged(paying.account(), entry))
        }
        // An account that no sum can describe any more takes no points.
        Err(
            UpdateError::Rejected(Out::Rejected(_))
            | UpdateError::KeyReused
            | UpdateError::AnswerGone,
        ) => Ok(Some(Payout::Refused)),
        Err(UpdateError::Store(error)) => Err(error),
    }
}

/// Takes the points of one of the two back, once.
async fn take_back(
    store: &Store,
    referral: &Referral,
    side: Side,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let paying = Paying { referral, side };
    if !matches!(paying.payout(), Some(Payout::Given(_))) {
        return Ok(());
    }
    let program = program(store, referral).await?;
    let command = paying.take_back();
    let taken = accounts::decide_so::<Rejection>(
        store,
        paying.account(),
        way(now, zone),
        |account, _, prior| -> Result<Decision, Rejection> {
            decide(account, program.as_ref(), &command, prior, now, zone)
        },
    );
    match taken.await {
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
            Err(accounts::damaged(paying.account(), entry))
        }
        // Somebody has reversed it before.
        Ok(_)
        | Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {
            Ok(())
        }
    }
}

fn way<'a>(now: Timestamp, zone: &'a Zone) -> Way<'a> {
    Way {
        now,
        zone,
        dry_run: false,
        why: Why::Asked,
        also: &[],
    }
}

/// The programme, by which points wait at least as long as the referral says.
async fn program(store: &Store, referral: &Referral) -> Result<Option<Program>, StoreError> {
    let found = accounts::program(store).await?;
    Ok(found.as_ref().as_ref().map(|found| {
        let mut program = found.value.clone();
        let waits = &mut program.points.activates_after;
        let both = [*waits, referral.terms.holding].into_iter().flatten();
        *waits = both.reduce(Span::longer);
        program
    }))
}
