//! What a record answers.

use serde::{Deserialize, Serialize};

/// What a record answers, and so what its value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Free text: in `text`, or in `value`.
    Text,
    /// 1 to 5, or 1 to the record's `scale`.
    Rating,
    /// "How likely are you to recommend us?": 0 to 10.
    Nps,
    /// "How satisfied are you?": 1 to 5.
    Csat,
    /// "How easy was it?" (customer effort score): 1 to 7, 7 the easiest.
    Ces,
    /// One text, or a list of texts.
    Choice,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A date, `YYYY-MM-DD`.
    Date,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Rating,
        Self::Nps,
        Self::Csat,
        Self::Ces,
        Self::Choice,
        Self::Number,
        Self::Boolean,
        Self::Date,
    ];

    /// The word for it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Rating => "rating",
            Self::Nps => "nps",
            Self::Csat => "csat",
            Self::Ces => "ces",
            Self::Choice => "choice",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
        }
    }

    /// The lowest and highest score of kinds that are scored. `scale` is only for ratings.
    pub fn scores(self, scale: Option<u8>) -> Option<(u8, u8)> {
        match self {
            Self::Rating => Some((1, scale.unwrap_or(5))),
            Self::Nps => Some((0, 10)),
            Self::Csat => Some((1, 5)),
            Self::Ces => Some((1, 7)),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_kinds_word_is_what_json_says() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}
