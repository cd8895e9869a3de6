//! The one way in which every route here changes a customer.
//!
//! Not generic on purpose: load, decide, commit, follow up is a good part of the component's code, and stands in it once.

use rapport_customer::Command as Decide;
use rapport_records::customers::{self, Applied};
use rapport_store::{Committed, Once, boxed};
use rapport_types::{CustomerId, Timestamp};
use rapport_web::condition::Condition;
use rapport_web::{App, Command, Problem};
use serde::{Deserialize, Serialize};

use crate::referral;
use crate::refusal::Refusal;
use crate::view::{CustomerView, ItemResult, Status};

/// How a command came.
pub struct Circumstances {
    /// When.
    pub now: Timestamp,
    /// The client's idempotency key, if it sent one.
    pub once: Option<Once>,
    /// Answer in full, commit nothing.
    pub dry_run: bool,
    /// `If-Match`.
    pub condition: Condition,
}

impl Circumstances {
    /// The body of `command`, and how it came.
    pub fn of<T, const MAX: usize>(command: Command<T, MAX>) -> (T, Self) {
        let circumstances = Self {
            now: command.now,
            once: command.once(),
            dry_run: command.dry_run,
            condition: command.condition,
        };
        (command.body, circumstances)
    }
}

/// What came of a command: what is answered, and kept with an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The customer, where the command was about the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerView>,
    /// Whether the command created it.
    pub created: bool,
    /// One for each item, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<ItemResult>,
    /// The customer's revision now.
    pub rev: u64,
}

/// Applies `command` to the customer `id`.
#[boxed]
pub async fn apply(
    app: &App,
    id: &CustomerId,
    command: Decide,
    circumstances: &Circumstances,
) -> Result<Committed<Outcome>, Problem> {
    let about_items = matches!(command, Decide::Apply(_));
    let codes = match &command {
        Decide::Apply(items) => referral::codes(app, items).await,
        _ => Vec::new(),
    };
    let mut committed = customers::apply(
        &app.store,
        id,
        command,
        customers::Circumstances {
            now: circumstances.now,
            zone: &app.settings.zone,
            once: circumstances.once.as_ref(),
            dry_run: circumstances.dry_run,
        },
        |rev| circumstances.condition.check(rev).map_err(Refusal::from),
        |applied: Applied<'_>| Outcome {
            customer: (!about_items)
                .then(|| CustomerView::new(applied.customer.clone(), applied.rev)),
            created: applied.created,
            results: applied.outcomes.iter().map(ItemResult::from).collect(),
            rev: applied.rev,
        },
    )
    .await?;
    for (result, code) in committed.answer.results.iter_mut().zip(codes) {
        let stands = matches!(result.status, Status::Applied | Status::Duplicate);
        if let Some(code) = code.filter(|_| stands) {
            result.referral = Some(referral::claim(app, id, &code, circumstances).await);
        }
    }
    Ok(committed)
}
