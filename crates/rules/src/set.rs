//! Rules that are asked about one subject together, such as all segments of a shop.
//!
//! They are compiled into one list of tests in which each stands once, however many rules ask it ([`RuleSet`]). For a subject
//! ([`Asking`], in `set/ask.rs`) a field is looked up once, events of a name are walked once, a text is folded once, and a test is answered
//! once, when the first rule asks for it; its answer comes with the time in which it holds, so it serves other moments, too.
//!
//! There is one meaning: what no shortcut is known for is asked as [`crate::evaluate()`] asks it, and the tests hold the two to the
//! same answers. `set/quick.rs` says which tests have a shortcut, `set/words.rs` numbers texts, `set/slots.rs` has what a field says and
//! `set/events.rs` what happened.

mod ask;
mod events;
mod quick;
mod slots;
mod words;

use std::collections::BTreeMap;

use rapport_types::Span;

use crate::reference::Target;
use crate::rule::{Behaviour, Field, FieldTest, Node, Rule};

pub use ask::Asking;
use events::{Happened, Stream};
use quick::Quick;
use words::Words;

/// How many tests of one field are looked through for one that is the same.
const ALIKE: usize = 64;

/// Rules that were compiled together. They are asked by their place in it.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Part>,
    ops: Vec<Op>,
    /// The parts of every [`Op::All`].
    parts: Vec<Part>,
    slots: Vec<Slot>,
    happened: Vec<Happened>,
    streams: Vec<Stream>,
    words: Words,
}

/// The place of an [`Op`], and whether its opposite is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part(u32);

impl Part {
    fn new(op: usize, denied: bool) -> Self {
        // There are far fewer: definitions have room for 200 KB.
        let op = u32::try_from(op).unwrap_or(u32::MAX >> 1);
        Self((op << 1) | u32::from(denied))
    }

    fn op(self) -> usize {
        usize::try_from(self.0 >> 1).unwrap_or(usize::MAX)
    }

    fn denied(self) -> bool {
        self.0 & 1 == 1
    }

    fn not_if(self, denied: bool) -> Self {
        Self(self.0 ^ u32::from(denied))
    }
}

#[derive(Debug)]
enum Op {
    /// All of these parts, from one place until before another. `any` is what `all` of the opposites denies.
    All(usize, usize),
    /// A test of what a slot has.
    Field(usize, Quick, Box<FieldTest>),
    /// A count or a sum.
    Counted(Counted),
    /// What is asked as it stands.
    Plain(Node),
}

/// How many events, or what they come to, within a time before now.
#[derive(Debug)]
struct Counted {
    stream: usize,
    within: Option<Span>,
    /// Both ends included; a sum is in ten-thousandths.
    low: i64,
    high: i64,
    /// The whole test.
    test: Box<Behaviour>,
}

/// A field that is looked up once.
#[derive(Debug)]
struct Slot {
    field: Field,
    /// Whether some test wants the numbers of its texts.
    words: bool,
    /// Whether some test wants the time that it names.
    time: bool,
}

