//! Asking the rules of a set about one subject.

use std::ops::Range;

use rapport_types::{Timestamp, Zone};

use super::events::Table;
use super::{About, Part, Place, RuleSet};
use crate::evaluate::{self, Context, Outcome};
use crate::found::Scope;
use crate::held::{Held, Written};
use crate::membership::{self, Membership};
use crate::subject::Subject;
use crate::text::Folds;
use crate::verdict::{All, Verdict};

/// Whoever asks so many rules about a subject is likely to ask all of them.
const MANY: usize = 3;

/// A subject about which the rules of a set are asked, with what has been found out so far.
pub struct Asking<'a> {
    set: &'a RuleSet,
    subject: &'a dyn Subject,
    zone: &'a Zone,
    folds: Folds,
    answers: Answers,
    /// Where events are written down.
    table: Table,
    /// How many were asked, one by one.
    asked: usize,
    /// What was answered to tests that are asked as they stand, by their places; empty before there was such a test.
    plain: Vec<Option<Answer>>,
}

/// When each part passes, from a moment on.
pub(super) struct Answers {
    /// Of each place what stands there, and its opposite.
    held: Vec<[Written; 2]>,
    pub(super) from: Timestamp,
}

impl Answers {
    /// When `part` passes; not known where it was not asked, or is asked as it stands.
    #[inline]
    pub(super) fn of(&self, part: Part) -> Held {
        self.held(part).unwrap_or(Held::UNKNOWN)
    }

    #[inline]
    fn held(&self, part: Part) -> Option<Held> {
        let held = self.held.as_flattened().get(part.index());
        held.copied().map(Held::read)
    }

    /// When all of `parts` pass.
    #[inline]
    pub(super) fn all(&self, parts: &[Part]) -> Held {
        let Some((first, rest)) = parts.split_first() else {
            return Held::ALWAYS;
        };
        let all = |first: Held| {
            let mut rest = rest.iter();
            rest.try_fold(first, |all, part| Some(all.and(self.held(*part)?)))
        };
        self.held(*first).and_then(all).unwrap_or(Held::UNKNOWN)
    }

    /// `part` passes then.
    #[inline]
    pub(super) fn put(&mut self, part: Part, held: Held) {
        if let Some(known) = self.held.as_flattened_mut().get_mut(part.index()) {
            *known = held.written();
        }
    }

    /// What stands at `place` passes then; `None`: it is to be asked as it stands.
    #[inline]
    pub(super) fn note(&mut self, place: usize, held: Option<Held>) {
        let held = held.unwrap_or(Held::VARIES);
        let both = [held, held.denied(self.from)];
        self.note_both(place, both.map(Held::written));
    }

    /// The same of what time does not change.
    #[inline]
    pub(super) fn note_always(&mut self, place: usize, passes: bool) {
        self.note_both(place, *Held::always(passes));
    }

    /// The same of what passes until then, and no more.
    #[inline]
    pub(super) fn note_until(&mut self, place: usize, until: Timestamp) {
        self.note_both(place, Held::until(until).map(Held::written));
    }

    #[inline]
    fn note_both(&mut self, place: usize, both: [Written; 2]) {
        if let Some(known) = self.held.get_mut(place) {
            *known = both;
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
            folds: Folds::default(),
            answers: Answers {
                // Nothing is known: [`Held::UNKNOWN`].
                held: vec![[[0; 2]; 2]; self.places.len()],
                from,
            },
            table: Table::default(),
            asked: 0,
            plain: Vec::new(),
        }
    }
}

impl<'a> Asking<'a> {
    /// What [`crate::evaluate()`] says of the rule at that place. Of a rule that is not there: no, for ever.
    #[inline]
    pub fn evaluate(&mut self, rule: usize, now: Timestamp) -> Outcome {
        let Some(held) = self.known(rule, now).or_else(|| self.look(rule, now)) else {
            return self.evaluate_parts(rule, now);
        };
        Outcome {
            matches: held.holds(now),
            next_change_at: held.next(now),
            complete: true,
        }
    }

    #[inline(never)]
    fn evaluate_parts(&mut self, rule: usize, now: Timestamp) -> Outcome {
        let part = self.set.rule(rule);
        evaluate::outcome(&mut |now| self.verdict(part, now), now)
    }

