//! Earning rules, dated and with their arithmetic. The shop is in Shanghai: its midnight is 16:00 UTC.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod support;
use rapport_loyalty::earning::{Grant, Line, Occasion, RuleSet, Skip, Source, Trigger, Why};
use rapport_loyalty::*;
use rapport_types::{Timestamp, Violation};
use support::{Bank, at, usd};

/// A point per dollar, and these rules.
fn programme(rules: &str) -> String {
    format!(
        r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}}, "rules": [{rules}],
            "tiers": [{{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"}},
                      {{"id": "gold", "name": "Gold", "at_least": 1000, "by": "points", "window": "30d",
                        "benefits": {{"multiplier": 1.5}}}}]}}"#
    )
}

/// What each source gave, in short.
fn rows(outcome: &Outcome) -> Vec<(String, i64)> {
    let name = |source: &Source| match source {
        Source::Base => "base".to_owned(),
        Source::Tier(id) => format!("tier {id}"),
        Source::Rule(id) => id.to_string(),
        Source::Caps => "caps".to_owned(),
        Source::Others => "others".to_owned(),
    };
    let sum: i64 = outcome.given.iter().map(|grant| grant.points).sum();
    assert_eq!(sum, outcome.answer.points, "{:?}", outcome.given);
    let row = |grant: &Grant| (name(&grant.source), grant.points);
    outcome.given.iter().map(row).collect()
}

fn is(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    let row = |(name, points): &(&str, i64)| ((*name).to_owned(), *points);
    expected.iter().map(row).collect()
}

#[test]
fn rates_then_multipliers_then_bonuses_rounded_down_once() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "gift", "name": "Gift", "points": 7},
           {"id": "half", "name": "Half as much again", "multiplier": 1.5},
           {"id": "more", "name": "A tenth more", "multiplier": 1.1},
           {"id": "extra", "name": "Another rate", "per": {"amount": 1000, "currency": "USD"}, "points": 1}"#,
    ));
    let outcome = bank.order("a", 1_999, "2026-01-10T02:00:00Z").unwrap();
    // floor(19.99) = 19 and floor(1.999) = 1; with 1.5: floor(29.985) = 29 and floor(2.9985) = 2: 11 more;
    // with 1.65: floor(32.9835) = 32 and floor(3.29835) = 3: 4 more; and 7.
    assert_eq!(
        rows(&outcome),
        is(&[
            ("base", 19),
            ("extra", 1),
            ("half", 11),
            ("more", 4),
            ("gift", 7)
        ])
    );
    assert_eq!(outcome.answer.points, 42);
    // The journal says the same, and so does the repetition.
    assert_eq!(bank.journal()[0].given, outcome.given);
    let again = bank.order("a", 1_999, "2026-02-10T02:00:00Z").unwrap();
    assert!(again.replayed && again.given == outcome.given);
}

#[test]
fn rounding_is_exact_where_floats_are_not() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "m", "name": "M", "multiplier": 1.15}"#,
    ));
    // 100 * 1.15 = 115 exactly; in binary floats it is 114.99999999999999.
    let outcome = bank.order("a", 10_000, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!(rows(&outcome), is(&[("base", 100), ("m", 15)]));
}

#[test]
fn multipliers_stack_as_the_programme_says() {
    let rules = r#"{"id": "two", "name": "2", "multiplier": 2}, {"id": "three", "name": "3", "multiplier": 3}, {"id": "half", "name": "0.5", "multiplier": 0.5}"#;
    // 100 points: 100 * 2 * 3 * 0.5 = 300; 100 * (1 + 1 + 2 - 0.5) = 350; 100 * 3 = 300.
    for (stacking, expected) in [
        ("multiply", [100, 400, -300]),
        ("add", [100, 200, -50]),
        ("highest", [100, 100, 0]),
    ] {
        let mut bank = Bank::with(&programme(rules));
        let json = format!("\"{stacking}\"");
        bank.program.as_mut().unwrap().multipliers = serde_json::from_str(&json).unwrap();
        let outcome = bank.order("a", 10_000, "2026-01-10T02:00:00Z").unwrap();
        let [two, three, half] = expected;
        assert_eq!(
            rows(&outcome),
            is(&[
                ("base", 100),
                ("two", two),
                ("three", three),
                ("half", half)
            ])
        );
    }
}

