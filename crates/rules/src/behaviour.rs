//! Counts and sums of events in a window.
//!
//! Events leave a window in the order in which they happened, so the answers to come are those about the
//! newest event alone, the newest two, and so on. One walk from the newest to the oldest therefore
//! finds both the answer and the moment at which it flips, and allocates nothing. Events yet to come,
//! and days of which only the total is left, take the long way: every moment at which something enters
//! or leaves is tried in order.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use rapport_types::{Decimal, Span, Timestamp, Zone};

use crate::evaluate;
use crate::found::Scope;
use crate::rule::Behaviour;
use crate::subject::{EventRef, Subject};
use crate::tally::{Measure, Tally};
use crate::verdict::Verdict;

/// The answer of a behaviour test.
pub(crate) fn verdict(
    test: &Behaviour,
    subject: &dyn Subject,
    now: Timestamp,
    zone: &Zone,
) -> Verdict {
    let reach = Reach::of(test, subject, now);
    let mut found = None;
    if reach == Reach::Kept || reach == Reach::Unknown {
        found = walk(test, subject, now, zone);
    } else if reach == Reach::Total && !newest_is_ahead(test, subject, now) {
        let mut tally = Tally::default();
        tally.add(subject.total(&test.event), Decimal::ZERO);
        found = Some(Verdict::fixed(tally.passes(&test.measure, &test.bounds)));
    }
    let mut verdict =
        found.unwrap_or_else(|| simulate(test, &items(test, subject, now, zone, reach), now));
    verdict.complete = matches!(reach, Reach::Kept | Reach::Total);
    verdict
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
    fn of(test: &Behaviour, subject: &dyn Subject, now: Timestamp) -> Self {
        let counts = test.measure == Measure::Count && test.filter.is_none();
        let kept_by_day = counts || adds_up_orders(test);
        match (subject.kept_since(), test.within) {
            (_, None) if counts => Self::Total,
            (None, _) => Self::Kept,
            (Some(since), Some(within)) if since.plus(within) <= now => Self::Kept,
            (Some(since), _) if kept_by_day => Self::Days(since),
            (Some(_), _) => Self::Unknown,
        }
    }
}

