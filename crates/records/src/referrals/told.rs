//! A referral code that comes with what is said of a customer: as the trait `referral_code`, or as a property of the event
//! `signed_up`.
//!
//! The customer's commit records that a code is to be claimed, and what carries that out writes the claim down and sets a timer, as
//! nothing in a customer's outbox may pay accounts, the customer's own among them. Whoever made the commit then claims the code as
//! anybody does ([`claim`](super::claim())), which finds it written down, and tells what came of it; should they not come to that,
//! the tick finishes it.

use rapport_customer::{Command, Customer, Item, ItemOutcome};
use rapport_loyalty::Program;
use rapport_loyalty::referral::Next;
pub use rapport_loyalty::referral::ReferralCode;
use rapport_store::{Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Timestamp, Zone, event};
use serde_json::Value;

use super::claim::{Asked, begin};
use super::{read, set_timer};
use crate::accounts;
use crate::effects::Effect;

/// The name of the trait, and of the property.
pub const REFERRAL_CODE: &str = "referral_code";
/// The event that may have such a property.
const SIGNED_UP: &str = "signed_up";

/// The code that comes with an item, as it was written, and where it stands in the call.
pub fn code_of(item: &Item) -> Option<(&str, &'static str)> {
    let (all, place) = match item {
        Item::Identify { traits, .. } => (traits, "/traits/referral_code"),
        Item::Track {
            event, properties, ..
        } => {
            let signed_up = event::name(event) == SIGNED_UP;
            (
                signed_up.then_some(properties)?,
                "/properties/referral_code",
            )
        }
    };
    let code = all.get(REFERRAL_CODE)?.as_str()?;
    Some((code, place))
}

/// Whether the programme has referrals; without any, no code is looked at.
pub async fn is_asked(store: &Store) -> Result<bool, StoreError> {
    let program = accounts::program(store).await?;
    let program = program.as_ref().as_ref();
    Ok(program.is_some_and(|found| found.value.referral.is_some()))
}

/// What follows from a commit that made `after` of `before`: a claim, where a code is new.
pub(crate) fn effects(
    program: Option<&Program>,
    before: Option<&Customer>,
    after: &Customer,
    command: &Command,
    outcomes: &[ItemOutcome],
) -> Option<Effect> {
    program?.referral.as_ref()?;
    let held = |customer: &Customer| {
        let code = customer.traits.get(REFERRAL_CODE).and_then(Value::as_str);
        code.map(str::to_owned)
    };
    let now = held(after);
    let by_trait = now.filter(|code| before.and_then(held).as_ref() != Some(code));
    let by_event = || match command {
        Command::Apply(items) => {
            let applied = items.iter().zip(outcomes);
            let applied = applied.filter(|(item, outcome)| {
                **outcome == ItemOutcome::Applied && matches!(item, Item::Track { .. })
            });
            let mut codes = applied.filter_map(|(item, _)| code_of(item));
            codes.next().map(|(code, _)| code.to_owned())
        }
        _ => None,
    };
    let code = by_trait.or_else(by_event)?;
    let code = ReferralCode::parse(&code).ok()?;
    Some(Effect::ReferralClaimed { code })
}

/// Writes a claim down, where nothing is against it, and sees to it that a tick looks at it.
pub(crate) async fn write_down(
    store: &Store,
    customer: &CustomerId,
    code: &ReferralCode,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let asked = Asked {
        code,
        customer,
        now,
        zone,
        once: None,
        dry_run: false,
    };
    let referral = match read(store, customer).await? {
        Some(before) => before,
        None => match begin(store, &asked).await {
            Ok(begun) => begun,
            Err(UpdateError::Store(error)) => return Err(error),
            // Whoever made the commit is told why.
            Err(UpdateError::Rejected(_) | UpdateError::KeyReused | UpdateError::AnswerGone) => {
                return Ok(());
            }
        },
    };
    if matches!(referral.next(now), Next::Confirm | Next::Pay) {
        set_timer(store, customer, now).await?;
    }
    Ok(())
}
