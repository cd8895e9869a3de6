//! A rate for some of an order's lines, and which of several multipliers counts.

use rapport_loyalty::earning::{Line, Occasion, RuleSet, Source, Why};
use rapport_loyalty::*;
use rapport_types::Slug;

use crate::support::{Bank, at, usd};

fn program(rules: &str, stacking: &str) -> String {
    format!(
        r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}}, "multipliers": "{stacking}", "rules": [{rules}]}}"#
    )
}

/// 100 dollars, 40 of them for shoes, which the rule `shoes` is about.
fn earn(bank: &mut Bank) -> Outcome {
    let id = Slug::parse("shoes").unwrap();
    let shoes = RuleSet::of(&bank.program.as_ref().unwrap().rules, [&id]);
    let line = |money, rules| Line { money, rules };
    let occasion = Occasion {
        lines: vec![line(4_000, shoes), line(6_000, RuleSet::default())],
        ..Occasion::default()
    };
    let command = Command::Earn(Earn {
        ids: Ids::new(Some("A"), None, "").unwrap(),
        points: None,
        money: Some(usd(10_000)),
        at: None,
        reason: None,
    });
    let (program, now) = (bank.program.as_ref(), at("2026-01-10T02:00:00Z"));
    let prior = Prior::default();
    let decided = decide_on(
        &bank.account,
        program,
        &command,
        Some(&occasion),
        &prior,
        now,
        &bank.zone,
    );
    match decided.unwrap() {
        Decision::Done(outcome) => *outcome,
        Decision::Read(want) => panic!("{want:?}"),
    }
}

/// Each row: the rule, or none for the programme's rate; its points; why it gave less.
fn rows(outcome: &Outcome) -> Vec<(Option<&str>, i64, Option<Why>)> {
    let name = |source: &Source| match source {
        Source::Rule(id) => Some(id.as_str().to_owned()),
        _ => None,
    };
    outcome
        .given
        .iter()
        .map(|grant| {
            (
                name(&grant.source).map(|name| &*name.leak()),
                grant.points,
                grant.why,
            )
        })
        .collect()
}

#[test]
fn a_rate_for_items_earns_by_the_money_of_those_alone() {
    let shoes = r#"{"id": "shoes", "name": "Shoes", "items": {"field": "category", "is": "eq", "value": "shoes"},
        "per": {"amount": 100, "currency": "USD"}, "points": 3}"#;
    let mut bank = Bank::with(&program(shoes, "multiply"));
    // 100 for all of it, 3 * 40 for the shoes.
    let earned = earn(&mut bank);
    assert_eq!(
        rows(&earned),
        [(None, 100, None), (Some("shoes"), 120, None)]
    );
    assert_eq!(earned.answer.points, 220);
}

#[test]
fn of_several_multipliers_it_is_said_which_one_another_beats() {
    let two = r#"{"id": "thrice", "name": "Thrice", "multiplier": 3}, {"id": "twice", "name": "Twice", "multiplier": 2}"#;
    let one = r#"{"id": "once", "name": "As it is", "multiplier": 1}"#;
    let of = |rules: &str, stacking: &str| earn(&mut Bank::with(&program(rules, stacking)));
    // Only the highest counts: 200 more, and the other gives nothing, because of it.
    let highest = of(two, "highest");
    assert_eq!(
        rows(&highest),
        [
            (None, 100, None),
            (Some("thrice"), 200, None),
            (Some("twice"), 0, Some(Why::OtherMultiplier))
        ]
    );
    // 3 * 2 * 100 = 600.
    let both = of(two, "multiply");
    assert_eq!(
        rows(&both),
        [
            (None, 100, None),
            (Some("thrice"), 200, None),
            (Some("twice"), 300, None)
        ]
    );
    // One that changes nothing is beaten by none, neither alone nor where all count.
    let alone = of(one, "highest");
    assert!(
        alone.given.iter().all(|grant| grant.why.is_none()),
        "{:?}",
        alone.given
    );
    let with_it = of(&format!("{one}, {two}"), "multiply");
    assert!(
        with_it.given.iter().all(|grant| grant.why.is_none()),
        "{:?}",
        with_it.given
    );
    assert_eq!(with_it.answer.points, 600);
}
