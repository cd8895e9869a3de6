//! Pools of imported codes: gift cards, coupons of another system. A reward hands out each of them once.
//!
//! The codes of a pool have numbers, 1, 2, and so on, in the order in which they came. All pools of the shop are one document, so no code
//! is in two of them: [`Pools::import`] knows the latest codes, and says of which others it has to be told whether they came before. Before
//! there are too many, they leave to pages of their pool and to a set of all codes; what is written there, by whomever and however often,
//! is the same, as it was committed here first.
//!
//! Which numbers are handed out is the business of the reward's [`Stock`](super::Stock).

use std::collections::{BTreeMap, BTreeSet};

use rapport_types::{Slug, Violation};
use serde::{Deserialize, Serialize};

/// The most codes of one import.
pub const MAX_IMPORT: usize = 500;
/// The most bytes of a code.
pub const MAX_CODE: usize = 100;
/// The most rewards that ever had a pool.
pub const MAX_POOLS: usize = 500;
/// Codes of a page, as they leave.
pub const PAGE: u64 = 500;
/// The most codes that stand in the document.
const MAX_RECENT: usize = 500;

/// Every pool of the shop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pools {
    /// How many codes have left to pages, of all pools.
    #[serde(default)]
    pub moved: u64,
    /// By the reward's id.
    #[serde(default)]
    pub pools: BTreeMap<Slug, Pool>,
}

/// One pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// How many codes it was given, in all.
    pub total: u64,
    /// The last of them, as far as they have not left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent: Vec<String>,
}

/// Whose each of some codes is, of those that have left; a code that is nobody's is new. True until more leave.
pub type Known = BTreeMap<String, Option<Slug>>;

/// What became of one code of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is in the pool now.
    #[serde(rename = "a")]
    Added,
    /// It was in the pool before, or came twice.
    #[serde(rename = "d")]
    Duplicate,
    /// It is in the pool of this reward.
    #[serde(rename = "o")]
    Other(Slug),
    /// It is no code.
    #[serde(rename = "b")]
    Bad,
}

/// What came of an import. Kept with an idempotency key, so it is short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Of each code, in order.
    pub fates: Vec<Fate>,
    /// How many codes the pool was given, these included.
    pub total: u64,
}

/// What an import wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Importing {
    /// To be told whose these are, of the codes that have left.
    Ask(Vec<String>),
    /// There are as many pools as there can be.
    TooMany,
    /// The pools as they shall be. Before that is committed, what has left them since must have been written.
    Done(Box<(Pools, Imported)>),
}

/// `text` as it stands in a pool: without blanks at its ends. Case counts, for codes of others may differ in nothing else.
pub fn clean(text: &str) -> Result<&str, &'static str> {
    let code = text.trim();
    if code.is_empty() || code.len() > MAX_CODE {
        return Err("a code has 1 to 100 bytes, blanks at its ends aside");
    }
    if code.chars().any(char::is_control) {
        return Err("a code has no line breaks, tabs or other control characters");
    }
    Ok(code)
}

impl Fate {
    /// Why the code at `index` of the request is not in the pool, where the client should know.
    pub fn violation(&self, index: usize, text: &str) -> Option<Violation> {
        let at =
            |code: &str, detail: String| Violation::new(format!("/codes/{index}"), code, detail);
        match self {
            Self::Added | Self::Duplicate => None,
            Self::Other(reward) => {
                let detail = format!("the code is in the pool of the reward {reward} already");
                Some(at("in_another_pool", detail))
            }
            Self::Bad => {
                let why = clean(text).err().unwrap_or("this is no code");
                Some(at("invalid_value", why.to_owned()))
            }
        }
    }
}

impl Pool {
    /// How many have left to pages.
    pub fn moved(&self) -> u64 {
        let recent = u64::try_from(self.recent.len()).unwrap_or(u64::MAX);
        self.total.saturating_sub(recent)
    }

    /// Code number `n`, if it stands here.
    pub fn recent(&self, n: u64) -> Option<&str> {
        let place = n.checked_sub(self.moved())?.checked_sub(1)?;
        let place = usize::try_from(place).ok()?;
        self.recent.get(place).map(String::as_str)
    }

    /// The pages to which its codes leave: each with the number of the first of these, and them.
    pub fn pages(&self) -> Vec<(u64, u64, &[String])> {
        let mut pages = Vec::new();
        let mut rest = self.recent.as_slice();
        let mut first = self.moved().saturating_add(1);
        while !rest.is_empty() {
            let (page, place) = place_of(first);
            let room = usize::try_from(PAGE.saturating_sub(place)).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            pages.push((page, first, now));
            rest = later;
            first = page
                .saturating_add(1)
                .saturating_mul(PAGE)
                .saturating_add(1);
        }
        pages
    }
}

