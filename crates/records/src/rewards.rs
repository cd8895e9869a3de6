//! The catalogue of rewards, their stocks, and vouchers.
//!
//! To redeem takes the customer's account and the reward's stock. The points are held in the account, with a timer; a number is
//! claimed in the stock; the account captures the points with that number, and its commit causes the voucher and settles the claim, from its
//! outbox. Whatever crashes in between, the account says how far it is: the same request made again goes on from there, and so does the
//! tick when the timer is due. A claim that is old is settled by asking its account ([`redeem`](fn@redeem)).
//!
//! A voucher's document is found by its code; those of a customer are a log.
//!
//! # Layout of rewards
//!
//! - `redeem`: the three steps, and going on with them.
//! - `vouchers`: using and cancelling them.
//! - [`pools`]: codes that were imported.

pub mod pools;
mod redeem;
mod vouchers;

use std::collections::BTreeMap;

use futures_util::future::try_join;
use rapport_loyalty::reward::{Reward, Stock};
use rapport_rules::{Rule, matches};
use rapport_store::{Change, Key, NoEffect, Nothing, Request, Store, StoreError, Table, boxed};
use rapport_store::{UpdateError, Versioned};
use rapport_types::{CustomerId, Slug, Timestamp, Violation, Zone};
use serde::{Deserialize, Serialize};

pub use redeem::{Asked, Redeemed, go_on, redeem};
pub(crate) use vouchers::issue;
pub use vouchers::{VoucherCarrier, VoucherEffect, Vouchers, cancel, log_of, voucher_keys};

use crate::beside::{Beside, Needs};
use crate::customers::{self, CustomerRecord};
use crate::references;
use crate::segments::{self, Compiled};

/// The catalogue, the only one of the shop.
pub struct Catalogues;

impl Table for Catalogues {
    type Value = Catalogue;
    type Effect = NoEffect;
    const NAME: &'static str = "rewards";
    const SCHEMA: u32 = 1;
}

/// Every reward, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The rewards.
    pub rewards: BTreeMap<Slug, Listed>,
}

/// A reward of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// What it is.
    pub reward: Reward,
    /// The catalogue's revision when it was changed last.
    pub rev: u64,
}

/// Stocks, one per reward that was ever redeemed.
pub struct Stocks;

impl Table for Stocks {
    type Value = Stock;
    type Effect = NoEffect;
    const NAME: &'static str = "stock";
    const SCHEMA: u32 = 1;
}

/// The catalogue, kept in the instance.
#[boxed]
pub async fn catalogue(
    store: &Store,
) -> Result<std::sync::Arc<Option<Versioned<Catalogue>>>, StoreError> {
    let key = Key::<Catalogues>::single();
    store.read_compiled(&key, |found| found).await
}

