//! A customer as a review counts one: where they are now, where they were when the period began, and what they did since.
//!
//! Nothing is written down of a customer between two reviews. Stages of life follow from orders, so the one in which a customer was is
//! found out again; whether they were in a segment follows from since when they are in it.

use rapport_customer::order::Order;
use rapport_customer::{Customer, totals};
use rapport_review::{Held, Opinion, Seen, Spent, Sums, Tally};
use rapport_rules::{Orders, Stage};
use rapport_types::event::ORDER_COMPLETED;
use rapport_types::{Currency, Money, Timestamp, Zone};

use super::pass::Counted;
use crate::beside::Beside;
use crate::compiled::{Compiled, CompiledSegment};
use crate::customers::CustomerRecord;
use crate::effects::Moved;
use crate::members::Members;
use crate::segments::Definition;

const DAY: i64 = 86_400_000;

/// When customers are looked at, and by which definitions.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub as_of: Timestamp,
    /// When the period begins; what happened at that very moment was before it.
    pub since: Timestamp,
    pub zone: &'a Zone,
    pub definitions: &'a Compiled,
}

/// A segment's place in the tally, and what decides who is in it.
pub(super) struct Watched<'a> {
    place: usize,
    decides: Decides<'a>,
}

enum Decides<'a> {
    Rule(&'a CompiledSegment),
    List(&'a Definition),
}

impl<'a> Watched<'a> {
    /// The segments that are as they were when the review began; the others are marked as changed.
    pub(super) fn of(segments: &mut [Counted], definitions: &'a Compiled) -> Vec<Self> {
        let mut watched = Vec::new();
        for (place, segment) in segments.iter_mut().enumerate() {
            let is = |definition: &Definition| {
                definition.id == segment.id && definition.version == segment.version
            };
            let mut rules = definitions.segments.iter();
            let rule = rules.find(|rule| is(&rule.definition)).map(Decides::Rule);
            let list = definitions
                .lists
                .iter()
                .find(|list| is(list))
                .map(Decides::List);
            match rule.or(list) {
                Some(decides) if !segment.changed => watched.push(Self { place, decides }),
                _ => segment.changed = true,
            }
        }
        watched
    }

    /// Since when the customer is in it; `None`: they are not.
    fn member_since(
        &self,
        record: &CustomerRecord,
        members: &mut Members<'_>,
    ) -> Option<Timestamp> {
        match self.decides {
            Decides::Rule(segment) => members.of(segment).since,
            Decides::List(list) => {
                let held = record.memberships.get(&list.id);
                let held = held.filter(|held| held.version == list.version);
                held.map(|held| held.since)
            }
        }
    }

    /// Whether who is in it since then was not when the period began.
    fn entered(&self, record: &CustomerRecord, since: Timestamp, moment: Moment<'_>) -> bool {
        let definition = match self.decides {
            Decides::Rule(segment) => &segment.definition,
            Decides::List(list) => list,
        };
        if definition.rule_changed_at <= moment.since {
            return since > moment.since;
        }
        // By a new rule everybody is in it since then. Who was held by the old one, too, has come only if that was told.
        record.memberships.get(&definition.id).is_none()
            || record.transitions.iter().any(|transition| {
                transition.segment == definition.id
                    && transition.event == Moved::Entered
                    && transition.at > moment.since
            })
    }
}

/// A customer, as far as a review looks.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub record: &'a CustomerRecord,
    /// What rules ask of other documents.
    pub beside: &'a Beside,
    pub points: Option<Held>,
    pub opinion: Opinion,
}

