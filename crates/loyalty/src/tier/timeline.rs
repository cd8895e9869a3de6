//! Which tiers were held, by points and by segments together.

use rapport_types::{Timestamp, Zone};

use super::meter::Meter;
use super::reached;
use super::spans::Span;
use super::walk::{self, Walk};
use crate::account::Ledger;
use crate::program::Program;

/// Another tier was held from a moment on, or none.
pub(super) type Turn = (Timestamp, Option<usize>);

/// The turns up to `now` of what is measured in points, money or orders, oldest first.
pub(super) fn measured(
    meter: &Meter<'_>,
    ledger: &Ledger,
    program: &Program,
    now: Timestamp,
) -> Vec<Turn> {
    let today = meter.zone.day_of(now).number();
    let mut turns = Vec::new();
    Walk::new(program).to(meter, today, meter.at(now), |turn| turns.push(turn));
    told(&turns, meter, ledger, program, now)
}

/// At which moments those turns of a walk came: at midnight what days alone took, and what was reached when it was.
pub(super) fn told(
    turns: &[walk::Turn],
    meter: &Meter<'_>,
    ledger: &Ledger,
    program: &Program,
    now: Timestamp,
) -> Vec<Turn> {
    let mut before: Option<Option<usize>> = None;
    let mut told: Vec<Turn> = Vec::new();
    for turn in turns {
        let tier = turn.level.and_then(|level| program.tiers.get(level));
        let rises = before.is_none_or(|before| before < turn.level);
        let since = match tier {
            Some(tier) if rises => {
                reached(meter, ledger, &tier.id, turn.day, before.is_none(), now)
            }
            _ => meter.midnight(turn.day),
        };
        before = Some(turn.level);
        let Some(since) = since else {
            continue;
        };
        // A morning that lasted no moment, or nobody knows how long, was none.
        told.pop_if(|(at, _)| *at == since);
        if told.last().is_none_or(|(_, level)| *level != turn.level) {
            told.push((since, turn.level));
        }
    }
    told
}

/// The turns up to `now` of all together, oldest first. What was held before anything is known of begins at [`beginning`].
pub(super) fn turns(
    meter: Option<&Meter<'_>>,
    ledger: &Ledger,
    program: &Program,
    spans: &[Span],
    now: Timestamp,
) -> Vec<Turn> {
    let of_meter = match meter {
        Some(meter) if !meter.is_empty() => measured(meter, ledger, program, now),
        _ => Vec::new(),
    };
    let before = meter.and_then(|meter| super::level(program, meter.before()));
    let mut moments: Vec<Timestamp> = of_meter.iter().map(|(at, _)| *at).collect();
    let ends = spans.iter().filter_map(|span| span.to);
    moments.extend(spans.iter().map(|span| span.from).chain(ends));
    moments.retain(|at| *at <= now);
    moments.push(beginning());
    moments.sort_unstable();
    moments.dedup();
    let mut turns: Vec<Turn> = Vec::new();
    for at in moments {
        let last = of_meter.partition_point(|(turned, _)| *turned <= at);
        let last = last.checked_sub(1).and_then(|last| of_meter.get(last));
        let measured = last.map_or(before, |(_, level)| *level);
        let held = spans.iter().filter(|span| span.covers(at));
        let level = measured.max(held.map(|span| span.level).max());
        if turns.last().is_none_or(|(_, last)| *last != level) {
            turns.push((at, level));
        }
    }
    turns
}

/// Before anything is known of.
pub(super) fn beginning() -> Timestamp {
    Timestamp::from_millis(i64::MIN)
}

/// Since when the present tier has been held without a break; `None` where that is not known.
pub(super) fn since(
    meter: Option<&Meter<'_>>,
    ledger: &Ledger,
    program: &Program,
    spans: &[Span],
    (now, _): (Timestamp, &Zone),
) -> Option<Timestamp> {
    let turns = turns(meter, ledger, program, spans, now);
    turns
        .last()
        .map(|(at, _)| *at)
        .filter(|at| *at != beginning())
}
