//! The customer that a read is about, and the answer about what they are by the definitions: as of now, until when.

use std::sync::Arc;

use futures_util::future::join;
use rapport_records::beside::{Beside, Needs};
use rapport_records::compiled::Compiled;
use rapport_records::customers::{self, CustomerRecord};
use rapport_records::segments;
use rapport_store::{Versioned, boxed};
use rapport_types::{CustomerId, Timestamp};
use rapport_web::{Answer, App, Ask, Problem};
use serde::Serialize;

/// How many seconds a client may go on showing what it has read, where time does not change it sooner. Short, because
/// the next order may come at any time.
pub(super) const MAX_AGE: u32 = 5;

/// A customer, and all that the definitions ask of them.
pub(super) struct Subject {
    pub(super) compiled: Arc<Compiled>,
    pub(super) found: Versioned<CustomerRecord>,
    pub(super) beside: Beside,
}

/// What of a customer's other documents the definitions need for a question.
type Needed = fn(&Compiled) -> Needs;

impl Subject {
    /// Reads what there is; of the other documents, those that `needs` names. A customer who is not there is a problem.
    #[boxed]
    pub(super) async fn load(
        app: &App,
        customer: &CustomerId,
        needs: Needed,
    ) -> Result<Self, Problem> {
        let (compiled, found) = join(
            segments::compiled(&app.store),
            customers::read(&app.store, customer),
        )
        .await;
        let (compiled, found) = (compiled?, found?);
        let Some(found) = found else {
            return Err(unknown(customer));
        };
        let needs = needs(&compiled);
        let beside = Beside::load(&app.store, customer, needs, &app.settings.zone).await?;
        Ok(Self {
            compiled,
            found,
            beside,
        })
    }

    /// The answer. Its tag names everything it depends on: both documents' revisions, and `state`, a hash of what time and other
    /// documents have made of them. With no new data it holds until `next_change_at`.
    pub(super) fn answer(
        &self,
        body: &impl Serialize,
        state: u64,
        next_change_at: Option<Timestamp>,
        ask: &Ask,
    ) -> Result<Answer, Problem> {
        let tag = format!("\"{}.{}.{state:016x}\"", self.compiled.rev, self.found.rev);
        Ok(Answer::ok(body)?
            .tag(&tag)
            .cache(MAX_AGE, ask.now, next_change_at)
            .unless(&ask.condition))
    }
}

/// There is no such customer.
pub(super) fn unknown(customer: &CustomerId) -> Problem {
    Problem::not_found("customer", customer.as_str())
}
