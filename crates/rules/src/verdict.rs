//! An answer with the moment until which it holds, and how `all`, `any` and `not` combine them.

use rapport_types::Timestamp;

/// An answer about a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The answer.
    pub(crate) matches: bool,
    /// With no new data the answer stays the same before this moment; `None` is for ever.
    pub(crate) next: Option<Timestamp>,
    /// Whether the answer does flip at `next`, and does not only perhaps.
    pub(crate) exact: bool,
    /// Whether everything that the question reaches was known.
    pub(crate) complete: bool,
}

impl Verdict {
    /// An answer that time does not change.
    pub(crate) fn fixed(matches: bool) -> Self {
        Self::until(matches, None)
    }

    /// An answer that flips at `next`.
    pub(crate) fn until(matches: bool, next: Option<Timestamp>) -> Self {
        Self {
            matches,
            // The end of the calendar is never reached.
            next: next.filter(|next| *next < Timestamp::MAX),
            exact: true,
            complete: true,
        }
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

    /// `verdict`, or only until this moment where that is sooner.
    pub(crate) fn limit(self, verdict: Verdict) -> Verdict {
        match self.0 {
            Some(until) if verdict.next.is_none_or(|next| until < next) => Verdict {
                next: Some(until),
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
    /// The latest end among those that fail.
    fails: Option<Verdict>,
    failing: u32,
}

impl All {
    pub(crate) fn new() -> Self {
        Self {
            holds: Verdict::fixed(true),
            fails: None,
            failing: 0,
        }
    }

    /// Adds one; false when no other can change the result any more.
    pub(crate) fn push(&mut self, verdict: Verdict) -> bool {
        if verdict.matches {
            let complete = self.holds.complete && verdict.complete;
            if ends_before(verdict.next, self.holds.next) {
                self.holds = verdict;
            }
            self.holds.complete = complete;
            return true;
        }
        self.failing = self.failing.saturating_add(1);
        let complete = verdict.complete || self.fails.is_some_and(|fails| fails.complete);
        let mut fails = match self.fails {
            Some(fails) if ends_before(verdict.next, fails.next) => fails,
            _ => verdict,
        };
        fails.complete = complete;
        self.fails = Some(fails);
        // One that fails for ever, and surely, decides.
        fails.next.is_some() || !fails.complete
    }

    pub(crate) fn finish(self) -> Verdict {
        match self.fails {
            None => self.holds,
            Some(mut fails) => {
                // At its end the only failing one holds; whether all do then depends on the others.
                fails.exact = fails.next.is_none()
                    || (self.failing == 1
                        && fails.exact
                        && ends_before(fails.next, self.holds.next));
                fails
            }
        }
    }
}

/// `None` is for ever.
fn ends_before(a: Option<Timestamp>, b: Option<Timestamp>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a < b,
        (Some(_), None) => true,
        (None, _) => false,
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
            (two.matches, two.next, two.exact),
            (false, verdict(false, 9).next, false)
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
