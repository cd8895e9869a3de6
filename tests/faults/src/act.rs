//! What a client may do in a history.

use rapport_loyalty::TransactionId;
use serde_json::{Value, json};

use crate::call::Call;

/// A customer, by number.
pub type Customer = usize;

/// Something that is tracked.
#[derive(Debug, Clone)]
pub enum Item {
    /// An event, by a name that no other has.
    Event(String),
    /// An order: its id, and its total in cents.
    Order(String, i64),
}

/// One request of a client. Everything has a name of its own, so that what is missing does not make up for what is there twice.
#[derive(Debug, Clone)]
pub enum Act {
    /// Points are earned, named by the idempotency key.
    Earn(Customer, i64),
    /// Points are earned, named by an order.
    EarnByOrder(Customer, String, i64),
    /// Points are spent.
    Spend(Customer, i64),
    /// A transaction of so many points is taken back.
    Reverse(Customer, String),
    /// Traits are put: `{"put": n}`.
    Put(Customer, usize),
    /// A trait is added: `{"p<n>": n}`, and `{"last": n}`.
    Patch(Customer, usize),
    /// Something is tracked.
    Track(Customer, Item),
    /// Much is tracked at once.
    Batch(Vec<(Customer, Item)>),
    /// Feedback is given: an NPS score.
    Feedback(i64),
}

impl Act {
    /// The request, with an idempotency key of its own. An earn by order has none: the order is name enough.
    pub fn call(&self, key: &str) -> Call {
        let moved = |customer: &Customer, what: &str, body| {
            Call::post(&format!("{}/{what}", account(*customer)), body)
        };
        let call = match self {
            Self::Earn(customer, points) => moved(customer, "earn", json!({ "points": points })),
            Self::EarnByOrder(customer, order, points) => {
                return moved(
                    customer,
                    "earn",
                    json!({"points": points, "order_id": order}),
                );
            }
            Self::Spend(customer, points) => moved(customer, "spend", json!({ "points": points })),
            Self::Reverse(customer, of) => moved(customer, "reverse", json!({ "transaction": of })),
            Self::Put(customer, _) => Call::put(
                &path(*customer),
                json!({"traits": self.traits(Value::Null)}),
            ),
            Self::Patch(customer, n) => {
                let traits = json!({format!("p{n}"): n, "last": n});
                Call::patch(&path(*customer), json!({ "traits": traits }))
            }
            Self::Track(customer, item) => {
                let mut body = tracked(*customer, item);
                if let Some(body) = body.as_object_mut() {
                    body.remove("type");
                }
                Call::post("/v1/track", body)
            }
            Self::Batch(items) => {
                let items = items
                    .iter()
                    .map(|(customer, item)| tracked(*customer, item));
                Call::post("/v1/batch", json!({"batch": items.collect::<Value>()}))
            }
            Self::Feedback(score) => {
                // Every third is anonymous.
                let customer = (score % 3 != 0).then(|| format!("c{}", score % 2));
                let said = json!({"kind": "nps", "value": score, "customer": customer});
                Call::post("/v1/feedback", said)
            }
        };
        call.once(key)
    }

    /// The transaction that it makes in an account, whose it is, and its points; `None` where it makes none, or that of another.
    pub fn transaction(&self, key: &str) -> Option<(Customer, String)> {
        match self {
            Self::Earn(customer, _) | Self::Spend(customer, _) | Self::Reverse(customer, _) => {
                Some((*customer, TransactionId::of_key(key).to_string()))
            }
            Self::EarnByOrder(customer, order, _) => Some((*customer, of_order(order))),
            _ => None,
        }
    }

    /// What it makes of a customer's traits.
    pub fn traits(&self, before: Value) -> Value {
        match self {
            Self::Put(_, n) => json!({ "put": n }),
            Self::Patch(_, n) => {
                let mut traits = before;
                traits[format!("p{n}")] = json!(n);
                traits["last"] = json!(n);
                traits
            }
            _ => before,
        }
    }

    /// What it tracks, and of whom.
    pub fn items(&self) -> Vec<(Customer, Item)> {
        match self {
            Self::Track(customer, item) => vec![(*customer, item.clone())],
            Self::Batch(items) => items.clone(),
            _ => Vec::new(),
        }
    }
}

/// Where a customer is found.
pub fn path(customer: Customer) -> String {
    format!("/v1/customers/c{customer}")
}

/// Where their account is found.
pub fn account(customer: Customer) -> String {
    format!("/v1/loyalty/accounts/c{customer}")
}

/// The transaction that an order makes.
pub fn of_order(order: &str) -> String {
    TransactionId::of_order(order).to_string()
}

fn tracked(customer: Customer, item: &Item) -> Value {
    let customer = format!("c{customer}");
    match item {
        Item::Event(name) => json!({"type": "track", "userId": customer, "event": name}),
        Item::Order(id, cents) => json!({
            "type": "track", "userId": customer, "event": "Order Completed",
            "properties": {"order_id": id, "total": format!("{}.{:02}", cents / 100, cents % 100), "currency": "USD"},
        }),
    }
}
