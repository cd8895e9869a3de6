//! The entry from Spin.

use std::sync::OnceLock;

use axum::Router;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode, header};
use rapport_store::Store;
use rapport_store::kv::Kv;
use rapport_store::redis::Redis;
use spin_sdk::wasip3::http::types;

use crate::app::App;
use crate::body::BATCH_LIMIT;
use crate::code::Code;
use crate::gate::{self, Incoming};
use crate::problem::Problem;
use crate::settings::{SettingError, Settings};
use crate::wire;

/// One per instance: building the routes takes a quarter of the time that a small request takes.
type Ready = Result<(Router, App), SettingError>;

/// What an instance has made ready for all its requests.
pub struct Instance(Ready);

/// Answers one request.
pub async fn handle(
    instance: &OnceLock<Instance>,
    routes: fn() -> Router<App>,
    request: types::Request,
) -> Result<types::Response, types::ErrorCode> {
    let ready = match instance.get() {
        Some(ready) => ready,
        None => {
            let made = make_ready(routes).await;
            if let Err(error) = &made {
                // Not kept: the next request may find it mended.
                return wire::answer(misconfigured(error)).await;
            }
            instance.get_or_init(|| Instance(made))
        }
    };
    let response = match &ready.0 {
        Ok((router, app)) => {
            let request = read(request).await?;
            gate::answer(router.clone(), app.clone(), request).await
        }
        Err(error) => misconfigured(error),
    };
    let response = wire::answer(response).await?;
    // The body is being written; after two turns the host finds head and body together and sends them in one segment. A client that
    // keeps its connection would else wait 40 ms for the second. With one turn one answer in some thousands still leaves in two.
    wit_bindgen::yield_async().await;
    wit_bindgen::yield_async().await;
    Ok(response)
}

async fn make_ready(routes: fn() -> Router<App>) -> Ready {
    let mut values = Vec::with_capacity(Settings::NAMES.len());
    for name in Settings::NAMES {
        let value = match spin_sdk::variables::get(name).await {
            Ok(value) => Some(value),
            Err(spin_sdk::variables::Error::Undefined(_)) => None,
            // Not taken for "not set": a shop's days must not be those of another zone because a provider did not answer.
            Err(error) => {
                return Err(SettingError {
                    name,
                    why: format!("it cannot be read: {error}"),
                });
            }
        };
        values.push((name, value));
    }
    let settings = Settings::read(|name| {
        values
            .iter()
            .find(|(known, _)| *known == name)
            .and_then(|(_, value)| value.clone())
    })?;
    let store = match settings.store_url.clone() {
        None => Store::new(Kv::new()),
        Some(address) => Store::new(Redis::new(address, settings.store_prefix.clone())),
    };
    let app = App::new(store, settings);
    Ok((gate::finish(routes(), app.clone()), app))
}

/// How much of a body that is too large is read and thrown away: a client that is still sending when the answer comes sees a
/// broken connection instead of the answer.
const DISCARDED: usize = 4 * BATCH_LIMIT;

/// Reads the body up to the largest that any address takes.
async fn read(request: types::Request) -> Result<Request<Incoming>, types::ErrorCode> {
    let (parts, body) = wire::request(request)?;
    let Some(body) = body else {
        return Ok(Request::from_parts(parts, Incoming::Whole(Bytes::new())));
    };
    let body = whole(&parts, body).await;
    Ok(Request::from_parts(parts, body))
}

/// The most of a body that is asked for at once, in bytes: what small bodies come in, whole.
const PIECE: usize = 16 << 10;

async fn whole(parts: &Parts, mut body: wire::Body) -> Incoming {
    let declared = parts.headers.get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut whole = Vec::new();
    let mut total = 0_usize;
    let mut ended = false;
    // What was declared is all that comes, so nobody waits for the end of it.
    while total <= DISCARDED && declared.is_none_or(|declared| total < declared) {
        let left = declared.map_or(PIECE, |declared| declared.saturating_sub(total));
        let Some(piece) = body.next(left.min(PIECE)).await else {
            ended = true;
            break;
        };
        total = total.saturating_add(piece.len());
        if whole.is_empty() {
            whole = piece;
            whole.reserve(declared.unwrap_or(0).min(BATCH_LIMIT).saturating_sub(total));
        } else if total <= BATCH_LIMIT {
            whole.extend_from_slice(&piece);
        }
    }
    if total > BATCH_LIMIT {
        return Incoming::Oversized;
    }
    let complete = match declared {
        Some(declared) => total >= declared,
        None => !ended || body.ended().await,
    };
    if complete {
        Incoming::Whole(whole.into())
    } else {
        Incoming::BrokenOff { came: total }
    }
}

fn misconfigured(error: &SettingError) -> Response<Bytes> {
    let problem = Problem::new(Code::Misconfigured, error.to_string());
    let mut response = Response::new(problem.to_body("-"));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/problem+json"),
    );
    response
}
