//! How many points something earns, and which rules gave what.
//!
//! The order is: rates, multipliers, bonuses, caps. What each rate earns is rounded down once, after the multipliers; until then it
//! is exact. A multiplier's row says by how much it changed the points: it may be 0, where rounding takes it.

use std::collections::BTreeSet;

use rapport_types::{Day, Money, Slug, Timestamp, Zone};

use super::budget::Allotted;
use super::calendar::Weekday;
use super::grant::{Grant, Skip, Skipped, Source, Why};
use super::multiplier::{Factor, Multiplier, Stacking};
use super::occasion::{Line, Occasion, parts};
use super::rule::{EarningRule, Gives, Trigger};
use crate::account::Account;
use crate::command::{Rejection, add, sub};
use crate::program::Program;
use crate::tier;

/// What something earns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// All of it, never negative.
    pub(crate) points: i64,
    /// Which source gave how many of them. Their sum is `points`.
    pub(crate) grants: Vec<Grant>,
    /// Rules about what happened that did not apply.
    pub(crate) skipped: Vec<Skipped>,
    /// What rules give of other kinds, where they give any.
    pub(crate) others: Vec<(Slug, Given)>,
    /// Rules that would give so many points, and of which it has to be asked what is left of their campaign.
    pub(crate) wants: Vec<(Slug, i64)>,
}

/// What happened, to whom, by which programme.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) account: &'a Account,
    pub(crate) program: &'a Program,
    pub(crate) occasion: &'a Occasion,
    pub(crate) money: Option<Money>,
    pub(crate) at: Timestamp,
    pub(crate) zone: &'a Zone,
    /// What was allotted to what earns out of campaigns' caps; `None` where nobody asks, and all is taken to be left.
    pub(crate) allotted: Option<&'a Allotted>,
}

/// So many points per so much money, of all of it or only of a rule's items.
struct Rate {
    source: Source,
    per: i64,
    points: i64,
    items: Option<usize>,
}

/// A factor on the points of all money, or only of a rule's items.
struct Times {
    source: Source,
    multiplier: Multiplier,
    items: Option<usize>,
}

/// What `case` earns, by the rate alone where the programme has no more.
pub(crate) fn given(case: Case<'_>) -> Result<Given, Rejection> {
    let Case {
        program,
        occasion,
        money,
        ..
    } = case;
    let by_rate = match (&occasion.trigger, money) {
        (Trigger::Order, Some(money)) => Some(program.points_for(money)?),
        (Trigger::Order, None) => return Err(Rejection::NothingToEarn),
        _ => None,
    };
    if program.has_rate_alone() {
        let points = by_rate.unwrap_or(0);
        return Ok(Given {
            points,
            ..Given::default()
        });
    }
    let mut given = of_kind(case, None, by_rate.is_some())?;
    let others: BTreeSet<&Slug> = program.rules.iter().filter_map(EarningRule::kind).collect();
    for kind in others {
        let mut other = of_kind(case, Some(kind), false)?;
        given.skipped.append(&mut other.skipped);
        given.wants.append(&mut other.wants);
        if other.points > 0 {
            given.others.push((kind.clone(), other));
        }
    }
    Ok(given)
}

/// What `case` earns of the points of `kind`, `None` the main one: by the programme's rate, too, where `by_rate`.
fn of_kind(case: Case<'_>, kind: Option<&Slug>, by_rate: bool) -> Result<Given, Rejection> {
    let mut rows = Rows::new(case);
    rows.find(kind, by_rate);
    rows.multiply(case.program.multipliers)?;
    rows.bonuses()?;
    // The programme's caps are about its main kind.
    if kind.is_none() {
        rows.cap_all()?;
    }
    Ok(rows.given)
}

impl Given {
    /// The most points that it gives of one kind.
    pub(crate) fn most(&self) -> i64 {
        let others = self.others.iter().map(|(_, given)| given.points);
        others.fold(self.points, i64::max)
    }
}

struct Rows<'a> {
    case: Case<'a>,
    day: Day,
    parts: Vec<Line>,
    rates: Vec<Rate>,
    times: Vec<Times>,
    bonuses: Vec<(&'a EarningRule, i64)>,
    given: Given,
}

