//! `GET /v1/loyalty/accounts/{customer}/entitlement`: tier and segments as a signed token; `GET /.well-known/jwks.json`: the public
//! keys to check it by.

use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use futures_util::future::try_join4;
use rapport_loyalty::tier::standing;
use rapport_records::beside::Beside;
use rapport_records::present::{Present, present};
use rapport_records::{accounts, customers, segments};
use rapport_types::{CustomerId, Slug, Span, Timestamp};
use rapport_web::access::KEY_SET;
use rapport_web::{Answer, App, Ask, Code, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use crate::entitlement::{Claims, ISSUER, Keys, PublicKey};

/// How many seconds a token holds where nobody says: what it says may be old by so much after an order or a refund.
const LIFE: i64 = 600;
/// How many seconds a token may be asked to hold.
const LIVES: std::ops::RangeInclusive<i64> = 30..=3_600;
/// The most segments that may be asked for by name.
const MOST: usize = 100;
/// How many seconds a client of its own may be given the same token again.
const MAX_AGE: u32 = 60;
/// What caches may keep the public keys for: a new key is published that long before it signs.
const KEYS_KEPT: &str = "public, max-age=300";

/// The keys of the instance, which are computed with the first request that needs them.
type Cell = Arc<OnceLock<Keys>>;

pub(crate) fn routes() -> Router<App> {
    let keys = Cell::default();
    let same = keys.clone();
    Router::new()
        .route(
            "/v1/loyalty/accounts/{customer}/entitlement",
            get(move |app, path, query, ask| entitlement(keys.clone(), app, path, query, ask)),
        )
        .route(
            KEY_SET,
            get(move |app, ask| async move { key_set(&same, app, ask) }),
        )
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    /// How long the token shall hold.
    expires_in: Option<Span>,
    /// The ids of the segments that matter, with commas between them; all, if absent.
    segments: Option<String>,
}

#[derive(Debug, Serialize)]
struct Entitlement {
    token: String,
    expires_at: Timestamp,
}

#[derive(Debug, Serialize)]
struct KeySet<'a> {
    keys: Vec<PublicKey<'a>>,
}

async fn entitlement(
    keys: Cell,
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    Params(query): Params<Query>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let life = query
        .expires_in
        .map_or(LIFE, |span| span.millis().div_euclid(1_000));
    if !LIVES.contains(&life) {
        return Err(parameter(
            "expires_in is a duration from 30s to 1h.".to_owned(),
        ));
    }
    let asked = query.segments.as_deref().map(ids).transpose()?;
    let keys = keys.get_or_init(|| Keys::new(&app.settings));
    let (mut ledger, program, definitions, found) = try_join4(
        accounts::ledger(&app.store, &customer),
        accounts::program(&app.store),
        segments::compiled(&app.store),
        customers::read(&app.store, &customer),
    )
    .await?;
    let known = |id: &Slug| {
        let dynamic = definitions
            .segments
            .iter()
            .map(|known| &known.definition.id);
        let lists = definitions.lists.iter().map(|list| &list.id);
        dynamic.chain(lists).any(|known| known == id)
    };
    let mut unknown = asked.iter().flatten().filter(|id| !known(id));
    if let Some(id) = unknown.next() {
        return Err(parameter(format!("There is no segment {id}.")));
    }

    let (now, zone) = (ask.now, &app.settings.zone);
    let terms = program.as_ref().as_ref().map(|found| &found.value);
    accounts::see(&app.store, &customer, &mut ledger.value, terms, now, zone).await?;
    let standing = standing(&ledger.value, terms, now, zone);
    // Of whom nothing is known is in no segment, as in no audience.
    let present = match found {
        None => Present::default(),
        Some(found) => {
            let beside = Beside::load(&app.store, &customer, definitions.needs, zone).await?;
            let asked = |id: &Slug| asked.as_ref().is_none_or(|asked| asked.contains(id));
            present(&definitions, asked, &found.value, &beside, now, zone)
        }
    };

    let issued = now.millis().div_euclid(1_000);
    let changes = [standing.changes_at, present.next_change_at];
    // Whole seconds, and never a part of one past the change.
    let changes = changes.into_iter().flatten();
    let change = changes.map(|at| at.millis().div_euclid(1_000)).min();
    let expires = issued.saturating_add(life);
    let expires = change.map_or(expires, |change| expires.min(change));
    let token = keys
        .sign(&Claims {
            iss: ISSUER,
            sub: &customer,
            tier: standing.tier.as_ref(),
            segments: &present.segments,
            iat: issued,
            exp: expires,
        })
        .ok_or_else(not_configured)?
        .map_err(|error| Problem::internal(error.to_string()))?;
    let expires_at = Timestamp::from_millis(expires.saturating_mul(1_000));
    let view = Entitlement { token, expires_at };
    // Who gets it out of a cache has at least half of its life left.
    let left = expires_at.millis_since(now).div_euclid(2);
    let half = Timestamp::from_millis(now.millis().saturating_add(left));
    Ok(Answer::ok(&view)?
        .named(ledger.rev)
        .cache(MAX_AGE, now, Some(half))
        .unless(&ask.condition))
}

fn key_set(keys: &Cell, State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let keys = keys.get_or_init(|| Keys::new(&app.settings)).public();
    if keys.is_empty() {
        return Err(not_configured());
    }
    let kind = HeaderValue::from_static("application/jwk-set+json");
    Ok(Answer::ok(&KeySet { keys })?
        .header(header::CONTENT_TYPE, kind)
        .header(header::CACHE_CONTROL, HeaderValue::from_static(KEYS_KEPT))
        // Whoever can reach the service may know them, and so may the pages of any shop.
        .header(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        )
        .named(0)
        .unless(&ask.condition))
}

/// The segments named in a query.
fn ids(text: &str) -> Result<Vec<Slug>, Problem> {
    let ids = text.split(',').filter(|id| !id.is_empty());
    let ids = ids.map(|id| Slug::parse(id).map_err(|error| parameter(format!("{error}."))));
    let ids: Vec<Slug> = ids.collect::<Result<_, _>>()?;
    match ids.len() > MOST {
        true => Err(parameter(format!("segments takes at most {MOST} ids."))),
        false => Ok(ids),
    }
}

fn parameter(detail: String) -> Problem {
    Problem::new(Code::InvalidParameter, detail)
}

fn not_configured() -> Problem {
    Problem::new(
        Code::NotConfigured,
        "There is no key to sign with. Set the variable signing_key; openssl rand -hex 32 makes one.",
    )
}
