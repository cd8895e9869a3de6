//! The rule language of segments, survey targeting and earning.
//!
//! A rule is JSON. [`Rule::parse`] checks all of it, so that evaluation can only answer, never fail.
//! [`evaluate()`] says whether a [`Subject`] matches at a moment, and until when that answer holds;
//! [`since`] says since when it has held. Nothing here reads a clock or a store.
//!
//! # Layout
//!
//! - `rule`: [`Rule`], the parsed form, which is the form that is evaluated.
//! - `parse`: JSON into that form, or every [`Violation`](rapport_types::Violation) with its place;
//!   `parse/field`, `parse/behaviour` and `parse/operand` hold the parts.
//! - `operator`: the names of the operators, their pairs, and what is suggested for a wrong one.
//! - `subject`: [`Subject`], what a rule is evaluated about.
//! - `evaluate`: a rule about a subject at a moment, and the next change.
//! - `explain`: why a rule answers what it does, clause by clause; `explain/change`: the least that would make it answer otherwise;
//!   `explain/shown`: values as people read them.
//! - `verdict`: an answer with its end, and how `all`, `any` and `not` combine them.
//! - `field`: field tests.
//! - `found`: the values that tests look at.
//! - `drift`: fields that change with time alone (`rfm.recency_days`, `lifecycle`).
//! - `models`: fields that need what is known of the whole population (`rfm.r`, `lifetime.p_alive`).
//! - `moment`: date operators.
//! - `behaviour`: counts and sums of events in a window.
//! - `tally`: adds events up.
//! - `number`: decimals out of JSON numbers, without allocating.
//! - `text`: comparison after NFKC and case folding.
//! - `place`: distances on the globe.
//! - `lifecycle`: the stages of a customer's life, and their bounds.
//! - `offer`: which of several offers a customer is shown.
//! - `membership`: since when a subject has matched.
//!
//! # The language
//!
//! A part of a rule is one of `{"all": [part, …]}`, `{"any": [part, …]}`, `{"not": part}`, `{"tag": "vip"}`, a field
//! test, a behaviour test, or `{"each": list, "where": part}`, which passes when some one element of the list does; its
//! fields begin at the element, and `""` is the element itself. `all` and `any` have at least one part.
//!
//! ```json
//! {"field": "traits.city", "is": "in", "value": ["上海", "杭州"]}
//! {"event": "order_completed", "within": "30d", "count": {"at_least": 3}}
//! {"event": "order_completed", "where": {"field": "properties.category", "is": "eq", "value": "shoes"},
//!  "within": "90d", "sum": "properties.total", "at_least": 1000}
//! ```
//!
//! Fields of a customer are `traits.…`, `tags`, `created_at`, `rfm.recency_days`, `rfm.frequency`, `rfm.monetary`,
//! `lifecycle`, and by the population's [`Models`] `rfm.r`, `rfm.f`, `rfm.m`, `rfm.value_group`, `lifetime.p_alive` and
//! `lifetime.expected_orders_90d`; those of an event, in a `where`, are `properties.…` and `at`. An event is counted (`count`, by default at
//! least 1), or a number among its properties is made into a `sum`, `avg`, `min` or `max`; `at_least`, `at_most` and `exactly`
//! bound the result.
//!
//! Operators in pairs, positive first: `eq/ne`, `between/not_between`, `in/not_in`, `exists/missing`,
//! `is_not_empty/is_empty`, `contains/not_contains`, `starts_with/not_starts_with`, `ends_with/not_ends_with`,
//! `contains_any/contains_none`, `on_day/not_on_day`. Without a pair: `lt`, `lte`, `gt`, `gte`, `contains_all`, `before`,
//! `after`, `within_last`, `older_than`, `within_next`, `anniversary`, `within_distance`.
//!
//! Refused for now, with the code `unsupported`: `matches`, `segment`, `sequence`, `distinct`, `first`, `last`, and the
//! fields of points and feedback.
//!
//! # Where products differ, this is meant
//!
//! - A negative operator is the exact complement of its positive, so an absent field passes it. `null` is absence.
//! - A test of a list asks whether any element passes; `contains_any`, `contains_all` and their like ask about the
//!   list as a set, and no value that is not a list passes them.
//! - `within` and `within_last` mean (now − d, now]: what happened at t leaves at exactly t + d. What is yet to
//!   happen counts from its moment on.
//! - A date without a time is the whole day in the shop's zone. It is within a window while any of it is, is `before` or
//!   `after` something when all of it is, and is `older_than` a duration when all of it is.
//! - `anniversary` with `"7d"` passes from the start of the seventh day before the day to the end of the day itself.
//! - `rfm.recency_days` is absent without orders; `rfm.frequency` and `rfm.monetary` are then 0. Scores, value group and what BG/NBD
//!   says are absent without orders, and without their model.
//! - What BG/NBD says has six digits after the point and is the value at the end of an hour, so it changes once an hour.
//! - An event whose property is missing or is no number adds nothing, and does not count in an average.

mod behaviour;
mod drift;
mod evaluate;
mod explain;
mod fact;
mod field;
mod fields;
mod found;
mod library;
mod lifecycle;
mod membership;
mod models;
mod moment;
mod names;
mod number;
mod offer;
mod operator;
mod parse;
mod pattern;
mod place;
mod reference;
mod rule;
#[cfg(feature = "schema")]
mod schema;
mod score;
mod sequence;
mod subject;
mod tally;
mod text;
mod values;
mod verdict;
mod window;

pub use evaluate::{Outcome, evaluate};
pub use explain::{Change, Clause, explain};
pub use fact::{Fact, FactValue, Known};
pub use library::{Library, Linked, Name, Tangled};
pub use lifecycle::{LifecycleBounds, Stage};
pub use membership::{Membership, since};
pub use models::Models;
pub use names::{Document, Names};
pub use offer::{Decided, Fate, Offer, decide_offers};
pub use reference::Target;
pub use rule::Rule;
#[cfg(feature = "schema")]
pub use schema::schema;
pub use score::{Score, Scored};
pub use subject::{DayTotal, EventRef, Orders, Subject, Visit};
