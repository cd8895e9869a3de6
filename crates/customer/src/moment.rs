//! A client's moment, checked against ours.

use rapport_types::{Day, Timestamp, Violation, Zone};

use crate::limits::CLOCK_AHEAD_MILLIS;

/// Reads a moment as clients write it: RFC 3339, or a date alone, which is the first moment of that day in
/// the shop's zone.
pub fn parse(text: &str, zone: &Zone) -> Option<Timestamp> {
    match Day::parse(text) {
        Some(day) => Some(zone.start_of(day)),
        None => Timestamp::parse(text).ok(),
    }
}

/// When something happened that a client reports at `now`.
///
/// Clocks differ, so up to a day ahead is taken as now; nothing is ever recorded as later than its own
/// arrival. Further ahead is a mistake, and refused.
pub fn settle(
    said: Option<Timestamp>,
    now: Timestamp,
    pointer: &str,
) -> Result<Timestamp, Violation> {
    match said {
        None => Ok(now),
        Some(at) if at.millis_since(now) > CLOCK_AHEAD_MILLIS => Err(Violation::new(
            pointer,
            "in_the_future",
            format!("{at} is more than a day ahead of the server's clock, {now}"),
        )),
        Some(at) => Ok(at.min(now)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_date_alone_is_the_start_of_the_shops_day() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let at = parse("1997-01-01", &zone).unwrap();
        assert_eq!(at.to_string(), "1996-12-31T16:00:00Z");
        assert!(parse("1997-02-30", &zone).is_none());
        assert!(parse("tomorrow", &zone).is_none());
    }

    #[test]
    fn a_clock_a_little_ahead_means_now_and_far_ahead_is_refused() {
        let now = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
        let soon = Timestamp::parse("2026-11-22T00:00:00Z").unwrap();
        let late = Timestamp::parse("2026-11-22T00:00:00.001Z").unwrap();
        assert_eq!(settle(Some(soon), now, "/timestamp"), Ok(now));
        let refused = settle(Some(late), now, "/timestamp").unwrap_err();
        assert_eq!(
            (refused.pointer.as_str(), refused.code.as_str()),
            ("/timestamp", "in_the_future")
        );
        assert_eq!(settle(None, now, "/timestamp"), Ok(now));
    }
}
