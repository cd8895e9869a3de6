//! What is known of the whole population: BG/NBD, RFM thresholds, and the bounds of lifecycle stages.
//!
//! The numbers come from outside (`rapport fit`, a review, people); here they are checked and kept, each with a version, in the
//! document of the definitions: a new version of a model is a new version of the segments whose rules ask for that model
//! ([`DefinitionSet::set_model`](crate::segments::DefinitionSet::set_model)).

use rapport_lifetime::rfm::Means;
use rapport_lifetime::{Params, Thresholds};
use rapport_rules::LifecycleBounds;
use rapport_types::{Day, Decimal, Timestamp, Violation, decimal};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::segments::Defined;

/// All models.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ModelSet {
    /// How likely customers are to stay and to order.
    #[serde(default)]
    pub lifetime: Option<Kept<Lifetime>>,
    /// By which RFM scores are given.
    #[serde(default)]
    pub rfm: Option<Kept<Rfm>>,
    /// Where stages of life begin; the defaults where it is not set.
    #[serde(default)]
    pub lifecycle: Option<Kept<LifecycleBounds>>,
}

/// A model as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept<T> {
    /// The model.
    pub model: T,
    /// Grows by one with each change of it, from 1.
    pub version: u64,
    /// The revision of the document with which it last changed.
    pub rev: u64,
    /// When that was.
    pub updated_at: Timestamp,
}

/// BG/NBD, in weeks, and where it is from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Lifetime {
    pub r: f64,
    pub alpha: f64,
    pub a: f64,
    pub b: f64,
    /// When it was fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fitted_at: Option<Timestamp>,
    /// To how many customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<u64>,
    /// How well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_likelihood: Option<f64>,
    /// The last day that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
}

/// RFM thresholds as [`Thresholds`] means them, and where they are from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Rfm {
    pub recency_days: [u64; 4],
    pub frequency: [u64; 4],
    pub monetary: [Number; 4],
    /// 3 each where they are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_scores: Option<MeanScores>,
    /// When they were computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_at: Option<Timestamp>,
    /// Of how many customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<u64>,
}

/// The population's mean scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct MeanScores {
    pub r: Number,
    pub f: Number,
    pub m: Number,
}

/// A model as somebody wants it.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Wanted {
    Lifetime(Lifetime),
    Rfm(Rfm),
    Lifecycle(LifecycleBounds),
}

impl Wanted {
    /// Whether a rule asks for this model. What the rule says of other definitions is not looked into.
    pub fn is_asked_by(&self, rule: &Value) -> bool {
        let Value::Object(members) = rule else {
            return false;
        };
        let parts = ["all", "any"].into_iter();
        let mut parts = parts.filter_map(|name| members.get(name)?.as_array());
        let field = members.get("field").and_then(Value::as_str);
        field.is_some_and(|field| self.has(field))
            || parts.any(|parts| parts.iter().any(|part| self.is_asked_by(part)))
            || members
                .get("not")
                .is_some_and(|part| self.is_asked_by(part))
    }

    fn has(&self, field: &str) -> bool {
        match self {
            Self::Lifetime(_) => field.starts_with("lifetime."),
            // These three are counted on the customer alone.
            Self::Rfm(_) => field
                .strip_prefix("rfm.")
                .is_some_and(|field| !["recency_days", "frequency", "monetary"].contains(&field)),
            Self::Lifecycle(_) => field == "lifecycle",
        }
    }
}

impl Lifetime {
    /// The parameters, or what is wrong with them.
    pub fn params(&self) -> Result<Params, Vec<Violation>> {
        Params::new(self.r, self.alpha, self.a, self.b)
    }

    /// Nine significant digits: more than any data settle, and few enough to be the same after every reading and writing.
    fn rounded(self) -> Self {
        let short = |value: f64| format!("{value:.8e}").parse().unwrap_or(value);
        Self {
            r: short(self.r),
            alpha: short(self.alpha),
            a: short(self.a),
            b: short(self.b),
            log_likelihood: self.log_likelihood.map(short),
            ..self
        }
    }
}

impl Rfm {
    /// The thresholds, or what is wrong with them.
    pub fn thresholds(&self) -> Result<Thresholds, Vec<Violation>> {
        let mut wrong = Vec::new();
        let mut read = |place: String, number: &Number| {
            decimal::from_number(number).unwrap_or_else(|| {
                let detail = format!("{number} has more digits than can be counted");
                wrong.push(Violation::new(place, "out_of_range", detail));
                Decimal::ZERO
            })
        };
        let [a, b, c, d] = &self.monetary;
        let monetary = [(0, a), (1, b), (2, c), (3, d)]
            .map(|(at, number)| read(format!("/monetary/{at}"), number));
        let means = match &self.mean_scores {
            None => Means::default(),
            Some(means) => Means {
                r: read("/mean_scores/r".to_owned(), &means.r),
                f: read("/mean_scores/f".to_owned(), &means.f),
                m: read("/mean_scores/m".to_owned(), &means.m),
            },
        };
        let thresholds = Thresholds {
            recency_days: self.recency_days,
            frequency: self.frequency,
            monetary,
            means,
        };
        if wrong.is_empty() {
            wrong = thresholds.check();
        }
        if wrong.is_empty() {
            Ok(thresholds)
        } else {
            Err(wrong)
        }
    }
}

impl ModelSet {
    /// Sets a model at `now`; `rev` is the revision that the document will have. Pointers of violations begin at the model.
    pub fn set(
        &mut self,
        wanted: Wanted,
        now: Timestamp,
        rev: u64,
    ) -> Result<Defined, Vec<Violation>> {
        Ok(match wanted {
            Wanted::Lifetime(model) => {
                let model = model.rounded();
                model.params()?;
                keep(&mut self.lifetime, model, now, rev)
            }
            Wanted::Rfm(model) => {
                model.thresholds()?;
                keep(&mut self.rfm, model, now, rev)
            }
            Wanted::Lifecycle(bounds) => keep(&mut self.lifecycle, bounds.checked()?, now, rev),
        })
    }
}

fn keep<T: PartialEq>(place: &mut Option<Kept<T>>, model: T, now: Timestamp, rev: u64) -> Defined {
    let (version, set) = match place {
        Some(kept) if kept.model == model => return Defined::Same,
        Some(kept) => (kept.version.saturating_add(1), Defined::Changed),
        None => (1, Defined::Created),
    };
    *place = Some(Kept {
        model,
        version,
        rev,
        updated_at: now,
    });
    set
}

/// The models in the form that evaluation needs.
#[derive(Debug, Default)]
pub struct Known {
    /// Where stages of life begin.
    pub lifecycle: LifecycleBounds,
    rfm: Option<Thresholds>,
    lifetime: Option<Params>,
}

impl Known {
    /// These models.
    pub fn new(models: &ModelSet) -> Self {
        // Models are checked when they are set; one that a later version refuses is unknown.
        let rfm = models.rfm.as_ref();
        let lifetime = models.lifetime.as_ref();
        Self {
            lifecycle: models
                .lifecycle
                .as_ref()
                .map_or_else(LifecycleBounds::default, |kept| kept.model),
            rfm: rfm.and_then(|kept| kept.model.thresholds().ok()),
            lifetime: lifetime.and_then(|kept| kept.model.params().ok()),
        }
    }

    /// As rules see them.
    pub fn in_rules(&self) -> rapport_rules::Models<'_> {
        rapport_rules::Models {
            rfm: self.rfm.as_ref(),
            lifetime: self.lifetime.as_ref(),
        }
    }
}
