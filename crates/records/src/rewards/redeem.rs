//! A reward is redeemed: hold, claim, capture or void.
//!
//! The account knows how far a redemption is: its points are held, or captured with a number and a code, or given back. Only the first step is
//! asked for by a client; who finds points held goes on: the same request again, or the tick. A claim is settled by the account's
//! own outbox. Where a process ended between claim and capture and another one finished with a number of its own, the first number is
//! left in the stock as an old claim; who meets one asks its account.

use rapport_loyalty::reward::{
    Claim, Claimed, Found, Fulfil, Issue, Issued, Number, Redeem, Refuse, Reward, Step, Stock,
    Voucher, found,
};
use rapport_loyalty::{
    Account, Answer, Command, Decision, Ids, Program, Rejection, TransactionId, decide,
};
use rapport_store::{DriverError, Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};

use super::{catalogue, change_stock, passes, pools, release, stock};
use crate::accounts::{self, Effect, Way, Why};

/// A claim that is older waits for nobody: a request ends after a minute. In milliseconds.
const OLD: i64 = 120_000;
/// The most old claims that one request settles.
const AT_A_TIME: usize = 8;
/// With more open claims, whoever redeems looks for old ones first.
const MANY: usize = 100;

/// What a customer wants.
pub struct Asked<'a> {
    /// Who.
    pub customer: &'a CustomerId,
    /// What.
    pub reward: &'a Slug,
    /// The request's names.
    pub ids: &'a Ids,
    /// When.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Redeemed {
    /// A voucher, as the account wrote it down, and whether it had before.
    Issued(Box<Issued>, bool),
    /// The reward, in a dry run, and the points and the balance after the hold.
    Would(Box<(Reward, Answer)>),
    /// None was left.
    OutOfStock,
    /// No code was left in the reward's pool.
    PoolEmpty,
}

/// Redeems. `check` has a last say before the points are held; it is not asked about a repetition.
pub async fn redeem<R: From<Rejection> + Send>(
    store: &Store,
    asked: Asked<'_>,
    mut check: impl FnMut(&Account, u64) -> Result<(), R> + Send,
) -> Result<Redeemed, UpdateError<R>> {
    let Asked {
        customer,
        reward,
        ids,
        now,
        zone,
        dry_run,
    } = asked;
    let listed = catalogue(store).await?;
    let listed = listed.as_ref().as_ref();
    let terms = listed.and_then(|found| found.value.rewards.get(reward));
    let terms = terms.map(|listed| &listed.reward);
    let rule = terms.and_then(|terms| terms.audience.as_ref());
    let passed = passes(store, customer, &[rule], now, zone).await?;
    let (mut left, mut codes_left) = (None, None);
    if let Some(terms) = terms.filter(|terms| terms.stock.is_some() || terms.has_pool()) {
        (left, codes_left) = left_of(store, reward, terms, dry_run, now, zone).await?;
    }
    let program = accounts::program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let step = Redeem {
        ids: ids.clone(),
        reward: reward.clone(),
        terms: terms.cloned(),
        in_audience: passed.first().copied().unwrap_or(false),
        left,
        codes_left,
    };
    let command = Command::Reward(Box::new(Step::Redeem(step)));
    let way = Way {
        now,
        zone,
        dry_run,
        why: Why::Asked,
        also: &[],
    };
    let of = ids.transaction();
    let mut became = Found::Open;
    let held = accounts::decide_so::<R>(store, customer, way, |account, rev, prior| {
        let decision = decide(account, program, &command, prior, now, zone)?;
        let Decision::Done(outcome) = &decision else {
            return Ok(decision);
        };
        if outcome.replayed {
            match found(account, prior, of)? {
                Ok(found) => became = found,
                Err(want) => return Ok(Decision::Read(want)),
            }
        } else {
            became = Found::Open;
            check(account, rev)?;
        }
        Ok(decision)
    })
    .await?;
    if let (true, Found::Open, Some(terms)) = (dry_run, &became, terms) {
        let would = (terms.clone(), held.outcome.answer);
        return Ok(Redeemed::Would(Box::new(would)));
    }
    let before = became != Found::Open;
    if !before && !dry_run {
        let going = Going {
            store,
            program,
            now,
            zone,
        };
        became = going.on(customer, of, reward, terms).await?;
    }
    Ok(match became {
        Found::Issued(issued) => Redeemed::Issued(issued, before),
        Found::Refused | Found::Open => match terms {
            Some(terms) if terms.has_pool() && left != Some(0) => Redeemed::PoolEmpty,
            _ => Redeemed::OutOfStock,
        },
    })
}

