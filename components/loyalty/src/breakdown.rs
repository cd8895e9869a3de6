//! Which rules gave how many points, and which did not apply, as clients see it.

use rapport_loyalty::Also;
use rapport_loyalty::earning::{Grant, Skip, Skipped, Source, Why};
use rapport_types::Slug;
use serde::Serialize;

/// What one source gave.
#[derive(Debug, Serialize)]
pub(crate) struct GrantView {
    /// `base`, `tier`, `rule`, `caps` or `others`.
    source: &'static str,
    /// Which tier or rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Slug>,
    points: i64,
    /// Which kind of points; absent: the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Slug>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Why>,
}

/// A rule that did not apply.
#[derive(Debug, Serialize)]
pub(crate) struct SkippedView {
    id: Slug,
    /// The first thing that did not fit.
    why: Skip,
}

/// What gave all points of a transaction: `grants` those of the kind that it is about, and what it moved of others.
pub(crate) fn whole(grants: &[Grant], kind: Option<&Slug>, also: &[Also]) -> Vec<GrantView> {
    let others = also
        .iter()
        .flat_map(|also| breakdown(&also.given, also.kind.as_ref()));
    breakdown(grants, kind).into_iter().chain(others).collect()
}

/// `grants` of points of `kind` as clients see them.
pub(crate) fn breakdown(grants: &[Grant], kind: Option<&Slug>) -> Vec<GrantView> {
    let view = |grant: &Grant| {
        let (source, id) = match &grant.source {
            Source::Base => ("base", None),
            Source::Tier(id) => ("tier", Some(id.clone())),
            Source::Rule(id) => ("rule", Some(id.clone())),
            Source::Caps => ("caps", None),
            Source::Others => ("others", None),
        };
        GrantView {
            source,
            id,
            points: grant.points,
            kind: kind.cloned(),
            why: grant.why,
        }
    };
    grants.iter().map(view).collect()
}

/// `skipped` as clients see it.
pub(crate) fn skipped(skipped: Vec<Skipped>) -> Vec<SkippedView> {
    let view = |Skipped { rule, why }| SkippedView { id: rule, why };
    skipped.into_iter().map(view).collect()
}
