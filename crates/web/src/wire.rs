//! Requests and answers as the platform has them (wasm only).
//!
//! - `body`: the bodies of requests
//!
//! By hand, and not by the SDK's conversions: those ask the platform for what nobody here looks at (the scheme, the authority, options,
//! the length of a body that is not read), parse Spin's headers about the route, and copy an answer's headers twice. Each question is a
//! call of the host.

mod body;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use spin_sdk::wasip3::http_compat::BodyWriter;
use spin_sdk::wasip3::wit_bindgen;

pub(crate) use body::Body;

/// What Spin's own headers begin with: they tell by which route a request came.
const ROUTE: &str = "spin-";

/// A request without its body, and where that comes from; `None` where it has none that means anything (RFC 9110, 9.3.1).
pub(crate) fn request(given: types::Request) -> Result<(Parts, Option<Body>), ErrorCode> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method =
        Method::try_from(given.get_method()).map_err(|_| ErrorCode::HttpRequestMethodInvalid)?;
    let path = given.get_path_with_query();
    let path = path.and_then(|path| PathAndQuery::from_maybe_shared(Bytes::from(path)).ok());
    parts.uri = Uri::from(path.ok_or(ErrorCode::HttpRequestUriInvalid)?);
    for (name, value) in given.get_headers().copy_all() {
        if name.starts_with(ROUTE) {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(wrong)?;
        let value = HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(wrong)?;
        parts.headers.try_append(name, value).map_err(wrong)?;
    }
    let body = match parts.method {
        Method::GET | Method::HEAD => None,
        _ => Some(Body::of(given)),
    };
    Ok((parts, body))
}

/// An answer on its way: when it is returned, its body is being written already, so that the platform finds head and body together.
pub(crate) async fn answer(answer: Response<Bytes>) -> Result<types::Response, ErrorCode> {
    let (parts, body) = answer.into_parts();
    let headers = parts.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    let headers: Vec<(String, Vec<u8>)> = headers.collect();
    let headers = types::Fields::from_list(&headers).map_err(wrong)?;
    let (writer, contents, end) = BodyWriter::new();
    let (response, _) = types::Response::new(headers, Some(contents), end);
    // What it is at first.
    if parts.status != StatusCode::OK {
        let status = response.set_status_code(parts.status.as_u16());
        status.map_err(|()| wrong("no status"))?;
    }
    let BodyWriter {
        mut stream_writer,
        result_writer,
        ..
    } = writer;
    let mut writing = Box::pin(async move {
        // Who does not want it any more has hung up.
        let _ = stream_writer.write_all(body.into()).await;
        drop(stream_writer);
        let _ = result_writer.write(Ok(None)).await;
    });
    let written = poll_fn(|cx| Poll::Ready(Pin::new(&mut writing).poll(cx))).await;
    if written.is_pending() {
        wit_bindgen::spawn(writing);
    }
    Ok(response)
}

fn wrong(error: impl std::fmt::Display) -> ErrorCode {
    ErrorCode::InternalError(Some(error.to_string()))
}
