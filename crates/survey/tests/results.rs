//! Responses added up.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use rapport_survey::{Results, Survey, Tally};
use serde_json::{Value as Json, json};

fn survey(json: Json) -> Survey {
    Survey::parse(&json).unwrap()
}

fn add(tally: &mut Tally, survey: &Survey, version: u32, data: &Json) {
    let checked = survey.check(data.as_object().unwrap()).unwrap();
    tally.add(version, &checked.data, &checked.outcomes);
}

fn results(survey: &Survey, tally: &Tally) -> Json {
    serde_json::to_value(Results::new(survey, tally)).unwrap()
}

#[test]
fn a_question_is_answered_or_skipped_or_not_shown_in_every_response() {
    let survey = survey(json!({"elements": [
        {"type": "rating", "name": "nps", "rateMin": 0, "rateMax": 10, "title": "Recommend?"},
        {"type": "comment", "name": "why", "visibleIf": "{nps} <= 6"},
        {"type": "checkbox", "name": "what", "choices": ["shoes", {"value": "hats", "text": "Hats"}], "showOtherItem": true},
        {"type": "text", "inputType": "number", "name": "spent"}
    ]}));
    let mut tally = Tally::default();
    for data in [
        json!({"nps": 10, "what": ["shoes", "other"], "what-Comment": "socks", "spent": 0.1}),
        json!({"nps": 9, "why": "not asked", "what": ["shoes"], "spent": 0.2}),
        json!({"nps": 3, "why": "slow"}),
        json!({"nps": 6}),
        json!({}),
    ] {
        add(&mut tally, &survey, 1, &data);
    }
    let found = results(&survey, &tally);
    assert_eq!(found["responses"], 5);
    assert_eq!(found["versions"], json!({"1": 5}));
    let counts: Vec<[&Json; 3]> = found["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| [&it["answered"], &it["skipped"], &it["not_shown"]])
        .collect();
    assert_eq!(counts, [[4, 1, 0], [1, 1, 3], [2, 3, 0], [2, 3, 0]]);
    let nps = &found["questions"][0];
    assert_eq!(
        nps["nps"],
        json!({"promoters": 2, "passives": 0, "detractors": 2, "score": 0})
    );
    assert_eq!(
        nps["numbers"],
        json!({"count": 4, "sum": 28, "mean": 7, "min": 3, "max": 10})
    );
    assert_eq!(found["questions"][1]["latest"], json!(["slow"]));
    assert_eq!(
        found["questions"][2]["values"],
        json!([
            {"value": "shoes", "count": 2}, {"value": "hats", "text": "Hats", "count": 0}, {"value": "other", "count": 1}
        ])
    );
    assert_eq!(found["questions"][2]["latest"], json!(["socks"]));
    // 0.1 + 0.2 is 0.3: decimals, not binary floats.
    assert_eq!(found["questions"][3]["numbers"]["sum"].to_string(), "0.3");
}

#[test]
fn no_answers_are_null_and_not_zero() {
    let survey = survey(
        json!({"elements": [{"type": "rating", "name": "nps", "rateMin": 0, "rateMax": 10}]}),
    );
    let found = results(&survey, &Tally::default());
    assert_eq!(found["questions"][0]["nps"]["score"], Json::Null);
    assert!(found["questions"][0].get("numbers").is_none());
}

#[test]
fn answers_to_the_same_question_in_another_version_count_and_of_another_kind_do_not() {
    let first = survey(json!({"elements": [
        {"type": "radiogroup", "name": "a", "choices": ["x", "y"]}, {"type": "text", "name": "b"}
    ]}));
    let second = survey(json!({"elements": [
        {"type": "radiogroup", "name": "a", "choices": ["y", "z"]}, {"type": "boolean", "name": "b"}
    ]}));
    let mut tally = Tally::default();
    add(&mut tally, &first, 1, &json!({"a": "x", "b": "text"}));
    add(&mut tally, &second, 2, &json!({"a": "z", "b": true}));
    let found = results(&second, &tally);
    assert_eq!(found["versions"], json!({"1": 1, "2": 1}));
    assert_eq!(
        found["questions"][0]["values"],
        json!([{"value": "y", "count": 0}, {"value": "z", "count": 1}, {"value": "x", "count": 1}])
    );
    assert_eq!(found["questions"][1]["answered"], 1);
}

#[test]
fn a_tally_reads_back_as_it_was_written_and_stays_small() {
    let elements: Vec<Json> = (0..300)
        .map(|n| json!({"type": "comment", "name": format!("q{n}")}))
        .collect();
    let survey = survey(json!({"elements": elements}));
    let long = "满".repeat(500);
    let data: Json = (0..300)
        .map(|n| (format!("q{n}"), json!(long)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut tally = Tally::default();
    for _ in 0..12 {
        add(&mut tally, &survey, 1, &data);
    }
    let text = serde_json::to_string(&tally).unwrap();
    assert!(text.len() < 280_000, "{}", text.len());
    assert_eq!(serde_json::from_str::<Tally>(&text).unwrap(), tally);
}