#[test]
fn a_weekday_is_that_of_the_shop() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "sunday", "name": "Sunday", "weekdays": ["sunday"], "points": 5}"#,
    ));
    // Sunday, 22 November 2026 in Shanghai is from Saturday 16:00 UTC until Sunday 16:00 UTC.
    for (n, (when, points)) in [
        ("2026-11-21T15:59:59.999Z", 0),
        ("2026-11-21T16:00:00Z", 5),
        ("2026-11-22T15:59:59.999Z", 5),
        ("2026-11-22T16:00:00Z", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = bank.order(&n.to_string(), 0, when).unwrap();
        assert_eq!(outcome.answer.points, points, "{when}");
    }
}

#[test]
fn a_campaign_begins_and_ends_at_the_shops_midnight() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "d11", "name": "Double eleven", "multiplier": 2,
            "period": {"from": "2026-11-11", "until": "2026-11-11"}}"#,
    ));
    for (n, (when, points)) in [
        ("2026-11-10T15:59:59.999Z", 10),
        ("2026-11-10T16:00:00Z", 20),
        ("2026-11-11T15:59:59.999Z", 20),
        ("2026-11-11T16:00:00Z", 10),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = bank.order(&n.to_string(), 1_000, when).unwrap();
        assert_eq!(outcome.answer.points, points, "{when}");
    }
    // It is the order's moment that counts, not the report's.
    let late = Command::Earn(Earn {
        ids: Ids::new(Some("late"), None, "").unwrap(),
        points: None,
        money: Some(usd(1_000)),
        at: Some(at("2026-11-11T10:00:00Z")),
        reason: None,
    });
    let outcome = bank.run(&late, at("2026-11-20T00:00:00Z")).unwrap();
    assert_eq!(outcome.answer.points, 20);
}

#[test]
fn a_tier_multiplies_from_the_order_after_the_one_that_reached_it() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "silver", "name": "Silver and gold", "tiers": ["silver", "gold"], "points": 3}"#,
    ));
    let rows_of =
        |bank: &mut Bank, id: &str, money, when: &str| rows(&bank.order(id, money, when).unwrap());
    assert_eq!(
        rows_of(&mut bank, "a", 100_000, "2026-01-10T02:00:00Z"),
        is(&[("base", 1_000)])
    );
    assert_eq!(
        rows_of(&mut bank, "b", 1_000, "2026-01-10T02:00:01Z"),
        is(&[("base", 10), ("tier gold", 5), ("silver", 3)])
    );
    // 30 days from 10 January: on 9 February it is lost, to whom 18 points are left.
    assert_eq!(
        rows_of(&mut bank, "c", 1_000, "2026-02-08T16:00:00Z"),
        is(&[("base", 10)])
    );
}

#[test]
fn a_cap_of_the_day_leaves_what_is_left_and_says_why() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "gift", "name": "Gift", "points": 50, "caps": {"per_day": 80, "per_month": 140}}"#,
    ));
    let mut earn = |id: &str, when: &str| {
        let outcome = bank.order(id, 0, when).unwrap();
        rows(&outcome);
        (outcome.answer.points, outcome.given[1].why)
    };
    // 31 January 2027, noon, in Shanghai.
    assert_eq!(earn("1", "2027-01-31T04:00:00Z"), (50, None));
    assert_eq!(
        earn("2", "2027-01-31T04:00:01Z"),
        (30, Some(Why::CapPerDay))
    );
    assert_eq!(
        earn("3", "2027-01-31T15:59:59.999Z"),
        (0, Some(Why::CapPerDay))
    );
    // A new day and a new month.
    assert_eq!(earn("4", "2027-01-31T16:00:00Z"), (50, None));
    assert_eq!(earn("5", "2027-02-02T04:00:00Z"), (50, None));
    // 100 of 140 in February.
    assert_eq!(
        earn("6", "2027-02-28T15:59:59.999Z"),
        (40, Some(Why::CapPerMonth))
    );
    assert_eq!(earn("7", "2027-02-28T16:00:00Z"), (50, None));
}

