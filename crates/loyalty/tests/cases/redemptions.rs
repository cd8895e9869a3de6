//! What a redemption says of itself, and what is stored of a reward's stock.

use rapport_loyalty::reward::stock::Stock;
use rapport_loyalty::reward::{Every, Fulfil, Issue, PerPeriod, Redeem, Reward, Step, Terms};
use rapport_loyalty::*;
use rapport_types::Slug;

use crate::PLAIN;
use crate::support::{Bank, at};

const NOW: &str = "2026-01-10T04:00:00Z";

fn id(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn reward(per_period: Option<PerPeriod>) -> Reward {
    Reward {
        name: "Coffee".into(),
        description: None,
        points: 6,
        stock: None,
        per_customer: None,
        per_period,
        from: None,
        until: None,
        tiers: Vec::new(),
        audience: None,
        voucher: Terms::default(),
    }
}

fn redeem(
    bank: &mut Bank,
    key: &str,
    of: &str,
    terms: Reward,
    when: &str,
) -> Result<Outcome, Rejection> {
    let redeem = Redeem {
        ids: Ids::new(None, Some(key), "").unwrap(),
        reward: id(of),
        terms: Some(terms),
        in_audience: true,
        left: None,
        codes_left: None,
    };
    bank.run(&Command::Reward(Box::new(Step::Redeem(redeem))), at(when))
}

fn fulfil(bank: &mut Bank, of: &TransactionId, when: &str) {
    let issue = Issue {
        reward: id("coffee"),
        name: "Coffee".into(),
        code: "7ZZZ".into(),
        serial: 1,
        uses: 1,
        until: None,
        imported: false,
    };
    bank.run(
        &Command::Reward(Box::new(Step::Fulfil(Fulfil::new(of, issue)))),
        at(when),
    )
    .unwrap();
}

#[test]
fn the_journal_says_what_was_redeemed() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, NOW);
    let hold = redeem(&mut bank, "k", "coffee", reward(None), NOW).unwrap();
    fulfil(&mut bank, &hold.transaction, NOW);
    let reasons: Vec<_> = bank
        .journal()
        .into_iter()
        .map(|entry| entry.reason)
        .collect();
    assert_eq!(reasons[1].as_deref(), Some("Coffee"));
    assert!(
        reasons[2]
            .as_deref()
            .is_some_and(|reason| !reason.is_empty() && reason != "xyzzy")
    );
}

#[test]
fn a_key_that_redeemed_something_else_is_found_out_and_what_a_reward_costs_may_change() {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 100, NOW);
    let first = redeem(&mut bank, "k", "coffee", reward(None), NOW).unwrap();
    let dearer = Reward {
        points: 7,
        ..reward(None)
    };
    let again = redeem(&mut bank, "k", "coffee", dearer, NOW).unwrap();
    assert!(again.replayed && again.answer == first.answer);
    let other = redeem(&mut bank, "k", "cake", reward(None), NOW);
    assert!(matches!(other, Err(Rejection::KeyReused { .. })));
}

#[test]
fn a_limit_is_counted_within_its_period_and_anew_in_the_next() {
    let twice = |every| reward(Some(PerPeriod { times: 2, every }));
    for (every, last, next) in [
        (Every::Day, "2026-01-10T15:59:59Z", "2026-01-10T16:00:00Z"),
        (Every::Week, "2026-01-11T15:59:59Z", "2026-01-11T16:00:00Z"),
        (Every::Month, "2026-01-31T15:59:59Z", "2026-01-31T16:00:00Z"),
        (Every::Year, "2026-12-31T15:59:59Z", "2026-12-31T16:00:00Z"),
    ] {
        let mut bank = Bank::with(PLAIN);
        bank.earn("a", 100, NOW);
        let mut redeems =
            |key: &str, when: &str| redeem(&mut bank, key, "coffee", twice(every), when).is_ok();
        assert!(redeems("1", NOW) && redeems("2", last), "{every:?}");
        assert!(!redeems("3", last), "{every:?}");
        assert!(
            redeems("4", next) && redeems("5", next) && !redeems("6", next),
            "{every:?}"
        );
    }
}

#[test]
fn of_many_rewards_the_latest_256_are_counted_one_by_one() {
    let mut bank = Bank::with(PLAIN);
    bank.stored_every = 50;
    bank.earn("a", 10_000, NOW);
    let once = || {
        reward(Some(PerPeriod {
            times: 1,
            every: Every::Year,
        }))
    };
    for n in 0..258 {
        let name = format!("reward-{n}");
        let hold = redeem(&mut bank, &name, &name, once(), NOW).unwrap();
        fulfil(&mut bank, &hold.transaction, NOW);
    }
    assert_eq!(bank.account.ledger.had.len(), 256);
    let mut again = |n: usize| {
        redeem(
            &mut bank,
            &format!("again {n}"),
            &format!("reward-{n}"),
            once(),
            NOW,
        )
        .is_ok()
    };
    assert!(!again(2) && !again(257));
    // Who has had 256 others since has not had that one, as far as is known.
    assert!(again(1));
}

#[test]
fn a_stock_is_stored_with_its_codes() {
    let stored = serde_json::json!({"granted": 4, "claims": [], "returned": [[2, 3]], "codes": 9, "unseen": [5]});
    let Ok(stock) = serde_json::from_value::<Stock>(stored) else {
        panic!()
    };
    let again: Stock = serde_json::from_value(serde_json::to_value(&stock).unwrap()).unwrap();
    assert_eq!((again.codes, &again), (9, &stock));
    let without = Stock { codes: 0, ..stock };
    let text = serde_json::to_string(&without).unwrap();
    assert!(!text.contains("codes"), "{text}");
}
