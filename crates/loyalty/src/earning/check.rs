//! What is wrong with a programme's rules, each with its place. Conditions are checked by whoever evaluates them.

use std::collections::BTreeSet;

use rapport_types::{Violation, event};

use super::rule::{Caps, EarningRule, MAX_EVENT_BYTES, MAX_RULES, When};
use crate::earn::MOST_POINTS;
use crate::program::Program;

/// The most bytes of all rules together, as JSON: the programme is one document.
const MOST_BYTES: usize = 150_000;

struct Check<'a> {
    program: &'a Program,
    wrong: Vec<Violation>,
}

/// What is wrong with the rules and caps of `program`.
pub(crate) fn check(program: &Program) -> Vec<Violation> {
    let mut check = Check {
        program,
        wrong: Vec::new(),
    };
    if let Some(caps) = &program.caps {
        check.caps(caps, "/caps");
    }
    if program.rules.len() > MAX_RULES {
        let count = program.rules.len();
        check.say(
            "/rules",
            "too_many",
            format!("a programme has at most {MAX_RULES} rules; this one has {count}"),
        );
    }
    let bytes = serde_json::to_vec(&program.rules).map_or(0, |json| json.len());
    if bytes > MOST_BYTES {
        check.say(
            "/rules",
            "too_large",
            format!(
                "the rules have at most {MOST_BYTES} bytes of JSON together; these have {bytes}"
            ),
        );
    }
    let mut ids = BTreeSet::new();
    for (place, rule) in program.rules.iter().enumerate() {
        let at = format!("/rules/{place}");
        if !ids.insert(&rule.id) {
            check.say(
                &format!("{at}/id"),
                "duplicate",
                format!("another rule is called {} already", rule.id),
            );
        }
        check.rule(rule, &at);
    }
    check.wrong
}

