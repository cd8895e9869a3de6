//! Documents that many requests read and few change, kept in the instance in the form that requests need.
//!
//! What is kept is guarded by the document's very bytes: equal bytes mean equal history, so nothing is ever stale, and a
//! read costs a read and a comparison.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::Store;
use crate::envelope::{Envelope, Versioned};
use crate::error::StoreError;
use crate::table::{Key, Table};
use crate::typed;

/// The most documents kept; they are few by nature (programmes, definitions), so more means a mistake.
const MOST: usize = 16;

/// What an instance keeps.
#[derive(Default)]
pub(crate) struct Cache {
    /// By document, and by the form that was made of it.
    kept: Mutex<HashMap<(String, TypeId), Kept>>,
}

struct Kept {
    bytes: Bytes,
    form: Arc<dyn Any + Send + Sync>,
}

impl Store {
    /// The document at `key` in the form that `compile` makes of it (`None` where there is no document). The same `key`
    /// and form must always come with the same `compile`.
    pub async fn read_compiled<T: Table, C: Send + Sync + 'static>(
        &self,
        key: &Key<T>,
        compile: impl FnOnce(Option<Versioned<T::Value>>) -> C,
    ) -> Result<Arc<C>, StoreError> {
        let Some(bytes) = self.driver.get(key.as_str()).await? else {
            return Ok(Arc::new(compile(self.read(key).await?)));
        };
        if let Some(form) = self.kept(key.as_str(), &bytes) {
            return Ok(form);
        }
        let bytes = Bytes::from(bytes);
        let envelope = Envelope::decode(key.as_str(), T::SCHEMA, &bytes)?;
        if !envelope.born || envelope.moved_to.is_some() {
            // The bytes here do not tell the whole truth; such a document is read the long way.
            return Ok(Arc::new(compile(self.read(key).await?)));
        }
        let form = Arc::new(compile(typed::versioned::<T>(key.as_str(), &envelope)?));
        let mut kept = self
            .cache
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        let shared: Arc<dyn Any + Send + Sync> = form.clone();
        kept.insert(
            (key.as_str().to_owned(), TypeId::of::<C>()),
            Kept {
                bytes,
                form: shared,
            },
        );
        Ok(form)
    }

    fn kept<C: Send + Sync + 'static>(&self, key: &str, bytes: &[u8]) -> Option<Arc<C>> {
        let kept = self
            .cache
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let key = (key.to_owned(), TypeId::of::<C>());
        let found = kept.get(&key).filter(|found| found.bytes == bytes)?;
        Arc::clone(&found.form).downcast().ok()
    }
}
