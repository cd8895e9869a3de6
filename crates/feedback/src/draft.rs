//! What a client sends, and its limits.

use rapport_types::{CustomerId, Day, Timestamp, Violation, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kind::Kind;
use crate::value;

/// Bytes of free text.
pub const TEXT_BYTES: usize = 16 * 1024;
/// Bytes of a channel.
pub const CHANNEL_BYTES: usize = 64;
/// Bytes of a subject.
pub const SUBJECT_BYTES: usize = 256;
/// Bytes of a language tag.
pub const LANGUAGE_BYTES: usize = 35;
/// How far ahead of ours a client's clock may be, in milliseconds: a day.
const CLOCK_AHEAD_MILLIS: i64 = 86_400_000;

/// Feedback as a client sends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What it answers.
    pub kind: Kind,
    /// The answer; `null` (or left out) where the customer was asked and dismissed the question.
    #[serde(default)]
    pub value: Value,
    /// The highest score of a rating, 2 to 10; 5 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u8>,
    /// What the customer wrote.
    #[serde(default)]
    pub text: Option<String>,
    /// Where it was said: `web`, `mini_program`, `store`, ...
    #[serde(default)]
    pub channel: Option<String>,
    /// What it is about: an order, a product, a page, in the shop's own words.
    #[serde(default)]
    pub subject: Option<String>,
    /// Whose it is; anonymous if left out.
    #[serde(default)]
    pub customer: Option<CustomerId>,
    /// The language of the text, as in BCP 47: `zh-Hans`.
    #[serde(default)]
    pub language: Option<String>,
    /// When it was said: RFC 3339, or a date, which is the first moment of that day in the shop's zone. Now, if left out.
    #[serde(default)]
    pub submitted_at: Option<String>,
    /// The client's idempotency key, where it does not send the header. Not part of what was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Draft {
    /// The draft with its value as it is kept, and when it was said; or all that is wrong with it.
    ///
    /// Clocks differ, so up to a day ahead of `now` is taken as now.
    pub(crate) fn check(
        mut self,
        now: Timestamp,
        zone: &Zone,
    ) -> Result<(Self, Timestamp), Vec<Violation>> {
        let mut wrong = Vec::new();
        for (pointer, text, max) in [
            ("/text", &self.text, TEXT_BYTES),
            ("/channel", &self.channel, CHANNEL_BYTES),
            ("/subject", &self.subject, SUBJECT_BYTES),
            ("/language", &self.language, LANGUAGE_BYTES),
        ] {
            wrong.extend(
                text.as_deref()
                    .and_then(|text| too_long(pointer, text, max)),
            );
        }
        wrong.extend(self.language.as_deref().and_then(not_a_language));
        wrong.extend(self.bad_scale());
        match value::check(self.kind, self.scale, std::mem::take(&mut self.value)) {
            Ok(value) => self.value = value,
            Err(violation) => wrong.push(violation),
        }
        if self.kind == Kind::Text && self.value.is_null() && wrong.is_empty() {
            // A text in either place is the answer.
            if self
                .text
                .as_deref()
                .is_none_or(|text| text.trim().is_empty())
            {
                let detail = "feedback of kind text has a text";
                wrong.push(Violation::new("/text", "required", detail));
            }
        }
        let at = self.moment(now, zone).unwrap_or_else(|violation| {
            wrong.push(violation);
            now
        });
        if wrong.is_empty() {
            Ok((self, at))
        } else {
            Err(wrong)
        }
    }

    fn bad_scale(&self) -> Option<Violation> {
        let (code, detail) = match (self.kind, self.scale) {
            (_, None) | (Kind::Rating, Some(2..=10)) => return None,
            (Kind::Rating, Some(_)) => ("out_of_range", "a rating's scale is 2 to 10"),
            (_, Some(_)) => ("not_allowed", "only a rating has a scale of its own"),
        };
        Some(Violation::new("/scale", code, detail))
    }

    fn moment(&self, now: Timestamp, zone: &Zone) -> Result<Timestamp, Violation> {
        let Some(text) = &self.submitted_at else {
            return Ok(now);
        };
        let at = match Day::parse(text) {
            Some(day) => zone.start_of(day),
            None => Timestamp::parse(text).map_err(|error| {
                Violation::new("/submitted_at", "not_a_moment", error.to_string())
            })?,
        };
        if at.millis_since(now) > CLOCK_AHEAD_MILLIS {
            let detail = format!("{at} is more than a day ahead of the server's clock, {now}");
            return Err(Violation::new("/submitted_at", "in_the_future", detail));
        }
        Ok(at.min(now))
    }
}

fn too_long(pointer: &str, text: &str, max: usize) -> Option<Violation> {
    (text.len() > max).then(|| {
        let detail = format!("at most {max} bytes; this has {}", text.len());
        Violation::new(pointer, "too_long", detail)
    })
}

fn not_a_language(text: &str) -> Option<Violation> {
    let is_tag = text.split('-').all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    (!is_tag).then(|| {
        let detail = "a language is a tag as in BCP 47, such as zh-Hans or en";
        Violation::new("/language", "bad_language", detail)
    })
}
