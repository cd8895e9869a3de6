//! What a customer's document says of the segments that tiers ask for, told to the account and to whoever reads it.
//!
//! The customer's commits find out who came and who went, and their outbox lets the account be told ([`tell`]). What has happened
//! since, or was never told because the programme is newer, whoever decides on an account or reads its tier finds by looking at the
//! customer ([`sight`]): so no answer depends on whether a tick was in time. Without tiers by segments nothing of this is read. Rules that
//! ask for the tier see the same, of the customer that they are asked about (`facts`).
//!
//! A segment whose rule asks for the tier, or for what is told of tiers, would chase itself. It is refused; should one stand there all
//! the same, as when two put at once, its members hold no tier by it.

use rapport_loyalty::{Ledger, Program, Sight};
use rapport_store::{Store, StoreError};
use rapport_types::{CustomerId, Slug, Timestamp, Violation, Zone};

use super::timeline::Timeline;
use super::{Why, program, settle};
use crate::beside::{Beside, Needs};
use crate::compiled::Compiled;
use crate::customers;
use crate::segments::{self, DefinitionSet};

/// Why such a segment holds no tier.
pub(crate) const LEADS_BACK: &str =
    "the rule of this segment asks for the tier that its members hold, or for tier_changed";

/// The segments that tiers ask for.
pub struct TierSegments(Vec<Slug>);

impl TierSegments {
    /// Those of the present programme.
    pub async fn read(store: &Store) -> Result<Self, StoreError> {
        let program = program(store).await?;
        let program = program.as_ref().iter().map(|found| &found.value);
        let segments = program.flat_map(Program::tier_segments);
        Ok(Self(segments.cloned().collect()))
    }

    /// What is wrong with definitions by which one of them would ask for the tier that its members hold.
    pub fn leads_back(&self, set: &DefinitionSet) -> Option<Violation> {
        if self.0.is_empty() {
            return None;
        }
        let definitions = Compiled::new(set.clone(), 0);
        let mut ids = self.0.iter();
        let id = ids.find(|id| leads_back(&definitions, id))?;
        let detail = format!("the members of the segment {id} hold a tier: {LEADS_BACK}");
        Some(Violation::new("/rule", "cycle", detail))
    }
}

/// Whether the rule of the segment `id` asks for the tier, or for events that tell of it.
pub(crate) fn leads_back(definitions: &Compiled, id: &Slug) -> bool {
    let mut segments = definitions.segments.iter();
    let found = segments.find(|segment| segment.definition.id == *id);
    found.is_some_and(|segment| segment.leads_back)
}

/// Tells the account of `customer` that they came into these segments or left them, where the programme asks for one of them; whether it
/// does. To be called by what the customer's outbox carries out.
pub(crate) async fn tell(
    store: &Store,
    customer: &CustomerId,
    flipped: &[&Slug],
    now: Timestamp,
    zone: &Zone,
) -> Result<bool, StoreError> {
    if flipped.is_empty() {
        return Ok(false);
    }
    let program = program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let asks = |program: &Program| program.tier_segments().any(|id| flipped.contains(&id));
    if !program.is_some_and(asks) {
        return Ok(false);
    }
    settle(store, customer, Why::Orders, now, zone).await?;
    // Also where it was told before: whoever told it may have ended before the customer heard of it.
    Ok(true)
}

/// Lets a ledger be read as it would be if it had been told everything by now.
pub async fn see(
    store: &Store,
    customer: &CustomerId,
    ledger: &mut Ledger,
    program: Option<&Program>,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    if program.is_some_and(Program::asks_for_segments) {
        ledger.see(&sight(store, customer, program, now, zone).await?);
    }
    Ok(())
}

/// What the customer's document says now of the segments that tiers of `program` ask for.
pub async fn sight(
    store: &Store,
    customer: &CustomerId,
    program: Option<&Program>,
    now: Timestamp,
    zone: &Zone,
) -> Result<Sight, StoreError> {
    let asked: Vec<&Slug> = program
        .into_iter()
        .flat_map(Program::tier_segments)
        .collect();
    // The customer first: definitions by which they were committed are known then.
    let found = customers::read(store, customer).await?;
    let definitions = segments::compiled(store);
    let Some(found) = found else {
        return Ok(of_nobody(asked.into_iter(), now));
    };
    let definitions = definitions.await?;
    let segments = definitions.segments.iter();
    let needs = segments.filter(|segment| asked.contains(&&segment.definition.id));
    let needs = needs.map(|segment| segment.needs);
    let needs = needs.fold(Needs::default(), Needs::and);
    let beside = Beside::load(store, customer, needs, zone).await?;
    let record = &found.value;
    let facts = definitions.facts(record, &beside);
    let mut timeline = Timeline::told(&definitions, record, &beside, asked.into_iter());
    if let Some(from) = timeline.unknown_from(now) {
        timeline.follow(now, &mut definitions.set.about(&facts, from, zone));
    }
    Ok(timeline.at(now, found.rev))
}

/// What is seen where there is no customer: nobody is in the segments that are `asked` for, whatever their rules say of somebody of whom nothing
/// is known.
pub(crate) fn of_nobody<'a>(asked: impl Iterator<Item = &'a Slug>, now: Timestamp) -> Sight {
    Sight {
        of: asked.map(|id| (id.clone(), Vec::new())).collect(),
        ..Sight::nothing(now)
    }
}

/// The same, where the present programme is asked.
pub(super) async fn present_sight(
    store: &Store,
    customer: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<Sight, StoreError> {
    let program = program(store).await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    sight(store, customer, program, now, zone).await
}
