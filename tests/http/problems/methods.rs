//! A wrong method is told the right ones.

use rapport_tests::Shop;
use reqwest::Method;
use serde_json::Value;

use super::table::prepared;

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_right_ones() {
    let (_host, shop, routes) = prepared().await;
    for (method, path) in routes.all() {
        // No route takes TRACE.
        let answered = Shop::send(shop.request(Method::TRACE, path)).await;
        assert_eq!(answered.problem(), (405, "method_not_allowed"), "{path}");
        let allow = answered.header("allow").unwrap_or_default().to_owned();
        let allowed = allow.split(',').map(str::trim);
        assert!(allowed.clone().any(|one| one == method.as_str()), "{path}");
        let options = Shop::send(shop.request(Method::OPTIONS, path)).await;
        assert_eq!(
            (options.status.as_u16(), options.header("allow")),
            (204, answered.header("allow")),
            "{path}"
        );
    }
    for path in routes.reads.iter().chain(&routes.public) {
        let head = Shop::send(shop.request(Method::HEAD, path)).await;
        assert_eq!(
            (head.status.as_u16(), head.body),
            (200, Value::Null),
            "HEAD {path}"
        );
    }
}