/// The page of code number `n`, and its place there, both counted from 0.
pub fn place_of(n: u64) -> (u64, u64) {
    let index = n.saturating_sub(1);
    let page = index.checked_div(PAGE).unwrap_or(0);
    (page, index.checked_rem(PAGE).unwrap_or(0))
}

/// Adds to a page what it lacks of `codes`, of which the first has number `first`. Says whether anything changed. A page that has more
/// keeps it: whoever wrote that came later.
pub fn extend(page: &mut Vec<String>, first: u64, codes: &[String]) -> bool {
    let (_, place) = place_of(first);
    let there = u64::try_from(page.len()).unwrap_or(u64::MAX);
    let Some(lacks_from) = there.checked_sub(place) else {
        // What comes before these has left before them, so this is never so.
        return false;
    };
    let from = usize::try_from(lacks_from).unwrap_or(usize::MAX);
    let lacking = codes.get(from..).unwrap_or_default();
    page.extend_from_slice(lacking);
    !lacking.is_empty()
}

impl Pools {
    /// How many codes the pool of `reward` was given.
    pub fn total(&self, reward: &Slug) -> u64 {
        self.pools.get(reward).map_or(0, |pool| pool.total)
    }

    /// Whether all that stands here leaves with the import that makes `self` of `before`.
    pub fn spills(&self, before: &Self) -> bool {
        self.moved > before.moved
    }

    /// Adds `codes` to the pool of `reward`, those that are new.
    pub fn import(&self, reward: &Slug, codes: &[String], known: &Known) -> Importing {
        if !self.pools.contains_key(reward) && self.pools.len() >= MAX_POOLS {
            return Importing::TooMany;
        }
        let here: BTreeMap<&str, &Slug> = self
            .pools
            .iter()
            .flat_map(|(of, pool)| pool.recent.iter().map(move |code| (code.as_str(), of)))
            .collect();
        let mut fates = Vec::with_capacity(codes.len());
        let (mut fresh, mut unknown) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for text in codes {
            let Ok(code) = clean(text) else {
                fates.push(Fate::Bad);
                continue;
            };
            let of = match (here.get(code), known.get(code)) {
                (Some(of), _) => Some(*of),
                (None, Some(of)) => of.as_ref(),
                // Where none has left there is nobody to ask.
                (None, None) if self.moved == 0 => None,
                (None, None) => {
                    unknown.push(code.to_owned());
                    continue;
                }
            };
            fates.push(match of {
                Some(of) if of == reward => Fate::Duplicate,
                Some(of) => Fate::Other(of.clone()),
                None if !seen.insert(code) => Fate::Duplicate,
                None => {
                    fresh.push(code.to_owned());
                    Fate::Added
                }
            });
        }
        if !unknown.is_empty() {
            return Importing::Ask(unknown);
        }
        let mut next = self.clone();
        if !fresh.is_empty() {
            if here.len().saturating_add(fresh.len()) > MAX_RECENT {
                next.let_go();
            }
            let pool = next.pools.entry(reward.clone()).or_default();
            let more = u64::try_from(fresh.len()).unwrap_or(u64::MAX);
            pool.total = pool.total.saturating_add(more);
            pool.recent.append(&mut fresh);
        }
        let total = next.total(reward);
        Importing::Done(Box::new((next, Imported { fates, total })))
    }

