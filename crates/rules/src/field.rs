//! Tests of one field.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use rapport_types::{Timestamp, Zone};

use crate::drift;
use crate::found::{Found, One, Scope};
use crate::models;
use crate::moment::{When, anniversary};
use crate::place::Place;
use crate::rule::{Field, FieldTest, Scalar, Test};
use crate::verdict::{Any, Verdict};

/// The answer of a field test. A negative operator is computed as the opposite of its positive, so that the two
/// are complements for every value.
pub(crate) fn verdict(test: &FieldTest, scope: Scope<'_>, now: Timestamp, zone: &Zone) -> Verdict {
    let positive = match (&test.field, scope) {
        (Field::Recency, Scope::Subject(subject)) => drift::recency(&test.test, subject, now, zone),
        (Field::Lifecycle, Scope::Subject(subject)) => {
            drift::lifecycle(&test.test, subject, now, zone)
        }
        (Field::Score(score), Scope::Subject(subject)) => {
            models::score(*score, &test.test, subject, now, zone)
        }
        (Field::ValueGroup, Scope::Subject(subject)) => {
            models::value_group(&test.test, subject, now, zone)
        }
        (Field::Lifetime(measure), Scope::Subject(subject)) => {
            models::lifetime(*measure, &test.test, subject, now, zone)
        }
        (field, scope) => positive(&test.test, scope.find(field), now, zone),
    };
    positive.not_if(test.negate)
}

fn positive(test: &Test, found: Found<'_>, now: Timestamp, zone: &Zone) -> Verdict {
    match test {
        Test::Exists => Verdict::fixed(!matches!(found, Found::Absent)),
        Test::NotEmpty => Verdict::fixed(found.not_empty()),
        Test::ContainsAny(wanted) => Verdict::fixed(
            found.is_list() && wanted.iter().any(|wanted| holds(&found, wanted, zone)),
        ),
        Test::ContainsAll(wanted) => Verdict::fixed(
            found.is_list() && wanted.iter().all(|wanted| holds(&found, wanted, zone)),
        ),
        test => {
            let mut any = Any::new();
            found.visit(&mut |one| match any.push(of_one(test, one, now, zone)) {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            });
            any.finish()
        }
    }
}

/// Whether some element of `found` is `wanted`.
fn holds(found: &Found<'_>, wanted: &Scalar, zone: &Zone) -> bool {
    let mut any = false;
    found.visit(&mut |one| {
        any = same(one, wanted, zone);
        if any {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    any
}

/// The answer about one value that is no list.
fn of_one(test: &Test, one: One<'_>, now: Timestamp, zone: &Zone) -> Verdict {
    let time = match test {
        Test::WithinLast(_) | Test::OlderThan(_) | Test::WithinNext(_) | Test::Anniversary(_) => {
            match when(one) {
                Some(when) => when,
                None => return Verdict::fixed(false),
            }
        }
        test => return Verdict::fixed(passes(test, one, zone)),
    };
    match test {
        Test::WithinLast(span) => time.stretch(zone).within_last(*span, now),
        Test::OlderThan(span) => time.stretch(zone).older_than(*span, now),
        Test::WithinNext(span) => time.stretch(zone).within_next(*span, now),
        Test::Anniversary(days) => anniversary(time.day(zone), *days, now, zone),
        _ => Verdict::fixed(false),
    }
}

/// The answer of a test that does not ask for the present.
pub(crate) fn passes(test: &Test, one: One<'_>, zone: &Zone) -> bool {
    let compare = |scalar: &Scalar| order(one, scalar, zone);
    let text = |check: &dyn Fn(&str) -> bool| match one {
        One::Text(text) => check(text),
        _ => false,
    };
    let dates = |check: &dyn Fn(When) -> bool| when(one).is_some_and(check);
    match test {
        Test::Eq(scalar) => same(one, scalar, zone),
        Test::In(scalars) => scalars.iter().any(|scalar| same(one, scalar, zone)),
        Test::Less(scalar) => compare(scalar) == Some(Ordering::Less),
        Test::LessOrEqual(scalar) => compare(scalar).is_some_and(Ordering::is_le),
        Test::Greater(scalar) => compare(scalar) == Some(Ordering::Greater),
        Test::GreaterOrEqual(scalar) => compare(scalar).is_some_and(Ordering::is_ge),
        Test::Between(low, high) => {
            compare(low).is_some_and(Ordering::is_ge) && compare(high).is_some_and(Ordering::is_le)
        }
        Test::Contains(needle) => text(&|text| needle.within(text)),
        Test::StartsWith(needle) => text(&|text| needle.begins(text)),
        Test::EndsWith(needle) => text(&|text| needle.ends(text)),
        Test::Before(limit) => dates(&|when| when.stretch(zone).before(limit.stretch(zone))),
        Test::After(limit) => dates(&|when| limit.stretch(zone).before(when.stretch(zone))),
        Test::OnDay(day) => dates(&|when| when.day(zone) == day.day(zone)),
        Test::WithinDistance(circle) => match one {
            One::Object(value) => Place::read(value).is_some_and(|place| circle.holds(place)),
            _ => false,
        },
        // One value that is there exists. The rest is answered elsewhere.
        Test::Exists | Test::NotEmpty => true,
        Test::ContainsAny(_)
        | Test::ContainsAll(_)
        | Test::WithinLast(_)
        | Test::OlderThan(_)
        | Test::WithinNext(_)
        | Test::Anniversary(_) => false,
    }
}

/// Whether `one` is `scalar`; values of different types never are.
fn same(one: One<'_>, scalar: &Scalar, zone: &Zone) -> bool {
    match (one, scalar) {
        (One::Text(one), Scalar::Text(other, _)) => other.equals(one),
        _ => order(one, scalar, zone) == Some(Ordering::Equal),
    }
}

/// How `one` stands to `scalar`; `None` where they are of different types.
fn order(one: One<'_>, scalar: &Scalar, zone: &Zone) -> Option<Ordering> {
    match (one, scalar) {
        (One::Bool(one), Scalar::Bool(other)) => Some(one.cmp(other)),
        (One::Number(one), Scalar::Number(other)) => Some(one.cmp(other)),
        (One::Text(one), Scalar::Text(other, _)) => Some(other.order(one)),
        (One::Moment(one), Scalar::Text(_, Some(other))) => {
            let (one, other) = (When::Moment(one).stretch(zone), other.stretch(zone));
            Some(if one.before(other) {
                Ordering::Less
            } else if other.before(one) {
                Ordering::Greater
            } else {
                Ordering::Equal
            })
        }
        _ => None,
    }
}

/// The moment or day that `one` is, for date operators only.
fn when(one: One<'_>) -> Option<When> {
    match one {
        One::Text(text) => When::parse(text),
        One::Moment(moment) => Some(When::Moment(moment)),
        _ => None,
    }
}
