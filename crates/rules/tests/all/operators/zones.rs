//! A date is that whole day in the shop's zone: every operator about dates at both borders of a day, in zones east and west of Greenwich, with
//! days of 23, 24 and 25 hours and with hours that are not whole.

use rapport_rules::{Outcome, evaluate};
use rapport_types::{Span, Timestamp, Zone};
use serde_json::{Value, json};

use crate::common::{Shopper, rule};

/// A zone, a day, when it begins there, and when it ends: as the tz database has it.
const DAYS: [(&str, &str, &str, &str); 6] = [
    (
        "Asia/Shanghai",
        "2026-11-21",
        "2026-11-20T16:00:00Z",
        "2026-11-21T16:00:00Z",
    ),
    (
        "America/New_York",
        "2026-11-21",
        "2026-11-21T05:00:00Z",
        "2026-11-22T05:00:00Z",
    ),
    // Summer ends: 25 hours.
    (
        "America/New_York",
        "2026-11-01",
        "2026-11-01T04:00:00Z",
        "2026-11-02T05:00:00Z",
    ),
    // It begins: 23.
    (
        "America/New_York",
        "2026-03-08",
        "2026-03-08T05:00:00Z",
        "2026-03-09T04:00:00Z",
    ),
    (
        "Asia/Kathmandu",
        "2026-11-21",
        "2026-11-20T18:15:00Z",
        "2026-11-21T18:15:00Z",
    ),
    (
        "Pacific/Apia",
        "2026-12-31",
        "2026-12-30T11:00:00Z",
        "2026-12-31T11:00:00Z",
    ),
];

struct Day {
    zone: Zone,
    date: &'static str,
    /// Its first moment.
    first: Timestamp,
    /// The first after it.
    end: Timestamp,
}

impl Day {
    fn all() -> impl Iterator<Item = Self> {
        DAYS.into_iter().map(|(zone, date, first, end)| Self {
            zone: Zone::named(zone).unwrap(),
            date,
            first: Timestamp::parse(first).unwrap(),
            end: Timestamp::parse(end).unwrap(),
        })
    }

    /// The same day of another year.
    fn born(&self) -> String {
        format!("1990{}", &self.date[4..])
    }

    fn ask(&self, value: &Value, is: &str, operand: &Value, now: Timestamp) -> Outcome {
        let shopper = Shopper::with(json!({ "x": value }));
        let test = json!({"field": "traits.x", "is": is, "value": operand});
        evaluate(&rule(test), &shopper, now, &self.zone)
    }

    /// Whether `value` passes, at a moment that makes no difference.
    fn passes(&self, value: &Value, is: &str, operand: &Value) -> bool {
        self.ask(value, is, operand, self.first).matches
    }

    /// With nothing new, `value` passes from `from` until before `until` (for ever where `None`), and says so the moment before.
    fn holds(
        &self,
        value: &Value,
        is: &str,
        operand: &str,
        from: Timestamp,
        until: Option<Timestamp>,
    ) {
        let case = format!("{value} {is} {operand} in {}", self.zone.name());
        let ask = |now| self.ask(value, is, &json!(operand), now);
        let before = ask(ago(from, "1ms"));
        assert!(!before.matches, "before: {case}");
        assert_eq!(before.next_change_at, Some(from), "{case}");
        let within = ask(from);
        assert!(within.matches, "{case}");
        let Some(until) = until else { return };
        assert_eq!(within.next_change_at, Some(until), "{case}");
        assert!(ask(ago(until, "1ms")).matches, "at its end: {case}");
        assert!(!ask(until).matches, "after: {case}");
    }
}

fn ago(at: Timestamp, span: &str) -> Timestamp {
    match span {
        "1ms" => Timestamp::from_millis(at.millis() - 1),
        span => at.minus(Span::parse(span).unwrap()),
    }
}

fn hence(at: Timestamp, span: &str) -> Timestamp {
    at.plus(Span::parse(span).unwrap())
}

fn text(at: Timestamp) -> Value {
    json!(at.to_string())
}

