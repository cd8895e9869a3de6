//! The real purchases, and what must come of them, computed from the file alone.

use std::collections::BTreeMap;

use crate::root;

/// One line of `examples/cdnow_sample.txt`.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// The line's number, from 1.
    pub line: usize,
    /// The customer's id in the sample, such as `0001`.
    pub customer: String,
    /// The day, `YYYYMMDD`.
    pub day: String,
    /// US cents.
    pub cents: i64,
}

/// What must come of the sample for one customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Orders.
    pub orders: i64,
    /// US cents.
    pub cents: i64,
    /// One for each whole dollar of each order.
    pub points: i64,
}

/// The file's lines.
pub fn purchases() -> Vec<Purchase> {
    let text = std::fs::read_to_string(root().join("examples/cdnow_sample.txt"))
        .expect("the sample is there");
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (whole, part) = words[4].split_once('.').expect("dollars have cents");
            assert_eq!(part.len(), 2);
            Purchase {
                line: index + 1,
                customer: words[1].to_owned(),
                day: words[2].to_owned(),
                cents: whole.parse::<i64>().expect("dollars") * 100
                    + part.parse::<i64>().expect("cents"),
            }
        })
        .collect()
}

/// What must come of them, by customer.
pub fn expected(purchases: &[Purchase]) -> BTreeMap<String, Expected> {
    let mut customers: BTreeMap<String, Expected> = BTreeMap::new();
    for purchase in purchases {
        let expected = customers.entry(purchase.customer.clone()).or_default();
        expected.orders += 1;
        expected.cents += purchase.cents;
        expected.points += purchase.cents / 100;
    }
    customers
}
