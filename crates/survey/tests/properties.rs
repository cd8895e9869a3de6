//! What holds of every expression and every response.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rapport_survey::Survey;
use rapport_survey::expr::{Expr, Op, Scope};
use rapport_survey::js::Js;
use serde_json::{Map, Value as Json, json};

/// Texts that look like expressions.
fn like_an_expression() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("{a}"),
        Just("{"),
        Just("}"),
        Just("("),
        Just(")"),
        Just("["),
        Just("]"),
        Just("'"),
        Just("\""),
        Just("'x'"),
        Just("1"),
        Just("0x1"),
        Just("-"),
        Just("."),
        Just(","),
        Just("and"),
        Just("or"),
        Just("!"),
        Just("="),
        Just("<>"),
        Just("contains"),
        Just("anyof"),
        Just("empty"),
        Just("null"),
        Just("true"),
        Just("f("),
        Just("会"),
        Just("\\'"),
        Just(" "),
        Just("negate")
    ];
    prop::collection::vec(token, 0..30).prop_map(|tokens| tokens.join(" "))
}

fn expr() -> impl Strategy<Value = Expr> {
    let text = "[a-zA-Z0-9'\" \\[\\]{}会,.!]{0,8}";
    let atom = prop_oneof![
        any::<bool>().prop_map(Expr::Bool),
        any::<i32>().prop_map(|n| Expr::Number(f64::from(n))),
        (0_i32..10_000).prop_map(|n| Expr::Number(f64::from(n) / 100.0)),
        text.prop_map(Expr::Text),
        "[bcdgh_][a-z0-9_]{0,6}".prop_map(Expr::Word),
        ("[a-z][a-z0-9 .会-]{0,6}", any::<bool>())
            .prop_map(|(name, as_is)| Expr::Answer { name, as_is }),
    ];
    let op = prop::sample::select(vec![
        Op::Or,
        Op::And,
        Op::Equal,
        Op::NotEqual,
        Op::Less,
        Op::LessOrEqual,
        Op::Greater,
        Op::GreaterOrEqual,
        Op::Contains,
        Op::NotContains,
        Op::AnyOf,
        Op::AllOf,
        Op::NoneOf,
        Op::Plus,
        Op::Minus,
        Op::Times,
        Op::Divide,
        Op::Modulo,
        Op::Power,
    ]);
    let leaf = prop_oneof![
        4 => atom.clone(),
        1 => atom.clone().prop_map(|it| Expr::Empty(Box::new(it))),
        1 => atom.prop_map(|it| Expr::NotEmpty(Box::new(it))),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            4 => (op.clone(), inner.clone(), inner.clone())
                .prop_map(|(op, left, right)| Expr::Binary(op, Box::new(left), Box::new(right))),
            1 => inner.clone().prop_map(|it| Expr::Not(Box::new(it))),
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::List),
            1 => ("[bcdgh][a-z]{0,5}", prop::collection::vec(inner, 0..3)).prop_map(|(name, it)| Expr::Call(name, it)),
        ]
    })
}

/// Anything a client may send, near to what it should.
fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3_i64..12).prop_map(Json::from),
        prop::sample::select(vec![
            "a", "b", "c", "other", "none", "1", "2.5", "true", " ", "A", "yes"
        ])
        .prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 6, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            inner.prop_map(|it| json!({"x": it})),
        ]
    })
}

fn choices() -> Json {
    json!(["a", "b", 1, 2.5])
}

fn survey() -> Survey {
    Survey::parse(&json!({"elements": [
        {"type": "radiogroup", "name": "one", "choices": choices()},
        {"type": "checkbox", "name": "many", "choices": choices(), "showOtherItem": true, "showNoneItem": true,
         "visibleIf": "{one} notempty"},
        {"type": "rating", "name": "rate", "rateMin": 0, "rateMax": 10, "enableIf": "{one} = 'a'"},
        {"type": "boolean", "name": "bool", "valueTrue": "yes"},
        {"type": "text", "inputType": "number", "name": "number", "min": 0, "visibleIf": "{many} contains 'a'"}
    ]}))
    .unwrap()
}

proptest! {
    #[test]
    fn reading_never_panics_and_neither_does_evaluating(text in prop_oneof![like_an_expression(), any::<String>()]) {
        if let Ok(expr) = Expr::parse(&text) {
            let mut scope = Scope::default();
            scope.insert("a", Js::Arr(vec![Js::Num(1.0), Js::Null, Js::Str("x".to_owned())]));
            expr.eval(&scope);
            expr.unsupported();
        }
    }

    #[test]
    fn a_printed_expression_reads_back_as_itself(expr in expr()) {
        let text = expr.to_string();
        let read = Expr::parse(&text);
        prop_assert_eq!(read.as_ref(), Ok(&expr), "{}", text);
    }

    #[test]
    fn nothing_is_kept_that_could_not_be_chosen(data in prop::collection::btree_map(
        prop::sample::select(vec!["one", "many", "many-Comment", "rate", "bool", "number", "else"]), value(), 0..7,
    )) {
        let data: Map<String, Json> = data.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
        let survey = survey();
        let Ok(checked) = survey.check(&data) else { return Ok(()) };
        let mut allowed = choices().as_array().unwrap().clone();
        if let Some(one) = checked.data.get("one") {
            prop_assert!(allowed.contains(one));
        }
        allowed.extend([json!("other"), json!("none")]);
        if let Some(many) = checked.data.get("many") {
            prop_assert!(many.as_array().unwrap().iter().all(|it| allowed.contains(it)));
        }
        if let Some(rate) = checked.data.get("rate") {
            prop_assert!((0..=10).any(|n| *rate == n));
        }
        if let Some(bool) = checked.data.get("bool") {
            prop_assert!(*bool == "yes" || *bool == false);
        }
        if let Some(number) = checked.data.get("number") {
            prop_assert!(number.as_f64().unwrap() >= 0.0);
        }
        // What is kept is answers; everything else that was given is reported; nothing is both.
        for name in checked.not_shown() {
            prop_assert!(!checked.data.contains_key(name));
        }
        for (name, given) in &data {
            let empty = given.is_null() || *given == json!([]) || *given == json!(" ");
            let dropped = checked.dropped.iter().any(|it| it.name == *name);
            prop_assert!(empty || dropped != checked.data.contains_key(name), "{} {:?}", name, checked);
        }
    }

    #[test]
    fn any_json_is_published_or_refused(document in value(), element in value()) {
        let _ = Survey::parse(&document);
        let _ = Survey::parse(&json!({"elements": [element.clone(), {"type": "text", "name": element, "min": document}]}));
    }
}
