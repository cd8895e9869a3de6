//! The parsed form of a rule, which is the form that is evaluated.

use std::sync::Arc;

use rapport_types::{Decimal, Span, Violation, sort};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use crate::fact::Fact;
use crate::models::RfmScore;
use crate::moment::When;
use crate::parse;
use crate::pattern::Pattern;
use crate::place::Circle;
use crate::reference::{ScoreReference, SegmentReference, Target};
use crate::sequence::Sequence;
use crate::tags::TagsTest;
use crate::tally::{Bounds, Measure};
use crate::text::{Inside, Text};
use crate::values::Values;
use crate::window::Window;

/// A rule that was checked. Evaluation of it cannot fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub(crate) root: Node,
}

impl Rule {
    /// The deepest nesting: a test alone is 1 deep.
    pub const MAX_DEPTH: u32 = 8;
    /// The most nodes: every `all`, `any`, `not`, `each`, sequence, step and test is one, those in a `where` too.
    pub const MAX_NODES: u32 = 256;

    /// Reads a rule, or says everything that is wrong with it. Pointers begin at the rule.
    ///
    /// What it says about other segments is not looked up: a test of one asks [`crate::Subject::put_in`], and a score is
    /// absent, until [`Rule::link`] and [`Rule::link_scores`] have found their definitions.
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
    All(Box<[Node]>),
    /// At least one passes. Cheap ones come first.
    Any(Box<[Node]>),
    /// It does not pass.
    Not(Box<Node>),
    /// A value is looked at.
    Field(Box<FieldTest>),
    /// Tags are looked at, those that rules put on among them.
    Tags(Box<TagsTest>),
    /// Events are counted or added up.
    Behaviour(Box<Behaviour>),
    /// Events follow one another.
    Sequence(Box<Sequence>),
    /// Another segment has the customer.
    Segment(Box<SegmentReference>),
    /// Some one element of a list passes the whole of a rule.
    Each { list: Box<Field>, rule: Box<Node> },
}

impl Node {
    fn needs_models(&self) -> bool {
        let mut needs = false;
        self.visit(&mut |node| {
            needs |= match node {
                Self::Field(test) => match &test.field {
                    Field::Lifecycle | Field::Rfm(_) | Field::ValueGroup | Field::Lifetime(_) => {
                        true
                    }
                    Field::Score(score) | Field::Band(score) => {
                        let mut rules = score.score.iter().flat_map(|score| score.rules());
                        rules.any(Rule::needs_models)
                    }
                    _ => false,
                },
                Self::Segment(reference) => match &reference.target {
                    Target::Dynamic(rule) => rule.needs_models(),
                    Target::Kept | Target::Unknown => false,
                },
                Self::Tags(test) => test.rules().any(Rule::needs_models),
                _ => false,
            };
        });
        needs
    }

    /// How much work it is, roughly: what is cheap is tried first.
    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::Field(test) => test.cost(),
            Self::Tags(test) => test.cost(),
            Self::Not(node) => node.cost(),
            Self::All(nodes) | Self::Any(nodes) => {
                nodes.iter().map(Self::cost).fold(1, u32::saturating_add)
            }
            Self::Each { rule, .. } => rule.cost().saturating_mul(8),
            Self::Segment(reference) => reference.cost(),
            Self::Behaviour(behaviour) => {
                let filter = behaviour.filter.as_ref().map_or(1, |filter| filter.cost());
                filter.saturating_mul(64)
            }
            Self::Sequence(sequence) => sequence.cost(),
        }
    }
}

/// Where a value is found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    /// `traits.a.b` of a customer.
    Traits(Path),
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
    /// What another document than the customer's says.
    Fact(Fact),
    /// `loyalty.balances.<kind>`: how many points of a kind can be spent.
    Balance(Box<str>),
    /// `scores.<id>`: the number.
    Score(ScoreReference),
    /// `scores.<id>.band`: the band's name.
    Band(ScoreReference),
    /// `rfm.r`, `rfm.f`, `rfm.m`: a score from 1 to 5.
    Rfm(RfmScore),
    /// `rfm.value_group`: the name of the group.
    ValueGroup,
    /// `lifetime.p_alive`, `lifetime.expected_orders_90d`.
    Lifetime(rapport_lifetime::Measure),
    /// `properties.a.b` of an event.
    Properties(Path),
    /// `at` of an event.
    At,
    /// `a.b` within an element of a list; the element itself where empty.
    Element(Path),
}

/// The names between the dots.
pub(crate) type Path = Box<[Box<str>]>;

/// A test of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldTest {
    pub(crate) field: Field,
    pub(crate) test: Test,
    /// The negative of a pair of operators: the exact complement of `test`.
    pub(crate) negate: bool,
    /// Of a field that counts up: the whole numbers at which `test` may answer otherwise, in order.
    pub(crate) turns: Box<[i64]>,
}

impl FieldTest {
    pub(crate) fn new(field: Field, test: Test, negate: bool) -> Self {
        let mut turns = Vec::new();
        if field == Field::Recency {
            // Between the numbers that the test names, and from one on, its answer is the same.
            let floors = test.numbers().filter_map(|number| number.floor().to_i64());
            turns.extend(floors.flat_map(|floor| [floor, floor.saturating_add(1)]));
            sort::sort(&mut turns);
            turns.dedup();
        }
        Self {
            field,
            test,
            negate,
            turns: turns.into_boxed_slice(),
        }
    }

    pub(crate) fn cost(&self) -> u32 {
        let field = match &self.field {
            Field::Score(score) | Field::Band(score) => score.cost(),
            _ => 1,
        };
        let test: u32 = match &self.test {
            Test::Contains(_) | Test::ContainsAny(_) | Test::ContainsAll(_) => 3,
            Test::WithinLast(_) | Test::OlderThan(_) | Test::WithinNext(_) => 3,
            Test::Before(_) | Test::After(_) | Test::OnDay(_) => 3,
            Test::Matches(_) | Test::Anniversary(_) | Test::WithinDistance(_) => 8,
            _ => 1,
        };
        field.saturating_add(test)
    }
}

/// What is asked of a value; always the positive of a pair.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Eq(Scalar),
    In(Values),
    Less(Scalar),
    LessOrEqual(Scalar),
    Greater(Scalar),
    GreaterOrEqual(Scalar),
    Between(Scalar, Scalar),
    Exists,
    NotEmpty,
    Contains(Inside),
    StartsWith(Text),
    EndsWith(Text),
    Matches(Arc<Pattern>),
    ContainsAny(Values),
    ContainsAll(Values),
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
    /// The numbers it compares with.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = Decimal> {
        let (one, two, many): (_, _, &[Decimal]) = match self {
            Self::Eq(one)
            | Self::Less(one)
            | Self::LessOrEqual(one)
            | Self::Greater(one)
            | Self::GreaterOrEqual(one) => (Some(one), None, &[]),
            Self::Between(low, high) => (Some(low), Some(high), &[]),
            Self::In(many) | Self::ContainsAny(many) | Self::ContainsAll(many) => {
                (None, None, many.numbers())
            }
            _ => (None, None, &[]),
        };
        let some = one
            .into_iter()
            .chain(two)
            .filter_map(|scalar| match scalar {
                Scalar::Number(number) => Some(*number),
                _ => None,
            });
        some.chain(many.iter().copied())
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
    pub(crate) event: Box<str>,
    /// Which events count: a rule about the event.
    pub(crate) filter: Option<Box<Node>>,
    /// When they count.
    pub(crate) window: Window,
    pub(crate) measure: Measure,
    pub(crate) bounds: Bounds,
}
