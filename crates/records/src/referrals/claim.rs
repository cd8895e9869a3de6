//! A code is claimed: the customer was brought by whose it is.
//!
//! Nobody brings themselves, nor anybody who brought them, nor those who brought those. Two who claim each other's codes at
//! the same moment do not see each other, so a claim is written down first, then looked at for a circle, then confirmed: whoever
//! wrote last of those who would close one sees all the others. Several may see it; of those that are not sure yet the one that came first
//! goes on, and withdraws another before it looks again, while the others withdraw themselves.
//!
//! To look for a circle is to go up from who brought them. Each referral knows somebody far above it, over others that are sure and
//! stay: mostly the first of all of them, so that it takes two reads whatever the number of those between. Nothing is passed over that
//! may be withdrawn.

use std::fmt;

use rapport_loyalty::referral::{Next, On, Referral, ReferralCode, Stage};
use rapport_store::{Change, Nothing, Once, Request, Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::{Referrals, finish, key, log_of, only_store, owner, read, set_timer};
use crate::{accounts, customers};

/// The most referrals that are looked at on the way up. Each but the first takes somebody who was brought only after they, or
/// those whom they brought, had brought others.
const MOST_STEPS: usize = 64;

/// Who claims what.
pub struct Asked<'a> {
    /// The code.
    pub code: &'a ReferralCode,
    /// Who was brought.
    pub customer: &'a CustomerId,
    /// When.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// The client's idempotency key, if it sent one.
    pub once: Option<&'a Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claimed {
    /// The referral as it is now.
    pub referral: Referral,
    /// It had been claimed before.
    pub replayed: bool,
}

/// Why a claim is refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The programme has no referrals.
    NoTerms,
    /// Nobody's code.
    UnknownCode {
        /// What was typed.
        code: ReferralCode,
    },
    /// Their own code.
    Own {
        /// Who.
        customer: CustomerId,
    },
    /// They brought who would bring them, or those who brought these.
    Circle {
        /// Who would be brought.
        customer: CustomerId,
        /// Whose code it is.
        by: CustomerId,
    },
    /// Somebody else brought them.
    Before {
        /// Who was brought.
        customer: CustomerId,
        /// By whom.
        by: CustomerId,
        /// With which code.
        code: ReferralCode,
    },
    /// They have been a customer for too long.
    TooLate {
        /// Who.
        customer: CustomerId,
        /// Since when.
        since: Timestamp,
    },
    /// They have ordered before.
    Ordered {
        /// Who.
        customer: CustomerId,
        /// How many orders they have.
        orders: i64,
        /// Which one would have counted.
        number: u32,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTerms => f.write_str("the programme gives nothing for referrals"),
            Self::UnknownCode { code } => write!(f, "nobody has the referral code {code}"),
            Self::Own { customer } => write!(
                f,
                "the code is that of {customer} themselves; a customer is brought by another"
            ),
            Self::Circle { customer, by } => write!(
                f,
                "customer {by} was brought by {customer}, or by somebody whom {customer} brought, so they cannot bring {customer}"
            ),
            Self::Before { customer, by, code } => write!(
                f,
                "customer {customer} was brought by {by} already, with the code {code}; a customer is brought once"
            ),
            Self::TooLate { customer, since } => write!(
                f,
                "customer {customer} has been one since {since}, longer than those may be who are referred"
            ),
            Self::Ordered {
                customer,
                orders,
                number,
            } => write!(
                f,
                "customer {customer} has {orders} orders already, and order {number} is what a referral is paid for"
            ),
        }
    }
}

/// Claims a code. The same claim again answers how it stands.
#[boxed]
pub async fn claim<'a>(
    store: &'a Store,
    asked: Asked<'a>,
) -> Result<Claimed, UpdateError<Refused>> {
    // With an idempotency key that came before, the answer of then.
    if let Some(mut answer) = settled(store, &asked).await? {
        answer.replayed = true;
        return Ok(answer);
    }
    let Asked {
        code,
        customer,
        now,
        zone,
        dry_run,
        ..
    } = asked;
    let before = read(store, customer).await?;
    let replayed = before.is_some();
    let referral = match before {
        Some(before) => before,
        None => begin(store, &asked).await?,
    };
    same(&asked, &referral)?;
    if dry_run {
        return Ok(Claimed { referral, replayed });
    }
    // It will be due at once; should this process end before it is paid, the tick finds it.
    if referral.terms.on == On::SignUp && referral.next(now) != Next::Nothing {
        set_timer(store, customer, now).await?;
    }
    let became = finish(store, customer, now, zone).await?;
    let Some(referral) = became else {
        let by = owner(store, code).await?;
        return Err(circle(customer, by.as_ref()));
    };
    same(&asked, &referral)?;
    if let Some(mut answer) = settled(store, &asked).await? {
        answer.replayed |= replayed;
        return Ok(answer);
    }
    Ok(Claimed { referral, replayed })
}

