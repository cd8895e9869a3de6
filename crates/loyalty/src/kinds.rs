//! Several kinds of points: those to spend (积分), those that only count for tiers (成长值), a shop's own.
//!
//! The main kind, `points`, is always there: orders earn it by the programme's rate, and who names no kind means it. Other kinds are
//! given by people, brought along from elsewhere, or given by rules that name them. Each has its own lots, dates and balance. A kind that
//! is not `spendable` is never spent or held: it is there to be counted.

use std::collections::BTreeSet;

use rapport_types::{Slug, Span, Timestamp, Violation, Zone};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::command::{Command, OfKind, Rejection};
use crate::decide::{Acted, Context, Stop};
use crate::earning::Grant;
use crate::entry::Entry;
use crate::pages::Prior;
use crate::program::{By, MAX_ACTIVATION_DAYS, Program, waits_too_long};
use crate::validity::Validity;
use crate::{adjust, earn, hold, spend};

/// What the main kind is called.
pub const MAIN: &str = "points";
/// The most kinds of a programme, the main one included: an order writes an entry for each that it earns.
pub const MAX_KINDS: usize = 5;

/// A kind of points: `{"id": "growth", "name": "成长值", "spendable": false, "expires_after": {"months": 12}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsKind {
    /// Its id. `points` is the main one, which may be named here.
    pub id: Slug,
    /// What people call it.
    pub name: String,
    /// Whether it can be spent and held.
    #[serde(default = "yes")]
    pub spendable: bool,
    /// How long its points last, counted from their activation; absent: they never expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after: Option<Validity>,
    /// How long its points wait until they count and can be spent; absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activates_after: Option<Span>,
}

/// What a transaction moved of another kind than the one that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The kind; `None`: the main one.
    pub kind: Option<Slug>,
    /// How many points, never negative.
    pub points: i64,
    /// Of an earn by rules: which of them gave how many.
    pub given: Vec<Grant>,
}

fn yes() -> bool {
    true
}

impl Program {
    /// Another kind than the main one.
    pub fn kind(&self, id: &Slug) -> Option<&PointsKind> {
        self.other_kinds().find(|kind| kind.id == *id)
    }

    /// All kinds but the main one.
    pub fn other_kinds(&self) -> impl Iterator<Item = &PointsKind> {
        self.kinds.iter().filter(|kind| kind.id.as_str() != MAIN)
    }

    /// When points of `kind` (`None`: the main one) earned at `at` can first be spent.
    pub(crate) fn active_from_of(&self, kind: Option<&Slug>, at: Timestamp) -> Timestamp {
        let Some(kind) = kind else {
            return self.active_from(at);
        };
        let delay = self.kind(kind).and_then(|kind| kind.activates_after);
        delay.map_or(at, |delay| at.plus(delay))
    }

    /// The first moment at which points of `kind` active from `active_from` can no longer be spent.
    pub(crate) fn expires_at_of(
        &self,
        kind: Option<&Slug>,
        active_from: Timestamp,
        zone: &Zone,
    ) -> Option<Timestamp> {
        let Some(kind) = kind else {
            return self.expires_at(active_from, zone);
        };
        self.kind(kind)?
            .expires_after?
            .expires_at(active_from, zone)
    }

    /// The kind that tiers count, where it is another than the main one.
    pub(crate) fn tier_kind(&self) -> Option<&Slug> {
        let tier = self.measure().filter(|tier| tier.by == Some(By::Points))?;
        tier.kind.as_ref().filter(|kind| kind.as_str() != MAIN)
    }

    fn ids_of_kinds(&self) -> String {
        let others = self.other_kinds().map(|kind| kind.id.as_str());
        let ids: Vec<&str> = [MAIN].into_iter().chain(others).collect();
        ids.join(", ")
    }
}

