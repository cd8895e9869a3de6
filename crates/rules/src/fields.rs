//! The fields of a customer that have a name of their own: one table, which the parser, the JSON Schema and
//! [`crate::Names`] read. A new field is a line here, and its value in `found` or a [`Fact`].

use rapport_lifetime::Measure;

use crate::fact::Fact;
use crate::models::RfmScore;
use crate::names::Document;
use crate::rule::Field;

/// What may be asked of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It holds whatever the shop wrote: everything may be asked.
    Any,
    /// It is a number.
    Number,
    /// It is text.
    Text,
    /// It is the name of a stage of life.
    Stage,
    /// It is the name of a value group.
    Group,
    /// It is a moment.
    Moment,
    /// It is a list of texts.
    List,
}

/// A field, what may be asked of it, and the document in which its value lives.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) field: Field,
    pub(crate) kind: Kind,
    pub(crate) document: Document,
}

const fn entry(name: &'static str, field: Field, kind: Kind, document: Document) -> Entry {
    Entry {
        name,
        field,
        kind,
        document,
    }
}

const fn fact(name: &'static str, fact: Fact, kind: Kind, document: Document) -> Entry {
    entry(name, Field::Fact(fact), kind, document)
}

/// Every field with a name of its own. Beside them are `traits.…`, `scores.<id>`, `scores.<id>.band` and
/// `loyalty.balances.<kind>`.
pub(crate) static FIELDS: [Entry; 25] = [
    entry("tags", Field::Tags, Kind::List, Document::Customer),
    entry(
        "created_at",
        Field::CreatedAt,
        Kind::Moment,
        Document::Customer,
    ),
    entry(
        "lifecycle",
        Field::Lifecycle,
        Kind::Stage,
        Document::Customer,
    ),
    entry(
        "rfm.recency_days",
        Field::Recency,
        Kind::Number,
        Document::Customer,
    ),
    entry(
        "rfm.frequency",
        Field::Frequency,
        Kind::Number,
        Document::Customer,
    ),
    entry(
        "rfm.monetary",
        Field::Monetary,
        Kind::Number,
        Document::Customer,
    ),
    entry(
        "rfm.r",
        Field::Rfm(RfmScore::Recency),
        Kind::Number,
        Document::Customer,
    ),
    entry(
        "rfm.f",
        Field::Rfm(RfmScore::Frequency),
        Kind::Number,
        Document::Customer,
    ),
    entry(
        "rfm.m",
        Field::Rfm(RfmScore::Monetary),
        Kind::Number,
        Document::Customer,
    ),
    entry(
        "rfm.value_group",
        Field::ValueGroup,
        Kind::Group,
        Document::Customer,
    ),
    entry(
        "lifetime.p_alive",
        Field::Lifetime(Measure::Alive),
        Kind::Number,
        Document::Customer,
    ),
    entry(
        "lifetime.expected_orders_90d",
        Field::Lifetime(Measure::OrdersIn90Days),
        Kind::Number,
        Document::Customer,
    ),
    fact(
        "loyalty.tier",
        Fact::LoyaltyTier,
        Kind::Text,
        Document::Account,
    ),
    fact(
        "loyalty.active",
        Fact::LoyaltyActive,
        Kind::Number,
        Document::Account,
    ),
    fact(
        "loyalty.pending",
        Fact::LoyaltyPending,
        Kind::Number,
        Document::Account,
    ),
    fact(
        "loyalty.expiring_soon",
        Fact::LoyaltyExpiringSoon,
        Kind::Number,
        Document::Account,
    ),
    fact(
        "loyalty.spent",
        Fact::LoyaltySpent,
        Kind::Number,
        Document::Account,
    ),
    fact(
        "loyalty.expired",
        Fact::LoyaltyExpired,
        Kind::Number,
        Document::Account,
    ),
    fact(
        "loyalty.earned",
        Fact::LoyaltyEarned,
        Kind::Number,
        Document::Account,
    ),
    fact(
        "feedback.count",
        Fact::FeedbackCount,
        Kind::Number,
        Document::Feedback,
    ),
    fact(
        "feedback.last_nps",
        Fact::FeedbackLastNps,
        Kind::Number,
        Document::Feedback,
    ),
    fact(
        "feedback.last_csat",
        Fact::FeedbackLastCsat,
        Kind::Number,
        Document::Feedback,
    ),
    fact(
        "feedback.last_ces",
        Fact::FeedbackLastCes,
        Kind::Number,
        Document::Feedback,
    ),
    fact(
        "feedback.open_cases",
        Fact::FeedbackOpenCases,
        Kind::Number,
        Document::Feedback,
    ),
    fact(
        "feedback.last_at",
        Fact::FeedbackLastAt,
        Kind::Moment,
        Document::Feedback,
    ),
];

/// The entry of that name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    FIELDS.iter().find(|entry| entry.name == name)
}

impl Field {
    /// What may be asked of it.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Traits(_) | Self::Properties(_) | Self::Element(_) => Kind::Any,
            Self::At => Kind::Moment,
            Self::Score(_) | Self::Balance(_) => Kind::Number,
            Self::Band(_) => Kind::Text,
            named => named.entry().map_or(Kind::Any, |entry| entry.kind),
        }
    }

    /// Its entry, where it has a name of its own.
    pub(crate) fn entry(&self) -> Option<&'static Entry> {
        FIELDS.iter().find(|entry| entry.field == *self)
    }
}
