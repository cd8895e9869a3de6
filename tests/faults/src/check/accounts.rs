//! Points: what was answered is in the journal, once, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::customers::Profile;
use super::journal::{self, Movement};
use super::precedes;
use crate::act::{Act, Customer, account, of_order};
use crate::history::{Entry, History, Outcome};
use crate::process::Process;

/// Checks the account of `customer`, whose profile has counted certain orders.
pub async fn check(history: &History, reader: &Process, customer: Customer, profile: &Profile) {
    let lines = journal::read(reader, customer).await;
    let (movements, balance) = journal::follow(&lines);
    let found = reader.get(&account(customer)).await;
    let held = ["active", "pending"].map(|name| found["balance"][name].as_i64().unwrap_or(0));
    assert_eq!(held.iter().sum::<i64>(), balance, "{found}");

    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, movement) in movements.iter().enumerate() {
        let again = places.insert(&movement.transaction, place);
        assert_eq!(again, None, "twice in the journal: {movement:?}");
    }
    let mine: Vec<(&Entry, String)> = history
        .entries
        .iter()
        .filter_map(|entry| {
            let (of, transaction) = entry.act.transaction(&entry.key)?;
            (of == customer).then_some((entry, transaction))
        })
        .collect();
    let mut explained: BTreeSet<String> = BTreeSet::new();
    let mut reversed: BTreeSet<&str> = BTreeSet::new();
    for (entry, transaction) in &mine {
        let place = places.get(transaction.as_str()).copied();
        let found = place.and_then(|place| movements.get(place));
        explained.insert(transaction.clone());
        match (&entry.outcome, found) {
            (Outcome::Done(answer), found) => {
                acknowledged(entry, &answer.body, found, &movements);
            }
            // Another request earned by that order.
            (Outcome::Refused(_), found) => match entry.act {
                Act::EarnByOrder(..) => assert!(found.is_some(), "{entry:?}"),
                _ => assert!(found.is_none(), "refused, and done: {entry:?} {found:?}"),
            },
            (Outcome::Unknown, Some(movement)) => as_asked(entry, movement, &movements),
            (Outcome::Unknown, None) => {}
        }
    }
    for movement in &movements {
        if let Some(of) = &movement.reverses {
            assert!(reversed.insert(of), "taken back twice: {movement:?}");
        }
    }
    orders(history, customer, profile, &movements, &mut explained);
    for movement in &movements {
        let known = explained.contains(&movement.transaction);
        assert!(known, "nobody asked for {movement:?}");
    }
    in_time(&mine, &places);
    refused(&mine, &places, &movements);
}

/// What was answered is in the journal as it was answered.
fn acknowledged(entry: &Entry, answer: &Value, found: Option<&Movement>, all: &[Movement]) {
    // A second reversal is answered by the first.
    let named = |movement: &&Movement| answer["transaction"] == movement.transaction.as_str();
    let movement = match (&entry.act, found) {
        (Act::Reverse(..), None) => all.iter().find(named),
        _ => found,
    };
    let Some(movement) = movement else {
        panic!("acknowledged, and not in the journal: {entry:?}");
    };
    as_asked(entry, movement, all);
    assert_eq!(answer["transaction"], movement.transaction.as_str());
    assert_eq!(answer["points"], movement.points.abs(), "{entry:?}");
    let balance = &answer["balance"];
    let held = ["active", "pending"].map(|name| balance[name].as_i64().unwrap_or(0));
    assert_eq!(held.iter().sum::<i64>(), movement.after, "{entry:?}");
}

