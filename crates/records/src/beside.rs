//! What other documents than the customer's say about a customer: the points account, and the summary of feedback.
//!
//! Rules say which of them they need ([`Needs`]); nothing else is read, and where nothing is needed, nothing is.

use std::sync::Arc;

use futures_util::future::{join3, try_join3};
use rapport_feedback::Summary;
use rapport_loyalty::kinds::MAIN;
use rapport_loyalty::tier::standing;
use rapport_loyalty::{Ledger, Program};
use rapport_rules::{Document, Fact, FactValue, Known, Names};
use rapport_store::{Store, StoreError, Versioned, boxed};
use rapport_types::{CustomerId, Decimal, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::{accounts, feedback};

/// Of which documents rules name facts, beside the customer's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// The points account.
    pub account: bool,
    /// The summary of feedback.
    pub feedback: bool,
    /// The same, where the programme gives tiers by segments: the tier is asked for, and there are segments that ask for feedback.
    pub behind_tiers: bool,
}

/// The field that says which tier is held.
pub(crate) const TIER: &str = "loyalty.tier";

impl Needs {
    /// What is named; `behind_tiers` says whether a segment whose members may hold a tier asks for feedback.
    pub(crate) fn named(names: &Names, behind_tiers: bool) -> Self {
        Self {
            account: names.reads(Document::Account),
            feedback: names.reads(Document::Feedback),
            behind_tiers: behind_tiers && names.fields.contains(TIER),
        }
    }

    /// What either needs.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            account: self.account || other.account,
            feedback: self.feedback || other.feedback,
            behind_tiers: self.behind_tiers || other.behind_tiers,
        }
    }

    /// Whether the summary of feedback is needed by `program` and was not read at once.
    fn is_behind(self, program: Option<&Arc<Option<Versioned<Program>>>>) -> bool {
        let program = program.and_then(|program| program.as_ref().as_ref());
        self.behind_tiers
            && !self.feedback
            && program.is_some_and(|found| found.value.asks_for_segments())
    }

    /// Whether anything is needed.
    pub fn any(self) -> bool {
        self.account || self.feedback
    }

    /// Whether that document is.
    pub fn has(self, document: Document) -> bool {
        match document {
            Document::Customer => true,
            Document::Account => self.account,
            Document::Feedback => self.feedback,
        }
    }
}

/// What was needed, as it was read.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// The points account, where it was needed.
    pub account: Option<AccountFacts>,
    /// The summary of feedback, where it was needed.
    pub feedback: Option<Versioned<Summary>>,
}

/// A points account as rules ask for it. A customer without one has an empty account of revision 0.
#[derive(Debug, Clone)]
pub struct AccountFacts {
    /// Its revision.
    pub rev: u64,
    /// Since when it has been what it is, time aside; `None`: for ever.
    pub changed_at: Option<Timestamp>,
    /// Its lots and totals.
    pub ledger: Ledger,
    /// The programme, which says what tiers there are.
    pub program: Arc<Option<Versioned<Program>>>,
    /// The shop's zone, by whose days tiers go.
    pub zone: Zone,
}

