//! What stands around every request.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt;
use tower_service::Service;

use crate::access;
use crate::app::App;
use crate::body::Oversized;
use crate::code::Code;
use crate::condition::Condition;
use crate::cors;
use crate::problem::{Problem, Unsent};

/// A request's body as far as it was read.
pub enum Incoming {
    /// All of it.
    Whole(Bytes),
    /// It was larger than any address takes.
    Oversized,
    /// The connection ended before it did. What came may read like all of it, and is not taken for that.
    BrokenOff {
        /// So many bytes came.
        came: usize,
    },
}

/// Routes as every component has them: an unknown address and a wrong method are problems.
pub fn finish(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(async |uri: http::Uri| {
            Problem::new(
                Code::NotFound,
                format!("There is nothing at {}.", uri.path()),
            )
        })
        .method_not_allowed_fallback(async |method: Method| {
            Problem::new(
                Code::MethodNotAllowed,
                format!("This address does not take {method}; see Allow."),
            )
        })
        .with_state(app)
}

fn broken_off(came: usize) -> Problem {
    let detail = format!(
        "The body broke off after {came} bytes, before its end. Nothing was done; send it again."
    );
    Problem::new(Code::IncompleteBody, detail)
}

/// Answers one request by `routes`.
pub async fn answer(mut routes: Router, app: App, request: Request<Incoming>) -> Response<Bytes> {
    let request_id = request_id(&app, request.headers());
    let (mut parts, body) = request.into_parts();
    let method = parts.method.clone();
    let uri = parts.uri.clone();
    let origin = parts.headers.get(header::ORIGIN).cloned();
    let preflight = cors::is_preflight(&method, &parts.headers);

    let reads = matches!(method, Method::GET | Method::HEAD);
    let mut condition = Condition::default();
    // A preflight carries no key, by its standard.
    let checked = if preflight {
        Ok(())
    } else {
        access::check(&app.settings, &method, uri.path(), &parts.headers)
    };
    let checked = checked.and_then(|()| {
        if reads {
            condition = Condition::read(&parts.headers)?;
        }
        Ok(())
    });
    let checked = checked.and_then(|()| match body {
        Incoming::Whole(bytes) => Ok(Some(bytes)),
        // Whoever asks for the body says how large it may be.
        Incoming::Oversized => Ok(None),
        Incoming::BrokenOff { came } => Err(broken_off(came)),
    });
    let response = match checked {
        Err(problem) => axum::response::IntoResponse::into_response(problem),
        Ok(body) => {
            // `HEAD` is answered as `GET` is, without what it would say: its tag and its length are the same.
            if method == Method::HEAD {
                parts.method = Method::GET;
            }
            let request = match body {
                Some(bytes) => Request::from_parts(parts, Body::from(bytes)),
                None => {
                    let mut request = Request::from_parts(parts, Body::empty());
                    request.extensions_mut().insert(Oversized);
                    request
                }
            };
            match routes.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    };

    let (mut parts, body) = response.into_parts();
    let mut bytes = match parts.extensions.remove::<Unsent>() {
        Some(Unsent(problem)) => {
            if let Some(log) = problem.log() {
                eprintln!("{request_id} {method} {}: {log}", uri.path());
            }
            problem.to_body(&request_id)
        }
        None => body
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default(),
    };
    if reads && let Err(problem) = condition.of_answer(&mut parts, &mut bytes) {
        bytes = problem.to_body(&request_id);
        parts = axum::response::IntoResponse::into_response(problem)
            .into_parts()
            .0;
    }
    cors::allow(&app.settings, origin, &mut parts.headers);
    if method == Method::OPTIONS {
        cors::answer_options(preflight, &mut parts.status, &mut parts.headers);
        if parts.status == http::StatusCode::NO_CONTENT {
            bytes = Bytes::new();
        }
    }
    // What a dry run shows has no revision that there will ever be.
    if uri
        .query()
        .is_some_and(|query| query.contains("dry_run=true"))
    {
        parts.headers.remove(header::ETAG);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        parts.headers.insert("x-request-id", value);
    }
    let bodiless = matches!(
        parts.status,
        http::StatusCode::NO_CONTENT | http::StatusCode::NOT_MODIFIED
    );
    if !bodiless {
        parts
            .headers
            .insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    }
    if method == Method::HEAD {
        bytes = Bytes::new();
    }
    Response::from_parts(parts, bytes)
}

/// The client's own id where it is sensible, so that its log and ours agree; else a random one.
fn request_id(app: &App, headers: &http::HeaderMap) -> String {
    let given = headers
        .get("x-request-id")
        .and_then(|value| value.to_str().ok());
    let sensible = |id: &&str| {
        (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    match given.filter(sensible) {
        Some(id) => id.to_owned(),
        None => format!("req_{:016x}", app.store.random()),
    }
}
