//! Scores: the points of clauses summed, with bands.

use std::sync::Arc;

use rapport_types::violation::step;
use rapport_types::{Decimal, Slug, Timestamp, Violation, Zone, decimal, sort};
use serde_json::{Map, Value};

use crate::evaluate::{self, Context};
use crate::found::Scope;
use crate::reference::Target;
use crate::rule::Rule;
use crate::subject::Subject;
use crate::tags::Automatic;
use crate::text::Folds;
use crate::verdict::Soonest;

/// A number made of which of its clauses pass, each with its points. In rules it is `scores.<id>`, and the id of the
/// band into which it falls is `scores.<id>.band`.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    clauses: Vec<Clause>,
    /// By their lower ends, highest first.
    bands: Vec<Band>,
}

#[derive(Debug, Clone, PartialEq)]
struct Clause {
    rule: Rule,
    points: Decimal,
}

#[derive(Debug, Clone, PartialEq)]
struct Band {
    id: String,
    at_least: Decimal,
}

/// A score as of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored<'a> {
    /// The sum of the points of the clauses that pass.
    pub value: Decimal,
    /// The id of the band with the highest lower end that the value reaches, if it reaches any.
    pub band: Option<&'a str>,
    /// The earliest moment at which, with no new data, the value may change.
    pub next_change_at: Option<Timestamp>,
    /// False where a clause reaches back beyond the events that are kept singly.
    pub complete: bool,
}

/// What the clauses come to.
pub(crate) struct Total {
    pub(crate) value: Decimal,
    pub(crate) until: Soonest,
    pub(crate) complete: bool,
}

impl Score {
    /// The most clauses.
    pub const MAX_CLAUSES: usize = 64;
    /// The most bands.
    pub const MAX_BANDS: usize = 16;

    /// The most characters of a clause's label and of a band's name.
    pub const NAME_CHARS: usize = 100;

    /// Reads `{"clauses": [{"when": rule, "points": 10, "label": "…"}, …], "bands": [{"id": "hot", "name": "…", "at_least": 50}, …]}`,
    /// or says everything that is wrong with it. There is at least one clause; bands, labels and names may be left out, and are for
    /// people. Points may be negative.
    pub fn parse(json: &Value) -> Result<Self, Vec<Violation>> {
        let mut wrong = Vec::new();
        let score = read(json, &mut wrong);
        match score {
            Some(score) if wrong.is_empty() => Ok(score),
            _ => Err(wrong),
        }
    }

    /// What `subject` scores at `now`, days being those of `zone`.
    pub fn of(&self, subject: &dyn Subject, now: Timestamp, zone: &Zone) -> Scored<'_> {
        let folds = &Folds::default();
        let total = self.total(subject, Context { now, zone, folds });
        Scored {
            value: total.value,
            band: self.band(total.value),
            next_change_at: total.until.0,
            complete: total.complete,
        }
    }

    pub(crate) fn total(&self, subject: &dyn Subject, cx: Context<'_>) -> Total {
        let mut total = Total {
            value: Decimal::ZERO,
            until: Soonest::default(),
            complete: true,
        };
        for clause in &self.clauses {
            let verdict = evaluate::node(&clause.rule.root, Scope::Subject(subject), cx);
            if verdict.matches {
                total.value = total.value.saturating_add(clause.points);
            }
            total.until.bring(verdict.next());
            total.complete &= verdict.complete;
        }
        total
    }

    pub(crate) fn band(&self, value: Decimal) -> Option<&str> {
        let mut reached = self.bands.iter().filter(|band| value >= band.at_least);
        reached.next().map(|band| band.id.as_str())
    }

    /// The rules of its clauses.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.clauses.iter().map(|clause| &clause.rule)
    }

    /// As [`Rule::link`], for each clause.
    pub fn link(&mut self, mut find: impl FnMut(&str) -> Target) {
        for clause in &mut self.clauses {
            clause.rule.link(&mut find);
        }
    }

    /// As [`Rule::link_scores`], for each clause.
    pub fn link_scores(&mut self, mut find: impl FnMut(&str) -> Option<Arc<Score>>) {
        for clause in &mut self.clauses {
            clause.rule.link_scores(&mut find);
        }
    }

    /// As [`Rule::link_tags`], for each clause.
    pub fn link_tags(&mut self, automatic: &[Automatic]) {
        for clause in &mut self.clauses {
            clause.rule.link_tags(automatic);
        }
    }

    pub(crate) fn cost(&self) -> u32 {
        let costs = self.rules().map(|rule| rule.root.cost());
        costs.fold(1, u32::saturating_add)
    }
}