impl RuleSet {
    /// These rules, linked already.
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Self {
        let mut builder = Builder::default();
        for rule in rules {
            let part = builder.rule(rule);
            builder.set.rules.push(part);
        }
        builder.set
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// A set that is being compiled.
#[derive(Default)]
struct Builder {
    set: RuleSet,
    /// Where rules stand already, by their addresses: several may refer to one.
    known: BTreeMap<usize, Part>,
    /// The tests of each slot, those of each stream, and those that are asked as they stand.
    of_slot: Vec<Vec<usize>>,
    of_stream: Vec<Vec<usize>>,
    plain: Vec<usize>,
}

impl Builder {
    fn rule(&mut self, rule: &Rule) -> Part {
        let address = std::ptr::from_ref(rule).addr();
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let part = self.part(&rule.root);
        self.known.insert(address, part);
        part
    }

    fn part(&mut self, node: &Node) -> Part {
        match node {
            Node::All(parts) => self.all(parts, false),
            Node::Any(parts) => self.all(parts, true).not_if(true),
            Node::Not(node) => self.part(node).not_if(true),
            Node::Field(test) => self.field(test),
            Node::Behaviour(test) => match self.counted(test) {
                Some(part) => part,
                None => self.plain(node),
            },
            Node::Segment(reference) => match &reference.target {
                Target::Dynamic(rule) => self.rule(rule),
                Target::Kept | Target::Unknown => self.plain(node),
            },
            Node::Tags(_) | Node::Sequence(_) | Node::Each { .. } => self.plain(node),
        }
    }

    fn push(&mut self, op: Op) -> Part {
        self.set.ops.push(op);
        Part::new(self.set.ops.len().saturating_sub(1), false)
    }

    fn all(&mut self, nodes: &[Node], denied: bool) -> Part {
        let parts = nodes.iter().map(|node| self.part(node).not_if(denied));
        let mut parts: Vec<Part> = parts.collect();
        if let [alone] = *parts {
            return alone;
        }
        let from = self.set.parts.len();
        self.set.parts.append(&mut parts);
        self.push(Op::All(from, self.set.parts.len()))
    }

    fn field(&mut self, asked: &FieldTest) -> Part {
        let test = FieldTest {
            negate: false,
            ..asked.clone()
        };
        let part = match self.slot(&asked.field) {
            None => self.plain(&Node::Field(Box::new(test))),
            Some(slot) => self.in_slot(slot, test),
        };
        part.not_if(asked.negate)
    }

    fn in_slot(&mut self, slot: usize, test: FieldTest) -> Part {
        let ops = &self.set.ops;
        let same = |op: &usize| matches!(ops.get(*op), Some(Op::Field(_, _, other)) if other.test == test.test);
        let known = alike(self.of_slot.get(slot), same);
        if let Some(op) = known {
            return Part::new(op, false);
        }
        let quick = Quick::of(&test, &mut self.set.words);
        if let Some(slot) = self.set.slots.get_mut(slot) {
            slot.words |= matches!(quick, Quick::Words { .. });
            slot.time |= matches!(quick, Quick::Time);
        }
        let part = self.push(Op::Field(slot, quick, Box::new(test)));
        if let Some(tests) = self.of_slot.get_mut(slot) {
            tests.push(part.op());
        }
        part
    }

    /// The slot of a field that is looked up the same way whatever is asked of it.
    fn slot(&mut self, field: &Field) -> Option<usize> {
        let looked_up = matches!(
            field,
            Field::Traits(_)
                | Field::Tags
                | Field::CreatedAt
                | Field::Recency
                | Field::Frequency
                | Field::Monetary
        );
        if !looked_up {
            return None;
        }
        let known = self.set.slots.iter().position(|slot| slot.field == *field);
        known.or_else(|| {
            self.set.slots.push(Slot {
                field: field.clone(),
                words: false,
                time: false,
            });
            self.of_slot.push(Vec::new());
            Some(self.set.slots.len().saturating_sub(1))
        })
    }

    fn counted(&mut self, test: &Behaviour) -> Option<Part> {
        let (low, high) = quick::amounts(test)?;
        let stream = self.set.stream(test);
        let within = test.window.within;
        if self.of_stream.len() <= stream {
            self.of_stream.push(Vec::new());
        }
        let ops = &self.set.ops;
        let same = |op: &usize| {
            matches!(ops.get(*op), Some(Op::Counted(other))
                if (other.within, other.low, other.high) == (within, low, high))
        };
        if let Some(op) = alike(self.of_stream.get(stream), same) {
            return Some(Part::new(op, false));
        }
        let part = self.push(Op::Counted(Counted {
            stream,
            within,
            low,
            high,
            test: Box::new(test.clone()),
        }));
        if let Some(tests) = self.of_stream.get_mut(stream) {
            tests.push(part.op());
        }
        Some(part)
    }

    fn plain(&mut self, node: &Node) -> Part {
        let ops = &self.set.ops;
        let same = |op: &usize| matches!(ops.get(*op), Some(Op::Plain(other)) if other == node);
        if let Some(op) = alike(Some(&self.plain), same) {
            return Part::new(op, false);
        }
        let part = self.push(Op::Plain(node.clone()));
        self.plain.push(part.op());
        part
    }
}

/// The latest of `tests` that is the `same`.
fn alike(tests: Option<&Vec<usize>>, same: impl Fn(&usize) -> bool) -> Option<usize> {
    let mut latest = tests?.iter().rev().take(ALIKE);
    latest.find(|op| same(op)).copied()
}
