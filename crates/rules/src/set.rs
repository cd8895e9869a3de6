//! Rules that are asked about one subject together, such as all segments of a shop.
//!
//! They are compiled into one list of tests in which each stands once, however many rules ask it ([`RuleSet`]). Tests stand with what they are
//! about: a field, or events of a name. When the first of them is asked of a subject ([`Asking`], in `set/ask.rs`), the field is looked up or
//! the events are walked, and all of them are answered, each with the time in which it passes ([`crate::held`]), so that they are
//! answered for every rule and every moment.
//!
//! There is one meaning: what no shortcut is known for is asked as [`crate::evaluate()`] asks it, and the tests hold the two to the
//! same answers. `set/quick.rs` says which tests have a shortcut, `set/words.rs` numbers texts, `set/slots.rs` answers tests of fields and
//! `set/events.rs` counts and sums.

mod ask;
mod events;
mod quick;
mod slots;
mod words;

use std::collections::BTreeMap;

use crate::reference::Target;
use crate::rule::{Behaviour, FieldTest, Node, Rule};

pub use ask::Asking;
use events::Happened;
use quick::Quick;
use slots::Slot;
use words::Words;

/// How many tests of one field are looked through for one that is the same.
const ALIKE: usize = 64;

/// Rules that were compiled together. They are asked by their place in it.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Part>,
    /// Parts of which all are asked for, from one place until before another. `any` is what `all` of the opposites denies.
    groups: Vec<(usize, usize)>,
    /// The parts of every group.
    parts: Vec<Part>,
    tests: Vec<Test>,
    slots: Vec<Slot>,
    happened: Vec<Happened>,
    words: Words,
}

/// The place of a test or of a group, and whether its opposite is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part(u32);

const DENIED: u32 = 1;
const GROUP: u32 = 2;

impl Part {
    fn new(place: usize, kind: u32) -> Self {
        // There are far fewer: definitions have room for 200 KB.
        Self((u32::try_from(place).unwrap_or(u32::MAX) << 2) | kind)
    }

    fn place(self) -> usize {
        usize::try_from(self.0 >> 2).unwrap_or(usize::MAX)
    }

    fn is_group(self) -> bool {
        self.0 & GROUP != 0
    }

    fn denied(self) -> bool {
        self.0 & DENIED != 0
    }

    fn not_if(self, denied: bool) -> Self {
        Self(self.0 ^ u32::from(denied))
    }
}

/// A test as it stands in a rule, and with what else it is answered.
#[derive(Debug)]
struct Test {
    node: Node,
    about: About,
}

/// What tests are answered together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Those of what a slot has.
    Slot(usize),
    /// Those of events of a name.
    Happened(usize),
    /// None.
    Else,
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

    /// The parts of the group at `part`.
    fn group(&self, part: Part) -> &[Part] {
        let group = self.groups.get(part.place());
        group
            .and_then(|(from, to)| self.parts.get(*from..*to))
            .unwrap_or(&[])
    }
}

/// A set that is being compiled.
#[derive(Default)]
struct Builder {
    set: RuleSet,
    /// Where rules stand already, by their addresses: several may refer to one.
    known: BTreeMap<usize, Part>,
    /// The tests that are asked as they stand.
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
        let test = match node {
            Node::All(parts) => return self.all(parts, false),
            Node::Any(parts) => return self.all(parts, true).not_if(true),
            Node::Not(node) => return self.part(node).not_if(true),
            Node::Segment(reference) => match &reference.target {
                Target::Dynamic(rule) => return self.rule(rule),
                Target::Kept | Target::Unknown => self.plain(node),
            },
            Node::Field(test) => return Part::new(self.field(test), 0).not_if(test.negate),
            Node::Behaviour(test) => self.counted(test).unwrap_or_else(|| self.plain(node)),
            Node::Tags(_) | Node::Sequence(_) | Node::Each { .. } => self.plain(node),
        };
        Part::new(test, 0)
    }

    fn all(&mut self, nodes: &[Node], denied: bool) -> Part {
        let parts = nodes.iter().map(|node| self.part(node).not_if(denied));
        let mut parts: Vec<Part> = parts.collect();
        if let [alone] = *parts {
            return alone;
        }
        let from = self.set.parts.len();
        self.set.parts.append(&mut parts);
        self.set.groups.push((from, self.set.parts.len()));
        Part::new(self.set.groups.len().saturating_sub(1), GROUP)
    }

    /// The place of a new test.
    fn test(&mut self, node: Node, about: About) -> usize {
        self.set.tests.push(Test { node, about });
        self.set.tests.len().saturating_sub(1)
    }

    /// The place of the positive of a test.
    fn field(&mut self, asked: &FieldTest) -> usize {
        match self.set.slot(&asked.field) {
            Some(slot) => self.in_slot(slot, asked),
            None => self.plain(&positive(asked)),
        }
    }

    fn in_slot(&mut self, slot: usize, asked: &FieldTest) -> usize {
        let of = self.set.slots.get(slot);
        let all = &self.set.tests;
        let same = |test: usize| matches!(all.get(test), Some(Test { node: Node::Field(known), .. }) if known.test == asked.test);
        let mut latest = of.iter().flat_map(|of| of.tests.iter().rev().take(ALIKE));
        if let Some(known) = latest.find(|known| same(known.test)) {
            return known.test;
        }
        let test = self.test(positive(asked), About::Slot(slot));
        let quick = Quick::of(asked, &mut self.set.words);
        if let Some(slot) = self.set.slots.get_mut(slot) {
            slot.add(test, quick);
        }
        test
    }

    /// The place of a count or a sum for which there is a shortcut.
    fn counted(&mut self, asked: &Behaviour) -> Option<usize> {
        let amounts = quick::amounts(asked)?;
        let next = self.set.tests.len();
        let (happened, stream) = self.set.stream(asked)?;
        let test = stream.test(asked.window.within, amounts, next);
        if test == next {
            let node = Node::Behaviour(Box::new(asked.clone()));
            self.test(node, About::Happened(happened));
        }
        Some(test)
    }

    fn plain(&mut self, node: &Node) -> usize {
        let all = &self.set.tests;
        let same = |test: &&usize| all.get(**test).is_some_and(|known| known.node == *node);
        if let Some(known) = self.plain.iter().rev().take(ALIKE).find(same) {
            return *known;
        }
        let test = self.test(node.clone(), About::Else);
        self.plain.push(test);
        test
    }
}

/// A test of a field as the positive of its pair.
fn positive(asked: &FieldTest) -> Node {
    Node::Field(Box::new(FieldTest {
        negate: false,
        ..asked.clone()
    }))
}