fn read(json: &Value, wrong: &mut Vec<Violation>) -> Option<Score> {
    let members = object(json, "", &["clauses", "bands"], wrong)?;
    let clauses = list(members, "clauses", Score::MAX_CLAUSES, wrong)?;
    if clauses.is_empty() {
        wrong.push(Violation::new(
            "/clauses",
            "empty",
            "a score has at least one clause",
        ));
    }
    let mut score = Score {
        clauses: Vec::with_capacity(clauses.len()),
        bands: Vec::new(),
    };
    for (index, json) in clauses.iter().enumerate() {
        score
            .clauses
            .extend(clause(json, &format!("/clauses/{index}"), wrong));
    }
    if members.contains_key("bands") {
        for (index, json) in list(members, "bands", Score::MAX_BANDS, wrong)?
            .iter()
            .enumerate()
        {
            let at = format!("/bands/{index}");
            let Some(band) = band(json, &at, wrong) else {
                continue;
            };
            if score
                .bands
                .iter()
                .any(|other| other.id == band.id || other.at_least == band.at_least)
            {
                let detail = "bands differ in their ids and in where they begin";
                wrong.push(Violation::new(at, "ambiguous", detail));
            }
            score.bands.push(band);
        }
    }
    sort::by_key(&mut score.bands, |band| std::cmp::Reverse(band.at_least));
    Some(score)
}

fn clause(json: &Value, at: &str, wrong: &mut Vec<Violation>) -> Option<Clause> {
    let members = object(json, at, &["when", "points", "label"], wrong)?;
    let points = number(members, "points", at, wrong);
    let rule = match members.get("when").map(Rule::parse) {
        Some(Ok(rule)) => Some(rule),
        Some(Err(violations)) => {
            let at = format!("{at}/when");
            wrong.extend(violations.into_iter().map(|violation| violation.under(&at)));
            None
        }
        None => {
            wrong.push(Violation::new(
                at,
                "missing_field",
                "a clause says \"when\" it counts, with a rule",
            ));
            None
        }
    };
    name(members, "label", at, wrong);
    Some(Clause {
        rule: rule?,
        points: points?,
    })
}

fn band(json: &Value, at: &str, wrong: &mut Vec<Violation>) -> Option<Band> {
    let members = object(json, at, &["id", "name", "at_least"], wrong)?;
    let at_least = number(members, "at_least", at, wrong);
    name(members, "name", at, wrong);
    let (place, code, detail) = match members.get("id").map(Value::as_str) {
        None => (
            at.to_owned(),
            "missing_field",
            "a band has an id".to_owned(),
        ),
        Some(None) => (format!("{at}/id"), "wrong_type", "an id is text".to_owned()),
        Some(Some(id)) => match Slug::parse(id) {
            Ok(id) => {
                return Some(Band {
                    id: id.into(),
                    at_least: at_least?,
                });
            }
            Err(error) => (format!("{at}/id"), "invalid_value", error.to_string()),
        },
    };
    wrong.push(Violation::new(place, code, detail));
    None
}

/// Checks what people call something, if they do.
fn name(members: &Map<String, Value>, field: &str, at: &str, wrong: &mut Vec<Violation>) {
    let (code, detail) = match members.get(field) {
        None => return,
        Some(Value::String(text)) => match text.chars().count() {
            count if count <= Score::NAME_CHARS => return,
            _ => {
                let most = Score::NAME_CHARS;
                ("too_long", format!("this has at most {most} characters"))
            }
        },
        Some(_) => ("wrong_type", "this is text".to_owned()),
    };
    wrong.push(Violation::new(format!("{at}/{field}"), code, detail));
}

fn object<'a>(
    json: &'a Value,
    at: &str,
    known: &[&str],
    wrong: &mut Vec<Violation>,
) -> Option<&'a Map<String, Value>> {
    let Some(members) = json.as_object() else {
        let detail = format!("here stands an object with {}", known.join(", "));
        wrong.push(Violation::new(at, "wrong_type", detail));
        return None;
    };
    for key in members.keys().filter(|key| !known.contains(&key.as_str())) {
        let detail = format!(
            "there is no {key:?} here; what may be here is {}",
            known.join(", ")
        );
        wrong.push(Violation::new(
            format!("{at}{}", step(key)),
            "unknown_field",
            detail,
        ));
    }
    Some(members)
}

fn list<'a>(
    members: &'a Map<String, Value>,
    name: &str,
    most: usize,
    wrong: &mut Vec<Violation>,
) -> Option<&'a [Value]> {
    let (at, code, detail) = match members.get(name) {
        Some(Value::Array(list)) if list.len() <= most => return Some(list),
        Some(Value::Array(_)) => {
            let detail = format!("there are at most {most} {name}");
            (format!("/{name}"), "too_many_values", detail)
        }
        Some(_) => (
            format!("/{name}"),
            "wrong_type",
            format!("{name} are a list"),
        ),
        None => (
            String::new(),
            "missing_field",
            format!("a score has {name}"),
        ),
    };
    wrong.push(Violation::new(at, code, detail));
    None
}

fn number(
    members: &Map<String, Value>,
    name: &str,
    at: &str,
    wrong: &mut Vec<Violation>,
) -> Option<Decimal> {
    let (at, code, detail) = match members.get(name) {
        Some(Value::Number(number)) => match decimal::from_number(number) {
            Some(number) => return Some(number),
            None => (
                format!("{at}/{name}"),
                "invalid_value",
                "a number has at most 28 digits",
            ),
        },
        Some(_) => (format!("{at}/{name}"), "wrong_type", "this is a number"),
        None => (at.to_owned(), "missing_field", "here is a number missing"),
    };
    wrong.push(Violation::new(at, code, format!("{detail} ({name})")));
    None
}
