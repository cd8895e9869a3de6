//! What an account has to tell, read without the rest.

use rapport_loyalty::News;
use rapport_store::{Key, Store, StoreError, Table, boxed};
use rapport_types::CustomerId;
use serde::{Deserialize, Serialize};

use super::{Accounts, Effect};

/// The same documents as [`Accounts`], read for what they have to tell. Read only.
struct Tellers;

impl Table for Tellers {
    type Value = OnlyNews;
    type Effect = Effect;
    const NAME: &'static str = Accounts::NAME;
    const SCHEMA: u32 = Accounts::SCHEMA;
}

#[derive(Serialize, Deserialize)]
struct OnlyNews {
    #[serde(default)]
    news: News,
}

/// What a customer's account has to tell.
#[boxed]
pub(crate) async fn news(store: &Store, customer: &CustomerId) -> Result<News, StoreError> {
    let found = store.read(&Key::<Tellers>::of(customer.as_str())).await?;
    Ok(found.map(|found| found.value.news).unwrap_or_default())
}
