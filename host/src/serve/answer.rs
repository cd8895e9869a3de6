//! One request: to its component, and back with an answer or with the problem that stands for it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use wasmtime::PoolConcurrencyLimitError;
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::handler::{ExpirationError, InstantiationError, TrapOrPanicError};

use super::body::Body;
use super::problem::{Problem, request_id};
use super::{App, given, own};
use crate::guest::request::{End, Request as InstanceRequest};

/// How long to wait to hear why an instance has ended.
const WORD: Duration = Duration::from_secs(1);

/// Answers a request. Never fails: what fails becomes a problem, and a line in the log.
pub async fn answer(
    app: Arc<App>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response<Body>, Infallible> {
    let start = Instant::now();
    let line = tracing::enabled!(tracing::Level::DEBUG)
        .then(|| format!("{} {}", request.method(), request.uri()));
    let answer = route(&app, request, peer).await;
    if let Some(line) = line {
        tracing::debug!(
            "{line} {} in {:.1} ms",
            answer.status().as_u16(),
            start.elapsed().as_secs_f64() * 1e3
        );
    }
    Ok(answer)
}

async fn route(app: &App, mut request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
    let id = |request: &Request<Incoming>| request_id(request.headers().get("x-request-id"));
    if let Some(answer) = own::answer(app, request.method(), request.uri().path(), peer) {
        return answer.unwrap_or_else(|problem| problem.answer(&id(&request)));
    }
    let Ok(permit) = app.in_flight.clone().try_acquire_owned() else {
        app.totals.turned_away.fetch_add(1, Relaxed);
        tracing::debug!("a request of {peer} was turned away: too many are in flight");
        return Problem::Overloaded.answer(&id(&request));
    };
    if let Err(why) = given::absolute(&mut request) {
        return Problem::BadRequest(why).answer(&id(&request));
    }
    let (mut parts, body) = request.into_parts();
    let handler = app
        .manifest
        .routes
        .find(parts.uri.path())
        .and_then(|matched| {
            given::tell(&mut parts.headers, &parts.uri, &matched, peer);
            app.handlers.get(&matched.route.component)
        });
    let Some(handler) = handler else {
        return Problem::NotFound.answer(&request_id(parts.headers.get("x-request-id")));
    };

    app.totals.requests.fetch_add(1, Relaxed);
    let given_id = parts.headers.get("x-request-id").cloned();
    let what = (parts.method.clone(), parts.uri.path().to_owned());
    let served = Arc::new(InstanceRequest::default());
    let request = Request::from_parts(parts, body.map_err(Error::from).boxed_unsync());
    match handler.handle(served.clone(), request).await {
        Ok(answer) => {
            let mut answer = answer.map(|body| Body::Component(body, permit));
            if answer.status().is_server_error() {
                let component = &handler.state().component().id;
                let (method, path) = what;
                tracing::warn!(
                    "{component}: {method} {path} {}, as the guest answered",
                    answer.status().as_u16()
                );
            }
            if app.stats
                && let Ok(counts) = HeaderValue::from_str(&served.counts.to_string())
            {
                answer
                    .headers_mut()
                    .insert(HeaderName::from_static("rapport-stats"), counts);
            }
            answer
        }
        Err(error) => {
            app.totals.failures.fetch_add(1, Relaxed);
            let id = request_id(given_id.as_ref());
            let (problem, why) = explain(error, &served, app.request_timeout).await;
            let component = &handler.state().component().id;
            let (method, path) = what;
            tracing::error!(
                "{component}: {method} {path} {}: {why} (request {id})",
                problem.status().as_u16()
            );
            problem.answer(&id)
        }
    }
}

/// What a failure looks like from outside, and what it was.
async fn explain(
    error: wasmtime::Error,
    served: &InstanceRequest,
    timeout: Duration,
) -> (Problem, String) {
    let too_late = || {
        (
            Problem::Timeout,
            format!("no answer within {} s", timeout.as_secs_f64()),
        )
    };
    if error.is::<ExpirationError>() {
        return too_late();
    }
    if let Some(start) = error.downcast_ref::<InstantiationError<Arc<InstanceRequest>>>() {
        let full = start.error.is::<PoolConcurrencyLimitError>();
        let problem = if full {
            Problem::Overloaded
        } else {
            Problem::Internal
        };
        return (
            problem,
            format!("no instance could be started: {:?}", start.error),
        );
    }
    if error.is::<TrapOrPanicError>() {
        return match tokio::time::timeout(WORD, served.ended()).await {
            Ok(End::TimeOut) => too_late(),
            Ok(End::Trap(trap)) => (Problem::Internal, trap),
            Err(_) => (
                Problem::Internal,
                "the instance ended, and did not say why".into(),
            ),
        };
    }
    (
        Problem::Internal,
        format!("the guest gave no answer: {error:?}"),
    )
}
