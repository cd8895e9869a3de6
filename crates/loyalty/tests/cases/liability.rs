//! What a shop owes in points, counted by hand.

use rapport_loyalty::kinds::MAIN;
use rapport_loyalty::liability::{Counting, Expiring, KindLiability, Liability, Tally, report};
use rapport_loyalty::*;
use rapport_types::Slug;

use crate::support::{Bank, at, usd};

/// Points wait five days and last two months. Three of them are worth 2 cents.
const PROGRAM: &str = r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1,
        "expires_after": {"months": 2}, "activates_after": "5d"},
    "kinds": [{"id": "growth", "name": "Growth", "spendable": false}],
    "redeem": {"points": 3, "worth": {"amount": 2, "currency": "USD"}}}"#;

fn ids(key: &str) -> Ids {
    Ids::new(None, Some(key), "").unwrap()
}

fn count(tally: &mut Tally, bank: &Bank, when: &str) {
    let zone = &bank.zone;
    let as_of = at(when);
    tally.count(&bank.account.ledger, Counting { as_of, zone });
}

fn reported(tally: &Tally, bank: &Bank, when: &str) -> Liability {
    let zone = &bank.zone;
    let as_of = at(when);
    report(tally, bank.program.as_ref(), Counting { as_of, zone })
}

/// What one account comes to, of the main kind.
fn main_of(bank: &Bank, when: &str) -> KindLiability {
    let mut tally = Tally::default();
    count(&mut tally, bank, when);
    reported(&tally, bank, when).kinds.remove(0)
}

fn row(month: &str, active: i64, pending: i64, held: i64) -> Expiring {
    Expiring {
        month: month.to_owned(),
        points: active + pending + held,
        active,
        pending,
        held,
    }
}

fn import(bank: &mut Bank, key: &str, points: i64, until: Option<&str>, when: &str) {
    let opening = Opening {
        points,
        active_from: None,
        expires_at: until.map(at),
        reason: None,
    };
    let lots = vec![opening];
    let import = Import {
        ids: ids(key),
        lots,
    };
    bank.run(&Command::Import(import), at(when)).unwrap();
}

#[test]
fn what_is_outstanding_stands_in_the_month_of_its_last_day() {
    let mut bank = Bank::with(PROGRAM);
    // 100, active from 15 January 08:00 in Shanghai to the end of 15 March; 50 from 4 March to the end of 4 May.
    bank.earn("a", 100, "2026-01-10T00:00:00Z");
    bank.earn("b", 50, "2026-02-27T00:00:00Z");
    bank.spend("s", 30, "2026-02-27T00:00:00Z").unwrap();
    bank.authorize("h", 20, "3d", "2026-02-27T01:00:00Z")
        .unwrap();
    let now = "2026-03-01T00:00:00Z";
    let counted = main_of(&bank, now);
    assert_eq!((counted.kind.as_str(), counted.holders), (MAIN, 1));
    // 100 - 30 - 20 = 50 active, 50 pending, 20 held.
    let sums = (counted.active, counted.pending, counted.held, counted.owed);
    assert_eq!(sums, (50, 50, 20, 0));
    assert_eq!(counted.outstanding, 120);
    // floor(120 * 2 / 3) = 80.
    assert_eq!(counted.value, Some(usd(80)));
    let months = [row("2026-03", 50, 0, 20), row("2026-05", 0, 50, 0)];
    assert_eq!(counted.by_expiry, months);
    // 30 were spent and none expired: none of them will, as far as one can tell.
    let breakage = counted.breakage;
    assert_eq!((breakage.spent, breakage.expired), (30, 0));
    assert_eq!((breakage.rate, breakage.points), (Some(0.0), Some(0)));
    assert_eq!(breakage.value, Some(usd(0)));
    // In May the rest has expired, though nobody has settled the account; the hold's points, too.
    let later = main_of(&bank, "2026-05-04T16:00:00Z");
    assert_eq!((later.holders, later.outstanding), (0, 0));
    assert_eq!((later.breakage.spent, later.breakage.expired), (30, 120));
    assert_eq!(later.by_expiry, []);
}

