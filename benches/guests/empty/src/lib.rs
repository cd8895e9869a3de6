//! Answers `ok` without touching the store.
#![cfg(target_family = "wasm")]

use spin_sdk::http::{IntoResponse, Request, Response};
use spin_sdk::http_service;

#[http_service]
async fn handle(_request: Request) -> impl IntoResponse {
    Response::new("ok\n".to_owned())
}