/// The movement is what was asked for.
fn as_asked(entry: &Entry, movement: &Movement, all: &[Movement]) {
    let (kind, points) = match &entry.act {
        Act::Earn(_, points) | Act::EarnByOrder(_, _, points) => ("earn", *points),
        Act::Spend(_, points) => ("spend", -points),
        Act::Reverse(_, of) => {
            assert_eq!(movement.reverses.as_ref(), Some(of));
            let original = all.iter().find(|movement| movement.transaction == *of);
            let Some(original) = original else {
                panic!("what is not there was reversed: {entry:?}");
            };
            // Of an earn, what the account still has.
            let points = match original.points {
                spent if spent < 0 => -spent,
                earned => -earned.min(movement.before),
            };
            ("reverse", points)
        }
        other => panic!("{other:?} moves no points"),
    };
    // An order that was tracked before may have earned by its total instead; then this request was answered otherwise.
    let tracked = matches!(&entry.act, Act::EarnByOrder(_, order, _) if !order.starts_with('d'));
    let unknown = matches!(entry.outcome, Outcome::Unknown);
    if !(tracked && unknown) {
        assert_eq!(
            (movement.kind.as_str(), movement.points),
            (kind, points),
            "{entry:?}"
        );
    }
}

/// Every order that the profile has counted has earned, once: by its total, or by another request that named it.
fn orders(
    history: &History,
    customer: Customer,
    profile: &Profile,
    movements: &[Movement],
    explained: &mut BTreeSet<String>,
) {
    let direct = |order: &str| {
        let named = history.entries.iter().filter_map(|entry| match &entry.act {
            Act::EarnByOrder(of, id, points) if *of == customer && id == order => Some(*points),
            _ => None,
        });
        named.collect::<Vec<_>>()
    };
    let mut earned = 0;
    for (order, cents) in &profile.orders {
        let transaction = of_order(order);
        let mut made = movements
            .iter()
            .filter(|movement| movement.transaction == transaction);
        match made.next() {
            Some(movement) => {
                let right =
                    movement.points == cents / 100 || direct(order).contains(&movement.points);
                assert!(right, "{order} of {cents} earned {movement:?}");
                assert_eq!(movement.order.as_ref(), Some(order));
                earned += 1;
            }
            None => assert!(
                !profile.acknowledged.contains(order),
                "the acknowledged order {order} has not earned"
            ),
        }
        explained.insert(transaction);
    }
    let by_request: BTreeSet<&str> = history
        .entries
        .iter()
        .filter_map(|entry| match &entry.act {
            Act::EarnByOrder(of, id, _) if *of == customer => Some(id.as_str()),
            _ => None,
        })
        .collect();
    // Orders that were both given up and not counted are in neither; those that were counted have all earned.
    let also_direct = profile
        .orders
        .keys()
        .filter(|order| by_request.contains(order.as_str()));
    let slack = also_direct.count();
    assert!(
        earned >= profile.counted && earned <= profile.counted + slack,
        "{} orders are counted, {earned} have earned",
        profile.counted
    );
}

/// What was over before another began stands before it.
fn in_time(mine: &[(&Entry, String)], places: &BTreeMap<&str, usize>) {
    for (one, first) in mine {
        for (other, second) in mine {
            let done = one.done().is_some() && other.done().is_some();
            let by_key = one.call.key.is_some() && other.call.key.is_some();
            if !(done && by_key && precedes(one, other)) {
                continue;
            }
            if let (Some(first), Some(second)) =
                (places.get(first.as_str()), places.get(second.as_str()))
            {
                assert!(first < second, "{one:?} is after {other:?}");
            }
        }
    }
}

/// A spend that was refused had a moment, while it was being asked for, at which there were too few points.
fn refused(mine: &[(&Entry, String)], places: &BTreeMap<&str, usize>, movements: &[Movement]) {
    for (entry, _) in mine {
        let (Act::Spend(_, points), Outcome::Refused(_)) = (&entry.act, &entry.outcome) else {
            continue;
        };
        let mut first = 0;
        let mut last = movements.len();
        for (other, transaction) in mine {
            let Some(place) = places.get(transaction.as_str()).copied() else {
                continue;
            };
            if other.call.key.is_none() {
                continue;
            }
            if other.done().is_some() && other.ended < entry.last_sent {
                first = first.max(place + 1);
            }
            if other.begun > entry.ended {
                last = last.min(place);
            }
        }
        let least = (first..=last).map(|place| match place.checked_sub(1) {
            None => 0,
            Some(place) => movements[place].after,
        });
        let least = least.min();
        assert!(
            least.is_some_and(|least| least < *points),
            "refused, though there were {least:?} points: {entry:?}"
        );
    }
}
