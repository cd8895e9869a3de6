//! Points accounts, the programme, and the pages that old journal entries leave to.

mod by_hand;
pub(crate) mod stays;
mod telling;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use rapport_loyalty::reward::Voucher;
use rapport_loyalty::{
    Account, Decision, Entry, IdPage, Journal, Ledger, Outcome, Prior, Program, Rejection, Spill,
    Unreadable, Want,
};
use rapport_rules::Document;
use rapport_store::{
    Carrier, Change, Key, NoEffect, Nothing, Request, Sender, Store, StoreError, Table, Timer,
    UpdateError, Versioned,
};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};
use serde::de::Error;
use serde::{Deserialize, Serialize};

use crate::budgets::{self, Earner};
use crate::customers;
use crate::effects::CustomerCarrier;
use crate::watch::Watch;
use crate::{referrals, rewards};

pub use by_hand::{ByHand, by_hand};
pub use stays::{TierSegments, see, sight};
pub(crate) use telling::news;

/// The list of all accounts. One that was created before there was a list comes into it with its next commit.
pub(crate) const LOG: &str = "accounts";

/// Accounts, one per customer.
pub struct Accounts;

impl Table for Accounts {
    type Value = Account;
    type Effect = Effect;
    const NAME: &'static str = "account";
    const SCHEMA: u32 = 1;
    const LOG: Option<&'static str> = Some(LOG);
    const HAS_REST: bool = true;

    fn rest(account: &Account) -> serde_json::Result<Option<Bytes>> {
        account.journal.to_bytes().map(Some)
    }

    fn put_rest(account: &mut Account, rest: &Bytes) -> serde_json::Result<()> {
        account.journal = Journal::read(rest).ok_or_else(|| Error::custom("no journal"))?;
        Ok(())
    }
}

/// What a commit of an account causes elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The account wants to be settled at a moment, though nobody may ask for it.
    Timer {
        /// Whose account it is.
        of: CustomerId,
        /// When.
        at: Timestamp,
    },
    /// A membership of the customer flips with it, or will sooner than a timer is set for.
    Reconsider {
        /// Whose account it is.
        of: CustomerId,
    },
    /// The account has something to tell of its customer.
    Announce {
        /// Whose account it is.
        of: CustomerId,
    },
    /// A reward was redeemed: its voucher is to be there, and the claim in the reward's stock is settled.
    Issue(Box<Voucher>),
    /// A redemption was taken back: its number is free in the stock again.
    GiveBack {
        /// The reward.
        reward: Slug,
        /// The number.
        serial: u64,
    },
    /// It may matter to whether the customer's referral is paid: that is looked at, though not here.
    Referral {
        /// Who was referred.
        of: CustomerId,
    },
}

/// Carries out what an account's commits cause.
pub struct AccountCarrier<'a> {
    /// When it is carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// Whether it is in the course of carrying out what a commit of the customer caused, after which the customer is looked at anyway.
    pub(crate) for_customer: bool,
}

impl<'a> AccountCarrier<'a> {
    /// One for requests and ticks.
    pub fn new(now: Timestamp, zone: &'a Zone) -> Self {
        Self {
            now,
            zone,
            for_customer: false,
        }
    }
}

#[async_trait]
impl Carrier<Accounts> for AccountCarrier<'_> {
    async fn carry(
        &self,
        store: &Store,
        sender: Sender<'_, Accounts>,
        effects: &[Effect],
    ) -> Result<(), StoreError> {
        for effect in effects {
            match effect {
                Effect::Timer { of, at } => {
                    let timer = Timer {
                        key: sender.key.to_owned(),
                        of: of.as_str().to_owned(),
                        at: *at,
                    };
                    store.set_timer(&timer, self.now).await?;
                }
                Effect::Reconsider { .. } | Effect::Announce { .. } if self.for_customer => {}
                Effect::Announce { of } => {
                    let carrier = CustomerCarrier::new(self.now, self.zone);
                    customers::hear(store, of, &carrier).await?;
                }
                Effect::Reconsider { of } => {
                    customers::look_again(store, of, self.now, self.zone).await?;
                }
                Effect::Issue(voucher) => rewards::issue(store, voucher, self.now).await?,
                Effect::GiveBack { reward, serial } => {
                    rewards::give_back(store, reward, *serial, self.now).await?;
                }
                Effect::Referral { of } => referrals::set_timer(store, of, self.now).await?,
            }
        }
        Ok(())
    }
}

/// The same documents as [`Accounts`], without the journal: most of the bytes, and most reads do without. Read only.
pub(crate) struct Ledgers;

impl Table for Ledgers {
    type Value = WithoutJournal;
    type Effect = Effect;
    const NAME: &'static str = Accounts::NAME;
    const SCHEMA: u32 = Accounts::SCHEMA;
}

/// What it says.
#[derive(Serialize, Deserialize)]
pub(crate) struct WithoutJournal {
    ledger: Ledger,
    #[serde(default)]
    changed_at: Option<Timestamp>,
}

