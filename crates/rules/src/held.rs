//! The time in which something holds.
//!
//! Nearly every test of a value or of a count passes from one moment until before another, and never else: the present only says
//! where between the two it stands. So such a test is answered once for all moments.

use rapport_types::Timestamp;

use crate::verdict::Verdict;

/// From one moment until before another; no time where that is not later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    from: Timestamp,
    until: Timestamp,
}

impl Held {
    /// All time.
    pub(crate) const ALWAYS: Self = Self {
        from: Timestamp::MIN,
        until: Timestamp::MAX,
    };

    /// No time.
    pub(crate) const NEVER: Self = Self {
        from: Timestamp::MAX,
        until: Timestamp::MAX,
    };

    /// It was not found out yet. Like [`Held::VARIES`] it ends before there is any time.
    pub(crate) const UNKNOWN: Self = Self {
        from: Timestamp::EPOCH,
        until: Timestamp::MIN,
    };

    /// One beginning and one end do not say it.
    pub(crate) const VARIES: Self = Self {
        from: Timestamp::MIN,
        until: Timestamp::MIN,
    };

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
            true => Self::ALWAYS,
            false => Self::NEVER,
        }
    }

    /// When all of these hold. One that never does settles it, whatever is not known of others.
    #[inline]
    pub(crate) fn all(helds: impl Iterator<Item = Self>) -> Self {
        helds.fold(Self::ALWAYS, |all, held| Self {
            from: all.from.max(held.from),
            until: all.until.min(held.until),
        })
    }

    /// When it does not hold, from `now` on.
    #[inline]
    pub(crate) fn denied(self, now: Timestamp) -> Self {
        // What has begun ends at most; what has not may not end as well, or there are two stretches.
        match (self.is_known(), self.from < self.until, self.from <= now) {
            (false, _, _) => Self::VARIES,
            (true, false, _) => Self::ALWAYS,
            (true, true, true) => Self {
                from: self.until,
                until: Timestamp::MAX,
            },
            (true, true, false) if self.until == Timestamp::MAX => Self {
                from: Timestamp::MIN,
                until: self.from,
            },
            (true, true, false) => Self::VARIES,
        }
    }

    /// Whether it is known.
    #[inline]
    pub(crate) fn is_known(self) -> bool {
        self.until > Timestamp::MIN || self.from == Timestamp::MAX
    }

    /// Whether it is known that there is no such time.
    #[inline]
    pub(crate) fn is_never(self) -> bool {
        self.from >= self.until && self.is_known()
    }

    /// Whether `now` is in it; it is not in what is not known.
    #[inline]
    pub(crate) fn holds(self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }

    /// Whether `now` is in it, and until when that stays so.
    #[inline]
    pub(crate) fn at(self, now: Timestamp) -> Verdict {
        let ends = if self.from >= self.until {
            Timestamp::MAX
        } else if now < self.from {
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
    fn all_hold_from_the_last_beginning_until_the_first_end() {
        let all = |helds: &[Held]| Held::all(helds.iter().copied());
        let (early, late) = (Held::new(at(1), at(7)), Held::new(at(5), at(9)));
        assert_eq!(all(&[]), Held::ALWAYS);
        assert_eq!(all(&[early, Held::ALWAYS, late]), Held::new(at(5), at(7)));
        let apart = all(&[early, Held::new(at(7), at(9))]);
        assert!(apart.is_never());
        for now in [0, 7, 8] {
            assert_eq!(apart.at(at(now)), Verdict::fixed(false));
        }
        assert_eq!(apart.denied(at(8)), Held::ALWAYS);
        for unknown in [Held::UNKNOWN, Held::VARIES] {
            assert!(!unknown.is_known() && !unknown.holds(at(0)));
            assert!(!all(&[early, unknown, late]).is_known());
            assert!(!all(&[early, unknown, Held::new(at(7), at(9))]).is_known());
            assert!(all(&[unknown, Held::NEVER, late]).is_never());
        }
    }

    #[test]
    fn it_is_denied_by_one_stretch_of_time_or_that_is_not_said() {
        let held = Held::new(at(5), at(9));
        assert_eq!(held.denied(at(5)), Held::new(at(9), Timestamp::MAX));
        assert_eq!(held.denied(at(9)), Held::new(at(9), Timestamp::MAX));
        assert_eq!(held.denied(at(4)), Held::VARIES);
        let begins = Held::new(at(5), Timestamp::MAX);
        assert_eq!(begins.denied(at(4)), Held::new(Timestamp::MIN, at(5)));
        for now in [Timestamp::MIN, at(0)] {
            assert_eq!(Held::NEVER.denied(now), Held::ALWAYS);
            assert_eq!(Held::ALWAYS.denied(now), Held::NEVER);
            assert_eq!(Held::VARIES.denied(now), Held::VARIES);
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
