//! Customers and results as they are answered.

use std::collections::BTreeSet;

use rapport_customer::totals::Totals;
use rapport_customer::{Customer, ItemOutcome};
use rapport_records::beside::Beside;
use rapport_records::compiled::Compiled;
use rapport_records::customers::CustomerRecord;
use rapport_store::Versioned;
use rapport_types::{CustomerId, Tag, Timestamp, Violation, Zone, hash};
use rapport_web::condition::etag;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::referral::Referred;

/// A customer as it is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CustomerView {
    /// The shop's id of them.
    pub id: CustomerId,
    /// What is known of them.
    pub traits: Map<String, Value>,
    /// What people call them.
    pub tags: BTreeSet<String>,
    /// The tags that rules put on, decided on read. `None` where no tag of the shop has a rule, and in answers to changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_tags: Option<Vec<Tag>>,
    /// What they did.
    pub totals: Totals,
    /// When the record was begun.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub rev: u64,
}

impl CustomerView {
    /// `customer` at `rev`.
    pub fn new(customer: Customer, rev: u64) -> Self {
        let order_days = Some(customer.order_days());
        Self {
            id: customer.id,
            traits: customer.traits,
            tags: customer.tags,
            automatic_tags: None,
            totals: Totals {
                order_days,
                ..customer.totals
            },
            created_at: customer.created_at,
            updated_at: customer.updated_at,
            rev,
        }
    }

    /// The customer of `found` at `now`, under the names that tags have now, with those that rules put on. `beside` has what
    /// [`Compiled::tags_need`] says.
    pub fn read(
        found: Versioned<CustomerRecord>,
        definitions: &Compiled,
        beside: &Beside,
        now: Timestamp,
        zone: &Zone,
    ) -> Self {
        let facts = definitions.facts(&found.value, beside);
        let mut members = definitions.members(&facts, &found.value, beside, now, zone);
        let tags = definitions.tags.iter();
        let automatic = tags.filter(|tag| members.of(&tag.segment).matches);
        let automatic: Vec<Tag> = automatic.map(|tag| tag.tag.clone()).collect();
        let mut customer = found.value.customer;
        definitions.rename_tags(&mut customer);
        Self {
            automatic_tags: (!definitions.tags.is_empty()).then_some(automatic),
            ..Self::new(customer, found.rev)
        }
    }

    /// Names everything that an answer read so depends on. Without automatic tags and names that tags had before, that is the document
    /// alone; with them it begins with the document's revision, which is what `If-Match` asks for.
    pub fn tag(&self, definitions: &Compiled) -> String {
        if definitions.tags.is_empty() && definitions.aliases.is_empty() {
            return etag(self.rev);
        }
        let rules = self.automatic_tags.iter().flatten().map(Tag::as_str);
        let people = self.tags.iter().map(String::as_str);
        let all: Vec<&str> = rules.chain(["\n"]).chain(people).collect();
        format!("\"{}.{:016x}\"", self.rev, hash::u64_of_parts(&all))
    }
}

/// Where a customer is found; ids may hold any text.
pub fn address(id: &CustomerId) -> String {
    let mut path = "/v1/customers/".to_owned();
    for byte in id.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Counted.
    Applied,
    /// Its message or its order was counted before.
    Duplicate,
    /// It is wrong, and will be however often it is sent.
    Refused,
    /// The store did not take it, or it is not known whether it did. Send it again.
    Failed,
}

/// What became of an item, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemResult {
    /// What became of it.
    pub status: Status,
    /// Why it is refused or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Violation>,
    /// What became of the referral code that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referred>,
}

impl From<&ItemOutcome> for ItemResult {
    fn from(outcome: &ItemOutcome) -> Self {
        let (status, error) = match outcome {
            ItemOutcome::Applied => (Status::Applied, None),
            ItemOutcome::Duplicate => (Status::Duplicate, None),
            ItemOutcome::Refused(violation) => (Status::Refused, Some(violation.clone())),
        };
        Self {
            status,
            error,
            referral: None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_ascii_whatever_the_id() {
        let id = CustomerId::parse("会员?1").unwrap();
        assert_eq!(address(&id), "/v1/customers/%E4%BC%9A%E5%91%98%3F1");
    }
}
