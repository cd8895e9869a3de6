//! What is wrong with a programme whose tiers go by segments.

use rapport_loyalty::Program;

#[test]
fn what_is_wrong_has_its_place() {
    let wrong = |tier: &str| -> Vec<(String, String)> {
        let program = format!(
            r#"{{"points": {{"per": {{"amount": 100, "currency": "USD"}}, "points": 1}}, "tiers": [{tier}]}}"#
        );
        let program: Program = serde_json::from_str(&program).unwrap();
        let wrong = program.check().into_iter();
        wrong
            .map(|violation| (violation.pointer, violation.code.to_string()))
            .collect()
    };
    let one = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    let named = |rest: &str| format!(r#"{{"id": "vip", "name": "VIP", {rest}}}"#);
    let by = r#""segment": "a", "by": "points""#;
    assert_eq!(wrong(&named(by)), one("/tiers/0/by", "ambiguous"));
    let least = r#""segment": "a", "at_least": 1"#;
    assert_eq!(wrong(&named(least)), one("/tiers/0/at_least", "ambiguous"));
    let window = r#""segment": "a", "window": "30d""#;
    assert_eq!(wrong(&named(window)), one("/tiers/0/window", "ambiguous"));
    let nothing = r#""by": "points""#;
    assert_eq!(
        wrong(&named(nothing)),
        one("/tiers/0/at_least", "missing_field")
    );
    let two = format!(
        "{}, {}",
        named(r#""segment": "a""#),
        r#"{"id": "b", "name": "B", "segment": "a"}"#
    );
    assert_eq!(wrong(&two), one("/tiers/1/segment", "duplicate"));
    // Others are measured as if it did not stand between them.
    let descending = r#"{"id": "x", "name": "X", "at_least": 5, "by": "points"}, {"id": "y", "name": "Y", "segment": "a"}, {"id": "z", "name": "Z", "at_least": 5, "by": "orders"}"#;
    let found = wrong(descending);
    assert_eq!(
        found[0],
        ("/tiers/2/at_least".to_owned(), "not_ascending".to_owned())
    );
    assert_eq!(
        found[1],
        ("/tiers/2/by".to_owned(), "mixed_tiers".to_owned())
    );
}