/// By which revisions of the other documents a customer was evaluated; 0 where none was needed or there was none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revs {
    /// Of the account.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub account: u64,
    /// Of the summary of feedback.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub feedback: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Revs {
    /// Whether there was nothing.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Beside {
    /// What `needs` says, about one customer: at most two trips, at the same time; a third one for feedback that only a tier asks for.
    #[boxed]
    pub async fn load(
        store: &Store,
        customer: &CustomerId,
        needs: Needs,
        zone: &Zone,
    ) -> Result<Self, StoreError> {
        let account = async {
            match needs.account {
                true => accounts::changed_ledger(store, customer).await.map(Some),
                false => Ok(None),
            }
        };
        let feedback = async {
            match needs.feedback {
                true => feedback::summary(store, customer).await.map(Some),
                false => Ok(None),
            }
        };
        let (account, program, feedback) = join3(account, program(store, needs), feedback).await;
        let (program, mut feedback) = (program?, feedback?);
        if needs.is_behind(program.as_ref()) {
            feedback = Some(feedback::summary(store, customer).await?);
        }
        Ok(Self {
            account: account?.zip(program).map(|(found, program)| AccountFacts {
                rev: found.rev,
                changed_at: found.changed_at,
                ledger: found.ledger,
                program,
                zone: zone.clone(),
            }),
            feedback,
        })
    }

    /// The same of several customers, in their order: a trip for all accounts, one for all summaries.
    #[boxed]
    pub async fn load_all(
        store: &Store,
        customers: &[&CustomerId],
        needs: Needs,
        zone: &Zone,
    ) -> Result<Vec<Self>, StoreError> {
        let accounts = async {
            match needs.account {
                true => accounts::changed_ledgers(store, customers).await,
                false => Ok(Vec::new()),
            }
        };
        let summaries = async {
            match needs.feedback {
                true => feedback::summaries(store, customers).await,
                false => Ok(Vec::new()),
            }
        };
        let (accounts, program, mut summaries) =
            try_join3(accounts, program(store, needs), summaries).await?;
        if needs.is_behind(program.as_ref()) {
            summaries = feedback::summaries(store, customers).await?;
        }
        let (mut accounts, mut summaries) = (accounts.into_iter(), summaries.into_iter());
        let loaded = customers.iter().map(|_| Self {
            account: accounts
                .next()
                .zip(program.clone())
                .map(|(found, program)| AccountFacts {
                    rev: found.rev,
                    changed_at: found.changed_at,
                    ledger: found.ledger,
                    program,
                    zone: zone.clone(),
                }),
            feedback: summaries.next(),
        });
        Ok(loaded.collect())
    }

    /// The revisions of what was read; those of `last` where nothing was.
    pub fn revs(&self, last: Revs) -> Revs {
        Revs {
            account: self
                .account
                .as_ref()
                .map_or(last.account, |found| found.rev),
            feedback: self
                .feedback
                .as_ref()
                .map_or(last.feedback, |found| found.rev),
        }
    }

    /// Whether something of it is older than what `revs` were of.
    pub fn is_older(&self, revs: Revs) -> bool {
        let Revs { account, feedback } = self.revs(revs);
        account < revs.account || feedback < revs.feedback
    }

    /// Since when what `needs` says has been what it is, time aside.
    pub fn changed_at(&self, needs: Needs) -> Option<Timestamp> {
        let account = self.account.as_ref().filter(|_| needs.account);
        let feedback = self.feedback.as_ref().filter(|_| needs.feedback);
        let account = account.and_then(|found| found.changed_at);
        account.max(feedback.and_then(|found| found.value.changed_at))
    }

    /// What can be spent of a kind of points as of `now`.
    pub fn balance(&self, kind: &str, now: Timestamp) -> Known<'_> {
        let account = self.account.as_ref();
        account.map_or(Known::ABSENT, |account| account.balance(kind, now))
    }

    /// What it says by itself of `fact` as of `now`: of a tier by a segment, as far as the account was told.
    pub(crate) fn fact(&self, fact: Fact, now: Timestamp) -> Known<'_> {
        match (&self.account, &self.feedback, fact) {
            (
                Some(account),
                _,
                Fact::LoyaltyTier
                | Fact::LoyaltyActive
                | Fact::LoyaltyPending
                | Fact::LoyaltyExpiringSoon
                | Fact::LoyaltySpent
                | Fact::LoyaltyExpired
                | Fact::LoyaltyEarned,
            ) => account.fact(fact, now),
            (
                _,
                Some(summary),
                Fact::FeedbackCount
                | Fact::FeedbackLastNps
                | Fact::FeedbackLastCsat
                | Fact::FeedbackLastCes
                | Fact::FeedbackOpenCases
                | Fact::FeedbackLastAt,
            ) => said(&summary.value, fact),
            _ => Known::ABSENT,
        }
    }
}

/// The programme, where accounts are needed.
async fn program(
    store: &Store,
    needs: Needs,
) -> Result<Option<Arc<Option<Versioned<Program>>>>, StoreError> {
    match needs.account {
        true => accounts::program(store).await.map(Some),
        false => Ok(None),
    }
}

