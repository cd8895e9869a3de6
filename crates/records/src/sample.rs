//! How many customers a rule would have, or a tag has, from a sample of them: of the first before anything is saved, of the second
//! because nobody keeps the number.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use rapport_rules::{Rule, matches};
use rapport_store::log::Order;
use rapport_store::{Store, StoreError, Versioned, boxed};
use rapport_types::{CustomerId, Tag, Timestamp, Zone};

use crate::beside::Beside;
use crate::compiled::Compiled;
use crate::customers::{CustomerRecord, Customers, LOG};

/// The most customers that are looked at.
pub const MOST: u64 = 500;
/// Customers read at once.
const AT_A_TIME: usize = 16;
/// Customers of whom other documents are read at once.
const AT_A_TRIP: usize = 128;
/// The most examples.
pub const EXAMPLES: usize = 10;
/// 95% of a normal distribution lie within so many standard deviations.
const Z: f64 = 1.959_964;

/// What a sample says.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// About how many customers match: the share in the sample, of all.
    pub size: u64,
    /// The number is at least this, with 95% confidence (Wilson's interval),
    pub low: u64,
    /// and at most this.
    pub high: u64,
    /// How many customers were looked at.
    pub looked_at: u64,
    /// How many there are.
    pub total: u64,
    /// Whether all were looked at.
    pub exact: bool,
    /// Some who match.
    pub examples: Vec<CustomerId>,
}

/// Looks at all customers, where they are few, and else at one in each of [`MOST`] equal stretches of their log: so old and new
/// ones are in the sample as they are among all, which makes the interval wider than it would have to be, never narrower.
#[boxed]
pub async fn estimate(
    store: &Store,
    definitions: &Compiled,
    rule: &Rule,
    now: Timestamp,
    zone: &Zone,
) -> Result<Estimate, StoreError> {
    let Sample {
        found,
        total,
        exact,
    } = Sample::take(store).await?;
    let looked_at = number(found.len());
    let mut matching = 0_u64;
    let mut examples = Vec::new();
    let ids: Vec<_> = found.iter().map(|found| &found.value.customer.id).collect();
    let mut beside = Vec::with_capacity(ids.len());
    let needs = definitions.needs_of(rule);
    for some in ids.chunks(AT_A_TRIP) {
        beside.extend(Beside::load_all(store, some, needs, zone).await?);
    }
    for (found, beside) in found.into_iter().zip(&beside) {
        if matches(rule, &definitions.facts(&found.value, beside), now, zone) {
            matching = matching.saturating_add(1);
            if examples.len() < EXAMPLES {
                examples.push(found.value.customer.id);
            }
        }
    }
    let Share { size, low, high } = Share::of(matching, looked_at, total, exact);
    Ok(Estimate {
        size,
        low,
        high,
        looked_at,
        total,
        exact,
        examples,
    })
}

/// How many customers have each tag that people put on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Whether all customers were looked at.
    pub exact: bool,
    /// How many were.
    pub looked_at: u64,
    /// How many there are.
    pub total: u64,
    /// Of how many of those looked at each tag was found, under the name that it has now.
    found: BTreeMap<String, u64>,
}

/// Counts the tags that people put on customers, all of them in one sample.
pub async fn tagged(store: &Store, definitions: &Compiled) -> Result<Tagged, StoreError> {
    let sample = Sample::take(store).await?;
    let mut tagged = Tagged {
        exact: sample.exact,
        looked_at: number(sample.found.len()),
        total: sample.total,
        found: BTreeMap::new(),
    };
    for found in sample.found {
        let mut customer = found.value.customer;
        definitions.rename_tags(&mut customer);
        for tag in customer.tags {
            let count = tagged.found.entry(tag).or_default();
            *count = count.saturating_add(1);
        }
    }
    Ok(tagged)
}

impl Tagged {
    /// About how many customers have it.
    pub fn with(&self, tag: &Tag) -> Share {
        let found = self.found.get(tag.as_str()).copied().unwrap_or_default();
        Share::of(found, self.looked_at, self.total, self.exact)
    }
}

