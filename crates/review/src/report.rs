//! A review as people read it: figures, and how they differ from those of the review before.

use std::collections::BTreeMap;

use rapport_rules::Stage;
use rapport_types::{Currency, Slug, Timestamp, sort};
use serde::Serialize;

use crate::counts::Counts;
use crate::findings::Finding;
use crate::moves::Moves;
use crate::ratio;
use crate::review::{Kind, Review, Reviewed, Rfm};
use crate::trend::Change;

/// 30 days in milliseconds: what rates are given for, so that periods of different lengths can be compared.
const MONTH: i64 = 30 * 86_400_000;

/// A review as people read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Report {
    pub id: String,
    pub as_of: Timestamp,
    pub since: Timestamp,
    pub previous: Option<String>,
    pub finished_at: Timestamp,
    /// All customers.
    pub customers: Figures,
    pub segments: Vec<Segment>,
    pub overlaps: Vec<Overlap>,
    pub lifecycle: Lifecycle,
    pub rfm: Option<Rfm>,
    pub findings: Vec<Finding>,
    pub findings_left_out: u64,
    pub money_left_out: u64,
    pub by_days: u64,
}

/// A segment's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Segment {
    pub segment: Slug,
    pub name: String,
    pub kind: Kind,
    pub definition_version: u64,
    pub rule_changed: bool,
    /// `counted`, or `changed`: while customers were counted, so that there are no figures.
    pub state: &'static str,
    #[serde(flatten)]
    pub figures: Option<Figures>,
}

/// What was counted, in the form that can be compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// How many.
    pub size: u64,
    /// Of all customers, from 0 to 1.
    pub share: Option<f64>,
    /// Who were not in at the review before; `null` where that is not known.
    pub entered: Option<u64>,
    /// Who were in at the review before and are no more.
    pub left: Option<u64>,
    /// Orders.
    pub orders: Orders,
    /// Money, in each currency, that with the most in the period first.
    pub revenue: Vec<Revenue>,
    /// Points; `null` without a programme.
    pub points: Option<Points>,
    /// The net promoter score of members' latest answers.
    pub nps: Score,
    /// The percentage of satisfied ones among members' latest answers.
    pub csat: Score,
    /// Against the review before; `null` where there was none, or it did not know the segment.
    pub trend: Option<Trend>,
}

/// Orders of the members.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Orders {
    pub lifetime: u64,
    pub period: u64,
    pub per_member: Option<f64>,
    pub per_member_30d: Option<f64>,
}

/// What the members spent, in minor units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revenue {
    /// The currency.
    pub currency: Currency,
    /// Ever.
    pub lifetime: i64,
    /// In the period.
    pub period: i64,
    /// Ever, per member.
    pub per_member: Option<i64>,
    /// In the period, per member and 30 days.
    pub per_member_30d: Option<i64>,
    /// In the period, per order.
    pub average_order: Option<i64>,
}

/// Points that the members hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Points {
    pub active: i64,
    pub pending: i64,
    pub holders: u64,
    pub per_member: Option<i64>,
}

/// A score of answers; `null` without any.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Score {
    pub score: Option<f64>,
    pub answers: u64,
}

/// How figures differ from those of the review before. Money is of the currency that comes first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Trend {
    pub size: Change,
    pub share: Option<Change>,
    pub orders_per_member_30d: Option<Change>,
    pub revenue_per_member_30d: Option<Change>,
    pub average_order: Option<Change>,
    pub points_active: Option<Change>,
    pub nps: Option<Change>,
    pub csat: Option<Change>,
}

/// Two segments that share members.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Overlap {
    pub segments: [Slug; 2],
    pub in_both: u64,
    /// Those in both, of those in either.
    pub jaccard: Option<f64>,
    /// Those in both, of the first and of the second.
    pub shares: [Option<f64>; 2],
}

/// Stages of life.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lifecycle {
    /// How many customers are in each stage.
    pub stages: BTreeMap<&'static str, u64>,
    /// How many of those who are customers now were in each stage when the period began.
    pub before: BTreeMap<&'static str, u64>,
    /// How many have come since.
    pub new: u64,
    /// How many changed their stage.
    pub moved: u64,
    /// From each stage, or from `new`, to each: how many.
    pub moves: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

