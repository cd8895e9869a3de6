//! Date operators.
//!
//! A date without a time is that whole day in the shop's zone, so every value and operand is a stretch of
//! time here; a moment is a stretch without length.

use std::cmp::Ordering;

use rapport_types::{Day, Span, Timestamp, Zone};

use crate::held::Held;
use crate::verdict::Verdict;

/// A moment or a whole day, as text names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Moment(Timestamp),
    Day(Day),
}

impl When {
    /// Reads an RFC 3339 moment or an ISO date.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() == 10 {
            return Day::parse(text).map(Self::Day);
        }
        Timestamp::parse(text).ok().map(Self::Moment)
    }

    /// The time it covers in `zone`.
    pub(crate) fn stretch(self, zone: &Zone) -> Stretch {
        match self {
            Self::Moment(moment) => Stretch {
                first: moment,
                end: moment,
            },
            Self::Day(day) => Stretch {
                first: zone.start_of(day),
                end: zone.end_of(day),
            },
        }
    }

    /// The day in `zone` on which it is.
    pub(crate) fn day(self, zone: &Zone) -> Day {
        match self {
            Self::Moment(moment) => zone.day_of(moment),
            Self::Day(day) => day,
        }
    }
}

/// From `first` until before `end`; the one moment `first` where both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    first: Timestamp,
    end: Timestamp,
}

impl Stretch {
    /// Its first moment.
    pub(crate) fn first(self) -> Timestamp {
        self.first
    }

    /// The first moment after it; that moment itself where it has no length.
    pub(crate) fn end(self) -> Timestamp {
        self.end
    }

