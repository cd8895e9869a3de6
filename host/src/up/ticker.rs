//! Calls `POST /v1/tick` now and then, as a cron would elsewhere.

use std::net::SocketAddr;
use std::time::Duration;

use rapport_import::client::Client;

use super::sample::reachable;

/// The service calls itself every `every`, and again at once while there is more to do.
pub fn start(address: SocketAddr, key: Option<&str>, every: Duration) {
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        // Closed: nobody can have left anything to do.
        return;
    };
    let url = format!("http://{}", reachable(address));
    let key = key.to_owned();
    let started = std::thread::Builder::new()
        .name("ticker".into())
        .spawn(move || {
            let client = match Client::new(&url, Some(&key), 1) {
                Ok(client) => client,
                Err(error) => {
                    tracing::error!("nothing will be done by time: {error:#}");
                    return;
                }
            };
            loop {
                if !tick(&client) {
                    std::thread::sleep(every);
                }
            }
        });
    if let Err(error) = started {
        tracing::error!("nothing will be done by time: {error}");
    }
}

/// One call; whether there is more to do at once.
fn tick(client: &Client) -> bool {
    let reply = match client.post("/v1/tick", "{}") {
        Ok(reply) => reply,
        Err(error) => {
            tracing::debug!("the tick was not answered: {error}");
            return false;
        }
    };
    let Some(ticked) = reply.json().filter(|_| reply.problem().is_none()) else {
        tracing::warn!("the tick failed: {}", reply.said());
        return false;
    };
    let count = |name: &str| ticked.get(name).and_then(serde_json::Value::as_u64);
    let (done, failed) = (count("done").unwrap_or(0), count("failed").unwrap_or(0));
    if done > 0 {
        tracing::debug!("the tick did {done}");
    }
    if failed > 0 {
        tracing::warn!("the tick could not finish {failed}");
    }
    // What fails must not be tried again and again without a pause.
    done > 0 && ticked.get("more").and_then(serde_json::Value::as_bool) == Some(true)
}
