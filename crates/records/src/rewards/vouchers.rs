//! Vouchers: issued with the commit that captured their points, used, and cancelled.
//!
//! To cancel one takes two documents again, in this order: the voucher is dead with its own commit, which causes the points to go back, and the commit of
//! the account gives the number back to the stock. Each is done once, whoever carries it out and however often.

use async_trait::async_trait;
use rapport_loyalty::reward::pool::clean;
use rapport_loyalty::reward::{Cancel, Code, Step, Voucher, VoucherRejection};
use rapport_loyalty::{Command, Rejection, TransactionId, decide};
use rapport_store::{
    Carrier, Change, Committed, Current, Key, Request, Sender, Store, StoreError, Table,
    UpdateError, boxed, log,
};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::{change_stock, only_store};
use crate::accounts::{self, Effect, Way, Why};

/// Vouchers, each listed in the log of its customer.
pub struct Vouchers;

impl Table for Vouchers {
    type Value = Voucher;
    type Effect = VoucherEffect;
    const NAME: &'static str = "voucher";
    const SCHEMA: u32 = 1;
}

/// What a commit of a voucher causes elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoucherEffect {
    /// The points go back, and the number.
    Return {
        /// To whom.
        to: CustomerId,
        /// What is taken back.
        transaction: TransactionId,
        /// The reward.
        reward: Slug,
        /// The number in its stock.
        serial: u64,
    },
}

/// The log of a customer's vouchers.
pub fn log_of(customer: &CustomerId) -> String {
    log::name("vouchers", customer.as_str())
}

/// Where the voucher with the code that somebody typed may stand: none, one or two places, to be looked at in this order.
pub fn voucher_keys(typed: &str) -> Vec<Key<Vouchers>> {
    let generated = Code::parse(typed).map(|code| Key::of(code.as_str()));
    let imported = clean(typed).ok().map(imported_key);
    generated.into_iter().chain(imported).collect()
}

/// Codes of others stand apart: one of them may look like one of ours.
fn imported_key(code: &str) -> Key<Vouchers> {
    Key::of(&format!("imported:{code}"))
}

fn key_of(voucher: &Voucher) -> Option<Key<Vouchers>> {
    if voucher.imported {
        return Some(imported_key(&voucher.code));
    }
    Code::parse(&voucher.code).map(|code| Key::of(code.as_str()))
}

/// Carries out what commits of vouchers cause.
pub struct VoucherCarrier<'a> {
    /// When it is carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
}

#[async_trait]
impl Carrier<Vouchers> for VoucherCarrier<'_> {
    async fn carry(
        &self,
        store: &Store,
        _sender: Sender<'_, Vouchers>,
        effects: &[VoucherEffect],
    ) -> Result<(), StoreError> {
        for effect in effects {
            let VoucherEffect::Return {
                to,
                transaction,
                reward,
                serial,
            } = effect;
            let also = [Effect::GiveBack {
                reward: reward.clone(),
                serial: *serial,
            }];
            give_points_back(store, to, transaction, &also, self.now, self.zone).await?;
        }
        Ok(())
    }
}

async fn give_points_back(
    store: &Store,
    customer: &CustomerId,
    transaction: &TransactionId,
    also: &[Effect],
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let way = Way {
        now,
        zone,
        dry_run: false,
        why: Why::Asked,
        also,
    };
    let program = accounts::program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let asked = Command::Reward(Box::new(Step::Cancel(Cancel::new(transaction))));
    let done = accounts::decide_so::<Rejection>(store, customer, way, |account, _, prior| {
        decide(account, program, &asked, prior, now, zone)
    });
    match done.await {
        Ok(_) => Ok(()),
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
            Err(accounts::damaged(customer, entry))
        }
        // An account that no sum can describe any more is left as it is; nothing else is rejected here.
        Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(()),
    }
}

/// Whoever issues a voucher carries nothing of it out: one that is there already may wait for its account, which is just being
/// carried out.
struct LeaveIt;

#[async_trait]
impl Carrier<Vouchers> for LeaveIt {
    async fn carry(
        &self,
        _store: &Store,
        _sender: Sender<'_, Vouchers>,
        _effects: &[VoucherEffect],
    ) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Sees to it that `voucher` is there, and settles its claim.
#[boxed]
pub(crate) async fn issue(
    store: &Store,
    voucher: &Voucher,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(key) = key_of(voucher) else {
        return Err(StoreError::Corrupt {
            key: accounts::key(&voucher.customer).as_str().to_owned(),
            why: "a voucher's code is none".to_owned(),
        });
    };
    let key = key.listed_in(log_of(&voucher.customer));
    // What is there stays as it is, so nothing of it is committed over. Nobody knows its code before this was done once.
    let issued = store
        .update::<_, (), std::convert::Infallible>(&key, Request::plain(now, &LeaveIt), |current| {
            Ok(match current.value {
                Some(_) => Change::Keep(()),
                None => Change::Commit {
                    value: voucher.clone(),
                    effects: Vec::new(),
                    answer: (),
                },
            })
        })
        .await;
    if let Err(error) = issued {
        return Err(only_store(error, key.as_str()));
    }
    let serial = voucher.serial;
    change_stock(store, &voucher.reward, now, |stock| {
        (stock.acknowledge(serial), ())
    })
    .await
}

/// Cancels the voucher at `key`; `None` where there is none. `check` has a last say before the commit.
pub async fn cancel<R: From<VoucherRejection> + Send>(
    store: &Store,
    key: &Key<Vouchers>,
    reason: Option<&String>,
    request: Request<'_, Vouchers>,
    mut check: impl FnMut(u64) -> Result<(), R> + Send,
) -> Result<Committed<Option<Voucher>>, UpdateError<R>> {
    let now = request.now;
    let decide = |current: Current<Vouchers>| {
        let rev = current.rev;
        let Some(mut voucher) = current.value else {
            return Ok(Change::Keep(None));
        };
        if !voucher.cancel(reason.cloned(), now)? {
            return Ok(Change::Keep(Some(voucher)));
        }
        check(rev)?;
        let effect = VoucherEffect::Return {
            to: voucher.customer.clone(),
            transaction: voucher.transaction.clone(),
            reward: voucher.reward.clone(),
            serial: voucher.serial,
        };
        Ok(Change::Commit {
            value: voucher.clone(),
            effects: vec![effect],
            answer: Some(voucher),
        })
    };
    store
        .update::<_, Option<Voucher>, R>(key, request, decide)
        .await
}
