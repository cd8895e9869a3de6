//! What there is to look at: each finding just where its bound is, with its text.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod common;

use common::{Made, Some, day, on, some};
use rapport_review::review::{MeanScores, Rfm};
use rapport_review::{Kind, Review, Settings, Severity};

/// What was found, as `code segment`.
fn found(review: &Review) -> Vec<String> {
    let findings = review.findings.iter();
    let told = findings.map(|finding| match &finding.segment {
        Option::Some(segment) => format!("{} {segment}", finding.code),
        None => finding.code.clone(),
    });
    told.collect()
}

fn text(review: &Review, code: &str) -> String {
    let found = review.findings.iter().find(|finding| finding.code == code);
    found.unwrap().text.clone()
}

/// A first review; the second one is of `now`.
fn second(was: &[Some], now: &[Some]) -> Review {
    on(2).of(now, Option::Some(&on(1).of(was, None)))
}

/// Segment `b` is always in order: half of 100 more customers than `a` is about, of whom two come and two go.
fn beside(customers: Vec<Some>) -> Vec<Some> {
    let mut b = some(60, &[1]);
    b.entered = vec![];
    let mut came = some(2, &[1]);
    came.entered = vec![1];
    [customers, vec![b, came, some(60, &[])]].concat()
}

#[test]
fn a_shop_in_order_has_nothing_to_look_at() {
    let mut came = some(2, &[0]);
    came.entered = vec![0];
    let now = beside(vec![some(40, &[0]), came]);
    assert_eq!(found(&second(&now, &now)), [""; 0]);
}

#[test]
fn an_empty_segment_is_graver_where_somebody_was_in_it() {
    let first = on(1).of(&beside(vec![]), None);
    assert_eq!(found(&first), ["empty a"]);
    assert_eq!(first.findings[0].severity, Severity::Warning);
    assert_eq!(
        text(&first, "empty"),
        "Nobody is in “Segment A” (a). Try its rule with POST /v1/segments/preview, or delete it."
    );
    let emptied = second(&beside(vec![some(1_200, &[0])]), &beside(vec![]));
    assert_eq!(found(&emptied), ["empty a"]);
    assert_eq!(emptied.findings[0].severity, Severity::Critical);
    assert_eq!(
        text(&emptied, "empty"),
        "Nobody is in “Segment A” (a) any more; 1,200 customers were on 1972-10-27. See whether its rule was changed, or what it asks about is no longer tracked."
    );
    // Nobody is in any segment of an empty shop.
    assert_eq!(found(&on(1).of(&[], None)), [""; 0]);
}

#[test]
fn nineteen_members_are_too_few_unless_the_shop_is_small() {
    let of = |members, others| on(1).of(&[some(members, &[0]), some(others, &[1])], None);
    assert_eq!(found(&of(20, 80)), [""; 0]);
    assert_eq!(found(&of(19, 81)), ["too_small a"]);
    assert_eq!(
        text(&of(19, 81), "too_small"),
        "“Segment A” (a) has only 19 members, 19.0% of 100 customers: too few to be worth a campaign, and for its averages to mean much. Widen its rule, or join it with a segment like it."
    );
    // 99 customers are fewer than 5 times 20.
    assert_eq!(found(&of(19, 80)), [""; 0]);
}

#[test]
fn nine_in_ten_are_nearly_everybody() {
    let of = |members, others| {
        on(1).of(
            &[some(members, &[0]), some(20, &[1]), some(others, &[])],
            None,
        )
    };
    assert_eq!(found(&of(899, 81)), [""; 0]);
    assert_eq!(found(&of(900, 80)), ["too_large a"]);
    assert!(text(&of(900, 80), "too_large").contains("900 of 1,000 customers (90.0%)"));
}

#[test]
fn four_fifths_in_common_is_an_overlap() {
    let of = |both, one| {
        let rest = [some(one, &[0]), some(both, &[0, 1]), some(200, &[])];
        on(1).of(&rest, None)
    };
    // 80 of 100, and 79 of 100.
    assert_eq!(found(&of(80, 20)), ["overlapping a"]);
    assert_eq!(found(&of(79, 21)), [""; 0]);
    let finding = &of(80, 20).findings[0];
    assert_eq!(finding.other.as_ref().unwrap().as_str(), "b");
    assert_eq!(finding.numbers["shares"], serde_json::json!([0.8, 1.0]));
    assert_eq!(
        finding.text,
        "“Segment A” (a) and “Segment B” (b) are nearly the same: 80 customers in both, 80.0% of all who are in either. One of them may do."
    );
}

