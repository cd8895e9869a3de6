//! Whatever is bought, in whatever order.

use proptest::prelude::*;
use rapport_loyalty::earning::{Line, Occasion, RuleSet, Source};
use rapport_loyalty::*;
use rapport_types::Timestamp;

use crate::programme;
use crate::support::{Bank, at, usd};

const RULES: &str = r#"
    {"id": "m", "name": "M", "multiplier": 1.37, "caps": {"per_day": 40}},
    {"id": "less", "name": "Less", "multiplier": 0.6, "weekdays": ["saturday", "monday"]},
    {"id": "shoes", "name": "S", "items": {"tag": "x"}, "multiplier": 3, "caps": {"per_month": 300}},
    {"id": "rate", "name": "R", "items": {"tag": "x"}, "per": {"amount": 7, "currency": "USD"}, "points": 2, "caps": {"per_customer": 900}},
    {"id": "gift", "name": "G", "condition": {"tag": "x"}, "points": 11, "caps": {"per_day": 25, "per_month": 60}}"#;
const CAPS: [(&str, [Option<i64>; 3]); 5] = [
    ("m", [Some(40), None, None]),
    ("shoes", [None, Some(300), None]),
    ("rate", [None, None, Some(900)]),
    ("gift", [Some(25), Some(60), None]),
    ("", [Some(700), Some(2_000), None]),
];

#[derive(Debug, Clone)]
struct Bought {
    id: u8,
    money: i64,
    line: i64,
    vip: bool,
    /// Hours before the end at which it happened.
    back: i64,
}

fn bought() -> impl Strategy<Value = Bought> {
    (
        any::<u8>(),
        0..30_000_i64,
        0..20_000_i64,
        any::<bool>(),
        0..900_i64,
    )
        .prop_map(|(id, money, line, vip, back)| Bought {
            id,
            money,
            line,
            vip,
            back,
        })
}

fn occasion(bank: &Bank, bought: &Bought) -> Occasion {
    let rules = &bank.program.as_ref().unwrap().rules;
    let set = |ids: &[&str]| {
        let ids: Vec<_> = ids
            .iter()
            .map(|id| rapport_types::Slug::parse(id).unwrap())
            .collect();
        RuleSet::of(rules, &ids)
    };
    Occasion {
        lines: vec![Line {
            money: bought.line,
            rules: set(&["shoes", "rate"]),
        }],
        conditions: if bought.vip {
            set(&["gift"])
        } else {
            RuleSet::default()
        },
        ..Occasion::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_order_of_requests_rows_are_the_points_and_caps_hold(
        all in prop::collection::vec(bought(), 1..80),
        stacking in 0..3_usize,
    ) {
        let mut bank = Bank::with(&programme(RULES));
        let program = bank.program.as_mut().unwrap();
        program.caps = Some(serde_json::from_str(r#"{"per_day": 700, "per_month": 2000}"#).unwrap());
        program.multipliers = serde_json::from_str(["\"multiply\"", "\"add\"", "\"highest\""][stacking]).unwrap();
        let now = at("2028-03-01T10:00:00Z");
        let mut first: Vec<(Bought, Outcome)> = Vec::new();
        for bought in &all {
            let happened = Timestamp::from_millis(now.millis() - bought.back * 3_600_000);
            let command = Command::Earn(Earn {
                ids: Ids::new(Some(&bought.id.to_string()), None, "").unwrap(),
                points: None,
                money: Some(usd(bought.money)),
                at: Some(happened),
                reason: None,
            });
            let occasion = occasion(&bank, bought);
            let program = bank.program.as_ref();
            // Through JSON, as a store does.
            let stored = serde_json::to_string(&bank.account).unwrap();
            let mut account: Account = serde_json::from_str(&stored).unwrap();
            account.journal = bank.account.journal.clone();
            prop_assert_eq!(&account, &bank.account);
            let decided = decide_on(&account, program, &command, Some(&occasion), &Prior::default(), now, &bank.zone);
            let outcome = match decided {
                Ok(Decision::Done(outcome)) => *outcome,
                Err(Rejection::KeyReused { .. }) => continue,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert!(outcome.answer.points >= 0);
            let sum: i64 = outcome.given.iter().map(|grant| grant.points).sum();
            prop_assert_eq!(sum, outcome.answer.points);
            if outcome.replayed {
                let before = first.iter().find(|(_, before)| before.transaction == outcome.transaction).unwrap();
                prop_assert_eq!((&before.1.answer, &before.1.given), (&outcome.answer, &outcome.given));
            } else {
                bank.account.clone_from(&outcome.account);
                first.push((bought.clone(), outcome));
            }
        }
        bank.check_laws(now);
        // Added up anew, by the shop's day and month of each order.
        for (id, [per_day, per_month, ever]) in CAPS {
            let mut by_day = std::collections::BTreeMap::<_, i64>::new();
            let mut by_month = std::collections::BTreeMap::<_, i64>::new();
            let mut all = 0;
            for (bought, outcome) in &first {
                let happened = Timestamp::from_millis(now.millis() - bought.back * 3_600_000);
                let (year, month, day) = bank.zone.day_of(happened).parts();
                let mine: i64 = outcome.given.iter().filter(|grant| match &grant.source {
                    Source::Rule(rule) => rule.as_str() == id || id.is_empty(),
                    _ => id.is_empty(),
                }).map(|grant| grant.points).sum();
                *by_day.entry((year, month, day)).or_default() += mine;
                *by_month.entry((year, month)).or_default() += mine;
                all += mine;
            }
            prop_assert!(by_day.values().all(|sum| *sum <= per_day.unwrap_or(i64::MAX)), "{} {:?}", id, by_day);
            prop_assert!(by_month.values().all(|sum| *sum <= per_month.unwrap_or(i64::MAX)), "{} {:?}", id, by_month);
            prop_assert!(all <= ever.unwrap_or(i64::MAX), "{} {}", id, all);
        }
    }
}