/// Whether it is the sum of what orders came to, which is kept by day.
fn adds_up_orders(test: &Behaviour) -> bool {
    // The properties out of which an order's money is read.
    const AMOUNTS: [&str; 3] = ["total", "revenue", "value"];
    match &test.measure {
        Measure::Sum(path) => {
            test.event == "order_completed"
                && test.filter.is_none()
                && matches!(path.as_slice(), [name] if AMOUNTS.contains(&name.as_str()))
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

/// Whether an event counts, and what it adds. `where` may itself depend on time; `until` is brought forward to
/// the moment at which it may answer otherwise.
fn counts(
    test: &Behaviour,
    event: EventRef<'_>,
    now: Timestamp,
    zone: &Zone,
    until: &mut Option<Timestamp>,
) -> Option<Decimal> {
    if let Some(filter) = &test.filter {
        let verdict = evaluate::node(filter, Scope::Event(event), now, zone);
        *until = match (*until, verdict.next) {
            (Some(until), Some(next)) => Some(until.min(next)),
            (until, next) => until.or(next),
        };
        if !verdict.matches {
            return None;
        }
    }
    test.measure.of(event.properties)
}

/// The short way; `None` where an event is yet to come.
fn walk(test: &Behaviour, subject: &dyn Subject, now: Timestamp, zone: &Zone) -> Option<Verdict> {
    let mut tally = Tally::default();
    let mut ahead = false;
    let mut filter_until = None;
    let mut before: Option<Timestamp> = None;
    // When the answer will last have been yes, or no, on the way to an empty window.
    let (mut last_yes, mut last_no) = (None, None);
    subject.events(&test.event, &mut |event| {
        if event.at > now {
            ahead = true;
            return ControlFlow::Break(());
        }
        let leaves = test.within.map(|within| event.at.plus(within));
        if leaves.is_some_and(|leaves| leaves <= now) {
            return ControlFlow::Break(());
        }
        let Some(value) = counts(test, event, now, zone, &mut filter_until) else {
            return ControlFlow::Continue(());
        };
        // Once this event has left, only the newer ones are there. Those that leave with it are not.
        if before != Some(event.at) {
            let alone = tally.passes(&test.measure, &test.bounds);
            let last = if alone { &mut last_yes } else { &mut last_no };
            *last = leaves;
        }
        before = Some(event.at);
        tally.add(1, value);
        ControlFlow::Continue(())
    });
    if ahead {
        return None;
    }
    let matches = tally.passes(&test.measure, &test.bounds);
    let flip = if matches { last_no } else { last_yes };
    Some(sooner(Verdict::until(matches, flip), filter_until))
}

/// `verdict`, or only until the `where` may answer otherwise where that is sooner.
fn sooner(verdict: Verdict, filter_until: Option<Timestamp>) -> Verdict {
    match filter_until {
        Some(until) if verdict.next.is_none_or(|next| until < next) => Verdict {
            next: Some(until),
            exact: false,
            ..verdict
        },
        _ => verdict,
    }
}

/// Something that counts from a moment until another.
struct Item {
    enters: Timestamp,
    leaves: Option<Timestamp>,
    times: u64,
    value: Decimal,
}

/// Everything that is or will be in the window, and until when that holds.
struct Items {
    all: Vec<Item>,
    filter_until: Option<Timestamp>,
}

fn items(
    test: &Behaviour,
    subject: &dyn Subject,
    now: Timestamp,
    zone: &Zone,
    reach: Reach,
) -> Items {
    let mut items = Items {
        all: Vec::new(),
        filter_until: None,
    };
    let mut ahead: u64 = 0;
    let leaves = |at: Timestamp, within: Option<Span>| within.map(|within| at.plus(within));
    subject.events(&test.event, &mut |event| {
        if event.at > now {
            ahead = ahead.saturating_add(1);
        } else if reach == Reach::Total {
            return ControlFlow::Break(());
        }
        if let Some(value) = counts(test, event, now, zone, &mut items.filter_until) {
            items.all.push(Item {
                enters: event.at,
                leaves: leaves(event.at, test.within),
                times: 1,
                value,
            });
        }
        ControlFlow::Continue(())
    });
    if reach == Reach::Total {
        items.all.push(Item {
            enters: now,
            leaves: None,
            times: subject.total(&test.event).saturating_sub(ahead),
            value: Decimal::ZERO,
        });
    }
    if let Reach::Days(since) = reach {
        items.all.extend(lumps(test, subject, zone, since));
    }
    items
}

/// The days before `since` as one item each. A day is in the window as long as any of it is.
fn lumps(test: &Behaviour, subject: &dyn Subject, zone: &Zone, since: Timestamp) -> Vec<Item> {
    let border = zone.day_of(since);
    // What is kept singly, ever and on the border day, must not count twice.
    let (mut kept, mut kept_on_border) = (Decimal::ZERO, (0_u64, Decimal::ZERO));
    subject.events(&test.event, &mut |event| {
        let value = test.measure.of(event.properties).unwrap_or_default();
        kept = kept.saturating_add(value);
        if zone.day_of(event.at) == border {
            kept_on_border.0 = kept_on_border.0.saturating_add(1);
            kept_on_border.1 = kept_on_border.1.saturating_add(value);
        }
        ControlFlow::Continue(())
    });
    let adds_up = test.measure != Measure::Count;
    let Some(within) = test.within else {
        let older = subject.orders().spend.saturating_sub(kept);
        return vec![Item {
            enters: zone.start_of(border),
            leaves: None,
            times: 1,
            value: older,
        }];
    };
    let mut lumps = Vec::new();
    subject.days(&test.event, &mut |total| {
        let (times, spend) = match total.day.cmp(&border) {
            Ordering::Less => (total.count, total.spend),
            Ordering::Equal => (
                total.count.saturating_sub(kept_on_border.0),
                total.spend.saturating_sub(kept_on_border.1),
            ),
            Ordering::Greater => (0, Decimal::ZERO),
        };
        if times > 0 {
            lumps.push(Item {
                enters: zone.start_of(total.day),
                leaves: Some(zone.end_of(total.day).min(since).plus(within)),
                times,
                value: if adds_up { spend } else { Decimal::ZERO },
            });
        }
        ControlFlow::Continue(())
    });
    lumps
}

/// The long way.
fn simulate(test: &Behaviour, items: &Items, now: Timestamp) -> Verdict {
    let answer = |at: Timestamp| {
        let mut tally = Tally::default();
        for item in &items.all {
            if item.enters <= at && item.leaves.is_none_or(|leaves| at < leaves) {
                tally.add(item.times, item.value);
            }
        }
        tally.passes(&test.measure, &test.bounds)
    };
    let mut moments: Vec<Timestamp> = items
        .all
        .iter()
        .flat_map(|item| [Some(item.enters), item.leaves])
        .flatten()
        .filter(|moment| *moment > now)
        .collect();
    moments.sort_unstable();
    moments.dedup();
    let matches = answer(now);
    let flip = moments
        .into_iter()
        .find(|moment| answer(*moment) != matches);
    sooner(Verdict::until(matches, flip), items.filter_until)
}
