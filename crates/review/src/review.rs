//! A review as it is kept.

use rapport_lifetime::Thresholds;
use rapport_types::{Currency, Decimal, Slug, Timestamp, decimal, sort};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::counts::Counts;
use crate::findings::{self, Finding, Models};
use crate::moves::Moves;
use crate::pairs::Pair;
use crate::report::Report;
use crate::settings::Settings;
use crate::tally::Tally;

/// The most overlaps that are kept: the largest.
pub const OVERLAPS: usize = 50;

/// Who decides who is in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Its rule.
    Dynamic,
    /// People.
    Manual,
    /// The moment at which it was frozen.
    Snapshot,
}

/// What a segment is when a review ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: Slug,
    /// What people call it.
    pub name: String,
    /// Who decides who is in it.
    pub kind: Kind,
    /// The version of its definition that was counted.
    pub version: u64,
    /// When it was first defined.
    pub created_at: Timestamp,
    /// When its rule last changed.
    pub rule_changed_at: Timestamp,
    /// Whether that was while customers were counted, or it was deleted then: its counts are of no use.
    pub changed: bool,
}

/// A segment in a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// Its id.
    pub id: Slug,
    /// What people called it.
    pub name: String,
    /// Who decided who was in it.
    pub kind: Kind,
    /// By which version of its definition.
    pub version: u64,
    /// Whether the rule had changed since the review before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rule_changed: bool,
    /// Whether the review before knew it, too; so that who came and who left is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compared: bool,
    /// What was counted; `None` where it changed meanwhile.
    pub counts: Option<Counts>,
}

/// Thresholds that fit the population as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Rfm {
    pub recency_days: [u64; 4],
    pub frequency: [u64; 4],
    pub monetary: [Number; 4],
    pub mean_scores: MeanScores,
    /// Customers with an order.
    pub customers: u64,
    /// How far scores by the thresholds that were set had drifted from these; `None` where none were.
    pub drift: Option<f64>,
    /// Whether these were set as the new ones.
    pub refreshed: bool,
}

/// The population's mean scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MeanScores {
    pub r: Number,
    pub f: Number,
    pub m: Number,
}

impl Rfm {
    /// Those thresholds, of so many customers.
    pub fn new(thresholds: &Thresholds, customers: u64) -> Option<Self> {
        let number = |value: Decimal| decimal::to_number(value);
        let [a, b, c, d] = thresholds.monetary.map(number);
        let means = &thresholds.means;
        Some(Self {
            recency_days: thresholds.recency_days,
            frequency: thresholds.frequency,
            monetary: [a?, b?, c?, d?],
            mean_scores: MeanScores {
                r: number(means.r)?,
                f: number(means.f)?,
                m: number(means.m)?,
            },
            customers,
            drift: None,
            refreshed: false,
        })
    }
}

/// A review as it is kept: what was counted, and what to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Its id.
    pub id: String,
    /// The moment as of which customers were looked at.
    pub as_of: Timestamp,
    /// When the period began whose orders and movements are counted: the moment of the review before.
    pub since: Timestamp,
    /// The review before.
    pub previous: Option<String>,
    /// When the last customer had been counted.
    pub finished_at: Timestamp,
    /// The currencies of [`Counts::money`].
    pub currencies: Vec<Currency>,
    /// See [`Tally::money_left_out`].
    pub money_left_out: u64,
    /// See [`Tally::by_days`].
    pub by_days: u64,
    /// Whether points were counted.
    pub has_points: bool,
    /// All customers.
    pub everyone: Counts,
    /// By segment.
    pub segments: Vec<Reviewed>,
    /// The segments, by their places in `segments`, that overlap most, the largest Jaccard index first.
    pub overlaps: Vec<[u64; 3]>,
    /// Between stages of life.
    pub moves: Moves,
    /// Thresholds that fit; `None` where nobody has ordered.
    pub rfm: Option<Rfm>,
    /// What to look at, the gravest first.
    pub findings: Vec<Finding>,
    /// Findings for which there was no room.
    #[serde(default)]
    pub findings_left_out: u64,
}

