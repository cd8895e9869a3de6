//! Field tests: which field, which operator.

use serde_json::{Map, Value};

use super::{About, Parser, Place, kind, listed};
use crate::lifecycle::Stage;
use crate::operator::{self, Operator, nearest};
use crate::rule::{Field, FieldTest, Node, Score, Test};
use rapport_lifetime::{Group, Measure};

/// The fields of a customer that stand alone.
const PLAIN: [(&str, Field); 12] = [
    ("tags", Field::Tags),
    ("created_at", Field::CreatedAt),
    ("lifecycle", Field::Lifecycle),
    ("rfm.recency_days", Field::Recency),
    ("rfm.frequency", Field::Frequency),
    ("rfm.monetary", Field::Monetary),
    ("rfm.r", Field::Score(Score::Recency)),
    ("rfm.f", Field::Score(Score::Frequency)),
    ("rfm.m", Field::Score(Score::Monetary)),
    ("rfm.value_group", Field::ValueGroup),
    ("lifetime.p_alive", Field::Lifetime(Measure::Alive)),
    (
        "lifetime.expected_orders_90d",
        Field::Lifetime(Measure::OrdersIn90Days),
    ),
];

impl Parser {
    pub(super) fn field(&mut self, members: &Map<String, Value>, place: Place<'_>) -> Option<Node> {
        let at = place.pointer;
        let field = self.field_name(members.get("field")?, &format!("{at}/field"), place.about);
        let operator = self.operator(members, at);
        let (operator, negate) = operator?;
        if operator == Operator::Matches {
            return self.wrong(
                format!("{at}/is"),
                "unsupported",
                "patterns are not supported yet; use contains, starts_with or ends_with",
            );
        }
        let test = self.test(operator, members, at);
        let (field, test) = (field?, test?);
        self.fits(&field, operator, &test, members, at)?;
        Some(Node::Field(FieldTest {
            field,
            test,
            negate,
        }))
    }

    fn operator(&mut self, members: &Map<String, Value>, at: &str) -> Option<(Operator, bool)> {
        let name = match members.get("is") {
            Some(Value::String(name)) => name,
            Some(other) => {
                let detail = format!(
                    "\"is\" names an operator such as \"eq\", not {}",
                    kind(other)
                );
                return self.wrong(format!("{at}/is"), "wrong_type", detail);
            }
            None => {
                let detail =
                    "a field test needs \"is\", the operator: \"eq\", \"in\", \"within_last\" …";
                return self.wrong(at, "missing_field", detail);
            }
        };
        operator::find(name).or_else(|| {
            let detail = match operator::suggest(name) {
                Some(meant) => format!("there is no operator {name:?}; did you mean \"{meant}\"?"),
                None => {
                    let names: Vec<&str> = operator::OPERATORS
                        .iter()
                        .map(|(name, _, _)| *name)
                        .collect();
                    format!(
                        "there is no operator {name:?}; there are {}",
                        listed(&names)
                    )
                }
            };
            self.wrong(format!("{at}/is"), "unknown_operator", detail)
        })
    }

    /// Reads the name of a field.
    pub(super) fn field_name(
        &mut self,
        json: &Value,
        pointer: &str,
        about: About,
    ) -> Option<Field> {
        let Some(name) = json.as_str() else {
            let detail = format!(
                "a field is named by text such as \"traits.city\", not {}",
                kind(json)
            );
            return self.wrong(pointer, "wrong_type", detail);
        };
        match about {
            About::Customer => self.customer_field(name, pointer),
            About::Event => match name.split_once('.') {
                _ if name == "at" => Some(Field::At),
                Some(("properties", path)) => self.path(path, pointer).map(Field::Properties),
                _ => {
                    let detail =
                        format!("an event has \"properties.…\" and \"at\"; {name:?} is neither");
                    self.wrong(pointer, "unknown_fact", detail)
                }
            },
            About::Element if name.is_empty() => Some(Field::Element(Vec::new())),
            About::Element => self.path(name, pointer).map(Field::Element),
        }
    }

