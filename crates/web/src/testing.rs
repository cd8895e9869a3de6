//! Calling a component's routes in process, over a store in memory: for each component's own tests.

use axum::Router;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use rapport_store::{Memory, Store};
use serde_json::Value;

use crate::app::App;
use crate::gate::{self, Incoming};
use crate::settings::Settings;

/// The key of the shop under test.
pub const KEY: &str = "rk_admin_test";

/// A client of a component's routes. The clock is what [`Client::at`] says, at first 2026-11-21T12:00:00+08:00.
#[derive(Clone)]
pub struct Client {
    routes: Router,
    app: App,
    /// What is in the store.
    pub memory: Memory,
    now: String,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; `null` where it is empty or no JSON.
    pub body: Value,
}

impl Client {
    /// A client of `routes` over an empty store.
    pub fn new(routes: fn() -> Router<App>) -> Self {
        Self::over(Memory::new(), routes)
    }

    /// A client of `routes` over `memory`, which other components' clients may share.
    pub fn over(memory: Memory, routes: fn() -> Router<App>) -> Self {
        Self::of(Store::new(memory.clone()), memory, routes)
    }

    /// A client of `routes` over `store`, which keeps what it keeps in `memory`: for stores that fail.
    pub fn of(store: Store, memory: Memory, routes: fn() -> Router<App>) -> Self {
        Self::set(store, memory, routes, &[])
    }

    /// A client of `routes` over `memory`, of a shop with these variables beside the usual ones.
    pub fn with(memory: Memory, routes: fn() -> Router<App>, variables: &[(&str, &str)]) -> Self {
        Self::set(Store::new(memory.clone()), memory, routes, variables)
    }

    fn set(
        store: Store,
        memory: Memory,
        routes: fn() -> Router<App>,
        own: &[(&str, &str)],
    ) -> Self {
        let variables = |name: &str| match name {
            "admin_key" => Some(KEY.to_owned()),
            "clock" => Some("request".to_owned()),
            _ => {
                let mut own = own.iter();
                own.find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            }
        };
        #[allow(clippy::expect_used)]
        let settings = Settings::read(variables).expect("these are right");
        let app = App::new(store, settings);
        Self {
            routes: gate::finish(routes(), app.clone()),
            app,
            memory,
            now: "2026-11-21T12:00:00+08:00".to_owned(),
        }
    }

    /// The same client at another moment (RFC 3339).
    #[must_use]
    pub fn at(&self, now: &str) -> Self {
        Self {
            now: now.to_owned(),
            ..self.clone()
        }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answered {
        self.call(Method::GET, path, &[], None).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answered {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    /// Puts JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answered {
        self.call(Method::PUT, path, &[], Some(body)).await
    }

    /// Posts JSON as it is written here, to the digit.
    pub async fn post_text(&self, path: &str, body: &str) -> Answered {
        self.answered(Method::POST, path, &[], Some(body.to_owned()))
            .await
    }

    /// Any request, with the key, the clock and `headers`.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answered {
        let body = body.map(|body| body.to_string());
        self.answered(method, path, headers, body).await
    }

    async fn answered(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answered {
        let response = self.send(method, path, headers, body).await;
        Answered {
            status: response.status(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(response.body()).unwrap_or(Value::Null),
        }
    }

    /// Reads what is no JSON.
    pub async fn text(&self, path: &str, headers: &[(&str, &str)]) -> (HeaderMap, String) {
        let response = self.send(Method::GET, path, headers, None).await;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        (response.headers().clone(), text)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Response<Bytes> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {KEY}"))
            .header("rapport-now", &self.now);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let bytes = body.unwrap_or_default();
        #[allow(clippy::expect_used)]
        let request = request
            .body(Incoming::Whole(bytes.into()))
            .expect("a request as a test writes it");
        gate::answer(self.routes.clone(), self.app.clone(), request).await
    }
}
