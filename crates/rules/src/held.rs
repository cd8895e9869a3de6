//! The time in which something holds.
//!
//! Nearly every test of a value or of a count passes from one moment until before another, and never else: the present only says
//! where between the two it stands. So such a test is answered once for all moments.

use std::hint::select_unpredictable as select;

use rapport_types::Timestamp;

use crate::verdict::Verdict;

/// From one moment until before another; no time where that is not later.
///
/// Times are milliseconds since [`Timestamp::MIN`], and one more. So what was not found out yet is zeros, which memory can come with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    from: i64,
    /// Also before all time: [`Held::NEVER`] is before [`Held::VARIES`], so that of several the first end says what is known.
    until: i64,
}

/// A [`Held`] as it is written down; zeros where it is not.
pub(crate) type Written = [i64; 2];

/// Where all time begins, and ends.
const START: i64 = 1;
const END: i64 = millis(Timestamp::MAX);
/// The end of what is not known, and of what is never.
const NOT_KNOWN: i64 = 0;
const NONE: i64 = -1;

const SHIFT: i64 = START.wrapping_sub(Timestamp::MIN.millis());

#[inline]
const fn millis(moment: Timestamp) -> i64 {
    // No overflow: all time is ten thousand years.
    moment.millis().wrapping_add(SHIFT)
}

#[inline]
fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis.wrapping_sub(SHIFT))
}

impl Held {
    /// All time.
    pub(crate) const ALWAYS: Self = Self {
        from: START,
        until: END,
    };

    /// No time.
    pub(crate) const NEVER: Self = Self {
        from: END,
        until: NONE,
    };

    /// It was not found out yet.
    pub(crate) const UNKNOWN: Self = Self {
        from: 0,
        until: NOT_KNOWN,
    };

    /// One beginning and one end do not say it.
    pub(crate) const VARIES: Self = Self {
        from: START,
        until: NOT_KNOWN,
    };

    /// What was written down.
    #[inline]
    pub(crate) fn read([from, until]: Written) -> Self {
        Self { from, until }
    }

    /// To be written down.
    #[inline]
    pub(crate) const fn written(self) -> Written {
        [self.from, self.until]
    }

    /// From `from` until before `until`; no time where that is not later.
    #[inline]
    pub(crate) fn new(from: Timestamp, until: Timestamp) -> Self {
        Self {
            from: millis(from),
            until: select(from < until, millis(until), NONE),
        }
    }

    /// Until before `until`, and its opposite.
    #[inline]
    pub(crate) fn until(until: Timestamp) -> [Self; 2] {
        let until = millis(until);
        [
            Self {
                from: START,
                until: select(until > START, until, NONE),
            },
            Self {
                from: until,
                until: select(until < END, END, NONE),
            },
        ]
    }

    /// All time or none, and its opposite.
    #[inline]
    pub(crate) fn always(holds: bool) -> &'static [Written; 2] {
        const ALWAYS: Written = Held::ALWAYS.written();
        const NEVER: Written = Held::NEVER.written();
        select(holds, &[ALWAYS, NEVER], &[NEVER, ALWAYS])
    }

    /// When both hold. One that never does settles it, whatever is not known of the other.
    #[inline]
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            until: self.until.min(other.until),
        }
    }

    /// When it does not hold, from `now` on.
    #[inline]
    pub(crate) fn denied(self, now: Timestamp) -> Self {
        // What has begun ends at most; what has not may not end as well, or there are two stretches. Which of these it is follows no
        // pattern, so it is chosen without a jump.
        let (begun, endless) = (self.from <= millis(now), self.until == END);
        let ends = select(begun, END, NOT_KNOWN);
        let is_endless = select(begun, NONE, self.from);
        let some = self.from < self.until;
        let never = select(self.is_known(), END, NOT_KNOWN);
        Self {
            from: select(some & begun, self.until, START),
            until: select(some, select(endless, is_endless, ends), never),
        }
    }

    /// Whether it is known.
    #[inline]
    pub(crate) fn is_known(self) -> bool {
        self.until != NOT_KNOWN
    }

    /// Whether it is known that there is no such time.
    #[inline]
    pub(crate) fn is_never(self) -> bool {
        self.from >= self.until && self.is_known()
    }

    /// Whether `now` is in it; it is not in what is not known.
    #[inline]
    pub(crate) fn holds(self, now: Timestamp) -> bool {
        (self.from <= millis(now)) & (millis(now) < self.until)
    }

    /// Whether `now` is in it, and until when that stays so.
    #[inline]
    pub(crate) fn at(self, now: Timestamp) -> Verdict {
        Verdict::until(self.holds(now), self.next(now))
    }

    /// When it begins or ends after `now`, the first of the two.
    #[inline]
    pub(crate) fn next(self, now: Timestamp) -> Option<Timestamp> {
        let next = select(millis(now) < self.from, self.from, self.until);
        // Mostly there is none.
        let some = (self.from < self.until) & (millis(now) < self.until) & (next != END);
        some.then(|| moment(next))
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
        let all = |helds: &[Held]| helds.iter().copied().fold(Held::ALWAYS, Held::and);
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
                let [is, is_not] = Held::always(holds).map(Held::read);
                assert_eq!(is.at(at(now)), Verdict::fixed(holds));
                assert_eq!(is_not.at(at(now)), Verdict::fixed(!holds));
            }
        }
        for (from, until) in [(9, 9), (9, 5)] {
            let none = Held::new(at(from), at(until));
            assert!(none.is_never());
            assert_eq!(none.denied(at(7)), Held::ALWAYS);
            assert_eq!(none.at(at(1)), Verdict::fixed(false));
        }
    }

    #[test]
    fn what_only_ends_is_denied_by_what_only_begins() {
        for (until, now) in [(5, 4), (5, 5), (5, 6)] {
            let [is, is_not] = Held::until(at(until));
            assert_eq!(is, Held::new(Timestamp::MIN, at(until)));
            assert_eq!(is_not, is.denied(at(now)));
        }
        for (until, holds) in [(Timestamp::MIN, false), (Timestamp::MAX, true)] {
            let [is, is_not] = Held::until(until);
            let [always, never] = if holds { [is, is_not] } else { [is_not, is] };
            assert_eq!(always, Held::ALWAYS);
            assert!(never.is_never() && never.and(Held::VARIES).is_never());
        }
    }
}
