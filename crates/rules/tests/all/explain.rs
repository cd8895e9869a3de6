//! Why a rule answers what it does, and what would make it answer otherwise.

use crate::common;
use crate::common::{Shopper, at, shanghai};
use proptest::prelude::*;
use rapport_rules::{Clause, Library, Lookup, Name, Rule, Score, evaluate, explain, explain_score};
use serde_json::{Value, json};

const NOW: &str = "2026-11-21";

/// No definition is known.
const ALONE: Lookup<'_> = Lookup {
    link: &|_| (),
    json: &|_| None,
};

fn why(shopper: &Shopper, rule: &Value) -> Clause {
    explain(rule, ALONE, shopper, at(NOW), &shanghai()).unwrap()
}

fn shopper() -> Shopper {
    let mut shopper = Shopper::default()
        .bought(at("2026-11-01"), 100.10)
        .bought(at("2026-11-10"), 200.20);
    shopper.traits = serde_json::from_value(json!({"city": "上海", "age": 30})).unwrap();
    shopper.tags = vec!["vip".to_owned()];
    shopper
}

/// Each change as `where: what from -> is value (by)`.
fn flip(clause: &Clause) -> Vec<String> {
    let shown = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
    let changes = clause.flip.iter().flatten();
    let changes = changes.map(|change| {
        let (from, value, by) = (&change.from, &change.value, &change.by);
        let (from, value, by) = (shown(from), shown(value), shown(by));
        format!(
            "{}: {} {from} -> {} {value} ({by})",
            change.pointer, change.what, change.is
        )
    });
    changes.collect()
}

#[test]
fn each_clause_is_told_with_its_value() {
    let rule = json!({"all": [
        {"field": "traits.city", "is": "in", "value": ["上海", "杭州"]},
        {"not": {"tag": "vip"}},
        {"event": "order_completed", "within": "30d", "count": {"at_least": 3}},
        {"event": "order_completed", "sum": "properties.total", "at_least": 1000},
        {"field": "traits.none", "is": "exists"},
    ]});
    let told = why(&shopper(), &rule);
    assert!(!told.matches);
    let rows: Vec<_> = told
        .parts
        .iter()
        .map(|part| {
            let value = part.value.as_ref().map(Value::to_string);
            (
                part.pointer.as_str(),
                part.clause.as_str(),
                part.matches,
                value,
            )
        })
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows,
        [
            (
                "/all/0",
                "traits.city in [\"上海\",\"杭州\"]",
                true,
                text("\"上海\"")
            ),
            ("/all/1", "not", false, None),
            (
                "/all/2",
                "event order_completed, count {\"at_least\":3}, within \"30d\"",
                false,
                text("2")
            ),
            (
                "/all/3",
                "event order_completed, at_least 1000, sum \"properties.total\"",
                false,
                text("300.3")
            ),
            ("/all/4", "traits.none exists", false, None),
        ]
    );
    let inner = &told.parts[1].parts[0];
    assert_eq!(
        (inner.pointer.as_str(), inner.clause.as_str(), inner.matches),
        ("/all/1/not", "tag vip", true)
    );
    assert_eq!(inner.value, Some(json!(["vip"])));
    // Everything that fails has to change.
    assert_eq!(
        flip(&told),
        [
            "/all/1/not: tag vip [\"vip\"] -> missing - (-)",
            "/all/2: event order_completed 2 -> at_least 3 (1)",
            "/all/3: event order_completed 300.3 -> at_least 1000 (699.7)",
            "/all/4: traits.none - -> exists - (-)",
        ]
    );
    // The third order leaves, or rather never was; the first of the two that are there leaves on 1 December.
    assert_eq!(told.parts[2].next_change_at, None);
}

#[test]
fn the_least_change_is_told() {
    let least = |rule: Value| flip(&why(&shopper(), &rule));
    let city = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    let often = json!({"event": "order_completed", "within": "30d", "count": {"at_least": 2, "at_most": 3}});
    assert_eq!(
        least(city.clone()),
        [": traits.city \"上海\" -> ne \"上海\" (-)"]
    );
    // One order fewer is nearer than two more.
    assert_eq!(
        least(often.clone()),
        [": event order_completed 2 -> less_than 2 (-1)"]
    );
    // One of `all` that pass is enough; of `any` that pass, each.
    assert_eq!(
        least(json!({"all": [city, often]})),
        ["/all/0: traits.city \"上海\" -> ne \"上海\" (-)"]
    );
    let any = json!({"any": [{"tag": "vip"}, {"field": "traits.age", "is": "gte", "value": 18}, {"tag": "x"}]});
    assert_eq!(
        least(any),
        [
            "/any/0: tag vip [\"vip\"] -> missing - (-)",
            "/any/1: traits.age 30 -> lt 18 (-12)",
        ]
    );
    let older = json!({"field": "traits.age", "is": "gt", "value": 40});
    assert_eq!(least(older), [": traits.age 30 -> gt 40 (10)"]);
    let list = json!({"field": "tags", "is": "contains_any", "value": ["a", "vip"]});
    assert_eq!(
        least(list),
        [": tags [\"vip\"] -> contains_none [\"a\",\"vip\"] (-)"]
    );
    assert_eq!(
        least(json!({"segment": "loyal"})),
        [": segment loyal - -> entered - (-)"]
    );
}

