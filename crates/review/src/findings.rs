//! What to look at.
//!
//! Codes are stable; texts are for people and may be worded better. Each finding has the numbers that it stands on.

use rapport_types::{Slug, Timestamp, sort};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::report::{Figures, Overlap, Report, Segment};
use crate::review::Kind;
use crate::settings::Settings;
use crate::wording;

/// The most findings that a review keeps: nobody reads more.
pub const MOST: usize = 100;
/// Rates of shorter periods say little.
const LEAST_PERIOD: i64 = 7 * 86_400_000;
/// Fewer orders in a period make no trend.
const LEAST_ORDERS: u64 = 20;
/// Of fewer customers who have ordered, thresholds are chance: a review sets none, and calls none stale.
pub const LEAST_BUYERS: u64 = 50;
/// In a shop of fewer times as many customers, every segment would be too small.
const TIMES: u64 = 5;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is, such as `too_small`; never changes its meaning.
    pub code: String,
    /// How grave.
    pub severity: Severity,
    /// The segment that it is about; `null`: all customers.
    pub segment: Option<Slug>,
    /// The other segment, of two that overlap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Slug>,
    /// The same for people, in English.
    pub text: String,
    /// What it stands on.
    pub numbers: Map<String, Value>,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Costs money or customers now.
    Critical,
    /// Something is likely wrong.
    Warning,
    /// Worth knowing.
    Info,
}

/// What else there is to find: models of the population.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Models {
    /// When BG/NBD was fitted; `None`: never, or nobody knows.
    pub lifetime_fitted_at: Option<Timestamp>,
}

/// What a finding says.
pub(crate) struct Found {
    pub code: &'static str,
    pub severity: Severity,
    pub text: String,
    pub numbers: Value,
}

impl Found {
    fn of(self, segment: Option<&Slug>, other: Option<&Slug>) -> Finding {
        Finding {
            code: self.code.to_owned(),
            severity: self.severity,
            segment: segment.cloned(),
            other: other.cloned(),
            text: self.text,
            numbers: match self.numbers {
                Value::Object(numbers) => numbers,
                _ => Map::new(),
            },
        }
    }
}

/// Everything to look at in a review, the gravest first; of the same gravity, in the order of segments.
pub fn all(report: &Report, settings: &Settings, models: &Models) -> Vec<Finding> {
    let mut found = of_models(report, settings, models);
    for segment in &report.segments {
        let id = Some(&segment.segment);
        let of_segment = match &segment.figures {
            Some(figures) => of_segment(report, segment, figures, settings),
            None => vec![wording::changed(segment)],
        };
        found.extend(of_segment.into_iter().map(|found| found.of(id, None)));
    }
    for overlap in &report.overlaps {
        if overlaps(report, overlap, settings) {
            let [one, two] = &overlap.segments;
            found.push(wording::overlapping(report, overlap).of(Some(one), Some(two)));
        }
    }
    sort::by_key(&mut found, |finding| finding.severity);
    found
}

fn of_models(report: &Report, settings: &Settings, models: &Models) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(rfm) = &report.rfm
        && let Some(drift) = rfm.drift
        && drift >= settings.stale_drift
        && rfm.customers >= LEAST_BUYERS
        && !rfm.refreshed
    {
        found.push(wording::stale_thresholds(drift, rfm));
    }
    if let Some(at) = models.lifetime_fitted_at
        && report.as_of.millis_since(at) >= settings.stale_after.millis()
    {
        found.push(wording::stale_lifetime(report, at));
    }
    found
        .into_iter()
        .map(|found| found.of(None, None))
        .collect()
}

fn of_segment(
    report: &Report,
    segment: &Segment,
    figures: &Figures,
    settings: &Settings,
) -> Vec<Found> {
    let mut found = Vec::new();
    let everybody = report.customers.size;
    let size = figures.size;
    let trend = figures.trend.as_ref();
    let was = trend.and_then(|trend| trend.size.was.as_u64());
    if size == 0 {
        // In an empty shop, every segment is.
        if everybody > 0 {
            found.push(wording::empty(report, segment, was.unwrap_or(0)));
        }
        return found;
    }
    let matters = everybody >= settings.min_members.saturating_mul(TIMES);
    if size < settings.min_members && matters {
        found.push(wording::too_small(report, segment, figures, settings));
    }
    if figures
        .share
        .is_some_and(|share| share >= settings.max_share)
        && matters
    {
        found.push(wording::too_large(report, segment, figures));
    }
    let period = report.as_of.millis_since(report.since);
    let still = (figures.entered, figures.left) == (Some(0), Some(0));
    if still && segment.kind == Kind::Dynamic && period >= settings.still_after.millis() {
        found.push(wording::not_moving(report, segment, figures));
    }
    let Some(trend) = trend else {
        return unhappy(found, report, segment, figures, settings);
    };
    let falls = |fall: f64| fall > 0.0 && fall >= settings.fall;
    let severity = |fall: f64| match fall >= settings.fall * 2.0 {
        true => Severity::Critical,
        false => Severity::Warning,
    };
    let fall = trend.size.fall();
    if falls(fall) && was.is_some_and(|was| was >= settings.min_members) {
        found.push(wording::size_falling(
            segment,
            figures,
            &trend.size,
            severity(fall),
        ));
    }
    if let Some(change) = &trend.revenue_per_member_30d
        && falls(change.fall())
        && period >= LEAST_PERIOD
        && size >= settings.min_members
        && figures.orders.period.saturating_add(orders_then(figures)) >= LEAST_ORDERS
    {
        let severity = severity(change.fall());
        found.push(wording::revenue_falling(
            report, segment, figures, change, severity,
        ));
    }
    unhappy(found, report, segment, figures, settings)
}

/// About how many orders the members would have made in this period at the rate of the one before.
fn orders_then(figures: &Figures) -> u64 {
    let trend = figures.trend.as_ref();
    let change = trend.and_then(|trend| trend.orders_per_member_30d.as_ref());
    let was = change.and_then(|change| change.was.as_f64()).unwrap_or(0.0);
    let orders = was * figures.size as f64;
    // What a float cannot be as a whole number becomes the nearest one.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = orders as u64;
    whole
}

fn unhappy(
    mut found: Vec<Found>,
    report: &Report,
    segment: &Segment,
    figures: &Figures,
    settings: &Settings,
) -> Vec<Found> {
    let enough = |answers: u64| answers >= settings.min_answers;
    if let Some(score) = figures.nps.score
        && enough(figures.nps.answers)
        && score < settings.min_nps
    {
        found.push(wording::unhappy_nps(report, segment, figures, score));
    }
    if let Some(score) = figures.csat.score
        && enough(figures.csat.answers)
        && score < settings.min_csat
    {
        found.push(wording::unhappy_csat(report, segment, figures, score));
    }
    found
}

/// Whether the two are nearly the same, and large enough for that to matter.
fn overlaps(report: &Report, overlap: &Overlap, settings: &Settings) -> bool {
    let size = |id: &Slug| {
        let mut segments = report.segments.iter();
        let segment = segments.find(|segment| segment.segment == *id);
        segment.and_then(|segment| Some(segment.figures.as_ref()?.size))
    };
    let large = |id: &Slug| size(id).is_some_and(|size| size >= settings.min_members);
    let [one, two] = &overlap.segments;
    let index = overlap.jaccard.unwrap_or(0.0);
    index >= settings.max_overlap && large(one) && large(two)
}