/// The stock of a reward; an untouched one where it was never redeemed.
#[boxed]
pub async fn stock(store: &Store, reward: &Slug) -> Result<Stock, StoreError> {
    let found = store.read(&stock_key(reward)).await?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

/// The stocks of several rewards, in their order.
#[boxed]
pub async fn stocks(store: &Store, rewards: &[&Slug]) -> Result<Vec<Stock>, StoreError> {
    let keys: Vec<_> = rewards.iter().map(|reward| stock_key(reward)).collect();
    let found = store.read_all(&keys).await?;
    let stock = |found: Option<Versioned<Stock>>| found.map(|f| f.value).unwrap_or_default();
    Ok(found.into_iter().map(stock).collect())
}

fn stock_key(reward: &Slug) -> Key<Stocks> {
    Key::of(reward.as_str())
}

/// Changes the stock of a reward, where `change` answers that it did.
async fn change_stock<A: Send + Serialize + serde::de::DeserializeOwned>(
    store: &Store,
    reward: &Slug,
    now: Timestamp,
    mut change: impl FnMut(&mut Stock) -> (bool, A) + Send,
) -> Result<A, StoreError> {
    let request = Request::plain(now, &Nothing);
    let decide = |current: rapport_store::Current<Stocks>| {
        let mut value = current.value.unwrap_or_default();
        let (changed, answer) = change(&mut value);
        Ok(match changed {
            false => Change::Keep(answer),
            true => Change::Commit {
                value,
                effects: Vec::new(),
                answer,
            },
        })
    };
    let changed = store
        .update::<_, A, std::convert::Infallible>(&stock_key(reward), request, decide)
        .await;
    match changed {
        Ok(committed) => Ok(committed.answer),
        Err(error) => Err(only_store(error, stock_key(reward).as_str())),
    }
}

/// What is left of an error where nothing is rejected and no key can be reused.
fn only_store(error: UpdateError<std::convert::Infallible>, key: &str) -> StoreError {
    match error {
        UpdateError::Store(error) => error,
        UpdateError::Rejected(never) => match never {},
        UpdateError::KeyReused | UpdateError::AnswerGone => StoreError::Corrupt {
            key: key.to_owned(),
            why: "an update without a key was answered for one".to_owned(),
        },
    }
}

/// `serial` of the stock is free again; a code that came with it is not, as somebody saw it.
#[boxed]
pub(crate) async fn give_back(
    store: &Store,
    reward: &Slug,
    serial: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    change_stock(store, reward, now, |stock| (stock.give_back(serial), ())).await
}

/// The claim of `serial` came to nothing: it is free again, and its code, too.
async fn release(
    store: &Store,
    reward: &Slug,
    serial: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    change_stock(store, reward, now, |stock| (stock.release(serial), ())).await
}

/// What is wrong with a reward, its audience included; empty when nothing is.
pub fn check(reward: &Reward) -> Vec<Violation> {
    let mut wrong = reward.check();
    if let Some(Err(violations)) = reward.audience.as_ref().map(Rule::parse) {
        let at = |violation: Violation| violation.under("/audience");
        wrong.extend(violations.into_iter().map(at));
    }
    wrong
}

/// Where the audience of a reward names segments or scores that there are not: nobody could tell who may redeem it.
pub fn check_names(reward: &Reward, definitions: &Compiled) -> Vec<Violation> {
    let audience = reward.audience.iter();
    let unknown = audience.flat_map(|rule| references::unknown(rule, definitions));
    unknown
        .map(|violation| violation.under("/audience"))
        .collect()
}

/// Which of `rules` a customer passes, in their order. `None` passes. A rule that cannot be read any more does not.
#[boxed]
pub async fn passes(
    store: &Store,
    customer: &CustomerId,
    rules: &[Option<&serde_json::Value>],
    now: Timestamp,
    zone: &Zone,
) -> Result<Vec<bool>, StoreError> {
    if rules.iter().all(Option::is_none) {
        return Ok(rules.iter().map(|_| true).collect());
    }
    let (definitions, found) =
        try_join(segments::compiled(store), customers::read(store, customer)).await?;
    let record = match found {
        Some(found) => found.value,
        None => CustomerRecord::absent(customer.clone(), now),
    };
    let linked: Vec<Option<Option<Rule>>> = rules
        .iter()
        .map(|rule| {
            rule.map(|json| {
                let mut rule = Rule::parse(json).ok()?;
                definitions.link(&mut rule);
                Some(rule)
            })
        })
        .collect();
    let rules = linked.iter().flatten().flatten();
    let needs = rules.map(|rule| definitions.needs_of(rule));
    let needs = needs.fold(Needs::default(), Needs::and);
    let beside = Beside::load(store, customer, needs, zone).await?;
    let facts = definitions.facts(&record, &beside);
    let pass = |rule: &Option<Option<Rule>>| match rule {
        None => true,
        Some(None) => false,
        Some(Some(rule)) => matches(rule, &facts, now, zone),
    };
    Ok(linked.iter().map(pass).collect())
}