/// How many are left of the stock and of the pool. Where that is none, old claims are settled first: one of them may be nobody's.
async fn left_of(
    store: &Store,
    reward: &Slug,
    terms: &Reward,
    dry_run: bool,
    now: Timestamp,
    zone: &Zone,
) -> Result<(Option<u64>, Option<u64>), StoreError> {
    let codes = match terms.has_pool() {
        true => Some(pools::total(store, reward).await?),
        false => None,
    };
    let left = |stock: &Stock| {
        let codes_left = codes.map(|total| stock.codes_left(total));
        (stock.left(terms.stock), codes_left)
    };
    let found = stock(store, reward).await?;
    let (of_stock, of_codes) = left(&found);
    let short = of_stock == Some(0) || of_codes == Some(0) || found.claims.len() > MANY;
    if dry_run || !short || !settle_old(store, reward, &found, now, zone).await? {
        return Ok((of_stock, of_codes));
    }
    Ok(left(&stock(store, reward).await?))
}

/// Asks the accounts of old claims what became of them. Says whether there were any.
async fn settle_old(
    store: &Store,
    reward: &Slug,
    stock: &Stock,
    now: Timestamp,
    zone: &Zone,
) -> Result<bool, StoreError> {
    let is_old = |claim: &&Claim| now.millis_since(claim.at) > OLD;
    let old: Vec<&Claim> = stock.claims.iter().filter(is_old).take(AT_A_TIME).collect();
    for claim in &old {
        let Claim {
            customer,
            of,
            serial,
            ..
        } = claim;
        go_on(store, customer, now, zone).await?;
        match look(store, customer, of, now, zone).await? {
            // Somebody may be just about it.
            Found::Open => {}
            Found::Issued(issued) if issued.issue.serial == *serial => {
                change_stock(store, reward, now, |stock| (stock.acknowledge(*serial), ())).await?;
            }
            Found::Issued(_) | Found::Refused => {
                release(store, reward, *serial, now).await?;
            }
        }
    }
    Ok(!old.is_empty())
}

/// Goes on with every redemption of a customer that nobody has finished in time.
pub async fn go_on(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let found = accounts::ledger(store, customer).await?;
    let waits = |hold: &rapport_loyalty::Hold| {
        let pending = hold.reward.as_ref().filter(|of| of.look_at <= now)?;
        Some((hold.id.clone(), pending.reward.clone()))
    };
    let waiting: Vec<_> = found.value.holds.iter().filter_map(waits).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let listed = catalogue(store).await?;
    let program = accounts::program(store).await?;
    let going = Going {
        store,
        program: program.as_ref().as_ref().map(|found| &found.value),
        now,
        zone,
    };
    for (of, reward) in waiting {
        let rewards = listed.as_ref().as_ref().map(|found| &found.value.rewards);
        let terms = rewards.and_then(|rewards| rewards.get(&reward));
        let terms = terms.map(|listed| &listed.reward);
        going.on(customer, &of, &reward, terms).await?;
    }
    Ok(())
}

/// What became of the redemption `of`.
async fn look(
    store: &Store,
    customer: &CustomerId,
    of: &TransactionId,
    now: Timestamp,
    zone: &Zone,
) -> Result<Found, StoreError> {
    /// The only way out of a decision that changes nothing.
    enum Out {
        Found(Box<Found>),
        Rejected(Rejection),
    }
    impl From<Rejection> for Out {
        fn from(rejection: Rejection) -> Self {
            Self::Rejected(rejection)
        }
    }
    let way = Way {
        now,
        zone,
        dry_run: true,
        why: Why::Asked,
        also: &[],
    };
    let looked =
        accounts::decide_so::<Out>(store, customer, way, |account, _, prior| {
            match found(account, prior, of)? {
                Ok(found) => Err(Out::Found(Box::new(found))),
                Err(want) => Ok(Decision::Read(want)),
            }
        })
        .await;
    match looked {
        Err(UpdateError::Rejected(Out::Found(found))) => Ok(*found),
        Err(UpdateError::Rejected(Out::Rejected(rejection))) => {
            Err(DriverError::Failed(rejection.to_string()).into())
        }
        Err(UpdateError::Store(error)) => Err(error),
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(Found::Refused),
    }
}

/// The second and third steps.
struct Going<'a> {
    store: &'a Store,
    program: Option<&'a Program>,
    now: Timestamp,
    zone: &'a Zone,
}