/// What a pass comes to an end with.
#[derive(Debug)]
pub struct Ended<'a> {
    /// The review's id.
    pub id: String,
    /// See [`Review::as_of`].
    pub as_of: Timestamp,
    /// See [`Review::since`].
    pub since: Timestamp,
    /// See [`Review::finished_at`].
    pub finished_at: Timestamp,
    /// The segments, in the tally's order.
    pub segments: Vec<Subject>,
    /// What was counted.
    pub tally: &'a Tally,
    /// Whether points were counted.
    pub has_points: bool,
    /// See [`Review::rfm`].
    pub rfm: Option<Rfm>,
    /// What else findings are about.
    pub models: Models,
}

impl Review {
    /// The review of what was counted.
    pub fn conclude(ended: Ended<'_>, previous: Option<&Self>, settings: &Settings) -> Self {
        let Ended {
            id,
            as_of,
            since,
            finished_at,
            segments,
            tally,
            has_points,
            rfm,
            models,
        } = ended;
        let known = |subject: &Subject| {
            let before = previous.and_then(|previous| previous.segment(&subject.id));
            before.is_some_and(|before| before.counts.is_some()) && subject.created_at <= since
        };
        let counts = tally
            .segments
            .iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        let segments: Vec<Reviewed> = segments
            .into_iter()
            .zip(counts)
            .map(|(subject, counts)| Reviewed {
                rule_changed: previous.is_some() && subject.rule_changed_at > since,
                compared: known(&subject),
                counts: counts.filter(|_| !subject.changed).cloned(),
                id: subject.id,
                name: subject.name,
                kind: subject.kind,
                version: subject.version,
            })
            .collect();
        let mut review = Self {
            id,
            as_of,
            since,
            previous: previous.map(|previous| previous.id.clone()),
            finished_at,
            currencies: tally.currencies.clone(),
            money_left_out: tally.money_left_out,
            by_days: tally.by_days,
            has_points,
            everyone: tally.everyone.clone(),
            overlaps: largest(&segments, tally),
            segments,
            moves: tally.moves.clone(),
            rfm,
            findings: Vec::new(),
            findings_left_out: 0,
        };
        let mut found = findings::all(&Report::new(&review, previous), settings, &models);
        let surplus = found.len().saturating_sub(findings::MOST);
        found.truncate(findings::MOST);
        review.findings = found;
        review.findings_left_out = u64::try_from(surplus).unwrap_or(0);
        review
    }

    /// A segment in it.
    pub fn segment(&self, id: &Slug) -> Option<&Reviewed> {
        self.segments.iter().find(|segment| segment.id == *id)
    }
}

/// The pairs of the largest Jaccard index, of segments that were counted.
fn largest(segments: &[Reviewed], tally: &Tally) -> Vec<[u64; 3]> {
    let size = |place: usize| {
        let counts = segments.get(place)?.counts.as_ref()?;
        Some(counts.size)
    };
    let mut pairs: Vec<(u64, Pair)> = tally
        .pairs
        .shared()
        .filter_map(|pair| {
            let either = size(pair.one)?.checked_add(size(pair.two)?)?;
            Some((either.checked_sub(pair.both)?, pair))
        })
        .collect();
    // both / either, without dividing.
    let product = |both: u64, either: u64| u128::from(both).saturating_mul(either.into());
    sort::by(&mut pairs, |(either_a, a), (either_b, b)| {
        let (a, b) = (product(a.both, *either_b), product(b.both, *either_a));
        b.cmp(&a)
    });
    pairs.truncate(OVERLAPS);
    let number = |place: usize| u64::try_from(place).unwrap_or(u64::MAX);
    pairs
        .into_iter()
        .map(|(_, pair)| [number(pair.one), number(pair.two), pair.both])
        .collect()
}
