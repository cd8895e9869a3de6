//! A balance as an entry keeps it: without what is 0 in it, which is most of it, as it is written again with every commit of the account.

use serde::{Deserialize, Serialize};

use super::is_zero;
use crate::account::Balance;

#[derive(Serialize, Deserialize)]
#[serde(remote = "Balance")]
pub(super) struct Short {
    #[serde(default, skip_serializing_if = "is_zero")]
    active: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pending: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    spent: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    expired: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    expiring_soon: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    held: i64,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::entry::Answer;

    #[test]
    fn a_balance_is_kept_without_its_zeros_and_read_with_them() {
        let whole = r#"{"points":5,"balance":{"active":7,"pending":0,"spent":0,"expired":0,"expiring_soon":2,"held":0},"tier":null}"#;
        let answer: Answer = serde_json::from_str(whole).unwrap();
        let short = serde_json::to_string(&answer).unwrap();
        assert!(short.contains(r#""balance":{"active":7,"expiring_soon":2}"#));
        assert_eq!(serde_json::from_str::<Answer>(&short).unwrap(), answer);
    }
}
