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
