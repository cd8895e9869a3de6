//! Events that follow one another.
//!
//! A step comes at the same moment as the one before or later; where two steps are the same event, later, so that
//! no event is two steps. All steps are in the window, and the last comes less than `in` after the first, as
//! what happened at t leaves every window at exactly t + d.
//!
//! From each first step, taking the earliest event for each step that follows ends earliest, and a later first
//! step never ends earlier. So the stretches of time in which the answer is yes, from the end of a sequence until its
//! first step leaves the window, come in order, and one pass over the steps' moments finds them all.

use std::ops::ControlFlow;

use rapport_types::{Span, Timestamp};

use crate::evaluate::{self, Context};
use crate::found::Scope;
use crate::rule::Node;
use crate::subject::Subject;
use crate::verdict::{Soonest, Verdict};
use crate::window::{Open, Window};

/// Steps that follow one another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sequence {
    pub(crate) steps: Box<[Step]>,
    /// The last step comes less than this after the first.
    pub(crate) lasts: Option<Span>,
    pub(crate) window: Window,
}

/// One event of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// The event's name in snake_case.
    pub(crate) event: Box<str>,
    /// Which such events: a rule about the event.
    pub(crate) filter: Option<Node>,
    /// The step before that is the same event, if any: the nearest, counted from 0.
    pub(crate) alike: Option<usize>,
}

impl Sequence {
    /// The most steps.
    pub(crate) const MOST_STEPS: usize = 16;

    pub(crate) fn cost(&self) -> u32 {
        let cost = |step: &Step| {
            step.filter
                .as_ref()
                .map_or(1, Node::cost)
                .saturating_mul(128)
        };
        self.steps.iter().map(cost).fold(0, u32::saturating_add)
    }
}

/// The answer of a sequence.
pub(crate) fn verdict(sequence: &Sequence, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
    let window = sequence.window.open(cx.zone);
    let mut until = Soonest::default();
    let mut moments: Vec<Vec<Timestamp>> = Vec::new();
    for step in &sequence.steps {
        let found = moments_of(step, &window, subject, cx, &mut until);
        if found.is_empty() {
            moments.clear();
            break;
        }
        moments.push(found);
    }
    let verdict = until.limit(follow(sequence, &moments, &window, cx.now));
    let known = subject
        .kept_since()
        .is_none_or(|since| window.begins_by(since, cx.now));
    Verdict {
        // Events that are no longer kept could only have made it true, and not for longer.
        complete: known || verdict.matches,
        ..verdict
    }
}

/// The moments of the events that may be this step, oldest first.
fn moments_of(
    step: &Step,
    window: &Open,
    subject: &dyn Subject,
    cx: Context<'_>,
    until: &mut Soonest,
) -> Vec<Timestamp> {
    let mut moments = Vec::new();
    subject.events(&step.event, &mut |event| {
        if window.is_before(event.at) {
            return ControlFlow::Continue(());
        }
        if !window.reaches(event.at, cx.now) {
            return ControlFlow::Break(());
        }
        let passes = step.filter.as_ref().is_none_or(|filter| {
            let verdict = evaluate::node(filter, Scope::Event(event), cx);
            until.bring(verdict.next());
            verdict.matches
        });
        if passes {
            moments.push(event.at);
        }
        ControlFlow::Continue(())
    });
    moments.reverse();
    moments
}

/// Whether some sequence is there now, and until when.
fn follow(
    sequence: &Sequence,
    moments: &[Vec<Timestamp>],
    window: &Open,
    now: Timestamp,
) -> Verdict {
    let Some((starts, later)) = moments.split_first() else {
        return Verdict::fixed(false);
    };
    // How far each later step has come; it never goes back.
    let mut at = vec![0_usize; later.len()];
    let mut took = Vec::with_capacity(moments.len());
    // Until when what is there now stays: never, where `Some(None)`.
    let mut holds: Option<Option<Timestamp>> = None;
    for start in starts {
        let Some(end) = earliest_end(sequence, later, *start, &mut at, &mut took) else {
            break;
        };
        let leaves = window.leaves(*start);
        let takes_too_long = sequence.lasts.is_some_and(|lasts| end >= start.plus(lasts));
        if takes_too_long || leaves.is_some_and(|leaves| leaves <= end.max(now)) {
            continue;
        }
        holds = match holds {
            None if end > now => return Verdict::until(false, Some(end)),
            None => Some(leaves),
            // Nothing comes between the two.
            Some(until) if until.is_none_or(|until| end <= until) => Some(leaves),
            Some(_) => break,
        };
    }
    match holds {
        Some(until) => Verdict::until(true, until),
        None => Verdict::fixed(false),
    }
}

/// When the earliest sequence that begins with `start` is complete. `at` is how far each later step has come, `took` when
/// each step is.
fn earliest_end(
    sequence: &Sequence,
    later: &[Vec<Timestamp>],
    start: Timestamp,
    at: &mut [usize],
    took: &mut Vec<Timestamp>,
) -> Option<Timestamp> {
    took.clear();
    took.push(start);
    let mut end = start;
    let steps = sequence.steps.iter().skip(1);
    for ((step, moments), at) in steps.zip(later).zip(at) {
        let alike = step.alike.and_then(|alike| took.get(alike)).copied();
        let too_early =
            |moment: Timestamp| moment < end || alike.is_some_and(|alike| moment <= alike);
        while moments.get(*at).is_some_and(|moment| too_early(*moment)) {
            *at = at.saturating_add(1);
        }
        end = *moments.get(*at)?;
        took.push(end);
    }
    Some(end)
}
