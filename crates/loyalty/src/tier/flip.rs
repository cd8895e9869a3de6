//! When the tier will be another with no new data.

use rapport_types::{Timestamp, Zone, sort};

use super::{level_at, standing};
use crate::account::Ledger;
use crate::program::{By, Program};

/// So many activations are looked at; the next one counts as a flip, which it may turn out not to be.
const LOOKED_AT: usize = 16;

/// The first moment after `now` at which time alone makes the tier another; it may be earlier than that, never later.
pub(crate) fn flips_at(
    ledger: &Ledger,
    program: &Program,
    now: Timestamp,
    zone: &Zone,
) -> Option<Timestamp> {
    let by = program.measure().and_then(|tier| tier.by);
    let lost = standing(ledger, Some(program), now, zone).until;
    let pending = ledger.lots.iter().map(|lot| lot.active_from);
    let mut activations: Vec<Timestamp> = pending
        .filter(|from| by == Some(By::Points) && *from > now)
        .collect();
    if activations.is_empty() {
        return lost;
    }
    sort::sort(&mut activations);
    activations.dedup();
    let present = level_at(ledger, Some(program), now, zone);
    let rises = activations
        .into_iter()
        .enumerate()
        .find(|(n, at)| *n >= LOOKED_AT || level_at(ledger, Some(program), *at, zone) > present);
    rises.map(|(_, at)| at).into_iter().chain(lost).min()
}
