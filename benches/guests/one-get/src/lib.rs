//! Answers with the document at `bench:doc`, read once through `spin:key-value`.
//!
//! The read is the whole work, so a route of ours that reads one document can be held against it. The document
//! is what `bench-one-write` last wrote; until then the answer is `absent`.
#![cfg(target_family = "wasm")]

use spin_sdk::http::{IntoResponse, Request, Response, StatusCode};
use spin_sdk::http_service;
use spin_sdk::key_value::{Error, Store};

#[http_service]
async fn handle(_request: Request) -> impl IntoResponse {
    match read().await {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n").into_bytes()),
    }
}

async fn read() -> Result<Vec<u8>, Error> {
    let store = Store::open_default().await?;
    Ok(store.get("bench:doc").await?.unwrap_or_else(|| b"absent\n".to_vec()))
}