#[test]
fn before_and_after_a_day() {
    for day in Day::all() {
        let (date, zone) = (json!(day.date), day.zone.name());
        let (first, last) = (text(day.first), text(ago(day.end, "1ms")));
        let (eve, next) = (text(ago(day.first, "1ms")), text(day.end));
        for (value, is, operand, expected) in [
            (&eve, "before", &date, true),
            (&first, "before", &date, false),
            (&date, "before", &last, false),
            (&date, "before", &next, true),
            (&next, "after", &date, true),
            (&last, "after", &date, false),
            (&date, "after", &eve, true),
            (&date, "after", &first, false),
            (&date, "before", &date, false),
            (&date, "after", &date, false),
        ] {
            let passes = day.passes(value, is, operand);
            assert_eq!(passes, expected, "{value} {is} {operand} in {zone}");
        }
    }
}

#[test]
fn on_a_day() {
    for day in Day::all() {
        for (value, expected) in [
            (text(ago(day.first, "1ms")), false),
            (text(day.first), true),
            (text(ago(day.end, "1ms")), true),
            (text(day.end), false),
            (json!(day.date), true),
            (json!([day.born(), day.date]), true),
            (json!(day.born()), false),
        ] {
            let case = format!("{value} on {} in {}", day.date, day.zone.name());
            let date = json!(day.date);
            assert_eq!(day.passes(&value, "on_day", &date), expected, "{case}");
            assert_eq!(
                day.passes(&value, "not_on_day", &date),
                !expected,
                "not: {case}"
            );
        }
    }
}

#[test]
fn windows_around_a_day() {
    for day in Day::all() {
        let date = json!(day.date);
        let (first, end) = (day.first, day.end);
        day.holds(&date, "within_last", "1h", first, Some(hence(end, "1h")));
        day.holds(&date, "older_than", "1h", hence(end, "1h"), None);
        day.holds(&date, "within_next", "1h", ago(first, "1h"), Some(end));
        day.holds(&date, "within_last", "30d", first, Some(hence(end, "30d")));
    }
}

#[test]
fn a_window_is_so_many_hours_however_long_the_day() {
    for day in Day::all() {
        let midnight = text(day.first);
        let next = hence(day.first, "24h");
        day.holds(&midnight, "within_last", "1d", day.first, Some(next));
        day.holds(&midnight, "older_than", "1d", next, None);
        day.holds(
            &midnight,
            "within_next",
            "1d",
            ago(day.first, "24h"),
            Some(day.first),
        );
    }
}

#[test]
fn anniversaries() {
    for day in Day::all() {
        let (first, end) = (day.first, day.end);
        day.holds(&json!(day.born()), "anniversary", "0d", first, Some(end));
        // A moment is of the day on which it is here.
        for value in [first, ago(end, "1ms")] {
            let asked = day.ask(&text(value), "anniversary", &json!("0d"), first);
            assert!(asked.matches, "{value} in {}", day.zone.name());
        }
        for value in [ago(first, "1ms"), end] {
            let asked = day.ask(&text(value), "anniversary", &json!("0d"), first);
            assert!(!asked.matches, "{value} in {}", day.zone.name());
        }
    }
}

#[test]
fn an_anniversary_is_ahead_by_days_and_not_by_hours() {
    let at = |text| Timestamp::parse(text).unwrap();
    let born = json!("1990-03-10");
    for (zone, from, until) in [
        (
            "Asia/Shanghai",
            "2026-03-02T16:00:00Z",
            "2026-03-10T16:00:00Z",
        ),
        // The window begins in winter and ends in summer.
        (
            "America/New_York",
            "2026-03-03T05:00:00Z",
            "2026-03-11T04:00:00Z",
        ),
        (
            "Asia/Kathmandu",
            "2026-03-02T18:15:00Z",
            "2026-03-10T18:15:00Z",
        ),
    ] {
        let day = Day {
            zone: Zone::named(zone).unwrap(),
            date: "2026-03-10",
            first: at(from),
            end: at(until),
        };
        day.holds(&born, "anniversary", "7d", at(from), Some(at(until)));
    }
}

#[test]
fn events_from_a_day_to_a_day() {
    for day in Day::all() {
        let test = rule(json!({"event": "visit", "from": day.date, "to": day.date}));
        for (at, expected) in [
            (ago(day.first, "1ms"), false),
            (day.first, true),
            (ago(day.end, "1ms"), true),
            (day.end, false),
        ] {
            let shopper = Shopper::default().did("visit", at, json!({}));
            let asked = evaluate(&test, &shopper, hence(day.end, "1d"), &day.zone);
            let zone = day.zone.name();
            assert_eq!(asked.matches, expected, "{at} on {} in {zone}", day.date);
        }
    }
}