/// What is wrong with the kinds of `program`, and with what names them.
pub(crate) fn check(program: &Program) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let mut say = |pointer: String, code: &str, detail: String| {
        wrong.push(Violation::new(pointer, code, detail));
    };
    if program.other_kinds().count() >= MAX_KINDS {
        let detail =
            format!("a programme has at most {MAX_KINDS} kinds of points, {MAIN} among them");
        say("/kinds".into(), "too_many", detail);
    }
    let mut ids = BTreeSet::new();
    for (at, kind) in program.kinds.iter().enumerate() {
        let at = format!("/kinds/{at}");
        if !ids.insert(&kind.id) {
            let detail = format!("another kind is called {} already", kind.id);
            say(format!("{at}/id"), "duplicate", detail);
        }
        if kind.name.is_empty() || kind.name.len() > 200 {
            let detail = "a kind's name has 1 to 200 bytes".to_owned();
            say(format!("{at}/name"), "out_of_range", detail);
        }
        if kind.id.as_str() == MAIN {
            let said = [
                ("spendable", !kind.spendable),
                ("expires_after", kind.expires_after.is_some()),
                ("activates_after", kind.activates_after.is_some()),
            ];
            for (field, _) in said.into_iter().filter(|(_, said)| *said) {
                let detail = match field {
                    "spendable" => {
                        format!("{MAIN} is the kind that is spent; let another one only count")
                    }
                    _ => format!(
                        "say it in /points/{field}: {MAIN} is the main kind, and here it only has a name"
                    ),
                };
                say(format!("{at}/{field}"), "misplaced", detail);
            }
            continue;
        }
        if kind.expires_after.is_some_and(Validity::is_nothing) {
            let detail =
                "points last at least 1 day or month; leave it out for points that never expire";
            say(
                format!("{at}/expires_after"),
                "out_of_range",
                detail.to_owned(),
            );
        }
        if waits_too_long(kind.activates_after) {
            let detail = format!("points activate after at most {MAX_ACTIVATION_DAYS}d");
            say(format!("{at}/activates_after"), "out_of_range", detail);
        }
    }
    let known = |kind: &Option<Slug>| {
        kind.as_ref()
            .is_none_or(|kind| kind.as_str() == MAIN || program.kind(kind).is_some())
    };
    let unknown = |kind: &Option<Slug>| {
        let kind = kind.as_ref().map_or("", Slug::as_str);
        format!(
            "there is no kind {kind}; there are {}",
            program.ids_of_kinds()
        )
    };
    for (at, tier) in program.tiers.iter().enumerate() {
        let pointer = || format!("/tiers/{at}/kind");
        if tier.kind.is_some() && tier.by != Some(By::Points) {
            let detail = "only tiers by points count a kind of them".to_owned();
            say(pointer(), "misplaced", detail);
        } else if !known(&tier.kind) {
            say(pointer(), "unknown_kind", unknown(&tier.kind));
        }
    }
    let measured: Vec<_> = program.measured().collect();
    for pair in measured.windows(2) {
        let of =
            |tier: &crate::program::Tier| tier.kind.clone().filter(|kind| kind.as_str() != MAIN);
        if let [(_, lower), (at, upper)] = pair
            && of(lower) != of(upper)
        {
            let detail = "all tiers of a programme count the same kind of points".to_owned();
            say(format!("/tiers/{at}/kind"), "mixed_tiers", detail);
        }
    }
    for (at, rule) in program.rules.iter().enumerate() {
        if !known(&rule.kind) {
            say(
                format!("/rules/{at}/kind"),
                "unknown_kind",
                unknown(&rule.kind),
            );
        }
    }
    wrong
}

/// Does what is asked of another kind of points.
pub(crate) fn act(account: &mut Account, of: &OfKind, context: Context<'_>) -> Result<Acted, Stop> {
    let known = context.program.and_then(|program| program.kind(&of.kind));
    let Some(kind) = known else {
        let known = context.program.map(Program::ids_of_kinds);
        return Err(Rejection::UnknownKind {
            kind: of.kind.clone(),
            known: known.unwrap_or_else(|| MAIN.to_owned()),
        }
        .into());
    };
    let goes_out = matches!(of.command, Command::Spend(_) | Command::Authorize(_));
    if goes_out && !kind.spendable {
        let kind = kind.id.clone();
        return Err(Rejection::NotSpendable { kind }.into());
    }
    let mut in_hand = |act: &dyn Fn(&mut Account) -> Result<Acted, Stop>| {
        account.with_kind(Some(&kind.id), |account| act(account))
    };
    match &of.command {
        Command::Earn(earn) if earn.points.is_none() || earn.money.is_some() => {
            Err(Rejection::PointsOfKind.into())
        }
        Command::Earn(earn) => earn::earn_of(account, Some(&kind.id), earn, context),
        Command::Spend(spend) => in_hand(&|account| spend::spend(account, spend, context)),
        Command::Authorize(hold) => in_hand(&|account| hold::authorize(account, hold, context)),
        Command::Adjust(adjust) => in_hand(&|account| adjust::adjust(account, adjust, context)),
        Command::Import(import) => in_hand(&|account| adjust::import(account, import, context)),
        // Everything else is about a transaction, which knows its kind, or about the main kind.
        _ => Err(Rejection::MainKindOnly.into()),
    }
}

/// What the transaction that `head` begins moved of other kinds.
pub(crate) fn also(account: &Account, head: &Entry, prior: &Prior) -> Result<Vec<Also>, Stop> {
    let mut also: Vec<Also> = Vec::new();
    for n in (head.n..=head.n.saturating_add(head.more)).skip(1) {
        let Some(entry) = prior.entry(account, n)? else {
            continue;
        };
        if entry.points_kind == head.points_kind {
            continue;
        }
        let points = entry.points.saturating_abs();
        match also.iter_mut().find(|also| also.kind == entry.points_kind) {
            Some(also) => also.points = also.points.saturating_add(points),
            None => also.push(Also {
                kind: entry.points_kind.clone(),
                points,
                given: entry.given.clone(),
            }),
        }
    }
    Ok(also)
}
