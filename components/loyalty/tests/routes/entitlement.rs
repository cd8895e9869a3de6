//! `GET /v1/loyalty/accounts/{customer}/entitlement` and `/.well-known/jwks.json`. Tokens are checked with another implementation
//! than the one that signs them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use crate::shop;
use crate::shop::{is, problem};
use http::Method;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use rapport_types::Timestamp;
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

const KEY: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const OTHER: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const KEY_SET: &str = "/.well-known/jwks.json";

/// A shop's components over one store.
struct Shop {
    profiles: Client,
    segments: Client,
    loyalty: Client,
}

impl Shop {
    /// With the programme, and the customer `c` of Shanghai, who is on the list `beta`, and in `shanghai` and not in `beijing`.
    async fn open(signing_key: &str) -> Self {
        let profiles = Client::new(profiles::routes);
        let memory = profiles.memory.clone();
        let shop = Self {
            segments: Client::over(memory.clone(), segments::routes),
            loyalty: Client::with(memory, loyalty::routes, &[("signing_key", signing_key)]),
            profiles,
        };
        let set = shop
            .loyalty
            .put("/v1/loyalty/program", shop::program())
            .await;
        assert_eq!(set.status, 201, "{}", set.body);
        let traits = json!({"traits": {"city": "上海"}});
        shop.profiles.put("/v1/customers/c", traits).await;
        for (id, city) in [("shanghai", "上海"), ("beijing", "北京")] {
            let rule = json!({"field": "traits.city", "is": "eq", "value": city});
            shop.segment(id, json!({"name": id, "rule": rule})).await;
        }
        shop.segment("beta", json!({"name": "b", "kind": "manual"}))
            .await;
        let members = "/v1/segments/beta/members";
        let put = shop.segments.post(members, json!({"add": ["c"]})).await;
        assert_eq!(put.status, 200, "{}", put.body);
        shop
    }

    async fn segment(&self, id: &str, body: Value) {
        let path = format!("/v1/segments/{id}");
        let put = self.segments.put(&path, body).await;
        assert_eq!(put.status, 201, "{}", put.body);
    }

    async fn ask(&self, customer: &str, query: &str, at: &str) -> Answered {
        let path = format!("/v1/loyalty/accounts/{customer}/entitlement{query}");
        self.loyalty.at(at).get(&path).await
    }

    /// The claims of a token given at `at`, which a verifier at that time would take.
    async fn claims(&self, customer: &str, query: &str, at: &str) -> Value {
        let answered = self.ask(customer, query, at).await;
        let mut anytime = validation();
        anytime.validate_exp = false;
        let token = answered.body["token"].as_str().unwrap_or_default();
        let claims = check(&self.keys().await, token, &anytime).unwrap();
        let at = Timestamp::from_millis(claims["exp"].as_i64().unwrap() * 1_000).to_string();
        assert_eq!(answered.body["expires_at"], at);
        claims
    }

    async fn keys(&self) -> JwkSet {
        let answered = self.loyalty.get(KEY_SET).await;
        serde_json::from_value(answered.body).unwrap()
    }
}

fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.leeway = 0;
    validation.set_issuer(&["rapport"]);
    validation
}

fn check(keys: &JwkSet, token: &str, how: &Validation) -> Result<Value, ErrorKind> {
    let header = decode_header(token).map_err(|error| error.into_kind())?;
    let key = keys.find(&header.kid.unwrap()).unwrap();
    let key = DecodingKey::from_jwk(key).unwrap();
    let decoded = decode(token, &key, how).map_err(|error| error.into_kind())?;
    Ok(decoded.claims)
}

const NOON: &str = "2026-11-21T12:00:00+08:00";

