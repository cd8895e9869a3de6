//! Every read has a tag, and takes conditions.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use axum::routing::get;
use http::{Method, StatusCode};
use rapport_web::testing::{Answered, Client};
use rapport_web::{Answer, App, Problem, Router};
use serde_json::{Value, json};

/// One that says nothing of tags, one that has its own, one that fails.
fn routes() -> Router<App> {
    Router::new()
        .route("/plain", get(async || Answer::ok(&json!({"a": 1}))))
        .route("/other", get(async || Answer::ok(&json!({"a": 2}))))
        .route(
            "/own",
            get(async || Answer::ok(&json!({"a": 1})).map(|answer| answer.rev(7))),
        )
        .route("/none", get(async || Answer::nothing()))
        .route(
            "/broken",
            get(async || Err::<Answer, _>(Problem::not_found("thing", "x"))),
        )
}

async fn call(method: Method, path: &str, headers: &[(&str, &str)]) -> Answered {
    let shop = Client::new(routes);
    shop.call(method, path, headers, None).await
}

fn tag(answered: &Answered) -> &str {
    answered.headers["etag"].to_str().unwrap()
}

#[tokio::test]
async fn an_answer_without_a_tag_of_its_own_gets_one_of_what_it_says() {
    let plain = call(Method::GET, "/plain", &[]).await;
    let again = call(Method::GET, "/plain", &[]).await;
    assert_eq!(tag(&plain), tag(&again));
    let other = call(Method::GET, "/other", &[]).await;
    assert_ne!(tag(&plain), tag(&other));
    assert_eq!(tag(&call(Method::GET, "/own", &[]).await), "\"7\"");
    // What failed, or says nothing, has none.
    for path in ["/broken", "/none"] {
        let answered = call(Method::GET, path, &[]).await;
        assert!(answered.headers.get("etag").is_none(), "{path}");
    }
}

#[tokio::test]
async fn head_has_the_tag_and_the_length_of_get() {
    let plain = call(Method::GET, "/plain", &[]).await;
    let head = call(Method::HEAD, "/plain", &[]).await;
    assert_eq!((head.status, &head.body), (StatusCode::OK, &Value::Null));
    assert_eq!(tag(&head), tag(&plain));
    assert_eq!(head.headers["content-length"], "7");
}

#[tokio::test]
async fn what_the_client_has_already_is_not_sent_again() {
    for path in ["/plain", "/own"] {
        let first = call(Method::GET, path, &[]).await;
        let again = call(Method::GET, path, &[("if-none-match", tag(&first))]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!((&again.body, tag(&again)), (&Value::Null, tag(&first)));
        let other = call(Method::GET, path, &[("if-none-match", "\"9\"")]).await;
        assert_eq!(other.body, first.body);
    }
}

#[tokio::test]
async fn what_is_not_what_the_client_asks_for_is_not_sent() {
    for path in ["/plain", "/own"] {
        let first = call(Method::GET, path, &[]).await;
        for wanted in [tag(&first), "*"] {
            let same = call(Method::GET, path, &[("if-match", wanted)]).await;
            assert_eq!(same.body, first.body, "{path}");
        }
        let stale = [("if-match", "\"99\""), ("if-none-match", tag(&first))];
        let stale = call(Method::GET, path, &stale).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{path}");
        assert_eq!(stale.body["code"], "stale_revision");
        assert_eq!(
            stale.body["request_id"],
            stale.headers["x-request-id"].to_str().unwrap()
        );
    }
    let gone = call(Method::GET, "/broken", &[("if-match", "\"99\"")]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let unread = call(Method::GET, "/plain", &[("if-match", "99")]).await;
    assert_eq!(unread.body["code"], "invalid_parameter");
}
