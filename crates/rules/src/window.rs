//! The stretch of time in which events count.

use rapport_types::{Span, Timestamp, Zone};

use crate::moment::When;

/// As a rule names it; an event counts when all that is given holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Window {
    /// Only events in (now − within, now] count.
    pub(crate) within: Option<Span>,
    /// Only events at or after the beginning of this.
    pub(crate) from: Option<When>,
    /// Only events before this moment, or until the end of this day.
    pub(crate) to: Option<When>,
}

impl Window {
    /// Whether nothing can ever be in it, in any zone.
    pub(crate) fn is_empty(&self) -> bool {
        match (self.from, self.to) {
            (Some(When::Moment(from)), Some(When::Moment(to))) => to <= from,
            (Some(When::Day(from)), Some(When::Day(to))) => to < from,
            _ => false,
        }
    }

    /// The window in a shop's zone.
    pub(crate) fn open(&self, zone: &Zone) -> Open {
        Open {
            within: self.within,
            from: self.from.map(|from| from.stretch(zone).first()),
            to: self.to.map(|to| to.stretch(zone).end()),
        }
    }
}

/// A window with its ends as moments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    within: Option<Span>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Open {
    /// Whether every event ever is in it.
    pub(crate) fn is_all(&self) -> bool {
        self.within.is_none() && self.from.is_none() && self.to.is_none()
    }

    /// Whether something at `at` can be in it at `now` or later.
    pub(crate) fn reaches(&self, at: Timestamp, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.leaves(at).is_none_or(|leaves| now < leaves)
    }

    /// Whether something at `at` is too late for it, now and ever.
    pub(crate) fn is_before(&self, at: Timestamp) -> bool {
        self.to.is_some_and(|to| to <= at)
    }

    /// Whether it has no room for anything before `since`, at `now` or later.
    pub(crate) fn begins_by(&self, since: Timestamp, now: Timestamp) -> bool {
        self.from.is_some_and(|from| since <= from)
            || self.leaves(since).is_some_and(|leaves| leaves <= now)
    }

    /// Whether some of the time from `first` until before `end` lies between its fixed ends.
    pub(crate) fn overlaps(&self, first: Timestamp, end: Timestamp) -> bool {
        self.from.is_none_or(|from| from < end) && self.to.is_none_or(|to| first < to)
    }

    /// When something that happened at `at` leaves it; `None` is never.
    pub(crate) fn leaves(&self, at: Timestamp) -> Option<Timestamp> {
        self.within.map(|within| at.plus(within))
    }
}
