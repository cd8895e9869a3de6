//! A shop with segments over a store in memory, and customers put there as profiles would.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use rapport_customer::{Command, Item, Rejection};
use rapport_records::customers::{self, Circumstances};
use rapport_store::{Memory, Store};
use rapport_types::{CustomerId, Timestamp, Zone};
use rapport_web::testing::{Answered, Client};
use serde_json::{Value, json};

pub struct Shop {
    pub client: Client,
    pub store: Store,
}

/// What `customers::apply` may refuse; nothing here is refused.
#[derive(Debug)]
pub struct No;

impl From<Rejection> for No {
    fn from(rejection: Rejection) -> Self {
        panic!("{rejection:?}")
    }
}

impl Shop {
    pub fn new() -> Self {
        let memory = Memory::new();
        Self {
            client: Client::over(memory.clone(), segments::routes),
            store: Store::new(memory),
        }
    }

    /// What happens to a customer at `now`.
    pub async fn apply(&self, id: &str, command: Command, now: &str) {
        let circumstances = Circumstances {
            now: Timestamp::parse(now).unwrap(),
            zone: &Zone::named("Asia/Shanghai").unwrap(),
            once: None,
            dry_run: false,
        };
        let id = CustomerId::parse(id).unwrap();
        customers::apply(
            &self.store,
            &id,
            command,
            circumstances,
            |_| Ok::<(), No>(()),
            |applied| applied.rev,
        )
        .await
        .unwrap();
    }

    pub async fn traits(&self, id: &str, traits: Value, now: &str) {
        let traits = traits.as_object().unwrap().clone();
        self.apply(id, Command::Put { traits }, now).await;
    }

    /// An order at `now`.
    pub async fn order(&self, id: &str, total: f64, now: &str) {
        let item = Item::Track {
            event: "Order Completed".to_owned(),
            properties: json!({ "total": total }).as_object().unwrap().clone(),
            timestamp: None,
            message_id: None,
        };
        self.apply(id, Command::Apply(vec![item]), now).await;
    }

    pub async fn define(&self, id: &str, rule: Value) -> Answered {
        let path = format!("/v1/segments/{id}");
        self.client
            .put(&path, json!({"name": id, "rule": rule}))
            .await
    }
}

impl Shop {
    /// Fills every audience there is to fill, as ticks do, the last of them when no request can be under way any more.
    pub async fn fill(&self) {
        self.early().await;
        self.fill_at(70_000).await;
    }

    /// Fills what can be filled at once.
    pub async fn early(&self) {
        self.fill_at(0).await;
    }

    async fn fill_at(&self, late_by: i64) {
        let now = Timestamp::parse("2026-11-21T12:00:00+08:00").unwrap();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let store = Store::new(self.client.memory.clone().late_by(late_by));
        while rapport_records::fill::step(&store, now, &zone)
            .await
            .unwrap()
            .more
        {}
    }

    /// Customers `c0` to `c<count - 1>`, of whom every third is in 上海.
    pub async fn customers(&self, count: usize) {
        for n in 0..count {
            let city = if n % 3 == 0 { "上海" } else { "杭州" };
            self.traits(
                &format!("c{n}"),
                json!({"city": city, "n": n}),
                "2026-11-21T12:00:00+08:00",
            )
            .await;
        }
    }
}
