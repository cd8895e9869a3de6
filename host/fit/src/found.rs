//! All that was found, as the service takes it.

use std::path::PathBuf;

use rapport_lifetime::rfm::Means;
use rapport_lifetime::{Params, Thresholds};
use rapport_types::{Day, Decimal, Timestamp, decimal};
use serde::Serialize;
use serde_json::Number;

use crate::likelihood::Fit;
use crate::population::Population;

/// Fewer customers than this give parameters that another sample would not.
const FEW: usize = 200;

/// What was found in a file. As JSON it is what `--json` prints; its text is for people.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// Rows read.
    pub rows: u64,
    /// Rows after the last day, which were not looked at.
    pub later: u64,
    /// Rows that could not be read, and were left out.
    pub skipped: u64,
    /// Customers.
    pub customers: usize,
    /// Those who ordered on more than one day.
    pub repeat_customers: usize,
    /// The body of `PUT /v1/segments/models/lifetime`.
    pub lifetime: Lifetime,
    /// The body of `PUT /v1/segments/models/rfm`; `None` without totals.
    pub rfm: Option<Rfm>,
    /// What the model says of the first customers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<Shown>,
    /// What to know before this is relied on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// BG/NBD as the service takes it.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Lifetime {
    pub r: f64,
    pub alpha: f64,
    pub a: f64,
    pub b: f64,
    pub fitted_at: Timestamp,
    pub customers: usize,
    pub log_likelihood: f64,
    pub until: Day,
}

/// RFM thresholds as the service takes them.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Rfm {
    pub recency_days: [u64; 4],
    pub frequency: [u64; 4],
    pub monetary: Vec<Number>,
    pub mean_scores: MeanScores,
    pub computed_at: Timestamp,
    pub customers: usize,
}

/// The population's mean scores.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct MeanScores {
    pub r: Option<Number>,
    pub f: Option<Number>,
    pub m: Option<Number>,
}

/// What the model says of one customer.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Shown {
    pub customer: String,
    pub repeats: u64,
    /// Weeks from the first order to the last.
    pub last: f64,
    /// Weeks from the first order until the last day.
    pub age: f64,
    pub p_alive: f64,
    pub expected_orders_90d: f64,
}

impl Found {
    /// What `fit` and the RFM thresholds of `population` say; `None` where it has no customer.
    pub fn new(population: &Population, fit: &Fit, now: Timestamp, show: usize) -> Option<Self> {
        let histories = population.histories();
        let repeat_customers = histories.iter().filter(|one| one.repeats > 0).count();
        // Six digits are more than any sample settles.
        let [r, alpha, a, b] = fit.params.values().map(short);
        let params = Params::new(r, alpha, a, b).ok()?;
        let customers = population.customers.len();
        let rfm = match population.has_totals {
            true => Some(Rfm::new(
                Thresholds::of(&population.worth())?,
                customers,
                now,
            )?),
            false => None,
        };
        let buyers = population.customers.iter().zip(&histories).take(show);
        let shown = buyers.map(|(buyer, history)| Shown {
            customer: buyer.id.clone(),
            repeats: history.repeats,
            last: history.last,
            age: history.age,
            p_alive: params.p_alive(history),
            expected_orders_90d: params.expected_orders(history, 90.0 / 7.0),
        });
        Some(Self {
            file: population.file.clone(),
            rows: population.rows,
            later: population.later,
            skipped: population.refused_rows,
            customers,
            repeat_customers,
            lifetime: Lifetime {
                r,
                alpha,
                a,
                b,
                fitted_at: now,
                customers,
                log_likelihood: (fit.log_likelihood * 1e3).round() / 1e3,
                until: population.until,
            },
            rfm,
            shown: shown.collect(),
            warnings: warnings(population, fit, repeat_customers),
        })
    }
}

impl Rfm {
    fn new(thresholds: Thresholds, customers: usize, now: Timestamp) -> Option<Self> {
        let Means { r, f, m } = thresholds.means;
        let number = |value: Decimal| decimal::to_number(value);
        Some(Self {
            recency_days: thresholds.recency_days,
            frequency: thresholds.frequency,
            monetary: thresholds
                .monetary
                .into_iter()
                .map(number)
                .collect::<Option<_>>()?,
            mean_scores: MeanScores {
                r: number(r),
                f: number(f),
                m: number(m),
            },
            computed_at: now,
            customers,
        })
    }
}

fn warnings(population: &Population, fit: &Fit, repeat_customers: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if repeat_customers < FEW {
        warnings.push(format!(
            "only {repeat_customers} customers ordered on more than one day; with fewer than {FEW} the parameters are a rough guess"
        ));
    }
    if let Some(name) = fit.at_limit {
        warnings.push(format!(
            "{name} ran to its limit: the orders do not settle it, so take what follows from it with care"
        ));
    }
    if fit.starts.1 < 2 {
        warnings.push(
            "no two starts of the search ended at the same place; another may be better".to_owned(),
        );
    }
    if population.other_currency > 0 {
        warnings.push(format!(
            "{} orders are in another currency than the first one; their totals were left out",
            population.other_currency
        ));
    }
    warnings
}

/// Six significant digits.
fn short(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
