//! What can be published and what is refused, with its place.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use rapport_survey::Survey;
use serde_json::{Value as Json, json};

/// Code and pointer of everything that stands in the way.
fn refused(survey: Json) -> Vec<(String, String)> {
    let violations = Survey::parse(&survey).err().unwrap_or_default();
    violations
        .into_iter()
        .map(|it| (it.code, it.pointer))
        .collect()
}

fn pair(code: &str, pointer: &str) -> (String, String) {
    (code.to_owned(), pointer.to_owned())
}

#[test]
fn a_survey_from_an_editor_is_published_with_its_looks_untouched() {
    let survey = json!({
        "title": {"default": "How was it?", "zh-cn": "您觉得怎么样？"},
        "logoPosition": "right", "showProgressBar": true, "widthMode": "static", "custom": {"any": "thing"},
        "completedHtml": "<h3>Thank you</h3>",
        "pages": [
            {"name": "page1", "title": "You", "elements": [
                {"type": "html", "name": "intro", "html": "<p>Hello</p>", "visibleIf": "today() > 1"},
                {"type": "rating", "name": "nps", "title": "Would you recommend us?", "rateMin": 0, "rateMax": 10,
                 "minRateDescription": "No", "isRequired": true},
                {"type": "panel", "name": "why", "visibleIf": "{nps} < 7", "elements": [
                    {"type": "comment", "name": "reason", "rows": 6, "placeholder": "Tell us"}
                ]}
            ]},
            {"name": "page2", "visibleIf": "{nps} notempty", "questions": [
                {"type": "checkbox", "name": "bought", "choices": ["shoes", {"value": 2, "text": {"default": "Hats"}}],
                 "showOtherItem": true, "hasNone": true, "colCount": 2}
            ]}
        ]
    });
    let survey = Survey::parse(&survey).unwrap();
    assert_eq!(survey.title(), Some("How was it?"));
    let names: Vec<&str> = survey.questions().iter().map(|it| it.name()).collect();
    assert_eq!(names, ["nps", "reason", "bought"]);
}

#[test]
fn an_element_that_is_not_supported_is_refused_with_its_place() {
    let survey = json!({"pages": [{"elements": [
        {"type": "text", "name": "a"},
        {"type": "panel", "name": "p", "elements": [{"type": "matrixdynamic", "name": "m"}]}
    ]}]});
    let found = refused(survey);
    assert_eq!(
        found,
        [pair(
            "unsupported_element",
            "/pages/0/elements/1/elements/0/type"
        )]
    );
}

#[test]
fn validators_and_properties_that_change_an_answer_are_refused_and_others_are_not() {
    let survey = json!({
        "triggers": [{"type": "complete", "expression": "{a} = 1"}],
        "calculatedValues": [],
        "clearInvisibleValues": "none",
        "elements": [
            {"type": "text", "name": "a", "validators": [{"type": "email"}, {"type": "regex", "regex": "^a"},
                {"type": "regex", "regex": "^b", "notificationType": "warning"}]},
            {"type": "dropdown", "name": "b", "choicesByUrl": {"url": "https://shop.example"}, "choices": [1]},
            {"type": "radiogroup", "name": "c", "choices": [{"value": 1, "visibleIf": "{a} = 1"}, 2]},
            {"type": "text", "name": "d", "maskType": "numeric", "defaultValue": "x", "setValueExpression": "{a}"},
            {"type": "radiogroup", "name": "e", "choices": [1], "showOtherItem": true, "hasComment": true}
        ]
    });
    let mut found = refused(survey);
    found.sort();
    assert_eq!(
        found,
        [
            pair("unsupported_property", "/clearInvisibleValues"),
            pair("unsupported_property", "/elements/1/choicesByUrl"),
            pair("unsupported_property", "/elements/2/choices/0/visibleIf"),
            pair("unsupported_property", "/elements/3/maskType"),
            pair("unsupported_property", "/elements/3/setValueExpression"),
            pair("unsupported_property", "/elements/4/hasComment"),
            pair("unsupported_property", "/triggers"),
            pair("unsupported_validator", "/elements/0/validators/1/type"),
        ]
    );
}

