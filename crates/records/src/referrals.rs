//! Referrals: codes, claims, and the points that follow.
//!
//! A claim is one document, that of the customer who was brought: so there is one at most. It is listed with the customer who brought
//! them. The points go to two accounts, and no account's effect touches another account: so the referral itself says what is to be
//! done next, and whoever finds that does it ([`finish`](fn@finish)): the request that made it so, the same request again, or the tick, for
//! a timer is set before.
//!
//! An order that may matter to a referral is known to the customer's account alone. Whoever is about to let something earn, or
//! to take it back, asks [`awaiting`] first; the account's commit then causes a timer, and nothing else.
//!
//! # Layout of referrals
//!
//! - this page: the documents, and codes.
//! - `claim`: a code is claimed, and circles are found.
//! - `finish`: what is to be done next is done.
//! - [`told`]: a code that comes with what is said of a customer.

mod claim;
mod finish;
pub mod told;

use std::convert::Infallible;

use rapport_loyalty::Program;
use rapport_loyalty::referral::{Referral, ReferralCode};
use rapport_store::{
    Change, Key, NoEffect, Nothing, Request, Store, StoreError, Table, Timer, UpdateError, boxed,
    log,
};
use rapport_types::{CustomerId, Timestamp};
use serde::{Deserialize, Serialize};

pub use claim::{Asked, Claimed, Refused, claim};
pub use finish::{finish, finish_quietly};

use crate::accounts::Effect;

/// Referrals, one for each customer who was brought, each listed in the log of who brought them.
pub struct Referrals;

impl Table for Referrals {
    type Value = Referral;
    type Effect = NoEffect;
    const NAME: &'static str = "referral";
    const SCHEMA: u32 = 1;
}

/// The codes of customers.
struct Referrers;

impl Table for Referrers {
    type Value = Referrer;
    type Effect = NoEffect;
    const NAME: &'static str = "referrer";
    const SCHEMA: u32 = 1;
}

/// Whose a code is.
struct Codes;

impl Table for Codes {
    type Value = Owner;
    type Effect = NoEffect;
    const NAME: &'static str = "referral-code";
    const SCHEMA: u32 = 1;
}

/// A customer's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referrer {
    /// The code.
    pub code: ReferralCode,
    /// When it was made.
    pub made_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    customer: CustomerId,
}

/// The log of those whom a customer has brought.
pub fn log_of(referrer: &CustomerId) -> String {
    log::name("referrals", referrer.as_str())
}

/// Where it stands that `customer` was brought.
pub fn key(customer: &CustomerId) -> Key<Referrals> {
    Key::of(customer.as_str())
}

/// By whom `customer` was brought, if they were.
#[boxed]
pub async fn read(store: &Store, customer: &CustomerId) -> Result<Option<Referral>, StoreError> {
    let found = store.read(&key(customer)).await?;
    Ok(found.map(|found| found.value).filter(Referral::stands))
}

/// The code of a customer, if one was made.
#[boxed]
pub async fn code_of(store: &Store, customer: &CustomerId) -> Result<Option<Referrer>, StoreError> {
    let found = store.read(&Key::<Referrers>::of(customer.as_str())).await?;
    Ok(found.map(|found| found.value))
}

/// The code of a customer, which is made where there is none, and whether it was.
///
/// First the code says whose it is, then the customer says which is theirs: one that was made and then not needed leads nowhere.
#[boxed]
pub async fn make_code(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<(Referrer, bool), StoreError> {
    if let Some(found) = code_of(store, customer).await? {
        return Ok((found, false));
    }
    loop {
        let code = ReferralCode::new(store.secret()?);
        let owner = Owner {
            customer: customer.clone(),
        };
        let registered = put::<Codes>(store, &Key::of(code.as_str()), owner.clone(), now).await?;
        // One of a million million was drawn twice.
        if registered.0 != owner {
            continue;
        }
        let mine = Referrer { code, made_at: now };
        return put::<Referrers>(store, &Key::of(customer.as_str()), mine, now).await;
    }
}

/// Puts `value` where nothing is, and answers what stands there then, and whether that was it.
async fn put<T>(
    store: &Store,
    key: &Key<T>,
    value: T::Value,
    now: Timestamp,
) -> Result<(T::Value, bool), StoreError>
where
    T: Table<Effect = NoEffect>,
    T::Value: Clone,
{
    let request = Request::plain(now, &Nothing);
    let put = store.update::<T, (T::Value, bool), Infallible>(key, request, |current| {
        Ok(match current.value {
            Some(there) => Change::Keep((there, false)),
            None => Change::Commit {
                value: value.clone(),
                effects: Vec::new(),
                answer: (value.clone(), true),
            },
        })
    });
    match put.await {
        Ok(committed) => Ok(committed.answer),
        Err(error) => Err(only_store(error, key.as_str())),
    }
}

/// Whose `code` is.
async fn owner(store: &Store, code: &ReferralCode) -> Result<Option<CustomerId>, StoreError> {
    let found = store.read(&Key::<Codes>::of(code.as_str())).await?;
    let Some(owner) = found.map(|found| found.value.customer) else {
        return Ok(None);
    };
    let theirs = code_of(store, &owner).await?;
    Ok(theirs.filter(|theirs| theirs.code == *code).map(|_| owner))
}

/// What a commit of the account of `customer` has to cause, where a referral waits for their orders, or may be taken back with one.
#[boxed]
pub async fn awaiting(
    store: &Store,
    program: Option<&Program>,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<Option<Effect>, StoreError> {
    if program.is_none_or(|program| program.referral.is_none()) {
        return Ok(None);
    }
    let found = read(store, customer).await?;
    let waits = found.filter(|referral| referral.asks_for_orders(now));
    Ok(waits.map(|referral| Effect::Referral {
        of: referral.customer,
    }))
}

/// Sees to it that a tick looks at the referral of `customer`.
#[boxed]
pub(crate) async fn set_timer(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let timer = Timer {
        key: key(customer).as_str().to_owned(),
        of: customer.as_str().to_owned(),
        at: now,
    };
    store.set_timer(&timer, now).await
}

/// What is left of an error where nothing is rejected and no key can be reused.
fn only_store(error: UpdateError<Infallible>, key: &str) -> StoreError {
    match error {
        UpdateError::Store(error) => error,
        UpdateError::Rejected(never) => match never {},
        UpdateError::KeyReused | UpdateError::AnswerGone => StoreError::Corrupt {
            key: key.to_owned(),
            why: "an update without a key was answered for one".to_owned(),
        },
    }
}
