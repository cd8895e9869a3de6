//! What a programme may say: the last value that is taken, and the first that is not, each with its place.

use rapport_loyalty::Program;
use serde_json::{Value, json};

/// Tiers, a rule and a kind, all of them fine.
fn base() -> Value {
    json!({
        "points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "tiers": [
            {"id": "silver", "name": "Silver", "at_least": 0, "by": "points", "window": "30d"},
            {"id": "gold", "name": "Gold", "at_least": 300, "by": "points", "window": "30d"},
        ],
        "rules": [{"id": "gift", "name": "Gift", "points": 5}],
        "kinds": [{"id": "points", "name": "Points"}, {"id": "growth", "name": "Growth", "spendable": false}],
    })
}

/// The places of what is wrong, where the base has these values.
fn wrong(changes: &[(&str, Value)]) -> Vec<String> {
    let mut program = base();
    for (pointer, value) in changes {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match program.pointer_mut(parent).unwrap() {
            Value::Array(list) => list.push(value.clone()),
            parent => parent[field] = value.clone(),
        }
    }
    let program: Program = serde_json::from_value(program).unwrap();
    let wrong = program.check().into_iter();
    wrong
        .map(|wrong| format!("{} {}", wrong.pointer, wrong.code))
        .collect()
}

/// At `pointer` the first value is taken, and the second is not, at the same place.
#[track_caller]
fn border(pointer: &str, taken: Value, refused: Value, code: &str) {
    assert_eq!(wrong(&[(pointer, taken)]), [""; 0], "{pointer}");
    assert_eq!(
        wrong(&[(pointer, refused)]),
        [format!("{pointer} {code}")],
        "{pointer}"
    );
}

#[test]
fn the_base_is_fine_and_names_have_two_hundred_bytes() {
    assert_eq!(wrong(&[]), [""; 0]);
    for place in ["/tiers/1/name", "/rules/0/name", "/kinds/1/name"] {
        border(
            place,
            json!("n".repeat(200)),
            json!("n".repeat(201)),
            "out_of_range",
        );
        assert_eq!(
            wrong(&[(place, json!(""))]),
            [format!("{place} out_of_range")]
        );
    }
}

#[test]
fn the_rate_has_bounds() {
    let range = "out_of_range";
    border("/points/points", json!(0), json!(-1), range);
    border(
        "/points/activates_after",
        json!("366d"),
        json!("367d"),
        range,
    );
    border(
        "/points/activates_after",
        json!("0s"),
        json!("31622401s"),
        range,
    );
    for validity in [json!({"days": 1}), json!({"months": 1}), json!("never")] {
        let none = json!({"months": 0});
        border("/points/expires_after", validity, none, range);
    }
}

#[test]
fn tiers_have_bounds() {
    let range = "out_of_range";
    assert_eq!(
        wrong(&[("/tiers/0/at_least", json!(-1))]),
        ["/tiers/0/at_least out_of_range"]
    );
    let twenty: Vec<Value> = (0..21_i64)
        .map(|n| json!({"id": format!("t{n}"), "name": "T", "at_least": n, "by": "points"}))
        .collect();
    border("/tiers", json!(twenty[1..]), json!(twenty), "too_many");
    for days in ["1096d", "1d", "calendar_year"] {
        let both = [
            ("/tiers/0/window", json!(days)),
            ("/tiers/1/window", json!(days)),
        ];
        assert_eq!(wrong(&both), [""; 0], "{days}");
    }
    let both = [
        ("/tiers/0/window", json!("1097d")),
        ("/tiers/1/window", json!("1097d")),
    ];
    let places = [0, 1].map(|n| format!("/tiers/{n}/window out_of_range"));
    assert_eq!(wrong(&both), places);
    border("/tiers/1/at_least", json!(1), json!(0), "not_ascending");
    for (field, taken, refused) in [
        ("discount_percent", json!(1), json!(0)),
        ("discount_percent", json!(100), json!(101)),
        ("gifts", json!(vec!["g"; 20]), json!(vec!["g"; 21])),
        ("gifts", json!(["g".repeat(500)]), json!(["g".repeat(501)])),
        ("texts", json!(["t"]), json!(["t", ""])),
    ] {
        let benefits = |value: Value| json!({ field: value });
        let fine = [("/tiers/1/benefits", benefits(taken))];
        assert_eq!(wrong(&fine), [""; 0], "{field}");
        let not = [("/tiers/1/benefits", benefits(refused))];
        assert_eq!(wrong(&not), [format!("/tiers/1/benefits/{field} {range}")]);
    }
    for (amount, taken) in [(0, true), (-1, false)] {
        let free = json!({"free_delivery_from": {"amount": amount, "currency": "USD"}});
        assert_eq!(wrong(&[("/tiers/1/benefits", free)]).is_empty(), taken);
    }
}

