//! What `survey-core` answers, recorded, and what this crate answers.
//!
//! The tables in `tests/survey-core/` were written by running `survey-core` 3.1.1 (npm, MIT licence, © Devsoft Baltic
//! OÜ) on surveys, data and expressions made at random for this test; no code of it is here. Its `README.md` says how
//! each line was made. Responses in the tables hold only what input fields can yield, for `survey-core` leaves
//! everything else to them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;

use rapport_survey::Survey;
use rapport_survey::expr::{Expr, Scope};
use rapport_survey::js::Js;
use rapport_survey::survey::Kind;
use serde_json::{Map, Value as Json, json};

/// The lines of a table; `SURVEY_CORE_TABLES` names another directory with larger ones.
fn table(name: &str) -> Vec<Json> {
    let own = || {
        let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
        format!("{here}/tests/survey-core")
    };
    let directory = std::env::var("SURVEY_CORE_TABLES").unwrap_or_else(|_| own());
    let text =
        std::fs::read_to_string(format!("{directory}/{name}.jsonl")).expect("the table is there");
    let lines: Vec<Json> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.len() > 20, "{name} is not empty");
    lines
}

/// Collects differences, so that one run shows all of them.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn note(&mut self, same: bool, say: impl FnOnce() -> String) {
        if !same {
            self.0.push(say());
        }
    }
}

impl Drop for Differences {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let first: Vec<&String> = self.0.iter().take(12).collect();
            assert!(
                self.0.is_empty(),
                "{} differences, such as {first:#?}",
                self.0.len()
            );
        }
    }
}

fn value(json: &Json) -> Js {
    match json.as_str() {
        Some("__undefined") => Js::Undefined,
        _ => Js::from_json(json),
    }
}

#[test]
fn an_expression_has_the_same_value() {
    let mut differences = Differences::default();
    for line in table("expressions") {
        let text = line["e"].as_str().unwrap();
        let read = Expr::parse(text);
        if let Some(syntax) = line.get("syntax") {
            // A lone null is read, and refused as a condition.
            let read = read.as_ref().is_ok_and(|expr| *expr != Expr::Null);
            differences.note(read == syntax.as_bool().unwrap(), || {
                format!("reading {text}: {read}")
            });
            continue;
        }
        let Ok(expr) = read else {
            differences.note(false, || format!("{text}: {}", read.unwrap_err()));
            continue;
        };
        if expr.unsupported().is_some() {
            continue;
        }
        let mut scope = Scope::default();
        // The model has a checkbox question of this name, which is an empty list when unanswered.
        scope.insert("c", Js::Arr(Vec::new()));
        for (name, answer) in line["data"].as_object().unwrap() {
            scope.insert(name, Js::from_json(answer));
        }
        let found = expr.eval(&scope);
        differences.note(found == value(&line["r"]), || format!("{line}: {found:?}"));
    }
}

#[test]
fn a_response_shows_the_same_questions_has_the_same_errors_and_keeps_the_same_answers() {
    let mut differences = Differences::default();
    let (mut kept, mut refused) = (0, 0);
    for line in table("responses") {
        let survey = Survey::parse(&line["survey"]).unwrap_or_else(|why| panic!("{line}: {why:?}"));
        let data: &Map<String, Json> = line["data"].as_object().unwrap();
        match survey.check(data) {
            Ok(checked) => {
                kept += 1;
                differences.note(line["ok"] == true, || format!("let through: {line}"));
                let mut hidden: Vec<&str> = line["hidden"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap())
                    .collect();
                let mut not_shown = checked.not_shown();
                hidden.sort_unstable();
                not_shown.sort_unstable();
                differences.note(hidden == not_shown, || {
                    format!("not shown {not_shown:?}: {line}")
                });
                let data = Json::Object(checked.data.clone());
                differences.note(data == expected(&line), || format!("kept {data}: {line}"));
            }
            Err(violations) => {
                refused += 1;
                let at: BTreeSet<&str> = violations
                    .iter()
                    .map(|it| it.pointer.strip_prefix("/data/").unwrap())
                    .collect();
                let named: BTreeSet<&str> = line["errs"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap())
                    .collect();
                differences.note(line["ok"] == false, || {
                    format!("refused {violations:?}: {line}")
                });
                differences.note(at == named, || format!("errors at {at:?}: {line}"));
            }
        }
    }
    assert!(
        kept > 20 && refused > 20,
        "both happen: {kept} kept, {refused} refused"
    );
}

/// What `survey-core` keeps, without what it leaves over: white space that it calls empty itself, and the comment
/// beside an answer that it drops because its question is not shown.
fn expected(line: &Json) -> Json {
    let mut kept = line["kept"].as_object().unwrap().clone();
    kept.retain(|_, it| it.as_str().is_none_or(|text| !text.trim().is_empty()) && *it != json!([]));
    for hidden in line["hidden"].as_array().unwrap() {
        kept.remove(&format!("{}-Comment", hidden.as_str().unwrap()));
    }
    Json::Object(kept)
}

#[test]
fn a_rating_has_the_same_places() {
    let mut differences = Differences::default();
    for line in table("scales") {
        let mut question = line["rating"].as_object().unwrap().clone();
        question.insert("type".to_owned(), json!("rating"));
        question.insert("name".to_owned(), json!("a"));
        let survey = Survey::parse(&json!({"elements": [question]})).unwrap();
        let Kind::Rating { values } = survey.questions()[0].kind() else {
            panic!()
        };
        differences.note(Json::from(values.clone()) == line["values"], || {
            format!("{values:?}: {line}")
        });
    }
}

#[test]
fn a_text_is_the_same_number_and_the_same_address() {
    let mut differences = Differences::default();
    for line in table("texts") {
        if let Some(address) = line.get("address") {
            let valid = rapport_survey::format::is_email(address.as_str().unwrap());
            differences.note(line["valid"] == valid, || format!("{line}"));
        } else {
            let number = rapport_survey::js::number::lenient(line["text"].as_str().unwrap());
            differences.note(line["number"].as_f64() == number, || {
                format!("{line}: {number:?}")
            });
        }
    }
}
