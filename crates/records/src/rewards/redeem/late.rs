//! What nobody has finished in time: redemptions whose points are held, and claims in the stock.

use rapport_loyalty::reward::{Claim, Found, Stock};
use rapport_store::{Store, StoreError, boxed};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};

use super::steps::{Going, look};
use crate::accounts;
use crate::rewards::{catalogue, change_stock, release};

/// A claim that is older waits for nobody: a request ends after a minute. In milliseconds.
const OLD: i64 = 120_000;
/// The most old claims that one request settles.
const AT_A_TIME: usize = 8;

/// Asks the accounts of old claims what became of them. Says whether there were any.
pub(super) async fn settle_old(
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
#[boxed]
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
