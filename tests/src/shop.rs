//! A client of a host: requests, and builders for customers and what they did.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::Answered;

/// A shop that uses the service.
#[derive(Clone)]
pub struct Shop {
    client: Client,
    url: String,
    key: String,
    now: String,
}

impl Shop {
    /// A client of the host at `url`. Its clock says 2026-11-21T12:00:00+08:00.
    pub fn new(url: &str, key: &str) -> Self {
        Self {
            client: Client::new(),
            url: url.to_owned(),
            key: key.to_owned(),
            now: "2026-11-21T12:00:00+08:00".to_owned(),
        }
    }

    /// The same shop at another moment (RFC 3339).
    #[must_use]
    pub fn at(&self, now: &str) -> Self {
        Self {
            now: now.to_owned(),
            ..self.clone()
        }
    }

    /// The same shop with another key; an empty one sends none.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    /// A request to be given headers and a body.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .header("rapport-now", &self.now);
        if self.key.is_empty() {
            request
        } else {
            request.header("authorization", format!("Bearer {}", self.key))
        }
    }

    /// Sends it. A connection that fails fails the test.
    pub async fn send(request: reqwest::RequestBuilder) -> Answered {
        match Self::try_send(request).await {
            Ok(answered) => answered,
            Err(error) => panic!("no answer: {error:?}"),
        }
    }

    /// Sends it; a connection that fails is an error.
    pub async fn try_send(request: reqwest::RequestBuilder) -> Result<Answered, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answered {
            status,
            headers,
            body,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }

    /// Any request with JSON.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answered {
        Self::send(self.with_json(method, path, body)).await
    }

    /// A request with JSON, to be given more headers.
    pub fn with_json(&self, method: Method, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.request(method, path)
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answered {
        Self::send(self.request(Method::GET, path)).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answered {
        self.call(Method::POST, path, &body).await
    }

    /// Posts again where so many change one document that the host gave up: with the same key nothing happens twice.
    pub async fn post_patiently(&self, path: &str, body: &Value) -> Answered {
        for _ in 0..40 {
            let answered = self.post(path, body.clone()).await;
            if answered.status != 503 {
                return answered;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} stays contended");
    }

    /// Puts JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answered {
        self.call(Method::PUT, path, &body).await
    }

    /// Patches with a JSON merge patch.
    pub async fn patch(&self, path: &str, body: Value) -> Answered {
        self.call(Method::PATCH, path, &body).await
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Answered {
        Self::send(self.request(Method::DELETE, path)).await
    }

    /// Every item of a list, page by page.
    pub async fn list(&self, path: &str, limit: usize) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self
                .get(&format!("{path}?limit={limit}{cursor}"))
                .await
                .ok();
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// A customer to be made.
    pub fn customer(&self, id: &str) -> Customer<'_> {
        Customer {
            shop: self,
            id: id.to_owned(),
            traits: json!({}),
            events: Vec::new(),
        }
    }

    /// A programme: one point per whole unit of money, and three tiers by points earned.
    pub async fn with_program(&self) -> &Self {
        let program = json!({
            "points": { "per": { "amount": 100, "currency": "CNY" }, "points": 1 },
            "tiers": [
                { "id": "bronze", "name": "铜卡", "at_least": 0, "by": "points" },
                { "id": "silver", "name": "银卡", "at_least": 100, "by": "points" },
                { "id": "gold", "name": "金卡", "at_least": 500, "by": "points" },
            ],
        });
        self.put("/v1/loyalty/program", program).await.ok();
        self
    }
}

/// A customer to be made, with what they did.
pub struct Customer<'a> {
    shop: &'a Shop,
    id: String,
    traits: Value,
    events: Vec<Value>,
}

impl Customer<'_> {
    /// With a trait.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.traits[name] = value;
        self
    }

    /// With an order of `yuan` whole yuan at `at`. The order's id is unique to the customer.
    #[must_use]
    pub fn with_order(mut self, yuan: u32, at: &str) -> Self {
        let order = format!("{}-{}", self.id, self.events.len());
        self.events.push(json!({
            "type": "track", "userId": self.id, "event": "Order Completed", "timestamp": at,
            "properties": { "order_id": order, "total": yuan, "currency": "CNY" },
        }));
        self
    }

    /// With `count` orders of 100 yuan, a day apart, the last at noon of 2026-11-20 in Shanghai.
    #[must_use]
    pub fn with_orders(mut self, count: u32) -> Self {
        for n in 0..count {
            let at = format!("2026-11-{:02}T12:00:00+08:00", 20 - count + 1 + n);
            self = self.with_order(100, &at);
        }
        self
    }

    /// With an event.
    #[must_use]
    pub fn with_event(mut self, name: &str, at: &str, properties: Value) -> Self {
        self.events.push(json!({
            "type": "track", "userId": self.id, "event": name, "timestamp": at, "properties": properties,
        }));
        self
    }

    /// Makes the customer, and answers what the service then says of them.
    pub async fn create(self) -> Value {
        let path = format!("/v1/customers/{}", self.id);
        self.shop
            .put(&path, json!({ "traits": self.traits }))
            .await
            .ok();
        if !self.events.is_empty() {
            let answer = self
                .shop
                .post("/v1/batch", json!({ "batch": self.events }))
                .await
                .ok();
            for result in answer["results"]
                .as_array()
                .expect("a batch answers results")
            {
                assert_eq!(result["status"], "applied", "{answer}");
            }
        }
        self.shop.get(&path).await.ok()
    }
}