    /// How it stands to `other`; the same where they overlap.
    pub(crate) fn order(self, other: Self) -> Ordering {
        if self.before(other) {
            Ordering::Less
        } else if other.before(self) {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }

    /// Whether all of it is before all of `other`.
    pub(crate) fn before(self, other: Self) -> bool {
        self.end <= other.first && self.first < other.first
    }

    /// While some of it is in (now − span, now].
    pub(crate) fn within_last(self, span: Span) -> Held {
        Held::new(self.first, self.end.plus(span))
    }

    /// While all of it is at or before now − span.
    pub(crate) fn older_than(self, span: Span) -> Held {
        Held::new(self.end.plus(span), Timestamp::MAX)
    }

    /// While some of it is in (now, now + span].
    pub(crate) fn within_next(self, span: Span) -> Held {
        Held::new(self.first.minus(span), self.end)
    }
}

/// Whether the month and day of `born` recur today or within `days` days from today. Someone born on 29
/// February has the 28th in a year without the 29th.
pub(crate) fn anniversary(born: Day, days: i32, now: Timestamp, zone: &Zone) -> Verdict {
    let (this_year, _, _) = zone.day_of(now).parts();
    let mut matching_until = None;
    // The windows of consecutive years touch where `days` is nearly a year, so they are joined in order.
    for year in (-1..=3).filter_map(|ahead: i16| this_year.checked_add(ahead)) {
        let Some(day) = recurrence(born, year) else {
            continue;
        };
        let first = day.plus_days(days.saturating_neg()).unwrap_or(day);
        let (from, until) = (zone.start_of(first), zone.end_of(day));
        match matching_until {
            None if until <= now => {}
            None if now < from => return Verdict::until(false, Some(from)),
            None => matching_until = Some(until),
            Some(end) if from <= end => matching_until = Some(until.max(end)),
            Some(_) => break,
        }
    }
    match matching_until {
        // The windows of all years touch: it is always so. Looking again each year is early, never late.
        Some(until) if days >= 365 => Verdict {
            exact: false,
            ..Verdict::until(true, Some(until))
        },
        Some(until) => Verdict::until(true, Some(until)),
        None => Verdict::fixed(false),
    }
}

fn recurrence(born: Day, year: i16) -> Option<Day> {
    let (_, month, day) = born.parts();
    Day::new(year, month, day).or_else(|| Day::new(year, month, day.checked_sub(1)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn span(text: &str) -> Span {
        Span::parse(text).unwrap()
    }

    fn stretch(text: &str) -> Stretch {
        When::parse(text).unwrap().stretch(&shanghai())
    }

    fn shanghai() -> Zone {
        Zone::named("Asia/Shanghai").unwrap()
    }

    #[test]
    fn a_moment_leaves_the_window_exactly_its_length_later() {
        let moment = stretch("2026-11-01T12:00:00Z");
        let before = moment
            .within_last(span("1d"))
            .at(at("2026-11-01T11:59:59.999Z"));
        assert_eq!(
            before,
            Verdict::until(false, Some(at("2026-11-01T12:00:00Z")))
        );
        let within = moment
            .within_last(span("1d"))
            .at(at("2026-11-02T11:59:59.999Z"));
        assert_eq!(
            within,
            Verdict::until(true, Some(at("2026-11-02T12:00:00Z")))
        );
        let after = moment
            .within_last(span("1d"))
            .at(at("2026-11-02T12:00:00Z"));
        assert_eq!(after, Verdict::fixed(false));
        assert!(
            moment
                .older_than(span("1d"))
                .at(at("2026-11-02T12:00:00Z"))
                .matches
        );
        assert!(
            !moment
                .older_than(span("1d"))
                .at(at("2026-11-02T11:59:59.999Z"))
                .matches
        );
    }

    #[test]
    fn the_near_future_excludes_now_and_includes_its_far_end() {
        let moment = stretch("2026-11-02T12:00:00Z");
        let next = |now| moment.within_next(span("1d")).at(at(now)).matches;
        assert!(!next("2026-11-01T11:59:59.999Z"));
        assert!(next("2026-11-01T12:00:00Z"));
        assert!(next("2026-11-02T11:59:59.999Z"));
        assert!(!next("2026-11-02T12:00:00Z"));
    }

    #[test]
    fn a_date_is_the_whole_day_in_the_shops_zone() {
        let day = stretch("2026-11-21");
        assert!(
            day.within_last(span("1h"))
                .at(at("2026-11-20T16:00:00Z"))
                .matches
        );
        assert!(
            !day.within_last(span("1h"))
                .at(at("2026-11-20T15:59:59.999Z"))
                .matches
        );
        assert!(
            day.within_last(span("1h"))
                .at(at("2026-11-21T16:59:59.999Z"))
                .matches
        );
        assert!(
            !day.within_last(span("1h"))
                .at(at("2026-11-21T17:00:00Z"))
                .matches
        );
        assert!(stretch("2026-11-20T15:59:59.999Z").before(day));
        assert!(!stretch("2026-11-20T16:00:00Z").before(day));
        assert!(!day.before(stretch("2026-11-21T15:59:59Z")));
        assert!(day.before(stretch("2026-11-21T16:00:00Z")));
        assert!(!day.before(day));
        let moment = stretch("2026-11-21T00:00:00Z");
        assert!(!moment.before(moment));
    }

    #[test]
    fn a_birthday_comes_each_year() {
        let born = Day::parse("1990-01-03").unwrap();
        let ask = |now| anniversary(born, 7, at(now), &shanghai());
        assert_eq!(
            ask("2026-06-01T00:00:00Z"),
            Verdict::until(false, Some(at("2026-12-26T16:00:00Z")))
        );
        assert_eq!(
            ask("2026-12-26T16:00:00Z"),
            Verdict::until(true, Some(at("2027-01-03T16:00:00Z")))
        );
        assert!(ask("2027-01-03T15:59:59.999Z").matches);
        assert!(!ask("2027-01-03T16:00:00Z").matches);
    }

    #[test]
    fn a_leap_day_birthday_is_on_the_28th_in_other_years() {
        let born = Day::parse("2000-02-29").unwrap();
        let today = |now| anniversary(born, 0, at(now), &Zone::utc()).matches;
        assert!(today("2027-02-28T12:00:00Z"));
        assert!(!today("2027-03-01T12:00:00Z"));
        assert!(today("2028-02-29T12:00:00Z"));
        assert!(!today("2028-02-28T12:00:00Z"));
    }
}
