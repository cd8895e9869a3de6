//! What a customer's commit lets earn: orders, events that rules are about, that they came to be, and into which segments.

use std::collections::BTreeMap;
use std::iter::Peekable;

use rapport_customer::{Command, Effect as Caused, Item, ItemOutcome, moment as moments};
use rapport_loyalty::Program;
use rapport_loyalty::earning::{Line, Occasion, RuleSet, Trigger};
use rapport_types::event::{self, ORDER_COMPLETED};
use rapport_types::{Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::happened::Happening;
use super::{Terms, Who};
use crate::customers::CustomerRecord;
use crate::effects::Effect;
use crate::freshness::Moment;

/// Which conditions of the programme's rules held when something was counted, by the rules' ids: the programme may be another
/// when it earns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Rules whose `condition` held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Slug>,
    /// Rules whose `where` held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wheres: Vec<Slug>,
    /// What the order's lines came to, and the rules whose `items` they passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<(i64, Vec<Slug>)>,
}

/// What a commit has done.
pub struct Done<'a> {
    /// What was asked.
    pub command: &'a Command,
    /// One for each of its items.
    pub outcomes: &'a [ItemOutcome],
    /// What follows, of the customer's domain.
    pub effects: Vec<Caused>,
    /// Whether the customer came to be.
    pub created: bool,
}

/// What a commit lets an account do where there is no programme: nothing earns, but points may pay for orders.
pub fn without_terms(done: Done<'_>) -> Vec<Effect> {
    let moves = done.effects.into_iter().filter_map(|effect| match effect {
        Caused::OrderMoved(state) => Some(Effect::OrderMoved(state)),
        Caused::OrderCompleted { .. } => None,
    });
    moves.collect()
}

/// What became of orders, up to the next one that was paid.
fn moved(orders: &mut Peekable<impl Iterator<Item = Caused>>) -> Vec<Effect> {
    let mut moved = Vec::new();
    while let Some(Caused::OrderMoved(state)) =
        orders.next_if(|effect| matches!(effect, Caused::OrderMoved(_)))
    {
        moved.push(Effect::OrderMoved(state));
    }
    moved
}

impl Told {
    fn new(program: &Program, occasion: &Occasion) -> Self {
        let ids = |set: RuleSet| set.ids(&program.rules);
        let line = |line: &Line| (line.money, ids(line.rules));
        Self {
            conditions: ids(occasion.conditions),
            wheres: ids(occasion.wheres),
            lines: occasion.lines.iter().map(line).collect(),
        }
    }

    /// The same by the rules of `program`. A rule that came since knows of no condition that held.
    pub fn occasion(&self, program: &Program, trigger: Trigger) -> Occasion {
        let line = |(money, ids): &(i64, Vec<Slug>)| Line {
            money: *money,
            rules: RuleSet::of(&program.rules, ids),
        };
        Occasion {
            trigger,
            conditions: RuleSet::of(&program.rules, &self.conditions),
            wheres: RuleSet::of(&program.rules, &self.wheres),
            lines: self.lines.iter().map(line).collect(),
            fingerprint: 0,
        }
    }

    /// Whether no condition held.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Terms {
    /// What a commit lets earn. `record` is the customer after it.
    pub fn effects(
        &self,
        moment: Moment<'_>,
        record: &CustomerRecord,
        done: Done<'_>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Moment {
            definitions,
            beside,
            now,
            zone,
            ..
        } = moment;
        let who = Who {
            definitions,
            record,
            beside,
        };
        let occasion = |happening: &Happening<'_>| self.occasion(Some(who), happening, now, zone);
        if done.created && self.knows(&Trigger::SignUp) {
            let happening = Happening {
                trigger: Trigger::SignUp,
                properties: &Map::new(),
                at: now,
            };
            effects.extend(self.happened(&happening, &occasion(&happening), "sign_up".to_owned()));
        }
        let Command::Apply(items) = done.command else {
            return effects;
        };
        let applied = items
            .iter()
            .zip(done.outcomes)
            .filter_map(|(item, outcome)| {
                let Item::Track {
                    event,
                    properties,
                    timestamp,
                    message_id,
                } = item
                else {
                    return None;
                };
                let at = moments::settle(*timestamp, now, "").unwrap_or(now);
                (*outcome == ItemOutcome::Applied)
                    .then(|| (event::name(event), properties, at, message_id))
            });
        let applied: Vec<_> = applied.collect();
        let mut unnamed =
            self.counts_before(record, applied.iter().map(|(name, ..)| name.as_str()));
        let mut orders = done.effects.into_iter().peekable();
        for (name, properties, at, message_id) in applied {
            let is_order = name == ORDER_COMPLETED;
            let trigger = if is_order {
                Trigger::Order
            } else {
                Trigger::Event(name.clone())
            };
            let happening = Happening {
                trigger,
                properties,
                at,
            };
            let count = unnamed.entry(name.clone()).or_default();
            *count = count.saturating_add(1);
            if is_order {
                effects.extend(moved(&mut orders));
                let Some(Caused::OrderCompleted {
                    order_id,
                    money,
                    at,
                }) = orders.next()
                else {
                    continue;
                };
                effects.push(Effect::OrderCompleted {
                    order_id,
                    money,
                    at,
                    told: Told::new(&self.program, &occasion(&happening)),
                });
            } else if self.knows(&happening.trigger) {
                let id = match message_id {
                    Some(message) => format!("message:{message}"),
                    None => format!("unnamed:{name}:{count}"),
                };
                effects.extend(self.happened(&happening, &occasion(&happening), id));
            }
        }
        effects.extend(moved(&mut orders));
        effects
    }

    /// What comes of it that the customer of `record` came into `segment`, in which they are since then. It earns as of the
    /// commit that found it out: they may have been in it before anybody asked.
    pub fn entered(
        &self,
        who: Who<'_>,
        segment: &Slug,
        since: Timestamp,
        zone: &Zone,
    ) -> Option<Effect> {
        let trigger = Trigger::SegmentEntered(segment.clone());
        if !self.knows(&trigger) {
            return None;
        }
        let at = who.record.evaluated_at;
        let happening = Happening {
            trigger,
            properties: &Map::new(),
            at,
        };
        let occasion = self.occasion(Some(who), &happening, at, zone);
        let id = format!("entered:{segment}:{}", since.millis());
        self.happened(&happening, &occasion, id)
    }

    /// The effect, where a rule's conditions hold: otherwise nothing can come of it.
    fn happened(
        &self,
        happening: &Happening<'_>,
        occasion: &Occasion,
        id: String,
    ) -> Option<Effect> {
        let fits = self.about(&happening.trigger).any(|(place, rule, _)| {
            (rule.condition.is_none() || occasion.conditions.contains(place))
                && (rule.of.is_none() || occasion.wheres.contains(place))
        });
        fits.then(|| Effect::Happened {
            trigger: happening.trigger.clone(),
            id,
            at: happening.at,
            told: Told::new(&self.program, occasion),
        })
    }

    /// How many events of each of `names` there were before these.
    fn counts_before<'a>(
        &self,
        record: &CustomerRecord,
        names: impl Iterator<Item = &'a str>,
    ) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for name in names {
            let events = &record.customer.totals.events;
            let all = || events.get(name).map_or(0, |totals| totals.count);
            let count = counts.entry(name.to_owned()).or_insert_with(all);
            *count = count.saturating_sub(1);
        }
        counts
    }
}