#[test]
fn a_leap_day_belongs_to_february() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "gift", "name": "Gift", "points": 50, "caps": {"per_month": 70}}"#,
    ));
    let mut earn = |id: &str, when: &str| bank.order(id, 0, when).unwrap().answer.points;
    // 29 February 2028 ends at 16:00 UTC.
    assert_eq!(earn("1", "2028-02-01T00:00:00Z"), 50);
    assert_eq!(earn("2", "2028-02-29T15:59:59.999Z"), 20);
    assert_eq!(earn("3", "2028-02-29T16:00:00Z"), 50);
}

#[test]
fn a_cap_on_everything_takes_what_is_too_much_and_leaves_what_people_give() {
    let mut bank = Bank::with(
        r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1}, "caps": {"per_customer": 150},
            "rules": [{"id": "gift", "name": "Gift", "points": 20}]}"#,
    );
    let first = bank.order("a", 10_000, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!(rows(&first), is(&[("base", 100), ("gift", 20)]));
    let second = bank.order("b", 10_000, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!(
        rows(&second),
        is(&[("base", 100), ("gift", 20), ("caps", -90)])
    );
    assert_eq!(second.given[2].why, Some(Why::CapPerCustomer));
    assert_eq!(
        bank.earn("people", 500, "2026-01-10T02:00:00Z")
            .answer
            .points,
        500
    );
    let third = bank.order("c", 10_000, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!(third.answer.points, 0);
    // Points taken back are not given again.
    bank.reverse(&first.transaction, None, "2026-01-11T02:00:00Z")
        .unwrap();
    assert_eq!(
        bank.order("d", 10_000, "2026-01-11T02:00:00Z")
            .unwrap()
            .answer
            .points,
        0
    );
}

/// An order of 100.00 with 60.00 of what rule 0 is about, of which 20.00 is what rule 1 is about.
fn mixed(bank: &Bank) -> Occasion {
    let set = |ids: &[&str]| {
        let rules = &bank.program.as_ref().unwrap().rules;
        let ids: Vec<_> = ids
            .iter()
            .map(|id| rapport_types::Slug::parse(id).unwrap())
            .collect();
        RuleSet::of(rules, &ids)
    };
    let line = |money, rules| Line { money, rules };
    Occasion {
        lines: vec![
            line(4_000, set(&["shoes"])),
            line(2_000, set(&["shoes", "new"])),
        ],
        conditions: set(&["vip"]),
        ..Occasion::default()
    }
}

fn on(bank: &mut Bank, id: &str, money: i64, occasion: &Occasion) -> Outcome {
    let command = Command::Earn(Earn {
        ids: Ids::new(Some(id), None, "").unwrap(),
        points: None,
        money: Some(usd(money)),
        at: None,
        reason: None,
    });
    let now = at("2026-01-10T02:00:00Z");
    let program = bank.program.as_ref();
    let decided = decide_on(
        &bank.account,
        program,
        &command,
        Some(occasion),
        &Prior::default(),
        now,
        &bank.zone,
    );
    let Ok(Decision::Done(outcome)) = decided else {
        panic!("{decided:?}")
    };
    bank.account.clone_from(&outcome.account);
    *outcome
}

#[test]
fn a_multiplier_on_items_counts_their_money_alone() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "shoes", "name": "Shoes twice", "items": {"field": "category", "is": "eq", "value": "shoes"}, "multiplier": 2},
           {"id": "new", "name": "New ones thrice", "items": {"field": "new", "is": "eq", "value": true}, "multiplier": 3},
           {"id": "vip", "name": "VIPs", "condition": {"tag": "vip"}, "points": 5},
           {"id": "else", "name": "Others", "condition": {"tag": "other"}, "points": 9}"#,
    ));
    let occasion = mixed(&bank);
    // 100; shoes: 60 twice, 60 more; new: 20 thrice of what is doubled, 20 * 2 * 3 = 120, 80 more.
    let outcome = on(&mut bank, "a", 10_000, &occasion);
    assert_eq!(
        rows(&outcome),
        is(&[("base", 100), ("shoes", 60), ("new", 80), ("vip", 5)])
    );
    // A coupon took half off the whole: each line is worth half, too.
    let outcome = on(&mut bank, "b", 3_000, &occasion);
    assert_eq!(
        rows(&outcome),
        is(&[("base", 30), ("shoes", 30), ("new", 40), ("vip", 5)])
    );
}

