//! Who may redeem a reward, and why not; and what a reward may say.

use rapport_loyalty::reward::{Asker, Codes, Denied, Every, PerPeriod, Reward, Terms};
use rapport_types::{Slug, Timestamp};
use serde_json::json;

use crate::PLAIN;
use crate::support::{Bank, at};

const NOW: &str = "2026-01-10T00:00:00Z";

fn coffee() -> Reward {
    serde_json::from_value(json!({"name": "Coffee", "points": 60})).unwrap()
}

fn slug(id: &str) -> Slug {
    Slug::parse(id).unwrap()
}

/// What is known of who asks.
#[derive(Clone, Copy)]
struct Ask {
    tier: Option<&'static str>,
    in_audience: bool,
    left: Option<u64>,
    codes_left: Option<u64>,
}

const NOBODY: Ask = Ask {
    tier: None,
    in_audience: false,
    left: None,
    codes_left: None,
};

/// Why a customer with 60 points does not get `reward`.
fn denied(reward: &Reward, ask: Ask) -> Vec<Denied> {
    let mut bank = Bank::with(PLAIN);
    bank.earn("a", 60, NOW);
    let tier = ask.tier.map(slug);
    let asker = Asker {
        ledger: &bank.account.ledger,
        tier: tier.as_ref(),
        in_audience: ask.in_audience,
        left: ask.left,
        codes_left: ask.codes_left,
        now: at(NOW),
        zone: &bank.zone,
    };
    reward.denied(&slug("coffee"), asker)
}

/// The same, as its code and as people read it.
fn said(reward: &Reward, ask: Ask) -> Vec<(&'static str, String)> {
    let all = denied(reward, ask).into_iter();
    all.map(|denied| (denied.code(), denied.to_string()))
        .collect()
}

#[test]
fn who_has_the_points_gets_it() {
    assert_eq!(denied(&coffee(), NOBODY), []);
    let dear = Reward {
        points: 61,
        ..coffee()
    };
    assert_eq!(denied(&dear, NOBODY), [Denied::Points { missing: 1 }]);
    let text = said(&dear, NOBODY);
    assert_eq!(
        text,
        [("insufficient_points", "1 points are missing".into())]
    );
}

#[test]
fn it_begins_with_its_first_moment_and_ends_before_its_last() {
    let moment = |millis: i64| Some(Timestamp::from_millis(at(NOW).millis() + millis));
    let from = |from: Option<Timestamp>| Reward { from, ..coffee() };
    assert_eq!(denied(&from(moment(0)), NOBODY), []);
    let early = said(&from(moment(1)), NOBODY);
    assert_eq!(early.len(), 1);
    assert_eq!(early[0].0, "not_yet");
    assert!(early[0].1.contains("from 2026-01-10T00:00:00.001Z on"));
    let until = |until: Option<Timestamp>| Reward { until, ..coffee() };
    assert_eq!(denied(&until(moment(1)), NOBODY), []);
    let late = said(&until(moment(0)), NOBODY);
    assert_eq!((late.len(), late[0].0), (1, "over"));
    assert!(late[0].1.contains("until 2026-01-10T00:00:00Z"));
}

#[test]
fn it_is_for_its_tiers_and_its_audience() {
    let tiers = Reward {
        tiers: vec![slug("silver"), slug("gold")],
        ..coffee()
    };
    let of = |tier| Ask { tier, ..NOBODY };
    assert_eq!(denied(&tiers, of(Some("gold"))), []);
    for tier in [None, Some("tin")] {
        let text = said(&tiers, of(tier));
        let expected = "the reward is for the tiers silver, gold";
        assert_eq!(text, [("tier", expected.into())]);
    }
    let audience = Reward {
        audience: Some(json!({"tag": "vip"})),
        ..coffee()
    };
    let insider = Ask {
        in_audience: true,
        ..NOBODY
    };
    assert_eq!(denied(&audience, insider), []);
    assert_eq!(denied(&audience, NOBODY), [Denied::Audience]);
    assert_eq!(said(&audience, NOBODY)[0].0, "audience");
}

#[test]
fn it_is_there_as_long_as_stock_and_codes_are() {
    let stock = Reward {
        stock: Some(7),
        ..coffee()
    };
    assert_eq!(denied(&stock, NOBODY), []);
    let left = |left: u64| Ask {
        left: Some(left),
        ..NOBODY
    };
    assert_eq!(denied(&stock, left(1)), []);
    let none = left(0);
    assert_eq!(denied(&stock, none), [Denied::OutOfStock]);
    assert_eq!(said(&stock, none)[0].0, "out_of_stock");
    // Without a stock nobody counts.
    assert_eq!(denied(&coffee(), none), []);
    let codes = Codes::Imported;
    let voucher = Terms {
        codes,
        ..Terms::default()
    };
    let pool = Reward {
        voucher,
        ..coffee()
    };
    assert!(pool.has_pool() && !coffee().has_pool());
    assert_eq!(denied(&pool, NOBODY), []);
    let left = |codes: u64| Ask {
        codes_left: Some(codes),
        ..NOBODY
    };
    assert_eq!(denied(&pool, left(1)), []);
    let none = left(0);
    assert_eq!(denied(&pool, none), [Denied::PoolEmpty]);
    assert_eq!(said(&pool, none)[0].0, "pool_empty");
    assert_eq!(denied(&coffee(), none), []);
}

