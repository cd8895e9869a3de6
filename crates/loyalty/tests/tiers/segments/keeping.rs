//! How long a tier by a segment is kept by who left it.

use rapport_loyalty::news::Reason;
use rapport_types::Timestamp;

use super::{TEN_DAYS, change, held, is, none, programme, told};
use crate::support::{Bank, at};
use crate::text;

#[test]
fn who_leaves_keeps_it_from_the_last_day_in_the_segment() {
    let mut bank = Bank::with(&programme(TEN_DAYS));
    let came = "2026-03-10T02:00:00Z";
    bank.stay("high_value", came, None);
    bank.stay("high_value", came, Some("2026-03-20T05:00:00Z"));
    // 20 March in Shanghai, and 10 days more: to the end of 30 March, which is 30 March 16:00 UTC.
    assert_eq!(
        held(&bank, "2026-03-20T05:00:00Z"),
        is("vip", came, "2026-03-30T16:00:00Z")
    );
    let standing = bank.tier("2026-03-25T00:00:00Z");
    assert_eq!(standing.grace_since, None, "there is no grace");
    let keep = standing.keep.unwrap();
    assert_eq!(keep.segment.unwrap().as_str(), "high_value");
    assert_eq!(text(keep.by).unwrap(), "2026-03-30T16:00:00Z");
    assert_eq!(held(&bank, "2026-03-30T16:00:00Z"), none());
    // Only then is it told, by the timer that was set for it, once.
    assert_eq!(told(&bank), [change("-", "vip", Reason::Segment)]);
    assert_eq!(text(bank.account.timer).unwrap(), "2026-03-30T16:00:00Z");
    bank.tick(at("2026-03-30T16:00:00Z"));
    bank.tick(at("2026-03-30T16:00:01Z"));
    assert_eq!(told(&bank)[1..], [change("vip", "-", Reason::Time)]);
    // They are back before, in another bank: no break.
    let mut bank = Bank::with(&programme(TEN_DAYS));
    bank.stay("high_value", came, Some("2026-03-20T05:00:00Z"));
    bank.stay("high_value", "2026-03-30T15:59:59.999Z", None);
    assert_eq!(held(&bank, "2026-04-01T00:00:00Z"), is("vip", came, "-"));
    // And a moment too late: a break.
    let mut bank = Bank::with(&programme(TEN_DAYS));
    bank.stay("high_value", came, Some("2026-03-20T05:00:00Z"));
    let late = "2026-03-30T16:00:00.001Z";
    bank.stay("high_value", late, None);
    assert_eq!(held(&bank, "2026-04-01T00:00:00Z"), is("vip", late, "-"));
}

/// When they left (they came on 1 February 2028), the policy, and when the tier is lost.
const BORDERS: [(&str, &str, &str); 7] = [
    // Midnight in Shanghai: they were in it to the end of the 19th, and 10 days more end with the 29th.
    (
        "2028-03-19T16:00:00Z",
        r#""keep": "10d""#,
        "2028-03-29T16:00:00Z",
    ),
    // A millisecond later it is the 20th.
    (
        "2028-03-19T16:00:00.001Z",
        r#""keep": "10d""#,
        "2028-03-30T16:00:00Z",
    ),
    // 20 February of a leap year and 10 days: 1 March.
    (
        "2028-02-20T05:00:00Z",
        r#""keep": "10d""#,
        "2028-03-01T16:00:00Z",
    ),
    // To the end of the year: 31 December 16:00 UTC is New Year in Shanghai.
    (
        "2028-02-29T05:00:00Z",
        r#""keep": "end_of_year""#,
        "2028-12-31T16:00:00Z",
    ),
    // New Year's Eve in London is New Year in Shanghai.
    (
        "2028-12-31T20:00:00Z",
        r#""keep": "end_of_year""#,
        "2029-12-31T16:00:00Z",
    ),
    (
        "2028-12-31T16:00:00Z",
        r#""keep": "end_of_next_year""#,
        "2029-12-31T16:00:00Z",
    ),
    // Grace alone: the rest of the day, and 3 days more, 18 to 20 March.
    (
        "2028-03-17T05:00:00Z",
        r#""grace": "3d""#,
        "2028-03-20T16:00:00Z",
    ),
];

#[test]
fn days_decide_in_the_shops_zone() {
    for (left, policy, lost) in BORDERS {
        let policy = format!(r#", "tier_policy": {{{policy}}}"#);
        let mut bank = Bank::with(&programme(&policy));
        let came = "2028-02-01T00:00:00Z";
        bank.stay("high_value", came, Some(left));
        assert_eq!(held(&bank, left), is("vip", came, lost), "{left} {policy}");
        let before = Timestamp::from_millis(at(lost).millis() - 1).to_string();
        assert_eq!(held(&bank, &before), is("vip", came, lost), "{left}");
        assert_eq!(held(&bank, lost), none(), "{left}");
    }
}

#[test]
fn grace_is_told_once_they_are_in_it() {
    let policy = r#", "tier_policy": {"keep": "10d", "grace": "5d"}"#;
    let mut bank = Bank::with(&programme(policy));
    bank.stay(
        "high_value",
        "2026-03-10T02:00:00Z",
        Some("2026-03-20T05:00:00Z"),
    );
    // Kept to 30 March, graced to 4 April.
    let kept = bank.tier("2026-03-30T15:59:59Z");
    assert_eq!(
        (text(kept.until).unwrap().as_str(), kept.grace_since),
        ("2026-04-04T16:00:00Z", None)
    );
    assert_eq!(text(kept.changes_at).unwrap(), "2026-03-30T16:00:00Z");
    let graced = bank.tier("2026-03-30T16:00:00Z");
    assert_eq!(text(graced.grace_since).unwrap(), "2026-03-30T16:00:00Z");
    assert_eq!(held(&bank, "2026-04-04T16:00:00Z"), none());
}

#[test]
fn a_step_down_leaves_the_next_lower_tier_as_if_it_had_been_earned() {
    let policy = r#", "tier_policy": {"keep": "10d", "downgrade": "one_step"}"#;
    let mut bank = Bank::with(&programme(policy));
    bank.stay(
        "high_value",
        "2026-03-10T02:00:00Z",
        Some("2026-03-20T05:00:00Z"),
    );
    // VIP to the end of 30 March; silver as if earned on the 30th, to the end of 9 April.
    assert_eq!(
        held(&bank, "2026-03-30T16:00:00Z"),
        is("silver", "2026-03-30T16:00:00Z", "2026-04-09T16:00:00Z")
    );
    // 100 points from now on keep it: they would to the end of the 30 days in which they count, and 10 more.
    let keep = bank.tier("2026-04-01T00:00:00Z").keep.unwrap();
    assert_eq!((keep.missing, keep.segment), (Some(100), None));
    assert_eq!(text(keep.by).unwrap(), "2026-04-09T16:00:00Z");
    let next = bank.tier("2026-04-01T00:00:00Z").next.unwrap();
    assert_eq!(next.segment.unwrap().as_str(), "high_value");
    assert_eq!(held(&bank, "2026-04-09T16:00:00Z"), none());
}
