//! Definitions and models in the form that evaluation needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapport_customer::Customer;
use rapport_rules::{Automatic, Linked, Name, Names, Rule, RuleSet, Score, Target, fold};
use rapport_store::{Key, Store, StoreError, boxed};
use rapport_types::{Tag, event};
use serde_json::Value;

use crate::beside::{Beside, Needs, TIER};
use crate::customers::CustomerRecord;
use crate::facts::Facts;
use crate::models::Known;
use crate::scores::ScoreDefinition;
use crate::segments::{Definition, DefinitionSet, Definitions, Kind, Memberships};
use crate::tags::{Alias, TagDefinition, Unknown};

/// The definitions in the form that evaluation needs.
#[derive(Debug, Default)]
pub struct Compiled {
    /// The revision of the document.
    pub rev: u64,
    /// The dynamic segments, in the order of their ids.
    pub segments: Vec<CompiledSegment>,
    /// The others, in the same order: who is in them stands in the customers' documents alone.
    pub lists: Vec<Definition>,
    /// The rules of [`Compiled::evaluated`], by their places, to be asked together.
    pub(crate) set: RuleSet,
    /// What is known of the population.
    pub known: Known,
    /// Of which other documents any of the rules names facts.
    pub needs: Needs,
    /// Whether a segment whose members may hold a tier asks for feedback.
    behind_tiers: bool,
    /// The scores, in the order of their ids.
    pub scores: Vec<CompiledScore>,
    /// The automatic tags, in the order of their names.
    pub tags: Vec<CompiledTag>,
    /// The whole catalogue of tags.
    pub catalogue: BTreeMap<Tag, TagDefinition>,
    /// What tags were called before.
    pub aliases: BTreeMap<Tag, Alias>,
    /// What happens to tags that are not in the catalogue.
    pub unknown_tags: Unknown,
    /// The automatic tags under every name that they have.
    automatic: Vec<Automatic>,
    /// By the folded name of a tag that has or had another one: all its names, the present one first.
    names: BTreeMap<String, Arc<[Tag]>>,
}

/// A score, ready.
#[derive(Debug)]
pub struct CompiledScore {
    /// As it was defined.
    pub definition: ScoreDefinition,
    /// Its clauses and bands.
    pub score: Arc<Score>,
    /// Of which other documents it names facts.
    pub needs: Needs,
}

/// A tag that a rule puts on, ready.
#[derive(Debug)]
pub struct CompiledTag {
    /// The tag.
    pub tag: Tag,
    /// Its rule as that of a segment, by the id under which customers' documents and audiences know it.
    pub segment: CompiledSegment,
}

/// A definition and its rule, ready.
#[derive(Debug)]
pub struct CompiledSegment {
    /// As it was defined.
    pub definition: Definition,
    /// Its rule, which knows those that it refers to.
    pub rule: Arc<Rule>,
    /// Where the rule stands among all.
    pub(crate) place: usize,
    /// Of which other documents it names facts.
    pub needs: Needs,
    /// Whether its rule asks for the tier: who is in it goes by the segments that tiers ask for, too.
    pub(crate) asks_for_tier: bool,
    /// Whether its rule asks for the tier, or for what is told of tiers: nobody holds a tier by it.
    pub(crate) leads_back: bool,
}

