//! What can be asked of a customer, and what comes of it.

use rapport_types::{Money, Tag, Timestamp, Violation};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::Customer;
use crate::orders::OrderState;

/// What can be asked of a customer.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// These traits instead of those there are; all else stays. Creates the customer.
    Put {
        /// The traits from now on; `null` is absence.
        traits: Map<String, Value>,
    },
    /// JSON merge patch of a customer that exists.
    Patch(Patch),
    /// Puts tags on a customer that exists, and takes others off.
    Tag(Tagging),
    /// What the customer did, in order, as one change. Creates the customer if any item is applied.
    Apply(Vec<Item>),
}

/// A JSON merge patch (RFC 7396) over what a client may change of a customer. The outer `None` is "not
/// mentioned", the inner one `null`, which empties.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Merged into the traits, key by key.
    #[serde(default, deserialize_with = "mentioned")]
    pub traits: Option<Option<Map<String, Value>>>,
    /// Replaces the tags: lists do not merge.
    #[serde(default, deserialize_with = "mentioned")]
    pub tags: Option<Option<Vec<String>>>,
}

/// Tags to be put on and to be taken off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tagging {
    /// Put on.
    pub put: Vec<Tag>,
    /// Taken off.
    pub take: Vec<Tag>,
}

fn mentioned<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// One thing reported of a customer.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Something is known of them.
    Identify {
        /// Merged into the traits as RFC 7396 says: `null` removes.
        traits: Map<String, Value>,
        /// When it was said. Only checked: traits hold from when they arrive.
        timestamp: Option<Timestamp>,
        /// The client's id of this report; a second one of the same id changes nothing.
        message_id: Option<String>,
    },
    /// They did something.
    Track {
        /// What, in any spelling of [`event::name`](rapport_types::event::name).
        event: String,
        /// Anything about it.
        properties: Map<String, Value>,
        /// When; now if not said.
        timestamp: Option<Timestamp>,
        /// The client's id of this report; a second one of the same id changes nothing.
        message_id: Option<String>,
    },
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemOutcome {
    /// Counted.
    Applied,
    /// Its message or its order was counted before, so it changed nothing.
    Duplicate,
    /// It changed nothing, for this reason. The pointer begins at the item.
    Refused(Violation),
}

/// What follows from a change, to be carried out after it is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// An order was counted, for the first time.
    OrderCompleted {
        /// The shop's id of it. Where it gave none, `message:<message id>`, or `unnamed:<n>` for the
        /// customer's n-th purchase; either is unique for the customer.
        order_id: String,
        /// What was paid, where it was said.
        money: Option<Money>,
        /// When.
        at: Timestamp,
    },
    /// Something else became of an order than that it was paid; or it was, and points were used or something went back already.
    OrderMoved(OrderState),
}

/// A customer after a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The customer as it is now.
    pub customer: Customer,
    /// Whether anything changed. If not, there is nothing to commit, and a customer that did not exist
    /// before must not come to be.
    pub changed: bool,
    /// What follows.
    pub effects: Vec<Effect>,
    /// One for each item of [`Command::Apply`], in order.
    pub outcomes: Vec<ItemOutcome>,
}

/// Why a command was refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such customer to patch or to tag.
    #[error("there is no such customer")]
    Unknown,
    /// Something in the input is wrong.
    #[error("the input was refused")]
    Invalid(Vec<Violation>),
}

impl From<Violation> for Rejection {
    fn from(violation: Violation) -> Self {
        Self::Invalid(vec![violation])
    }
}