impl<'a> Rows<'a> {
    fn new(case: Case<'a>) -> Self {
        let money = case.money.map_or(0, |money| money.amount);
        Self {
            case,
            day: case.zone.day_of(case.at),
            parts: parts(money, &case.occasion.lines),
            rates: Vec::new(),
            times: Vec::new(),
            bonuses: Vec::new(),
            given: Given::default(),
        }
    }

    /// Finds the rules about points of `kind` that apply.
    fn find(&mut self, kind: Option<&Slug>, order: bool) {
        let program = self.case.program;
        let tier = program
            .asks_for_tiers()
            .then(|| {
                let Case {
                    account, at, zone, ..
                } = self.case;
                tier::held_at(&account.ledger, Some(program), at, zone)
            })
            .flatten()
            .and_then(|level| program.tiers.get(level));
        if order {
            self.rates.push(Rate {
                source: Source::Base,
                per: program.points.per.amount,
                points: program.points.points,
                items: None,
            });
            let benefit = tier.and_then(|tier| Some((tier, tier.benefits.as_ref()?.multiplier?)));
            self.times.extend(benefit.map(|(tier, multiplier)| Times {
                source: Source::Tier(tier.id.clone()),
                multiplier,
                items: None,
            }));
        }
        for (place, rule) in program.rules.iter().enumerate() {
            if rule.kind() != kind || !rule.when.is(&self.case.occasion.trigger) {
                continue;
            }
            if let Some(why) = self.unfit(place, rule, tier) {
                let rule = rule.id.clone();
                self.given.skipped.push(Skipped { rule, why });
                continue;
            }
            let source = Source::Rule(rule.id.clone());
            let items = rule.items.is_some().then_some(place);
            match rule.gives() {
                Some(Gives::Rate { per, points }) => self.rates.push(Rate {
                    source,
                    per,
                    points,
                    items,
                }),
                Some(Gives::Multiplier(multiplier)) => self.times.push(Times {
                    source,
                    multiplier,
                    items,
                }),
                Some(Gives::Bonus(points)) => self.bonuses.push((rule, points)),
                None => {}
            }
        }
    }

    /// The first thing that keeps the rule from applying.
    fn unfit(
        &self,
        place: usize,
        rule: &EarningRule,
        tier: Option<&crate::program::Tier>,
    ) -> Option<Skip> {
        let Case {
            program,
            occasion,
            money,
            at,
            zone,
            ..
        } = self.case;
        let amount = money.map_or(0, |money| money.amount);
        let enough = |least: &Money| program.takes(least.currency) && least.amount <= amount;
        let fits = [
            (rule.active, Skip::NotActive),
            (
                rule.period.is_none_or(|period| period.holds(at, zone)),
                Skip::Period,
            ),
            (
                rule.weekdays.is_empty() || rule.weekdays.contains(&Weekday::of(self.day)),
                Skip::Weekdays,
            ),
            (
                rule.tiers.is_empty() || tier.is_some_and(|tier| rule.tiers.contains(&tier.id)),
                Skip::Tiers,
            ),
            (rule.minimum.as_ref().is_none_or(enough), Skip::Minimum),
            (
                rule.condition.is_none() || occasion.conditions.contains(place),
                Skip::Condition,
            ),
            (
                rule.of.is_none() || occasion.wheres.contains(place),
                Skip::Where,
            ),
            (
                rule.items.is_none()
                    || occasion.lines.iter().any(|line| line.rules.contains(place)),
                Skip::Items,
            ),
        ];
        fits.into_iter().find(|(fits, _)| !fits).map(|(_, why)| why)
    }

    /// What the rates earn with the first so many multipliers.
    fn earned(&self, rate: &Rate, times: &[Times], stacking: Stacking) -> Result<i64, Rejection> {
        let mut sum = 0_i128;
        // Without multipliers the numbers stay small enough for every amount there is.
        let one = if times.is_empty() { 1 } else { Factor::UNITS };
        for part in &self.parts {
            if rate.items.is_some_and(|items| !part.rules.contains(items)) {
                continue;
            }
            let mine = times
                .iter()
                .filter(|times| times.items.is_none_or(|items| part.rules.contains(items)));
            let factor = match times.is_empty() {
                true => 1,
                false => Factor::of(mine.map(|times| times.multiplier), stacking).units(),
            };
            let money = i128::from(part.money).checked_mul(factor);
            sum = money
                .and_then(|money| sum.checked_add(money))
                .ok_or(Rejection::Overflow)?;
        }
        let per = i128::from(rate.per).checked_mul(one);
        sum.checked_mul(rate.points.into())
            .zip(per)
            .and_then(|(points, per)| points.checked_div(per))
            .and_then(|points| i64::try_from(points).ok())
            .ok_or(Rejection::Overflow)
    }

