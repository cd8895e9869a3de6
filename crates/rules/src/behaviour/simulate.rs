//! The long way: everything that enters or leaves a window, in order.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use rapport_types::{Decimal, Timestamp};

use super::{Reach, counts};
use crate::evaluate::Context;
use crate::rule::Behaviour;
use crate::subject::Subject;
use crate::tally::{Added, Measure, Reader, Tally};
use crate::verdict::{Soonest, Verdict};
use crate::window::Open;

/// Something that counts from a moment until another.
struct Item {
    enters: Timestamp,
    leaves: Option<Timestamp>,
    times: u64,
    added: Added,
}

impl Item {
    fn counts_at(&self, at: Timestamp) -> bool {
        self.enters <= at && self.leaves.is_none_or(|leaves| at < leaves)
    }
}

/// The answer of a behaviour test.
pub(super) fn verdict(
    test: &Behaviour,
    window: &Open,
    subject: &dyn Subject,
    cx: Context<'_>,
    reach: Reach,
) -> Verdict {
    let (items, filter_until) = items(test, window, subject, cx, reach);
    filter_until.limit(simulate(test, &items, cx.now))
}

/// What a behaviour test measures at the moment: a count, a sum or the like. `None` of nothing, and where it tests the first
/// or the last event.
pub(super) fn measured(
    test: &Behaviour,
    window: &Open,
    subject: &dyn Subject,
    cx: Context<'_>,
    reach: Reach,
) -> Option<Decimal> {
    let (items, _) = items(test, window, subject, cx, reach);
    let mut tally = Tally::default();
    for item in items.iter().filter(|item| item.counts_at(cx.now)) {
        tally.add(item.times, &item.added);
    }
    tally.value(&test.measure)
}

/// Everything that is in the window or will be, and until when that is all there is to know.
fn items(
    test: &Behaviour,
    window: &Open,
    subject: &dyn Subject,
    cx: Context<'_>,
    reach: Reach,
) -> (Vec<Item>, Soonest) {
    let (mut items, mut reader) = (Vec::new(), Reader::default());
    let mut filter_until = Soonest::default();
    let mut ahead: u64 = 0;
    subject.events(&test.event, &mut |event| {
        if window.is_before(event.at) {
            return ControlFlow::Continue(());
        }
        if !window.reaches(event.at, cx.now) {
            return ControlFlow::Break(());
        }
        if event.at > cx.now {
            ahead = ahead.saturating_add(1);
        } else if reach == Reach::Total {
            return ControlFlow::Break(());
        }
        if let Some(added) = counts(test, event, cx, &mut reader, &mut filter_until) {
            items.push(Item {
                enters: event.at,
                leaves: window.leaves(event.at),
                times: 1,
                added,
            });
        }
        ControlFlow::Continue(())
    });
    if reach == Reach::Total {
        items.push(Item {
            enters: cx.now,
            leaves: None,
            times: subject.total(&test.event).saturating_sub(ahead),
            added: Added::Once,
        });
    }
    if let Reach::Days(since) = reach {
        items.extend(lumps(test, window, subject, cx, since));
    }
    (items, filter_until)
}

/// The days before `since` as one item each. A day is in the window as long as any of it is.
fn lumps(
    test: &Behaviour,
    window: &Open,
    subject: &dyn Subject,
    cx: Context<'_>,
    since: Timestamp,
) -> Vec<Item> {
    let zone = cx.zone;
    let border = zone.day_of(since);
    // What is kept singly, ever and on the border day, must not count twice.
    let (mut kept, mut kept_on_border) = (Decimal::ZERO, (0_u64, Decimal::ZERO));
    let (mut reader, mut never) = (Reader::default(), Soonest::default());
    subject.events(&test.event, &mut |event| {
        let value = match reader.read(&test.measure, event, cx, &mut never) {
            Some(Added::Number(value)) => value,
            _ => Decimal::ZERO,
        };
        kept = kept.saturating_add(value);
        if zone.day_of(event.at) == border {
            kept_on_border.0 = kept_on_border.0.saturating_add(1);
            kept_on_border.1 = kept_on_border.1.saturating_add(value);
        }
        ControlFlow::Continue(())
    });
    let adds_up = test.measure != Measure::Count;
    if window.is_all() {
        return vec![Item {
            enters: zone.start_of(border).min(cx.now),
            leaves: None,
            times: 1,
            added: Added::Number(subject.ordered().saturating_sub(kept)),
        }];
    }
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
        if times == 0 {
            return ControlFlow::Continue(());
        }
        let (first, end) = (zone.start_of(total.day), zone.end_of(total.day).min(since));
        if window.overlaps(first, end) {
            lumps.push(Item {
                enters: first,
                leaves: window.leaves(end),
                times,
                added: if adds_up {
                    Added::Number(spend)
                } else {
                    Added::Once
                },
            });
        }
        ControlFlow::Continue(())
    });
    lumps
}

/// The answer at `now`, and the first moment at which another follows.
fn simulate(test: &Behaviour, items: &[Item], now: Timestamp) -> Verdict {
    let answer = |tally: &Tally| tally.passes(&test.measure, &test.bounds);
    let at = |moment: Timestamp| {
        let mut tally = Tally::default();
        for item in items.iter().filter(|item| item.counts_at(moment)) {
            tally.add(item.times, &item.added);
        }
        tally
    };
    // What changes, and when: true where an item enters.
    let mut changes: Vec<(Timestamp, bool, &Item)> = Vec::new();
    for item in items {
        let ever = item.leaves.is_none_or(|leaves| item.enters < leaves);
        if item.enters > now && ever {
            changes.push((item.enters, true, item));
        }
        if let Some(leaves) = item.leaves.filter(|leaves| *leaves > now && ever) {
            changes.push((leaves, false, item));
        }
    }
    changes.sort_by_key(|(moment, ..)| *moment);
    let mut tally = at(now);
    let matches = answer(&tally);
    let adds_up = matches!(
        test.measure,
        Measure::Count | Measure::Sum(_) | Measure::Average(_)
    );
    let mut rest = changes.as_slice();
    while let Some((moment, ..)) = rest.first() {
        let together = rest.partition_point(|(other, ..)| other <= moment);
        let (now, later) = rest.split_at_checked(together).unwrap_or((rest, &[]));
        rest = later;
        if adds_up {
            for (_, enters, item) in now {
                match enters {
                    true => tally.add(item.times, &item.added),
                    false => tally.remove(item.times, &item.added),
                }
            }
        } else {
            tally = at(*moment);
        }
        if answer(&tally) != matches {
            return Verdict::until(matches, Some(*moment));
        }
    }
    Verdict::fixed(matches)
}