#[test]
fn a_tier_is_kept_for_as_many_days_as_there_are() {
    let range = "/tier_policy/keep out_of_range";
    let with = |window: &str, policy: Value| {
        wrong(&[
            ("/tiers/0/window", json!(window)),
            ("/tiers/1/window", json!(window)),
            ("/tier_policy", policy),
        ])
    };
    // Window, keep and grace reach back together, 1,500 days at most: 1,000 and 400 and 100.
    for (window, keep, grace) in [
        ("1000d", "400d", 100),
        // A year is 366 days, the end of the next one 731: 1,500 less 1,096 less 366 are 38.
        ("1096d", "end_of_year", 38),
        ("calendar_year", "end_of_next_year", 403),
    ] {
        for (grace, taken) in [(grace, true), (grace + 1, false)] {
            let policy = json!({"keep": keep, "grace": format!("{grace}d")});
            let expected: &[&str] = if taken { &[] } else { &[range] };
            assert_eq!(with(window, policy), expected, "{window} {keep} {grace}");
        }
    }
    // By itself each is at most 1,400 days, which need a short window.
    assert_eq!(with("100d", json!({"keep": "1400d"})), [""; 0]);
    assert_eq!(with("10d", json!({"keep": "1401d"})), [range]);
    assert_eq!(with("100d", json!({"grace": "1400d"})), [""; 0]);
    assert_eq!(
        with("10d", json!({"grace": "1401d"})),
        ["/tier_policy/grace out_of_range"]
    );
    // Either is enough to step down by.
    for one in ["keep", "grace"] {
        let policy = json!({one: "1d", "downgrade": "one_step"});
        assert_eq!(with("30d", policy), [""; 0], "{one}");
    }
}

