//! The places on a rating's scale, as `survey-core` lays them out.

use rapport_types::json;
use serde_json::{Number, Value as Json};

use super::Publisher;
use super::properties::Properties;
use crate::survey::Kind;

/// `settings.ratingMaximumRateValueCount` of survey-core.
const MAX_VALUES: usize = 20;
/// A scale of faces has at most so many.
const MAX_SMILEYS: usize = 10;

impl Publisher {
    pub(super) fn rating(&mut self, at: &Properties<'_>) -> Option<Kind> {
        let listed: Vec<Json> = self
            .items(at, "rateValues")?
            .into_iter()
            .map(|item| item.value)
            .collect();
        let automatic = self
            .flag(at, "autoGenerate")
            .unwrap_or(at.get("rateValues").is_none() || listed.is_empty());
        let mut values = if automatic || listed.is_empty() {
            self.scale(at)?
        } else {
            listed
        };
        let smileys = at.spelt("rateType", "rateDisplayMode");
        if at.get(smileys).and_then(Json::as_str) == Some("smileys") {
            values.truncate(MAX_SMILEYS);
        }
        if values.is_empty() {
            self.refuse(at.pointer(), "no_choices", "this scale has no values");
            return None;
        }
        Some(Kind::Rating { values })
    }

    /// `rateMin` to `rateMax` by `rateStep`; `rateCount` matters only where one end is given without the other.
    fn scale(&mut self, at: &Properties<'_>) -> Option<Vec<Json>> {
        let step = self.number(at, "rateStep").unwrap_or(1.0);
        if step <= 0.0 {
            self.refuse(
                at.pointer_to("rateStep"),
                "bad_property",
                "rateStep is more than 0",
            );
            return None;
        }
        let count = self.number(at, "rateCount");
        let (mut min, max) = match (
            self.number(at, "rateMin"),
            self.number(at, "rateMax"),
            count,
        ) {
            (Some(min), None, Some(count)) => (min, min + step * (count - 1.0)),
            (None, Some(max), Some(count)) => (max - step * (count - 1.0), max),
            (min, max, _) => (min.unwrap_or(1.0), max.unwrap_or(5.0)),
        };
        min = min.min(max);
        let mut values = Vec::new();
        let mut value = min;
        while value <= max && values.len() < MAX_VALUES {
            values.push(json(value));
            value = rounded(value + step, step);
        }
        Some(values)
    }
}

/// `correctValue`: rounded to as many decimals as the step has, so that 0.1 and 0.2 are followed by 0.3.
fn rounded(value: f64, step: f64) -> f64 {
    let mut decimals = 0_i32;
    let mut scaled = step;
    while scaled.round() != scaled && decimals < 10 {
        scaled *= 10.0;
        decimals = decimals.saturating_add(1);
    }
    if value.round() == value {
        return value;
    }
    let text = format!("{:.*}", usize::try_from(decimals).unwrap_or(0), value);
    text.parse().unwrap_or(value)
}

fn json(number: f64) -> Json {
    let text = crate::js::number::to_text(number);
    json::from_slice::<Number>(text.as_bytes()).map_or(Json::Null, Json::Number)
}
