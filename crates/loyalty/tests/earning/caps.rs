//! What a rule, and all together, give at most.

use rapport_loyalty::earning::Why;
use rapport_loyalty::*;

use crate::support::{Bank, at, usd};
use crate::{is, programme, rows};

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

#[test]
fn a_programme_says_what_a_rule_may_give_to_all_customers() {
    let bank = Bank::with(&programme(
        r#"{"id": "gift", "name": "Gift", "points": 50, "caps": {"per_campaign": 700}},
           {"id": "free", "name": "Free", "points": 50, "caps": {"per_day": 80}}, {"id": "all", "name": "All", "points": 5}"#,
    ));
    let program = bank.program.unwrap();
    let campaign = |id: &str| program.campaign(&rapport_types::Slug::parse(id).unwrap());
    let all = ["gift", "free", "all", "none"].map(campaign);
    assert_eq!(all, [Some(700), None, None, None]);
}

#[test]
fn a_cap_that_is_just_enough_is_no_reason() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "gift", "name": "Gift", "points": 50, "caps": {"per_day": 50}}"#,
    ));
    let mut earn = |id: &str| {
        let outcome = bank.order(id, 0, "2027-01-31T04:00:00Z").unwrap();
        (outcome.given[1].points, outcome.given[1].why)
    };
    assert_eq!(earn("1"), (50, None));
    assert_eq!(earn("2"), (0, Some(Why::CapPerDay)));
}

/// An order of no money, where a rule's campaign leaves so many points to it; and how many it asked for.
fn with_budget(bank: &mut Bank, id: &str, left: i64) -> (Outcome, Vec<i64>) {
    let now = at("2027-01-31T04:00:00Z");
    let command = Command::Earn(Earn {
        ids: Ids::new(Some(id), None, "").unwrap(),
        points: None,
        money: Some(usd(0)),
        at: None,
        reason: None,
    });
    let (mut prior, mut asked) = (Prior::default(), Vec::new());
    loop {
        let program = bank.program.as_ref();
        match decide(&bank.account, program, &command, &prior, now, &bank.zone).unwrap() {
            Decision::Done(outcome) => {
                bank.account.clone_from(&outcome.account);
                return (*outcome, asked);
            }
            Decision::Read(Want::Budget { transaction, rules }) => {
                for (rule, points) in rules {
                    asked.push(points);
                    prior.allot(&transaction, rule, points, points.min(left));
                }
            }
            Decision::Read(other) => bank.read(other, &mut prior),
        }
    }
}

#[test]
fn what_a_campaign_leaves_is_given_and_the_rest_has_its_reason() {
    let mut bank = Bank::with(&programme(
        r#"{"id": "gift", "name": "Gift", "points": 50, "caps": {"per_campaign": 200, "per_customer": 130}}"#,
    ));
    let mut earn = |id: &str, left: i64| {
        let (outcome, asked) = with_budget(&mut bank, id, left);
        let gift = &outcome.given[1];
        assert_eq!(outcome.answer.points, gift.points);
        (asked, gift.points, gift.why)
    };
    assert_eq!(earn("1", 120), (vec![50], 50, None));
    assert_eq!(earn("2", 50), (vec![50], 50, None));
    assert_eq!(earn("3", 20), (vec![30], 20, Some(Why::CapPerCampaign)));
    // 130 - 120 = 10 are left to the customer, and all of them are there.
    assert_eq!(earn("4", 99), (vec![10], 10, Some(Why::CapPerCustomer)));
    // Who gets nothing in any case asks for nothing.
    assert_eq!(earn("5", 99), (vec![], 0, Some(Why::CapPerCustomer)));
    let mut bank = Bank::with(&programme(
        r#"{"id": "gift", "name": "Gift", "points": 50, "caps": {"per_campaign": 120}}"#,
    ));
    let (outcome, asked) = with_budget(&mut bank, "6", 0);
    assert_eq!((outcome.answer.points, asked), (0, vec![50]));
    assert_eq!(outcome.given[1].why, Some(Why::CapPerCampaign));
}
