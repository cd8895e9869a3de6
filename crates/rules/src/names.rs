//! Which facts a rule names, so that whoever commits some of them evaluates only the rules that name these.

use std::collections::BTreeSet;

use crate::reference::Target;
use crate::rule::{Field, Node, Path, Rule};
use crate::score::Score;

/// Where a fact lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// The customer: traits, tags, events, orders, what they were put into.
    Customer,
    /// The points account.
    Account,
    /// The summary of the customer's feedback.
    Feedback,
}

/// The facts that a rule names, with those of the segments and scores that it is linked to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// The documents in which the facts live.
    pub documents: BTreeSet<Document>,
    /// Traits, as paths such as `address.city`.
    pub traits: BTreeSet<String>,
    /// Events, in snake_case.
    pub events: BTreeSet<String>,
    /// Fields with a name of their own, such as `tags`, `lifecycle` or `loyalty.tier`.
    pub fields: BTreeSet<&'static str>,
    /// Segments into which a customer is put by others.
    pub put_in: BTreeSet<String>,
    /// Scores, those included of which no definition was found.
    pub scores: BTreeSet<String>,
    /// Tags that rules put on, of which the rules are evaluated with this one.
    pub tags: BTreeSet<String>,
    /// Segments of which the rule is evaluated with this one, or that do not exist.
    pub segments: BTreeSet<String>,
}

impl Names {
    /// Whether some fact lives in `document`.
    pub fn reads(&self, document: Document) -> bool {
        self.documents.contains(&document)
    }

    fn of_rule(&mut self, rule: &Rule) {
        rule.root.visit(&mut |node| self.of_node(node));
    }

    fn of_node(&mut self, node: &Node) {
        if let Some(field) = node.field() {
            self.of_field(field);
        }
        match node {
            Node::Behaviour(test) => self.event(&test.event),
            Node::Sequence(sequence) => {
                sequence
                    .steps
                    .iter()
                    .for_each(|step| self.event(&step.event));
            }
            Node::Tags(test) => {
                for automatic in &test.automatic {
                    if self.tags.insert(automatic.name.to_string()) {
                        self.of_rule(&automatic.rule);
                    }
                }
            }
            Node::Segment(reference) => {
                let id = reference.id.to_string();
                match &reference.target {
                    Target::Kept => {
                        self.documents.insert(Document::Customer);
                        self.put_in.insert(id);
                    }
                    Target::Unknown => drop(self.segments.insert(id)),
                    // What has been looked at need not be looked at again.
                    Target::Dynamic(rule) if self.segments.insert(id) => self.of_rule(rule),
                    Target::Dynamic(_) => {}
                }
            }
            _ => {}
        }
    }

    fn of_field(&mut self, field: &Field) {
        match field {
            Field::Traits(path) => {
                self.documents.insert(Document::Customer);
                self.traits.insert(dotted(path));
            }
            Field::Score(reference) | Field::Band(reference) => {
                let new = self.scores.insert(reference.id.to_string());
                if let Some(score) = reference.score.as_deref().filter(|_| new) {
                    self.of_score(score);
                }
            }
            Field::Balance(_) => {
                self.documents.insert(Document::Account);
                self.fields.insert("loyalty.balances");
            }
            field => {
                if let Some(entry) = field.entry() {
                    self.documents.insert(entry.document);
                    self.fields.insert(entry.name);
                }
            }
        }
    }

    fn of_score(&mut self, score: &Score) {
        score.rules().for_each(|rule| self.of_rule(rule));
    }

    fn event(&mut self, name: &str) {
        self.documents.insert(Document::Customer);
        self.events.insert(name.to_owned());
    }
}

impl Rule {
    /// The facts that it names, as it is linked.
    pub fn names(&self) -> Names {
        let mut names = Names::default();
        names.of_rule(self);
        names
    }
}

impl Score {
    /// The facts that its clauses name, as they are linked.
    pub fn names(&self) -> Names {
        let mut names = Names::default();
        names.of_score(self);
        names
    }
}

fn dotted(path: &Path) -> String {
    path.join(".")
}
