//! What anybody may know of a component's state.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use rapport_store::{Creation, DriverError, Probe, Promise, Store, StoreError};
use serde::Serialize;

use crate::answer::Answer;
use crate::app::App;

/// The components, as their health paths name them. No segment, survey or feedback record may be called `health`, which
/// its component sees to: their routes for it come first.
pub const COMPONENTS: [&str; 5] = ["profiles", "segments", "feedback", "surveys", "loyalty"];

#[derive(Serialize)]
struct Health {
    component: &'static str,
    version: &'static str,
    driver: &'static str,
    probe: ProbeState,
    schema: u32,
    time_zone: String,
}

/// What the probe of the store found.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum ProbeState {
    /// Every promise holds.
    Passed {
        /// How documents are created.
        creation: Creation,
    },
    /// Writes are refused.
    Failed {
        /// The promises that do not hold.
        broken: Vec<Promise>,
    },
    /// The store does not answer.
    NotRun {
        /// What is to be set, where it is denied.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
}

impl ProbeState {
    /// What is known, or is found now: whoever deploys looks here before the first write.
    async fn of(store: &Store) -> Self {
        match store.probe().await {
            Ok(Probe::Passed(creation)) => Self::Passed { creation },
            Ok(Probe::Failed(broken)) => Self::Failed { broken },
            Err(error) => {
                eprintln!("health: the store cannot be probed: {error}");
                let detail = match error {
                    StoreError::Driver(DriverError::Denied(grant, _)) => Some(grant.to_string()),
                    _ => None,
                };
                Self::NotRun { detail }
            }
        }
    }
}

/// `GET /v1/<component>/health`, open to all. An answer at all means that the component runs: what is wrong with its store
/// stands in it.
pub fn route(component: &'static str) -> Router<App> {
    let path = format!("/v1/{component}/health");
    let answer = move |State(app): State<App>| async move {
        Answer::ok(&Health {
            component,
            version: env!("CARGO_PKG_VERSION"),
            driver: app.store.driver().name(),
            probe: ProbeState::of(&app.store).await,
            schema: rapport_store::SCHEMA,
            time_zone: app.settings.zone.name().to_owned(),
        })
    };
    Router::new().route(&path, get(answer))
}
