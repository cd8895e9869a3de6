//! An account's journal, oldest first, as movements.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::act::{Customer, account};
use crate::process::Process;

/// One transaction: its lines, of which there are several where it moved many lots.
#[derive(Debug)]
pub struct Movement {
    pub transaction: String,
    pub kind: String,
    /// With its sign.
    pub points: i64,
    pub before: i64,
    pub after: i64,
    pub order: Option<String>,
    pub reverses: Option<String>,
}

/// The journal, oldest first.
pub async fn read(reader: &Process, customer: Customer) -> Vec<Value> {
    let mut lines = reader.all(&format!("{}/journal", account(customer))).await;
    lines.reverse();
    lines
}

/// Goes through the journal: each line follows from the one before, no lot ever holds less than nothing, and in the end the lots hold
/// the balance. Answers the movements, and the balance.
pub fn follow(lines: &[Value]) -> (Vec<Movement>, i64) {
    let mut balance = 0;
    let mut lots: BTreeMap<u64, i64> = BTreeMap::new();
    let mut movements: Vec<Movement> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        assert_eq!(line["number"], n, "{line}");
        let points = line["points"].as_i64().unwrap_or(i64::MIN);
        let before = balance;
        balance += points;
        assert!(balance >= 0, "overspent: {line}");
        assert_eq!(line["balance"], balance, "{line}");
        let mut moved = 0;
        for part in line["lots"].as_array().into_iter().flatten() {
            let amount = part["points"].as_i64().unwrap_or(i64::MIN);
            assert!(amount > 0 || points == 0, "{line}");
            moved += amount;
            let lot = lots
                .entry(part["lot"].as_u64().unwrap_or(u64::MAX))
                .or_default();
            *lot += amount * points.signum();
            assert!(
                *lot >= 0,
                "more was taken from a lot than was in it: {line}"
            );
        }
        assert_eq!(moved, points.abs(), "{line}");
        // What a reversed spend gave back of an earn that had been reversed is of the same commit.
        if line["kind"] == "recover" {
            if let Some(last) = movements.last_mut() {
                last.after = balance;
            }
            continue;
        }
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        let transaction = text("transaction").unwrap_or_default();
        match movements
            .last_mut()
            .filter(|last| last.transaction == transaction)
        {
            Some(last) => {
                last.points += points;
                last.after = balance;
            }
            None => movements.push(Movement {
                transaction,
                kind: text("kind").unwrap_or_default(),
                points,
                before,
                after: balance,
                order: text("order_id"),
                reverses: text("reverses"),
            }),
        }
    }
    assert_eq!(
        lots.values().sum::<i64>(),
        balance,
        "the lots do not hold the balance"
    );
    (movements, balance)
}