    fn let_go(&mut self) {
        for pool in self.pools.values_mut() {
            let gone = u64::try_from(pool.recent.len()).unwrap_or(u64::MAX);
            self.moved = self.moved.saturating_add(gone);
            pool.recent.clear();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn slug(text: &str) -> Slug {
        Slug::parse(text).unwrap()
    }

    fn texts(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|&code| code.to_owned()).collect()
    }

    fn numbered(range: std::ops::Range<u32>) -> Vec<String> {
        range.map(|n| format!("code {n}")).collect()
    }

    fn done(importing: Importing) -> (Pools, Imported) {
        match importing {
            Importing::Done(done) => *done,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_code_comes_once_to_the_shop_whatever_reward_it_is_for() {
        let (cards, coupons) = (slug("cards"), slug("coupons"));
        let known = Known::new();
        let codes = texts(&[
            "A",
            " A ",
            "a",
            "",
            "B\tC",
            &"x".repeat(101),
            &"x".repeat(100),
        ]);
        let (pools, imported) = done(Pools::default().import(&cards, &codes, &known));
        use Fate::{Added, Bad, Duplicate, Other};
        let is = [Added, Duplicate, Added, Bad, Bad, Bad, Added];
        assert_eq!((imported.fates.as_slice(), imported.total), (&is[..], 3));
        let (again, imported) = done(pools.import(&cards, &texts(&["A", "B"]), &known));
        assert_eq!(imported.fates, [Duplicate, Added]);
        assert_eq!(again.pools[&cards].recent(4), Some("B"));
        let (after, imported) = done(again.import(&coupons, &texts(&["a", "b"]), &known));
        assert_eq!(imported.fates, [Other(cards.clone()), Added]);
        assert_eq!((after.total(&cards), after.total(&coupons)), (4, 1));
    }

    #[test]
    fn before_there_are_too_many_all_leave_and_who_comes_later_has_to_ask() {
        let (cards, coupons) = (slug("cards"), slug("coupons"));
        let known = Known::new();
        let (some, _) = done(Pools::default().import(&cards, &numbered(0..200), &known));
        let (full, _) = done(some.import(&coupons, &numbered(200..500), &known));
        assert!(!full.spills(&some));
        let (next, imported) = done(full.import(&cards, &numbered(500..501), &known));
        assert!(next.spills(&full));
        assert_eq!((next.moved, imported.total), (500, 201));
        let pool = &next.pools[&cards];
        assert_eq!(
            (pool.recent(200), pool.recent(201)),
            (None, Some("code 500"))
        );
        assert_eq!((pool.recent(202), pool.recent(0)), (None, None));
        // The code that stands there still is known without asking.
        let codes = texts(&["code 7", "code 500", "new"]);
        let ask = next.import(&cards, &codes, &known);
        assert_eq!(ask, Importing::Ask(texts(&["code 7", "new"])));
        let told = [
            ("code 7".to_owned(), Some(cards.clone())),
            ("new".to_owned(), None),
        ];
        let (_, imported) = done(next.import(&cards, &codes, &told.into_iter().collect()));
        use Fate::{Added, Duplicate};
        assert_eq!(imported.fates, [Duplicate, Duplicate, Added]);
    }

    #[test]
    fn an_import_that_brings_nothing_new_changes_nothing() {
        let cards = slug("cards");
        let known = Known::new();
        let (full, _) = done(Pools::default().import(&cards, &numbered(0..500), &known));
        let (same, imported) = done(full.import(&cards, &numbered(0..500), &known));
        assert_eq!((&same, imported.total), (&full, 500));
        let none = done(Pools::default().import(&cards, &texts(&[""]), &known)).0;
        assert_eq!(none, Pools::default());
    }

    #[test]
    fn codes_leave_to_pages_of_500_and_stay_where_they_are_whoever_writes_how_often() {
        // 700 codes, of which the first 300 have left: the next 200 fill page 0, the last 200 begin page 1.
        let pool = Pool {
            total: 700,
            recent: numbered(300..700),
        };
        let pages = pool.pages();
        let told: Vec<_> = pages
            .iter()
            .map(|(p, first, c)| (*p, *first, c.len()))
            .collect();
        assert_eq!(told, [(0, 301, 200), (1, 501, 200)]);
        let mut page = numbered(0..300);
        assert!(extend(&mut page, pages[0].1, pages[0].2));
        assert!(!extend(&mut page, pages[0].1, pages[0].2));
        assert_eq!(page, numbered(0..500));
        // Somebody wrote more of it meanwhile.
        let mut page = numbered(500..720);
        assert!(!extend(&mut page, pages[1].1, pages[1].2));
        assert_eq!(page.len(), 220);
        // Nobody leaves a gap.
        assert!(!extend(&mut numbered(0..299), 301, pages[0].2));
        assert_eq!(
            (place_of(1), place_of(500), place_of(501)),
            ((0, 0), (0, 499), (1, 0))
        );
    }

    #[test]
    fn there_is_an_end_to_pools_but_not_to_the_codes_of_one() {
        let mut pools = Pools::default();
        for n in 0..MAX_POOLS {
            pools.pools.insert(slug(&format!("r{n}")), Pool::default());
        }
        let codes = texts(&["A"]);
        assert_eq!(
            pools.import(&slug("one-more"), &codes, &Known::new()),
            Importing::TooMany
        );
        assert_eq!(
            done(pools.import(&slug("r7"), &codes, &Known::new()))
                .1
                .total,
            1
        );
    }

    #[test]
    fn what_is_wrong_is_said_of_the_place() {
        let bad = Fate::Bad.violation(3, " ").unwrap();
        assert_eq!(
            (bad.pointer.as_str(), bad.code.as_str()),
            ("/codes/3", "invalid_value")
        );
        assert!(bad.detail.contains("1 to 100 bytes"), "{}", bad.detail);
        let other = Fate::Other(slug("cards")).violation(0, "A").unwrap();
        assert_eq!(other.code, "in_another_pool");
        assert_eq!(
            (
                Fate::Added.violation(0, "A"),
                Fate::Duplicate.violation(0, "A")
            ),
            (None, None)
        );
    }
}
