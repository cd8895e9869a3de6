//! From which stage of their life to which customers went between two reviews.

use rapport_rules::Stage;
use serde::{Deserialize, Serialize};

/// How many stages there are.
const STAGES: usize = Stage::ALL.len();

/// How many customers went from which stage to which. The row after the last stage is of customers of whom
/// nothing is known from then. Stored as a flat list, row by row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moves(Vec<u64>);

fn place(stage: Stage) -> usize {
    let place = Stage::ALL.iter().position(|(other, _)| *other == stage);
    place.unwrap_or(0)
}

impl Moves {
    /// Counts a customer; `before` is `None` of one who has come since.
    pub fn add(&mut self, before: Option<Stage>, now: Stage) {
        let row = before.map_or(STAGES, place);
        let at = row.saturating_mul(STAGES).saturating_add(place(now));
        if self.0.len() <= at {
            self.0.resize(at.saturating_add(1), 0);
        }
        if let Some(count) = self.0.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }

    /// How many went from `before` (`None`: who have come since) to `now`.
    pub fn between(&self, before: Option<Stage>, now: Stage) -> u64 {
        let row = before.map_or(STAGES, place);
        let at = row.saturating_mul(STAGES).saturating_add(place(now));
        self.0.get(at).copied().unwrap_or(0)
    }

    /// How many are in `stage` now.
    pub fn now(&self, stage: Stage) -> u64 {
        let rows = Stage::ALL.iter().map(|(before, _)| Some(*before));
        let counts = rows.chain([None]).map(|before| self.between(before, stage));
        counts.fold(0, u64::saturating_add)
    }

    /// How many of those who are here now were in `stage` then; `None`: how many have come since.
    pub fn before(&self, stage: Option<Stage>) -> u64 {
        let counts = Stage::ALL.iter().map(|(now, _)| self.between(stage, *now));
        counts.fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_add_up() {
        let mut moves = Moves::default();
        for (before, now) in [
            (Some(Stage::Lead), Stage::FirstTime),
            (Some(Stage::Repeat), Stage::AtRisk),
            (Some(Stage::Repeat), Stage::Repeat),
            (None, Stage::FirstTime),
        ] {
            moves.add(before, now);
        }
        assert_eq!(moves.now(Stage::FirstTime), 2);
        assert_eq!(moves.before(Some(Stage::Repeat)), 2);
        assert_eq!(moves.before(None), 1);
        assert_eq!(moves.between(Some(Stage::Repeat), Stage::AtRisk), 1);
        assert_eq!(moves.between(Some(Stage::AtRisk), Stage::Repeat), 0);
    }
}