impl Check<'_> {
    fn say(&mut self, pointer: &str, code: &str, detail: impl Into<String>) {
        self.wrong.push(Violation::new(pointer, code, detail));
    }

    fn rule(&mut self, rule: &EarningRule, at: &str) {
        if rule.name.is_empty() || rule.name.len() > 200 {
            self.say(
                &format!("{at}/name"),
                "out_of_range",
                "a rule's name has 1 to 200 bytes",
            );
        }
        self.gives(rule, at);
        self.when(rule, at);
        for (place, tier) in rule.tiers.iter().enumerate() {
            if !self.program.tiers.iter().any(|known| known.id == *tier) {
                let known: Vec<&str> = self
                    .program
                    .tiers
                    .iter()
                    .map(|tier| tier.id.as_str())
                    .collect();
                let detail = match known.is_empty() {
                    true => format!("there is no tier {tier}: the programme has none"),
                    false => format!("there is no tier {tier}; there are {}", known.join(", ")),
                };
                self.say(&format!("{at}/tiers/{place}"), "unknown_tier", detail);
            }
        }
        if rule.period.is_some_and(|period| period.is_empty()) {
            self.say(&format!("{at}/period/until"), "out_of_range", "the period ends before it begins; a day is whole, so one day is from and until the same");
        }
        if let Some(caps) = &rule.caps {
            self.caps(caps, &format!("{at}/caps"));
        }
    }

    /// Exactly one of the three.
    fn gives(&mut self, rule: &EarningRule, at: &str) {
        const ONE: &str = "a rule gives one of three: {\"per\": {\"amount\": 100, \"currency\": \"CNY\"}, \"points\": 1} for money, {\"multiplier\": 2}, or {\"points\": 50} as a bonus";
        match (&rule.per, rule.points, &rule.multiplier) {
            (None, None, None) => self.say(at, "missing_field", ONE),
            (Some(_), None, None) => self.say(
                &format!("{at}/points"),
                "missing_field",
                "how many points this much money earns",
            ),
            (Some(_), _, Some(_)) | (None, Some(_), Some(_)) => {
                self.say(&format!("{at}/multiplier"), "ambiguous", ONE)
            }
            _ => {}
        }
        if let Some(per) = &rule.per {
            if per.amount <= 0 {
                self.say(
                    &format!("{at}/per/amount"),
                    "out_of_range",
                    "points are earned per an amount of at least 1 minor unit",
                );
            }
            if !self.program.takes(per.currency) {
                let detail = format!("the programme counts {}", self.program.currency());
                self.say(&format!("{at}/per/currency"), "other_currency", detail);
            }
        }
        if rule
            .points
            .is_some_and(|points| !(0..=MOST_POINTS).contains(&points))
        {
            self.say(
                &format!("{at}/points"),
                "out_of_range",
                format!("points are 0 to {MOST_POINTS}"),
            );
        }
    }

    fn when(&mut self, rule: &EarningRule, at: &str) {
        if let When::Event(text) = &rule.when {
            let name = event::name(text);
            if name.is_empty() || name.len() > MAX_EVENT_BYTES {
                self.say(
                    &format!("{at}/when/event"),
                    "out_of_range",
                    format!("an event's name has 1 to {MAX_EVENT_BYTES} bytes"),
                );
            }
            if name == event::ORDER_COMPLETED {
                self.say(
                    &format!("{at}/when/event"),
                    "invalid_value",
                    "that event is an order: write \"when\": \"order\", or leave it out",
                );
            }
        }
        if rule.when == When::Order {
            if let Some(minimum) = &rule.minimum {
                if minimum.amount < 0 {
                    self.say(
                        &format!("{at}/minimum/amount"),
                        "out_of_range",
                        "an order comes to at least 0",
                    );
                }
                if !self.program.takes(minimum.currency) {
                    let detail = format!("the programme counts {}", self.program.currency());
                    self.say(&format!("{at}/minimum/currency"), "other_currency", detail);
                }
            }
            return;
        }
        let of_orders = [
            ("per", rule.per.is_some()),
            ("multiplier", rule.multiplier.is_some()),
            ("items", rule.items.is_some()),
            ("minimum", rule.minimum.is_some()),
            (
                "where",
                rule.of.is_some() && !matches!(rule.when, When::Event(_) | When::CheckIn),
            ),
        ];
        for (name, _) in of_orders.into_iter().filter(|(_, given)| *given) {
            let detail = match name {
                "where" => "only orders, events and check-ins have properties; ask about the customer in \"condition\""
                    .to_owned(),
                _ => format!(
                    "\"{name}\" is about money, which only orders have: leave it out, or \"when\""
                ),
            };
            self.say(&format!("{at}/{name}"), "misplaced", detail);
        }
    }

    fn caps(&mut self, caps: &Caps, at: &str) {
        let named = [
            ("per_day", caps.per_day),
            ("per_week", caps.per_week),
            ("per_month", caps.per_month),
            ("per_year", caps.per_year),
            ("per_customer", caps.per_customer),
            ("per_campaign", caps.per_campaign),
        ];
        if named.iter().all(|(_, cap)| cap.is_none()) {
            self.say(
                at,
                "missing_field",
                "a cap is at least one of per_day, per_week, per_month, per_year, per_customer, per_campaign",
            );
        }
        for (name, cap) in named {
            if cap.is_some_and(|cap| cap < 0) {
                self.say(
                    &format!("{at}/{name}"),
                    "out_of_range",
                    "a cap is at least 0 points",
                );
            }
        }
        if at == "/caps" && caps.per_campaign.is_some() {
            self.say(
                "/caps/per_campaign",
                "misplaced",
                "what all customers together are given is a cap of a rule, not of the programme",
            );
        }
        // The larger of two that are turned round would never be reached. A week may lie in two months.
        for (place, (small, less)) in named.iter().enumerate() {
            let larger = named.iter().skip(place.saturating_add(1));
            let mut larger =
                larger.filter(|(large, _)| (*small, *large) != ("per_week", "per_month"));
            if let Some((large, _)) =
                larger.find(|(_, more)| more.zip(*less).is_some_and(|(more, less)| less > more))
            {
                self.say(
                    &format!("{at}/{small}"),
                    "out_of_range",
                    format!("{small} is more than {large}, so it never counts"),
                );
            }
        }
    }
}
