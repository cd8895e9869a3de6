//! An answer with the moment until which it holds, and how `all`, `any` and `not` combine them.

use rapport_types::Timestamp;

/// An answer about a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// With no new data the answer stays the same before this moment; [`Timestamp::MAX`], which is never reached, is for ever.
    pub(crate) ends: Timestamp,
    /// The answer.
    pub(crate) matches: bool,
    /// Whether the answer does flip at its end, and does not only perhaps; or that is so far off that nobody looks any further.
    pub(crate) exact: bool,
    /// Whether everything that the question reaches was known.
    pub(crate) complete: bool,
}

impl Verdict {
    /// An answer that time does not change.
    pub(crate) fn fixed(matches: bool) -> Self {
        Self {
            ends: Timestamp::MAX,
            matches,
            exact: true,
            complete: true,
        }
    }

    /// An answer that flips at `next`; `None` is never.
    pub(crate) fn until(matches: bool, next: Option<Timestamp>) -> Self {
        Self {
            ends: next.unwrap_or(Timestamp::MAX),
            ..Self::fixed(matches)
        }
    }

    /// When it may flip; `None` is never.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        (self.ends < Timestamp::MAX).then_some(self.ends)
    }

    /// The opposite answer, which holds as long.
    pub(crate) fn not(self) -> Self {
        Self {
            matches: !self.matches,
            ..self
        }
    }

    /// The opposite answer if `negate`.
    pub(crate) fn not_if(self, negate: bool) -> Self {
        if negate { self.not() } else { self }
    }
}

/// The earliest of several moments at which something may be otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Soonest(pub(crate) Option<Timestamp>);

impl Soonest {
    /// Takes another moment in; `None` is never.
    pub(crate) fn bring(&mut self, next: Option<Timestamp>) {
        self.0 = match (self.0, next) {
            (Some(soonest), Some(next)) => Some(soonest.min(next)),
            (soonest, next) => soonest.or(next),
        };
    }

    /// `verdict`, or only until this moment where that is not later: what it was made of is another then, so it may flip or not.
    pub(crate) fn limit(self, verdict: Verdict) -> Verdict {
        match self.0 {
            Some(ends) if ends <= verdict.ends => Verdict {
                ends,
                exact: false,
                ..verdict
            },
            _ => verdict,
        }
    }
}

/// Combines verdicts as `all` does.
///
/// It holds while all hold, so until the first of them ends. It fails while one fails, so at least until
/// the last failing one may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct All {
    /// The earliest end among those that hold.
    holds: Verdict,
    /// The latest end among those that fail, if any do.
    fails: Verdict,
    failing: u32,
}

impl All {
    pub(crate) fn new() -> Self {
        Self {
            holds: Verdict::fixed(true),
            fails: Verdict::fixed(false),
            failing: 0,
        }
    }

    /// Adds one; false when no other can change the result any more.
    pub(crate) fn push(&mut self, verdict: Verdict) -> bool {
        if verdict.matches {
            let complete = self.holds.complete && verdict.complete;
            if verdict.ends < self.holds.ends {
                self.holds = verdict;
            }
            self.holds.complete = complete;
            return true;
        }
        let first = self.failing == 0;
        self.failing = self.failing.saturating_add(1);
        let complete = verdict.complete || (!first && self.fails.complete);
        if first || verdict.ends >= self.fails.ends {
            self.fails = verdict;
        }
        self.fails.complete = complete;
        // One that fails for ever, and surely, decides.
        self.fails.ends < Timestamp::MAX || !complete
    }

    pub(crate) fn finish(self) -> Verdict {
        if self.failing == 0 {
            return self.holds;
        }
        let mut fails = self.fails;
        // At its end the only failing one holds; whether all do then depends on the others.
        fails.exact = fails.ends == Timestamp::MAX
            || (self.failing == 1 && fails.exact && fails.ends < self.holds.ends);
        fails
    }
}

/// Combines verdicts as `any` does: it is what `all` of the opposites denies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Any(All);

impl Any {
    pub(crate) fn new() -> Self {
        Self(All::new())
    }

    /// Adds one; false when no other can change the result any more.
    pub(crate) fn push(&mut self, verdict: Verdict) -> bool {
        self.0.push(verdict.not())
    }

    pub(crate) fn finish(self) -> Verdict {
        self.0.finish().not()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(matches: bool, next: i64) -> Verdict {
        Verdict::until(matches, Some(Timestamp::from_millis(next)))
    }

    fn all(verdicts: &[Verdict]) -> Verdict {
        let mut all = All::new();
        for verdict in verdicts {
            all.push(*verdict);
        }
        all.finish()
    }

    #[test]
    fn all_holds_until_the_first_ends() {
        let both = all(&[verdict(true, 5), verdict(true, 9), Verdict::fixed(true)]);
        assert_eq!(both, verdict(true, 5));
    }

    #[test]
    fn all_fails_at_least_until_the_last_failing_one_may_hold() {
        let two = all(&[verdict(false, 5), verdict(false, 9), verdict(true, 20)]);
        assert_eq!(
            (two.matches, two.ends, two.exact),
            (false, verdict(false, 9).ends, false)
        );
        let one = all(&[verdict(false, 5), verdict(true, 20)]);
        assert!(one.exact);
        let passing = all(&[verdict(false, 20), verdict(true, 5)]);
        assert!(!passing.exact);
    }

    #[test]
    fn one_that_fails_for_ever_decides() {
        let mut all = All::new();
        assert!(!all.push(Verdict::fixed(false)));
        assert_eq!(all.finish(), Verdict::fixed(false));
    }

    #[test]
    fn a_sure_failure_makes_the_answer_complete() {
        let unsure = Verdict {
            complete: false,
            ..verdict(false, 5)
        };
        assert!(!all(&[unsure]).complete);
        assert!(all(&[unsure, verdict(false, 3)]).complete);
        assert!(
            !all(&[Verdict {
                matches: true,
                ..unsure
            }])
            .complete
        );
    }
}
