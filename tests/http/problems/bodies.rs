//! What is sent is not what the route takes.

use rapport_tests::Shop;
use serde_json::{Value, json};

use super::table::prepared;

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let (_host, shop, routes) = prepared().await;
    for mutation in &routes.mutations {
        let name = mutation.name();
        let request = || shop.request(mutation.method.clone(), &mutation.path);
        let typed = || request().header("content-type", "application/json");
        let answered = Shop::send(typed().body("{\"a\":")).await;
        assert_eq!(answered.problem(), (400, "invalid_json"), "{name}");
        assert!(
            answered.body["detail"]
                .as_str()
                .is_some_and(|detail| detail.contains("line 1")),
            "{}",
            answered.body
        );

        let binary = Shop::send(typed().body(vec![0xff, 0xfe])).await;
        assert_eq!(binary.problem(), (400, "invalid_json"), "{name}");

        let form = request().header("content-type", "application/x-www-form-urlencoded");
        let answered = Shop::send(form.body("a=1")).await;
        assert_eq!(
            answered.problem(),
            (415, "unsupported_media_type"),
            "{name}"
        );

        let untyped = request().body(mutation.body().to_string());
        assert_eq!(
            Shop::send(untyped).await.problem(),
            (415, "unsupported_media_type"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_wrong_type_and_an_unknown_field_are_pointed_at() {
    let (_host, shop, routes) = prepared().await;
    for mutation in &routes.mutations {
        let name = mutation.name();
        let send = |body: Value| {
            let (shop, method) = (shop.clone(), mutation.method.clone());
            async move { shop.call(method, &mutation.path, &body).await }
        };
        // A list where every route takes an object.
        let answered = send(json!([1])).await;
        let wrong = (422, "invalid_input");
        assert_eq!(answered.problem(), wrong, "{name}: {}", answered.body);

        if let Some((pointer, value)) = &mutation.wrong {
            let mut body = mutation.body();
            body[&pointer[1..]] = value.clone();
            let answered = send(body).await;
            assert_eq!(answered.problem(), wrong, "{name}: {}", answered.body);
            assert_eq!(
                answered.pointers(),
                [pointer.as_str()],
                "{name}: {}",
                answered.body
            );
        }

        let mut body = mutation.body();
        body["favourite_colour"] = json!("red");
        let answered = send(body).await;
        let refuses = mutation.wrong.is_some() || mutation.body.is_none();
        if refuses {
            assert_eq!(answered.problem(), wrong, "{name}: {}", answered.body);
        } else {
            assert!(answered.status.is_success(), "{name}: {}", answered.body);
        }
        if mutation.wrong.is_some() {
            assert_eq!(answered.pointers(), ["/favourite_colour"], "{name}");
        }
    }
}

/// The pointers to the objects inside `value`.
fn objects(value: &Value, at: &str, into: &mut Vec<String>) {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in inside {
        let at = format!("{at}/{name}");
        objects(value, &at, into);
        if value.is_object() {
            into.push(at);
        }
    }
}

#[tokio::test]
async fn a_list_where_an_object_belongs_is_pointed_at() {
    let (_host, shop, routes) = prepared().await;
    let mut seen = 0;
    for mutation in &routes.mutations {
        // What one item of a batch is, its result says.
        if mutation.path == "/v1/batch" {
            continue;
        }
        let mut places = Vec::new();
        objects(&mutation.body(), "", &mut places);
        for place in places {
            let mut body = mutation.body();
            let object = body.pointer_mut(&place).expect("it is there");
            let fields = object.as_object().expect("an object");
            *object = fields.values().cloned().collect::<Vec<_>>().into();
            let answered = shop
                .call(mutation.method.clone(), &mutation.path, &body)
                .await;
            let name = format!("{} {place}", mutation.name());
            seen += 1;
            // A survey is kept as it is drawn up; what cannot be published is told.
            if mutation.name().starts_with("PUT /v1/surveys/") {
                let warnings = answered.ok();
                assert_eq!(warnings["warnings"][0]["pointer"], place, "{name}");
                continue;
            }
            assert_eq!(
                answered.problem(),
                (422, "invalid_input"),
                "{name}: {}",
                answered.body
            );
            assert_eq!(answered.pointers()[0], place, "{name}: {}", answered.body);
        }
    }
    assert!(seen > 20, "{seen}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (_host, shop, routes) = prepared().await;
    for mutation in &routes.mutations {
        let limit = if mutation.path == "/v1/batch" {
            4 * 1024 * 1024
        } else {
            256 * 1024
        };
        // White space is JSON's; the size alone is what is wrong.
        let body = format!("{}{}", mutation.body(), " ".repeat(limit));
        let request = shop
            .request(mutation.method.clone(), &mutation.path)
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(
            Shop::send(request).await.problem(),
            (413, "too_large"),
            "{}",
            mutation.name()
        );
    }
}