#[test]
fn also_what_is_no_number_has_a_change() {
    let shopper = || {
        let mut shopper = shopper().did("visit", at("2026-11-02"), json!({"from": "抖音"}));
        shopper
            .traits
            .insert("likes".to_owned(), json!(["茶", "酒"]));
        shopper
    };
    let least = |rule: Value| flip(&why(&shopper(), &rule)).join("; ");
    for (rule, change) in [
        (
            json!({"sequence": [{"event": "visit"}, {"event": "order_completed"}]}),
            ": sequence visit, order_completed - -> missing - (-)",
        ),
        (
            json!({"all": [{"sequence": [{"event": "gone"}, {"event": "back"}]}, {"tag": "x"}]}),
            "/all/0: sequence gone, back - -> exists - (-); /all/1: tag x [\"vip\"] -> exists - (-)",
        ),
        (
            json!({"each": "traits.likes", "where": {"field": "", "is": "eq", "value": "茶"}}),
            ": an element of traits.likes that passes - -> missing - (-)",
        ),
        (
            json!({"event": "visit", "last": "properties.from", "is": "eq", "value": "抖音"}),
            ": last event visit, properties.from - -> ne \"抖音\" (-)",
        ),
        (
            json!({"event": "gone", "first": "properties.from", "is": "ne", "value": "抖音"}),
            ": first event gone, properties.from - -> ne \"抖音\" (-)",
        ),
        (
            json!({"event": "gone", "avg": "properties.total", "at_most": 10}),
            ": event gone - -> at_most 10 (-)",
        ),
    ] {
        assert_eq!(least(rule.clone()), change, "{rule}");
    }
}

#[test]
fn what_no_data_would_change_has_no_change() {
    let always = json!({"event": "order_completed", "count": {"at_least": 0}});
    let told = why(&shopper(), &always);
    assert!(told.matches);
    assert_eq!(told.flip, None);
    let both = json!({"any": [always, {"tag": "vip"}]});
    assert_eq!(why(&shopper(), &both).flip, None);
}

#[test]
fn a_wrong_rule_is_refused_with_its_place() {
    let wrong = json!({"all": [{"not": {"tga": "vip"}}]});
    let refused = explain(&wrong, ALONE, &shopper(), at(NOW), &shanghai()).unwrap_err();
    assert_eq!(refused[0].pointer, "/all/0/not/tga");
}

proptest! {
    #[test]
    fn an_explanation_is_what_evaluation_says(
        rule in common::arbitrary::any_rule(),
        shopper in common::arbitrary::shopper(),
    ) {
        let Ok(parsed) = Rule::parse(&rule) else { return Ok(()) };
        let told = why(&shopper, &rule);
        let outcome = evaluate(&parsed, &shopper, at(NOW), &shanghai());
        prop_assert_eq!(told.matches, outcome.matches);
        prop_assert_eq!(told.next_change_at, outcome.next_change_at);
        check(&told, &rule)?;
    }
}

/// The parts make the whole, and its change is of clauses that are there.
fn check(told: &Clause, rule: &Value) -> Result<(), TestCaseError> {
    let answers: Vec<bool> = told.parts.iter().map(|part| part.matches).collect();
    let whole = match told.clause.as_str() {
        "all of" => answers.iter().all(|answer| *answer),
        "any of" => answers.iter().any(|answer| *answer),
        "not" => !answers[0],
        _ => told.matches,
    };
    prop_assert_eq!(whole, told.matches);
    for change in told.flip.iter().flatten() {
        prop_assert!(
            rule.pointer(&change.pointer).is_some(),
            "{}",
            change.pointer
        );
    }
    told.parts.iter().try_for_each(|part| check(part, rule))
}