impl Compiled {
    /// The definitions of a document of that revision.
    pub fn new(set: DefinitionSet, rev: u64) -> Self {
        let known = Known::new(&set.models);
        // Rules are checked when they are saved; one that a later version refuses has no members.
        let library = set.library();
        let DefinitionSet {
            segments,
            scores,
            tags: catalogue,
            aliases,
            unknown_tags,
            ..
        } = set;
        let (dynamic, lists): (Vec<Definition>, Vec<Definition>) = segments
            .into_values()
            .partition(|definition| definition.kind == Kind::Dynamic);
        let is_list = |id: &str| lists.iter().any(|list| list.id.as_str() == id);
        let Linked {
            mut segments,
            scores: mut linked_scores,
            tags: automatic,
        } = library.link(is_list);
        let ready = dynamic.into_iter().filter_map(|definition| {
            let rule = segments.remove(definition.id.as_str())?;
            let names = rule.names();
            Some((definition, rule, names))
        });
        let ready: Vec<(Definition, Arc<Rule>, Names)> = ready.collect();
        let behind_tiers = ready
            .iter()
            .any(|(_, _, names)| !leads_back(names) && Needs::named(names, false).feedback);
        let segment = |definition: Definition, rule: Arc<Rule>, names: &Names| CompiledSegment {
            definition,
            rule,
            place: 0,
            needs: Needs::named(names, behind_tiers),
            asks_for_tier: names.fields.contains(TIER),
            leads_back: leads_back(names),
        };
        let ready = ready.into_iter();
        let ready = ready.map(|(definition, rule, names)| segment(definition, rule, &names));
        let mut segments: Vec<CompiledSegment> = ready.collect();
        let scores = scores.into_values().filter_map(|definition| {
            let score = linked_scores.remove(definition.id.as_str())?;
            let needs = Needs::named(&score.names(), behind_tiers);
            Some(CompiledScore {
                definition,
                score,
                needs,
            })
        });
        let tags = catalogue.values().filter_map(|definition| {
            let tag = definition.tag.as_str();
            let mut named = automatic.iter();
            let named = named.find(|one| *one.tag == *tag && *one.name == *tag)?;
            let (rule, names) = (Arc::clone(&named.rule), named.rule.names());
            Some(CompiledTag {
                tag: definition.tag.clone(),
                segment: segment(as_segment(definition)?, rule, &names),
            })
        });
        let mut tags: Vec<CompiledTag> = tags.collect();
        let evaluated = tags.iter_mut().map(|tag| &mut tag.segment);
        let (mut needs, mut rules) = (Needs::default(), Vec::new());
        for segment in segments.iter_mut().chain(evaluated) {
            segment.place = rules.len();
            needs = needs.and(segment.needs);
            rules.push(Arc::clone(&segment.rule));
        }
        Self {
            rev,
            set: RuleSet::new(rules.iter().map(Arc::as_ref)),
            segments,
            known,
            needs,
            behind_tiers,
            scores: scores.collect(),
            tags,
            names: names(&aliases),
            lists,
            catalogue,
            aliases,
            unknown_tags,
            automatic,
        }
    }

    /// Everything by whose rules customers come and go: dynamic segments and automatic tags.
    pub fn evaluated(&self) -> impl Iterator<Item = &CompiledSegment> {
        let tags = self.tags.iter().map(|tag| &tag.segment);
        self.segments.iter().chain(tags)
    }

    /// Of which other documents a rule names facts that is not among the definitions, with all that it is linked to.
    pub fn needs_of(&self, rule: &Rule) -> Needs {
        Needs::named(&rule.names(), self.behind_tiers)
    }

    /// Of which other documents the rules of automatic tags name facts.
    pub fn tags_need(&self) -> Needs {
        let needs = self.tags.iter().map(|tag| tag.segment.needs);
        needs.fold(Needs::default(), Needs::and)
    }

    /// Of which other documents the clauses of scores name facts.
    pub fn scores_need(&self) -> Needs {
        let needs = self.scores.iter().map(|score| score.needs);
        needs.fold(Needs::default(), Needs::and)
    }

    /// Tells a rule that is not among the definitions what the segments in it are.
    pub fn link(&self, rule: &mut Rule) {
        rule.link(|id| {
            let dynamic = self
                .segments
                .iter()
                .find(|segment| segment.definition.id.as_str() == id);
            match dynamic {
                Some(segment) => Target::Dynamic(Arc::clone(&segment.rule)),
                None if self.lists.iter().any(|list| list.id.as_str() == id) => Target::Kept,
                None => Target::Unknown,
            }
        });
        rule.link_scores(|id| {
            let mut scores = self.scores.iter();
            let found = scores.find(|score| score.definition.id.as_str() == id)?;
            Some(Arc::clone(&found.score))
        });
        rule.link_tags(&self.automatic);
    }