/// How the claim stands where there is nothing left to do about it at once; that is then kept with the idempotency key. `None`: there is.
async fn settled(
    store: &Store,
    asked: &Asked<'_>,
) -> Result<Option<Claimed>, UpdateError<Refused>> {
    if asked.once.is_none() {
        return Ok(None);
    }
    let request = Request {
        now: asked.now,
        once: asked.once,
        dry_run: asked.dry_run,
        carrier: &Nothing,
    };
    let kept = store
        .update::<Referrals, Referral, ()>(&key(asked.customer), request, |current| {
            let same = |referral: &Referral| referral.code == *asked.code;
            let ready = |referral: &Referral| {
                matches!(
                    referral.stage,
                    Stage::Waiting | Stage::Paid | Stage::Revoked
                )
            };
            match current.value {
                Some(referral) if same(&referral) && ready(&referral) => Ok(Change::Keep(referral)),
                _ => Err(()),
            }
        })
        .await;
    match kept {
        Ok(committed) => Ok(Some(Claimed {
            referral: committed.answer,
            replayed: committed.replayed,
        })),
        Err(UpdateError::Rejected(())) => Ok(None),
        Err(UpdateError::KeyReused) => Err(UpdateError::KeyReused),
        Err(UpdateError::AnswerGone) => Err(UpdateError::AnswerGone),
        Err(UpdateError::Store(error)) => Err(UpdateError::Store(error)),
    }
}

/// Whether `referral` is what is asked for.
fn same(asked: &Asked<'_>, referral: &Referral) -> Result<(), UpdateError<Refused>> {
    if referral.code == *asked.code {
        return Ok(());
    }
    Err(UpdateError::Rejected(Refused::Before {
        customer: referral.customer.clone(),
        by: referral.by.clone(),
        code: referral.code.clone(),
    }))
}

fn circle(customer: &CustomerId, by: Option<&CustomerId>) -> UpdateError<Refused> {
    UpdateError::Rejected(Refused::Circle {
        customer: customer.clone(),
        by: by.unwrap_or(customer).clone(),
    })
}

/// Writes the claim down, where nothing is against it.
pub(super) async fn begin(
    store: &Store,
    asked: &Asked<'_>,
) -> Result<Referral, UpdateError<Refused>> {
    let Asked {
        code,
        customer,
        now,
        ..
    } = *asked;
    let program = accounts::program(store).await?;
    let program = program.as_ref().as_ref();
    let Some(terms) = program.and_then(|found| found.value.referral.clone()) else {
        return Err(UpdateError::Rejected(Refused::NoTerms));
    };
    let Some(by) = owner(store, code).await? else {
        let code = code.clone();
        return Err(UpdateError::Rejected(Refused::UnknownCode { code }));
    };
    if by == *customer {
        let customer = by;
        return Err(UpdateError::Rejected(Refused::Own { customer }));
    }
    if let Some(within) = terms.within {
        let found = customers::read(store, customer).await?;
        let since = found.map(|found| found.value.customer.created_at);
        if let Some(since) = since.filter(|since| since.plus(within) <= now) {
            let customer = customer.clone();
            return Err(UpdateError::Rejected(Refused::TooLate { customer, since }));
        }
    }
    if let On::Order(number) = terms.on {
        let orders = orders_of(store, customer).await?;
        if orders >= i64::from(number) {
            return Err(UpdateError::Rejected(Refused::Ordered {
                customer: customer.clone(),
                orders,
                number,
            }));
        }
    }
    let Upward::To(above) = upward(store, customer, &by).await? else {
        return Err(circle(customer, Some(&by)));
    };
    let referral = Referral::claim(
        customer.clone(),
        by.clone(),
        above,
        code.clone(),
        terms,
        now,
    );
    if asked.dry_run {
        return Ok(referral);
    }
    let at = key(customer).listed_in(log_of(&by));
    let begun = store
        .update::<Referrals, Referral, std::convert::Infallible>(
            &at,
            Request::plain(now, &Nothing),
            |current| {
                // One that was withdrawn stands in its referrer's list, and may become one of theirs again.
                let free = |there: &Referral| !there.stands() && there.by == by;
                Ok(match current.value {
                    Some(there) if !free(&there) => Change::Keep(there),
                    _ => Change::Commit {
                        value: referral.clone(),
                        effects: Vec::new(),
                        answer: referral.clone(),
                    },
                })
            },
        )
        .await;
    let begun = begun.map_err(|error| only_store(error, at.as_str()))?;
    Ok(begun.answer)
}

/// How many orders a customer has.
pub(super) async fn orders_of(store: &Store, customer: &CustomerId) -> Result<i64, StoreError> {
    Ok(accounts::ledger(store, customer).await?.value.orders())
}

/// Where the way up leads from who brings somebody.
pub(super) enum Upward {
    /// To the top, and over referrals that are sure to this one.
    To(CustomerId),
    /// Back to who is brought, over these that are not sure yet; or too far to say.
    Circle(Vec<Referral>),
}

/// Where it leads from `by` for `customer`.
pub(super) async fn upward(
    store: &Store,
    customer: &CustomerId,
    by: &CustomerId,
) -> Result<Upward, StoreError> {
    let mut unsure = Vec::new();
    let mut at = by.clone();
    let mut sure = by.clone();
    let mut all_sure = true;
    for _ in 0..MOST_STEPS {
        if at == *customer {
            return Ok(Upward::Circle(unsure));
        }
        let Some(referral) = read(store, &at).await? else {
            return Ok(Upward::To(sure));
        };
        all_sure &= referral.is_sure();
        at = referral.above.clone();
        if all_sure {
            sure = at.clone();
        }
        if !referral.is_sure() {
            unsure.push(referral);
        }
    }
    Ok(Upward::Circle(Vec::new()))
}