#[test]
fn limits_are_those_that_were_had() {
    // None was had: a limit of none, which no programme has, denies.
    let never = Reward {
        per_customer: Some(0),
        per_period: Some(PerPeriod {
            times: 0,
            every: Every::Month,
        }),
        ..coffee()
    };
    let text = said(&never, NOBODY);
    let codes: Vec<_> = text.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["per_customer", "per_period"]);
    // The next month begins in Shanghai on 31 January, 16:00 UTC.
    assert!(
        text[1]
            .1
            .ends_with("in a month; the next one from 2026-01-31T16:00:00Z on")
    );
    let once = Reward {
        per_customer: Some(1),
        per_period: Some(PerPeriod {
            times: 1,
            every: Every::Month,
        }),
        ..coffee()
    };
    assert_eq!(denied(&once, NOBODY), []);
}

/// The places of what is wrong with a coffee of which something is another.
fn wrong(field: &str, value: serde_json::Value) -> Vec<String> {
    let mut reward = json!({"name": "Coffee", "points": 60});
    reward[field] = value;
    let reward: Reward = serde_json::from_value(reward).unwrap();
    let wrong = reward.check().into_iter();
    wrong
        .map(|wrong| format!("{} {}", wrong.pointer, wrong.code))
        .collect()
}

#[test]
fn a_reward_has_bounds() {
    let most = 1_000_000_000_000_i64;
    let period = |times: u32| json!({"times": times, "every": "week"});
    let range = "out_of_range";
    for (field, taken, refused, code) in [
        (
            "name",
            json!("n".repeat(200)),
            json!("n".repeat(201)),
            range,
        ),
        ("name", json!("n"), json!(""), range),
        (
            "description",
            json!("d".repeat(1_000)),
            json!("d".repeat(1_001)),
            "too_long",
        ),
        ("points", json!(1), json!(0), range),
        ("points", json!(most), json!(most + 1), range),
        ("per_customer", json!(1), json!(0), range),
        (
            "tiers",
            json!(vec!["t"; 20]),
            json!(vec!["t"; 21]),
            "too_many",
        ),
    ] {
        assert_eq!(wrong(field, taken), [""; 0], "{field}");
        assert_eq!(wrong(field, refused), [format!("/{field} {code}")]);
    }
    assert_eq!(wrong("per_period", period(1)), [""; 0]);
    assert_eq!(
        wrong("per_period", period(0)),
        ["/per_period/times out_of_range"]
    );
}

#[test]
fn a_reward_ends_after_it_begins() {
    let with = |until: i64| Reward {
        from: Some(at(NOW)),
        until: Some(Timestamp::from_millis(at(NOW).millis() + until)),
        ..coffee()
    };
    assert_eq!(with(1).check(), []);
    for until in [0, -1] {
        assert_eq!(with(until).check()[0].pointer, "/until");
    }
}

#[test]
fn a_voucher_has_bounds() {
    let range = "out_of_range";
    for (terms, found) in [
        (json!({"uses": 1}), None),
        (json!({"uses": 100}), None),
        (json!({"uses": 0}), Some(("uses", range))),
        (json!({"uses": 101}), Some(("uses", range))),
        (json!({"valid_for": {"days": 1}}), None),
        (
            json!({"valid_for": {"days": 0}}),
            Some(("valid_for", range)),
        ),
        (json!({"prefix": "A"}), None),
        (json!({"prefix": "SUMMER2026SUMMER"}), None),
        (
            json!({"prefix": "SUMMER2026SUMMERS"}),
            Some(("prefix", "invalid_value")),
        ),
        (json!({"prefix": ""}), Some(("prefix", "invalid_value"))),
        (json!({"prefix": "A-B"}), Some(("prefix", "invalid_value"))),
        (json!({"codes": "imported"}), None),
        (
            json!({"codes": "imported", "prefix": "A"}),
            Some(("prefix", "unsupported")),
        ),
    ] {
        let found: Vec<_> = found
            .iter()
            .map(|(field, code)| format!("/voucher/{field} {code}"))
            .collect();
        assert_eq!(wrong("voucher", terms.clone()), found, "{terms}");
    }
}

#[test]
fn a_voucher_is_used_once_where_nothing_is_said() {
    let terms: Terms = serde_json::from_str("{}").unwrap();
    assert_eq!(terms, Terms::default());
    assert_eq!(serde_json::to_string(&terms).unwrap(), r#"{"uses":1}"#);
    let bank = Bank::with(PLAIN);
    assert_eq!(terms.valid_until(at(NOW), &bank.zone), None);
    let imported = r#"{"valid_for":{"days":1},"uses":1,"codes":"imported"}"#;
    let terms: Terms = serde_json::from_str(imported).unwrap();
    assert_eq!(serde_json::to_string(&terms).unwrap(), imported);
    // A day from 10 January on: to the end of the 11th in Shanghai.
    assert_eq!(
        terms.valid_until(at(NOW), &bank.zone),
        Some(at("2026-01-11T16:00:00Z"))
    );
}
