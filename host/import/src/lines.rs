//! A set of line numbers, as ranges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A set of line numbers. Neighbours take no room: a file of which every row is refused is one range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Lines(BTreeMap<u64, u64>);

impl Lines {
    /// Whether `line` is one of them.
    pub fn contains(&self, line: u64) -> bool {
        self.0
            .range(..=line)
            .next_back()
            .is_some_and(|(_, last)| line <= *last)
    }

    /// Adds `line`.
    pub fn insert(&mut self, line: u64) {
        if self.contains(line) {
            return;
        }
        let before = self
            .0
            .range(..line)
            .next_back()
            .filter(|(_, last)| **last + 1 == line)
            .map(|(first, _)| *first);
        let last = self.0.remove(&(line + 1)).unwrap_or(line);
        self.0.insert(before.unwrap_or(line), last);
    }

    /// Takes `line` out.
    pub fn remove(&mut self, line: u64) {
        if !self.contains(line) {
            return;
        }
        let Some((first, last)) = self
            .0
            .range(..=line)
            .next_back()
            .map(|(first, last)| (*first, *last))
        else {
            return;
        };
        self.0.remove(&first);
        if first < line {
            self.0.insert(first, line - 1);
        }
        if line < last {
            self.0.insert(line + 1, last);
        }
    }

    /// How many ranges there are.
    pub fn ranges(&self) -> usize {
        self.0.len()
    }
}

impl From<Vec<(u64, u64)>> for Lines {
    fn from(ranges: Vec<(u64, u64)>) -> Self {
        Self(ranges.into_iter().collect())
    }
}

impl From<Lines> for Vec<(u64, u64)> {
    fn from(lines: Lines) -> Self {
        lines.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn neighbours_become_one_range() {
        let mut lines = Lines::default();
        for line in [5, 3, 9, 4, 4] {
            lines.insert(line);
        }
        assert_eq!(serde_json::to_string(&lines).unwrap(), "[[3,5],[9,9]]");
        lines.remove(4);
        lines.remove(7);
        assert_eq!(
            serde_json::to_string(&lines).unwrap(),
            "[[3,3],[5,5],[9,9]]"
        );
        assert_eq!(
            serde_json::from_str::<Lines>("[[3,3],[5,5],[9,9]]").unwrap(),
            lines
        );
    }

    #[test]
    fn it_is_a_set_whatever_is_done_to_it() {
        let (mut lines, mut model) = (Lines::default(), BTreeSet::new());
        let mut state = 7_u64;
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let line = 1 + (state >> 33) % 60;
            if state >> 63 == 0 {
                lines.insert(line);
                model.insert(line);
            } else {
                lines.remove(line);
                model.remove(&line);
            }
            assert!((0..=62).all(|line| lines.contains(line) == model.contains(&line)));
        }
    }
}
