//! The bad cases of every route: each is a problem with its code, and nothing is written.

use rapport_tests::{Host, Shop};
use reqwest::Method;
use serde_json::{Value, json};

/// A route that takes JSON, with a body that it takes, and whether it refuses unknown fields.
struct Mutation {
    method: Method,
    path: &'static str,
    body: Value,
    strict: bool,
    /// A field of the body and a value of another type, for `wrong_type` there.
    wrong: Option<(&'static str, Value)>,
}

fn mutations() -> Vec<Mutation> {
    let strict = |method: Method, path, body, wrong: (&'static str, Value)| Mutation {
        method,
        path,
        body,
        strict: true,
        wrong: Some(wrong),
    };
    let open = |method: Method, path, body| Mutation {
        method,
        path,
        body,
        strict: false,
        wrong: None,
    };
    vec![
        strict(
            Method::PUT,
            "/v1/customers/c1",
            json!({"traits": {"name": "李雷"}}),
            ("/traits", json!(7)),
        ),
        strict(
            Method::PATCH,
            "/v1/customers/c1",
            json!({"traits": {"city": "上海"}}),
            ("/traits", json!([])),
        ),
        open(
            Method::POST,
            "/v1/identify",
            json!({"userId": "c1", "traits": {"a": 1}}),
        ),
        open(
            Method::POST,
            "/v1/track",
            json!({"userId": "c1", "event": "viewed"}),
        ),
        open(
            Method::POST,
            "/v1/batch",
            json!({"batch": [{"type": "track", "userId": "c1", "event": "viewed"}]}),
        ),
        strict(
            Method::PUT,
            "/v1/segments/s1",
            json!({"name": "常客", "rule": {"field": "rfm.frequency", "is": "gte", "value": 2}}),
            ("/name", json!({})),
        ),
        strict(
            Method::PUT,
            "/v1/segments/m1",
            json!({"name": "内测", "kind": "manual"}),
            ("/kind", json!(7)),
        ),
        strict(
            Method::POST,
            "/v1/segments/m1/members",
            json!({"add": ["c1"]}),
            ("/add", json!("c1")),
        ),
        strict(
            Method::POST,
            "/v1/segments/preview",
            json!({"rule": {"tag": "vip"}, "customer": "c1"}),
            ("/customer", json!(true)),
        ),
        strict(
            Method::POST,
            "/v1/segments/explain",
            json!({"rule": {"tag": "vip"}, "customer": "c1"}),
            ("/customer", json!(true)),
        ),
        strict(
            Method::POST,
            "/v1/segments/decide",
            json!({"customer": "c1", "offers": [{"id": "a"}]}),
            ("/offers", json!("a")),
        ),
        strict(
            Method::PUT,
            "/v1/segments/scores/heat",
            json!({"name": "热度", "clauses": [{"when": {"tag": "vip"}, "points": 1}]}),
            ("/name", json!(7)),
        ),
        strict(
            Method::PUT,
            "/v1/tags/t1",
            json!({"name": "一"}),
            ("/name", json!([])),
        ),
        strict(
            Method::PATCH,
            "/v1/tags/t1",
            json!({"group": "g"}),
            ("/group", json!(7)),
        ),
        strict(
            Method::PUT,
            "/v1/tags/settings",
            json!({"unknown_tags": "allow"}),
            ("/unknown_tags", json!(7)),
        ),
        strict(
            Method::POST,
            "/v1/tags/t1/apply",
            json!({"segment": "m1"}),
            ("/segment", json!(7)),
        ),
        strict(
            Method::PUT,
            "/v1/loyalty/program",
            json!({"points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1}, "tiers": []}),
            ("/tiers", json!("gold")),
        ),
        strict(
            Method::POST,
            "/v1/loyalty/accounts/c1/earn",
            json!({"points": 5, "key": "k"}),
            ("/points", json!("5")),
        ),
        strict(
            Method::POST,
            "/v1/loyalty/accounts/c1/spend",
            json!({"points": 1, "key": "s"}),
            ("/points", json!(1.5)),
        ),
        strict(
            Method::POST,
            "/v1/loyalty/accounts/c1/reverse",
            json!({"transaction": "t"}),
            ("/transaction", json!(1)),
        ),
        strict(
            Method::PUT,
            "/v1/reviews/settings",
            json!({"cadence": "weekly"}),
            ("/cadence", json!(7)),
        ),
        strict(
            Method::POST,
            "/v1/feedback",
            json!({"kind": "nps", "value": 9}),
            ("/kind", json!(1)),
        ),
        open(
            Method::PUT,
            "/v1/surveys/f1",
            json!({"elements": [{"type": "text", "name": "q"}]}),
        ),
        strict(
            Method::POST,
            "/v1/surveys/f1/responses",
            json!({"data": {"q": "x"}}),
            ("/data", json!("x")),
        ),
    ]
}

/// Everything that reads, and what it reads is there after [`prepared`].
const READS: [&str; 31] = [
    "/v1/customers",
    "/v1/customers/c1",
    "/v1/segments",
    "/v1/segments/s1",
    "/v1/segments/memberships/c1",
    "/v1/segments/transitions/c1",
    "/v1/segments/s1/members",
    "/v1/segments/s1/count",
    "/v1/segments/s1/fill",
    "/v1/segments/s1/export",
    "/v1/segments/overlap?of=s1,m1",
    "/v1/segments/scores",
    "/v1/segments/scores/heat",
    "/v1/segments/scores/of/c1",
    "/v1/tags",
    "/v1/tags/t1",
    "/v1/tags/settings",
    "/v1/tags/of/c1",
    "/v1/tags/jobs",
    "/v1/reviews",
    "/v1/reviews/settings",
    "/v1/loyalty/program",
    "/v1/loyalty/accounts/c1",
    "/v1/loyalty/accounts/c1/tier",
    "/v1/loyalty/accounts/c1/journal",
    "/v1/feedback",
    "/v1/feedback/metrics",
    "/v1/feedback/customers/c1",
    "/v1/surveys",
    "/v1/surveys/f1",
    "/v1/surveys/f1/results",
];

/// A shop in which every good request of this file succeeds.
async fn prepared() -> (Host, Shop) {
    let host = Host::start();
    let shop = host.shop();
    shop.with_program().await;
    shop.put(
        "/v1/surveys/f1",
        json!({"elements": [{"type": "text", "name": "q"}]}),
    )
    .await
    .ok();
    shop.post("/v1/surveys/f1/publish", json!({})).await.ok();
    let earned = shop
        .post(
            "/v1/loyalty/accounts/c1/earn",
            json!({"points": 100, "key": "start"}),
        )
        .await
        .ok();
    for mutation in mutations() {
        let mut body = mutation.body.clone();
        if mutation.path.ends_with("/reverse") {
            body["transaction"] = earned["transaction"].clone();
            body["points"] = json!(1);
        }
        let answered = shop
            .call(mutation.method.clone(), mutation.path, &body)
            .await;
        assert!(
            answered.status.is_success(),
            "{} {}: {}",
            mutation.method,
            mutation.path,
            answered.body
        );
    }
    for path in READS {
        shop.get(path).await.ok();
    }
    (host, shop)
}

#[tokio::test]
async fn without_a_key_nothing_is_answered() {
    let (_host, shop) = prepared().await;
    for key in ["", "rk_admin_wrong"] {
        let stranger = shop.with_key(key);
        for path in READS {
            let answered = stranger.get(path).await;
            assert_eq!(answered.problem(), (401, "unauthorized"), "GET {path}");
            assert!(answered.header("www-authenticate").is_some());
        }
        for mutation in mutations() {
            let answered = stranger
                .call(mutation.method.clone(), mutation.path, &mutation.body)
                .await;
            assert_eq!(
                answered.problem(),
                (401, "unauthorized"),
                "{} {}",
                mutation.method,
                mutation.path
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_right_ones() {
    let (_host, shop) = prepared().await;
    let paths = READS
        .into_iter()
        .chain(mutations().into_iter().map(|mutation| mutation.path));
    for path in paths {
        // No route takes TRACE.
        let answered = Shop::send(shop.request(Method::TRACE, path)).await;
        assert_eq!(answered.problem(), (405, "method_not_allowed"), "{path}");
        assert!(
            answered
                .header("allow")
                .is_some_and(|allow| !allow.is_empty()),
            "{path}"
        );
        let options = Shop::send(shop.request(Method::OPTIONS, path)).await;
        assert_eq!(
            (options.status.as_u16(), options.header("allow")),
            (204, answered.header("allow")),
            "{path}"
        );
    }
    for path in READS {
        let head = Shop::send(shop.request(Method::HEAD, path)).await;
        assert_eq!(
            (head.status.as_u16(), head.body),
            (200, Value::Null),
            "HEAD {path}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let (_host, shop) = prepared().await;
    for mutation in mutations() {
        let (method, path) = (mutation.method.clone(), mutation.path);
        let broken = shop
            .request(method.clone(), path)
            .header("content-type", "application/json")
            .body("{\"a\":");
        let answered = Shop::send(broken).await;
        assert_eq!(answered.problem(), (400, "invalid_json"), "{method} {path}");
        assert!(
            answered.body["detail"]
                .as_str()
                .is_some_and(|detail| detail.contains("line 1")),
            "{}",
            answered.body
        );

        let binary = shop
            .request(method.clone(), path)
            .header("content-type", "application/json")
            .body(vec![0xff, 0xfe]);
        assert_eq!(
            Shop::send(binary).await.problem(),
            (400, "invalid_json"),
            "{method} {path}"
        );

        let form = shop
            .request(method.clone(), path)
            .header("content-type", "application/x-www-form-urlencoded");
        let answered = Shop::send(form.body("a=1")).await;
        assert_eq!(
            answered.problem(),
            (415, "unsupported_media_type"),
            "{method} {path}"
        );

        let untyped = shop
            .request(method.clone(), path)
            .body(mutation.body.to_string());
        assert_eq!(
            Shop::send(untyped).await.problem(),
            (415, "unsupported_media_type"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_wrong_type_and_an_unknown_field_are_pointed_at() {
    let (_host, shop) = prepared().await;
    for mutation in mutations() {
        let (method, path) = (mutation.method.clone(), mutation.path);
        // A list where every route takes an object.
        let answered = shop.call(method.clone(), path, &json!([1])).await;
        assert_eq!(
            answered.problem(),
            (422, "invalid_input"),
            "{method} {path}: {}",
            answered.body
        );

        if let Some((pointer, value)) = &mutation.wrong {
            let mut body = mutation.body.clone();
            *body.pointer_mut(pointer).unwrap_or(&mut Value::Null) = value.clone();
            body[&pointer[1..]] = value.clone();
            let answered = shop.call(method.clone(), path, &body).await;
            assert_eq!(
                answered.problem(),
                (422, "invalid_input"),
                "{method} {path}: {}",
                answered.body
            );
            assert_eq!(
                answered.pointers(),
                [*pointer],
                "{method} {path}: {}",
                answered.body
            );
        }

        let mut body = mutation.body.clone();
        body["favourite_colour"] = json!("red");
        let answered = shop.call(method.clone(), path, &body).await;
        if mutation.strict {
            assert_eq!(
                answered.problem(),
                (422, "invalid_input"),
                "{method} {path}: {}",
                answered.body
            );
            assert_eq!(
                answered.pointers(),
                ["/favourite_colour"],
                "{method} {path}"
            );
        } else {
            assert!(
                answered.status.is_success(),
                "{method} {path}: {}",
                answered.body
            );
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (_host, shop) = prepared().await;
    for mutation in mutations() {
        let (method, path) = (mutation.method.clone(), mutation.path);
        let limit = if path == "/v1/batch" {
            4 * 1024 * 1024
        } else {
            256 * 1024
        };
        // White space is JSON's; the size alone is what is wrong.
        let body = format!("{}{}", mutation.body, " ".repeat(limit));
        let request = shop
            .request(method.clone(), path)
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(
            Shop::send(request).await.problem(),
            (413, "too_large"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_host, shop) = prepared().await;
    for path in [
        "/v1/customers/nobody",
        "/v1/segments/nothing",
        "/v1/segments/memberships/nobody",
        "/v1/segments/scores/nothing",
        "/v1/segments/scores/of/nobody",
        "/v1/tags/nothing",
        "/v1/tags/of/nobody",
        "/v1/tags/jobs/nothing",
        "/v1/feedback/nothing",
        "/v1/surveys/nothing",
        "/v1/surveys/nothing/results",
        "/v1/nothing",
        "/nothing",
        "/v1/loyalty/nothing",
        "/v1/surveys/f1/nothing",
    ] {
        assert_eq!(
            shop.get(path).await.problem(),
            (404, "not_found"),
            "GET {path}"
        );
    }
    let nobody = shop
        .patch("/v1/customers/nobody", json!({"traits": {}}))
        .await;
    assert_eq!(nobody.problem(), (404, "not_found"));
    assert_eq!(
        shop.delete("/v1/segments/nothing").await.problem(),
        (404, "not_found")
    );
    let response = shop
        .post("/v1/surveys/nothing/responses", json!({"data": {}}))
        .await;
    assert_eq!(response.problem(), (404, "not_found"));
    let reversed = shop
        .post(
            "/v1/loyalty/accounts/c1/reverse",
            json!({"transaction": "nothing"}),
        )
        .await;
    assert_eq!(reversed.problem().0, 404);
}

#[tokio::test]
async fn an_over_long_id_is_a_wrong_parameter() {
    let (_host, shop) = prepared().await;
    let long = "x".repeat(200);
    for path in [
        format!("/v1/customers/{long}"),
        format!("/v1/segments/{long}"),
        format!("/v1/segments/memberships/{long}"),
        format!("/v1/segments/scores/{long}"),
        format!("/v1/tags/{long}"),
        format!("/v1/loyalty/accounts/{long}"),
        format!("/v1/loyalty/accounts/{long}/tier"),
        format!("/v1/loyalty/accounts/{long}/journal"),
        format!("/v1/surveys/{long}"),
        format!("/v1/surveys/{long}/results"),
    ] {
        assert_eq!(
            shop.get(&path).await.problem(),
            (400, "invalid_parameter"),
            "GET {path}"
        );
    }
    let customer = shop
        .put(&format!("/v1/customers/{long}"), json!({"traits": {}}))
        .await;
    assert_eq!(customer.problem(), (400, "invalid_parameter"));
    let tracked = shop
        .post("/v1/track", json!({"userId": long, "event": "viewed"}))
        .await;
    assert_eq!(
        (tracked.problem(), tracked.pointers()),
        ((422, "invalid_input"), vec!["/userId"])
    );
}

#[tokio::test]
async fn a_stale_revision_is_refused_and_nothing_is_written() {
    let (_host, shop) = prepared().await;
    let cases = [
        (
            Method::PUT,
            "/v1/customers/c1",
            json!({"traits": {"name": "late"}}),
        ),
        (
            Method::PATCH,
            "/v1/customers/c1",
            json!({"traits": {"name": "late"}}),
        ),
        (
            Method::PUT,
            "/v1/segments/s1",
            json!({"name": "late", "rule": {"tag": "late"}}),
        ),
        (Method::DELETE, "/v1/segments/s1", Value::Null),
        (
            Method::PUT,
            "/v1/segments/scores/heat",
            json!({"name": "late", "clauses": [{"when": {"tag": "vip"}, "points": 1}]}),
        ),
        (Method::PUT, "/v1/tags/t1", json!({"name": "late"})),
        (
            Method::PUT,
            "/v1/surveys/f1",
            json!({"elements": [{"type": "text", "name": "late"}]}),
        ),
        (
            Method::PUT,
            "/v1/loyalty/program",
            json!({"points": {"per": {"amount": 7, "currency": "CNY"}, "points": 1}, "tiers": []}),
        ),
    ];
    for (method, path, body) in cases {
        let before = shop.get(path).await;
        let mut request = shop
            .request(method.clone(), path)
            .header("if-match", "\"999\"");
        if !body.is_null() {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        assert_eq!(
            Shop::send(request).await.problem(),
            (412, "stale_revision"),
            "{method} {path}"
        );
        assert_eq!(shop.get(path).await.body, before.body, "{method} {path}");

        // What the client has already is not sent again.
        let tag = before
            .header("etag")
            .unwrap_or_else(|| panic!("{path} has no ETag"))
            .to_owned();
        let again = Shop::send(
            shop.request(Method::GET, path)
                .header("if-none-match", &tag),
        )
        .await;
        assert_eq!(
            (again.status.as_u16(), &again.body),
            (304, &Value::Null),
            "GET {path}"
        );
        // With the present revision the same change is taken.
        if method == Method::PUT {
            let fresh = shop.with_json(method, path, &body).header("if-match", &tag);
            assert!(Shop::send(fresh).await.status.is_success(), "PUT {path}");
        }
    }
}

#[tokio::test]
async fn wrong_parameters_of_lists_are_refused() {
    let (_host, shop) = prepared().await;
    for list in [
        "/v1/customers",
        "/v1/segments",
        "/v1/segments/scores",
        "/v1/feedback",
        "/v1/surveys",
        "/v1/loyalty/accounts/c1/journal",
    ] {
        for query in [
            "limit=0",
            "limit=201",
            "limit=ten",
            "cursor=!!",
            "colour=red",
        ] {
            let answered = shop.get(&format!("{list}?{query}")).await;
            assert_eq!(
                answered.problem(),
                (400, "invalid_parameter"),
                "{list}?{query}"
            );
        }
    }
}

#[tokio::test]
async fn an_idempotency_key_answers_the_same_again_and_is_not_used_for_another_request() {
    let (_host, shop) = prepared().await;
    let cases = [
        (
            Method::PUT,
            "/v1/customers/k1",
            json!({"traits": {"n": 1}}),
            json!({"traits": {"n": 2}}),
        ),
        (
            Method::PATCH,
            "/v1/customers/c1",
            json!({"traits": {"n": 1}}),
            json!({"traits": {"n": 2}}),
        ),
        (
            Method::POST,
            "/v1/loyalty/accounts/k1/earn",
            json!({"points": 5}),
            json!({"points": 6}),
        ),
        (
            Method::POST,
            "/v1/loyalty/accounts/c1/spend",
            json!({"points": 2}),
            json!({"points": 3}),
        ),
        (
            Method::POST,
            "/v1/feedback",
            json!({"kind": "nps", "value": 3}),
            json!({"kind": "nps", "value": 4}),
        ),
        (
            Method::POST,
            "/v1/surveys/f1/responses",
            json!({"data": {"q": "a"}}),
            json!({"data": {"q": "b"}}),
        ),
        (
            Method::PUT,
            "/v1/segments/k1",
            json!({"name": "a", "rule": {"tag": "a"}}),
            json!({"name": "b", "rule": {"tag": "b"}}),
        ),
        (
            Method::PUT,
            "/v1/tags/k1",
            json!({"name": "a"}),
            json!({"name": "b"}),
        ),
        (
            Method::POST,
            "/v1/tags/t1/remove",
            json!({"segment": "m1"}),
            json!({"segment": "s1"}),
        ),
        (
            Method::POST,
            "/v1/segments/m1/members",
            json!({"remove": ["c1"]}),
            json!({"remove": ["c1"], "add": []}),
        ),
    ];
    for (method, path, body, other) in cases {
        let send = |body: &Value| {
            let request = shop
                .with_json(method.clone(), path, body)
                .header("idempotency-key", "once");
            Shop::send(request)
        };
        let first = send(&body).await;
        assert!(first.status.is_success(), "{method} {path}: {}", first.body);
        assert_eq!(
            first.header("idempotency-replayed"),
            None,
            "{method} {path}"
        );
        let again = send(&body).await;
        assert_eq!(
            (again.status, &again.body),
            (first.status, &first.body),
            "{method} {path}"
        );
        assert_eq!(
            again.header("idempotency-replayed"),
            Some("true"),
            "{method} {path}"
        );
        assert_eq!(
            send(&other).await.problem(),
            (422, "key_reused"),
            "{method} {path}"
        );
    }
    let long = shop.with_json(
        Method::POST,
        "/v1/feedback",
        &json!({"kind": "nps", "value": 3}),
    );
    let answered = Shop::send(long.header("idempotency-key", "k".repeat(256))).await;
    assert_eq!(answered.problem(), (400, "invalid_parameter"));
}

#[tokio::test]
async fn a_closed_service_says_so() {
    let host = rapport_tests::host::Options::default()
        .variable("admin_key", "")
        .start();
    // On a loopback address a key for this run is made and told.
    let key = host.greeting.iter().find_map(|line| {
        let at = line.find("rk_admin_")?;
        line[at..].split_whitespace().next().map(str::to_owned)
    });
    let key = key.expect("a key is printed");
    assert_eq!(
        host.shop().get("/v1/customers").await.problem(),
        (401, "unauthorized")
    );
    host.shop().with_key(&key).get("/v1/customers").await.ok();
}

#[tokio::test]
async fn what_is_misspelt_does_not_run_for_real() {
    let host = Host::start();
    let shop = host.shop();
    let earn = "/v1/loyalty/accounts/c1/earn";
    for query in [
        "dryrun=true",
        "DRY_RUN=true",
        "dry_run=yes",
        "dry_run=true&dry_run=false",
    ] {
        let answered = shop
            .post(&format!("{earn}?{query}"), json!({"points": 5}))
            .await;
        assert_eq!(answered.problem(), (400, "invalid_parameter"), "{query}");
    }
    // A list is not read as an object's fields in their order.
    let list = shop
        .post(earn, json!([null, null, 500, null, null, null]))
        .await;
    assert_eq!(list.problem(), (422, "invalid_input"));
    let account = shop.get("/v1/loyalty/accounts/c1").await.ok();
    assert_eq!(account["rev"], 0, "{account}");
}

#[tokio::test]
async fn points_just_earned_can_be_spent_by_a_request_that_began_a_little_earlier() {
    let host = Host::start();
    let shop = host.shop();
    let earn = shop.at("2026-11-21T12:00:00.100Z");
    earn.post(
        "/v1/loyalty/accounts/c1/earn",
        json!({"points": 60, "key": "e"}),
    )
    .await
    .ok();
    let spend = shop.at("2026-11-21T12:00:00Z");
    let spent = spend
        .post(
            "/v1/loyalty/accounts/c1/spend",
            json!({"points": 50, "key": "s"}),
        )
        .await
        .ok();
    assert_eq!(spent["balance"]["active"], 10, "{spent}");
}
