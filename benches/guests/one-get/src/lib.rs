//! Answers with the document at `bench:doc`, read once through `spin:key-value`.
//!
//! The read is the whole work, so that a route of ours that reads one document can be held against it. Without
//! such a document it answers `absent`; `POST` writes one of 600 bytes.
#![cfg(target_family = "wasm")]

use spin_sdk::http::{IntoResponse, Method, Request};
use spin_sdk::http_service;
use spin_sdk::key_value::{Error, Store};

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    answer(request.method() == Method::POST)
        .await
        .map_err(|error| error.to_string())
}

async fn answer(write: bool) -> Result<Vec<u8>, Error> {
    let store = Store::open_default().await?;
    if write {
        store.set("bench:doc", [b'x'; 600]).await?;
    }
    Ok(store
        .get("bench:doc")
        .await?
        .unwrap_or_else(|| b"absent\n".to_vec()))
}