/// What a part of a sample says of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// About so many.
    pub size: u64,
    /// At least so many, with 95% confidence (Wilson's interval),
    pub low: u64,
    /// and at most so many.
    pub high: u64,
}

impl Share {
    fn of(part: u64, looked_at: u64, total: u64, exact: bool) -> Self {
        let (low, high) = match exact {
            true => (part, part),
            false => interval(part, looked_at, total),
        };
        Self {
            size: scaled(part, looked_at, total),
            low,
            high,
        }
    }
}

/// Some customers who stand for all.
struct Sample {
    found: Vec<Versioned<CustomerRecord>>,
    /// How many there are.
    total: u64,
    /// Whether these are all.
    exact: bool,
}

impl Sample {
    async fn take(store: &Store) -> Result<Self, StoreError> {
        let total = store.last_number(LOG).await?;
        let exact = total <= MOST;
        let found = match exact {
            true => all(store).await?,
            false => some(store, total).await?,
        };
        Ok(Self {
            // Numbers in the log that nobody has are few.
            total: if exact { number(found.len()) } else { total },
            found,
            exact,
        })
    }
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

async fn all(store: &Store) -> Result<Vec<Versioned<CustomerRecord>>, StoreError> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .page::<Customers>(LOG, Order::OldestFirst, after, 100)
            .await?;
        found.extend(page.items.into_iter().map(|(_, found)| found));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

async fn some(store: &Store, total: u64) -> Result<Vec<Versioned<CustomerRecord>>, StoreError> {
    let bound = |stretch: u64| {
        let place = u128::from(total).saturating_mul(stretch.into());
        let place = place.checked_div(MOST.into()).unwrap_or(0);
        u64::try_from(place).unwrap_or(u64::MAX)
    };
    let stretches: Vec<u64> = (0..MOST).collect();
    let mut found = Vec::new();
    for some in stretches.chunks(AT_A_TIME) {
        let picks = some.iter().map(|stretch| {
            let (first, end) = (bound(*stretch), bound(stretch.saturating_add(1)));
            let random = store.random().checked_rem(end.saturating_sub(first).max(1));
            let after = first.saturating_add(random.unwrap_or(0));
            store.page::<Customers>(LOG, Order::OldestFirst, Some(after), 1)
        });
        for page in try_join_all(picks).await? {
            found.extend(page.items.into_iter().map(|(_, found)| found));
        }
    }
    Ok(found)
}

/// `part` of `whole`, as that share of `total`.
fn scaled(part: u64, whole: u64, total: u64) -> u64 {
    let product = u128::from(part).saturating_mul(total.into());
    let half = u128::from(whole / 2);
    let scaled = product.saturating_add(half).checked_div(whole.into());
    u64::try_from(scaled.unwrap_or(0)).unwrap_or(u64::MAX)
}

/// Wilson's interval (1927) of 95% for a share of which `part` of `whole` were seen, as shares of `total`.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn interval(part: u64, whole: u64, total: u64) -> (u64, u64) {
    if whole == 0 {
        return (0, total);
    }
    let (n, all) = (whole as f64, total as f64);
    let share = part as f64 / n;
    let z2 = Z * Z;
    let middle = share + z2 / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let bound = |share: f64| (share / (1.0 + z2 / n)).clamp(0.0, 1.0) * all;
    let (low, high) = (
        bound(middle - spread).floor(),
        bound(middle + spread).ceil(),
    );
    // Those seen are there, and those seen not to match are not.
    let low = (low as u64).max(part);
    let high = (high as u64).min(total.saturating_sub(whole.saturating_sub(part)));
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Brown, Cai and DasGupta (2001), by their formula (4): 10 of 100 is 0.0552 to 0.1744.
        assert_eq!(interval(10, 100, 100_000), (5_522, 17_437));
        assert_eq!(interval(0, 100, 100_000), (0, 3_700));
        assert_eq!(interval(100, 100, 100_000), (96_300, 100_000));
        assert_eq!(interval(0, 0, 7), (0, 7));
        assert_eq!(scaled(10, 100, 100_000), 10_000);
    }
}
