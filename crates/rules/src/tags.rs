//! Tests of tags, where rules put some of them on.
//!
//! `{"tag": "vip"}` and tests of `tags` look at what people put on a customer. Once a rule is linked with the shop's automatic tags,
//! those whose presence can make a difference to the test are evaluated with it: so the answer is as of the moment that is asked for,
//! and ends when the first of them comes or goes. Which these are follows from the test alone: `{"tag": "vip"}` reads one tag, and
//! `contains_any` those that it names, so an automatic tag may itself name other tags, as long as that leads to no circle.

use std::sync::Arc;

use rapport_types::{Timestamp, Zone};

use crate::evaluate::{self, Context};
use crate::field::{passes, positive};
use crate::found::{Found, One, Scope};
use crate::rule::{Field, FieldTest, Node, Rule, Test};
use crate::subject::Subject;
use crate::text::Folds;
use crate::verdict::{Any, Soonest, Verdict};

/// A tag that a rule puts on, under one of its names.
#[derive(Debug, Clone, PartialEq)]
pub struct Automatic {
    /// The tag.
    pub tag: Box<str>,
    /// The name by which rules know it: the tag itself, or what it was called before.
    pub name: Box<str>,
    /// Who has it: linked already.
    pub rule: Arc<Rule>,
}

impl Automatic {
    /// `tag` as rules know it by `name`.
    pub fn new(tag: &str, name: &str, rule: &Arc<Rule>) -> Self {
        Self {
            tag: tag.into(),
            name: name.into(),
            rule: Arc::clone(rule),
        }
    }
}

/// A test of tags, and the automatic tags that it reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TagsTest {
    pub(crate) test: FieldTest,
    pub(crate) automatic: Box<[Automatic]>,
}

impl TagsTest {
    /// The answer, and until when it holds.
    pub(crate) fn verdict(&self, subject: &dyn Subject, cx: Context<'_>) -> Verdict {
        let test = &self.test.test;
        let verdicts = self.automatic.iter().map(|automatic| {
            let verdict = evaluate::node(&automatic.rule.root, Scope::Subject(subject), cx);
            (automatic, verdict)
        });
        if matches!(test, Test::Eq(_)) {
            // Whichever has the name will do.
            let mut any = Any::new();
            let mut more = any.push(positive(test, Found::Tags(subject, &[]), cx));
            for (_, verdict) in verdicts {
                if !more {
                    break;
                }
                more = any.push(verdict);
            }
            return any.finish().not_if(self.test.negate);
        }
        let (mut until, mut complete, mut held) = (Soonest::default(), true, Vec::new());
        for (automatic, verdict) in verdicts {
            until.bring(verdict.next());
            complete &= verdict.complete;
            if verdict.matches {
                held.push(&*automatic.name);
            }
        }
        let answer = positive(test, Found::Tags(subject, &held), cx);
        let answer = until.limit(answer).not_if(self.test.negate);
        Verdict {
            complete: complete && answer.complete,
            ..answer
        }
    }

    /// The same, without until when.
    pub(crate) fn holds(&self, subject: &dyn Subject, cx: Context<'_>) -> bool {
        let held = self.held(subject, cx);
        positive(&self.test.test, Found::Tags(subject, &held), cx).matches != self.test.negate
    }

    /// The names of those that the customer has.
    pub(crate) fn held(&self, subject: &dyn Subject, cx: Context<'_>) -> Vec<&str> {
        let held = self
            .automatic
            .iter()
            .filter(|automatic| evaluate::holds(&automatic.rule.root, Scope::Subject(subject), cx));
        held.map(|automatic| &*automatic.name).collect()
    }

    /// The rules of the automatic tags.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.automatic.iter().map(|automatic| &*automatic.rule)
    }

    pub(crate) fn cost(&self) -> u32 {
        let rules = self.rules().map(|rule| rule.root.cost());
        rules.fold(self.test.cost(), u32::saturating_add)
    }
}

impl Rule {
    /// Whether it can make a difference to a test of tags in this rule that a customer has the tag `name`. What it refers to is not
    /// looked at.
    pub fn reads_tag(&self, name: &str) -> bool {
        let mut reads = false;
        self.root.visit(&mut |node| {
            reads = reads
                || match node {
                    Node::Field(test) if test.field == Field::Tags => {
                        makes_a_difference(&test.test, name)
                    }
                    Node::Tags(test) => makes_a_difference(&test.test.test, name),
                    _ => false,
                };
        });
        reads
    }

    /// Lets its tests of tags see the automatic ones, whose rules have to be linked before; [`crate::Library`] does all of that in
    /// the right order, and finds cycles.
    pub fn link_tags(&mut self, automatic: &[Automatic]) {
        if automatic.is_empty() {
            return;
        }
        self.root.visit_mut(&mut |node| {
            let Node::Field(test) = node else { return };
            if test.field != Field::Tags {
                return;
            }
            let read = automatic
                .iter()
                .filter(|automatic| makes_a_difference(&test.test, &automatic.name));
            let read: Box<[Automatic]> = read.cloned().collect();
            if !read.is_empty() {
                *node = Node::Tags(Box::new(TagsTest {
                    test: FieldTest::clone(test),
                    automatic: read,
                }));
            }
        });
        self.root.sort();
    }
}

/// Whether a list of tags may pass with `name` and fail without, or the other way round.
fn makes_a_difference(test: &Test, name: &str) -> bool {
    let (zone, folds) = (Zone::utc(), Folds::default());
    match test {
        // There always is a list.
        Test::Exists => false,
        Test::NotEmpty => true,
        Test::ContainsAny(wanted) | Test::ContainsAll(wanted) => {
            wanted.hold(One::Text(name), &zone, &folds)
        }
        // Time may make it one.
        Test::WithinLast(_) | Test::OlderThan(_) | Test::WithinNext(_) | Test::Anniversary(_) => {
            true
        }
        // These depend on the shop's zone.
        Test::Before(_) | Test::After(_) | Test::OnDay(_) => true,
        test => {
            let cx = Context {
                now: Timestamp::EPOCH,
                zone: &zone,
                folds: &folds,
            };
            passes(test, One::Text(name), cx)
        }
    }
}
