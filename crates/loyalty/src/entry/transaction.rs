//! The id of a transaction.

use std::fmt;

use rapport_types::hash;
use serde::{Deserialize, Serialize};

/// The id of a transaction, derived from what the client repeats: `o_` and a hash of the order id, `k_` and a
/// hash of the key, `e_` and a hash of a tracked event; else `r_` and a random text. `t_` is a part of a transfer. Of a redemption `v_`
/// fulfils it, `w_` refuses it, `u_` takes it back. `x_` is an expiry, `f_` a fold, `h_` the end of a hold, `c_` what comes of a reversal
/// later, by their number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransactionId(String);

impl TransactionId {
    /// The transaction that an order makes.
    pub fn of_order(order_id: &str) -> Self {
        Self(format!("o_{}", hash::hex128(&format!("order:{order_id}"))))
    }

    /// The transaction that a request with an idempotency key makes.
    pub fn of_key(key: &str) -> Self {
        Self(format!("k_{}", hash::hex128(&format!("key:{key}"))))
    }

    /// The transaction that an event makes, by what tells it from every other of the customer's.
    pub fn of_event(event: &str) -> Self {
        Self(format!("e_{}", hash::hex128(&format!("event:{event}"))))
    }

    /// A transaction that no client can repeat, from a random text.
    pub fn fresh(random: &str) -> Self {
        Self(format!("r_{}", hash::hex128(random)))
    }

    /// Whether it is one that no client can repeat.
    pub(crate) fn is_fresh(&self) -> bool {
        self.0.starts_with("r_")
    }

    /// The transaction that follows from another, in whatever account: `t_` and a hash.
    pub(crate) fn derived(what: &str, from: &str) -> Self {
        Self(format!("t_{}", hash::hex128(&format!("{what}:{from}"))))
    }

    /// What follows from transaction `of`, once: `v` fulfils a redemption, `w` refuses it, `u` takes it back.
    pub(crate) fn following(kind: char, of: &Self) -> Self {
        Self(format!("{kind}_{}", hash::hex128(&format!("{kind}:{of}"))))
    }

    /// What the account does by itself: `x` for an expiry, `f` for a fold, `h` for the end of a hold,
    /// `c` for what comes of a reversal later.
    pub(crate) fn own(kind: char, number: u64) -> Self {
        Self(format!("{kind}_{number}"))
    }

    /// Reads an id that a client sends back; `None` where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = (3..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        shaped.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn an_id_from_outside_is_checked() {
        let id = TransactionId::of_order("A-1");
        assert_eq!(TransactionId::parse(id.as_str()), Some(id));
        assert_eq!(TransactionId::parse("../x"), None);
        assert_eq!(TransactionId::parse(&"a".repeat(41)), None);
    }

    #[test]
    fn an_id_from_outside_has_3_to_40_small_letters_digits_and_underscores() {
        let parsed = |text: &str| TransactionId::parse(text).map(|id| id.to_string());
        for good in ["x_1", &"a".repeat(40)] {
            assert_eq!(parsed(good).as_deref(), Some(good));
        }
        for bad in ["x_", "X_1", "x-1", "x_\u{e4}"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_one_is_for_is_told_by_its_letter() {
        let of = TransactionId::of_key("k");
        let ids = [
            (TransactionId::of_order("7"), "o_"),
            (of.clone(), "k_"),
            (TransactionId::of_event("7"), "e_"),
            (TransactionId::fresh("7"), "r_"),
            (TransactionId::derived("sent", "7"), "t_"),
            (TransactionId::following('v', &of), "v_"),
        ];
        for (id, letter) in &ids {
            assert!(id.as_str().starts_with(letter), "{id}");
            assert_eq!(id.is_fresh(), *letter == "r_");
            // Two letters and 128 bits in hex.
            assert_eq!(id.as_str().len(), 34);
        }
        assert_eq!(TransactionId::own('x', 12).as_str(), "x_12");
        // What follows from it, by what for.
        let other = TransactionId::of_key("l");
        assert_ne!(TransactionId::following('v', &other), ids[5].0);
        assert_ne!(TransactionId::derived("receipt", "7"), ids[4].0);
        assert_ne!(TransactionId::derived("sent", "8"), ids[4].0);
    }
}
