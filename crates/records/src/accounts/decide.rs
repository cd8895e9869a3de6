//! How every movement of points is decided on and committed, though what it depends on may have left the account for pages.

use async_trait::async_trait;
use rapport_loyalty::{Account, Decision, Ledger, Outcome, Prior, Rejection, Spill, Want};
use rapport_rules::Document;
use rapport_store::{Change, Current, Decide, Request, Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Timestamp, Zone};

use super::pages::{journal_page, places, write_spill};
use super::stays::present_sight;
use super::{AccountCarrier, Accounts, Effect, key};
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
type ByAccount<'a, R> = dyn FnMut(&Account, u64, &Prior) -> Result<Decision, R> + Send + 'a;

/// The same, compiled for each kind of refusal and not for each decision.
#[boxed]
async fn decide_by<'a, R: From<Rejection> + Send>(
    store: &'a Store,
    customer: &'a CustomerId,
    way: Way<'a>,
    decide: &'a mut ByAccount<'a, R>,
) -> Result<Settled, UpdateError<R>> {
    let Way {
        now,
        zone,
        dry_run,
        why,
        ..
    } = way;
    let for_customer = why == Why::Orders;
    let carrier = AccountCarrier {
        for_customer,
        ..AccountCarrier::new(now, zone)
    };
    let watch = match dry_run || for_customer {
        true => None,
        false => Watch::begin(store, customer, Document::Account, now, zone).await?,
    };
    let mut deciding = Deciding {
        customer,
        way,
        watch,
        decide,
        prior: Prior::default(),
        began: None,
        asked_of: None,
        waits_for: None,
        spilled_at: None,
        flips: false,
        done: None,
    };
    let request = Request {
        now,
        once: None,
        dry_run,
        carrier: &carrier,
    };
    let key = key(customer);
    let committed = store.update_by(&key, request, &mut deciding).await?;
    let outcome = deciding.done.ok_or(UpdateError::AnswerGone)?;
    let watch = deciding.watch.filter(|_| !deciding.flips);
    if let Some(watch) = watch.filter(|_| outcome.changed()) {
        watch.end(store).await;
    }
    Ok(Settled {
        rev: committed.rev,
        outcome,
    })
}

/// A decision under way.
struct Deciding<'a, D> {
    customer: &'a CustomerId,
    way: Way<'a>,
    watch: Option<Watch<'a>>,
    decide: D,
    /// What the pages said.
    prior: Prior,
    /// How many entries there were when the account was loaded first.
    began: Option<u64>,
    /// How many pages had left the account of which `prior` is true.
    asked_of: Option<u64>,
    waits_for: Option<WaitsFor>,
    /// The revision of which everything is written that its next commit drops.
    spilled_at: Option<u64>,
    /// Whether the last decision flips a membership of the customer.
    flips: bool,
    done: Option<Outcome>,
}

/// What the decision needs before it can be committed.
enum WaitsFor {
    Read(Want),
    Write { rev: u64, spill: Vec<Spill> },
}

#[async_trait]
impl<R, D> Decide<Accounts, (), R> for Deciding<'_, D>
where
    R: From<Rejection> + Send,
    D: FnMut(&Account, u64, &Prior) -> Result<Decision, R> + Send,
{
    fn decide(&mut self, current: Current<Accounts>) -> Result<Change<Accounts, ()>, R> {
        // A document that was created to say nothing yet is none to clients.
        let rev = match current.value {
            Some(_) => current.rev,
            None => 0,
        };
        let blank = Account::default();
        let account = current.value.as_ref().unwrap_or(&blank);
        // Pages never change once written, so what they said holds until another one leaves the account.
        if self.asked_of != Some(account.pages()) {
            let began = *self.began.get_or_insert(account.journal.len());
            self.prior = Prior::of_request_that_began_at(began);
            self.asked_of = Some(account.pages());
        }
        let mut outcome = match (self.decide)(account, rev, &self.prior)? {
            Decision::Read(want) => return Ok(self.wait(WaitsFor::Read(want), current)),
            Decision::Done(outcome) => *outcome,
        };
        let is_written = self.spilled_at == Some(rev) || self.way.dry_run;
        if !outcome.spill.is_empty() && !is_written {
            let spill = std::mem::take(&mut outcome.spill);
            return Ok(self.wait(WaitsFor::Write { rev, spill }, current));
        }
        let change = match outcome.changed() {
            true => self.commit(account, &outcome, current.next_rev),
            false => Change::Keep(()),
        };
        self.done = Some(outcome);
        Ok(change)
    }

    async fn prepare(&mut self, store: &Store) -> Result<(), StoreError> {
        let (customer, way) = (self.customer, self.way);
        match self.waits_for.take() {
            Some(WaitsFor::Read(want)) => answer(store, customer, want, &mut self.prior, way).await,
            Some(WaitsFor::Write { rev, spill }) => {
                write_spill(store, customer, way.now, spill).await?;
                self.spilled_at = Some(rev);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl<D> Deciding<'_, D> {
    fn wait(&mut self, what: WaitsFor, current: Current<Accounts>) -> Change<Accounts, ()> {
        self.waits_for = Some(what);
        Change::Wait(current)
    }

    /// The commit of `outcome` over `account`, and what that causes.
    fn commit(
        &mut self,
        account: &Account,
        outcome: &Outcome,
        next_rev: u64,
    ) -> Change<Accounts, ()> {
        let Way { now, why, also, .. } = self.way;
        let of = || self.customer.clone();
        let mut value = outcome.account.clone();
        // To tell news, or to be frozen, makes nothing else of what rules ask for.
        let is_other = value.ledger != account.ledger;
        let changed_at = is_other.then(|| why.changed_at(&account.ledger, now));
        value.changed_at = changed_at.max(account.changed_at);
        let watch = self.watch.as_ref();
        self.flips = watch.is_some_and(|watch| watch.flips_by(&value, next_rev));
        // Whoever carries out what a commit of the customer caused lets them hear.
        let news = value.news.count != account.news.count && why != Why::Orders;
        let timer = outcome.timer.map(|at| Effect::Timer { of: of(), at });
        let reconsider = self.flips.then(|| Effect::Reconsider { of: of() });
        let announce = news.then(|| Effect::Announce { of: of() });
        let own = [timer, reconsider, announce].into_iter().flatten();
        Change::Commit {
            value,
            effects: own.chain(also.iter().cloned()).collect(),
            answer: (),
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
        Want::Places { key, pages } => {
            prior.places(key, places(store, customer, key, pages).await?)
        }
        Want::Page(page) => prior.page(page, journal_page(store, customer, page).await?),
        Want::Segments => prior.sight(present_sight(store, customer, way.now, way.zone).await?),
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