#[test]
fn an_expression_is_refused_when_it_cannot_be_read_or_carried_out_or_names_no_question() {
    let survey = json!({"elements": [
        {"type": "text", "name": "a", "visibleIf": "{b} = "},
        {"type": "text", "name": "b", "visibleIf": "age({a}) > 18"},
        {"type": "text", "name": "c", "requiredIf": "{a} + 1 > 2"},
        {"type": "text", "name": "d", "enableIf": "{nobody} = 1"},
        {"type": "text", "name": "e", "visibleIf": "{pageno} = 1 and {A} notempty"},
        {"type": "text", "name": "f", "validators": [{"type": "expression", "expression": "{c-Comment} empty"}]}
    ]});
    assert_eq!(
        refused(survey),
        [
            pair("bad_expression", "/elements/0/visibleIf"),
            pair("unsupported_function", "/elements/1/visibleIf"),
            pair("unsupported_operator", "/elements/2/requiredIf"),
            pair("unknown_reference", "/elements/3/enableIf"),
            pair("unsupported_reference", "/elements/4/visibleIf"),
            pair("unknown_reference", "/elements/5/validators/0/expression"),
        ]
    );
}

#[test]
fn names_are_there_and_differ() {
    let survey = json!({"questions": [
        {"type": "text"},
        {"type": "text", "name": "Q1"},
        {"type": "text", "name": "q1"},
        {"type": "text", "name": "{x}"},
        {"name": "untyped"},
        {"type": "text", "name": "k", "showCommentArea": true},
        {"type": "text", "name": "k-Comment"}
    ]});
    assert_eq!(
        refused(survey),
        [
            pair("missing_name", "/questions/0"),
            pair("duplicate_name", "/questions/2/name"),
            pair("bad_name", "/questions/3/name"),
            pair("missing_type", "/questions/4"),
            pair("duplicate_name", "/questions/6/name"),
        ]
    );
}

#[test]
fn choices_are_there_and_differ() {
    let survey = json!({"elements": [
        {"type": "radiogroup", "name": "a"},
        {"type": "radiogroup", "name": "b", "choices": [1, "1"]},
        {"type": "checkbox", "name": "c", "choices": ["x", {"text": "no value"}, ""]},
        {"type": "dropdown", "name": "d", "choices": ["other"], "hasOther": true},
        {"type": "boolean", "name": "e", "valueTrue": "yes", "valueFalse": "yes"},
        {"type": "rating", "name": "f", "rateStep": 0}
    ]});
    assert_eq!(
        refused(survey),
        [
            pair("no_choices", "/elements/0"),
            pair("duplicate_choice", "/elements/1/choices/1"),
            pair("bad_choice", "/elements/2/choices/1"),
            pair("bad_choice", "/elements/2/choices/2"),
            pair("duplicate_choice", "/elements/3/choices"),
            pair("bad_property", "/elements/4/valueFalse"),
            pair("bad_property", "/elements/5/rateStep"),
        ]
    );
}

#[test]
fn sizes_are_bounded() {
    assert_eq!(refused(json!([])), [pair("not_a_survey", "")]);
    assert_eq!(
        refused(json!({"title": "empty"})),
        [pair("no_questions", "")]
    );
    assert_eq!(
        refused(json!({"title": "x".repeat(260_000)})),
        [pair("too_large", "")]
    );
    let many: Vec<Json> = (0..301)
        .map(|n| json!({"type": "text", "name": format!("q{n}")}))
        .collect();
    assert_eq!(
        refused(json!({"elements": many})),
        [pair("too_many_questions", "/elements/300")]
    );
    let mut deep = json!({"type": "text", "name": "a"});
    for n in 0..13 {
        deep = json!({"type": "panel", "name": format!("p{n}"), "elements": [deep]});
    }
    assert_eq!(refused(json!({"elements": [deep]}))[0].0, "too_deep");
}
