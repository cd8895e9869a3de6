//! What an account has to tell, dated.

use rapport_loyalty::earning::{Occasion, Trigger};
use rapport_loyalty::news::{Reason, Topic, What, tier_changed};
use rapport_loyalty::tier::manual;
use rapport_loyalty::*;
use rapport_types::Slug;

use crate::support::{Bank, at};
use crate::{MONTHS, text};

const ALL: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
    "rules": [{"id": "r", "name": "R", "when": {"event": "review"}, "points": 5},
              {"id": "t", "name": "T", "when": {"event": "tier_changed"}, "points": 6},
              {"id": "v", "name": "V", "when": {"segment_entered": "vip"}, "points": 7},
              {"id": "c", "name": "C", "when": "check_in", "points": 8}],
    "events": ["points_earned"]}"#;
const TIERS: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
    "tiers": [{"id": "silver", "name": "Silver", "at_least": 100, "by": "points", "window": "30d"},
              {"id": "gold", "name": "Gold", "at_least": 300, "by": "points", "window": "30d"}]}"#;
const NOW: &str = "2026-01-10T00:00:00Z";

fn told(bank: &Bank) -> Vec<What> {
    let items = bank.account.news.since(0);
    items.map(|item| item.what.clone()).collect()
}

fn earned(points: i64, order_id: Option<&str>) -> What {
    let order_id = order_id.map(str::to_owned);
    What::PointsEarned { points, order_id }
}

fn expiring(points: i64, end: &str) -> What {
    let expires_at = at(end);
    What::PointsExpiring { points, expires_at }
}

fn changed(from: Option<&str>, to: Option<&str>, reason: Reason) -> What {
    let slug = |id: Option<&str>| id.map(|id| Slug::parse(id).unwrap());
    What::TierChanged {
        from: slug(from),
        to: slug(to),
        reason,
    }
}

#[test]
fn points_earned_are_told_with_their_order() {
    let mut bank = Bank::with(ALL);
    bank.order("o", 1_250, NOW).unwrap();
    bank.earn("k", 3, NOW);
    // Nothing is no news.
    bank.order("p", 99, NOW).unwrap();
    assert_eq!(told(&bank), [earned(12, Some("o")), earned(3, None)]);
    // Only what the programme says is told.
    bank.program.as_mut().unwrap().events = Some(vec![Topic::TierChanged]);
    bank.order("q", 500, NOW).unwrap();
    bank.program.as_mut().unwrap().events = None;
    bank.order("r", 500, NOW).unwrap();
    assert_eq!(told(&bank).len(), 2);
}

#[test]
fn what_news_brought_about_is_no_news() {
    for (trigger, points) in [
        (Trigger::Event("review".into()), Some(5)),
        (Trigger::Event("tier_changed".into()), None),
        (Trigger::SegmentEntered(Slug::parse("vip").unwrap()), None),
    ] {
        let mut bank = Bank::with(ALL);
        let happened = Tracked::Happened(Happened {
            id: "1".into(),
            at: at(NOW),
        });
        let all = [(happened, Occasion::of(trigger.clone()))];
        let (program, prior) = (bank.program.as_ref(), Prior::default());
        let decided = earn_tracked(&bank.account, program, &all, &prior, at(NOW), &bank.zone);
        let Ok(Decision::Done(outcome)) = decided else {
            panic!("{decided:?}")
        };
        bank.account.clone_from(&outcome.account);
        assert!(bank.balance(NOW)[0] >= 5, "{trigger:?} earns");
        let expected: Vec<_> = points
            .map(|points| earned(points, None))
            .into_iter()
            .collect();
        assert_eq!(told(&bank), expected, "{trigger:?}");
    }
}

#[test]
fn points_that_expire_are_told_thirty_days_before_once_a_day_of_expiry() {
    let mut bank = Bank::with(MONTHS);
    // To the end of 10 February in Shanghai, which is told from 11 January 16:00 UTC on; and a day later each.
    bank.earn("a", 10, NOW);
    bank.earn("b", 5, "2026-01-10T01:00:00Z");
    bank.earn("c", 2, "2026-01-11T00:00:00Z");
    let (first, second) = ("2026-01-11T16:00:00Z", "2026-01-12T16:00:00Z");
    assert_eq!(text(bank.account.timer).as_deref(), Some(first));
    bank.tick(at("2026-01-11T15:59:59.999Z"));
    assert_eq!(told(&bank), []);
    bank.tick(at(first));
    assert_eq!(told(&bank), [expiring(15, "2026-02-10T16:00:00Z")]);
    assert_eq!(text(bank.account.timer).as_deref(), Some(second));
    // Again, and with a lot more of that day: it was told.
    bank.tick(at("2026-01-11T16:00:01Z"));
    assert_eq!(told(&bank).len(), 1);
    bank.tick(at(second));
    assert_eq!(told(&bank)[1..], [expiring(2, "2026-02-11T16:00:00Z")]);
    // What was told is remembered until that day is over: the ends are midnight of the 11th and the 12th.
    let days = |bank: &Bank| {
        let news = serde_json::to_value(&bank.account.news).unwrap();
        news["expiring"].as_array().map_or(0, Vec::len)
    };
    for (when, left) in [
        (second, 2),
        ("2026-02-10T16:00:00Z", 2),
        ("2026-02-11T15:59:59.999Z", 2),
        ("2026-02-11T16:00:00Z", 1),
        ("2026-02-12T16:00:00Z", 0),
    ] {
        bank.tick(at(when));
        assert_eq!(days(&bank), left, "{when}");
    }
    assert_eq!(told(&bank).len(), 2);
    // Nobody wants to hear it.
    let mut bank = Bank::with(MONTHS);
    bank.program.as_mut().unwrap().events = Some(Vec::new());
    bank.earn("a", 10, NOW);
    bank.tick(at(first));
    assert_eq!(told(&bank), []);
    assert_eq!(
        text(bank.account.timer).as_deref(),
        Some("2026-02-10T16:00:00Z")
    );
}

