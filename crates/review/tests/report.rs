//! Figures and trend, with their arithmetic; and that a pass fits into a document.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod common;

use common::{Made, on, some, yuan};
use rapport_review::{Held, Opinion, Report, Seen, Spent, Sums, Tally};
use rapport_rules::Stage;
use rapport_types::Currency;
use serde_json::{Value, json};

fn json(report: &Report) -> Value {
    serde_json::to_value(report).unwrap()
}

#[test]
fn figures_are_per_member_and_month_and_differ_from_those_before() {
    // 4 of 10 are in a: 3 with 2 orders each and 5 points, one with none who came.
    let mut buyers = some(3, &[0]);
    (buyers.orders, buyers.points) = (2, 5);
    let mut came = some(1, &[0, 1]);
    came.entered = vec![0];
    let first = on(1).of(&[buyers.clone(), some(2, &[0]), some(5, &[1])], None);
    // 60 days later: rates are for 30.
    let made = Made {
        day: on(1).day + 60,
        ..on(2)
    };
    let second = made.of(&[buyers, came, some(6, &[1])], Some(&first));
    let report = json(&Report::new(&second, Some(&first)));
    let a = &report["segments"][0];
    // Of 5 members 4 are left with one who came: 5 + 1 - 4 = 2 went. 6 orders of 100.00 in 60 days: 3 a month, for 4.
    assert_eq!(
        [&a["size"], &a["share"], &a["entered"], &a["left"]],
        [&json!(4), &json!(0.4), &json!(1), &json!(2)]
    );
    assert_eq!(
        a["orders"],
        json!({"lifetime": 6, "period": 6, "per_member": 1.5, "per_member_30d": 0.75})
    );
    assert_eq!(
        a["revenue"],
        json!([{
            "currency": "CNY", "lifetime": 60_000, "period": 60_000, "per_member": 15_000, "per_member_30d": 7_500,
            "average_order": 10_000,
        }])
    );
    assert_eq!(
        a["points"],
        json!({"active": 15, "pending": 0, "holders": 3, "per_member": 4})
    );
    assert_eq!(a["nps"], json!({"score": null, "answers": 0}));
    // Then it was 6 orders of 5 members in 30 days: 1.2 each, 120.00.
    assert_eq!(
        a["trend"],
        json!({
            "size": {"was": 5, "difference": -1, "percent": -20.0},
            "share": {"was": 0.5, "difference": -0.1, "percent": -20.0},
            "orders_per_member_30d": {"was": 1.2, "difference": -0.45, "percent": -37.5},
            "revenue_per_member_30d": {"was": 12_000, "difference": -4_500, "percent": -37.5},
            "average_order": {"was": 10_000, "difference": 0, "percent": 0.0},
            "points_active": {"was": 15, "difference": 0, "percent": 0.0},
            "nps": null,
            "csat": null,
        })
    );
    // Customer 4 is in both: 1 of 4 + 7 - 1.
    assert_eq!(
        report["overlaps"],
        json!([{"segments": ["a", "b"], "in_both": 1, "jaccard": 0.1, "shares": [0.25, 0.1429]}])
    );
    let everyone = &report["customers"];
    assert_eq!(
        (&everyone["size"], &everyone["left"]),
        (&json!(10), &json!(0))
    );
}

#[test]
fn a_first_review_has_no_trend_and_does_not_know_who_came() {
    let report = json(&Report::new(&on(1).of(&[some(3, &[0])], None), None));
    for place in ["entered", "left", "trend"] {
        assert_eq!(report["segments"][0][place], Value::Null, "{place}");
        assert_eq!(report["customers"][place], Value::Null, "{place}");
    }
    // Nobody is in b: nothing per member.
    assert_eq!(report["segments"][1]["orders"]["per_member"], Value::Null);
}

#[test]
fn money_beyond_three_currencies_is_left_out_and_said() {
    let currencies = ["CNY", "USD", "EUR", "JPY"].map(|code| Currency::parse(code).unwrap());
    let spent = |currency| Spent {
        currency,
        sums: Sums {
            lifetime: 5,
            period: 1,
            orders: 1,
        },
    };
    let money = currencies.map(spent);
    let mut tally = Tally::new(1);
    tally.add(&seen(&[0], &money));
    assert_eq!((tally.currencies.len(), tally.money_left_out), (3, 1));
    assert_eq!(tally.segments[0].money.len(), 3);
}

fn seen<'a>(segments: &'a [usize], money: &'a [Spent]) -> Seen<'a> {
    Seen {
        segments,
        entered: segments,
        new: false,
        before: Some(Stage::Repeat),
        now: Stage::AtRisk,
        orders: 3,
        period_orders: 1,
        money,
        points: Some(Held {
            active: 7,
            pending: 1,
        }),
        opinion: Opinion {
            nps: Some(9),
            csat: Some(2),
        },
        buyer: None,
        exact: true,
    }
}

/// The largest there can be: 256 segments, a million customers who are in all of them, three currencies, sketches as long as
/// they get. 300 KB is what a document holds, with some KB for what stands around it.
#[test]
fn the_largest_pass_fits_into_a_document() {
    let mut tally = Tally::new(256);
    let all: Vec<usize> = (0..256).collect();
    let large = Sums {
        lifetime: 123_456_789,
        period: 12_345_678,
        orders: 1,
    };
    let codes = ["CNY", "USD", "EUR"];
    let money = codes.map(|code| Spent {
        currency: Currency::parse(code).unwrap(),
        sums: large,
    });
    for n in 0..20_000_u64 {
        let mut seen = seen(if n < 40 { &all } else { &[] }, &money);
        seen.points = Some(Held {
            active: 123_456,
            pending: 123_456,
        });
        seen.buyer = Some(rapport_lifetime::Customer {
            recency_days: n % 3_000,
            frequency: n,
            monetary: rapport_types::Decimal::new(i64::try_from(n * n * 37).unwrap(), 2),
        });
        tally.add(&seen);
    }
    // A million of them: every count has five digits more.
    let mut text = serde_json::to_string(&tally).unwrap();
    let pairs = serde_json::to_string(&tally.pairs).unwrap();
    let dense = 256 * 255 / 2 * 4;
    let counts: usize = 256 * 21 * 5;
    assert!(pairs.len() <= dense, "{}", pairs.len());
    let largest = text.len() - pairs.len() + dense + counts;
    assert!(largest < 260_000, "{largest}");
    text = serde_json::to_string(&serde_json::from_str::<Tally>(&text).unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<Tally>(&text).unwrap(), tally);
    assert_eq!(tally.currencies[0], yuan());
}
