//! Which tiers a customer has held, and from when until when.

use rapport_types::{Slug, Timestamp, Zone, sort};
use serde::{Deserialize, Serialize};

use super::meter::Meter;
use super::spans::spans;
use super::timeline;
use crate::account::Account;
use crate::program::Program;

/// A tier was held, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The tier; `None`: none.
    pub tier: Option<Slug>,
    /// From when.
    pub since: Timestamp,
    /// Until when; `None`: it is held now.
    pub until: Option<Timestamp>,
    /// Whether people gave it. Such a row stands beside the earned ones; whichever was higher held.
    pub manual: bool,
    /// Why it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The tiers held up to `now`, the latest first, by the programme of today: what was earned is worked out of the days that are
/// kept, and what was given stands beside it.
pub fn history(
    account: &Account,
    program: Option<&Program>,
    now: Timestamp,
    zone: &Zone,
) -> Vec<Past> {
    let ledger = &account.ledger;
    let mut past: Vec<Past> = Vec::new();
    let meter = program.and_then(|program| Meter::new(ledger, program, now, zone));
    let turns = match (program, &meter) {
        (Some(program), meter) if !ledger.stays.is_empty() => {
            let spans = spans(ledger, program, zone);
            timeline::turns(meter.as_ref(), ledger, program, &spans, now)
        }
        (Some(program), Some(meter)) if !meter.is_empty() => {
            timeline::measured(meter, ledger, program, now)
        }
        _ => Vec::new(),
    };
    for (since, level) in turns {
        // Since when the first is held nobody knows.
        if since == timeline::beginning() {
            continue;
        }
        if let Some(last) = past.last_mut() {
            last.until = Some(since);
        }
        let tier = level.and_then(|level| program?.tiers.get(level));
        past.push(Past {
            tier: tier.map(|tier| tier.id.clone()),
            since,
            until: None,
            manual: false,
            reason: None,
        });
    }
    let given = account.given_before.iter().chain(&ledger.manual);
    past.extend(given.map(|manual| Past {
        tier: Some(manual.tier.clone()),
        since: manual.at,
        until: manual.until.filter(|until| *until <= now),
        manual: true,
        reason: manual.reason.clone(),
    }));
    // Of two that begin together, people gave the later one.
    sort::by_key(&mut past, |past| {
        (std::cmp::Reverse(past.since), !past.manual)
    });
    past
}
