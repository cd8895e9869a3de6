//! What a rule says about other segments and about scores, and how their definitions are found.

use rapport_types::sort;
use std::sync::Arc;

use crate::evaluate::{self, Context};
use crate::field::positive;
use crate::found::{Found, Scope};
use crate::rule::{Field, Node, Rule, Test};
use crate::score::Score;
use crate::subject::Subject;
use crate::verdict::Verdict;

/// What the name of a segment stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A dynamic segment: its rule, linked already.
    Dynamic(Arc<Rule>),
    /// A manual segment or a snapshot: whoever was put into it is in it, see [`Subject::put_in`].
    Kept,
    /// There is no such segment, so nobody is in it.
    Unknown,
}

/// `{"segment": id}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SegmentReference {
    pub(crate) id: Box<str>,
    pub(crate) target: Target,
}

impl SegmentReference {
    /// Whether the segment has the customer.
    pub(crate) fn verdict(&self, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
        match &self.target {
            Target::Dynamic(rule) => evaluate::node(&rule.root, Scope::Subject(subject), cx),
            Target::Kept => Verdict::fixed(subject.put_in(&self.id)),
            Target::Unknown => Verdict::fixed(false),
        }
    }

    /// The same, without until when.
    pub(crate) fn holds(&self, subject: &dyn Subject, cx: Context<'_>) -> bool {
        match &self.target {
            Target::Dynamic(rule) => evaluate::holds(&rule.root, Scope::Subject(subject), cx),
            _ => self.verdict(subject, cx).matches,
        }
    }

    pub(crate) fn cost(&self) -> u32 {
        match &self.target {
            Target::Dynamic(rule) => rule.root.cost(),
            Target::Kept | Target::Unknown => 2,
        }
    }
}

/// `scores.<id>`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScoreReference {
    pub(crate) id: Box<str>,
    pub(crate) score: Option<Arc<Score>>,
}

impl ScoreReference {
    /// The answer of a test of the score, or of the name of its band. An unknown score is absent.
    pub(crate) fn verdict(
        &self,
        test: &Test,
        subject: &dyn Subject,
        cx: Context<'_>,
        of_band: bool,
    ) -> Verdict {
        let Some(score) = &self.score else {
            return positive(test, Found::Absent, cx);
        };
        let total = score.total(subject, cx);
        let found = match of_band {
            false => Found::Number(total.value),
            true => score.band(total.value).map_or(Found::Absent, Found::Text),
        };
        let answer = total.until.limit(positive(test, found, cx));
        Verdict {
            complete: total.complete,
            ..answer
        }
    }

    pub(crate) fn cost(&self) -> u32 {
        self.score.as_ref().map_or(1, |score| score.cost())
    }
}

impl Rule {
    /// The segments it names, in order, each as often as it is named. References of what it refers to are not among them.
    pub fn references(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.visit(&mut |node| {
            if let Node::Segment(reference) = node {
                names.push(&*reference.id);
            }
        });
        names
    }

    /// The scores it names, in order, each as often as it is named.
    pub fn score_references(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.visit(&mut |node| {
            if let Some(Field::Score(score) | Field::Band(score)) = node.field() {
                names.push(&*score.id);
            }
        });
        names
    }

    /// Takes what `find` says each segment's name stands for. A dynamic segment's rule has to be linked before;
    /// [`crate::Library`] does all of that in the right order, and finds cycles.
    pub fn link(&mut self, mut find: impl FnMut(&str) -> Target) {
        self.root.visit_mut(&mut |node| {
            if let Node::Segment(reference) = node {
                reference.target = find(&reference.id);
            }
        });
        self.root.sort();
    }

    /// Takes the scores that `find` says each name stands for; `None` is a score that is not there, and absent.
    pub fn link_scores(&mut self, mut find: impl FnMut(&str) -> Option<Arc<Score>>) {
        self.root.visit_mut(&mut |node| {
            if let Node::Field(test) = node
                && let Field::Score(score) | Field::Band(score) = &mut test.field
            {
                score.score = find(&score.id);
            }
        });
        self.root.sort();
    }

    /// How many nodes it has, those of its references not counted.
    pub(crate) fn nodes(&self) -> u32 {
        let mut nodes: u32 = 0;
        self.root.visit(&mut |_| nodes = nodes.saturating_add(1));
        nodes
    }

    /// How many states its patterns have, without those of what it refers to.
    pub(crate) fn states(&self) -> usize {
        let mut states: usize = 0;
        self.root.visit(&mut |node| {
            let test = match node {
                Node::Field(test) => &test.test,
                Node::Tags(test) => &test.test.test,
                _ => return,
            };
            if let Test::Matches(pattern) = test {
                states = states.saturating_add(pattern.states());
            }
        });
        states
    }
}

impl Node {
    /// The field it tests or lists.
    pub(crate) fn field(&self) -> Option<&Field> {
        match self {
            Self::Field(test) => Some(&test.field),
            Self::Tags(test) => Some(&test.test.field),
            Self::Each { list, .. } => Some(list),
            _ => None,
        }
    }

    /// This part and all within it, but not what it refers to.
    pub(crate) fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        visit(self);
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.visit(visit));
            }
            Self::Not(part) | Self::Each { rule: part, .. } => part.visit(visit),
            Self::Behaviour(test) => {
                if let Some(filter) = &test.filter {
                    filter.visit(visit);
                }
            }
            Self::Sequence(sequence) => {
                let filters = sequence
                    .steps
                    .iter()
                    .filter_map(|step| step.filter.as_ref());
                filters.for_each(|filter| filter.visit(visit));
            }
            Self::Field(_) | Self::Tags(_) | Self::Segment(_) => {}
        }
    }

    /// This part and all within it that may be about a customer.
    pub(crate) fn visit_mut(&mut self, visit: &mut dyn FnMut(&mut Node)) {
        visit(self);
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter_mut().for_each(|part| part.visit_mut(visit));
            }
            Self::Not(part) => part.visit_mut(visit),
            _ => {}
        }
    }

    /// Puts what is cheap first, now that more is known of what it costs.
    pub(crate) fn sort(&mut self) {
        self.visit_mut(&mut |node| {
            if let Self::All(parts) | Self::Any(parts) = node {
                sort::by_key(parts, Self::cost);
            }
        });
    }
}
