//! The rule language of segments, survey targeting and earning.
//!
//! A rule is JSON. [`Rule::parse`] checks all of it, so that evaluation can only answer, never fail.
//! [`evaluate()`] says whether a [`Subject`] matches at a moment, and until when that answer holds; [`matches()`] only whether;
//! [`since`] says since when it has held. Nothing here reads a clock or a store.
//!
//! # Layout
//!
//! - `rule`: [`Rule`], the parsed form, which is the form that is evaluated.
//! - `parse`: JSON into that form, or every [`Violation`](rapport_types::Violation) with its place;
//!   `parse/field`, `parse/behaviour` and `parse/operand` hold the parts.
//! - `operator`: the names of the operators, their pairs, what each takes, and what is suggested for a wrong one.
//! - `fields`: the fields that have a name of their own, in one table: a new one is a line there.
//! - `subject`: [`Subject`], what a rule is evaluated about; `fact`: what other documents say about it ([`Fact`]).
//! - `evaluate`: a rule about a subject at a moment, and the next change.
//! - `set`: rules that are asked about one subject together ([`RuleSet`]), with the parts in `set/`.
//! - `explain`: why a rule answers what it does, clause by clause; `explain/change`: the least that would make it answer otherwise;
//!   `explain/shown`: values as people read them; `explain/because`: the one clause that an answer rests on.
//! - `held`: the time in which a test passes.
//! - `verdict`: an answer with its end, and how `all`, `any` and `not` combine them.
//! - `field`: field tests; `values`: lists to compare with.
//! - `found`: the values that tests look at.
//! - `drift`: fields that change with time alone (`rfm.recency_days`, `lifecycle`).
//! - `models`: fields that need what is known of the whole population (`rfm.r`, `lifetime.p_alive`).
//! - `moment`: date operators; `window`: the stretch of time in which events count.
//! - `behaviour`: counts, sums and the like of events in a window; `tally`: adds events up.
//! - `sequence`: events that follow one another.
//! - `reference`: other segments and scores; `score`: [`Score`]; `library`: [`Library`], all of them together,
//!   with cycles found and references linked.
//! - `names`: [`Names`], which facts a rule names.
//! - `tags`: tests of tags, where rules put some of them on ([`Automatic`]).
//! - `number`: decimals out of JSON numbers, without allocating.
//! - `text`: comparison after NFKC and case folding; `pattern`: `matches`.
//! - `place`: distances on the globe.
//! - `lifecycle`: the stages of a customer's life, and their bounds.
//! - `offer`: which of several offers a customer is shown.
//! - `progress`: how far a subject is with a rule, and rules whose events count from a moment on.
//! - `membership`: since when a subject has matched.
//! - `schema`, with the feature of that name: the language as a JSON Schema.
//!
//! # The language
//!
//! `docs/rules.md` is the whole of it, for users; `docs/rules.schema.json` says the same to programs. In short, a part of a
//! rule is one of `{"all": [part, …]}`, `{"any": [part, …]}`, `{"not": part}`, `{"tag": "vip"}`, `{"segment": "gold"}`, a field
//! test, a behaviour test, a sequence, or `{"each": list, "where": part}`.
//!
//! ```json
//! {"field": "traits.city", "is": "in", "value": ["上海", "杭州"]}
//! {"event": "order_completed", "where": {"field": "properties.category", "is": "eq", "value": "shoes"},
//!  "within": "90d", "sum": "properties.total", "at_least": 1000}
//! {"event": "order_completed", "last": "properties.channel", "is": "eq", "value": "抖音"}
//! {"sequence": [{"event": "cart_viewed"}, {"event": "order_completed"}], "in": "2d", "within": "30d"}
//! ```
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
//! - `first` and `last` of no event fail, whatever the operator; of an event without the property they are about absence.
//! - Steps of a sequence may share a moment, but for steps that are the same event; the last comes less than `in` after the first.
//! - `from` a day is from its beginning, `to` a day until its end; `to` a moment leaves that moment out.
//! - A segment that does not exist has nobody, and a score that does not exist is absent.
//! - A tag is on a customer where people put it on, and where the rule holds that the shop gave it; tests of `tags` see both.

mod behaviour;
mod drift;
mod evaluate;
mod explain;
mod fact;
mod field;
mod fields;
mod found;
mod held;
mod insight;
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
mod progress;
mod reference;
mod rule;
#[cfg(feature = "schema")]
mod schema;
mod score;
mod sequence;
mod set;
mod subject;
mod tags;
mod tally;
mod text;
mod values;
mod verdict;
mod window;

pub use evaluate::{Outcome, evaluate, matches};
pub use explain::{Because, Change, Clause, Lookup, because, explain, explain_score};
pub use fact::{Fact, FactValue, Known};
pub use insight::{Insight, Lifetime, insight};
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
pub use set::{Asking, RuleSet};
pub use subject::{DayTotal, EventRef, Orders, Subject, Visit};
pub use tags::Automatic;
pub use text::fold;
