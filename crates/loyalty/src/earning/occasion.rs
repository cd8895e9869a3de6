//! What is known of what earns, beside its money: which rules' conditions hold.
//!
//! Conditions are in the rule language, which is not known here. Whoever loads the customer evaluates them and hands the
//! result in.

use rapport_types::Slug;

use super::rule::{EarningRule, Trigger};

/// A set of rules, by their places in the programme.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleSet(u64);

impl RuleSet {
    /// Those of `rules` whose ids are in `ids`.
    pub fn of<'a>(rules: &[EarningRule], ids: impl IntoIterator<Item = &'a Slug>) -> Self {
        let mut set = Self::default();
        for id in ids {
            if let Some(place) = rules.iter().position(|rule| rule.id == *id) {
                set.insert(place);
            }
        }
        set
    }

    /// The ids of those in the set.
    pub fn ids(self, rules: &[EarningRule]) -> Vec<Slug> {
        let placed = rules.iter().enumerate();
        placed
            .filter(|(place, _)| self.contains(*place))
            .map(|(_, rule)| rule.id.clone())
            .collect()
    }

    /// Puts the rule at `place` in.
    pub fn insert(&mut self, place: usize) {
        self.0 |= Self::bit(place);
    }

    /// Whether the rule at `place` is in it.
    pub fn contains(self, place: usize) -> bool {
        self.0 & Self::bit(place) != 0
    }

    fn bit(place: usize) -> u64 {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        1_u64.checked_shl(place).unwrap_or(0)
    }
}

/// What is known of what earns. The default is an order of which nothing more is known: no condition holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occasion {
    /// What earns.
    pub trigger: Trigger,
    /// Rules whose `condition` holds. Those without one need not be here.
    pub conditions: RuleSet,
    /// Rules whose `where` holds. Those without one need not be here.
    pub wheres: RuleSet,
    /// Lines of the order that pass some rule's `items`.
    pub lines: Vec<Line>,
    /// A hash of what was said of it, so that a key which comes with something else is found out; 0 where that does not matter.
    pub fingerprint: u64,
}

/// Lines of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// What they come to, in minor units; never negative.
    pub money: i64,
    /// The rules whose `items` they pass.
    pub rules: RuleSet,
}

impl Occasion {
    /// An event of which nothing more is known than its name.
    pub fn of(trigger: Trigger) -> Self {
        Self {
            trigger,
            ..Self::default()
        }
    }
}

/// An order's money in parts: each with the rules whose `items` it passes, the rest with none. Together they are `money`.
///
/// Lines that come to more than the order did (a coupon took something off the whole) share in it by their amounts.
pub(crate) fn parts(money: i64, lines: &[Line]) -> Vec<Line> {
    let sum = lines.iter().fold(0_i128, |sum, line| {
        sum.saturating_add(line.money.max(0).into())
    });
    let mut left = money;
    let mut parts: Vec<Line> = Vec::new();
    for line in lines {
        let mut share = line.money.max(0);
        if sum > i128::from(money) {
            let scaled = i128::from(share).checked_mul(money.into());
            let scaled = scaled.and_then(|scaled| scaled.checked_div(sum));
            share = scaled.map_or(0, |scaled| i64::try_from(scaled).unwrap_or(0));
        }
        let share = share.min(left);
        left = left.saturating_sub(share);
        match parts.iter_mut().find(|part| part.rules == line.rules) {
            Some(part) => part.money = part.money.saturating_add(share),
            None => parts.push(Line {
                money: share,
                rules: line.rules,
            }),
        }
    }
    parts.push(Line {
        money: left,
        rules: RuleSet::default(),
    });
    parts
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn line(money: i64, places: &[usize]) -> Line {
        let mut rules = RuleSet::default();
        places.iter().for_each(|place| rules.insert(*place));
        Line { money, rules }
    }

    #[test]
    fn an_order_is_its_lines_and_the_rest() {
        let lines = [line(300, &[0]), line(200, &[0, 1]), line(100, &[0])];
        assert_eq!(
            parts(1_000, &lines),
            [line(400, &[0]), line(200, &[0, 1]), line(400, &[])]
        );
        assert_eq!(parts(1_000, &[]), [line(1_000, &[])]);
    }

    #[test]
    fn what_was_taken_off_the_whole_is_taken_off_each_line() {
        // 300 and 100 on an order of 200: floor(300 * 200 / 400) = 150 and 50.
        let lines = [line(300, &[0]), line(100, &[])];
        assert_eq!(
            parts(200, &lines),
            [line(150, &[0]), line(50, &[]), line(0, &[])]
        );
        // Thirds of 100: 33 each, and what rounding leaves is of no line.
        let lines = [line(50, &[0]), line(50, &[1]), line(50, &[2])];
        let thirds = parts(100, &lines);
        assert_eq!(thirds.last(), Some(&line(1, &[])));
        // More than 63 bits together.
        let lines = [line(i64::MAX, &[0]), line(i64::MAX, &[1])];
        assert_eq!(
            parts(10, &lines),
            [line(5, &[0]), line(5, &[1]), line(0, &[])]
        );
    }

    #[test]
    fn a_set_holds_64_rules_and_no_more() {
        let mut set = RuleSet::default();
        set.insert(63);
        set.insert(64);
        assert!(set.contains(63) && !set.contains(64) && !set.contains(0));
    }

    #[test]
    fn a_set_goes_by_the_ids_of_rules_and_back() {
        let rule = |id: &str| format!(r#"{{"id": "{id}", "name": "R", "points": 1}}"#);
        let all = ["a", "b", "c"].map(rule).join(",");
        let rules: Vec<EarningRule> = serde_json::from_str(&format!("[{all}]")).unwrap();
        let ids = ["c", "x", "a"].map(|id| Slug::parse(id).unwrap());
        let set = RuleSet::of(&rules, &ids);
        let names: Vec<String> = set.ids(&rules).iter().map(Slug::to_string).collect();
        assert_eq!(names, ["a", "c"]);
    }
}
