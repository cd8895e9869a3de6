//! What a client does next.

use fastrand::Rng;

use super::Scene;
use crate::act::{Act, Item};

/// The `n`-th request of `client`.
pub(super) fn next(scene: &Scene, rng: &mut Rng, client: usize, n: usize) -> Act {
    let customer = rng.usize(..scene.size.customers);
    let number = client * 1_000 + n;
    if rng.u8(0..100) < scene.size.feedback {
        return Act::Feedback(rng.i64(0..=10));
    }
    match rng.u8(0..100) {
        0..15 => Act::Earn(customer, rng.i64(1..100)),
        15..23 => Act::EarnByOrder(
            customer,
            order(scene, rng, customer, number),
            rng.i64(1..100),
        ),
        23..40 => Act::Spend(customer, rng.i64(1..120)),
        40..47 => match earlier_movement(scene, rng, customer) {
            Some(of) => Act::Reverse(customer, of),
            None => Act::Earn(customer, rng.i64(1..100)),
        },
        47..55 => Act::Put(customer, number),
        55..66 => Act::Patch(customer, number),
        66..71 => Act::Track(customer, Item::Event(format!("e{number}"))),
        71..90 => Act::Track(customer, order_item(scene, rng, customer, number)),
        _ => Act::Batch(
            (0..rng.usize(1..6))
                .map(|part| {
                    let customer = rng.usize(..scene.size.customers);
                    // No request has a number so high.
                    let number = 100_000 + number * 10 + part;
                    let item = match rng.bool() {
                        true => Item::Event(format!("b{number}")),
                        false => order_item(scene, rng, customer, number),
                    };
                    (customer, item)
                })
                .collect(),
        ),
    }
}

/// An order: mostly a new one, else one that was reported before.
fn order_item(scene: &Scene, rng: &mut Rng, customer: usize, number: usize) -> Item {
    let before: Vec<Item> = known_orders(scene, customer);
    match rng.choice(before) {
        Some(item) if rng.u8(0..10) < 2 => item,
        _ => Item::Order(format!("o{customer}-{number}"), rng.i64(100..10_000)),
    }
}

/// The id of an order: new, or of one that was tracked, too.
fn order(scene: &Scene, rng: &mut Rng, customer: usize, number: usize) -> String {
    match rng.choice(known_orders(scene, customer)) {
        Some(Item::Order(id, _)) if rng.bool() => id,
        _ => format!("d{customer}-{number}"),
    }
}

fn known_orders(scene: &Scene, customer: usize) -> Vec<Item> {
    let entries = scene.entries.borrow();
    let items = entries.iter().flat_map(|entry| entry.act.items());
    items
        .filter(|(of, item)| *of == customer && matches!(item, Item::Order(..)))
        .map(|(_, item)| item)
        .collect()
}

/// An earn or a spend that was answered.
fn earlier_movement(scene: &Scene, rng: &mut Rng, customer: usize) -> Option<String> {
    let entries = scene.entries.borrow();
    let movements = entries.iter().filter(|entry| {
        let reversible = matches!(
            entry.act,
            Act::Earn(..) | Act::EarnByOrder(..) | Act::Spend(..)
        );
        reversible && entry.done().is_some()
    });
    let of = movements.filter_map(|entry| entry.act.transaction(&entry.key));
    let mine: Vec<String> = of
        .filter(|(of, _)| *of == customer)
        .map(|(_, id)| id)
        .collect();
    rng.choice(mine)
}
