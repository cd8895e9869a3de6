//! The programme with its rules' conditions ready, and what they say about a customer and what they did.
//!
//! Points are given in the account's commit, which knows neither the customer nor the rule language. So conditions are evaluated
//! before: for what was tracked in the customer's commit itself, which counts it, and whose effect carries the result; for what is
//! asked of the account directly, on the customer as they are then.
//!
//! # Layout
//!
//! - this page: [`Terms`], and which conditions hold.
//! - [`happened`](mod@happened): one order or event, as rules see it, and the lines of an order.
//! - [`tracked`](mod@tracked): what a customer's commit lets earn: [`Told`].
//! - [`check`](mod@check): what is wrong with the conditions of a programme.

pub mod check;
pub mod happened;
pub mod tracked;

use std::sync::Arc;

use rapport_loyalty::Program;
use rapport_loyalty::earning::{EarningRule, Line, Occasion, RuleSet, Trigger};
use rapport_rules::{Rule, matches};
use rapport_store::{Key, Store, StoreError, Versioned, boxed};
use rapport_types::{Timestamp, Zone};

use crate::accounts::Programs;
use crate::beside::Beside;
use crate::compiled::Compiled;
use crate::customers::CustomerRecord;
use crate::references::Mentions;
use happened::{Happening, OneEvent};

pub use tracked::{Done, Told, without_terms};

/// The programme, ready.
#[derive(Debug)]
pub struct Terms {
    /// As it was set.
    pub program: Program,
    /// Its revision.
    pub rev: u64,
    /// In the order of its rules.
    asked: Vec<Asked>,
}

/// The customer that conditions are about, as rules see one.
#[derive(Clone, Copy)]
pub struct Who<'a> {
    /// The definitions, as conditions name segments.
    pub definitions: &'a Compiled,
    /// The customer.
    pub record: &'a CustomerRecord,
    /// What the definitions need of other documents.
    pub beside: &'a Beside,
}

/// What a rule asks, ready. A condition that a later version refuses holds for nobody.
#[derive(Debug, Default)]
struct Asked {
    condition: Option<Rule>,
    /// Whether the condition names segments or tags, and is to be told what they are.
    names: bool,
    of: Option<Rule>,
    items: Option<Rule>,
}

/// The programme, compiled once per revision and instance.
#[boxed]
pub async fn terms(store: &Store) -> Result<Arc<Option<Terms>>, StoreError> {
    store
        .read_compiled(&Key::<Programs>::single(), |found| {
            found.map(|Versioned { value, rev }| Terms::new(value, rev))
        })
        .await
}

impl Terms {
    /// Those of a programme of that revision.
    pub fn new(program: Program, rev: u64) -> Self {
        let asked = program.rules.iter().map(Asked::new).collect();
        Self {
            program,
            rev,
            asked,
        }
    }

    /// Whether some rule about `trigger` asks who the customer is.
    pub fn asks_who(&self, trigger: &Trigger) -> bool {
        self.about(trigger)
            .any(|(_, _, asked)| asked.condition.is_some())
    }

    /// Whether some rule is about `trigger`.
    pub fn knows(&self, trigger: &Trigger) -> bool {
        self.about(trigger).next().is_some()
    }

    /// The rules about `trigger` that are in use, each with its place.
    fn about<'a>(
        &'a self,
        trigger: &'a Trigger,
    ) -> impl Iterator<Item = (usize, &'a EarningRule, &'a Asked)> {
        let rules = self.program.rules.iter().zip(&self.asked).enumerate();
        rules
            .filter(|(_, (rule, _))| rule.active && rule.when.is(trigger))
            .map(|(place, (rule, asked))| (place, rule, asked))
    }

    /// What is known of `happening` at `now`, to the customer `who`; `None` where no rule asks who that is.
    pub fn occasion(
        &self,
        who: Option<Who<'_>>,
        happening: &Happening<'_>,
        now: Timestamp,
        zone: &Zone,
    ) -> Occasion {
        let trigger = &happening.trigger;
        let mut occasion = Occasion::of(trigger.clone());
        let event = OneEvent::new(happening.properties, happening.at);
        for (place, _, asked) in self.about(trigger) {
            if let (Some(condition), Some(who)) = (&asked.condition, who) {
                let facts = who.definitions.facts(who.record, who.beside);
                let holds = match asked.names {
                    false => matches(condition, &facts, now, zone),
                    true => {
                        let mut linked = condition.clone();
                        who.definitions.link(&mut linked);
                        matches(&linked, &facts, now, zone)
                    }
                };
                if holds {
                    occasion.conditions.insert(place);
                }
            }
            if asked
                .of
                .as_ref()
                .is_some_and(|of| matches(of, &event, now, zone))
            {
                occasion.wheres.insert(place);
            }
        }
        if self
            .about(trigger)
            .any(|(_, _, asked)| asked.items.is_some())
        {
            occasion.lines = self.lines(happening, now, zone);
        }
        occasion
    }

    /// The order's lines, those that the same rules are about together.
    fn lines(&self, happening: &Happening<'_>, now: Timestamp, zone: &Zone) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for item in happening.items(self.program.currency()) {
            let one = OneEvent::new(&item.alone, happening.at);
            let mut rules = RuleSet::default();
            for (place, _, asked) in self.about(&happening.trigger) {
                let items = asked.items.as_ref();
                if items.is_some_and(|items| matches(items, &one, now, zone)) {
                    rules.insert(place);
                }
            }
            match lines.iter_mut().find(|line| line.rules == rules) {
                Some(line) => line.money = line.money.saturating_add(item.money),
                None => lines.push(Line {
                    money: item.money,
                    rules,
                }),
            }
        }
        lines
    }
}

impl Asked {
    fn new(rule: &EarningRule) -> Self {
        let condition = rule.condition.as_ref();
        Self {
            condition: condition.and_then(|json| Rule::parse(json).ok()),
            names: condition.is_some_and(|json| !Mentions::of_rule(json).is_empty()),
            of: rule
                .of
                .as_ref()
                .and_then(|json| happened::event_rule(json).ok()),
            items: rule
                .items
                .as_ref()
                .and_then(|json| happened::item_rule(json).ok()),
        }
    }
}

/// A customer of whom nothing is known but that they are there at `now`: to who earns before the shop has said anything of them.
pub fn unknown(customer: rapport_types::CustomerId, now: Timestamp) -> CustomerRecord {
    CustomerRecord::absent(customer, now)
}
