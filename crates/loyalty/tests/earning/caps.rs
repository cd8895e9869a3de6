//! What a rule, and all together, give at most.

use rapport_loyalty::earning::Why;

use crate::support::Bank;
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
