//! Asking the rules of a set about one subject.

use rapport_types::{Timestamp, Zone};

use super::{About, Part, RuleSet};
use crate::evaluate::{self, Context, Outcome};
use crate::found::Scope;
use crate::held::Held;
use crate::membership::{self, Membership};
use crate::subject::Subject;
use crate::text::Folds;
use crate::verdict::{All, Verdict};

/// A subject about which the rules of a set are asked, with what has been found out so far.
pub struct Asking<'a> {
    set: &'a RuleSet,
    subject: &'a dyn Subject,
    zone: &'a Zone,
    from: Timestamp,
    folds: Folds,
    answers: Answers,
    /// What was answered to tests that are asked as they stand, by their places; empty before there was such a test.
    plain: Vec<Option<Answer>>,
    /// Room for the numbers of texts.
    words: Vec<u32>,
}

/// When each test passes, from [`Asking::from`] on.
pub(super) struct Answers(Vec<Held>);

impl Answers {
    /// When the test at that place passes; not known where it was not asked, or is asked as it stands.
    #[inline]
    fn of(&self, part: Part) -> Held {
        self.0.get(part.place()).copied().unwrap_or(Held::UNKNOWN)
    }

    /// The test at that place passes then; `None`: it is to be asked as it stands.
    #[inline]
    pub(super) fn note(&mut self, test: usize, held: Option<Held>) {
        if let Some(known) = self.0.get_mut(test) {
            *known = held.unwrap_or(Held::varies());
        }
    }
}

/// What was answered to a test at a moment.
#[derive(Clone, Copy)]
struct Answer {
    at: Timestamp,
    verdict: Verdict,
}

impl Answer {
    /// Whether it is the answer at `now`, too.
    fn serves(&self, now: Timestamp) -> bool {
        // What was out of reach at first may be within it later.
        self.at == now || (self.at < now && now < self.verdict.ends && self.verdict.complete)
    }
}

impl RuleSet {
    /// Asks about `subject`, days being those of `zone`. Moments before `from` may be asked for, too, but then all is looked at anew.
    pub fn about<'a>(
        &'a self,
        subject: &'a dyn Subject,
        from: Timestamp,
        zone: &'a Zone,
    ) -> Asking<'a> {
        Asking {
            set: self,
            subject,
            zone,
            from,
            folds: Folds::default(),
            answers: Answers(vec![Held::UNKNOWN; self.tests.len()]),
            plain: Vec::new(),
            words: Vec::new(),
        }
    }
}

impl Asking<'_> {
    /// What [`crate::evaluate()`] says of the rule at that place. Of a rule that is not there: no, for ever.
    pub fn evaluate(&mut self, rule: usize, now: Timestamp) -> Outcome {
        self.begin(now);
        match self.set.rules.get(rule) {
            Some(part) => evaluate::outcome(&mut |now| self.verdict(*part, now), now),
            None => evaluate::outcome(&mut |_| Verdict::fixed(false), now),
        }
    }

    /// What [`crate::matches()`] says of the rule at that place.
    pub fn matches(&mut self, rule: usize, now: Timestamp) -> bool {
        self.begin(now);
        let part = self.set.rules.get(rule);
        part.is_some_and(|part| self.holds(*part, now))
    }

    /// What [`crate::since()`] says of the rule at that place.
    pub fn since(
        &mut self,
        rule: usize,
        changed_at: Timestamp,
        member_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Membership {
        let ask = &mut |now| self.evaluate(rule, now);
        membership::follow(ask, changed_at, member_since, now)
    }

    #[inline]
    fn holds(&mut self, part: Part, now: Timestamp) -> bool {
        let holds = match part.is_group() {
            true => self.all_hold(part, now),
            false => {
                let held = self.answers.of(part);
                held.holds(now) || (!held.is_known() && self.ask(part, now).matches)
            }
        };
        holds != part.denied()
    }

    #[inline(never)]
    fn all_hold(&mut self, group: Part, now: Timestamp) -> bool {
        let mut parts = self.set.group(group).iter();
        parts.all(|part| self.holds(*part, now))
    }

    #[inline]
    fn verdict(&mut self, part: Part, now: Timestamp) -> Verdict {
        let verdict = match part.is_group() {
            true => self.all(part, now),
            false => match self.answers.of(part) {
                held if held.is_known() => held.at(now),
                _ => self.ask(part, now),
            },
        };
        verdict.not_if(part.denied())
    }

    #[inline(never)]
    fn all(&mut self, group: Part, now: Timestamp) -> Verdict {
        let mut all = All::new();
        for part in self.set.group(group) {
            if !all.push(self.verdict(*part, now)) {
                break;
            }
        }
        all.finish()
    }

    /// The answer of a test of which it is not known when it passes.
    #[inline(never)]
    fn ask(&mut self, part: Part, now: Timestamp) -> Verdict {
        if self.answers.of(part) == Held::UNKNOWN {
            self.answer(part);
        }
        match self.answers.of(part) {
            held if held.is_known() => held.at(now),
            _ => self.plain(part, now),
        }
    }

    /// Answers the test at `part`, and all that are about the same.
    fn answer(&mut self, part: Part) -> Option<()> {
        let cx = Context {
            now: self.from,
            zone: self.zone,
            folds: &self.folds,
        };
        let (set, subject, answers) = (self.set, self.subject, &mut self.answers);
        match set.tests.get(part.place())?.about {
            About::Slot(slot) => {
                let slot = set.slots.get(slot)?;
                slot.answer(subject, set, cx, &mut self.words, answers);
            }
            About::Happened(happened) => {
                let happened = set.happened.get(happened)?;
                happened.answer(subject, &set.words, cx, answers);
            }
            About::Else => answers.note(part.place(), None),
        }
        Some(())
    }

    /// Makes ready to answer of `now`: what happened was looked at as of `from`, so for an earlier moment it is looked at anew.
    fn begin(&mut self, now: Timestamp) {
        if now < self.from {
            self.from = now;
            self.answers.0.fill(Held::UNKNOWN);
        }
    }

    /// The answer of the test at `part`, asked as it stands.
    fn plain(&mut self, part: Part, now: Timestamp) -> Verdict {
        let place = part.place();
        let known = self.plain.get(place).copied().flatten();
        if let Some(known) = known.filter(|known| known.serves(now)) {
            return known.verdict;
        }
        let Some(test) = self.set.tests.get(place) else {
            return Verdict::fixed(false);
        };
        let cx = Context {
            now,
            zone: self.zone,
            folds: &self.folds,
        };
        let verdict = evaluate::node(&test.node, Scope::Subject(self.subject), cx);
        if self.plain.is_empty() {
            self.plain.resize(self.set.tests.len(), None);
        }
        if let Some(answer @ None) = self.plain.get_mut(place) {
            *answer = Some(Answer { at: now, verdict });
        }
        verdict
    }
}
