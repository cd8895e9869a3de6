//! How many customers each item of a list has: read only where `?counts=true` asks for it, as it costs reads for each of them.

use futures_util::future::try_join_all;
use rapport_records::audiences;
use rapport_records::fill::Shown;
use rapport_records::sample::Tagged;
use rapport_store::set::Estimate;
use rapport_types::{Slug, Tag};
use rapport_web::{App, Problem};
use serde::{Deserialize, Serialize};

/// Audiences counted side by side.
const AT_ONCE: usize = 16;

/// How many are in an audience.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Count {
    count: u64,
    exact: bool,
    definition_version: u64,
    complete: bool,
}

impl Count {
    /// Those of the audience that answers for `segment`.
    pub(super) async fn of(app: &App, segment: &Slug, shown: Shown) -> Result<Self, Problem> {
        let set = audiences::set(&app.store, segment, shown.version);
        let Estimate { members, exact } = audiences::count(&set).await?;
        Ok(Self {
            count: members,
            exact,
            definition_version: shown.version,
            complete: shown.complete,
        })
    }

    /// The same of several, in their order.
    pub(super) async fn of_all(app: &App, all: &[(Slug, Shown)]) -> Result<Vec<Self>, Problem> {
        let mut counts = Vec::with_capacity(all.len());
        for some in all.chunks(AT_ONCE) {
            let counting = some.iter().map(|(id, shown)| Self::of(app, id, *shown));
            counts.extend(try_join_all(counting).await?);
        }
        Ok(counts)
    }
}

/// On how many customers people put a tag.
#[derive(Debug, Serialize)]
pub(super) struct ByPeople {
    count: u64,
    exact: bool,
    /// The number is between these, with 95% confidence.
    interval: [u64; 2],
}

impl ByPeople {
    pub(super) fn of(tagged: &Tagged, tag: &Tag) -> Self {
        let share = tagged.with(tag);
        Self {
            count: share.size,
            exact: tagged.exact,
            interval: [share.low, share.high],
        }
    }
}
