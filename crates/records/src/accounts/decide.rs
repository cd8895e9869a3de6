//! How every movement of points is decided on and committed, though what it depends on may have left the account for pages.

use rapport_loyalty::{Account, Decision, Ledger, Outcome, Prior, Rejection, Spill, Want};
use rapport_rules::Document;
use rapport_store::{Change, Key, Request, Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Timestamp, Zone};

use super::pages::{IdPages, journal_page, write_spill};
use super::{AccountCarrier, Effect, key};
use crate::budgets::{self, Earner};
use crate::watch::Watch;

/// What came of a decision on an account.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The account's revision now.
    pub rev: u64,
    /// What was decided.
    pub outcome: Outcome,
}

/// What the decision needs before it can be committed.
enum Pause<R> {
    Rejected(R),
    Read { want: Want },
    Spill { rev: u64, spill: Vec<Spill> },
}

/// Decides on a customer's account and commits, reading what has left the document where the decision asks for it.
///
/// `decide` is called again whenever the account was loaded again; it gets the account (the default one where there is
/// none), its revision, and what the pages said. Where that flips a membership of the customer, they are looked at again.
pub async fn decide<R: From<Rejection> + Send>(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    zone: &Zone,
    dry_run: bool,
    decide: impl FnMut(&Account, u64, &Prior) -> Result<Decision, R> + Send,
) -> Result<Settled, UpdateError<R>> {
    let way = Way {
        now,
        zone,
        dry_run,
        why: Why::Asked,
        also: &[],
    };
    decide_so(store, customer, way, decide).await
}

/// The same of what may also cause something, if it is committed.
pub async fn decide_also<R: From<Rejection> + Send>(
    store: &Store,
    customer: &CustomerId,
    asked: (Timestamp, &Zone, bool),
    also: &[Effect],
    decide: impl FnMut(&Account, u64, &Prior) -> Result<Decision, R> + Send,
) -> Result<Settled, UpdateError<R>> {
    let (now, zone, dry_run) = asked;
    let way = Way {
        now,
        zone,
        dry_run,
        why: Why::Asked,
        also,
    };
    decide_so(store, customer, way, decide).await
}

/// How a decision on an account comes.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) now: Timestamp,
    pub(crate) zone: &'a Zone,
    pub(crate) dry_run: bool,
    pub(crate) why: Why,
    /// What else the commit causes, if there is one.
    pub(crate) also: &'a [Effect],
}

/// Why an account is decided on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Somebody asked for it.
    Asked,
    /// Time has come: what is over is written down, and nothing else.
    Over,
    /// An order of the customer earns, in the course of carrying out what their commit caused.
    Orders,
}

impl Why {
    /// As of when the account is another: for what lies before, what it says now says nothing.
    fn changed_at(self, before: &Ledger, now: Timestamp) -> Timestamp {
        match self {
            Self::Asked | Self::Orders => now,
            // From the moment of the last of them on the account was the same, written down or not.
            Self::Over => {
                let over = before.ends().filter(|end| *end <= now);
                over.max().unwrap_or(now)
            }
        }
    }
}

/// The same as [`decide`](fn@decide).
pub(crate) async fn decide_so<R: From<Rejection> + Send>(
    store: &Store,
    customer: &CustomerId,
    way: Way<'_>,
    mut decide: impl FnMut(&Account, u64, &Prior) -> Result<Decision, R> + Send,
) -> Result<Settled, UpdateError<R>> {
    decide_by(store, customer, way, &mut decide).await
}

/// What is decided on an account.
type Decide<'a, R> = dyn FnMut(&Account, u64, &Prior) -> Result<Decision, R> + Send + 'a;