/// What [`Figures`] are made of, beside the counts themselves.
struct Of<'a> {
    review: &'a Review,
    /// The currencies' places, that with the most in the period first.
    currencies: Vec<usize>,
}

impl Report {
    /// The report of `review`; `previous` is the one that it names.
    pub fn new(review: &Review, previous: Option<&Review>) -> Self {
        let now = Of::new(review);
        let then = previous.map(Of::new);
        let mut customers = now.figures(&review.everyone, previous.is_some());
        if let Some(then) = &then {
            now.compare(
                &mut customers,
                &then.figures(&then.review.everyone, false),
                then,
            );
        }
        let segments = review.segments.iter().map(|segment| {
            let before = then.as_ref().and_then(|then| {
                let before = then.review.segment(&segment.id)?;
                Some((then, before.counts.as_ref()?))
            });
            now.segment(segment, before)
        });
        Self {
            id: review.id.clone(),
            as_of: review.as_of,
            since: review.since,
            previous: review.previous.clone(),
            finished_at: review.finished_at,
            customers,
            segments: segments.collect(),
            overlaps: review
                .overlaps
                .iter()
                .filter_map(|pair| overlap(review, pair))
                .collect(),
            lifecycle: Lifecycle::new(&review.moves),
            rfm: review.rfm.clone(),
            findings: review.findings.clone(),
            findings_left_out: review.findings_left_out,
            money_left_out: review.money_left_out,
            by_days: review.by_days,
        }
    }
}

impl<'a> Of<'a> {
    fn new(review: &'a Review) -> Self {
        let mut currencies: Vec<usize> = (0..review.currencies.len()).collect();
        let sums = |place: &usize| {
            review
                .everyone
                .money
                .get(*place)
                .copied()
                .unwrap_or_default()
        };
        sort::by_key(&mut currencies, |place| {
            let sums = sums(place);
            std::cmp::Reverse((sums.period, sums.lifetime))
        });
        Self { review, currencies }
    }

    /// The length of the period in milliseconds.
    fn period(&self) -> i64 {
        self.review.as_of.millis_since(self.review.since)
    }

    fn figures(&self, counts: &Counts, compared: bool) -> Figures {
        let size = counts.size;
        let per = |orders: u64| (size > 0).then(|| orders as f64 / size as f64);
        let months = self.period() as f64 / MONTH as f64;
        let rate = per(counts.period_orders).filter(|_| months > 0.0);
        let revenue = self.currencies.iter().filter_map(|place| {
            let currency = *self.review.currencies.get(*place)?;
            let sums = counts.money.get(*place).copied().unwrap_or_default();
            Some(Revenue {
                currency,
                lifetime: sums.lifetime,
                period: sums.period,
                per_member: ratio::each(sums.lifetime, size),
                per_member_30d: ratio::scaled(sums.period, MONTH, self.period(), size),
                average_order: ratio::each(sums.period, sums.orders),
            })
        });
        Figures {
            size,
            share: ratio::share(size, self.review.everyone.size),
            entered: compared.then_some(counts.entered),
            left: None,
            orders: Orders {
                lifetime: counts.orders,
                period: counts.period_orders,
                per_member: per(counts.orders).map(|each| ratio::rounded(each, 4)),
                per_member_30d: rate.map(|each| ratio::rounded(each / months, 4)),
            },
            revenue: revenue.collect(),
            points: self.review.has_points.then(|| Points {
                active: counts.active,
                pending: counts.pending,
                holders: counts.holders,
                per_member: ratio::each(counts.active, size),
            }),
            nps: Score {
                score: counts.nps_score(),
                answers: counts.nps,
            },
            csat: Score {
                score: counts.csat_score(),
                answers: counts.csat,
            },
            trend: None,
        }
    }

