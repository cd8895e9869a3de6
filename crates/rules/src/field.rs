//! Tests of one field.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use crate::evaluate::Context;
use crate::found::{Found, One, Scope};
use crate::moment::{When, anniversary};
use crate::place::Place;
use crate::rule::{Field, FieldTest, Scalar, Test};
use crate::subject::Subject;
use crate::text::Text;
use crate::values::Seen;
use crate::verdict::{Any, Verdict};
use crate::{drift, fact, models};

/// The answer of a field test. A negative operator is computed as the opposite of its positive, so that the two
/// are complements for every value.
pub(crate) fn verdict(test: &FieldTest, scope: Scope<'_>, cx: Context<'_>) -> Verdict {
    let positive = match (scope, &test.field) {
        (
            Scope::Subject(subject),
            field @ (Field::Recency
            | Field::Lifecycle
            | Field::Fact(_)
            | Field::Balance(_)
            | Field::Score(_)
            | Field::Band(_)
            | Field::Rfm(_)
            | Field::ValueGroup
            | Field::Lifetime(_)),
        ) => moved(test, field, subject, cx),
        (scope, field) => positive(&test.test, scope.find(field), cx),
    };
    positive.not_if(test.negate)
}

/// The answer about a field that time alone can change.
fn moved(asked: &FieldTest, field: &Field, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
    let test = &asked.test;
    match field {
        Field::Recency => drift::recency(asked, subject, cx),
        Field::Lifecycle => drift::lifecycle(test, subject, cx),
        Field::Fact(fact) => fact::verdict(test, &|now| subject.fact(*fact, now), cx),
        Field::Balance(kind) => fact::verdict(test, &|now| subject.balance(kind, now), cx),
        Field::Score(score) => score.verdict(test, subject, cx, false),
        Field::Band(score) => score.verdict(test, subject, cx, true),
        Field::Rfm(score) => models::score(*score, test, subject, cx),
        Field::ValueGroup => models::value_group(test, subject, cx),
        Field::Lifetime(measure) => models::lifetime(*measure, test, subject, cx),
        _ => Verdict::fixed(false),
    }
}

/// The answer of a test of what was found.
pub(crate) fn positive(test: &Test, found: Found<'_>, cx: Context<'_>) -> Verdict {
    match test {
        Test::Exists => Verdict::fixed(!matches!(found, Found::Absent)),
        Test::NotEmpty => Verdict::fixed(found.not_empty()),
        Test::ContainsAny(wanted) => {
            let mut any = false;
            if found.is_list() {
                found.visit(&mut |one| {
                    any = wanted.hold(one, cx.zone, cx.folds);
                    on_if(!any)
                });
            }
            Verdict::fixed(any)
        }
        Test::ContainsAll(wanted) => {
            let mut seen = Seen::default();
            found.visit(&mut |one| {
                wanted.tick(one, cx.folds, &mut seen);
                ControlFlow::Continue(())
            });
            Verdict::fixed(found.is_list() && wanted.all(&seen))
        }
        test => {
            // Most values are no lists.
            if let Some(one) = found.alone() {
                return of_one(test, one, cx);
            }
            let mut any = Any::new();
            found.visit(&mut |one| on_if(any.push(of_one(test, one, cx))));
            any.finish()
        }
    }
}

fn on_if(more: bool) -> ControlFlow<()> {
    match more {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    }
}

/// The answer about one value that is no list.
fn of_one(test: &Test, one: One<'_>, cx: Context<'_>) -> Verdict {
    let time = match test {
        Test::WithinLast(_) | Test::OlderThan(_) | Test::WithinNext(_) | Test::Anniversary(_) => {
            match when(one) {
                Some(when) => when,
                None => return Verdict::fixed(false),
            }
        }
        test => return Verdict::fixed(passes(test, one, cx)),
    };
    let Context { now, zone, .. } = cx;
    match test {
        Test::WithinLast(span) => time.stretch(zone).within_last(*span).at(now),
        Test::OlderThan(span) => time.stretch(zone).older_than(*span).at(now),
        Test::WithinNext(span) => time.stretch(zone).within_next(*span).at(now),
        Test::Anniversary(days) => anniversary(time.day(zone), *days, now, zone),
        _ => Verdict::fixed(false),
    }
}

/// The answer of a test that does not ask for the present.
pub(crate) fn passes(test: &Test, one: One<'_>, cx: Context<'_>) -> bool {
    let zone = cx.zone;
    let compare = |scalar: &Scalar| order(one, scalar, cx);
    let text = |check: &dyn Fn(&str) -> bool| match one {
        One::Text(text) => check(text),
        _ => false,
    };
    let dates = |check: &dyn Fn(When) -> bool| when(one).is_some_and(check);
    match test {
        Test::Eq(scalar) => same(one, scalar, cx),
        Test::In(values) => values.hold(one, zone, cx.folds),
        Test::Less(scalar) => compare(scalar) == Some(Ordering::Less),
        Test::LessOrEqual(scalar) => compare(scalar).is_some_and(Ordering::is_le),
        Test::Greater(scalar) => compare(scalar) == Some(Ordering::Greater),
        Test::GreaterOrEqual(scalar) => compare(scalar).is_some_and(Ordering::is_ge),
        Test::Between(low, high) => {
            compare(low).is_some_and(Ordering::is_ge) && compare(high).is_some_and(Ordering::is_le)
        }
        Test::Contains(needle) => text(&|text| needle.within(text, cx.folds)),
        Test::StartsWith(needle) => text(&|text| needle.begins(&needle.said(text, cx.folds))),
        Test::EndsWith(needle) => text(&|text| needle.ends(&needle.said(text, cx.folds))),
        Test::Matches(pattern) => text(&|text| pattern.matches(text, cx.folds)),
        Test::Before(limit) => dates(&|when| when.stretch(zone).before(limit.stretch(zone))),
        Test::After(limit) => dates(&|when| limit.stretch(zone).before(when.stretch(zone))),
        Test::OnDay(day) => dates(&|when| when.day(zone) == day.day(zone)),
        Test::WithinDistance(circle) => match one {
            One::Object(value) => Place::read(value).is_some_and(|place| circle.holds(place)),
            One::Packed(value) => {
                Place::read(&value.to_value()).is_some_and(|place| circle.holds(place))
            }
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
fn same(one: One<'_>, scalar: &Scalar, cx: Context<'_>) -> bool {
    match (one, scalar) {
        (One::Text(one), Scalar::Text(other, _)) => other.is(one, cx.folds),
        _ => order(one, scalar, cx) == Some(Ordering::Equal),
    }
}

/// How `one` stands to `scalar`; `None` where they are of different types.
fn order(one: One<'_>, scalar: &Scalar, cx: Context<'_>) -> Option<Ordering> {
    let text = |one, other: &Text| other.order(&other.said(one, cx.folds));
    match (one, scalar) {
        (One::Bool(one), Scalar::Bool(other)) => Some(one.cmp(other)),
        (One::Number(one), Scalar::Number(other)) => Some(one.cmp(other)),
        (One::Text(one), Scalar::Text(other, _)) => Some(text(one, other)),
        (One::Moment(one), Scalar::Text(_, Some(other))) => Some(
            When::Moment(one)
                .stretch(cx.zone)
                .order(other.stretch(cx.zone)),
        ),
        _ => None,
    }
}

/// The moment or day that `one` is, for date operators only.
pub(crate) fn when(one: One<'_>) -> Option<When> {
    match one {
        One::Text(text) => When::parse(text),
        One::Moment(moment) => Some(When::Moment(moment)),
        _ => None,
    }
}