#[test]
fn rules_have_bounds() {
    let range = "out_of_range";
    let rules: Vec<Value> = (0..65)
        .map(|n| json!({"id": format!("r{n}"), "name": "R", "points": 1}))
        .collect();
    border("/rules", json!(rules[1..]), json!(rules), "too_many");
    let most = 1_000_000_000_000_i64;
    border("/rules/0/points", json!(most), json!(most + 1), range);
    border("/rules/0/points", json!(0), json!(-1), range);
    let event = |bytes: usize| json!({"event": "e".repeat(bytes)});
    let place = "/rules/0/when/event out_of_range";
    assert_eq!(wrong(&[("/rules/0/when", event(128))]), [""; 0]);
    assert_eq!(wrong(&[("/rules/0/when", event(129))]), [place]);
    assert_eq!(wrong(&[("/rules/0/when", event(0))]), [place]);
    for (amount, currency, found) in [
        (0, "USD", None),
        (-1, "USD", Some("/rules/0/minimum/amount out_of_range")),
        (0, "XXX", None),
        (0, "EUR", Some("/rules/0/minimum/currency other_currency")),
    ] {
        let minimum = json!({"amount": amount, "currency": currency});
        let found: Vec<&str> = found.into_iter().collect();
        assert_eq!(wrong(&[("/rules/0/minimum", minimum)]), found);
    }
    for (amount, found) in [(1, None), (0, Some("/rules/0/per/amount out_of_range"))] {
        let per = json!({"amount": amount, "currency": "USD"});
        let found: Vec<&str> = found.into_iter().collect();
        assert_eq!(wrong(&[("/rules/0/per", per)]), found);
    }
    let both = [
        ("/rules/0/per", json!({"amount": 1, "currency": "USD"})),
        ("/rules/0/multiplier", json!(2)),
    ];
    assert_eq!(wrong(&both), ["/rules/0/multiplier ambiguous"]);
    // Only orders have money; orders, events and check-ins have properties.
    let asks = json!({"field": "properties.channel", "is": "exists"});
    for (when, found) in [
        (json!("order"), None),
        (json!("check_in"), None),
        (json!({"event": "review"}), None),
        (json!("sign_up"), Some("/rules/0/where misplaced")),
        (
            json!({"segment_entered": "vip"}),
            Some("/rules/0/where misplaced"),
        ),
    ] {
        let found: Vec<&str> = found.into_iter().collect();
        let changes = [("/rules/0/when", when), ("/rules/0/where", asks.clone())];
        assert_eq!(wrong(&changes), found);
    }
    for field in ["items", "minimum"] {
        let value = match field {
            "items" => asks.clone(),
            _ => json!({"amount": 1, "currency": "USD"}),
        };
        let changes = [
            ("/rules/0/when", json!("check_in")),
            (&*format!("/rules/0/{field}"), value),
        ];
        assert_eq!(wrong(&changes), [format!("/rules/0/{field} misplaced")]);
    }
}

#[test]
fn all_rules_together_fit_the_programmes_document() {
    // A condition of so many bytes: 150,000 of JSON in all are taken, a byte more is not.
    let with = |bytes: usize| {
        let condition = json!({"tag": "t".repeat(bytes)});
        wrong(&[("/rules/0/condition", condition)])
    };
    let program: Program = serde_json::from_value(base()).unwrap();
    let rules = serde_json::to_string(&program.rules).unwrap().len();
    let around = r#","condition":{"tag":""}"#.len();
    assert_eq!(with(150_000 - rules - around), [""; 0]);
    assert_eq!(with(150_001 - rules - around), ["/rules too_large"]);
}

#[test]
fn caps_have_bounds() {
    let place = "/rules/0/caps";
    let one = |name: &str, cap: i64| wrong(&[(place, json!({ name: cap }))]);
    for name in [
        "per_day",
        "per_week",
        "per_month",
        "per_year",
        "per_customer",
        "per_campaign",
    ] {
        assert_eq!(one(name, 0), [""; 0], "{name}");
        assert_eq!(one(name, -1), [format!("{place}/{name} out_of_range")]);
    }
    let two = |small: &str, large: &str, less: i64| {
        wrong(&[(place, json!({small: 40 + less, large: 40}))])
    };
    for (small, large) in [
        ("per_day", "per_week"),
        ("per_week", "per_year"),
        ("per_month", "per_year"),
        ("per_year", "per_customer"),
        ("per_customer", "per_campaign"),
    ] {
        assert_eq!(two(small, large, 0), [""; 0], "{small}");
        let wrong = two(small, large, 1);
        assert_eq!(wrong, [format!("{place}/{small} out_of_range")]);
    }
    // A week may lie in two months.
    assert_eq!(two("per_week", "per_month", 1), [""; 0]);
    // All customers together are no matter of a customer's caps.
    let all = [("/caps", json!({"per_campaign": 5}))];
    assert_eq!(wrong(&all), ["/caps/per_campaign misplaced"]);
    assert_eq!(wrong(&[("/caps", json!({"per_day": 5}))]), [""; 0]);
    assert_eq!(wrong(&[("/caps", json!({}))]), ["/caps missing_field"]);
}