    fn segment(&self, segment: &Reviewed, before: Option<(&Of<'_>, &Counts)>) -> Segment {
        let before = before.filter(|_| segment.compared);
        let figures = segment.counts.as_ref().map(|counts| {
            let mut figures = self.figures(counts, before.is_some());
            if let Some((then, before)) = before {
                self.compare(&mut figures, &then.figures(before, false), then);
            }
            figures
        });
        Segment {
            segment: segment.id.clone(),
            name: segment.name.clone(),
            kind: segment.kind,
            definition_version: segment.version,
            rule_changed: segment.rule_changed,
            state: match figures {
                Some(_) => "counted",
                None => "changed",
            },
            figures,
        }
    }

    /// Adds what only the review before can tell.
    fn compare(&self, now: &mut Figures, was: &Figures, then: &Of<'_>) {
        // Who was in then, and has not come since, is in now, too.
        now.left = now
            .entered
            .map(|entered| was.size.saturating_add(entered).saturating_sub(now.size));
        let both = |was: Option<f64>, now: Option<f64>| was.zip(now);
        let main = now.revenue.first().map(|now| {
            let was = was.revenue.iter().find(|was| was.currency == now.currency);
            (now.clone(), was.cloned())
        });
        let money = |of: fn(&Revenue) -> Option<i64>| {
            let (now, was) = main.as_ref()?;
            // Nobody had spent in that currency then.
            let was = match was {
                Some(was) => of(was)?,
                None => 0,
            };
            Some(Change::whole(was, of(now)?))
        };
        // A review that follows at once has no period to compare.
        let rates = self.period() > 0 && then.period() > 0;
        let trend = Trend {
            size: Change::count(was.size, now.size),
            share: both(was.share, now.share).map(|(was, now)| Change::real(was, now, 4)),
            orders_per_member_30d: both(was.orders.per_member_30d, now.orders.per_member_30d)
                .filter(|_| rates)
                .map(|(was, now)| Change::real(was, now, 4)),
            revenue_per_member_30d: money(|revenue| revenue.per_member_30d).filter(|_| rates),
            average_order: money(|revenue| revenue.average_order),
            points_active: (was.points.as_ref())
                .zip(now.points.as_ref())
                .map(|(was, now)| Change::whole(was.active, now.active)),
            nps: both(was.nps.score, now.nps.score).map(|(was, now)| Change::score(was, now)),
            csat: both(was.csat.score, now.csat.score).map(|(was, now)| Change::score(was, now)),
        };
        now.trend = Some(trend);
    }
}

fn overlap(review: &Review, [one, two, both]: &[u64; 3]) -> Option<Overlap> {
    let segment = |place: &u64| review.segments.get(usize::try_from(*place).ok()?);
    let (one, two) = (segment(one)?, segment(two)?);
    let (a, b) = (one.counts.as_ref()?.size, two.counts.as_ref()?.size);
    Some(Overlap {
        segments: [one.id.clone(), two.id.clone()],
        in_both: *both,
        jaccard: ratio::share(*both, a.saturating_add(b).saturating_sub(*both)),
        shares: [ratio::share(*both, a), ratio::share(*both, b)],
    })
}

impl Lifecycle {
    fn new(moves: &Moves) -> Self {
        let stages = Stage::ALL.iter();
        let mut rows = BTreeMap::new();
        let befores = stages.clone().map(|(stage, name)| (Some(*stage), *name));
        let mut moved = 0_u64;
        for (before, from) in befores.chain([(None, "new")]) {
            let mut row = BTreeMap::new();
            for (now, to) in Stage::ALL {
                let count = moves.between(before, now);
                if count > 0 {
                    row.insert(to, count);
                }
                if before.is_some() && before != Some(now) {
                    moved = moved.saturating_add(count);
                }
            }
            if !row.is_empty() {
                rows.insert(from, row);
            }
        }
        Self {
            stages: stages
                .clone()
                .map(|(stage, name)| (*name, moves.now(*stage)))
                .collect(),
            before: stages
                .map(|(stage, name)| (*name, moves.before(Some(*stage))))
                .collect(),
            new: moves.before(None),
            moved,
            moves: rows,
        }
    }
}