#[test]
fn a_segment_stands_still_where_nobody_came_or_went_for_two_weeks() {
    let now = beside(vec![some(40, &[0])]);
    assert_eq!(found(&second(&now, &now)), ["not_moving a"]);
    assert!(text(&second(&now, &now), "not_moving").starts_with(
        "Nobody has entered or left “Segment A” (a) in 30 days; it stands at 40 members."
    ));
    let soon = Made {
        day: on(1).day + 13,
        ..on(2)
    };
    let first = on(1).of(&now, None);
    assert_eq!(found(&soon.of(&now, Option::Some(&first))), [""; 0]);
    // People put customers on a list when they like.
    let lists = Made {
        kind: Kind::Manual,
        ..on(2)
    };
    assert_eq!(found(&lists.of(&now, Option::Some(&first))), [""; 0]);
}

#[test]
fn a_fall_by_a_fifth_is_told_and_one_by_two_fifths_is_grave() {
    for (now, severity) in [
        (81, None),
        (80, Option::Some(Severity::Warning)),
        (60, Option::Some(Severity::Critical)),
    ] {
        let review = second(
            &beside(vec![some(100, &[0])]),
            &beside(vec![some(now, &[0])]),
        );
        let found = review.findings.first().map(|finding| finding.severity);
        assert_eq!(found, severity, "{now}");
    }
    let review = second(
        &beside(vec![some(100, &[0])]),
        &beside(vec![some(75, &[0])]),
    );
    assert_eq!(
        text(&review, "size_falling"),
        "“Segment A” (a) shrank by 25%, from 100 to 75 members: 25 left and 0 came."
    );
    // 19 were too few to begin with.
    let small = second(&beside(vec![some(19, &[0])]), &beside(vec![some(10, &[0])]));
    assert_eq!(found(&small), ["too_small a"]);
}

#[test]
fn revenue_per_member_falls_by_what_a_member_spends_in_thirty_days() {
    let with = |orders| {
        let mut buyers = some(50, &[0]);
        buyers.orders = orders;
        let mut came = some(1, &[0]);
        (came.entered, came.orders) = (vec![0], orders);
        beside(vec![buyers, came])
    };
    // 51 members at 5 orders of 100.00, then 4: 500.00 and 400.00 in 30 days.
    let review = second(&with(5), &with(4));
    assert_eq!(found(&review), ["revenue_falling a"]);
    // Of all 173 customers 51 spend that: 147.40 and 117.92 each.
    assert_eq!(
        text(&review, "revenue_falling"),
        "A member of “Segment A” (a) spends 20% less than in the period before: 400.00 CNY in 30 days, down from 500.00 CNY (all customers: -20%)."
    );
    let finding = &review.findings[0];
    assert_eq!(
        (&finding.numbers["was"], &finding.numbers["per_member_30d"]),
        (&50_000.into(), &40_000.into())
    );
    assert_eq!(found(&second(&with(4), &with(5))), [""; 0]);
    // Nobody buys any more: 255 orders would have been made.
    assert_eq!(found(&second(&with(5), &with(0))), ["revenue_falling a"]);
    // A period of three days says little.
    let soon = Made {
        day: on(1).day + 3,
        ..on(2)
    };
    let first = on(1).of(&with(5), None);
    assert_eq!(found(&soon.of(&with(0), Option::Some(&first))), [""; 0]);
}

#[test]
fn members_who_are_unhappy_are_graver_than_all_else() {
    let told = |many, nps, csat| {
        let mut asked = some(many, &[0]);
        (asked.nps, asked.csat) = (nps, csat);
        on(1).of(&beside(vec![some(60, &[0]), asked]), None)
    };
    // Ten at 6: NPS -100. Nine are not enough to say so.
    assert_eq!(found(&told(10, Option::Some(6), None)), ["unhappy a"]);
    assert_eq!(found(&told(9, Option::Some(6), None)), [""; 0]);
    assert_eq!(found(&told(10, Option::Some(7), None)), [""; 0]);
    assert_eq!(
        text(&told(10, Option::Some(6), None), "unhappy"),
        "Members of “Segment A” (a) would rather warn others off than recommend you: NPS -100.0 from 10 answers, -100.0 over all customers. Read what they wrote, and answer."
    );
    assert_eq!(found(&told(10, None, Option::Some(3))), ["unhappy a"]);
    assert_eq!(found(&told(10, None, Option::Some(4))), [""; 0]);
}

