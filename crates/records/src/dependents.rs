//! Rules that stand elsewhere than among the definitions, and name them: the audiences of rewards, what earns in the programme, and its tiers.
//!
//! They stand in documents of their own, which no commit of definitions changes. So nothing that they name is deleted unawares, and whoever
//! does it by force, or gives a tag another name, is told which of them mean something else then. A reward that is put at the same
//! moment may be missed: two documents do not change together.

use std::sync::Arc;

use futures_util::future::try_join;
use rapport_loyalty::Program;
use rapport_loyalty::earning::When;
use rapport_store::{Store, StoreError, Versioned, boxed};
use rapport_types::Slug;
use serde::{Deserialize, Serialize};

use crate::accounts;
use crate::named::Named;
use crate::references::Mentions;
use crate::rewards::{self, Catalogue};

/// What names a definition. As JSON it is text: a definition as [`Named`] writes it, others with their kind before it,
/// `reward:coffee`, `earning_rule:birthday`, `tier:vip`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Dependent {
    /// Another definition.
    Definition(Named),
    /// A reward, by its audience.
    Reward(Slug),
    /// A rule of the loyalty programme.
    EarningRule(Slug),
    /// A tier of the loyalty programme, by the segment whose members hold it.
    Tier(Slug),
}

impl TryFrom<String> for Dependent {
    type Error = rapport_types::id::IdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(':') {
            Some(("reward", id)) => Slug::parse(id).map(Self::Reward),
            Some(("earning_rule", id)) => Slug::parse(id).map(Self::EarningRule),
            Some(("tier", id)) => Slug::parse(id).map(Self::Tier),
            _ => Named::try_from(text).map(Self::Definition),
        }
    }
}

impl From<Dependent> for String {
    fn from(dependent: Dependent) -> Self {
        match dependent {
            Dependent::Definition(named) => named.into(),
            Dependent::Reward(id) => format!("reward:{id}"),
            Dependent::EarningRule(id) => format!("earning_rule:{id}"),
            Dependent::Tier(id) => format!("tier:{id}"),
        }
    }
}

/// For people.
impl std::fmt::Display for Dependent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Definition(named) => named.fmt(f),
            Self::Reward(id) => write!(f, "reward {id}"),
            Self::EarningRule(id) => write!(f, "earning rule {id}"),
            Self::Tier(id) => write!(f, "tier {id}"),
        }
    }
}

/// All rules that stand elsewhere.
#[derive(Debug)]
pub struct Elsewhere {
    rewards: Arc<Option<Versioned<Catalogue>>>,
    program: Arc<Option<Versioned<Program>>>,
}

/// Those there are.
#[boxed]
pub async fn elsewhere(store: &Store) -> Result<Elsewhere, StoreError> {
    let (rewards, program) = try_join(rewards::catalogue(store), accounts::program(store)).await?;
    Ok(Elsewhere { rewards, program })
}

impl Elsewhere {
    /// Those that name one of these.
    pub fn naming(&self, names: &[Named]) -> Vec<Dependent> {
        if names.is_empty() {
            return Vec::new();
        }
        let catalogue = self.rewards.as_ref().as_ref();
        let rewards = catalogue.into_iter().flat_map(|found| &found.value.rewards);
        let rewards = rewards.filter(|(_, listed)| {
            let audience = listed.reward.audience.as_ref();
            audience.is_some_and(|rule| Mentions::of_rule(rule).name(names))
        });
        let rewards = rewards.map(|(id, _)| Dependent::Reward(id.clone()));
        let program = self.program.as_ref().as_ref();
        let program = program.map(|found| &found.value);
        let tiers = program.into_iter().flat_map(|program| &program.tiers);
        let tiers = tiers.filter(|tier| {
            let segment = tier.segment.as_ref();
            segment.is_some_and(|id| names.contains(&Named::Segment(id.clone())))
        });
        let tiers = tiers.map(|tier| Dependent::Tier(tier.id.clone()));
        let rules = program.into_iter().flat_map(|program| &program.rules);
        let rules = rules.filter(|rule| {
            let condition = rule.condition.as_ref();
            let entered = match &rule.when {
                When::SegmentEntered(id) => names.contains(&Named::Segment(id.clone())),
                _ => false,
            };
            entered || condition.is_some_and(|rule| Mentions::of_rule(rule).name(names))
        });
        let rules = rules.map(|rule| Dependent::EarningRule(rule.id.clone()));
        rewards.chain(rules).chain(tiers).collect()
    }
}
