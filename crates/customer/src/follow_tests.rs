//! The life of an order, in every order of its events.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic
)]
use super::*;
use crate::{Command, Item, ItemOutcome, decide};
use proptest::prelude::*;
use rapport_types::{Currency, CustomerId};
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T00:00:00Z").unwrap()
}

fn cny(amount: i64) -> Money {
    Money::new(amount, Currency::parse("CNY").unwrap())
}

/// An event `days` ago.
fn event(name: &str, days: i64, properties: Value) -> Item {
    Item::Track {
        event: name.into(),
        properties: properties.as_object().unwrap().clone(),
        timestamp: Some(Timestamp::from_millis(now().millis() - days * DAY)),
        message_id: None,
    }
}

struct Shop {
    customer: Option<Customer>,
    effects: Vec<Effect>,
}

impl Shop {
    fn new() -> Self {
        Self {
            customer: None,
            effects: Vec::new(),
        }
    }

    fn hear(&mut self, items: impl IntoIterator<Item = Item>) -> Vec<ItemOutcome> {
        let id = CustomerId::parse("c").unwrap();
        let mut outcomes = Vec::new();
        for item in items {
            let command = Command::Apply(vec![item]);
            let customer = self.customer.take();
            let decision = decide(&id, customer, command, now(), &Zone::utc()).unwrap();
            // Through the document, as it is kept.
            let json = serde_json::to_string(&decision.customer).unwrap();
            self.customer = Some(serde_json::from_str(&json).unwrap());
            self.effects.extend(decision.effects);
            outcomes.extend(decision.outcomes);
        }
        outcomes
    }

    fn customer(&self) -> &Customer {
        self.customer.as_ref().unwrap()
    }

    /// The state of the order that was told last.
    fn told(&self) -> OrderState {
        let told = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::OrderMoved(state) => Some(state.clone()),
            Effect::OrderCompleted { .. } => None,
        });
        told.unwrap()
    }
}

fn order(id: &str, days: i64, total: i64) -> Item {
    let order = json!({"order_id": id, "total": total, "currency": "CNY"});
    event("Order Completed", days, order)
}

fn refund(id: &str, refund: &str, amount: Value) -> Item {
    let refund = json!({"order_id": id, "refund_id": refund, "refund": amount});
    event("Order Refunded", 0, refund)
}

#[test]
fn what_went_back_is_taken_off_what_was_spent_and_never_more_than_was_paid() {
    let mut shop = Shop::new();
    shop.hear([order("a", 9, 100), order("b", 5, 50)]);
    shop.hear([refund("b", "r1", json!("20.50"))]);
    let totals = shop.customer().totals.clone();
    // 100 + 50 - 20.50.
    assert_eq!((totals.orders, totals.spend), (2, Some(cny(12_950))));
    assert_eq!(totals.paid(), Some(cny(15_000)));
    let told = shop.told();
    assert_eq!((told.refunded, told.over), (Some(cny(2_050)), false));
    // The same refund again is none; with 40 more than was paid is back.
    let outcomes = shop.hear([
        refund("b", "r1", json!("20.50")),
        refund("b", "r2", json!(40)),
    ]);
    assert_eq!(outcomes, [ItemOutcome::Duplicate, ItemOutcome::Applied]);
    let totals = shop.customer().totals.clone();
    assert_eq!((totals.orders, totals.spend), (1, Some(cny(10_000))));
    assert!(shop.told().over);
    assert_eq!(totals.last_order_at, totals.first_order_at);
    assert_eq!(totals.previous_order_at, None);
    assert_eq!(shop.customer().order_days(), 1);
}

#[test]
fn a_cancelled_order_is_as_if_it_had_never_been_paid() {
    let mut shop = Shop::new();
    shop.hear([order("a", 9, 100), order("b", 5, 50), order("c", 5, 25)]);
    let cancel = |id: &str| event("Order Cancelled", 0, json!({"order_id": id}));
    shop.hear([cancel("b")]);
    let moment = |days| Some(Timestamp::from_millis(now().millis() - days * DAY));
    let totals = shop.customer().totals.clone();
    assert_eq!((totals.orders, totals.spend), (2, Some(cny(12_500))));
    assert_eq!(totals.last_order_at, moment(5));
    // c was on the same day.
    assert_eq!(shop.customer().order_days(), 2);
    shop.hear([cancel("c")]);
    let totals = shop.customer().totals.clone();
    assert_eq!(shop.customer().order_days(), 1);
    assert_eq!(
        (totals.first_order_at, totals.last_order_at),
        (moment(9), moment(9))
    );
    // On a day on which only cancelled orders were paid another one is a day of its own.
    shop.hear([order("d", 5, 10)]);
    assert_eq!(shop.customer().order_days(), 2);
    shop.hear([cancel("a"), cancel("d")]);
    let totals = shop.customer().totals.clone();
    assert_eq!((totals.orders, totals.spend), (0, Some(cny(0))));
    let none = [
        totals.first_order_at,
        totals.previous_order_at,
        totals.last_order_at,
    ];
    assert_eq!(none, [None; 3]);
    assert_eq!(shop.customer().order_days(), 0);
    // Events are history.
    assert_eq!(totals.events[ORDER_COMPLETED].count, 4);
}