impl WithoutJournal {
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// An account as rules ask for it.
pub(crate) struct ChangedLedger {
    pub(crate) rev: u64,
    pub(crate) changed_at: Option<Timestamp>,
    pub(crate) ledger: Ledger,
}

impl ChangedLedger {
    fn or_none(found: Option<Versioned<WithoutJournal>>) -> Self {
        let (rev, changed_at, ledger) = found.map_or_else(Default::default, |found| {
            (found.rev, found.value.changed_at, found.value.ledger)
        });
        Self {
            rev,
            changed_at,
            ledger,
        }
    }
}

/// A customer's account as rules ask for it; revision 0 and nothing in it where there is none.
pub(crate) async fn changed_ledger(
    store: &Store,
    customer: &CustomerId,
) -> Result<ChangedLedger, StoreError> {
    let found = store.read(&Key::<Ledgers>::of(customer.as_str())).await?;
    Ok(ChangedLedger::or_none(found))
}

/// The same of several customers at once, in their order.
pub(crate) async fn changed_ledgers(
    store: &Store,
    customers: &[&CustomerId],
) -> Result<Vec<ChangedLedger>, StoreError> {
    let keys: Vec<_> = customers
        .iter()
        .map(|customer| Key::<Ledgers>::of(customer.as_str()))
        .collect();
    let found = store.read_all(&keys).await?;
    Ok(found.into_iter().map(ChangedLedger::or_none).collect())
}

/// The programme, the only one of the shop.
pub struct Programs;

impl Table for Programs {
    type Value = Program;
    type Effect = NoEffect;
    const NAME: &'static str = "program";
    const SCHEMA: u32 = 1;
}

/// Pages of 64 journal entries that have left their account.
pub struct JournalPages;

impl Table for JournalPages {
    type Value = Vec<Entry>;
    type Effect = NoEffect;
    const NAME: &'static str = "journal";
    const SCHEMA: u32 = 1;
}

/// Which entry a transaction has, for entries that have left their account.
pub struct IdPages;

impl Table for IdPages {
    type Value = IdPage;
    type Effect = NoEffect;
    const NAME: &'static str = "transactions";
    const SCHEMA: u32 = 1;
}

/// The programme, kept in the instance.
pub async fn program(store: &Store) -> Result<Arc<Option<Versioned<Program>>>, StoreError> {
    store
        .read_compiled(&Key::<Programs>::single(), |found| found)
        .await
}

/// The key of a customer's account.
pub fn key(customer: &CustomerId) -> Key<Accounts> {
    Key::of(customer.as_str())
}

/// A customer's account as far as balance and tier need it; revision 0 and nothing in it where there is none.
pub async fn ledger(store: &Store, customer: &CustomerId) -> Result<Versioned<Ledger>, StoreError> {
    let found = store.read(&Key::<Ledgers>::of(customer.as_str())).await?;
    Ok(found.map_or_else(
        || Versioned {
            rev: 0,
            value: Ledger::default(),
        },
        |found| Versioned {
            rev: found.rev,
            value: found.value.ledger,
        },
    ))
}

/// Page `page` of a customer's journal; empty where it was never written.
pub async fn journal_page(
    store: &Store,
    customer: &CustomerId,
    page: u64,
) -> Result<Vec<Entry>, StoreError> {
    let key = Key::<JournalPages>::numbered(customer.as_str(), page);
    Ok(store
        .read(&key)
        .await?
        .map(|found| found.value)
        .unwrap_or_default())
}

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

/// An account of which an entry cannot be read: whatever waits for it goes on waiting.
pub(crate) fn damaged(customer: &CustomerId, entry: Unreadable) -> StoreError {
    StoreError::Corrupt {
        key: key(customer).as_str().to_owned(),
        why: entry.to_string(),
    }
}

/// Writes down what has expired in a customer's account by `now`: what its timer is for.
pub async fn expire(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    settle(store, customer, Why::Over, now, zone)
        .await
        .map(drop)
}

/// The same, whatever for; whether anything of the account is another now.
async fn settle(
    store: &Store,
    customer: &CustomerId,
    why: Why,
    now: Timestamp,
    zone: &Zone,
) -> Result<bool, StoreError> {
    let way = Way {
        now,
        zone,
        dry_run: false,
        why,
        also: &[],
    };
    let program = program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let decided = decide_so::<Rejection>(store, customer, way, |account, _, prior| {
        rapport_loyalty::expire(account, program, prior, now, zone)
    });
    match decided.await {
        Ok(settled) => Ok(settled.outcome.changed()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => Err(damaged(customer, entry)),
        // An account that no sum can describe any more is left as it is; nothing else is rejected here.
        Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {
            Ok(false)
        }
    }
}

/// Reads what a decision wants, into `prior`.
async fn answer(
    store: &Store,
    customer: &CustomerId,
    want: Want,
    prior: &mut Prior,
    way: Way<'_>,
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
        Want::Segments => {
            prior.sight(stays::present_sight(store, customer, way.now, way.zone).await?)
        }
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

/// Writes entries that are about to leave the document: pages first, then the ids that lead to them.
async fn write_spill(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    spill: Vec<Spill>,
) -> Result<(), StoreError> {
    for part in spill {
        let ids = part.ids();
        let page = Key::<JournalPages>::numbered(customer.as_str(), part.page);
        store.write_once(&page, part.entries).await?;
        for (name, rows) in ids {
            let key = Key::<IdPages>::within(customer.as_str(), &name);
            let added = store
                .update::<_, (), std::convert::Infallible>(
                    &key,
                    Request::plain(now, &Nothing),
                    |current| {
                        let mut page = current.value.unwrap_or_default();
                        Ok(if page.add(&rows) {
                            Change::Commit {
                                value: page,
                                effects: Vec::new(),
                                answer: (),
                            }
                        } else {
                            Change::Keep(())
                        })
                    },
                )
                .await;
            match added {
                Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => {}
                Err(UpdateError::Store(error)) => return Err(error),
                Err(UpdateError::Rejected(never)) => match never {},
            }
        }
    }
    Ok(())
}
