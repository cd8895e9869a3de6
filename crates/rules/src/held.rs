//! The time in which something holds.
//!
//! Nearly every test of a value or of a count passes from one moment until before another, and never else: the present only says
//! where between the two it stands. So such a test is answered once for all moments.

use rapport_types::Timestamp;

use crate::verdict::Verdict;

/// From one moment until before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    from: Timestamp,
    /// Not before `from`, where it is known.
    until: Timestamp,
}

impl Held {
    /// No time.
    pub(crate) const NEVER: Self = Self {
        from: Timestamp::MAX,
        until: Timestamp::MAX,
    };

    /// It was not found out yet. Like [`Held::varies`] it ends before it begins.
    pub(crate) const UNKNOWN: Self = Self {
        from: Timestamp::MAX,
        until: Timestamp::EPOCH,
    };

    /// One beginning and one end do not say it.
    pub(crate) fn varies() -> Self {
        Self {
            until: Timestamp::from_millis(1),
            ..Self::UNKNOWN
        }
    }

    /// From `from` until before `until`; no time where that is not later.
    pub(crate) fn new(from: Timestamp, until: Timestamp) -> Self {
        match from < until {
            true => Self { from, until },
            false => Self::NEVER,
        }
    }

    /// All time, or none.
    pub(crate) fn always(holds: bool) -> Self {
        match holds {
            true => Self::new(Timestamp::from_millis(i64::MIN), Timestamp::MAX),
            false => Self::NEVER,
        }
    }

    /// Whether it is known.
    #[inline]
    pub(crate) fn is_known(self) -> bool {
        self.from <= self.until
    }

    /// Whether `now` is in it; it is not in what is not known.
    #[inline]
    pub(crate) fn holds(self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }

    /// Whether `now` is in it, and until when that stays so.
    #[inline]
    pub(crate) fn at(self, now: Timestamp) -> Verdict {
        let ends = if now < self.from {
            self.from
        } else if now < self.until {
            self.until
        } else {
            Timestamp::MAX
        };
        Verdict {
            ends,
            ..Verdict::fixed(self.holds(now))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn it_begins_with_its_first_moment_and_ends_before_its_last() {
        let held = Held::new(at(5), at(9));
        for (now, verdict) in [
            (4, Verdict::until(false, Some(at(5)))),
            (5, Verdict::until(true, Some(at(9)))),
            (8, Verdict::until(true, Some(at(9)))),
            (9, Verdict::fixed(false)),
        ] {
            assert_eq!(held.at(at(now)), verdict, "{now}");
            assert_eq!(held.holds(at(now)), verdict.matches, "{now}");
        }
    }

    #[test]
    fn all_time_and_none_are_for_ever() {
        for holds in [true, false] {
            for now in [i64::MIN, 0, 1_795_262_400_000] {
                assert_eq!(Held::always(holds).at(at(now)), Verdict::fixed(holds));
            }
        }
        assert_eq!(Held::new(at(9), at(9)), Held::NEVER);
        assert_eq!(Held::new(at(9), at(5)).at(at(1)), Verdict::fixed(false));
    }
}
