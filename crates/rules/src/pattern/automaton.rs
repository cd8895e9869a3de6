//! The position automaton of a pattern, and how it reads a text.

use super::MOST_POSITIONS;
use super::class::Class;
use super::parse::Tree;
use crate::text::Said;

/// Words of 64 bits, enough for the most positions.
const WORDS: usize = MOST_POSITIONS.div_ceil(64);

/// A set of positions.
type Set = [u64; WORDS];

/// One state per position: a class somewhere in the pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Automaton {
    exact: bool,
    /// Each different class, and the positions at which it stands.
    classes: Vec<(Class, Set)>,
    /// Where a match may begin.
    first: Set,
    /// Where it may end.
    last: Set,
    /// What may follow each position.
    follow: Vec<Set>,
    /// Whether nothing at all matches.
    nullable: bool,
}

/// What is known of a part of the pattern.
struct Part {
    first: Set,
    last: Set,
    nullable: bool,
}

impl Automaton {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut automaton = Self {
            exact: tree.exact,
            classes: Vec::new(),
            first: Set::default(),
            last: Set::default(),
            follow: Vec::new(),
            nullable: false,
        };
        let whole = automaton.part(&tree.root);
        automaton.first = whole.first;
        automaton.last = whole.last;
        automaton.nullable = whole.nullable;
        automaton
    }

    pub(super) fn states(&self) -> usize {
        self.follow.len()
    }

    fn part(&mut self, node: &super::parse::Node) -> Part {
        use super::parse::Node;
        match node {
            Node::Class(class) => self.position(class),
            Node::Join(nodes) => {
                let mut whole = Part::nothing();
                for node in nodes {
                    let next = self.part(node);
                    whole = self.joined(whole, next);
                }
                whole
            }
            Node::Either(nodes) => {
                let mut whole = Part {
                    nullable: false,
                    ..Part::nothing()
                };
                for node in nodes {
                    let one = self.part(node);
                    unite(&mut whole.first, &one.first);
                    unite(&mut whole.last, &one.last);
                    whole.nullable |= one.nullable;
                }
                whole
            }
            Node::Repeat(node, least, most) => self.repeated(node, *least, *most),
        }
    }

    fn repeated(&mut self, node: &super::parse::Node, least: u32, most: Option<u32>) -> Part {
        let mut whole = Part::nothing();
        // Without an end the last copy goes round: what must come once at least is that copy itself.
        let copies = match node.positions() {
            // However often nothing comes, it is nothing.
            0 => 1,
            _ => most.unwrap_or(least.max(1)),
        };
        for copy in 1..=copies {
            let mut next = self.part(node);
            if most.is_none() && copy == copies {
                let (last, first) = (next.last, next.first);
                self.follows(&last, &first);
            }
            next.nullable |= copy > least;
            whole = self.joined(whole, next);
        }
        whole
    }

    fn position(&mut self, class: &Class) -> Part {
        let mut set = Set::default();
        let position = self.follow.len();
        insert(&mut set, position);
        self.follow.push(Set::default());
        match self.classes.iter_mut().find(|(known, _)| known == class) {
            Some((_, positions)) => unite(positions, &set),
            None => self.classes.push((class.clone(), set)),
        }
        Part {
            first: set,
            last: set,
            nullable: false,
        }
    }

    fn joined(&mut self, left: Part, right: Part) -> Part {
        self.follows(&left.last, &right.first);
        let (mut first, mut last) = (left.first, right.last);
        if left.nullable {
            unite(&mut first, &right.first);
        }
        if right.nullable {
            unite(&mut last, &left.last);
        }
        Part {
            first,
            last,
            nullable: left.nullable && right.nullable,
        }
    }

    /// All of `next` may follow each of `before`.
    fn follows(&mut self, before: &Set, next: &Set) {
        for position in members(before) {
            if let Some(follow) = self.follow.get_mut(position) {
                unite(follow, next);
            }
        }
    }

    /// Whether it matches the whole of `text`, and the states and classes that were looked at.
    pub(super) fn run(&self, text: &Said<'_>) -> (bool, u64) {
        // Before the first character nothing is read; what may come next is where a match begins.
        let (mut next, mut read) = (self.first, None::<Set>);
        let mut steps: u64 = 0;
        text.chars(&mut |c| {
            let mut now = Set::default();
            for (class, positions) in &self.classes {
                steps = steps.saturating_add(1);
                if meet(positions, &next) && class.holds(c, self.exact) {
                    unite(&mut now, positions);
                }
            }
            for (now, next) in now.iter_mut().zip(&next) {
                *now &= next;
            }
            next = Set::default();
            for position in members(&now) {
                steps = steps.saturating_add(1);
                if let Some(follow) = self.follow.get(position) {
                    unite(&mut next, follow);
                }
            }
            read = Some(now);
            // A text that cannot match any more is not read on.
            now.iter().any(|word| *word != 0)
        });
        let matches = match read {
            None => self.nullable,
            Some(read) => meet(&read, &self.last),
        };
        (matches, steps)
    }
}

impl Part {
    fn nothing() -> Self {
        Self {
            first: Set::default(),
            last: Set::default(),
            nullable: true,
        }
    }
}

fn unite(set: &mut Set, other: &Set) {
    for (word, other) in set.iter_mut().zip(other) {
        *word |= other;
    }
}

fn meet(a: &Set, b: &Set) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

fn insert(set: &mut Set, position: usize) {
    let bit = 1_u64.checked_shl(u32::try_from(position % 64).unwrap_or(0));
    if let Some(word) = set.get_mut(position / 64) {
        *word |= bit.unwrap_or(0);
    }
}

fn members(set: &Set) -> impl Iterator<Item = usize> + use<> {
    let set = *set;
    set.into_iter().enumerate().flat_map(|(at, word)| {
        let mut left = word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros();
            // Takes the lowest bit away.
            left &= left.wrapping_sub(1);
            (bit < 64).then(|| {
                usize::try_from(bit)
                    .unwrap_or(0)
                    .saturating_add(at.saturating_mul(64))
            })
        })
    })
}
