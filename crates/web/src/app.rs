//! What handlers share.

use std::sync::Arc;

use rapport_store::Store;

use crate::settings::Settings;

/// The store and the settings. Cheap to clone; holds nothing of any request.
#[derive(Clone)]
pub struct App {
    /// Where documents are.
    pub store: Store,
    /// The application's variables.
    pub settings: Arc<Settings>,
}

impl App {
    /// Over `store`, as `settings` say.
    pub fn new(store: Store, settings: Settings) -> Self {
        Self {
            store,
            settings: Arc::new(settings),
        }
    }
}
