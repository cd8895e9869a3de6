//! All segments, scores and automatic tags of a shop together: cycles among them, and linking them in the right order.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::reference::Target;
use crate::rule::Rule;
use crate::score::Score;
use crate::tags::Automatic;

/// The dynamic segments, the scores and the automatic tags of a shop, by id.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// The rules of dynamic segments.
    pub segments: BTreeMap<String, Rule>,
    /// The scores.
    pub scores: BTreeMap<String, Score>,
    /// The rules of tags that have one.
    pub tags: BTreeMap<String, Rule>,
    /// Other names by which rules may know tags: which tag each means.
    pub aliases: BTreeMap<String, String>,
}

/// Definitions that know one another.
#[derive(Debug, Clone, Default)]
pub struct Linked {
    /// The rules of dynamic segments.
    pub segments: BTreeMap<String, Arc<Rule>>,
    /// The scores.
    pub scores: BTreeMap<String, Arc<Score>>,
    /// The rules of automatic tags, under every name that they have.
    pub tags: Vec<Automatic>,
}

/// A definition's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// A segment's id.
    Segment(String),
    /// A score's id.
    Score(String),
    /// A tag.
    Tag(String),
}

/// Why definitions cannot stand as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tangled {
    /// Each refers to the next, and the last to the first.
    Cycle(Vec<Name>),
    /// The first refers to the second, which is at the head of [`Library::MAX_CHAIN`] definitions already.
    TooDeep(Name, Name),
    /// What this one refers to, directly and indirectly, has more than [`Library::MAX_NODES`] nodes.
    TooLarge(Name),
    /// The patterns of all definitions have more than [`Library::MAX_STATES`] states together.
    Patterns,
}

/// What is known of a definition that was looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: u32,
    /// Of patterns.
    states: usize,
    chain: usize,
}

impl Library {
    /// The longest chain of references: a definition without references is 1 long.
    pub const MAX_CHAIN: usize = 8;
    /// The most nodes of a definition with all that it refers to, each as often as it is referred to.
    pub const MAX_NODES: u32 = 4_096;
    /// The most states of patterns: characters and classes, after repetitions are written out, of all definitions, each with all that it
    /// refers to. A commit of a customer evaluates all definitions, and reads the texts once for each state at worst.
    pub const MAX_STATES: usize = 16_384;

    /// Whether the definitions can stand as they are: no cycle, no chain too long, none too large. A name without a
    /// definition is no mistake here.
    pub fn check(&self) -> Result<(), Tangled> {
        match self.order().1 {
            Some(tangled) => Err(tangled),
            None => Ok(()),
        }
    }

    /// Links all of them. `kept` says which names are manual segments or snapshots; any other name without a
    /// definition is unknown. A reference that [`Library::check`] would refuse finds nobody.
    pub fn link(self, kept: impl Fn(&str) -> bool) -> Linked {
        let (order, _) = self.order();
        let Self {
            mut segments,
            mut scores,
            mut tags,
            aliases,
        } = self;
        let mut linked = Linked::default();
        for name in order {
            let segment = |id: &str| match linked.segments.get(id) {
                Some(rule) => Target::Dynamic(Arc::clone(rule)),
                None if kept(id) => Target::Kept,
                None => Target::Unknown,
            };
            let score = |id: &str| linked.scores.get(id).map(Arc::clone);
            match name {
                Name::Segment(id) => {
                    if let Some(mut rule) = segments.remove(&id) {
                        rule.link(segment);
                        rule.link_scores(score);
                        rule.link_tags(&linked.tags);
                        linked.segments.insert(id, Arc::new(rule));
                    }
                }
                Name::Score(id) => {
                    if let Some(mut definition) = scores.remove(&id) {
                        definition.link(segment);
                        definition.link_scores(score);
                        definition.link_tags(&linked.tags);
                        linked.scores.insert(id, Arc::new(definition));
                    }
                }
                Name::Tag(id) => {
                    if let Some(mut rule) = tags.remove(&id) {
                        rule.link(segment);
                        rule.link_scores(score);
                        rule.link_tags(&linked.tags);
                        let rule = Arc::new(rule);
                        let also = aliases.iter().filter(|(_, of)| **of == id);
                        let names = also.map(|(alias, _)| alias).chain([&id]);
                        let named = names.map(|name| Automatic::new(&id, name, &rule));
                        let named: Vec<Automatic> = named.collect();
                        linked.tags.extend(named);
                    }
                }
            }
        }
        // What is tangled stands alone.
        for (id, rule) in segments {
            linked.segments.entry(id).or_insert_with(|| Arc::new(rule));
        }
        for (id, score) in scores {
            linked.scores.entry(id).or_insert_with(|| Arc::new(score));
        }
        linked
    }

