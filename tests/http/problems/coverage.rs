//! No route is forgotten: what the components' sources route stands in the table, with every method that it takes.

use std::collections::BTreeSet;
use std::path::Path;

use rapport_tests::{Shop, root};
use reqwest::Method;

use super::table::prepared;

/// Routes that are no route: whoever calls them is told that they are not supported.
const REFUSED: [&str; 2] = ["/v1/alias", "/v1/group"];

/// The text of every source file below `folder`.
fn sources(folder: &Path, all: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path);
            all.push(text.unwrap_or_else(|error| panic!("{path:?}: {error}")));
        }
    }
}

/// The first argument of every `.route(`, where it is text: `/v1/customers/{id}`.
fn routed() -> BTreeSet<String> {
    let mut all = Vec::new();
    let components = std::fs::read_dir(root().join("components")).expect("there are components");
    for component in components.flatten() {
        sources(&component.path().join("src"), &mut all);
    }
    let mut routed = BTreeSet::new();
    for text in &all {
        for rest in text.split(".route(").skip(1) {
            let rest = rest.trim_start();
            if let Some(path) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                routed.insert(path.0.to_owned());
            }
        }
    }
    routed
}

/// How many of a pattern's parts are words; `None` where `path` is another route's.
fn matches(pattern: &str, path: &str) -> Option<usize> {
    let path = path.split('?').next().unwrap_or_default();
    let (pattern, path) = (pattern.split('/'), path.split('/'));
    if pattern.clone().count() != path.clone().count() {
        return None;
    }
    let mut words = 0;
    for (wanted, found) in pattern.zip(path) {
        match wanted.starts_with('{') {
            true => {}
            false if wanted == found => words += 1,
            false => return None,
        }
    }
    Some(words)
}

#[tokio::test]
async fn every_route_of_every_component_stands_in_the_table_with_every_method() {
    let (_host, shop, routes) = prepared().await;
    let patterns = routed();
    // As many as there were when this was written, so that the search is known to find them.
    assert!(patterns.len() >= 75, "{patterns:?}");
    let pattern_of = |path: &str| {
        let fits = |pattern: &&String| matches(pattern, path);
        patterns
            .iter()
            .filter(|p| fits(p).is_some())
            .max_by_key(fits)
    };
    let mut missing = Vec::new();
    for pattern in &patterns {
        if REFUSED.contains(&pattern.as_str()) {
            continue;
        }
        let here = |(_, path): &(Method, &str)| pattern_of(path) == Some(pattern);
        let known: Vec<(Method, &str)> = routes.all().filter(here).collect();
        let Some((_, path)) = known.first() else {
            missing.push(pattern.clone());
            continue;
        };
        let options = Shop::send(shop.request(Method::OPTIONS, path)).await;
        let allow = options.header("allow").unwrap_or_default().to_owned();
        for method in allow.split(',').map(str::trim) {
            let implied = ["HEAD", "OPTIONS"].contains(&method);
            if !implied && !known.iter().any(|(known, _)| known.as_str() == method) {
                missing.push(format!("{method} {pattern}"));
            }
        }
    }
    assert!(missing.is_empty(), "add to routes.txt: {missing:#?}");
    // And nothing stands there that is no route any more.
    for (_, path) in routes.all() {
        let known = pattern_of(path).is_some();
        let elsewhere = path.ends_with("/health") || path.starts_with("/.well-known/");
        assert!(known || elsewhere, "{path}");
    }
}

#[test]
fn words_are_told_from_places() {
    assert_eq!(matches("/v1/tags/{id}", "/v1/tags/t1?limit=1"), Some(3));
    assert_eq!(matches("/v1/tags/jobs", "/v1/tags/jobs"), Some(4));
    assert_eq!(matches("/v1/tags/jobs", "/v1/tags/t1"), None);
    assert_eq!(matches("/v1/tags/{id}", "/v1/tags/t1/apply"), None);
}
