//! Who changes what they have read is told when it is not what they have read.

use rapport_tests::Shop;
use reqwest::Method;
use serde_json::{Value, json};

use super::table::prepared;

#[tokio::test]
async fn a_stale_revision_is_refused_and_nothing_is_written() {
    let (_host, shop, _) = prepared().await;
    let rfm = json!({"recency_days": [31, 60, 90, 180], "frequency": [1, 1, 2, 3], "monetary": [1, 2, 3, 4]});
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
        (
            Method::PUT,
            "/v1/loyalty/rewards/mug",
            json!({"name": "late", "points": 7}),
        ),
        (Method::DELETE, "/v1/loyalty/rewards/mug", Value::Null),
        (Method::DELETE, "/v1/segments/scores/heat", Value::Null),
        (Method::DELETE, "/v1/tags/t1", Value::Null),
        (Method::PUT, "/v1/segments/models/rfm", rfm),
        (
            Method::PUT,
            "/v1/reviews/settings",
            json!({"cadence": "monthly"}),
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
async fn every_read_has_a_tag_and_takes_conditions() {
    let (_host, shop, routes) = prepared().await;
    for path in routes.reads.iter().chain(&routes.public) {
        let read = |name: &'static str, tag: String| {
            let request = shop.request(Method::GET, path).header(name, tag);
            Shop::send(request)
        };
        let first = shop.get(path).await;
        let tag = first.header("etag");
        let tag = tag
            .unwrap_or_else(|| panic!("{path} has no ETag"))
            .to_owned();
        let stale = read("if-match", "\"999.9\"".to_owned()).await;
        assert_eq!(stale.problem(), (412, "stale_revision"), "{path}");
        // Some say when they were asked, and are others each time.
        if shop.get(path).await.header("etag") == Some(&tag) {
            let same = read("if-match", tag.clone()).await;
            assert_eq!(same.body, first.body, "{path}");
            let again = read("if-none-match", tag).await;
            assert_eq!(again.status.as_u16(), 304, "{path}");
        }
    }
}