#[test]
fn what_a_clause_names_is_explained_beneath_it_four_definitions_deep() {
    let rules = [
        ("gold", json!({"all": [{"tag": "vip"}, {"segment": "big"}]})),
        ("big", json!({"segment": "bigger"})),
        ("bigger", json!({"segment": "biggest"})),
        (
            "biggest",
            json!({"field": "rfm.monetary", "is": "gte", "value": 300}),
        ),
    ];
    let heat = json!({
        "clauses": [
            {"when": {"segment": "big"}, "points": 5, "label": "花得多"},
            {"when": {"tag": "asleep"}, "points": -2},
        ],
        "bands": [{"id": "hot", "at_least": 5}],
    });
    let asleep = json!({"field": "rfm.recency_days", "is": "gte", "value": 90});
    let mut library = Library::default();
    for (id, json) in &rules {
        library
            .segments
            .insert((*id).to_owned(), common::rule(json.clone()));
    }
    library
        .scores
        .insert("heat".to_owned(), Score::parse(&heat).unwrap());
    library
        .tags
        .insert("asleep".to_owned(), common::rule(asleep.clone()));
    let linked = library.link(|_| false);
    let link = |rule: &mut Rule| {
        rule.link(|id| match linked.segments.get(id) {
            Some(rule) => rapport_rules::Target::Dynamic(rule.clone()),
            None => rapport_rules::Target::Unknown,
        });
        rule.link_scores(|id| linked.scores.get(id).cloned());
        rule.link_tags(&linked.tags);
    };
    let json = |name: &Name| match name {
        Name::Segment(id) => Some(rules.iter().find(|(name, _)| name == id)?.1.clone()),
        Name::Score(id) => (id == "heat").then(|| heat.clone()),
        Name::Tag(id) => (id == "asleep").then(|| asleep.clone()),
    };
    let known = Lookup {
        link: &link,
        json: &json,
    };
    let asked = json!({"any": [
        {"segment": "gold"},
        {"field": "scores.heat.band", "is": "eq", "value": "hot"},
    ]});
    let told = explain(&asked, known, &shopper(), at(NOW), &shanghai()).unwrap();
    let of = |clause: &Clause| {
        (
            clause.of.clone().unwrap_or_default(),
            clause.pointer.clone(),
        )
    };
    let place = |of: &str, pointer: &str| (of.to_owned(), pointer.to_owned());
    let gold = &told.parts[0];
    assert_eq!((of(gold), gold.matches), (place("", "/any/0"), true));
    assert_eq!(of(&gold.parts[0]), place("segment gold", ""));
    let big = &gold.parts[0].parts[1];
    assert_eq!(of(big), place("", "/all/1"));
    assert_eq!(of(&big.parts[0]), place("segment big", ""));
    let bigger = &big.parts[0].parts[0];
    assert_eq!(of(bigger), place("segment bigger", ""));
    // Rule, gold, big, bigger: that is four.
    assert_eq!(bigger.parts, []);
    let score = &told.parts[1];
    assert_eq!(score.value, Some(json!("hot")));
    let clauses: Vec<_> = score
        .parts
        .iter()
        .map(|clause| {
            let (of, pointer) = of(clause);
            (
                of,
                pointer,
                clause.label.clone(),
                clause.points.clone(),
                clause.matches,
            )
        })
        .collect();
    let heat_of = |place: &str| ("score heat".to_owned(), place.to_owned());
    let (one, two) = (heat_of("/clauses/0/when"), heat_of("/clauses/1/when"));
    assert_eq!(
        clauses,
        [
            (
                one.0,
                one.1,
                Some("花得多".to_owned()),
                Some(json!(5)),
                true
            ),
            (two.0, two.1, None, Some(json!(-2)), false),
        ]
    );
    let tag = &score.parts[1];
    assert_eq!(tag.value, Some(json!(["vip"])));
    assert_eq!(of(&tag.parts[0]), place("tag asleep", ""));
    assert_eq!(tag.parts[0].value, Some(json!(11)));
    let clauses = explain_score(&heat, known, &shopper(), at(NOW), &shanghai()).unwrap();
    assert_eq!(clauses[0].parts[0].of.as_deref(), Some("segment big"));
}

#[test]
fn an_explanation_of_a_rule_that_names_much_again_and_again_ends() {
    let wide = json!({"any": vec![json!({"tag": "x"}); 200]});
    let rule = common::rule(wide.clone());
    let rule = std::sync::Arc::new(rule);
    let link = |of: &mut Rule| of.link(|_| rapport_rules::Target::Dynamic(rule.clone()));
    let json = |_: &Name| Some(wide.clone());
    let known = Lookup {
        link: &link,
        json: &json,
    };
    let asked = json!({"any": vec![json!({"segment": "wide"}); 200]});
    let told = explain(&asked, known, &shopper(), at(NOW), &shanghai()).unwrap();
    fn count(clause: &Clause) -> usize {
        1 + clause.parts.iter().map(count).sum::<usize>()
    }
    // What was begun is finished.
    let clauses = count(&told);
    assert!((2_000..2_000 + 201 + 200).contains(&clauses), "{clauses}");
    assert_eq!(told.parts.len(), 200);
}