#[tokio::test]
async fn a_token_says_tier_and_segments_and_when_it_ends() {
    let shop = Shop::open(KEY).await;
    let earn = json!({"points": 60, "key": "e"});
    shop::post(&shop.loyalty, "c", "earn", earn).await;
    let claims = shop.claims("c", "", NOON).await;
    // 2026-11-21T04:00:00Z is 1795233600; ten minutes are 600.
    assert_eq!(
        claims,
        json!({"iss": "rapport", "sub": "c", "tier": "bronze", "segments": ["beta", "shanghai"],
            "iat": 1_795_233_600, "exp": 1_795_234_200})
    );
    let memberships = shop.segments.get("/v1/segments/memberships/c").await;
    let known = memberships.body["memberships"].as_array().unwrap().clone();
    let known: Vec<_> = known.iter().map(|known| known["segment"].clone()).collect();
    assert_eq!(claims["segments"], json!(known));

    let some = "?segments=shanghai,beijing&expires_in=2m";
    let claims = shop.claims("c", some, NOON).await;
    assert_eq!(claims["segments"], json!(["shanghai"]));
    assert_eq!(claims["exp"], 1_795_233_720);
    // Nobody knows them, and they are no less a customer.
    let claims = shop.claims("nobody", "", NOON).await;
    assert_eq!(
        (&claims["tier"], &claims["segments"]),
        (&json!(null), &json!([]))
    );
}

#[tokio::test]
async fn a_token_never_outlives_a_change_of_tier_or_segment() {
    let shop = Shop::open(KEY).await;
    let rule = json!({"event": "visited", "within": "1h"});
    shop.segment("here", json!({"name": "h", "rule": rule}))
        .await;
    let visit = json!({"userId": "c", "event": "visited", "timestamp": "2026-11-21T03:05:00.500Z"});
    let tracked = shop.profiles.post("/v1/track", visit).await;
    assert_eq!(tracked.status, 200, "{}", tracked.body);
    // The visit is an hour ago at 04:05:00.500Z: the token ends with the whole second before.
    let claims = shop.claims("c", "", NOON).await;
    assert_eq!(claims["segments"], json!(["beta", "here", "shanghai"]));
    assert_eq!(claims["exp"], 1_795_233_900);
    // Whoever does not ask for that segment is not concerned.
    let claims = shop.claims("c", "?segments=beta", NOON).await;
    assert_eq!(claims["exp"], 1_795_234_200);
    let late = shop.claims("c", "", "2026-11-21T04:05:01Z").await;
    assert_eq!(late["segments"], json!(["beta", "shanghai"]));

    // Points of 2025-11-22 leave the window of 365 days with the shop's midnight, 16:00 UTC.
    let earn = json!({"points": 60, "key": "e", "at": "2025-11-22"});
    shop::post(&shop.loyalty, "c", "earn", earn).await;
    let claims = shop.claims("c", "", "2026-11-21T15:55:00Z").await;
    assert_eq!(
        (&claims["tier"], &claims["exp"]),
        (&json!("bronze"), &json!(1_795_276_800))
    );
    let claims = shop.claims("c", "", "2026-11-21T16:00:00Z").await;
    assert_eq!(
        (&claims["tier"], &claims["exp"]),
        (&json!(null), &json!(1_795_277_400))
    );
}

#[tokio::test]
async fn an_altered_or_expired_token_or_one_of_another_key_fails() {
    let shop = Shop::open(KEY).await;
    let keys = shop.keys().await;
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = i64::try_from(since.unwrap().as_millis()).unwrap();
    let now = Timestamp::from_millis(millis);
    let answered = shop.ask("c", "", &now.to_string()).await;
    let token = answered.body["token"].as_str().unwrap().to_owned();
    assert_eq!(check(&keys, &token, &validation()).unwrap()["sub"], "c");

    let old = Timestamp::from_millis(millis - 601_000).to_string();
    let old = shop.ask("c", "", &old).await.body["token"].clone();
    let expired = check(&keys, old.as_str().unwrap(), &validation());
    assert_eq!(expired, Err(ErrorKind::ExpiredSignature));

    let parts: Vec<&str> = token.split('.').collect();
    for place in [1, 2] {
        for digit in 0..parts[place].len() - 1 {
            let mut parts: Vec<String> = parts.iter().map(|&part| part.to_owned()).collect();
            let other = if parts[place][digit..].starts_with('A') {
                "B"
            } else {
                "A"
            };
            parts[place].replace_range(digit..=digit, other);
            let altered = check(&keys, &parts.join("."), &validation());
            assert_eq!(altered, Err(ErrorKind::InvalidSignature), "{place} {digit}");
        }
    }
    let theirs = Shop::open(OTHER).await;
    let theirs = theirs.ask("c", "", &now.to_string()).await.body["token"].clone();
    let theirs: Vec<&str> = theirs.as_str().unwrap().split('.').collect();
    let mixed = format!("{}.{}.{}", parts[0], theirs[1], theirs[2]);
    let mixed = check(&keys, &mixed, &validation());
    assert_eq!(mixed, Err(ErrorKind::InvalidSignature));
}