#[test]
fn kinds_have_bounds() {
    let range = "out_of_range";
    let kinds: Vec<Value> = (0..5)
        .map(|n| json!({"id": format!("k{n}"), "name": "K"}))
        .collect();
    // Four and the main one are five.
    border("/kinds", json!(kinds[1..]), json!(kinds), "too_many");
    border(
        "/kinds/1/activates_after",
        json!("366d"),
        json!("367d"),
        range,
    );
    border(
        "/kinds/1/expires_after",
        json!({"days": 1}),
        json!({"days": 0}),
        range,
    );
    // The main one only has a name here.
    let misplaced = "misplaced";
    border("/kinds/0/spendable", json!(true), json!(false), misplaced);
    for (field, value) in [
        ("expires_after", json!({"days": 1})),
        ("activates_after", json!("1d")),
    ] {
        let place = format!("/kinds/0/{field}");
        assert_eq!(wrong(&[(&place, value)]), [format!("{place} misplaced")]);
    }
    let again = json!([{"id": "k", "name": "K"}, {"id": "k", "name": "L"}]);
    assert_eq!(wrong(&[("/kinds", again)]), ["/kinds/1/id duplicate"]);
}

#[test]
fn what_names_a_kind_names_one_that_there_is() {
    let kind = "unknown_kind";
    border("/rules/0/kind", json!("growth"), json!("grow"), kind);
    border("/rules/0/kind", json!("points"), json!("grow"), kind);
    let tiers = |first: &str, second: &str| {
        wrong(&[
            ("/tiers/0/kind", json!(first)),
            ("/tiers/1/kind", json!(second)),
        ])
    };
    assert_eq!(tiers("growth", "growth"), [""; 0]);
    assert_eq!(tiers("growth", "points"), ["/tiers/1/kind mixed_tiers"]);
    assert_eq!(
        tiers("grow", "grow"),
        [0, 1].map(|n| format!("/tiers/{n}/kind unknown_kind"))
    );
    // The main kind is meant where none is named.
    assert_eq!(wrong(&[("/tiers/1/kind", json!("points"))]), [""; 0]);
    let by_spend = [
        ("/tiers/0/by", json!("spend")),
        ("/tiers/1/by", json!("spend")),
        ("/tiers/1/kind", json!("points")),
    ];
    assert_eq!(wrong(&by_spend), ["/tiers/1/kind misplaced"]);
}

#[test]
fn what_is_not_said_is_not_stored() {
    let text = serde_json::to_string(&serde_json::from_value::<Program>(base()).unwrap()).unwrap();
    let rule = r#"{"id":"gift","name":"Gift","points":5}"#;
    assert!(text.contains(&format!("\"rules\":[{rule}]")), "{text}");
    for other in ["multipliers", "active", "when"] {
        assert!(!text.contains(&format!("\"{other}\"")), "{text}");
    }
    let mut said = base();
    said["rules"][0]["active"] = json!(false);
    said["rules"][0]["when"] = json!("sign_up");
    said["multipliers"] = json!("highest");
    let program: Program = serde_json::from_value(said.clone()).unwrap();
    assert_eq!(
        serde_json::to_value(&program).unwrap()["rules"],
        said["rules"]
    );
    let stored = serde_json::to_value(&program).unwrap();
    assert_eq!(stored["multipliers"], said["multipliers"]);
}

#[test]
fn windows_and_policies_are_stored_as_they_were_said() {
    for window in ["30d", "calendar_year"] {
        for keep in ["90d", "end_of_year", "end_of_next_year"] {
            let mut said = base();
            said["tier_policy"] = json!({"keep": keep, "grace": "3d", "downgrade": "one_step"});
            said["tiers"][0]["window"] = json!(window);
            said["tiers"][1]["window"] = json!(window);
            let program: Program = serde_json::from_value(said.clone()).unwrap();
            let stored = serde_json::to_value(&program).unwrap();
            assert_eq!(stored["tier_policy"], said["tier_policy"]);
            assert_eq!(stored["tiers"], said["tiers"]);
        }
    }
    let mut said = base();
    said["tier_policy"] = json!({"keep": "sometimes"});
    let wrong = serde_json::from_value::<Program>(said).unwrap_err();
    assert!(wrong.to_string().contains("end_of_year"), "{wrong}");
}