/// Counts a customer.
pub(super) fn count(tally: &mut Tally, watched: &[Watched<'_>], of: Of<'_>, moment: Moment<'_>) {
    let Of {
        record,
        beside,
        points,
        opinion,
    } = of;
    let customer = &record.customer;
    let Moment {
        definitions,
        as_of,
        zone,
        ..
    } = moment;
    let facts = definitions.facts(record, beside);
    let mut members = definitions.members(&facts, record, beside, as_of, zone);
    let (mut segments, mut entered) = (Vec::new(), Vec::new());
    for segment in watched {
        if let Some(since) = segment.member_since(record, &mut members) {
            segments.push(segment.place);
            if segment.entered(record, since, moment) {
                entered.push(segment.place);
            }
        }
    }
    let stage = |orders: &Orders, at: Timestamp| -> Stage {
        moment.definitions.known.lifecycle.stage(orders, at).0
    };
    let new = customer.created_at > moment.since;
    // Who was imported later had ordered then, too.
    let first = customer.totals.first_order_at;
    let then = (!new || first.is_some_and(|first| first <= moment.since)).then(|| {
        stage(
            &orders_at(customer, moment.since, moment.zone),
            moment.since,
        )
    });
    let period = Period::of(customer, moment);
    tally.add(&Seen {
        segments: &segments,
        entered: &entered,
        new,
        before: then,
        now: stage(&orders(&customer.totals), moment.as_of),
        orders: customer.totals.orders,
        period_orders: period.orders,
        money: &period.money,
        points,
        opinion,
        buyer: buyer(customer, moment.as_of),
        exact: period.exact,
    });
}

/// What RFM looks at; `None` of who has not ordered.
fn buyer(customer: &Customer, now: Timestamp) -> Option<rapport_lifetime::Customer> {
    let totals = &customer.totals;
    let millis = now.millis_since(totals.last_order_at?).max(0);
    Some(rapport_lifetime::Customer {
        recency_days: u64::try_from(millis.checked_div(DAY)?).unwrap_or(0),
        frequency: totals.orders,
        monetary: totals.spend.map(Money::to_major).unwrap_or_default(),
    })
}

fn orders(totals: &totals::Totals) -> Orders {
    Orders {
        count: totals.orders,
        spend: totals.spend.map(Money::to_major).unwrap_or_default(),
        first_at: totals.first_order_at,
        previous_at: totals.previous_order_at,
        last_at: totals.last_order_at,
    }
}

/// Whether every event after `since` is kept.
fn reaches(customer: &Customer, since: Timestamp) -> bool {
    let kept = customer.recent.kept_since();
    kept.is_none_or(|kept| kept.millis() <= since.millis().saturating_add(1))
}

/// The orders of a customer as they were at `at`, as far as a stage of life asks: to the day where they are no longer kept singly. One that was
/// cancelled, or of which nothing is left, is none, whenever that was, as far as it is among the latest orders: so it is in the totals, too.
fn orders_at(customer: &Customer, at: Timestamp, zone: &Zone) -> Orders {
    let totals = &customer.totals;
    let Some(first) = totals.first_order_at.filter(|first| *first <= at) else {
        return Orders::default();
    };
    if totals.last_order_at.is_none_or(|last| last <= at) {
        return orders(totals);
    }
    let gone = customer.orders.gone().filter(|gone| gone.over);
    let gone: Vec<Timestamp> = gone.map(|gone| gone.paid_at).collect();
    let kept = kept(customer, &gone);
    let days = || {
        let days = customer.day_counts(ORDER_COMPLETED);
        let left = days.map(|(day, count)| {
            let gone = gone
                .iter()
                .filter(|paid| zone.day_of(**paid) == day)
                .count();
            let gone = u64::try_from(gone).unwrap_or(u64::MAX);
            (day, count.saturating_sub(gone))
        });
        left.filter(|(_, count)| *count > 0)
    };
    let day = zone.day_of(at);
    let later: u64 = if reaches(customer, at) {
        let later = kept.iter().take_while(|moment| **moment > at).count();
        u64::try_from(later).unwrap_or(u64::MAX)
    } else {
        let later = days().take_while(|(other, _)| *other > day);
        let later = later.map(|(_, count)| count);
        later.fold(0, u64::saturating_add)
    };
    // The first one was before.
    let count = totals.orders.saturating_sub(later).max(1);
    let before = kept.into_iter().skip_while(|moment| *moment > at);
    let mut latest: Vec<Timestamp> = before.take(2).collect();
    if latest.len() < 2 && customer.recent.kept_since().is_some() {
        let until = days().skip_while(|(other, _)| *other > day);
        let moments = until.flat_map(|(day, count)| {
            let start = zone.start_of(day).max(first);
            std::iter::repeat_n(start, usize::try_from(count.min(2)).unwrap_or(0))
        });
        let known = latest.len();
        latest.extend(moments.take(2).skip(known));
    }
    let mut latest = latest.into_iter();
    Orders {
        count,
        first_at: Some(first),
        last_at: Some(latest.next().unwrap_or(first)),
        previous_at: (count > 1).then(|| latest.next().unwrap_or(first)),
        ..Orders::default()
    }
}

/// When the orders that are kept singly were paid, the latest first, without those that are `gone`.
fn kept(customer: &Customer, gone: &[Timestamp]) -> Vec<Timestamp> {
    let mut gone = gone.to_vec();
    let kept = customer.events_named(ORDER_COMPLETED).map(|event| event.at);
    let stands = |paid: &Timestamp| match gone.iter().position(|gone| gone == paid) {
        Some(place) => {
            gone.swap_remove(place);
            false
        }
        None => true,
    };
    kept.filter(stands).collect()
}

/// What a customer ordered in the period.
struct Period {
    orders: u64,
    /// With what they spent ever.
    money: Vec<Spent>,
    exact: bool,
}

impl Period {
    fn of(customer: &Customer, moment: Moment<'_>) -> Self {
        let totals = &customer.totals;
        let mut period = Self {
            orders: 0,
            money: Vec::new(),
            exact: true,
        };
        for (currency, amount) in totals
            .spend
            .iter()
            .map(|spend| (spend.currency, spend.amount))
            .chain(
                totals
                    .other_spend
                    .iter()
                    .map(|(currency, amount)| (*currency, *amount)),
            )
        {
            period.change(currency, |sums| sums.lifetime = amount);
        }
        if totals.last_order_at.is_none_or(|last| last <= moment.since) {
            return period;
        }
        period.exact = reaches(customer, moment.since);
        match period.exact {
            true => period.add_singly(customer, moment),
            false => period.add_days(customer, moment),
        }
        period.take_back(customer, moment);
        period
    }

    /// Takes off what went back of the period's orders, whenever it did. Events tell what was paid.
    fn take_back(&mut self, customer: &Customer, moment: Moment<'_>) {
        let day = |at| moment.zone.day_of(at);
        let exact = self.exact;
        let within = |at: Timestamp| match exact {
            true => at > moment.since && at <= moment.as_of,
            false => day(at) > day(moment.since) && day(at) <= day(moment.as_of),
        };
        let main = customer.totals.spend.map(|spend| spend.currency);
        for gone in customer.orders.gone().filter(|gone| within(gone.paid_at)) {
            let over = u64::from(gone.over);
            self.orders = self.orders.saturating_sub(over);
            let money = gone.money;
            // Days know the money of one currency only, and the orders of all.
            if let Some(money) = money.filter(|money| exact || Some(money.currency) == main) {
                self.change(money.currency, |sums| {
                    sums.period = sums.period.saturating_sub(money.amount).max(0);
                    sums.orders = sums.orders.saturating_sub(over);
                });
            }
        }
    }

    /// Changes the sums of one currency.
    fn change(&mut self, currency: Currency, change: impl FnOnce(&mut Sums)) {
        let mut money = self.money.iter_mut();
        if let Some(spent) = money.find(|spent| spent.currency == currency) {
            return change(&mut spent.sums);
        }
        let mut sums = Sums::default();
        change(&mut sums);
        self.money.push(Spent { currency, sums });
    }

    fn add(&mut self, orders: u64, money: Option<Money>) {
        self.orders = self.orders.saturating_add(orders);
        if let Some(money) = money {
            self.change(money.currency, |sums| {
                sums.period = sums.period.saturating_add(money.amount);
                sums.orders = sums.orders.saturating_add(orders);
            });
        }
    }

    fn add_singly(&mut self, customer: &Customer, moment: Moment<'_>) {
        let orders = customer
            .events_named(ORDER_COMPLETED)
            .skip_while(|event| event.at > moment.as_of)
            .take_while(|event| event.at > moment.since);
        for order in orders {
            // One that could not be read was not counted either.
            let money = Order::parse(&order.properties.to_map())
                .ok()
                .and_then(|order| order.money);
            self.add(1, money);
        }
    }

    /// Whole days: those after the one on which the period began.
    fn add_days(&mut self, customer: &Customer, moment: Moment<'_>) {
        let (first, last) = (
            moment.zone.day_of(moment.since),
            moment.zone.day_of(moment.as_of),
        );
        let within = |day: rapport_types::Day| day > first && day <= last;
        for (day, count) in customer.day_counts(ORDER_COMPLETED) {
            if within(day) {
                self.orders = self.orders.saturating_add(count);
            }
        }
        let Some(currency) = customer.totals.spend.map(|spend| spend.currency) else {
            return;
        };
        let orders = self.orders;
        let spent = customer.days.spend_by_day().filter(|(day, _)| within(*day));
        let amount = spent.map(|(_, minor)| minor).fold(0, i64::saturating_add);
        self.change(currency, |sums| {
            sums.period = amount;
            sums.orders = orders;
        });
    }
}
