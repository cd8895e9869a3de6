//! A reward is redeemed: hold, claim, capture or void.
//!
//! The account knows how far a redemption is: its points are held, or captured with a number and a code, or given back. Only the first step is
//! asked for by a client; who finds points held goes on: the same request again, or the tick. A claim is settled by the account's
//! own outbox. Where a process ended between claim and capture and another one finished with a number of its own, the first number is
//! left in the stock as an old claim; who meets one asks its account.
//!
//! # Layout of redeeming
//!
//! - `steps`: the second and third steps, claim and capture.
//! - `late`: what nobody has finished in time.

mod late;
mod steps;

use rapport_loyalty::reward::{Found, Issued, Redeem, Reward, Step, Stock, found};
use rapport_loyalty::{Account, Answer, Command, Decision, Ids, Rejection, decide};
use rapport_store::{Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};

use super::{catalogue, passes, pools, stock};
use crate::accounts::{self, Way, Why};

pub use late::go_on;
use late::settle_old;
use steps::Going;

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
