//! The entry from Spin.

use std::sync::OnceLock;

use axum::Router;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use rapport_store::Store;
use rapport_store::kv::Kv;
use rapport_store::redis::Redis;
use spin_sdk::wasip3::http::types;
use spin_sdk::wasip3::http_compat::IncomingRequestBody;

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
    // keeps its connection would else wait 40 ms for the second.
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

async fn whole(parts: &Parts, mut body: IncomingRequestBody) -> Incoming {
    let declared = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(0);
    let mut whole = Vec::with_capacity(declared.min(BATCH_LIMIT));
    let mut total = 0_usize;
    while total <= DISCARDED && !body.is_end_stream() {
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    total = total.saturating_add(data.len());
                    if total <= BATCH_LIMIT {
                        whole.extend_from_slice(&data);
                    }
                }
            }
            // A body that breaks off is not what the client meant; what came is no JSON, or is refused as such.
            Some(Err(_)) | None => break,
        }
    }
    if total > BATCH_LIMIT {
        Incoming::Oversized
    } else {
        Incoming::Whole(whole.into())
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