#[test]
fn models_that_have_aged_are_told_of() {
    let rfm = |customers, drift, refreshed| Rfm {
        recency_days: [1, 2, 3, 4],
        frequency: [1, 1, 2, 3],
        monetary: [1.into(), 2.into(), 3.into(), 4.into()],
        mean_scores: MeanScores {
            r: 3.into(),
            f: 3.into(),
            m: 3.into(),
        },
        customers,
        drift: Option::Some(drift),
        refreshed,
    };
    let of = |made: Made| found(&made.of(&beside(vec![some(40, &[0])]), None));
    for (customers, drift, refreshed, expected) in [
        (1_000, 0.0999, false, vec![]),
        (1_000, 0.1, false, vec!["stale_thresholds"]),
        (1_000, 0.5, true, vec![]),
        // So few say nothing of thresholds.
        (50, 0.5, false, vec!["stale_thresholds"]),
        (49, 0.5, false, vec![]),
    ] {
        let made = Made {
            rfm: Option::Some(rfm(customers, drift, refreshed)),
            ..on(1)
        };
        assert_eq!(of(made), expected, "{drift}");
    }
    for (age, expected) in [(179, vec![]), (180, vec!["stale_lifetime_model"])] {
        let made = Made {
            fitted: Option::Some(day(on(1).day - age)),
            ..on(1)
        };
        assert_eq!(of(made), expected, "{age}");
    }
}

/// Only a segment with a rule is told to look at its rule.
#[test]
fn the_advice_fits_the_kind_of_segment() {
    let of = |kind| {
        let made = |number| Made { kind, ..on(number) };
        let none = made(1).of(&beside(vec![]), None);
        let full = made(1).of(&beside(vec![some(40, &[0])]), None);
        let gone = made(2).of(&beside(vec![]), Option::Some(&full));
        let few = made(1).of(&beside(vec![some(5, &[0])]), None);
        let all = made(1).of(&[some(200, &[0, 1])], None);
        [
            text(&none, "empty"),
            text(&gone, "empty"),
            text(&few, "too_small"),
            text(&all, "too_large"),
        ]
    };
    for advice in of(Kind::Dynamic) {
        assert!(advice.contains("rule"), "{advice}");
    }
    for kind in [Kind::Manual, Kind::Snapshot] {
        for advice in of(kind) {
            assert!(!advice.contains("rule"), "{advice}");
        }
    }
    assert_eq!(
        of(Kind::Manual)[0],
        "Nobody is in “Segment A” (a). Put customers in with POST /v1/segments/a/members, or delete it."
    );
}

#[test]
fn a_segment_that_changed_meanwhile_has_no_figures_and_no_trend_next_time() {
    let customers = beside(vec![some(40, &[0])]);
    let changed = Made {
        changed: vec![0],
        ..on(1)
    };
    let first = changed.of(&customers, None);
    assert_eq!(found(&first), ["changed_meanwhile a"]);
    let report = rapport_review::Report::new(&first, None);
    assert_eq!(
        (report.segments[0].state, &report.segments[0].figures),
        ("changed", &None)
    );
    let next = on(2).of(&customers, Option::Some(&first));
    assert_eq!(found(&next), [""; 0]);
    let report = rapport_review::Report::new(&next, Option::Some(&first));
    let figures = report.segments[0].figures.as_ref().unwrap();
    assert_eq!((figures.entered, figures.left), (None, None));
    assert!(figures.trend.is_none());
}

#[test]
fn the_shop_sets_the_bounds() {
    let made = Made {
        settings: Settings {
            min_members: 50,
            ..Settings::default()
        },
        ..on(1)
    };
    let customers = [some(49, &[0]), some(300, &[1])];
    assert_eq!(found(&made.of(&customers, None)), ["too_small a"]);
    assert_eq!(found(&on(1).of(&customers, None)), [""; 0]);
}