    /// A segment's or a tag's rule, or a score, as people wrote it.
    pub fn json(&self, name: &Name) -> Option<Value> {
        match name {
            Name::Segment(id) => {
                let mut segments = self.segments.iter().map(|segment| &segment.definition);
                let found = segments.find(|segment| segment.id.as_str() == id)?;
                Some(found.rule.clone())
            }
            Name::Score(id) => {
                let mut scores = self.scores.iter().map(|score| &score.definition);
                Some(scores.find(|score| score.id.as_str() == id)?.json())
            }
            Name::Tag(tag) => {
                let mut tags = self.tags.iter();
                let found = tags.find(|one| one.tag.as_str() == tag)?;
                Some(found.segment.definition.rule.clone())
            }
        }
    }

    /// All names of a tag that has or had another one, the present one first.
    pub(crate) fn names_of(&self, tag: &str) -> Option<&Arc<[Tag]>> {
        match self.names.is_empty() {
            true => None,
            false => self.names.get(&fold(tag)),
        }
    }

    /// What a tag is called now, where that is another name.
    pub fn renamed(&self, tag: &str) -> Option<&Tag> {
        let present = self.names_of(tag)?.first()?;
        (present.as_str() != tag).then_some(present)
    }

    /// The tag in the catalogue that rules take for `tag`.
    pub fn in_catalogue(&self, tag: &Tag) -> Option<&TagDefinition> {
        let tag = self.renamed(tag.as_str()).unwrap_or(tag);
        self.catalogue.get(tag).or_else(|| {
            let wanted = fold(tag.as_str());
            let mut all = self.catalogue.values();
            all.find(|other| fold(other.tag.as_str()) == wanted)
        })
    }

    /// Lets every tag of a customer be called what it is called now; true where that changes any.
    pub fn rename_tags(&self, customer: &mut Customer) -> bool {
        !self.names.is_empty() && customer.rename_tags(|tag| self.renamed(tag).map(Tag::to_string))
    }

    /// A customer as rules see one.
    pub fn facts<'a>(&'a self, record: &'a CustomerRecord, beside: &'a Beside) -> Facts<'a> {
        Facts::of(record, self, beside)
    }

    /// Whether `held` says that the customer stands on the list of that id.
    pub(crate) fn is_listed(&self, id: &str, held: &Memberships) -> bool {
        let list = self.lists.iter().find(|list| list.id.as_str() == id);
        list.is_some_and(|list| {
            let held = held.get(&list.id);
            held.is_some_and(|held| held.version == list.version)
        })
    }
}

/// Whether who asks so asks for the tier, or for events that tell of it.
fn leads_back(names: &Names) -> bool {
    names.fields.contains(TIER) || names.events.contains(event::TIER_CHANGED)
}

/// An automatic tag as customers' documents and audiences know it.
fn as_segment(tag: &TagDefinition) -> Option<Definition> {
    Some(Definition {
        id: tag.slug()?,
        name: tag.name.clone(),
        kind: Kind::Dynamic,
        from: None,
        rule: tag.rule.clone(),
        version: tag.version,
        // No other tag ever had its number.
        first_version: 1,
        rev: tag.rev,
        created_at: tag.created_at,
        rule_changed_at: tag.rule_changed_at,
        updated_at: tag.updated_at,
    })
}

fn names(aliases: &BTreeMap<Tag, Alias>) -> BTreeMap<String, Arc<[Tag]>> {
    let mut all = BTreeMap::<&Tag, Vec<Tag>>::new();
    for (alias, of) in aliases {
        let names = all.entry(&of.tag).or_insert_with(|| vec![of.tag.clone()]);
        names.push(alias.clone());
    }
    let mut names = BTreeMap::new();
    for all in all.into_values() {
        let all: Arc<[Tag]> = all.into();
        for name in all.iter() {
            names.insert(fold(name.as_str()), Arc::clone(&all));
        }
    }
    names
}

/// The definitions, compiled once per revision and instance.
#[boxed]
pub async fn compiled(store: &Store) -> Result<Arc<Compiled>, StoreError> {
    store
        .read_compiled(&Key::<Definitions>::single(), |found| match found {
            None => Compiled::default(),
            Some(found) => Compiled::new(found.value, found.rev),
        })
        .await
}
