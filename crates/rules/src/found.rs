//! The values that tests look at, and where they are found.

use std::ops::ControlFlow;

use rapport_types::properties::{Packed, Shape};
use rapport_types::{Decimal, Properties, Timestamp};
use serde_json::{Map, Value};

use crate::number;
use crate::rule::{Field, Path};
use crate::subject::{EventRef, Subject, Visit};

/// What a rule speaks about: the customer, an event in a `where`, or an element of a list in an `each`.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'a> {
    Subject(&'a dyn Subject),
    Event(EventRef<'a>),
    Element(&'a Value),
    /// An element of a list that is said about an event.
    Packed(Packed<'a>),
}

impl<'a> Scope<'a> {
    /// What stands in `field`. The fields that time moves are not here but in [`crate::drift`] and
    /// [`crate::models`].
    pub(crate) fn find(self, field: &Field) -> Found<'a> {
        match (self, field) {
            (Self::Subject(subject), Field::Traits(path)) => json(look(subject.traits(), path)),
            (Self::Subject(subject), Field::Tags) => Found::Tags(subject, &[]),
            (Self::Subject(subject), Field::CreatedAt) => {
                subject.created_at().map_or(Found::Absent, Found::Moment)
            }
            (Self::Subject(subject), Field::Frequency) => {
                Found::Number(Decimal::from(subject.orders().count))
            }
            (Self::Subject(subject), Field::Monetary) => Found::Number(subject.orders().spend),
            (Self::Event(event), Field::Properties(path)) => {
                packed(look_up(event.properties, path))
            }
            (Self::Event(event), Field::At) => Found::Moment(event.at),
            (Self::Element(value), Field::Element(path)) => json(look_in(value, path)),
            (Self::Packed(value), Field::Element(path)) => packed(look_up_in(value, path)),
            // Parsing lets no rule name a field of another scope.
            _ => Found::Absent,
        }
    }
}

/// A value, or its absence.
#[derive(Clone, Copy)]
pub(crate) enum Found<'a> {
    Absent,
    Json(&'a Value),
    Packed(Packed<'a>),
    Text(&'a str),
    Number(Decimal),
    Moment(Timestamp),
    /// The tags that people put on a customer, and more.
    Tags(&'a dyn Subject, &'a [&'a str]),
}

impl<'a> Found<'a> {
    /// The value, where it is one and no list.
    pub(crate) fn alone(&self) -> Option<One<'a>> {
        match self {
            Self::Absent | Self::Tags(..) | Self::Json(Value::Array(_)) => None,
            Self::Text(text) => Some(One::Text(text)),
            Self::Number(number) => Some(One::Number(*number)),
            Self::Moment(moment) => Some(One::Moment(*moment)),
            Self::Json(value) => One::of(value),
            Self::Packed(value) => match value.shape() {
                Shape::List(_) => None,
                _ => One::packed(*value),
            },
        }
    }

    /// Whether it is there and is not `""`, `[]` or `{}`.
    pub(crate) fn not_empty(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Number(_) | Self::Moment(_) => true,
            Self::Text(text) => !text.is_empty(),
            Self::Json(value) => match value {
                Value::Null => false,
                Value::Bool(_) | Value::Number(_) => true,
                Value::String(text) => !text.is_empty(),
                Value::Array(list) => !list.is_empty(),
                Value::Object(members) => !members.is_empty(),
            },
            Self::Packed(value) => match value.shape() {
                Shape::Null => false,
                Shape::Bool(_) | Shape::Number(_) => true,
                Shape::Text(text) => !text.is_empty(),
                Shape::List(list) => !list.is_empty(),
                Shape::Object(members) => !members.is_empty(),
            },
            Self::Tags(..) => {
                let mut any = false;
                self.visit(&mut |_| {
                    any = true;
                    ControlFlow::Break(())
                });
                any
            }
        }
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        match self {
            Self::Tags(..) | Self::Json(Value::Array(_)) => true,
            Self::Packed(value) => matches!(value.shape(), Shape::List(_)),
            _ => false,
        }
    }

    /// Each element of a list, or the value itself. Absent elements (`null`) are left out.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(One<'_>) -> Visit) {
        match self {
            Self::Absent => {}
            Self::Text(text) => drop(visit(One::Text(text))),
            Self::Number(number) => drop(visit(One::Number(*number))),
            Self::Moment(moment) => drop(visit(One::Moment(*moment))),
            Self::Tags(subject, more) => {
                let mut on = ControlFlow::Continue(());
                subject.tags(&mut |tag| {
                    on = visit(One::Text(tag));
                    on
                });
                let mut more = more.iter();
                while let (ControlFlow::Continue(()), Some(tag)) = (on, more.next()) {
                    on = visit(One::Text(tag));
                }
            }
            Self::Json(Value::Array(list)) => {
                let _ = list.iter().filter_map(One::of).try_for_each(visit);
            }
            Self::Json(value) => drop(One::of(value).map(visit)),
            Self::Packed(value) => match value.shape() {
                Shape::List(list) => {
                    let _ = list.filter_map(One::packed).try_for_each(visit);
                }
                _ => drop(One::packed(*value).map(visit)),
            },
        }
    }
}

/// One value that is no list.
#[derive(Clone, Copy)]
pub(crate) enum One<'a> {
    Bool(bool),
    Number(Decimal),
    Text(&'a str),
    Moment(Timestamp),
    Object(&'a Value),
    Packed(Packed<'a>),
    /// A list within a list, or a number beyond 28 digits: no test of one value passes.
    Other,
}

impl<'a> One<'a> {
    /// A value as JSON has it; `None` for `null`, which is absence.
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Null => return None,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => number::of(number).map_or(Self::Other, Self::Number),
            Value::String(text) => Self::Text(text),
            Value::Array(_) => Self::Other,
            Value::Object(_) => Self::Object(value),
        })
    }

    /// The same of a value of an event.
    pub(crate) fn packed(value: Packed<'a>) -> Option<Self> {
        Some(match value.shape() {
            Shape::Null => return None,
            Shape::Bool(truth) => Self::Bool(truth),
            Shape::Number(number) => number::of(&number).map_or(Self::Other, Self::Number),
            Shape::Text(text) => Self::Text(text),
            Shape::List(_) => Self::Other,
            Shape::Object(_) => Self::Packed(value),
        })
    }
}

/// What a value as JSON has it is; `null` is absence.
pub(crate) fn json(value: Option<&Value>) -> Found<'_> {
    match value {
        None | Some(Value::Null) => Found::Absent,
        Some(value) => Found::Json(value),
    }
}

/// The same of a value of an event.
pub(crate) fn packed(value: Option<Packed<'_>>) -> Found<'_> {
    match value {
        Some(value) if !matches!(value.shape(), Shape::Null) => Found::Packed(value),
        _ => Found::Absent,
    }
}

/// What stands at `path` in `properties`.
pub(crate) fn look_up<'a>(properties: &'a Properties, path: &Path) -> Option<Packed<'a>> {
    let (first, rest) = path.split_first()?;
    look_up_in(properties.get(first)?, rest)
}

fn look_up_in<'a>(value: Packed<'a>, path: &[Box<str>]) -> Option<Packed<'a>> {
    let mut names = path.iter();
    names.try_fold(value, |value, name| value.get(name))
}

/// What stands at `path` in `members`.
fn look<'a>(members: &'a Map<String, Value>, path: &Path) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    look_in(member(members, first)?, rest)
}

pub(crate) fn look_in<'a>(value: &'a Value, path: &[Box<str>]) -> Option<&'a Value> {
    path.iter()
        .try_fold(value, |value, name| member(value.as_object()?, name))
}

/// So many members are gone through one by one.
const FEW: usize = 16;

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if members.len() > FEW {
        return members.get(name);
    }
    // Their names lie about in memory, but how long they are stands side by side, and tells most of them apart.
    let mut members = members.iter();
    members.find_map(|(known, value)| (**known == *name).then_some(value))
}
