//! The paths that the host answers itself: Spin's `/.well-known/spin/…`, and `/_rapport/stats`.

use std::net::SocketAddr;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response};

use super::App;
use super::body::Body;
use super::problem::Problem;

/// The answer, if the path is one of ours.
pub fn answer(
    app: &App,
    method: &Method,
    path: &str,
    peer: SocketAddr,
) -> Option<Result<Response<Body>, Problem>> {
    if let Some(what) = path.strip_prefix("/.well-known/spin/") {
        return Some(match what {
            "health" => Ok(text("OK".into(), "text/plain")),
            "info" => {
                let info = serde_json::json!({
                    "name": app.manifest.name,
                    "version": app.manifest.version,
                });
                Ok(text(info.to_string(), "application/json"))
            }
            _ => Err(Problem::NotFound),
        });
    }
    if path != "/_rapport/stats" || !app.stats {
        return None;
    }
    // For whoever runs the host, not for its clients.
    let seen =
        peer.ip().to_canonical().is_loopback() && (method == Method::GET || method == Method::HEAD);
    Some(if seen {
        Ok(text(app.totals.json(), "application/json"))
    } else {
        Err(Problem::NotFound)
    })
}

fn text(text: String, kind: &'static str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
