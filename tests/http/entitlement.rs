//! `/v1/loyalty/accounts/{customer}/entitlement` and `/.well-known/jwks.json`, checked as a storefront would: with another
//! implementation than the one that signs, and the real clock.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use rapport_tests::Shop;
use rapport_tests::host::Options;
use reqwest::Method;
use serde_json::{Value, json};

const KEY: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const KEY_SET: &str = "/.well-known/jwks.json";
const TOKEN: &str = "/v1/loyalty/accounts/c1/entitlement";

fn check(keys: &Value, token: &str) -> Result<Value, ErrorKind> {
    let keys: JwkSet = serde_json::from_value(keys.clone()).expect("a key set");
    let header = decode_header(token).expect("a token has a header");
    let key = keys.find(&header.kid.expect("its key is named"));
    let key = DecodingKey::from_jwk(key.expect("its key is published")).expect("a key");
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.leeway = 0;
    validation.set_issuer(&["rapport"]);
    let decoded = decode(token, &key, &validation);
    decoded
        .map(|token| token.claims)
        .map_err(|error| error.into_kind())
}

/// What a request without `Rapport-Now` is answered: by the real clock.
async fn now(shop: &Shop, path: &str) -> Value {
    let request = shop.request(Method::GET, path).build().expect("a request");
    let url = request.url().clone();
    let key = request.headers()["authorization"].clone();
    let plain = reqwest::Client::new().get(url).header("authorization", key);
    Shop::send(plain).await.ok()
}

#[tokio::test]
async fn a_token_is_checked_by_the_public_keys_and_fails_when_altered_or_expired() {
    let host = Options::default().variable("signing_key", KEY).start();
    let shop = host.shop();
    shop.with_program().await;
    let rule = json!({"field": "traits.city", "is": "eq", "value": "上海"});
    let segment = json!({"name": "上海", "rule": rule});
    shop.put("/v1/segments/shanghai", segment).await.ok();
    shop.customer("c1")
        .with("city", json!("上海"))
        .with_order(250, "2026-11-20T12:00:00+08:00")
        .create()
        .await;

    // A page has no key of the service, and needs none.
    let published = shop.with_key("").get(KEY_SET).await;
    assert_eq!(
        published.header("content-type"),
        Some("application/jwk-set+json")
    );
    let keys = published.ok();
    let closed = shop.with_key("").get(TOKEN).await;
    assert_eq!(closed.problem(), (401, "unauthorized"));

    let answer = now(&shop, TOKEN).await;
    let token = answer["token"].as_str().expect("a token");
    let claims = check(&keys, token).expect("the token holds");
    assert_eq!(
        (&claims["sub"], &claims["tier"], &claims["segments"]),
        (&json!("c1"), &json!("silver"), &json!(["shanghai"]))
    );
    let life = claims["exp"].as_i64().zip(claims["iat"].as_i64());
    assert_eq!(life.map(|(exp, iat)| exp - iat), Some(600));

    let place = token.find('.').expect("parts") + 20;
    let other = if token[place..].starts_with('A') {
        "B"
    } else {
        "A"
    };
    let mut altered = token.to_owned();
    altered.replace_range(place..=place, other);
    assert_eq!(check(&keys, &altered), Err(ErrorKind::InvalidSignature));

    let read = shop.at("2020-01-01T00:00:00Z").get(TOKEN).await;
    assert_eq!(read.durable_writes(), 0);
    let old = read.ok();
    let old = old["token"].as_str().expect("a token");
    assert_eq!(check(&keys, old), Err(ErrorKind::ExpiredSignature));
}

#[tokio::test]
async fn a_signing_key_that_is_none_is_named_at_once_and_not_shown() {
    let host = Options::default()
        .variable("signing_key", "hunter2")
        .start();
    for path in [TOKEN, KEY_SET] {
        let answered = host.shop().get(path).await;
        assert_eq!(answered.status.as_u16(), 503);
        assert_eq!(answered.body["code"], "misconfigured");
        let detail = answered.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("signing_key"), "{detail}");
        assert!(!detail.contains("hunter2"), "{detail}");
    }
    let host = rapport_tests::Host::start();
    let answered = host.shop().get(TOKEN).await;
    assert_eq!(answered.problem(), (409, "not_configured"));
}