impl Going<'_> {
    /// Goes on with the redemption `of`, whose points are held.
    async fn on(
        &self,
        customer: &CustomerId,
        of: &TransactionId,
        reward: &Slug,
        terms: Option<&Reward>,
    ) -> Result<Found, StoreError> {
        // A reward that was deleted meanwhile has nothing left.
        let Some(terms) = terms else {
            return self.refuse(customer, of).await;
        };
        let (store, now) = (self.store, self.now);
        let codes = match terms.has_pool() {
            true => Some(pools::total(store, reward).await?),
            false => None,
        };
        let claimed = change_stock(store, reward, now, |stock| {
            match stock.claim(customer, of, terms.stock, codes, now) {
                Claimed::Now(number) => (true, Some(Some(number))),
                Claimed::Before(number) => (false, Some(Some(number))),
                Claimed::Gone | Claimed::NoCode => (false, Some(None)),
                Claimed::Busy => (false, None),
            }
        })
        .await?;
        let Some(number) = claimed else {
            return Err(DriverError::Overloaded("too many claims are open".to_owned()).into());
        };
        let Some(number) = number else {
            return self.refuse(customer, of).await;
        };
        let became = self.fulfil(customer, of, reward, terms, number).await?;
        match &became {
            Found::Issued(issued) if issued.issue.serial == number.serial => {}
            // Nothing is known of it for good.
            Found::Open => {}
            // Somebody else was faster, with a number of their own, or gave the points back.
            Found::Issued(_) | Found::Refused => {
                release(store, reward, number.serial, now).await?;
            }
        }
        Ok(became)
    }

    /// The code of a voucher: that of the pool which was claimed, or a new one.
    async fn code(
        &self,
        reward: &Slug,
        terms: &Reward,
        number: Number,
    ) -> Result<String, StoreError> {
        if let Some(n) = number.code {
            return pools::code(self.store, reward, n).await;
        }
        let code = rapport_loyalty::reward::Code::new(self.store.secret()?);
        Ok(code.text(terms.voucher.prefix.as_deref()))
    }

    /// Captures the points.
    async fn fulfil(
        &self,
        customer: &CustomerId,
        of: &TransactionId,
        reward: &Slug,
        terms: &Reward,
        number: Number,
    ) -> Result<Found, StoreError> {
        let serial = number.serial;
        let issue = Issue {
            reward: reward.clone(),
            name: terms.name.clone(),
            code: self.code(reward, terms, number).await?,
            imported: number.code.is_some(),
            serial,
            uses: terms.voucher.uses,
            until: terms.voucher.valid_until(self.now, self.zone),
        };
        let fulfil = Fulfil::new(of, issue.clone());
        let voucher = Voucher {
            code: issue.code,
            imported: issue.imported,
            reward: issue.reward,
            name: issue.name,
            customer: customer.clone(),
            transaction: fulfil.transaction().clone(),
            serial,
            points: 0,
            issued_at: self.now,
            valid_until: issue.until,
            uses: issue.uses,
            used: Vec::new(),
            cancelled: None,
        };
        self.step(customer, of, Step::Fulfil(fulfil), Some(voucher))
            .await
    }

    async fn refuse(&self, customer: &CustomerId, of: &TransactionId) -> Result<Found, StoreError> {
        let refuse = Step::Refuse(Refuse::new(of));
        self.step(customer, of, refuse, None).await
    }

    /// Takes `step` in the account, and says what has become of the redemption then, whoever brought it there.
    async fn step(
        &self,
        customer: &CustomerId,
        of: &TransactionId,
        step: Step,
        voucher: Option<Voucher>,
    ) -> Result<Found, StoreError> {
        let Self {
            store,
            program,
            now,
            zone,
        } = *self;
        // What was paid is what is held.
        let held = accounts::ledger(store, customer).await?;
        let mut holds = held.value.holds.iter();
        let points = holds.find(|hold| hold.id == *of).map_or(0, |h| h.points);
        let also: Vec<Effect> = voucher
            .map(|voucher| Effect::Issue(Box::new(Voucher { points, ..voucher })))
            .into_iter()
            .collect();
        let way = Way {
            now,
            zone,
            dry_run: false,
            why: Why::Asked,
            also: &also,
        };
        let command = Command::Reward(Box::new(step));
        let done = accounts::decide_so::<Rejection>(store, customer, way, |account, _, prior| {
            decide(account, program, &command, prior, now, zone)
        })
        .await;
        match done {
            Ok(_)
            | Err(
                // It was closed in the other way before, or there is nothing to close.
                UpdateError::Rejected(
                    Rejection::HoldClosed { .. } | Rejection::UnknownTransaction { .. },
                ),
            ) => look(store, customer, of, now, zone).await,
            Err(UpdateError::Store(error)) => Err(error),
            Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
                Err(accounts::damaged(customer, entry))
            }
            Err(UpdateError::Rejected(rejection)) => {
                Err(DriverError::Failed(rejection.to_string()).into())
            }
            Err(UpdateError::KeyReused | UpdateError::AnswerGone) => {
                look(store, customer, of, now, zone).await
            }
        }
    }
}