    /// Rates, and what each multiplier adds to all of them together.
    fn multiply(&mut self, stacking: Stacking) -> Result<(), Rejection> {
        let rates = std::mem::take(&mut self.rates);
        let times = std::mem::take(&mut self.times);
        let mut before = 0;
        let mut rows = Vec::new();
        for rate in &rates {
            let points = self.earned(rate, &[], stacking)?;
            before = add(before, points)?;
            rows.push((rate.source.clone(), points, None));
        }
        for (place, one) in times.iter().enumerate() {
            let first = times.get(..=place).unwrap_or(&times);
            let after = rates
                .iter()
                .try_fold(0, |sum, rate| add(sum, self.earned(rate, first, stacking)?))?;
            let points = sub(after, before)?;
            let beaten = points == 0 && stacking == Stacking::Highest && times.len() > 1;
            let why = beaten.then_some(Why::OtherMultiplier);
            rows.push((one.source.clone(), points, why));
            before = after;
        }
        for (source, points, why) in rows {
            self.put(source, points, why)?;
        }
        Ok(())
    }

    fn bonuses(&mut self) -> Result<(), Rejection> {
        for (rule, points) in std::mem::take(&mut self.bonuses) {
            self.put(Source::Rule(rule.id.clone()), points, None)?;
        }
        Ok(())
    }

    /// Notes what a source gives, as far as its caps leave it. Nothing takes more than there is.
    fn put(&mut self, source: Source, points: i64, why: Option<Why>) -> Result<(), Rejection> {
        let program = self.case.program;
        let caps = match &source {
            Source::Rule(id) => program.rule(id).and_then(|rule| rule.caps.as_ref()),
            _ => None,
        };
        let id = match &source {
            Source::Rule(id) => id.as_str(),
            _ => "",
        };
        let left = caps.and_then(|caps| self.case.account.granted.left(id, caps, self.day));
        let (points, why) = match left {
            Some((left, cap)) if left < points => (left, Some(cap.into())),
            _ => (points.max(sub(0, self.given.points)?), why),
        };
        let (points, why) = match (&source, caps.and_then(|caps| caps.per_campaign)) {
            (Source::Rule(id), Some(_)) if points > 0 => match self.allotted(id, points) {
                Some(some) if some < points => (some, Some(Why::CapPerCampaign)),
                _ => (points, why),
            },
            _ => (points, why),
        };
        self.given.points = add(self.given.points, points)?;
        self.given.grants.push(Grant {
            source,
            points,
            why,
        });
        Ok(())
    }

    /// How many of the points that the rule of that id gives its campaign leaves.
    fn allotted(&mut self, id: &Slug, points: i64) -> Option<i64> {
        let some = self.case.allotted?.of(id, points);
        if some.is_none() {
            self.given.wants.push((id.clone(), points));
        }
        some
    }

    /// Takes what is more than the programme's own caps leave.
    fn cap_all(&mut self) -> Result<(), Rejection> {
        let Some(caps) = &self.case.program.caps else {
            return Ok(());
        };
        let left = self.case.account.granted.left("", caps, self.day);
        if let Some((left, cap)) = left
            && left < self.given.points
        {
            let surplus = sub(left, self.given.points)?;
            self.put(Source::Caps, surplus, Some(cap.into()))?;
        }
        Ok(())
    }
}

/// Counts what was given against the caps.
pub(crate) fn count(account: &mut Account, program: &Program, given: &Given, day: Day) {
    let granted = &mut account.granted;
    let others = given.others.iter().flat_map(|(_, other)| &other.grants);
    for grant in given.grants.iter().chain(others) {
        let Source::Rule(id) = &grant.source else {
            continue;
        };
        if let Some(caps) = program.rule(id).and_then(|rule| rule.caps.as_ref()) {
            granted.add(id.as_str(), caps, day, grant.points);
        }
    }
    if let Some(caps) = &program.caps {
        granted.add("", caps, day, given.points);
    }
    if !granted.is_empty() {
        granted.keep(|id| program.rules.iter().any(|rule| rule.id.as_str() == id));
    }
}