#[tokio::test]
async fn the_public_keys_are_as_the_standard_names_them_and_may_be_kept() {
    let shop = Shop::open(KEY).await;
    let answered = shop.loyalty.get(KEY_SET).await;
    assert_eq!(answered.status, 200);
    let key = json!({
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    assert_eq!(answered.body, json!({"keys": [key]}));
    let header = |name: &str| answered.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/jwk-set+json");
    assert_eq!(header("cache-control"), "public, max-age=300");
    assert_eq!(header("access-control-allow-origin"), "*");
    let known = [("if-none-match", header("etag"))];
    let known = known.each_ref().map(|(name, tag)| (*name, tag.as_str()));
    let again = shop.loyalty.call(Method::GET, KEY_SET, &known, None).await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn keys_are_changed_without_a_token_that_nobody_can_check() {
    let shop = Shop::open(KEY).await;
    let old = shop.ask("c", "", NOON).await.body["token"].clone();
    let both = format!("{OTHER},{KEY}");
    let memory = shop.profiles.memory.clone();
    let client = Client::with(memory, loyalty::routes, &[("signing_key", &both)]);
    let keys: JwkSet = serde_json::from_value(client.get(KEY_SET).await.body).unwrap();
    assert_eq!(keys.keys.len(), 2);
    let new = client.get("/v1/loyalty/accounts/c/entitlement").await.body["token"].clone();
    let mut anytime = validation();
    anytime.validate_exp = false;
    for token in [&old, &new] {
        assert!(check(&keys, token.as_str().unwrap(), &anytime).is_ok());
    }
    let kid = |token: &Value| decode_header(token.as_str().unwrap()).unwrap().kid;
    assert_ne!(kid(&old), kid(&new));
    assert_eq!(kid(&new), keys.keys[0].common.key_id);
}

#[tokio::test]
async fn an_answer_is_kept_for_half_of_what_is_left_at_most() {
    let shop = Shop::open(KEY).await;
    let age = async |query: &str| {
        let answered = shop.ask("c", query, NOON).await;
        answered.headers["cache-control"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(age("").await, "private, max-age=60");
    assert_eq!(age("?expires_in=30s").await, "private, max-age=15");
}

#[tokio::test]
async fn what_cannot_be_is_said() {
    let shop = Shop::open("").await;
    let path = "/v1/loyalty/accounts/c/entitlement";
    for path in [path, KEY_SET] {
        let answered = shop.loyalty.get(path).await;
        assert_eq!(problem(&answered), is(409, "not_configured", &[]));
        let detail = answered.body["detail"].as_str().unwrap();
        assert!(
            detail.contains("signing_key") && detail.contains("openssl"),
            "{detail}"
        );
    }
    for query in [
        "expires_in=29s",
        "expires_in=61m",
        "expires_in=x",
        "segments=none",
        "segments=%20",
        "tier=gold",
    ] {
        let answered = shop.ask("c", &format!("?{query}"), NOON).await;
        assert_eq!(
            problem(&answered),
            is(400, "invalid_parameter", &[]),
            "{query}"
        );
    }
    let answered = shop.loyalty.post(path, json!({})).await;
    assert_eq!(problem(&answered), is(405, "method_not_allowed", &[]));
}
