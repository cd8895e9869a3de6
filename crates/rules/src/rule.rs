//! The parsed form of a rule, which is the form that is evaluated.

use rapport_types::{Decimal, Span, Violation};
use serde_json::Value;

use crate::moment::When;
use crate::parse;
use crate::place::Circle;
use crate::tally::{Bounds, Measure};
use crate::text::Text;

/// A rule that was checked. Evaluation of it cannot fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub(crate) root: Node,
}

impl Rule {
    /// The deepest nesting: a test alone is 1 deep.
    pub const MAX_DEPTH: u32 = 8;
    /// The most nodes: every `all`, `any`, `not`, `each` and test is one, those in a `where` too.
    pub const MAX_NODES: u32 = 256;

    /// Reads a rule, or says everything that is wrong with it. Pointers begin at the rule.
    pub fn parse(json: &Value) -> Result<Self, Vec<Violation>> {
        parse::rule(json).map(|root| Self { root })
    }

    /// Whether its answer depends on what is known of the whole population: on [`Models`](crate::Models), or on the bounds
    /// of lifecycle stages.
    pub fn needs_models(&self) -> bool {
        self.root.needs_models()
    }
}

/// One part of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Every one passes. Cheap ones come first.
    All(Vec<Node>),
    /// At least one passes. Cheap ones come first.
    Any(Vec<Node>),
    /// It does not pass.
    Not(Box<Node>),
    /// A value is looked at.
    Field(FieldTest),
    /// Events are counted or added up.
    Behaviour(Behaviour),
    /// Some one element of a list passes the whole of a rule.
    Each { list: Field, rule: Box<Node> },
}

impl Node {
    fn needs_models(&self) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(Self::needs_models),
            Self::Not(node) => node.needs_models(),
            Self::Field(test) => matches!(
                test.field,
                Field::Lifecycle | Field::Score(_) | Field::ValueGroup | Field::Lifetime(_)
            ),
            // What stands in these is about events and elements.
            Self::Behaviour(_) | Self::Each { .. } => false,
        }
    }

    /// How much work it is, roughly: what is cheap is tried first.
    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::Field(_) => 1,
            Self::Not(node) => node.cost(),
            Self::All(nodes) | Self::Any(nodes) => {
                nodes.iter().map(Self::cost).fold(1, u32::saturating_add)
            }
            Self::Each { rule, .. } => rule.cost().saturating_mul(8),
            Self::Behaviour(behaviour) => {
                let filter = behaviour.filter.as_ref().map_or(1, |filter| filter.cost());
                filter.saturating_mul(64)
            }
        }
    }
}

/// Where a value is found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    /// `traits.a.b` of a customer.
    Traits(Vec<String>),
    /// `tags` of a customer.
    Tags,
    /// `created_at` of a customer.
    CreatedAt,
    /// `rfm.recency_days`: whole 24-hour days since the last order.
    Recency,
    /// `rfm.frequency`: the number of orders.
    Frequency,
    /// `rfm.monetary`: total spend in major units.
    Monetary,
    /// `lifecycle`: the name of the stage.
    Lifecycle,
    /// `rfm.r`, `rfm.f`, `rfm.m`: a score from 1 to 5.
    Score(Score),
    /// `rfm.value_group`: the name of the group.
    ValueGroup,
    /// `lifetime.p_alive`, `lifetime.expected_orders_90d`.
    Lifetime(rapport_lifetime::Measure),
    /// `properties.a.b` of an event.
    Properties(Vec<String>),
    /// `at` of an event.
    At,
    /// `a.b` within an element of a list; the element itself where empty.
    Element(Vec<String>),
}

/// One of the three scores of RFM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Score {
    Recency,
    Frequency,
    Monetary,
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldTest {
    pub(crate) field: Field,
    pub(crate) test: Test,
    /// The negative of a pair of operators: the exact complement of `test`.
    pub(crate) negate: bool,
}

/// What is asked of a value; always the positive of a pair.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Eq(Scalar),
    In(Vec<Scalar>),
    Less(Scalar),
    LessOrEqual(Scalar),
    Greater(Scalar),
    GreaterOrEqual(Scalar),
    Between(Scalar, Scalar),
    Exists,
    NotEmpty,
    Contains(Text),
    StartsWith(Text),
    EndsWith(Text),
    ContainsAny(Vec<Scalar>),
    ContainsAll(Vec<Scalar>),
    Before(When),
    After(When),
    OnDay(When),
    WithinLast(Span),
    OlderThan(Span),
    WithinNext(Span),
    Anniversary(i32),
    WithinDistance(Circle),
}

impl Test {
    /// The scalars it compares with.
    pub(crate) fn scalars(&self) -> impl Iterator<Item = &Scalar> {
        let (one, two, many): (_, _, &[Scalar]) = match self {
            Self::Eq(one)
            | Self::Less(one)
            | Self::LessOrEqual(one)
            | Self::Greater(one)
            | Self::GreaterOrEqual(one) => (Some(one), None, &[]),
            Self::Between(low, high) => (Some(low), Some(high), &[]),
            Self::In(many) | Self::ContainsAny(many) | Self::ContainsAll(many) => {
                (None, None, many)
            }
            _ => (None, None, &[]),
        };
        one.into_iter().chain(two).chain(many)
    }
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Bool(bool),
    Number(Decimal),
    /// The text, and the moment that it names, for fields that are moments by nature.
    Text(Text, Option<When>),
}

/// Counts or adds up events.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Behaviour {
    /// The event's name in snake_case.
    pub(crate) event: String,
    /// Which events count: a rule about the event.
    pub(crate) filter: Option<Box<Node>>,
    /// Only events in (now − within, now] count; all where `None`.
    pub(crate) within: Option<Span>,
    pub(crate) measure: Measure,
    pub(crate) bounds: Bounds,
}
