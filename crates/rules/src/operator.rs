//! The names of the operators, their pairs, what each takes and suits, and what is suggested for a wrong one.

use rapport_types::violation::nearest;

use crate::fields::Kind;

/// What an operator asks, before its operand is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    In,
    Lt,
    Lte,
    Gt,
    Gte,
    Between,
    Exists,
    NotEmpty,
    Contains,
    StartsWith,
    EndsWith,
    ContainsAny,
    ContainsAll,
    Before,
    After,
    OnDay,
    WithinLast,
    OlderThan,
    WithinNext,
    Anniversary,
    WithinDistance,
    Matches,
}

/// What an operator takes as its `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Nothing.
    Nothing,
    /// Text, a number, true or false.
    One,
    /// Text or a number.
    Ordered,
    /// A list of two texts, or of two numbers.
    Pair,
    /// A list of texts, numbers, true and false.
    List,
    /// Text that is not empty.
    Part,
    /// A pattern.
    Pattern,
    /// A moment or a day.
    When,
    /// A day.
    Day,
    /// A duration.
    Span,
    /// A duration of whole days.
    Days,
    /// `{"lat", "lon", "km"}`.
    Circle,
}

impl Takes {
    /// Whether it compares text, so that `exact` may stand beside it.
    pub(crate) fn compares_text(self) -> bool {
        matches!(
            self,
            Self::One | Self::Ordered | Self::Pair | Self::List | Self::Part | Self::Pattern
        )
    }
}

impl Operator {
    /// What it takes.
    pub(crate) fn takes(self) -> Takes {
        match self {
            Self::Exists | Self::NotEmpty => Takes::Nothing,
            Self::Eq => Takes::One,
            Self::Lt | Self::Lte | Self::Gt | Self::Gte => Takes::Ordered,
            Self::Between => Takes::Pair,
            Self::In | Self::ContainsAny | Self::ContainsAll => Takes::List,
            Self::Contains | Self::StartsWith | Self::EndsWith => Takes::Part,
            Self::Matches => Takes::Pattern,
            Self::Before | Self::After => Takes::When,
            Self::OnDay => Takes::Day,
            Self::WithinLast | Self::OlderThan | Self::WithinNext => Takes::Span,
            Self::Anniversary => Takes::Days,
            Self::WithinDistance => Takes::Circle,
        }
    }

    /// Whether it may be asked of a field of that kind; of what could never pass it may not.
    pub(crate) fn suits(self, kind: Kind) -> bool {
        let compares = matches!(
            self.takes(),
            Takes::One | Takes::Ordered | Takes::Pair | Takes::Nothing
        ) || self == Self::In;
        match kind {
            Kind::Any => true,
            Kind::Number => compares,
            Kind::Text => compares || matches!(self.takes(), Takes::Part | Takes::Pattern),
            Kind::Stage | Kind::Group => {
                matches!(self, Self::Eq | Self::In | Self::Exists | Self::NotEmpty)
            }
            Kind::Moment => {
                compares
                    || matches!(
                        self.takes(),
                        Takes::When | Takes::Day | Takes::Span | Takes::Days
                    )
            }
            Kind::List => {
                compares || matches!(self.takes(), Takes::Part | Takes::Pattern | Takes::List)
            }
        }
    }
}

