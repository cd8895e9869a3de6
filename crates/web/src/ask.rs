//! A read as handlers take it.

use axum::extract::FromRequestParts;
use http::request::Parts;
use rapport_types::Timestamp;

use crate::app::App;
use crate::clock;
use crate::condition::Condition;
use crate::problem::Problem;

/// A read: when, and what the client has already.
#[derive(Debug, Clone)]
pub struct Ask {
    /// When.
    pub now: Timestamp,
    /// `If-None-Match`.
    pub condition: Condition,
}

impl FromRequestParts<App> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::read(parts, app)
    }
}

impl Ask {
    #[inline(never)]
    fn read(parts: &Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self {
            now: clock::now(app.settings.clock, &parts.headers)?,
            condition: Condition::read(&parts.headers)?,
        })
    }
}
