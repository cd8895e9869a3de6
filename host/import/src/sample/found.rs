//! What is there after the sample, read back from the service.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};
use rapport_types::{Currency, Money};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{self, Client};
use crate::sample::shop;

/// The most customers that are looked at: a large shop is not read as a whole just to be counted.
const CUSTOMERS: usize = 10_000;
/// How many of the best are named.
const BEST: usize = 3;

/// What is there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Customers looked at.
    pub customers: u64,
    /// Whether there are more.
    pub more: bool,
    /// Their orders.
    pub orders: u64,
    /// Their spend by currency, in minor units.
    pub spend: BTreeMap<Currency, i64>,
    /// Their points that can be spent.
    pub points: i64,
    /// How many are in each tier, lowest first, and how many in none.
    pub tiers: Vec<(String, u64)>,
    /// How many are in each of the sample's segments.
    pub segments: Vec<(String, u64)>,
    /// Those who spent most, with what they spent.
    pub best: Vec<(String, Money)>,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Customer>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Customer {
    id: String,
    totals: Totals,
}

#[derive(Deserialize)]
struct Totals {
    orders: u64,
    spend: Option<Money>,
    #[serde(default)]
    other_spend: BTreeMap<Currency, i64>,
}

#[derive(Deserialize)]
struct Account {
    balance: Balance,
    tier: Option<String>,
}

#[derive(Deserialize)]
struct Balance {
    active: i64,
}

#[derive(Deserialize)]
struct Memberships {
    memberships: Vec<Membership>,
}

#[derive(Deserialize)]
struct Membership {
    segment: String,
}

#[derive(Deserialize)]
struct Program {
    tiers: Vec<Tier>,
}

#[derive(Deserialize)]
struct Tier {
    id: String,
}

/// Points, and customers by tier and by segment.
#[derive(Default)]
struct Standing {
    points: i64,
    tiers: BTreeMap<Option<String>, u64>,
    segments: BTreeMap<String, u64>,
}

/// Reads customers, accounts and memberships, `workers` at once.
pub fn read(client: &Client, workers: usize) -> Result<Found> {
    let mut found = Found::default();
    let customers = customers(client, &mut found)?;
    let standing = standings(client, &customers, workers)?;
    found.points = standing.points;
    let program: Program = get(client, "/v1/loyalty/program")?;
    let count = |tier: &Option<String>| standing.tiers.get(tier).copied().unwrap_or_default();
    found.tiers = program
        .tiers
        .into_iter()
        .map(|tier| (tier.id.clone(), count(&Some(tier.id))))
        .collect();
    if count(&None) > 0 {
        found.tiers.push(("none".into(), count(&None)));
    }
    found.segments = shop::segments()
        .map(|(id, _)| {
            (
                id.to_owned(),
                standing.segments.get(id).copied().unwrap_or_default(),
            )
        })
        .into();
    Ok(found)
}

/// Adds up what the list of customers says, and answers their ids.
fn customers(client: &Client, found: &mut Found) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut path = "/v1/customers?limit=200".to_owned();
    loop {
        let page: Page = get(client, &path)?;
        for Customer { id, totals } in page.items {
            found.customers += 1;
            found.orders += totals.orders;
            let spent = totals
                .spend
                .iter()
                .map(|money| (money.currency, money.amount));
            for (currency, amount) in spent.chain(totals.other_spend) {
                *found.spend.entry(currency).or_default() += amount;
            }
            if let Some(spend) = totals.spend {
                found.best.push((id.clone(), spend));
                // Who spent the same is told apart by id, so that two runs name the same.
                found
                    .best
                    .sort_by(|a, b| b.1.amount.cmp(&a.1.amount).then_with(|| a.0.cmp(&b.0)));
                found.best.truncate(BEST);
            }
            ids.push(id);
        }
        match page.next_cursor {
            Some(cursor) if ids.len() < CUSTOMERS => {
                path = format!("/v1/customers?limit=200&cursor={}", encoded(&cursor))
            }
            cursor => {
                found.more = cursor.is_some();
                return Ok(ids);
            }
        }
    }
}

fn standings(client: &Client, ids: &[String], workers: usize) -> Result<Standing> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let one = || -> Result<Standing> {
        let mut standing = Standing::default();
        while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed))
            && !failed.load(Ordering::Relaxed)
        {
            let id = encoded(id);
            let account: Account = get(client, &format!("/v1/loyalty/accounts/{id}"))?;
            standing.points += account.balance.active;
            *standing.tiers.entry(account.tier).or_default() += 1;
            let memberships: Memberships = get(client, &format!("/v1/segments/memberships/{id}"))?;
            for membership in memberships.memberships {
                *standing.segments.entry(membership.segment).or_default() += 1;
            }
        }
        Ok(standing)
    };
    let mut whole = Standing::default();
    std::thread::scope(|threads| {
        let one = || one().inspect_err(|_| failed.store(true, Ordering::Relaxed));
        let started: Vec<_> = (0..workers).map(|_| threads.spawn(one)).collect();
        for thread in started {
            let part = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            whole.points += part.points;
            for (tier, count) in part.tiers {
                *whole.tiers.entry(tier).or_default() += count;
            }
            for (segment, count) in part.segments {
                *whole.segments.entry(segment).or_default() += count;
            }
        }
        Ok(whole)
    })
}

fn get<T: DeserializeOwned>(client: &Client, path: &str) -> Result<T> {
    // Reading is safe to repeat, and the connection may just have been closed for being idle.
    let reply = client.get(path).or_else(|_| client.get(path));
    let reply = reply.map_err(|error| {
        anyhow::anyhow!(
            "{} does not answer: {}",
            client.base(),
            client::said(&error)
        )
    })?;
    if reply.status != 200 {
        bail!(client.explain(&reply));
    }
    reply
        .json()
        .and_then(|body| serde_json::from_value(body).ok())
        .with_context(|| format!("{}{path} answered what is not understood", client.base()))
}

/// `text` as one step of a path.
pub fn encoded(text: &str) -> String {
    let mut path = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_hold_any_text() {
        assert_eq!(encoded("会员?1"), "%E4%BC%9A%E5%91%98%3F1");
        assert_eq!(encoded("0001"), "0001");
    }
}
