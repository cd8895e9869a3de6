//! One process, and the components in it.

use std::cell::OnceCell;
use std::rc::Rc;

use rapport_store::faulty::{Faulty, Plan};
use rapport_store::{Driver, Memory, Store};
use rapport_web::testing::{Answered, Client};
use rapport_web::{App, Router};

use crate::call::Call;

/// How far ahead the clock of a process must be to find that no request is under way any more: over a minute.
const AHEAD_MILLIS: i64 = 70_000;

/// All components over one driver. As in the host, each component has a store of its own, which shares nothing but the
/// driver with the others. Clones are the same process.
#[derive(Clone)]
pub struct Process {
    /// The driver.
    pub faulty: Faulty,
    memory: Memory,
    /// Made when they are first called: most processes here need few, and routes take long to build.
    clients: Rc<[OnceCell<Client>; 5]>,
}

impl Process {
    /// The components over `faulty`, which stands over `memory`.
    pub fn over(faulty: Faulty, memory: &Memory) -> Self {
        Self {
            faulty,
            memory: memory.clone(),
            clients: Rc::default(),
        }
    }

    fn client(&self, component: &str) -> &Client {
        let (place, routes): (usize, fn() -> Router<App>) = match component {
            "feedback" => (0, feedback::routes),
            "loyalty" => (1, loyalty::routes),
            "segments" | "reviews" | "tags" => (2, segments::routes),
            "surveys" => (3, surveys::routes),
            _ => (4, profiles::routes),
        };
        self.clients[place].get_or_init(|| {
            Client::of(Store::new(self.faulty.clone()), self.memory.clone(), routes)
        })
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
        Self::ahead(memory, AHEAD_MILLIS)
    }

    /// A process that does nothing wrong, `clock_ahead` milliseconds later.
    pub fn ahead(memory: &Memory, clock_ahead: i64) -> Self {
        let plan = Plan {
            clock_ahead,
            ..Plan::default()
        };
        Self::over(Faulty::over(memory.clone(), plan), memory)
    }

    /// Makes `call`.
    pub async fn make(&self, call: &Call) -> Answered {
        let client = self.client(call.component());
        let client = match &call.at {
            Some(at) => client.at(at),
            None => client.clone(),
        };
        let headers = [("idempotency-key", &call.key), ("if-match", &call.if_match)];
        let headers = headers
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let headers: Vec<_> = headers.collect();
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