#[test]
fn a_refund_in_another_currency_or_of_too_many_parts_is_refused() {
    let mut shop = Shop::new();
    shop.hear([order("a", 9, 100)]);
    let dollars = json!({"order_id": "a", "refund": 5, "currency": "USD"});
    let outcomes = shop.hear([event("Order Refunded", 0, dollars)]);
    let ItemOutcome::Refused(violation) = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(violation.code, "other_currency");
    assert_eq!(violation.pointer, "/properties/currency");
    let refunds = (0..=REFUNDS_OF_ONE).map(|n| refund("a", &n.to_string(), json!("0.01")));
    let outcomes = shop.hear(refunds);
    let (last, others) = outcomes.split_last().unwrap();
    assert!(
        others
            .iter()
            .all(|outcome| *outcome == ItemOutcome::Applied)
    );
    assert!(matches!(last, ItemOutcome::Refused(violation) if violation.code == "too_many"));
}

#[test]
fn an_order_of_before_orders_were_kept_is_found_among_the_latest_events() {
    let mut shop = Shop::new();
    shop.hear([order("a", 9, 100), order("b", 5, 50)]);
    let customer = shop.customer.as_mut().unwrap();
    customer.orders = Default::default();
    shop.hear([refund("b", "r", json!(20))]);
    assert_eq!(shop.customer().totals.spend, Some(cny(13_000)));
    assert_eq!(shop.told().total, Some(cny(5_000)));
    // Of one that is no longer among them nothing is known but that it was counted.
    let customer = shop.customer.as_mut().unwrap();
    customer.orders = Default::default();
    customer.recent = Default::default();
    shop.hear([refund("a", "r", json!(30))]);
    assert_eq!(shop.customer().totals.spend, Some(cny(10_000)));
    shop.hear([event("order_cancelled", 0, json!({"order_id": "a"}))]);
    assert_eq!(shop.customer().totals.orders, 1);
}

#[test]
fn an_order_without_an_id_keeps_its_name_when_another_is_cancelled() {
    let unnamed = || event("order_paid", 1, json!({"total": 5, "currency": "CNY"}));
    let mut shop = Shop::new();
    shop.hear([order("a", 9, 100), unnamed()]);
    shop.hear([
        event("order_cancelled", 0, json!({"order_id": "a"})),
        unnamed(),
    ]);
    let names = shop.effects.iter().filter_map(|effect| match effect {
        Effect::OrderCompleted { order_id, .. } => Some(order_id.as_str()),
        Effect::OrderMoved(_) => None,
    });
    assert_eq!(names.collect::<Vec<_>>(), ["a", "unnamed:2", "unnamed:3"]);
}

/// Everything that may be said of one order.
fn events() -> Vec<Item> {
    let paid = json!({"order_id": "x", "total": "89.90", "currency": "CNY"});
    let placed = json!({"order_id": "x", "points_used": 200});
    vec![
        event("Order Placed", 3, placed),
        event("Order Paid", 2, paid.clone()),
        // The same moment: an order is dated by whichever of the two came first.
        event("order_completed", 2, paid),
        refund("x", "r1", json!(30)),
        refund("x", "r2", json!("29.90")),
        refund("x", "r3", json!(50)),
        event("order_cancelled", 1, json!({"order_id": "x"})),
    ]
}

proptest! {
    #[test]
    fn the_events_of_an_order_in_any_order_and_repeated_end_in_the_same(
        kinds in proptest::sample::subsequence((0..7_usize).collect::<Vec<_>>(), 1..=7),
        again in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
        seed in any::<u64>(),
    ) {
        let said: Vec<usize> = kinds.clone();
        let mut shuffled = kinds.clone();
        shuffled.extend(again.iter().map(|index| kinds[index.index(kinds.len())]));
        // Fisher and Yates, by a generator of its own.
        let mut state = seed | 1;
        for place in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(place, (state >> 33) as usize % (place + 1));
        }
        let others = [order("a", 9, 100), order("b", 1, 50)];
        let end = |kinds: &[usize]| {
            let mut shop = Shop::new();
            shop.hear(others.clone());
            let all = events();
            shop.hear(kinds.iter().map(|kind| all[*kind].clone()));
            let customer = shop.customer.unwrap();
            let row = customer.known_order("x");
            let state = OrderState::new("x", &row);
            let mut totals = customer.totals.clone();
            totals.order_days = Some(customer.order_days());
            (totals, customer.days.clone(), state)
        };
        prop_assert_eq!(end(&shuffled), end(&said));
    }
}