#[test]
fn a_tier_that_is_another_is_told_with_the_reason() {
    let mut bank = Bank::with(TIERS);
    bank.earn("a", 120, NOW);
    let more = bank.earn("b", 200, NOW).transaction;
    bank.reverse(&more, None, "2026-01-11T00:00:00Z").unwrap();
    // 10 January and 29 days more: 8 February is the last, and 9 February begins on the 8th at 16:00 UTC.
    let lost = "2026-02-08T16:00:00Z";
    assert_eq!(text(bank.account.timer).as_deref(), Some(lost));
    bank.tick(at(lost));
    bank.tick(at("2026-02-09T16:00:00Z"));
    let expected = [
        changed(None, Some("silver"), Reason::Earned),
        changed(Some("silver"), Some("gold"), Reason::Earned),
        changed(Some("gold"), Some("silver"), Reason::TakenBack),
        changed(Some("silver"), None, Reason::Time),
    ];
    assert_eq!(told(&bank), expected);
    // That none was told last is stored: as an empty text.
    let stored = serde_json::to_value(&bank.account.news).unwrap();
    assert_eq!(stored["tier"], "");
    let read: News = serde_json::from_value(stored).unwrap();
    assert_eq!(read, bank.account.news);
    // People give one.
    let program = bank.program.clone().unwrap();
    let gold = Slug::parse("gold").unwrap();
    let now = at("2026-02-10T00:00:00Z");
    let mut given = manual::give(&bank.account, &program, &gold, None, None, now).unwrap();
    tier_changed(
        &bank.account,
        &mut given,
        Some(&program),
        true,
        now,
        &bank.zone,
    );
    bank.account = given;
    assert_eq!(
        told(&bank)[4..],
        [changed(None, Some("gold"), Reason::ByHand)]
    );
    let stored = serde_json::to_value(&bank.account.news).unwrap();
    assert_eq!(
        (&stored["tier"], &stored["count"]),
        (&"gold".into(), &5.into())
    );
}

#[test]
fn a_tier_that_was_lost_in_between_is_told_before_the_new_one() {
    let mut bank = Bank::with(TIERS);
    bank.earn("a", 120, NOW);
    // Nobody looked for three months.
    bank.earn("b", 300, "2026-04-10T00:00:00Z");
    let expected = [
        changed(None, Some("silver"), Reason::Earned),
        changed(Some("silver"), None, Reason::Time),
        changed(None, Some("gold"), Reason::Earned),
    ];
    assert_eq!(told(&bank), expected);
}

#[test]
fn who_never_had_a_tier_has_no_news_of_any() {
    let mut bank = Bank::with(TIERS);
    bank.earn("a", 99, NOW);
    assert!(bank.account.news.is_empty());
    let mut bank = Bank::with(TIERS);
    bank.program.as_mut().unwrap().events = Some(vec![Topic::PointsEarned]);
    bank.earn("a", 120, NOW);
    assert_eq!(told(&bank), [earned(120, None)]);
}

#[test]
fn the_latest_sixteen_are_kept() {
    let mut bank = Bank::with(ALL);
    for n in 0..20 {
        bank.earn(&n.to_string(), n + 1, NOW);
    }
    assert_eq!(bank.account.news.count, 20);
    let numbers = |from: u64| -> Vec<u64> {
        let items = bank.account.news.since(from);
        items.map(|item| item.n).collect()
    };
    assert_eq!(numbers(0), (4..20).collect::<Vec<_>>());
    assert_eq!(numbers(18), [18, 19]);
    assert_eq!(numbers(20), [0; 0]);
    assert_eq!(told(&bank)[0], earned(5, None));
}

#[test]
fn each_of_them_has_its_topic() {
    let topics = [
        (earned(1, None), Topic::PointsEarned, "points_earned"),
        (expiring(1, NOW), Topic::PointsExpiring, "points_expiring"),
        (
            changed(None, None, Reason::Time),
            Topic::TierChanged,
            "tier_changed",
        ),
    ];
    for (what, topic, name) in topics {
        assert_eq!((what.topic(), what.topic().name()), (topic, name));
    }
    let mut program = Bank::with(ALL).program.unwrap();
    assert!(program.tells_anything() && program.tells(Topic::PointsEarned));
    assert!(!program.tells(Topic::TierChanged));
    program.events = Some(Vec::new());
    assert!(!program.tells_anything());
    program.events = None;
    assert!(program.tells_anything() && program.tells(Topic::TierChanged));
    assert!(!program.tells(Topic::PointsEarned));
}
