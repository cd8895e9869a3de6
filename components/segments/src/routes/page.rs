//! Pages of what stands in one document, in the order of ids: the cursor is the last id seen, so that no change of others repeats or
//! skips one.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Bound;

use rapport_records::segments::{DefinitionSet, Definitions};
use rapport_store::{Key, boxed};
use rapport_web::{Answer, App, Ask, Code, List, Problem};
use serde::{Deserialize, Serialize};

/// How much of a list, and after which one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    pub(super) limit: Option<u16>,
    pub(super) cursor: Option<String>,
}

/// The same of a list whose items can say how many customers each has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counting {
    limit: Option<u16>,
    cursor: Option<String>,
    #[serde(default)]
    pub(super) counts: bool,
}

impl Counting {
    pub(super) fn page(self) -> Query {
        Query {
            limit: self.limit,
            cursor: self.cursor,
        }
    }
}

/// The same, understood.
pub(super) struct Page<K> {
    limit: usize,
    after: Option<K>,
}

impl<K: Ord + Display + TryFrom<String>> Page<K> {
    pub(super) fn read(query: Query) -> Result<Self, Problem> {
        let limit = query.limit.unwrap_or(50);
        if !(1..=200).contains(&limit) {
            return Err(Problem::new(
                Code::InvalidParameter,
                format!("limit is a number from 1 to 200, not {limit}."),
            ));
        }
        let after = query.cursor.map(K::try_from).transpose();
        let after = after.map_err(|_| no_cursor())?;
        Ok(Self {
            limit: usize::from(limit),
            after,
        })
    }

    /// The items of a list in an order of its own, whose ids `id` tells, and where the next page begins. Where the last item seen has
    /// left the list, nobody knows which come after it.
    pub(super) fn along<'a, V>(
        &self,
        mut all: impl Iterator<Item = &'a V>,
        id: fn(&V) -> &K,
    ) -> Result<(Vec<&'a V>, Option<String>), Problem> {
        if let Some(last) = &self.after
            && !all.any(|item| id(item) == last)
        {
            return Err(no_cursor());
        }
        let page: Vec<&V> = all.by_ref().take(self.limit).collect();
        let last = page.last().filter(|_| all.next().is_some());
        let next = last.map(|item| id(item).to_string());
        Ok((page, next))
    }

    /// The items, and where the next page begins.
    pub(super) fn of<'a, V>(&self, all: &'a BTreeMap<K, V>) -> (Vec<&'a V>, Option<String>) {
        let after = match &self.after {
            None => Bound::Unbounded,
            Some(last) => Bound::Excluded(last),
        };
        let mut rest = all.range::<K, _>((after, Bound::Unbounded));
        let page: Vec<(&K, &V)> = rest.by_ref().take(self.limit).collect();
        let more = rest.next().is_some();
        let next = page.last().filter(|_| more).map(|(id, _)| id.to_string());
        (page.into_iter().map(|(_, item)| item).collect(), next)
    }
}

fn no_cursor() -> Problem {
    Problem::new(
        Code::InvalidParameter,
        "cursor must be a next_cursor that this list answered.",
    )
}

/// The definitions, all of them.
pub(super) async fn load(app: &App) -> Result<DefinitionSet, Problem> {
    Ok(load_at(app).await?.0)
}

/// The same, with their revision; 0 where there are none.
#[boxed]
pub(super) async fn load_at(app: &App) -> Result<(DefinitionSet, u64), Problem> {
    let found = app.store.read(&Key::<Definitions>::single()).await?;
    Ok(found.map_or_else(Default::default, |found| (found.value, found.rev)))
}

/// A page of the definitions of one sort, each as `view` shows it. Its tag is the revision of all definitions.
pub(super) async fn list<K, V, T>(
    app: &App,
    query: Query,
    ask: &Ask,
    all: fn(&DefinitionSet) -> &BTreeMap<K, V>,
    view: impl Fn(&DefinitionSet, &V) -> Result<T, Problem>,
) -> Result<Answer, Problem>
where
    K: Ord + Display + TryFrom<String>,
    T: Serialize,
{
    let page = Page::<K>::read(query)?;
    let (set, rev) = load_at(app).await?;
    let (items, next_cursor) = page.of(all(&set));
    let items = items.into_iter().map(|item| view(&set, item));
    let items = items.collect::<Result<Vec<T>, Problem>>()?;
    let answer = Answer::ok(&List { items, next_cursor })?;
    Ok(answer.rev(rev).unless(&ask.condition))
}