/// The same, compiled for each kind of refusal and not for each decision.
#[boxed]
async fn decide_by<'a, R: From<Rejection> + Send>(
    store: &'a Store,
    customer: &'a CustomerId,
    way: Way<'a>,
    decide: &'a mut Decide<'a, R>,
) -> Result<Settled, UpdateError<R>> {
    let Way {
        now,
        zone,
        dry_run,
        why,
        also,
    } = way;
    let mut prior = Prior::default();
    let mut asked_of = None;
    let mut spilled_at = None;
    let for_customer = why == Why::Orders;
    let carrier = AccountCarrier {
        for_customer,
        ..AccountCarrier::new(now, zone)
    };
    let watch = match dry_run || for_customer {
        true => None,
        false => Watch::begin(store, customer, Document::Account, now, zone).await?,
    };
    loop {
        let mut flips = false;
        let request = Request {
            now,
            once: None,
            dry_run,
            carrier: &carrier,
        };
        let mut done = None;
        let committed = store
            .update(&key(customer), request, |current| {
                // A document that was created to say nothing yet is none to clients.
                let rev = match current.value {
                    Some(_) => current.rev,
                    None => 0,
                };
                let account = current.value.unwrap_or_default();
                // Pages never change once written, so what they said holds until another one leaves the account.
                if asked_of != Some(account.pages()) {
                    prior = Prior::default();
                    asked_of = Some(account.pages());
                }
                let decision = decide(&account, rev, &prior).map_err(Pause::Rejected)?;
                let outcome = match decision {
                    Decision::Read(want) => return Err(Pause::Read { want }),
                    Decision::Done(outcome) => *outcome,
                };
                if !outcome.spill.is_empty() && spilled_at != Some(rev) && !dry_run {
                    return Err(Pause::Spill {
                        rev,
                        spill: outcome.spill,
                    });
                }
                let changed = outcome.changed();
                let timer = outcome.timer.map(|at| Effect::Timer {
                    of: customer.clone(),
                    at,
                });
                if !changed {
                    done = Some(outcome);
                    return Ok(Change::Keep(()));
                }
                let mut value = outcome.account.clone();
                // To tell news, or to be frozen, makes nothing else of what rules ask for.
                let is_other = value.ledger != account.ledger;
                let changed_at = is_other.then(|| why.changed_at(&account.ledger, now));
                value.changed_at = changed_at.max(account.changed_at);
                let watch = watch.as_ref();
                flips = watch.is_some_and(|watch| watch.flips_by(&value, current.next_rev));
                let reconsider = flips.then(|| Effect::Reconsider {
                    of: customer.clone(),
                });
                // Whoever carries out what a commit of the customer caused lets them hear.
                let news = value.news.count != account.news.count && !for_customer;
                let announce = news.then(|| Effect::Announce {
                    of: customer.clone(),
                });
                done = Some(outcome);
                Ok(Change::Commit {
                    value,
                    effects: timer
                        .into_iter()
                        .chain(reconsider)
                        .chain(announce)
                        .chain(also.iter().cloned())
                        .collect(),
                    answer: (),
                })
            })
            .await;
        match committed {
            Ok(committed) => {
                if let Some(outcome) = done {
                    if let Some(watch) = watch.filter(|_| outcome.changed() && !flips) {
                        watch.end(store).await;
                    }
                    return Ok(Settled {
                        rev: committed.rev,
                        outcome,
                    });
                }
            }
            Err(UpdateError::Rejected(Pause::Rejected(rejection))) => {
                return Err(UpdateError::Rejected(rejection));
            }
            Err(UpdateError::Rejected(Pause::Read { want })) => {
                answer(store, customer, want, &mut prior, way).await?;
            }
            Err(UpdateError::Rejected(Pause::Spill { rev, spill })) => {
                write_spill(store, customer, now, spill).await?;
                spilled_at = Some(rev);
            }
            Err(UpdateError::KeyReused) => return Err(UpdateError::KeyReused),
            Err(UpdateError::AnswerGone) => return Err(UpdateError::AnswerGone),
            Err(UpdateError::Store(error)) => return Err(UpdateError::Store(error)),
        }
    }
}

/// Reads what a decision wants, into `prior`.
#[boxed]
async fn answer<'a>(
    store: &'a Store,
    customer: &'a CustomerId,
    want: Want,
    prior: &'a mut Prior,
    way: Way<'a>,
) -> Result<(), StoreError> {
    match want {
        Want::Number { key, id_pages } => {
            let keys: Vec<_> = id_pages
                .iter()
                .map(|name| Key::<IdPages>::within(customer.as_str(), name))
                .collect();
            let pages = store.read_all(&keys).await?;
            let number = pages
                .into_iter()
                .flatten()
                .filter_map(|page| page.value.get(key))
                .max();
            prior.number(key, number);
        }
        Want::Page(page) => prior.page(page, journal_page(store, customer, page).await?),
        Want::Budget { transaction, rules } => {
            let earner = Earner {
                customer,
                transaction: &transaction,
            };
            budgets::claim(store, earner, rules, prior, way.now, way.dry_run).await?;
        }
    }
    Ok(())
}