#[test]
fn accounts_add_up_and_what_expired_says_what_will() {
    let mut first = Bank::with(PROGRAM);
    first.earn("a", 100, "2026-01-10T00:00:00Z");
    first.spend("s", 30, "2026-02-01T00:00:00Z").unwrap();
    import(&mut first, "i", 61, None, "2026-02-01T00:00:00Z");
    // 10 from 6 November to the end of 6 January: over.
    let mut second = Bank::with(PROGRAM);
    second.earn("b", 10, "2025-11-01T00:00:00Z");
    let growth = Command::Earn(Earn {
        ids: ids("g"),
        points: Some(7),
        money: None,
        at: None,
        reason: None,
    });
    let growth = growth.of_kind(Some(Slug::parse("growth").unwrap()));
    second.run(&growth, at("2026-02-01T00:00:00Z")).unwrap();
    let now = "2026-03-01T00:00:00Z";
    let mut tally = Tally::default();
    count(&mut tally, &first, now);
    // Kept between two batches.
    let stored = serde_json::to_string(&tally).unwrap();
    let mut tally: Tally = serde_json::from_str(&stored).unwrap();
    count(&mut tally, &second, now);
    let liability = reported(&tally, &first, now);
    let [points, growth] = &liability.kinds[..] else {
        panic!("{liability:?}")
    };
    assert_eq!((points.holders, points.outstanding), (1, 131));
    // What never ends stands last.
    let months = [row("2026-03", 70, 0, 0), row("never", 61, 0, 0)];
    assert_eq!(points.by_expiry, months);
    let breakage = &points.breakage;
    // 10 of 40 that came to an end expired: floor(70 * 10 / 40) = 17 of those that expire will, worth floor(34 / 3) = 11.
    assert_eq!((breakage.spent, breakage.expired), (30, 10));
    assert_eq!((breakage.rate, breakage.points), (Some(0.25), Some(17)));
    assert_eq!(breakage.value, Some(usd(11)));
    // Nothing of growth has ended, and it is worth nothing.
    assert_eq!((growth.kind.as_str(), growth.outstanding), ("growth", 7));
    assert_eq!(growth.by_expiry, [row("never", 7, 0, 0)]);
    assert_eq!((growth.value, growth.breakage.rate), (None, None));
    assert_eq!(
        (growth.breakage.points, growth.breakage.value),
        (None, None)
    );
    // Without the programme nobody knows what they are worth, but the kinds are told all the same.
    let counting = Counting {
        as_of: at(now),
        zone: &first.zone,
    };
    let bare = report(&tally, None, counting);
    let kinds: Vec<_> = bare.kinds.iter().map(|kind| kind.kind.as_str()).collect();
    assert_eq!(kinds, [MAIN, "growth"]);
    assert_eq!(bare.kinds[0].value, None);
    // And of a programme all its kinds, if nothing was counted.
    let empty = reported(&Tally::default(), &first, now);
    let kinds: Vec<_> = empty.kinds.iter().map(|kind| kind.kind.as_str()).collect();
    assert_eq!(kinds, [MAIN, "growth"]);
    assert_eq!(empty.kinds[0].holders, 0);
}

#[test]
fn who_owes_points_is_counted_and_they_are_taken_off() {
    let mut bank = Bank::with(PROGRAM);
    let earned = bank.earn("a", 100, "2026-01-10T00:00:00Z").transaction;
    bank.spend("s", 100, "2026-01-20T00:00:00Z").unwrap();
    bank.reverse_by(
        Some(Policy::AllowNegative),
        &earned,
        None,
        "2026-01-21T00:00:00Z",
    )
    .unwrap();
    let counted = main_of(&bank, "2026-01-22T00:00:00Z");
    assert_eq!(
        (counted.holders, counted.active, counted.owed),
        (1, -100, 100)
    );
    // -100 * 2 / 3 = -66.7, rounded down.
    assert_eq!((counted.outstanding, counted.value), (-100, Some(usd(-67))));
    assert_eq!(counted.by_expiry, []);
}

#[test]
fn who_has_nothing_but_a_hold_is_counted() {
    let mut bank = Bank::with(PROGRAM);
    let now = "2026-03-30T00:00:00Z";
    // To the end of March, and held into April: it can still be captured, and stands in the month of the count.
    import(&mut bank, "i", 40, Some("2026-03-31T16:00:00Z"), now);
    bank.authorize("h", 40, "7d", now).unwrap();
    let march = main_of(&bank, now);
    assert_eq!(
        (march.holders, march.by_expiry),
        (1, vec![row("2026-03", 0, 0, 40)])
    );
    let april = main_of(&bank, "2026-04-02T00:00:00Z");
    assert_eq!(
        (april.holders, april.by_expiry),
        (1, vec![row("2026-04", 0, 0, 40)])
    );
}

#[test]
fn ten_years_are_told_month_by_month() {
    // A last moment before midnight of 1 January, 1 March and 1 April in Shanghai; 119 months after March 2026 is February 2036.
    let now = "2026-03-01T00:00:00Z";
    for (until, month) in [
        ("2026-12-31T16:00:00Z", "2026-12"),
        ("2026-12-31T16:00:00.001Z", "2027-01"),
        ("2036-02-29T16:00:00Z", "2036-02"),
        ("2036-02-29T16:00:00.001Z", "later"),
        ("2046-02-28T16:00:00Z", "later"),
    ] {
        let mut bank = Bank::with(PROGRAM);
        import(&mut bank, "i", 9, Some(until), now);
        let counted = main_of(&bank, now);
        assert_eq!(counted.by_expiry, [row(month, 9, 0, 0)], "{until}");
    }
    // The month is the shop's: 1 March there begins on 28 February, 16:00 UTC. A moment before, they are not active yet.
    let mut bank = Bank::with(PROGRAM);
    import(&mut bank, "i", 9, Some("2036-02-29T16:00:00Z"), now);
    let eve = main_of(&bank, "2026-02-28T15:59:59.999Z");
    assert_eq!(eve.by_expiry, [row("later", 0, 9, 0)]);
}

#[test]
fn the_rate_has_four_digits_rounded_half_up() {
    // Of so many that came to an end so many expired.
    for (expired, spent, rate) in [
        (1, 2, 0.3333),
        (2, 1, 0.6667),
        (1, 19_999, 0.0001),
        (1, 20_000, 0.0),
        (5, 0, 1.0),
    ] {
        let mut bank = Bank::with(PROGRAM);
        let now = "2026-03-01T00:00:00Z";
        import(
            &mut bank,
            "i",
            expired + spent,
            Some("2026-03-02T00:00:00Z"),
            now,
        );
        if spent > 0 {
            bank.spend("s", spent, now).unwrap();
        }
        let counted = main_of(&bank, "2026-03-02T00:00:00Z");
        assert_eq!(counted.breakage.rate, Some(rate), "{expired} {spent}");
    }
}