    /// What [`crate::matches()`] says of the rule at that place.
    #[inline]
    pub fn matches(&mut self, rule: usize, now: Timestamp) -> bool {
        match self.known(rule, now).or_else(|| self.look(rule, now)) {
            Some(held) => held.holds(now),
            None => self.holds(self.set.rule(rule), now),
        }
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

    /// When the rule at that place passes, where that was found out.
    #[inline]
    fn known(&self, rule: usize, now: Timestamp) -> Option<Held> {
        let held = self.answers.held(*self.set.rules.get(rule)?)?;
        (held.is_known() && now >= self.answers.from).then_some(held)
    }

    /// The same, as far as that can be said.
    #[inline(never)]
    fn look(&mut self, rule: usize, now: Timestamp) -> Option<Held> {
        if now < self.answers.from {
            // Events and times were looked at as of that moment.
            self.answers.from = now;
            self.answers.held.fill([[0; 2]; 2]);
            self.asked = 0;
        }
        self.asked = self.asked.saturating_add(1);
        if self.asked == MANY {
            self.settle();
        }
        let held = self.held(self.set.rule(rule));
        held.is_known().then_some(held)
    }

    /// Answers all rules at once, as far as can be said when they pass.
    fn settle(&mut self) {
        let set = self.set;
        let cx = Context {
            now: self.answers.from,
            zone: self.zone,
            folds: &self.folds,
        };
        set.answer_traits(self.subject, cx, &mut self.answers);
        for place in &set.firsts {
            self.held(Part::at(*place));
        }
        set.joins.answer(&mut self.answers);
    }

    /// When `part` passes, as far as that can be said.
    #[inline]
    fn held(&mut self, part: Part) -> Held {
        match self.answers.of(part) {
            Held::UNKNOWN => self.find(part),
            held => held,
        }
    }

    #[inline(never)]
    fn find(&mut self, part: Part) -> Held {
        match self.set.places.get(part.place()) {
            Some(Place::Group(group)) => self.join(part.place(), group),
            Some(Place::Test(test)) => self.answer(part.place(), test.about),
            None => {}
        }
        self.answers.of(part)
    }

    /// Answers a group.
    fn join(&mut self, place: usize, group: &Range<usize>) {
        let parts = self.set.parts_of(group);
        let mut held = self.answers.all(parts);
        if !held.is_known() {
            // The cheap ones come first, and one that never passes settles it.
            let _ = parts.iter().any(|part| self.held(*part).is_never());
            held = self.answers.all(parts);
        }
        self.answers.note(place, Some(held));
    }

    /// Answers a test, and all that are about the same.
    fn answer(&mut self, place: usize, about: About) {
        let cx = Context {
            now: self.answers.from,
            zone: self.zone,
            folds: &self.folds,
        };
        let (set, subject, answers) = (self.set, self.subject, &mut self.answers);
        match about {
            About::Slot(slot) => {
                if let Some(slot) = set.slots.get(slot) {
                    slot.answer(subject, set, cx, answers);
                }
            }
            About::Happened(happened) => {
                if let Some(happened) = set.happened.get(happened) {
                    happened.answer(subject, &set.words, cx, &mut self.table, answers);
                }
            }
            About::Else => answers.note(place, None),
        }
    }

    /// The parts of a part of which it cannot be said when it passes; none of a test.
    fn parts(&self, part: Part) -> Option<&'a [Part]> {
        match self.set.places.get(part.place())? {
            Place::Group(group) => Some(self.set.parts_of(group)),
            Place::Test(_) => None,
        }
    }

    /// Whether `part` passes, whatever can be said of other moments.
    fn holds(&mut self, part: Part, now: Timestamp) -> bool {
        let held = self.held(Part::at(part.place()));
        let holds = match self.parts(part) {
            _ if held.is_known() => held.holds(now),
            Some(parts) => parts.iter().all(|part| self.holds(*part, now)),
            None => self.plain(part.place(), now).matches,
        };
        holds != part.denied()
    }

    /// The same, with until when.
    fn verdict(&mut self, part: Part, now: Timestamp) -> Verdict {
        let held = self.held(Part::at(part.place()));
        let verdict = match self.parts(part) {
            _ if held.is_known() => held.at(now),
            Some(parts) => {
                let mut all = All::new();
                let _ = parts.iter().all(|part| all.push(self.verdict(*part, now)));
                all.finish()
            }
            None => self.plain(part.place(), now),
        };
        verdict.not_if(part.denied())
    }

    /// The answer of the test at `place`, asked as it stands.
    fn plain(&mut self, place: usize, now: Timestamp) -> Verdict {
        let known = self.plain.get(place).copied().flatten();
        if let Some(known) = known.filter(|known| known.serves(now)) {
            return known.verdict;
        }
        let Some(test) = self.set.test(place) else {
            return Verdict::fixed(false);
        };
        let cx = Context {
            now,
            zone: self.zone,
            folds: &self.folds,
        };
        let verdict = evaluate::node(&test.node, Scope::Subject(self.subject), cx);
        if self.plain.is_empty() {
            self.plain.resize(self.set.places.len(), None);
        }
        if let Some(answer @ None) = self.plain.get_mut(place) {
            *answer = Some(Answer { at: now, verdict });
        }
        verdict
    }
}
