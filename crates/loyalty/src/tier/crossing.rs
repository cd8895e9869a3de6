//! The moment at which a tier was reached, where orders were not reported in the order in which they happened.
//!
//! A tier is held since the order, or the activation, that reached it by the dates of all of them. Days alone say on which day that was; the
//! moment is found among the day's entries in the journal, as far as the document still has them, and remembered as a mark.

use rapport_types::{Timestamp, Zone, sort};

use super::meter::Meter;
use super::stays::Stays;
use super::{earned_at, level, standing};
use crate::account::{Account, Ledger, Mark};
use crate::entry::{Entry, Kind};
use crate::journal::Unreadable;
use crate::program::{By, Program};

/// The mark of the tier at `present` that was reached on `day`; `None` where the journal no longer says.
fn crossing(
    account: &Account,
    program: &Program,
    present: usize,
    day: i32,
    zone: &Zone,
) -> Result<Option<Mark>, Unreadable> {
    let ledger = &account.ledger;
    let Some((by, tier)) = program
        .measure()
        .and_then(|tier| tier.by)
        .zip(program.tiers.get(present))
    else {
        return Ok(None);
    };
    let mut counted = Vec::new();
    for entry in account.journal.kept()? {
        counted.extend(counts(entry, by).filter(|(on, ..)| *on == day));
    }
    sort::by_key(&mut counted, |(_, at, _)| *at);
    // At the end of the day, whatever activates later.
    let end = Timestamp::MAX;
    let Some(meter) = Meter::new(ledger, program, end, zone) else {
        return Ok(None);
    };
    let sum = counted
        .iter()
        .fold(0_i64, |sum, (.., value)| sum.saturating_add(*value));
    let mut value = meter.on(day).saturating_sub(sum);
    // Entries that have left the document, or were taken back, are not known: then the day is all there is.
    if level(program, value) >= Some(present) {
        return Ok(None);
    }
    for (_, at, more) in counted {
        value = value.saturating_add(more);
        if level(program, value) >= Some(present) {
            return Ok(Some(Mark {
                tier: tier.id.clone(),
                day,
                at,
            }));
        }
    }
    Ok(None)
}

/// On which day, when, and for how much an entry counts.
fn counts(entry: &Entry, by: By) -> Option<(i32, Timestamp, i64)> {
    let (points_day, spend_day) = entry.days.filter(|_| entry.kind == Kind::Earn)?;
    match by {
        By::Points => {
            let from = entry
                .parts
                .first()
                .map_or(entry.at, |part| part.active_from);
            Some((points_day, from, entry.points))
        }
        By::Spend => Some((spend_day, entry.at, entry.money?.amount)),
        By::Orders => entry.money.map(|_| (spend_day, entry.at, 1)),
    }
}

/// After an earn that counts from `at`, or a reversal (`None`): where others are dated later, the present tier may have been reached by one
/// of those, and its mark is looked for.
pub(crate) fn remark(
    account: &mut Account,
    program: Option<&Program>,
    at: Option<Timestamp>,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), Unreadable> {
    let Some(program) = program.filter(|program| program.measure().is_some()) else {
        return Ok(());
    };
    let day_of = |moment: Timestamp| zone.day_of(moment).number();
    if let Some(at) = at {
        let newest = account.ledger.days.iter().next_back();
        let last = account.journal.len().checked_sub(2);
        let last = last.map_or(Ok(None), |n| account.journal.get(n))?;
        let late = newest.is_some_and(|newest| newest.day > day_of(at))
            || last.is_some_and(|entry| entry.at > at);
        if !late {
            return Ok(());
        }
    }
    let Some(present) = earned_at(&account.ledger, Some(program), now, zone) else {
        return Ok(());
    };
    let earned = Ledger {
        manual: None,
        stays: Stays::default(),
        ..account.ledger.clone()
    };
    let Some(since) = standing(&earned, Some(program), now, zone).since else {
        return Ok(());
    };
    let day = day_of(since);
    let id = program.tiers.get(present).map(|tier| &tier.id);
    let mut marks = account.ledger.marks.iter();
    let known = marks.any(|mark| Some(&mark.tier) == id && mark.day == day);
    if known && at.is_none_or(|at| day_of(at) != day) {
        return Ok(());
    }
    if let Some(mark) = crossing(account, program, present, day, zone)? {
        account.ledger.mark(mark);
    }
    Ok(())
}