impl AccountFacts {
    /// What can be spent of a kind of points; absent where neither programme nor account knows it.
    fn balance(&self, kind: &str, now: Timestamp) -> Known<'_> {
        let other = Slug::parse(kind).ok().filter(|_| kind != MAIN);
        let program = self.program.as_ref().as_ref();
        let known = |kind: &Slug| {
            program.is_some_and(|found| found.value.kind(kind).is_some())
                || self.ledger.others.iter().any(|purse| purse.kind == *kind)
        };
        if kind != MAIN && !other.as_ref().is_some_and(known) {
            return Known::ABSENT;
        }
        let ledger = self.ledger.of_kind(other.as_ref());
        let active = ledger.balance(now).active;
        Known {
            value: Some(FactValue::Number(Decimal::from(active))),
            until: ledger.balance_changes_at(now),
        }
    }

    fn fact(&self, fact: Fact, now: Timestamp) -> Known<'_> {
        let ledger = &self.ledger;
        let totals = &ledger.totals;
        let points = |points: i64| FactValue::Number(Decimal::from(points));
        let value = match fact {
            Fact::LoyaltyTier => return self.tier(now),
            Fact::LoyaltySpent => return Known::ever(points(totals.spent)),
            Fact::LoyaltyEarned => return Known::ever(points(totals.qualifying)),
            Fact::LoyaltyActive => ledger.balance(now).active,
            Fact::LoyaltyPending => ledger.balance(now).pending,
            Fact::LoyaltyExpiringSoon => ledger.balance(now).expiring_soon,
            Fact::LoyaltyExpired => ledger.balance(now).expired,
            _ => return Known::ABSENT,
        };
        Known {
            value: Some(points(value)),
            until: ledger.balance_changes_at(now),
        }
    }

    fn tier(&self, now: Timestamp) -> Known<'_> {
        let (level, until) = self.level(&self.ledger, now);
        self.of_level(level, until)
    }

    /// The place of the tier that `ledger` holds at `now` among the programme's, and when it may be another with no new data.
    pub(crate) fn level(
        &self,
        ledger: &Ledger,
        now: Timestamp,
    ) -> (Option<usize>, Option<Timestamp>) {
        let Some(program) = self.terms() else {
            return (None, None);
        };
        let standing = standing(ledger, Some(program), now, &self.zone);
        let held = standing.tier.as_ref();
        let mut tiers = program.tiers.iter();
        let level = held.and_then(|held| tiers.position(|tier| tier.id == *held));
        (level, standing.changes_at)
    }

    /// The tier at that place, until then, as rules are told of it.
    pub(crate) fn of_level(&self, level: Option<usize>, until: Option<Timestamp>) -> Known<'_> {
        let tier = level.and_then(|level| self.terms()?.tiers.get(level));
        Known {
            value: tier.map(|tier| FactValue::Text(tier.id.as_str())),
            until,
        }
    }

    /// The programme, if there is one.
    pub(crate) fn terms(&self) -> Option<&Program> {
        self.program.as_ref().as_ref().map(|found| &found.value)
    }
}

/// What a summary says. Time alone changes nothing of it.
fn said(summary: &Summary, fact: Fact) -> Known<'_> {
    let score = |latest: Option<rapport_feedback::summary::Latest>| {
        latest.map(|latest| FactValue::Number(Decimal::from(latest.score)))
    };
    let value = match fact {
        Fact::FeedbackCount => Some(FactValue::Number(Decimal::from(summary.count))),
        Fact::FeedbackOpenCases => Some(FactValue::Number(Decimal::from(summary.open_cases))),
        Fact::FeedbackLastNps => score(summary.last_nps),
        Fact::FeedbackLastCsat => score(summary.last_csat),
        Fact::FeedbackLastCes => score(summary.last_ces),
        Fact::FeedbackLastAt => summary.last_at.map(FactValue::Moment),
        _ => None,
    };
    Known { value, until: None }
}
