//! By which names a request is known.

use crate::entry::TransactionId;
use crate::rejection::Rejection;

/// The most bytes of an order id or an idempotency key.
pub const MAX_ID_BYTES: usize = 255;

/// The names a client gave to a request: what makes its repetition harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    pub(crate) transaction: TransactionId,
    /// The key of a request that also names an order: both lead to the entry.
    pub(crate) alias: Option<TransactionId>,
    pub(crate) order: Option<String>,
}

impl Ids {
    /// `order_id` and `key` as the client gave them; `fresh` is a random text, used when it gave neither.
    ///
    /// Order ids and keys are separate: order `7` and key `7` are two requests. Where both are given the
    /// order decides, and the key is remembered beside it.
    pub fn new(order_id: Option<&str>, key: Option<&str>, fresh: &str) -> Result<Self, Rejection> {
        for (field, text) in [("order_id", order_id), ("key", key)] {
            let usable =
                |t: &str| (1..=MAX_ID_BYTES).contains(&t.len()) && !t.chars().any(char::is_control);
            if text.is_some_and(|t| !usable(t)) {
                return Err(Rejection::BadId { field });
            }
        }
        let keyed = key.map(TransactionId::of_key);
        let (transaction, alias) = match (order_id, keyed) {
            (Some(order), alias) => (TransactionId::of_order(order), alias),
            (None, Some(keyed)) => (keyed, None),
            (None, None) => (TransactionId::fresh(fresh), None),
        };
        Ok(Self {
            transaction,
            alias,
            order: order_id.map(str::to_owned),
        })
    }

    /// The names of an event that was tracked, by what tells it from every other of the customer's.
    pub fn of_event(id: &str) -> Self {
        Self::only(TransactionId::of_event(id))
    }

    /// Of what no client asked for.
    pub(super) fn only(transaction: TransactionId) -> Self {
        Self {
            transaction,
            alias: None,
            order: None,
        }
    }

    /// The transaction that the request makes, or made.
    pub fn transaction(&self) -> &TransactionId {
        &self.transaction
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_order_and_a_key_of_the_same_text_are_two_requests() {
        let order = Ids::new(Some("7"), None, "").unwrap();
        let key = Ids::new(None, Some("7"), "").unwrap();
        assert_ne!(order.transaction, key.transaction);
        assert_eq!(order, Ids::new(Some("7"), None, "other").unwrap());
    }

    #[test]
    fn an_id_is_checked() {
        let long = "x".repeat(256);
        for bad in ["", "a\nb", &long] {
            assert_eq!(
                Ids::new(None, Some(bad), ""),
                Err(Rejection::BadId { field: "key" })
            );
        }
    }

    #[test]
    fn an_id_has_1_to_255_bytes_without_control_characters() {
        let longest = "x".repeat(255);
        for good in ["x", "a b/\u{e4}", &longest] {
            assert!(Ids::new(Some(good), Some(good), "").is_ok(), "{good}");
        }
        let bad = Err(Rejection::BadId { field: "order_id" });
        assert_eq!(Ids::new(Some("\u{7f}"), Some(&longest), ""), bad);
    }

    #[test]
    fn a_request_is_known_by_its_order_and_by_its_key_too() {
        let both = Ids::new(Some("7"), Some("k"), "fresh").unwrap();
        assert_eq!(*both.transaction(), TransactionId::of_order("7"));
        assert_eq!(both.alias, Some(TransactionId::of_key("k")));
        assert_eq!(both.order.as_deref(), Some("7"));
        let key = Ids::new(None, Some("k"), "fresh").unwrap();
        assert_eq!((key.transaction, key.alias), (both.alias.unwrap(), None));
        let none = Ids::new(None, None, "fresh").unwrap();
        assert_eq!(none.transaction, TransactionId::fresh("fresh"));
        assert!(none.transaction.is_fresh());
        let event = Ids::of_event("e");
        assert_eq!(*event.transaction(), TransactionId::of_event("e"));
    }
}
