//! Tiers that people give.

use rapport_loyalty::Account;
use rapport_loyalty::tier::{history, manual};
use rapport_types::Slug;

use crate::support::{Bank, at};
use crate::{DAYS, held, is, programme, text};

#[test]
fn a_given_tier_holds_until_its_end_and_never_lowers() {
    let mut bank = Bank::with(&programme(DAYS, ""));
    let slug = |id: &str| Slug::parse(id).unwrap();
    let give = |bank: &mut Bank, tier: &str, until: Option<&str>, now: &str| {
        let program = bank.program.as_ref().unwrap();
        let given = manual::give(
            &bank.account,
            program,
            &slug(tier),
            until.map(at),
            Some("guest"),
            at(now),
        )?;
        bank.account = given;
        Ok::<_, manual::Refused>(())
    };
    let now = "2026-01-01T00:00:00Z";
    assert!(give(&mut bank, "tin", None, now).is_err());
    assert_eq!(
        give(&mut bank, "gold", Some(now), now),
        Err(manual::Refused::Over)
    );
    give(&mut bank, "gold", Some("2026-03-01T00:00:00Z"), now).unwrap();
    let standing = bank.tier("2026-01-10T00:00:00Z");
    assert!(standing.manual && standing.tier == Some(slug("gold")));
    assert_eq!(
        (
            text(standing.since).unwrap().as_str(),
            text(standing.until).unwrap().as_str()
        ),
        (now, "2026-03-01T00:00:00Z")
    );
    assert_eq!(text(standing.changes_at).unwrap(), "2026-03-01T00:00:00Z");
    assert_eq!(standing.next.unwrap().missing, Some(1_000));
    // 350 on 10 February: gold by themselves until 11 March, 12 March being the first day without.
    bank.earn("a", 350, "2026-02-10T00:00:00Z");
    let both = bank.tier("2026-02-10T00:00:00Z");
    assert!(!both.manual);
    assert_eq!(
        (
            text(both.since).unwrap().as_str(),
            text(both.until).unwrap().as_str()
        ),
        (now, "2026-03-11T16:00:00Z")
    );
    // What was earned ends later than what was given, so what keeps it is of use.
    assert_eq!(both.keep.unwrap().by, both.until);
    // A higher one that is earned holds, and a lower one that is given changes nothing.
    bank.earn("b", 700, "2026-02-11T00:00:00Z");
    assert_eq!(
        held(&bank, "2026-02-11T00:00:00Z"),
        is("black", "2026-03-11T16:00:00Z")
    );
    give(&mut bank, "silver", None, "2026-02-12T00:00:00Z").unwrap();
    assert_eq!(
        held(&bank, "2026-02-12T00:00:00Z"),
        is("black", "2026-03-11T16:00:00Z")
    );
    assert_eq!(
        held(&bank, "2026-05-01T00:00:00Z"),
        (Some("silver".into()), None)
    );
    bank.account = manual::take(&bank.account, at("2026-05-02T00:00:00Z"));
    assert_eq!(bank.tier("2026-05-02T00:00:00Z").tier, None);
    let past = history::history(
        &bank.account,
        bank.program.as_ref(),
        at("2026-05-03T00:00:00Z"),
        &bank.zone,
    );
    let given: Vec<_> = past
        .iter()
        .filter(|past| past.manual)
        .map(|past| {
            (
                past.tier.as_ref().unwrap().as_str(),
                text(past.until).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        given,
        [
            ("silver", "2026-05-02T00:00:00Z".into()),
            ("gold", "2026-02-12T00:00:00Z".into())
        ]
    );
    // Through the store.
    let stored = serde_json::to_string(&bank.account).unwrap();
    let read: Account = serde_json::from_str(&stored).unwrap();
    assert_eq!(
        (read.given_before, read.ledger),
        (bank.account.given_before, bank.account.ledger)
    );
}

#[test]
fn of_two_that_begin_together_the_given_one_is_the_later_in_the_history() {
    let mut bank = Bank::with(&programme(DAYS, ""));
    let now = "2026-01-01T00:00:00Z";
    bank.earn("a", 120, now);
    let program = bank.program.clone().unwrap();
    let gold = Slug::parse("gold").unwrap();
    bank.account = manual::give(&bank.account, &program, &gold, None, None, at(now)).unwrap();
    let past = history::history(
        &bank.account,
        Some(&program),
        at("2026-01-02T00:00:00Z"),
        &bank.zone,
    );
    let past: Vec<_> = past.iter().map(|past| (past.since, past.manual)).collect();
    assert_eq!(past, [(at(now), true), (at(now), false)]);
}

#[test]
fn a_tier_that_the_programme_multiplies_by_may_be_given() {
    let mut json: serde_json::Value = serde_json::from_str(&programme(DAYS, "")).unwrap();
    json["tiers"][1]["benefits"] =
        serde_json::json!({"multiplier": 2, "discount_percent": 10, "gifts": ["cake"]});
    let mut bank = Bank::with(&json.to_string());
    let gold = Slug::parse("gold").unwrap();
    let program = bank.program.clone().unwrap();
    bank.account = manual::give(
        &bank.account,
        &program,
        &gold,
        None,
        None,
        at("2026-01-01T00:00:00Z"),
    )
    .unwrap();
    assert_eq!(
        bank.order("a", 1_000, "2026-01-02T00:00:00Z")
            .unwrap()
            .answer
            .points,
        20
    );
}

/// Gives `tier` from `now` until then.
fn give(
    bank: &mut Bank,
    tier: &str,
    until: Option<&str>,
    now: &str,
) -> Result<(), manual::Refused> {
    let program = bank.program.clone().unwrap();
    let tier = Slug::parse(tier).unwrap();
    bank.account = manual::give(&bank.account, &program, &tier, until.map(at), None, at(now))?;
    Ok(())
}

/// The given tiers with their beginnings and ends, the latest first.
fn given(bank: &Bank, now: &str) -> Vec<(String, String, Option<String>)> {
    let (account, program) = (&bank.account, bank.program.as_ref());
    let past = history::history(account, program, at(now), &bank.zone);
    let row = |past: history::Past| {
        let tier = past.tier.unwrap().to_string();
        (tier, past.since.to_string(), text(past.until))
    };
    let manual = past.into_iter().filter(|past| past.manual);
    manual.map(row).collect()
}

#[test]
fn the_same_tier_given_again_goes_on_and_one_that_is_over_begins_anew() {
    let mut bank = Bank::with(&programme(DAYS, ""));
    let (first, second) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    let (third, fourth) = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
    give(&mut bank, "gold", Some(third), first).unwrap();
    assert_eq!(bank.tier("2025-12-31T23:59:59.999Z").tier, None);
    // Again, and for longer: since the first time.
    give(&mut bank, "gold", Some(fourth), second).unwrap();
    let row = |tier: &str, since: &str, until: Option<&str>| {
        (tier.to_owned(), since.to_owned(), until.map(str::to_owned))
    };
    assert_eq!(given(&bank, third), [row("gold", first, None)]);
    assert_eq!(held(&bank, "2026-03-31T23:59:59.999Z").0.unwrap(), "gold");
    assert_eq!(held(&bank, fourth).0, None);
    assert_eq!(given(&bank, fourth), [row("gold", first, Some(fourth))]);
    // At its very end it is over, and the next is another.
    give(&mut bank, "gold", None, fourth).unwrap();
    let again = row("gold", fourth, None);
    let rows = [again, row("gold", first, Some(fourth))];
    assert_eq!(given(&bank, fourth), rows);
    // What ended by itself did not end when it was taken.
    give(
        &mut bank,
        "silver",
        Some("2026-05-01T00:00:00Z"),
        "2026-04-10T00:00:00Z",
    )
    .unwrap();
    bank.account = manual::take(&bank.account, at("2026-06-01T00:00:00Z"));
    let ends: Vec<_> = given(&bank, "2026-06-01T00:00:00Z")
        .into_iter()
        .map(|(_, _, until)| until.unwrap())
        .collect();
    assert_eq!(
        ends,
        ["2026-05-01T00:00:00Z", "2026-04-10T00:00:00Z", fourth]
    );
    // Taken twice, nothing more happens.
    let taken = manual::take(&bank.account, at("2026-06-02T00:00:00Z"));
    assert_eq!(taken, bank.account);
}

#[test]
fn a_given_tier_ends_after_it_begins_and_its_reason_has_512_bytes() {
    let now = "2026-01-01T00:00:00Z";
    let mut bank = Bank::with(&programme(DAYS, ""));
    let over = Err(manual::Refused::Over);
    assert_eq!(give(&mut bank, "gold", Some(now), now), over);
    give(&mut bank, "gold", Some("2026-01-01T00:00:00.001Z"), now).unwrap();
    let tin = manual::Refused::UnknownTier(Slug::parse("tin").unwrap());
    assert_eq!(give(&mut bank, "tin", None, now), Err(tin));
    let program = bank.program.clone().unwrap();
    let gold = Slug::parse("gold").unwrap();
    for (bytes, refused) in [(512, false), (513, true)] {
        let reason = "r".repeat(bytes);
        let given = manual::give(&bank.account, &program, &gold, None, Some(&reason), at(now));
        assert_eq!(given == Err(manual::Refused::LongReason), refused);
    }
}

#[test]
fn the_latest_twenty_of_before_are_kept() {
    let mut bank = Bank::with(&programme(DAYS, ""));
    for n in 0..22 {
        let tier = if n % 2 == 0 { "gold" } else { "silver" };
        give(&mut bank, tier, None, &format!("2026-01-01T00:00:{n:02}Z")).unwrap();
    }
    // The 21 that were followed by another, but for the first.
    assert_eq!(bank.account.given_before.len(), 20);
    let first = &bank.account.given_before[0];
    assert_eq!(
        (first.tier.as_str(), first.at),
        ("silver", at("2026-01-01T00:00:01Z"))
    );
}