    fn customer_field(&mut self, name: &str, pointer: &str) -> Option<Field> {
        if let Some((_, field)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Some(field.clone());
        }
        match name.split_once('.') {
            Some(("traits", path)) => self.path(path, pointer).map(Field::Traits),
            Some((facts @ ("loyalty" | "feedback"), _)) => {
                let detail = format!("fields of \"{facts}\" are not supported in rules yet");
                self.wrong(pointer, "unsupported", detail)
            }
            Some(("properties", _)) => {
                let detail = "properties belong to events: test them in the \"where\" of an event";
                self.wrong(pointer, "unknown_fact", detail)
            }
            _ => {
                let plain = PLAIN.iter().map(|(plain, _)| *plain);
                let detail = match nearest(name, plain.clone()) {
                    Some(meant) => format!("there is no field {name:?}; did you mean \"{meant}\"?"),
                    None => {
                        let names: Vec<&str> = plain.collect();
                        let others = listed(&names);
                        format!(
                            "there is no field {name:?}; there are \"traits.…\", {others}; a trait is named \"traits.{name}\""
                        )
                    }
                };
                self.wrong(pointer, "unknown_fact", detail)
            }
        }
    }

    /// The names between the dots of `path`.
    pub(super) fn path(&mut self, path: &str, pointer: &str) -> Option<Vec<String>> {
        let names: Vec<String> = path.split('.').map(str::to_owned).collect();
        if names.iter().any(String::is_empty) {
            let detail = "between the dots of a field stand names, such as \"traits.address.city\"";
            return self.wrong(pointer, "unknown_fact", detail);
        }
        Some(names)
    }

    /// Refuses what could never pass, because the field has a type of its own.
    fn fits(
        &mut self,
        field: &Field,
        operator: Operator,
        test: &Test,
        members: &Map<String, Value>,
        at: &str,
    ) -> Option<()> {
        let name = members
            .get("field")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let anything = matches!(operator, Operator::Exists | Operator::NotEmpty);
        let compares = matches!(
            operator,
            Operator::Eq
                | Operator::In
                | Operator::Lt
                | Operator::Lte
                | Operator::Gt
                | Operator::Gte
                | Operator::Between
        );
        use crate::rule::Scalar;
        match field {
            _ if anything => Some(()),
            Field::Recency
            | Field::Frequency
            | Field::Monetary
            | Field::Score(_)
            | Field::Lifetime(_) => {
                let numbers = test
                    .scalars()
                    .all(|scalar| matches!(scalar, Scalar::Number(_)));
                if compares && numbers {
                    return Some(());
                }
                let (pointer, detail) = if compares {
                    (
                        "value",
                        format!("{name} is a number, so it is compared with numbers"),
                    )
                } else {
                    (
                        "is",
                        format!(
                            "{name} is a number: eq, in, lt, lte, gt, gte and between ask about it"
                        ),
                    )
                };
                self.wrong(format!("{at}/{pointer}"), "wrong_type", detail)
            }
            Field::Lifecycle => {
                let stages = Stage::ALL.map(|(_, name)| name);
                self.named(name, "stage of life", &stages, operator, members, at)
            }
            Field::ValueGroup => {
                let groups = Group::ALL.map(|(_, _, names)| names.id);
                self.named(name, "value group", &groups, operator, members, at)
            }
            Field::CreatedAt | Field::At if compares => {
                if test
                    .scalars()
                    .all(|scalar| matches!(scalar, Scalar::Text(_, Some(_))))
                {
                    return Some(());
                }
                let detail = format!(
                    "{name} is a moment, so it is compared with RFC 3339 moments or dates such as \"2026-11-21\""
                );
                self.wrong(format!("{at}/value"), "wrong_type", detail)
            }
            _ => Some(()),
        }
    }

    /// Refuses what could never pass about a field that holds one of `names`.
    fn named(
        &mut self,
        field: &str,
        what: &str,
        names: &[&str],
        operator: Operator,
        members: &Map<String, Value>,
        at: &str,
    ) -> Option<()> {
        if !matches!(operator, Operator::Eq | Operator::In) {
            let detail =
                format!("{field} is the name of a {what}: eq, ne, in and not_in ask about it");
            return self.wrong(format!("{at}/is"), "wrong_type", detail);
        }
        let given = match members.get("value") {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let unknown = given
            .iter()
            .find(|given| !given.as_str().is_some_and(|given| names.contains(&given)));
        if let Some(unknown) = unknown {
            let detail = format!("{unknown} is no {what}; they are {}", listed(names));
            return self.wrong(format!("{at}/value"), "unknown_value", detail);
        }
        Some(())
    }
}