#[test]
fn a_rule_that_does_not_apply_says_what_does_not_fit() {
    let bank = Bank::with(&programme(
        r#"{"id": "off", "name": "Off", "active": false, "points": 1},
           {"id": "past", "name": "Past", "period": {"until": "2025-12-31"}, "points": 1},
           {"id": "sunday", "name": "Sunday", "weekdays": ["sunday"], "points": 1},
           {"id": "gold", "name": "Gold", "tiers": ["gold"], "points": 1},
           {"id": "large", "name": "Large", "minimum": {"amount": 1001, "currency": "USD"}, "points": 1},
           {"id": "vip", "name": "VIP", "condition": {"tag": "vip"}, "points": 1},
           {"id": "web", "name": "Web", "where": {"field": "properties.channel", "is": "eq", "value": "web"}, "points": 1},
           {"id": "shoes", "name": "Shoes", "items": {"field": "category", "is": "eq", "value": "shoes"}, "points": 1},
           {"id": "review", "name": "Review", "when": {"event": "Review Posted"}, "points": 1},
           {"id": "all", "name": "All", "points": 1}"#,
    ));
    // 10 January 2026 is a Saturday.
    let now = at("2026-01-10T02:00:00Z");
    let earn = Earn {
        ids: Ids::new(Some("a"), None, "").unwrap(),
        points: None,
        money: Some(usd(1_000)),
        at: None,
        reason: None,
    };
    let skipped = skipped(
        &bank.account,
        bank.program.as_ref(),
        &earn,
        &Occasion::default(),
        now,
        &bank.zone,
    );
    let skipped: Vec<_> = skipped
        .iter()
        .map(|skipped| (skipped.rule.as_str(), skipped.why))
        .collect();
    let expected = [
        ("off", Skip::NotActive),
        ("past", Skip::Period),
        ("sunday", Skip::Weekdays),
        ("gold", Skip::Tiers),
        ("large", Skip::Minimum),
        ("vip", Skip::Condition),
        ("web", Skip::Where),
        ("shoes", Skip::Items),
    ];
    assert_eq!(skipped, expected);
}

