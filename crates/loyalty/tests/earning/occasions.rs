//! What rules ask of an order, its items and events, and why they do not apply.

use rapport_loyalty::earning::{Line, Occasion, RuleSet, Skip, Trigger};
use rapport_loyalty::*;

use crate::support::{Bank, at, usd};
use crate::{is, programme, rows};

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