    /// What can be linked, each after all that it refers to; and what is wrong, if anything is.
    fn order(&self) -> (Vec<Name>, Option<Tangled>) {
        let mut walk = Walk {
            library: self,
            sizes: BTreeMap::new(),
            path: Vec::new(),
            order: Vec::new(),
            tangled: None,
            states: 0,
        };
        let segments = self.segments.keys().cloned().map(Name::Segment);
        let scores = self.scores.keys().cloned().map(Name::Score);
        let tags = self.tags.keys().cloned().map(Name::Tag);
        for name in segments.chain(scores).chain(tags) {
            walk.visit(&name);
        }
        (walk.order, walk.tangled)
    }

    /// What a definition refers to, each as often as it does; and its own size. `None` where there is no definition.
    fn mentions(&self, name: &Name) -> Option<(Vec<Name>, Size)> {
        let (mut mentions, mut own) = (Vec::new(), Size::default());
        let mut add = |rule: &Rule| {
            let segments = rule.references().into_iter();
            mentions.extend(segments.map(|id| Name::Segment(id.to_owned())));
            let scores = rule.score_references().into_iter();
            mentions.extend(scores.map(|id| Name::Score(id.to_owned())));
            let names = self.tags.keys().map(|tag| (tag, tag)).chain(&self.aliases);
            let read =
                names.filter(|(name, tag)| self.tags.contains_key(*tag) && rule.reads_tag(name));
            mentions.extend(read.map(|(_, tag)| Name::Tag(tag.clone())));
            own.nodes = own.nodes.saturating_add(rule.nodes());
            own.states = own.states.saturating_add(rule.states());
        };
        match name {
            Name::Segment(id) => add(self.segments.get(id)?),
            Name::Score(id) => self.scores.get(id)?.rules().for_each(add),
            Name::Tag(id) => add(self.tags.get(id)?),
        }
        Some((mentions, own))
    }
}

struct Walk<'a> {
    library: &'a Library,
    /// `None` where it is tangled.
    sizes: BTreeMap<Name, Option<Size>>,
    /// The definitions that are being looked at, each of which refers to the next.
    path: Vec<Name>,
    order: Vec<Name>,
    tangled: Option<Tangled>,
    /// Of patterns, so far.
    states: usize,
}

impl Walk<'_> {
    /// The size of a definition; `None` where it is tangled.
    fn visit(&mut self, name: &Name) -> Option<Size> {
        if let Some(size) = self.sizes.get(name) {
            return *size;
        }
        if let Some(from) = self.path.iter().position(|other| other == name) {
            let cycle = self.path.get(from..).unwrap_or(&[]).to_vec();
            self.tangled.get_or_insert(Tangled::Cycle(cycle));
            return None;
        }
        let Some((mentions, own)) = self.library.mentions(name) else {
            return Some(Size::default());
        };
        self.path.push(name.clone());
        let size = self.sum(name, &mentions, own);
        self.path.pop();
        if size.is_some() {
            self.order.push(name.clone());
        }
        self.sizes.insert(name.clone(), size);
        size
    }

    fn sum(&mut self, name: &Name, mentions: &[Name], own: Size) -> Option<Size> {
        let (mut fine, mut chain, mut deepest) = (true, 0, None);
        let Size {
            mut nodes,
            mut states,
            ..
        } = own;
        for mention in mentions {
            let Some(size) = self.visit(mention) else {
                fine = false;
                continue;
            };
            nodes = nodes.saturating_add(size.nodes);
            states = states.saturating_add(size.states);
            if size.chain > chain {
                (chain, deepest) = (size.chain, Some(mention));
            }
        }
        let chain = chain.saturating_add(1);
        if chain > Library::MAX_CHAIN {
            let next = deepest.unwrap_or(name).clone();
            self.tangled
                .get_or_insert(Tangled::TooDeep(name.clone(), next));
            fine = false;
        } else if nodes > Library::MAX_NODES {
            self.tangled.get_or_insert(Tangled::TooLarge(name.clone()));
            fine = false;
        }
        self.states = self.states.saturating_add(states);
        if self.states > Library::MAX_STATES {
            // Each can be linked all the same.
            self.tangled.get_or_insert(Tangled::Patterns);
        }
        fine.then_some(Size {
            nodes,
            states,
            chain,
        })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment(id) => write!(f, "segment {id}"),
            Self::Score(id) => write!(f, "score {id}"),
            Self::Tag(id) => write!(f, "tag {id}"),
        }
    }
}

/// For people.
impl fmt::Display for Tangled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycle(path) => {
                for name in path {
                    write!(f, "{name} refers to ")?;
                }
                match path.first() {
                    Some(first) => write!(f, "{first}"),
                    None => Ok(()),
                }
            }
            Self::TooDeep(from, to) => write!(
                f,
                "{from} refers to {to}, and from there on references go too deep: a chain has at most {} definitions",
                Library::MAX_CHAIN
            ),
            Self::TooLarge(name) => write!(
                f,
                "{name} with all that it refers to has more than {} parts",
                Library::MAX_NODES
            ),
            Self::Patterns => write!(
                f,
                "the patterns of all definitions have more than {} characters and classes together, once repetitions are written out; contains and starts_with cost less",
                Library::MAX_STATES
            ),
        }
    }
}
