//! `loyalty.tier` where the programme gives tiers by segments: told at once, whatever the account knows.
//!
//! The segments are asked about the customer at hand first, and the account is read as it would be had it been told. So a rule is told of
//! a tier what `GET /v1/loyalty/accounts/{customer}/tier` says, at every moment that it is asked about: also at those to come, where it
//! is looked for when its answer changes.

use rapport_loyalty::{Program, Seeing, Sight};
use rapport_rules::Known;
use rapport_types::Timestamp;

use super::{Basis, Facts};
use crate::accounts::stays;
use crate::accounts::timeline::Timeline;
use crate::beside::AccountFacts;

/// What has been found out of a customer's tiers so far.
pub(super) struct Tiers {
    timeline: Timeline,
    ledger: Seeing,
    /// In the order of their beginnings.
    phases: Vec<Phase>,
}

/// From a moment until before another one tier is held, or none.
#[derive(Clone, Copy)]
struct Phase {
    from: Timestamp,
    until: Option<Timestamp>,
    /// Its place among the programme's.
    level: Option<usize>,
}

impl Phase {
    fn covers(&self, moment: Timestamp) -> bool {
        self.from <= moment && self.until.is_none_or(|until| moment < until)
    }
}

/// Knows of no customer's revision: what was seen of the one at hand counts, whatever the account was told.
const AT_HAND: u64 = u64::MAX;

impl<'a> Facts<'a> {
    /// The tier that is held at `now`; `None` where the account itself knows it.
    pub(super) fn tier(&self, now: Timestamp) -> Option<Known<'a>> {
        let (account, program) = self.account()?;
        let phase = self.with_tiers(account, program, |tiers| {
            tiers.phase(now, |tiers| {
                let sight = self.look(&mut tiers.timeline, account, program, now);
                account.level(tiers.ledger.with(&sight), now)
            })
        })?;
        Some(account.of_level(phase.level, phase.until))
    }

    /// What there is to see of the segments that tiers ask for, for who looks at `now`.
    fn sight(&self, now: Timestamp) -> Option<Sight> {
        let (account, program) = self.account()?;
        self.with_tiers(account, program, |tiers| {
            self.look(&mut tiers.timeline, account, program, now)
        })
    }

    fn look(
        &self,
        timeline: &mut Timeline,
        account: &AccountFacts,
        program: &Program,
        now: Timestamp,
    ) -> Sight {
        if let Basis::Absent = self.basis {
            return stays::of_nobody(program.tier_segments(), now);
        }
        self.follow(timeline, account, now);
        timeline.at(now, AT_HAND)
    }

    /// The account, and a programme that gives tiers by segments.
    fn account(&self) -> Option<(&'a AccountFacts, &'a Program)> {
        let account = self.beside.account.as_ref()?;
        let program = account.terms()?;
        program.asks_for_segments().then_some((account, program))
    }

    /// `None` where it is just being found out, which no rule sees: a segment that leads back to tiers holds none (`CompiledSegment::leads_back`), so it
    /// is not asked.
    fn with_tiers<T>(
        &self,
        account: &AccountFacts,
        program: &Program,
        ask: impl FnOnce(&mut Tiers) -> T,
    ) -> Option<T> {
        let mut tiers = self.tiers.try_lock().ok()?;
        let tiers = tiers.get_or_insert_with(|| {
            Box::new(Tiers {
                timeline: self.timeline(program),
                ledger: Seeing::new(&account.ledger),
                phases: Vec::new(),
            })
        });
        Some(ask(tiers))
    }

    fn timeline(&self, program: &Program) -> Timeline {
        let (definitions, asked) = (self.definitions, program.tier_segments());
        match self.basis {
            Basis::Absent => Timeline::default(),
            Basis::Told(record) => Timeline::told(definitions, record, self.beside, asked),
            Basis::Commit { before, now } => {
                let before = before.and_then(|before| before.sight(now));
                Timeline::from_now(definitions, before.as_ref(), self.held, asked, now)
            }
        }
    }

    fn follow(&self, timeline: &mut Timeline, account: &AccountFacts, now: Timestamp) {
        if let Some(from) = timeline.unknown_from(now) {
            let set = &self.definitions.set;
            timeline.follow(now, &mut set.about(self, from, &account.zone));
        }
    }
}

impl Tiers {
    /// What is held at `now`, which `ask` finds out, with until when, where it is not known.
    fn phase(
        &mut self,
        now: Timestamp,
        ask: impl FnOnce(&mut Self) -> (Option<usize>, Option<Timestamp>),
    ) -> Phase {
        let place = self.phases.partition_point(|phase| phase.from <= now);
        let known = place.checked_sub(1).and_then(|last| self.phases.get(last));
        if let Some(known) = known.filter(|known| known.covers(now)) {
            return *known;
        }
        let (level, until) = ask(self);
        let phase = Phase {
            from: now,
            until,
            level,
        };
        self.phases.insert(place, phase);
        phase
    }
}
