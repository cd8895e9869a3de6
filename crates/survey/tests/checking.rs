//! Responses held against a survey.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use rapport_survey::{Checked, Dropped, Reason, Survey};
use serde_json::{Value as Json, json};

fn check(survey: &Json, data: Json) -> Result<Checked, Vec<(String, String)>> {
    let survey = Survey::parse(survey).unwrap();
    survey
        .check(data.as_object().unwrap())
        .map_err(|found| found.into_iter().map(|it| (it.code, it.pointer)).collect())
}

fn visit() -> Json {
    json!({"pages": [
        {"elements": [
            {"type": "boolean", "name": "bought", "isRequired": true},
            {"type": "panel", "name": "purchase", "visibleIf": "{bought} = true", "elements": [
                {"type": "checkbox", "name": "what", "choices": ["shoes", "hats"], "showOtherItem": true,
                 "isRequired": true, "maxSelectedChoices": 2},
                {"type": "text", "inputType": "number", "name": "spent", "min": 0, "max": 10000}
            ]}
        ]},
        {"visibleIf": "{spent} >= 100", "elements": [
            {"type": "text", "inputType": "email", "name": "mail"}
        ]}
    ]})
}

#[test]
fn answers_on_a_branch_not_taken_are_dropped_and_reported() {
    let checked = check(
        &visit(),
        json!({"bought": false, "what": ["shoes"], "what-Comment": "x", "utm": "wechat"}),
    )
    .unwrap();
    assert_eq!(checked.not_shown(), ["what", "spent", "mail"]);
    assert_eq!(Json::from(checked.data), json!({"bought": false}));
    let dropped = |name: &str, reason| Dropped {
        name: name.to_owned(),
        reason,
    };
    assert_eq!(
        checked.dropped,
        [
            dropped("utm", Reason::UnknownName),
            dropped("what", Reason::NotShown),
            dropped("what-Comment", Reason::NotShown),
        ]
    );
}

#[test]
fn a_hidden_question_is_required_of_nobody_and_a_shown_one_of_all() {
    assert!(check(&visit(), json!({"bought": false})).is_ok());
    let found = check(&visit(), json!({"bought": true})).unwrap_err();
    assert_eq!(found, [("required".to_owned(), "/data/what".to_owned())]);
}

#[test]
fn what_is_wrong_on_a_branch_not_taken_does_not_matter() {
    assert!(
        check(
            &visit(),
            json!({"bought": false, "spent": "a lot", "what": "shoes"})
        )
        .is_ok()
    );
}

#[test]
fn every_wrong_answer_is_named_with_its_place() {
    let data =
        json!({"bought": true, "what": ["shoes", "socks"], "spent": 10001, "mail": "nobody"});
    let mut found = check(&visit(), data).unwrap_err();
    found.sort();
    let expected = [
        ("above_maximum", "/data/spent"),
        ("bad_email", "/data/mail"),
        ("unknown_choice", "/data/what"),
    ];
    let expected = expected.map(|(code, pointer)| (code.to_owned(), pointer.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn a_choice_of_ones_own_says_what_it_is() {
    let found = check(&visit(), json!({"bought": true, "what": ["other"]})).unwrap_err();
    assert_eq!(found[0].0, "other_without_comment");
    let given = json!({"bought": true, "what": ["other"], "what-Comment": "socks"});
    assert_eq!(
        Json::from(check(&visit(), given.clone()).unwrap().data),
        given
    );
    let unused = json!({"bought": true, "what": ["hats"], "what-Comment": "socks"});
    let checked = check(&visit(), unused).unwrap();
    assert_eq!(checked.dropped[0].reason, Reason::OtherNotChosen);
}

#[test]
fn answers_are_kept_as_the_definition_spells_them() {
    let survey = json!({"elements": [
        {"type": "radiogroup", "name": "size", "choices": [38, "large"]},
        {"type": "text", "inputType": "number", "name": "count"},
        {"type": "boolean", "name": "again"}
    ]});
    let checked = check(
        &survey,
        json!({"size": "38", "count": "1,5", "again": "true"}),
    )
    .unwrap();
    assert_eq!(
        Json::from(checked.data),
        json!({"size": 38, "count": 1.5, "again": true})
    );
}

#[test]
fn too_many_and_exclusive_choices_are_refused() {
    let survey = json!({"elements": [
        {"type": "checkbox", "name": "a", "choices": [1, 2, 3], "showNoneItem": true,
         "minSelectedChoices": 2, "maxSelectedChoices": 2}
    ]});
    let code = |data| check(&survey, data).unwrap_err()[0].0.clone();
    assert_eq!(code(json!({"a": [1, 2, 3]})), "too_many_choices");
    assert_eq!(code(json!({"a": [1]})), "too_few_choices");
    assert_eq!(code(json!({"a": [1, 1]})), "duplicate_choice");
    assert_eq!(code(json!({"a": [1, "none"]})), "exclusive_choice");
    assert!(check(&survey, json!({"a": ["none"]})).is_ok());
}

#[test]
fn a_required_panel_needs_one_answer() {
    let survey = json!({"elements": [{"type": "panel", "name": "p", "isRequired": true, "elements": [
        {"type": "text", "name": "phone"}, {"type": "text", "name": "mail"}
    ]}]});
    let found = check(&survey, json!({})).unwrap_err();
    assert_eq!(found, [("required".to_owned(), "/data/phone".to_owned())]);
    assert!(check(&survey, json!({"mail": "a"})).is_ok());
}

#[test]
fn what_is_read_only_is_asked_of_nobody() {
    let survey = json!({"elements": [
        {"type": "text", "name": "vip", "readOnly": true, "isRequired": true},
        {"type": "panel", "name": "p", "isRequired": true, "enableIf": "{vip} = 'yes'", "elements": [
            {"type": "text", "name": "phone", "isRequired": true}
        ]}
    ]});
    assert!(check(&survey, json!({})).is_ok());
    let mut found = check(&survey, json!({"vip": "yes"})).unwrap_err();
    found.dedup();
    assert_eq!(found, [("required".to_owned(), "/data/phone".to_owned())]);
}
