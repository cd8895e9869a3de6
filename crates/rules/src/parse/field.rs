//! Field tests: which field, which operator.

use rapport_lifetime::Group;
use rapport_types::Slug;
use rapport_types::violation::nearest;
use serde_json::{Map, Value};

use super::{About, Parser, Place, kind, listed};
use crate::fields::{self, Kind};
use crate::lifecycle::Stage;
use crate::moment::When;
use crate::operator::{self, Operator, Takes};
use crate::reference::ScoreReference;
use crate::rule::{Field, FieldTest, Node, Path};

impl Parser {
    pub(super) fn field(&mut self, members: &Map<String, Value>, place: Place<'_>) -> Option<Node> {
        let at = place.pointer;
        let field = self.field_name(members.get("field")?, &format!("{at}/field"), place.about);
        let operator = self.operator(members, at);
        let (operator, negate) = operator?;
        let test = self.test(operator, members, at, &["field"]);
        let (field, test) = (field?, test?);
        self.fits(&field, operator, members, at, "field")?;
        Some(Node::Field(Box::new(FieldTest::new(field, test, negate))))
    }

    /// Reads the name of the operator, and whether it is the negative of its pair.
    pub(super) fn operator(
        &mut self,
        members: &Map<String, Value>,
        at: &str,
    ) -> Option<(Operator, bool)> {
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
            About::Element if name.is_empty() => Some(Field::Element(Path::default())),
            About::Element => self.path(name, pointer).map(Field::Element),
        }
    }

    fn customer_field(&mut self, name: &str, pointer: &str) -> Option<Field> {
        if let Some(entry) = fields::find(name) {
            return Some(entry.field.clone());
        }
        match name.split_once('.') {
            Some(("traits", path)) => self.path(path, pointer).map(Field::Traits),
            Some(("scores", path)) => self.score(path, pointer),
            Some(("loyalty", path)) if path.starts_with("balances.") => self.balance(path, pointer),
            Some(("properties", _)) => {
                let detail = "properties belong to events: test them in the \"where\" of an event";
                self.wrong(pointer, "unknown_fact", detail)
            }
            _ => {
                let plain = fields::FIELDS.iter().map(|entry| entry.name);
                let related: Vec<&str> = match name.split_once('.') {
                    Some((family, _)) => {
                        let of = |name: &&str| {
                            let rest = name.strip_prefix(family);
                            rest.is_some_and(|rest| rest.starts_with('.'))
                        };
                        let more = (family == "loyalty").then_some("loyalty.balances.…");
                        plain.clone().filter(of).chain(more).collect()
                    }
                    None => Vec::new(),
                };
                let detail = match nearest(name, plain.clone()) {
                    _ if !related.is_empty() => {
                        format!("there is no field {name:?}; there are {}", listed(&related))
                    }
                    Some(meant) => format!("there is no field {name:?}; did you mean \"{meant}\"?"),
                    None => {
                        let names: Vec<&str> = plain.collect();
                        let others = listed(&names);
                        format!(
                            "there is no field {name:?}; there are \"traits.…\", \"scores.…\", {others}; a trait is named \"traits.{name}\""
                        )
                    }
                };
                self.wrong(pointer, "unknown_fact", detail)
            }
        }
    }

    /// `balances.<kind>`. Which kinds there are the programme says, which may change.
    fn balance(&mut self, path: &str, pointer: &str) -> Option<Field> {
        let kind = path.strip_prefix("balances.").unwrap_or_default();
        match Slug::parse(kind) {
            Ok(kind) => Some(Field::Balance(kind.as_str().into())),
            Err(error) => {
                let detail = format!(
                    "a balance is that of a kind of points, such as \"loyalty.balances.points\": {error}"
                );
                self.wrong(pointer, "unknown_fact", detail)
            }
        }
    }

    /// `<id>` or `<id>.band`.
    fn score(&mut self, path: &str, pointer: &str) -> Option<Field> {
        let (id, band) = match path.split_once('.') {
            None => (path, false),
            Some((id, "band")) => (id, true),
            Some(_) => {
                let detail = "a score is named \"scores.<id>\", its band \"scores.<id>.band\"";
                return self.wrong(pointer, "unknown_fact", detail);
            }
        };
        let reference = match Slug::parse(id) {
            Ok(id) => ScoreReference {
                id: id.as_str().into(),
                score: None,
            },
            Err(error) => {
                let detail = format!("a score is named by its id: {error}");
                return self.wrong(pointer, "unknown_fact", detail);
            }
        };
        Some(match band {
            true => Field::Band(reference),
            false => Field::Score(reference),
        })
    }

    /// The names between the dots of `path`.
    pub(super) fn path(&mut self, path: &str, pointer: &str) -> Option<Path> {
        let names: Path = path.split('.').map(Box::from).collect();
        if names.iter().any(|name| name.is_empty()) {
            let detail = "between the dots of a field stand names, such as \"traits.address.city\"";
            return self.wrong(pointer, "unknown_fact", detail);
        }
        Some(names)
    }

    /// Refuses what could never pass, because the field has a type of its own. Its name stands at `named`.
    pub(super) fn fits(
        &mut self,
        field: &Field,
        operator: Operator,
        members: &Map<String, Value>,
        at: &str,
        named: &str,
    ) -> Option<()> {
        let kind = field.kind();
        let name = members
            .get(named)
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !operator.suits(kind) {
            let names = operator::OPERATORS.iter();
            let suiting: Vec<&str> = names
                .filter(|(_, operator, _)| operator.suits(kind))
                .map(|(name, _, _)| *name)
                .collect();
            let detail = format!(
                "{name} is {}: ask about it with one of {}",
                is(kind),
                listed(&suiting)
            );
            return self.wrong(format!("{at}/is"), "wrong_type", detail);
        }
        // Other operands were checked for what they take.
        let compares = matches!(
            operator.takes(),
            Takes::One | Takes::Ordered | Takes::Pair | Takes::List
        );
        let values = match members.get("value").filter(|_| compares) {
            None => return Some(()),
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        let stages = Stage::ALL.map(|(_, name)| name);
        let groups = Group::ALL.map(|(_, _, names)| names.id);
        let wrong = |value: &&Value| match kind {
            Kind::Any | Kind::List => false,
            Kind::Number => !value.is_number(),
            Kind::Text => !value.is_string(),
            Kind::Moment => value.as_str().and_then(When::parse).is_none(),
            Kind::Stage => !value.as_str().is_some_and(|stage| stages.contains(&stage)),
            Kind::Group => !value.as_str().is_some_and(|group| groups.contains(&group)),
        };
        let Some(wrong) = values.iter().find(wrong) else {
            return Some(());
        };
        let at = format!("{at}/value");
        match kind {
            Kind::Group => {
                let detail = format!("{wrong} is no value group; they are {}", listed(&groups));
                self.wrong(at, "unknown_value", detail)
            }
            Kind::Stage => {
                let detail = format!("{wrong} is no stage of life; they are {}", listed(&stages));
                self.wrong(at, "unknown_value", detail)
            }
            kind => {
                let detail = format!("{name} is {}, so it is not compared with {wrong}", is(kind));
                self.wrong(at, "wrong_type", detail)
            }
        }
    }
}

/// What a field is, for people.
fn is(kind: Kind) -> &'static str {
    match kind {
        Kind::Any => "whatever the shop wrote",
        Kind::Number => "a number",
        Kind::Text => "text",
        Kind::Stage => "the name of a stage of life",
        Kind::Group => "the name of a value group",
        Kind::Moment => "a moment, written as in RFC 3339 or as a date such as 2026-11-21",
        Kind::List => "a list of texts",
    }
}