/// Every name: what it asks, and whether it is the negative of its pair.
pub(crate) const OPERATORS: [(&str, Operator, bool); 34] = [
    ("eq", Operator::Eq, false),
    ("ne", Operator::Eq, true),
    ("lt", Operator::Lt, false),
    ("lte", Operator::Lte, false),
    ("gt", Operator::Gt, false),
    ("gte", Operator::Gte, false),
    ("between", Operator::Between, false),
    ("not_between", Operator::Between, true),
    ("in", Operator::In, false),
    ("not_in", Operator::In, true),
    ("exists", Operator::Exists, false),
    ("missing", Operator::Exists, true),
    ("is_not_empty", Operator::NotEmpty, false),
    ("is_empty", Operator::NotEmpty, true),
    ("contains", Operator::Contains, false),
    ("not_contains", Operator::Contains, true),
    ("starts_with", Operator::StartsWith, false),
    ("not_starts_with", Operator::StartsWith, true),
    ("ends_with", Operator::EndsWith, false),
    ("not_ends_with", Operator::EndsWith, true),
    ("contains_any", Operator::ContainsAny, false),
    ("contains_none", Operator::ContainsAny, true),
    ("contains_all", Operator::ContainsAll, false),
    ("on_day", Operator::OnDay, false),
    ("not_on_day", Operator::OnDay, true),
    ("before", Operator::Before, false),
    ("after", Operator::After, false),
    ("within_last", Operator::WithinLast, false),
    ("older_than", Operator::OlderThan, false),
    ("within_next", Operator::WithinNext, false),
    ("anniversary", Operator::Anniversary, false),
    ("within_distance", Operator::WithinDistance, false),
    ("matches", Operator::Matches, false),
    ("not_matches", Operator::Matches, true),
];

/// What other languages call them.
const ELSEWHERE: [(&str, &str); 20] = [
    ("=", "eq"),
    ("==", "eq"),
    ("is", "eq"),
    ("equals", "eq"),
    ("!=", "ne"),
    ("<>", "ne"),
    ("not", "ne"),
    ("not_equals", "ne"),
    ("<", "lt"),
    ("<=", "lte"),
    (">", "gt"),
    (">=", "gte"),
    ("less_than", "lt"),
    ("greater_than", "gt"),
    ("is_set", "exists"),
    ("is_not_set", "missing"),
    ("not_exists", "missing"),
    ("one_of", "in"),
    ("regex", "matches"),
    ("birthday", "anniversary"),
];

/// The operator of that name, and whether it is the negative of its pair.
pub(crate) fn find(name: &str) -> Option<(Operator, bool)> {
    OPERATORS
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(_, operator, negate)| (*operator, *negate))
}

/// The name of the operator that holds where this one does not; `not …` where it has no name of its own.
pub(crate) fn opposite(name: &str) -> String {
    const ORDERED: [(&str, &str); 2] = [("lt", "gte"), ("lte", "gt")];
    let ordered = ORDERED.iter().find_map(|(one, other)| match name {
        name if name == *one => Some(*other),
        name if name == *other => Some(*one),
        _ => None,
    });
    let paired = || {
        let (asked, negate) = find(name)?;
        let pair = OPERATORS
            .iter()
            .find(|(_, operator, negative)| *operator == asked && *negative != negate);
        pair.map(|(name, _, _)| *name)
    };
    let known = ordered.or_else(paired);
    known.map_or_else(|| format!("not {name}"), str::to_owned)
}

/// The name that was probably meant.
pub(crate) fn suggest(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    ELSEWHERE
        .iter()
        .find(|(other, _)| *other == lower)
        .map(|(_, ours)| *ours)
        .or_else(|| nearest(&lower, OPERATORS.iter().map(|(name, _, _)| *name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_answered_with_the_operator_meant() {
        assert_eq!(suggest("contians"), Some("contains"));
        assert_eq!(suggest("eqq"), Some("eq"));
        assert_eq!(suggest("Within_Last"), Some("within_last"));
        assert_eq!(suggest("within_lsat"), Some("within_last"));
        assert_eq!(suggest(">="), Some("gte"));
        assert_eq!(suggest("is_set"), Some("exists"));
        assert_eq!(suggest("frobnicate"), None);
    }

    #[test]
    fn every_name_is_there_once_and_found() {
        for (at, (name, operator, negate)) in OPERATORS.iter().enumerate() {
            assert_eq!(find(name), Some((*operator, *negate)), "{name}");
            assert!(
                OPERATORS
                    .iter()
                    .skip(at)
                    .skip(1)
                    .all(|(other, _, _)| other != name)
            );
        }
    }
}
