//! What was found is put into the service.

use anyhow::{Context as _, Result, anyhow, bail};
use rapport_import::client::{Client, said};
use serde::Serialize;

use crate::found::Found;

/// Where the service keeps BG/NBD.
const LIFETIME: &str = "/v1/segments/models/lifetime";
/// Where it keeps RFM thresholds.
const RFM: &str = "/v1/segments/models/rfm";

/// Puts both, or says which could not be put.
pub fn put(client: &Client, found: &Found) -> Result<()> {
    put_one(client, LIFETIME, &found.lifetime)?;
    match &found.rfm {
        None => Ok(()),
        Some(rfm) => put_one(client, RFM, rfm).with_context(|| {
            format!("{LIFETIME} was put, {RFM} was not; the same command puts both")
        }),
    }
}

fn put_one(client: &Client, path: &str, body: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(body)?;
    let reply = client
        .put(path, &json)
        .map_err(|error| anyhow!("no answer from {}: {}", client.base(), said(&error)))?;
    match reply.status {
        200 | 201 => {
            eprintln!("put {}{path}", client.base());
            Ok(())
        }
        404 if reply.problem().is_none() => bail!(
            "what answers at {} has no {path}: it is older than this program",
            client.base()
        ),
        _ => bail!(client.explain(&reply)),
    }
}
