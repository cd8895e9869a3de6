//! How far a subject is with a rule, and rules whose events count only from a moment on: what missions need.

use rapport_types::{Decimal, Timestamp, Zone};

use crate::behaviour;
use crate::evaluate::Context;
use crate::moment::When;
use crate::rule::{Node, Rule};
use crate::subject::Subject;
use crate::text::Folds;
use crate::window::Window;

impl Rule {
    /// Lets no event before `from` count, in the zone of the shop. What the rule says by itself of when events count holds beside it; what
    /// it names elsewhere (a segment, a score, a tag that a rule puts on) stays as it is.
    pub fn count_from(&mut self, from: Timestamp, zone: &Zone) {
        narrow(&mut self.root, from, zone);
    }

    /// What a test of events has measured at `now`, and what it asks for at least; `None` of any other rule, and of one that asks
    /// for nothing in particular, such as no events at all.
    pub fn progress(
        &self,
        subject: &dyn Subject,
        now: Timestamp,
        zone: &Zone,
    ) -> Option<(Decimal, Decimal)> {
        let Node::Behaviour(test) = &self.root else {
            return None;
        };
        let target = test.bounds.at_least?;
        let folds = Folds::default();
        let cx = Context {
            now,
            zone,
            folds: &folds,
        };
        let measured = behaviour::measured(test, subject, cx);
        Some((measured.unwrap_or(Decimal::ZERO), target))
    }
}

fn narrow(node: &mut Node, from: Timestamp, zone: &Zone) {
    match node {
        Node::All(nodes) | Node::Any(nodes) => {
            for node in nodes {
                narrow(node, from, zone);
            }
        }
        Node::Not(node) => narrow(node, from, zone),
        Node::Behaviour(test) => later(&mut test.window, from, zone),
        Node::Sequence(sequence) => later(&mut sequence.window, from, zone),
        // Elements of a list are no events.
        Node::Field(_) | Node::Tags(_) | Node::Segment(_) | Node::Each { .. } => {}
    }
}

fn later(window: &mut Window, from: Timestamp, zone: &Zone) {
    let own = window.from.map(|own| own.stretch(zone).first());
    if own.is_none_or(|own| own < from) {
        window.from = Some(When::Moment(from));
    }
}
