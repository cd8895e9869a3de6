//! What a rule may give to all customers together.
//!
//! That is another document than any account: so before an account earns, what it will is claimed there under the transaction's name, and
//! then the account is committed. A claim that is made again is the one that was made before. So no more than the cap is ever given,
//! however many earn at once; where a process ends between the two and nobody asks again, what was claimed is given to nobody.

use std::collections::BTreeMap;

use rapport_types::{Slug, hash};
use serde::{Deserialize, Serialize};

/// So many claims are remembered, the latest: a repetition comes soon, or finds in the account's journal that it is one.
const REMEMBERED: usize = 2_048;

/// What a rule has given to all customers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Points that were claimed, ever.
    pub claimed: i64,
    /// The latest claims: a fingerprint of whose they are, and how many points.
    #[serde(default)]
    claims: Vec<(u64, i64)>,
}

impl Budget {
    /// What `cap` leaves.
    pub fn left(&self, cap: i64) -> i64 {
        cap.saturating_sub(self.claimed).max(0)
    }

    /// Claims `points` under the name of `by`, of which some may be claimed before, as far as `cap` leaves it; answers with how many are.
    pub fn claim(&mut self, by: &[&str], points: i64, cap: i64) -> i64 {
        let print = hash::u64_of_parts(by) >> 16;
        let place = self.claims.iter().rposition(|(known, _)| *known == print);
        let before = place.and_then(|place| self.claims.get(place));
        let before = before.map_or(0, |(_, points)| *points);
        let more = points.saturating_sub(before).min(self.left(cap)).max(0);
        if more == 0 {
            return before.min(points);
        }
        self.claimed = self.claimed.saturating_add(more);
        let now = before.saturating_add(more);
        match place.and_then(|place| self.claims.get_mut(place)) {
            Some(claim) => claim.1 = now,
            None => self.claims.push((print, now)),
        }
        let surplus = self.claims.len().saturating_sub(REMEMBERED);
        self.claims.drain(..surplus);
        now
    }
}

/// What was allotted to one transaction, by rule: of so many points that it asked for, so many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allotted(BTreeMap<Slug, (i64, i64)>);

impl Allotted {
    /// Notes that of `asked` points of a rule it has `some`.
    pub fn note(&mut self, rule: Slug, asked: i64, some: i64) {
        self.0.insert(rule, (asked, some));
    }

    /// How many of `points` of a rule it has; `None` where fewer were asked for, and there may be more.
    pub(crate) fn of(&self, rule: &Slug, points: i64) -> Option<i64> {
        let (asked, some) = *self.0.get(rule)?;
        (points <= asked || some < asked).then(|| some.min(points))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_counts_once_and_all_of_them_within_the_cap() {
        let mut budget = Budget::default();
        assert_eq!(budget.claim(&["alice", "t1"], 60, 100), 60);
        assert_eq!(budget.claim(&["bob", "t1"], 60, 100), 40);
        assert_eq!(budget.claim(&["alice", "t1"], 60, 100), 60);
        assert_eq!(budget.claim(&["carol", "t1"], 1, 100), 0);
        assert_eq!(
            (budget.claimed, budget.left(100), budget.left(90)),
            (100, 0, 0)
        );
        // The cap was raised, and more is asked for under the same name.
        assert_eq!(budget.claim(&["alice", "t1"], 80, 110), 70);
        assert_eq!(budget.claim(&["alice", "t1"], 20, 110), 20);
        assert_eq!(budget.claimed, 110);
    }

    #[test]
    fn what_is_remembered_stays_small() {
        let mut budget = Budget::default();
        for n in 0..3_000 {
            budget.claim(&["c", &n.to_string()], 1_000_000, i64::MAX);
        }
        assert!(serde_json::to_vec(&budget).unwrap().len() < 80_000);
        assert_eq!(budget.claim(&["c", "2999"], 1_000_000, i64::MAX), 1_000_000);
        assert_eq!(budget.claimed, 3_000_000_000);
    }

    #[test]
    fn what_was_allotted_answers_for_as_many_as_were_asked_for() {
        let (full, short) = (Slug::parse("full").unwrap(), Slug::parse("short").unwrap());
        let mut allotted = Allotted::default();
        allotted.note(full.clone(), 100, 100);
        allotted.note(short.clone(), 100, 60);
        assert_eq!(allotted.of(&full, 40), Some(40));
        assert_eq!(allotted.of(&full, 100), Some(100));
        // Of 101 nobody has asked yet; where 60 were all that was left there are no more.
        assert_eq!(allotted.of(&full, 101), None);
        assert_eq!(allotted.of(&short, 101), Some(60));
        assert_eq!(allotted.of(&short, 59), Some(59));
        assert_eq!(allotted.of(&Slug::parse("other").unwrap(), 1), None);
    }

    #[test]
    fn the_latest_claims_are_remembered_each_by_itself() {
        let mut budget = Budget::default();
        let most = i64::MAX;
        for n in 0..=REMEMBERED {
            budget.claim(&["c", &n.to_string()], 1, most);
        }
        // The first of 2,049 is forgotten, the second is not: it claims nothing anew.
        assert_eq!(budget.claim(&["c", "1"], 1, most), 1);
        assert_eq!(budget.claimed, 2_049);
        assert_eq!(budget.claim(&["c", "0"], 1, most), 1);
        assert_eq!(budget.claimed, 2_050);
        assert_eq!((budget.left(2_051), budget.left(2_050)), (1, 0));
    }
}
