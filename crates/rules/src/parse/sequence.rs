//! Sequences: steps in their order.

use serde_json::{Map, Value};

use super::{About, Parser, Place, kind};
use crate::rule::Node;
use crate::sequence::{Sequence, Step};

impl Parser {
    pub(super) fn sequence(
        &mut self,
        members: &Map<String, Value>,
        place: Place<'_>,
    ) -> Option<Node> {
        let at = place.pointer;
        if place.about != About::Customer {
            let detail =
                "events belong to a customer; a \"where\" only looks at one event or element";
            return self.wrong(format!("{at}/sequence"), "misplaced", detail);
        }
        self.only(members, &["sequence", "in", "within", "from", "to"], at);
        let steps = self.steps(members.get("sequence")?, place);
        let lasts = match members.get("in") {
            None => Some(None),
            Some(json) => self.span(json, &format!("{at}/in")).map(Some),
        };
        let window = self.window(members, at);
        Some(Node::Sequence(Box::new(Sequence {
            steps: steps?.into_boxed_slice(),
            lasts: lasts?,
            window: window?,
        })))
    }

    fn steps(&mut self, json: &Value, place: Place<'_>) -> Option<Vec<Step>> {
        let at = format!("{}/sequence", place.pointer);
        let Some(list) = json.as_array() else {
            let detail = format!("\"sequence\" is a list of steps, not {}", kind(json));
            return self.wrong(at, "wrong_type", detail);
        };
        if list.len() < 2 {
            let detail =
                "a sequence has at least two steps; one event alone is asked for with \"event\"";
            return self.wrong(at, "empty", detail);
        }
        if list.len() > Sequence::MOST_STEPS {
            let most = Sequence::MOST_STEPS;
            let detail = format!("a sequence has at most {most} steps");
            return self.wrong(at, "too_many_values", detail);
        }
        let mut steps: Vec<Step> = Vec::with_capacity(list.len());
        let mut whole = true;
        for (index, json) in list.iter().enumerate() {
            let pointer = format!("{at}/{index}");
            let place = Place {
                pointer: &pointer,
                depth: place.depth.saturating_add(1),
                about: place.about,
            };
            match self.step(json, place) {
                Some((event, filter)) => {
                    let alike = steps.iter().rposition(|step| step.event == event);
                    steps.push(Step {
                        event,
                        filter,
                        alike,
                    });
                }
                None => whole = false,
            }
        }
        whole.then_some(steps)
    }

    fn step(&mut self, json: &Value, place: Place<'_>) -> Option<(Box<str>, Option<Node>)> {
        let at = place.pointer;
        self.enter(place)?;
        let Some(members) = json.as_object() else {
            let detail = format!(
                "a step is an object such as {{\"event\": \"cart_viewed\"}}, not {}",
                kind(json)
            );
            return self.wrong(at, "wrong_type", detail);
        };
        self.only(members, &["event", "where"], at);
        let Some(event) = members.get("event") else {
            let detail = "a step names its \"event\"";
            return self.wrong(at, "missing_field", detail);
        };
        let event = self.event_name(event, &format!("{at}/event"));
        let filter = self.filter(members, place);
        Some((event?, filter?))
    }
}
