//! Counts, sums and the like of events in a window.
//!
//! Events leave a window in the order in which they happened, so the answers to come are those about the
//! newest event alone, the newest two, and so on. One walk from the newest to the oldest therefore
//! finds both the answer and the moment at which it flips, allocates nothing for counts and sums, and ends where
//! older events can change nothing any more. Events yet to come, and days of which only the total is left, take
//! the long way (`behaviour/simulate.rs`): every moment at which something enters or leaves is tried in order.

mod simulate;

use std::ops::ControlFlow;

use rapport_types::{Decimal, Timestamp};

use crate::evaluate::{self, Context};
use crate::found::Scope;
use crate::rule::Behaviour;
use crate::subject::{EventRef, Subject};
use crate::tally::{Added, Measure, Reader, Tally};
use crate::verdict::{Soonest, Verdict};
use crate::window::Open;

/// The answer of a behaviour test.
pub(crate) fn verdict(test: &Behaviour, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
    let window = test.window.open(cx.zone);
    let reach = Reach::of(test, &window, subject, cx.now);
    if reach == Reach::Total && !newest_is_ahead(test, subject, cx.now) {
        let mut tally = Tally::default();
        tally.add(subject.total(&test.event), &Added::Once);
        return Verdict::fixed(tally.passes(&test.measure, &test.bounds));
    }
    let known = matches!(reach, Reach::Kept | Reach::Total);
    let walked = match reach {
        Reach::Total => None,
        _ => walk(test, &window, subject, cx),
    };
    match walked {
        Some(walked) if walked.decided || !matches!(reach, Reach::Days(_)) => Verdict {
            complete: known || walked.decided,
            ..walked.verdict
        },
        _ => Verdict {
            complete: known,
            ..simulate::verdict(test, &window, subject, cx, reach)
        },
    }
}

/// What a behaviour test measures at the moment; `None` of nothing, and where it tests the first or the last event.
pub(crate) fn measured(
    test: &Behaviour,
    subject: &dyn Subject,
    cx: Context<'_>,
) -> Option<Decimal> {
    let window = test.window.open(cx.zone);
    let reach = Reach::of(test, &window, subject, cx.now);
    simulate::measured(test, &window, subject, cx, reach)
}

/// What a test needs to know beyond the kept events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Nothing.
    Kept,
    /// How many there have ever been, which is kept.
    Total,
    /// What was before this moment, of which days are kept.
    Days(Timestamp),
    /// What is no longer kept.
    Unknown,
}

impl Reach {
    fn of(test: &Behaviour, window: &Open, subject: &dyn Subject, now: Timestamp) -> Self {
        let counts = test.measure == Measure::Count && test.filter.is_none();
        if counts && window.is_all() {
            return Self::Total;
        }
        match subject.kept_since() {
            None => Self::Kept,
            Some(since) if window.begins_by(since, now) => Self::Kept,
            Some(since) if counts || adds_up_orders(test) => Self::Days(since),
            Some(_) => Self::Unknown,
        }
    }
}

/// Whether it is the sum of what orders came to, which is kept by day.
fn adds_up_orders(test: &Behaviour) -> bool {
    // The properties out of which an order's money is read.
    const AMOUNTS: [&str; 3] = ["total", "revenue", "value"];
    match &test.measure {
        Measure::Sum(path) => {
            &*test.event == rapport_types::event::ORDER_COMPLETED
                && test.filter.is_none()
                && matches!(&**path, [name] if AMOUNTS.contains(&&**name))
        }
        _ => false,
    }
}

fn newest_is_ahead(test: &Behaviour, subject: &dyn Subject, now: Timestamp) -> bool {
    let mut ahead = false;
    subject.events(&test.event, &mut |event| {
        ahead = event.at > now;
        ControlFlow::Break(())
    });
    ahead
}

/// What an event adds if it counts. `where` may itself depend on time; `until` is brought forward to the moment at
/// which it may answer otherwise.
fn counts(
    test: &Behaviour,
    event: EventRef<'_>,
    cx: Context<'_>,
    reader: &mut Reader,
    until: &mut Soonest,
) -> Option<Added> {
    if let Some(filter) = &test.filter {
        let verdict = evaluate::node(filter, Scope::Event(event), cx);
        until.bring(verdict.next());
        if !verdict.matches {
            return None;
        }
    }
    reader.read(&test.measure, event, cx, until)
}

/// What the short way found.
struct Walked {
    verdict: Verdict,
    /// Whether older events, known or not, make no difference.
    decided: bool,
}

/// The short way; `None` where an event is yet to come.
fn walk(test: &Behaviour, window: &Open, subject: &dyn Subject, cx: Context<'_>) -> Option<Walked> {
    let (mut tally, mut reader) = (Tally::default(), Reader::default());
    let mut ahead = false;
    // At least none is decided by nothing.
    let mut decided = tally.decides(&test.measure, &test.bounds);
    let mut filter_until = Soonest::default();
    let mut before: Option<Timestamp> = None;
    // When the answer will last have been yes, or no, on the way to an empty window.
    let (mut last_yes, mut last_no) = (None, None);
    subject.events(&test.event, &mut |event| {
        if window.is_before(event.at) {
            return ControlFlow::Continue(());
        }
        ahead = event.at > cx.now && window.reaches(event.at, cx.now);
        if ahead || !window.reaches(event.at, cx.now) {
            return ControlFlow::Break(());
        }
        let Some(added) = counts(test, event, cx, &mut reader, &mut filter_until) else {
            return ControlFlow::Continue(());
        };
        // Once this event has left, only the newer ones are there. Those that leave with it are not.
        if before != Some(event.at) {
            let alone = tally.passes(&test.measure, &test.bounds);
            let last = if alone { &mut last_yes } else { &mut last_no };
            *last = window.leaves(event.at);
        }
        before = Some(event.at);
        tally.add(1, &added);
        decided = tally.decides(&test.measure, &test.bounds);
        if decided {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    if ahead {
        return None;
    }
    let matches = tally.passes(&test.measure, &test.bounds);
    let flip = if matches { last_no } else { last_yes };
    Some(Walked {
        verdict: filter_until.limit(Verdict::until(matches, flip)),
        decided,
    })
}
