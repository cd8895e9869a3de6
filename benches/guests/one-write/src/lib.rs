//! Commits one document of about 600 bytes by compare-and-swap, as a commit of ours does, and answers `ok`.
//!
//! One read (`current`) and one durable write. The key is one of 1,024, drawn at random, so that parallel requests
//! hardly ever meet; when they do, the loser tries again with the handle it was given.
#![cfg(target_family = "wasm")]

use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;
use spin_sdk::wasip3::random::random::get_random_u64;
use wasi::keyvalue::atomics::{self, Cas, CasError};
use wasi::keyvalue::store::{self, Error};

spin_sdk::wit_bindgen::generate!({
    path: "../wit",
    world: "atomics",
    runtime_path: "spin_sdk::wit_bindgen::rt",
    generate_all,
});

#[http_service]
async fn handle(_request: Request) -> impl IntoResponse {
    commit()
        .map(|()| "ok\n")
        .map_err(|error| format!("{error:?}"))
}

fn commit() -> Result<(), Error> {
    let draw = get_random_u64();
    let bucket = store::open("default")?;
    let mut cas = Cas::new(&bucket, &format!("bench:doc:{}", draw % 1024))?;
    loop {
        cas.current()?;
        // Never the same bytes twice, so that the swap really compares.
        let document = format!("{draw:016x}{}", "x".repeat(584));
        match atomics::swap(cas, document.as_bytes()) {
            Ok(()) => return Ok(()),
            Err(CasError::CasFailed(again)) => cas = again,
            Err(CasError::StoreError(error)) => return Err(error),
        }
    }
}