#[test]
fn an_event_earns_by_its_rules_once() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "review", "name": "Review", "when": {"event": "Review Posted"}, "points": 20, "caps": {"per_day": 30}},
           {"id": "welcome", "name": "Welcome", "when": "sign_up", "points": 100}"#,
    ));
    let now = at("2026-01-10T02:00:00Z");
    let tracked = |id: &str, trigger: Trigger| {
        let id = id.to_owned();
        (
            Tracked::Happened(Happened { id, at: now }),
            Occasion::of(trigger),
        )
    };
    let review = || Trigger::Event("review_posted".to_owned());
    let all = [
        tracked("1", review()),
        tracked("2", review()),
        tracked("1", review()),
        tracked("sign_up", Trigger::SignUp),
    ];
    let mut run = |all: &[_]| {
        let program = bank.program.as_ref();
        let decided = earn_tracked(
            &bank.account,
            program,
            all,
            &Prior::default(),
            now,
            &bank.zone,
        );
        let Ok(Decision::Done(outcome)) = decided else {
            panic!("{decided:?}")
        };
        bank.account.clone_from(&outcome.account);
        bank.account.balance(now).active
    };
    // 20, then 10 to the cap of 30, and 100.
    assert_eq!(run(&all), 130);
    assert_eq!(run(&all), 130);
    assert_eq!(bank.journal().len(), 3);
}

#[test]
fn a_programme_of_before_and_an_account_of_before_mean_what_they_meant() {
    let mut bank = Bank::with(&programme(""));
    bank.program.as_mut().unwrap().tiers.clear();
    let outcome = bank.order("a", 2_999, "2026-01-10T02:00:00Z").unwrap();
    assert_eq!((outcome.answer.points, outcome.given.len()), (29, 0));
    let stored = serde_json::to_value(&bank.account).unwrap();
    assert!(stored.get("granted").is_none() && stored.get("given_before").is_none());
    let entry = serde_json::to_value(&bank.journal()[0]).unwrap();
    assert!(entry.get("given").is_none());
    let stored = serde_json::to_string(&bank.program).unwrap();
    for new in ["rules", "multipliers", "caps", "tier_policy"] {
        assert!(!stored.contains(new), "{stored}");
    }
}

#[test]
fn what_is_wrong_with_rules_is_named_with_its_place() {
    let json = programme(
        r#"{"id": "a", "name": "", "points": -1},
           {"id": "a", "name": "A"},
           {"id": "b", "name": "B", "multiplier": 2, "points": 1},
           {"id": "c", "name": "C", "per": {"amount": 0, "currency": "EUR"}, "points": 1},
           {"id": "d", "name": "D", "points": 1, "tiers": ["silver", "bronze"]},
           {"id": "e", "name": "E", "points": 1, "period": {"from": "2026-11-12", "until": "2026-11-11"}},
           {"id": "f", "name": "F", "points": 1, "caps": {}},
           {"id": "g", "name": "G", "points": 1, "caps": {"per_day": 50, "per_month": 40}},
           {"id": "h", "name": "H", "when": {"event": "Order Completed"}, "points": 1},
           {"id": "i", "name": "I", "when": "sign_up", "multiplier": 2, "where": {"field": "at", "is": "exists"}},
           {"id": "j", "name": "J", "per": {"amount": 1, "currency": "USD"}}"#,
    );
    let program: Program = serde_json::from_str(&json).unwrap();
    let wrong = program.check();
    let places: Vec<_> = wrong
        .iter()
        .map(|Violation { pointer, code, .. }| (pointer.as_str(), code.as_str()))
        .collect();
    let expected = [
        ("/rules/0/name", "out_of_range"),
        ("/rules/0/points", "out_of_range"),
        ("/rules/1/id", "duplicate"),
        ("/rules/1", "missing_field"),
        ("/rules/2/multiplier", "ambiguous"),
        ("/rules/3/per/amount", "out_of_range"),
        ("/rules/3/per/currency", "other_currency"),
        ("/rules/4/tiers/1", "unknown_tier"),
        ("/rules/5/period/until", "out_of_range"),
        ("/rules/6/caps", "missing_field"),
        ("/rules/7/caps/per_day", "out_of_range"),
        ("/rules/8/when/event", "invalid_value"),
        ("/rules/9/multiplier", "misplaced"),
        ("/rules/9/where", "misplaced"),
        ("/rules/10/points", "missing_field"),
    ];
    assert_eq!(places, expected);
}

mod laws {
    use super::*;
    use proptest::prelude::*;

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
}
