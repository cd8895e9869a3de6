//! One process, and the components in it.

use rapport_store::faulty::{Faulty, Plan};
use rapport_store::{Driver, Memory, Store};
use rapport_web::testing::{Answered, Client};

use crate::call::Call;

/// How far ahead the clock of a process must be to find that no request is under way any more: over a minute.
const AHEAD_MILLIS: i64 = 70_000;

/// All components over one driver. As in the host, each component has a store of its own, which shares nothing but the
/// driver with the others.
#[derive(Clone)]
pub struct Process {
    /// The driver.
    pub faulty: Faulty,
    profiles: Client,
    segments: Client,
    feedback: Client,
    surveys: Client,
    loyalty: Client,
}

impl Process {
    /// The components over `faulty`, which stands over `memory`.
    pub fn over(faulty: Faulty, memory: &Memory) -> Self {
        let client = |routes| Client::of(Store::new(faulty.clone()), memory.clone(), routes);
        Self {
            profiles: client(profiles::routes),
            segments: client(segments::routes),
            feedback: client(feedback::routes),
            surveys: client(surveys::routes),
            loyalty: client(loyalty::routes),
            faulty,
        }
    }

    /// A process that does nothing wrong.
    pub fn sound(memory: &Memory) -> Self {
        Self::over(Faulty::over(memory.clone(), Plan::default()), memory)
    }

    /// A process that fails as `plan` says, over `driver`.
    pub fn failing(driver: impl Driver + 'static, memory: &Memory, plan: Plan) -> Self {
        Self::over(Faulty::over(driver, plan), memory)
    }

    /// A process that does nothing wrong, more than a minute later: to it, no request is still under way.
    pub fn later(memory: &Memory) -> Self {
        let plan = Plan {
            clock_ahead: AHEAD_MILLIS,
            ..Plan::default()
        };
        Self::over(Faulty::over(memory.clone(), plan), memory)
    }

    /// Makes `call`.
    pub async fn make(&self, call: &Call) -> Answered {
        let client = match call.component() {
            "feedback" => &self.feedback,
            "loyalty" => &self.loyalty,
            "segments" => &self.segments,
            "surveys" => &self.surveys,
            _ => &self.profiles,
        };
        let client = match &call.at {
            Some(at) => client.at(at),
            None => client.clone(),
        };
        let headers: Vec<_> = call
            .key
            .iter()
            .map(|key| ("idempotency-key", key.as_str()))
            .collect();
        client
            .call(call.method.clone(), &call.path, &headers, call.body.clone())
            .await
    }

    /// Reads what is at `path`, which must be there.
    pub async fn get(&self, path: &str) -> serde_json::Value {
        let answered = self.make(&Call::get(path)).await;
        assert_eq!(answered.status, 200, "{path}: {}", answered.body);
        answered.body
    }

    /// Every item of the list at `path`, page by page.
    pub async fn all(&self, path: &str) -> Vec<serde_json::Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let after = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
            let page = self.get(&format!("{path}?limit=20{after}")).await;
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return items,
            }
        }
    }
}
