//! Rules that are asked about one subject together, such as all segments of a shop.
//!
//! They are compiled into one list of tests in which each stands once, however many rules ask it ([`RuleSet`]). Tests stand with what they are
//! about: a field, or events of a name. When the first of them is asked of a subject ([`Asking`], in `set/ask.rs`), the field is looked up or
//! the events are walked, and all of them are answered, each with the time in which it passes ([`crate::held`]), so that they are
//! answered for every rule and every moment. What all of several tests ask passes while the times of all of them last, so a rule, too, is
//! answered once: without a jump, as processors like it, and by numbers that stand side by side.
//!
//! There is one meaning: what no shortcut is known for is asked as [`crate::evaluate()`] asks it, and the tests hold the two to the
//! same answers. `set/quick.rs` says which tests have a shortcut, `set/words.rs` numbers texts, `set/slots.rs` answers tests of fields,
//! `set/events.rs` counts and sums, and `set/joins.rs` what stands on them.

mod ask;
mod events;
mod joins;
mod quick;
mod slots;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::reference::Target;
use crate::rule::{Behaviour, FieldTest, Node, Rule};

pub use ask::Asking;
use events::Happened;
use joins::Joins;
use quick::Quick;
use slots::Slot;
use words::Words;

/// How many tests of one field are looked through for one that is the same.
const ALIKE: usize = 64;

/// Rules that were compiled together. They are asked by their place in it.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Part>,
    /// What parts of rules stand for.
    places: Vec<Place>,
    /// The parts of every group.
    parts: Vec<Part>,
    /// The groups, for all of them to be answered at once.
    joins: Joins,
    /// A test of each field, and of events of each name.
    firsts: Vec<usize>,
    slots: Vec<Slot>,
    happened: Vec<Happened>,
    words: Words,
    /// The names of traits that are asked for, and which slots are of each; in order.
    names: Words,
    named: Vec<(u32, usize)>,
}

/// A place, and whether the opposite of what is there is meant. Twice the place, and one more for the opposite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part(u32);

impl Part {
    /// What is nowhere: no, and not the opposite of it.
    const NOWHERE: Self = Self(u32::MAX - 1);

    /// What stands there, and not the opposite.
    fn at(place: usize) -> Self {
        let twice = u32::try_from(place).ok();
        twice
            .and_then(|place| place.checked_mul(2))
            .map_or(Self::NOWHERE, Self)
    }

    /// Where it stands among all places and their opposites.
    #[inline]
    fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    fn place(self) -> usize {
        self.index() >> 1
    }

    fn denied(self) -> bool {
        self.0 & 1 != 0
    }

    fn not_if(self, denied: bool) -> Self {
        Self(self.0 ^ u32::from(denied))
    }
}

/// What a part of a rule stands for.
#[derive(Debug)]
enum Place {
    /// All of several parts. `any` is what `all` of the opposites denies.
    Group(Range<usize>),
    Test(Test),
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
        builder.set.finish();
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

    /// The test at that place, where there is one.
    fn test(&self, place: usize) -> Option<&Test> {
        match self.places.get(place)? {
            Place::Test(test) => Some(test),
            Place::Group(_) => None,
        }
    }

    /// The rule at that place; of one that is not there, what is nowhere.
    #[inline]
    fn rule(&self, rule: usize) -> Part {
        self.rules.get(rule).copied().unwrap_or(Part::NOWHERE)
    }

    fn parts_of(&self, group: &Range<usize>) -> &[Part] {
        self.parts.get(group.clone()).unwrap_or(&[])
    }

    /// Makes ready to answer all rules at once.
    fn finish(&mut self) {
        self.slots.iter_mut().for_each(Slot::finish);
        self.name_slots();
        let slots = self.slots.iter().filter_map(Slot::first);
        let happened = self.happened.iter().filter_map(Happened::first);
        self.firsts = slots.chain(happened).collect();
        self.joins = Joins::of(&self.places, &self.parts, &self.rules);
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
            Node::Field(test) => return Part::at(self.field(test)).not_if(test.negate),
            Node::Behaviour(test) => self.counted(test).unwrap_or_else(|| self.plain(node)),
            Node::Tags(_) | Node::Sequence(_) | Node::Each { .. } => self.plain(node),
        };
        Part::at(test)
    }

    fn all(&mut self, nodes: &[Node], denied: bool) -> Part {
        let parts = nodes.iter().map(|node| self.part(node).not_if(denied));
        let mut parts: Vec<Part> = parts.collect();
        if let [alone] = *parts {
            return alone;
        }
        let from = self.set.parts.len();
        self.set.parts.append(&mut parts);
        let group = from..self.set.parts.len();
        Part::at(self.place(Place::Group(group)))
    }

    fn place(&mut self, place: Place) -> usize {
        self.set.places.push(place);
        self.set.places.len().saturating_sub(1)
    }

    /// The place of a new test.
    fn test(&mut self, node: Node, about: About) -> usize {
        self.place(Place::Test(Test { node, about }))
    }

    /// The place of the positive of a test.
    fn field(&mut self, asked: &FieldTest) -> usize {
        match self.set.slot(&asked.field) {
            Some(slot) => self.in_slot(slot, asked),
            None => self.plain(&positive(asked)),
        }
    }

    fn in_slot(&mut self, slot: usize, asked: &FieldTest) -> usize {
        let set = &self.set;
        let same = |test: &&usize| matches!(set.test(**test), Some(Test { node: Node::Field(known), .. }) if known.test == asked.test);
        let of = set.slots.get(slot);
        let mut latest = of.iter().flat_map(|of| of.tests.iter().rev().take(ALIKE));
        if let Some(known) = latest.find(same) {
            return *known;
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
        let next = self.set.places.len();
        let (happened, stream) = self.set.stream(asked)?;
        let test = stream.test(asked.window.within, amounts, next);
        if test == next {
            let node = Node::Behaviour(Box::new(asked.clone()));
            self.test(node, About::Happened(happened));
        }
        Some(test)
    }

    fn plain(&mut self, node: &Node) -> usize {
        let set = &self.set;
        let same = |test: &&usize| set.test(**test).is_some_and(|known| known.node == *node);
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
