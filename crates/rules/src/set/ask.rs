//! Asking the rules of a set about one subject.

use rapport_types::{Timestamp, Zone};

use super::events::{Run, Table};
use super::quick::Quick;
use super::slots::Said;
use super::{Counted, Op, Part, RuleSet};
use crate::behaviour;
use crate::drift::DAY_MILLIS;
use crate::evaluate::{self, Context, Outcome};
use crate::field;
use crate::found::Scope;
use crate::membership::{self, Membership};
use crate::moment::during;
use crate::rule::{Field, FieldTest, Test};
use crate::subject::Subject;
use crate::text::Folds;
use crate::verdict::{All, Verdict};

/// A subject about which the rules of a set are asked, with what has been found out so far.
pub struct Asking<'a> {
    set: &'a RuleSet,
    subject: &'a dyn Subject,
    zone: &'a Zone,
    from: Timestamp,
    kept_since: Option<Timestamp>,
    folds: Folds,
    answers: Vec<Answer>,
    slots: Vec<Option<Said<'a>>>,
    words: Vec<u32>,
    tables: Vec<Option<Table>>,
    /// Of each stream, once it was needed; `Some(None)`: there is no shortcut.
    runs: Vec<Option<Option<Run>>>,
    moments: Vec<Timestamp>,
    sums: Vec<i64>,
}

/// What was answered to a test.
#[derive(Clone, Copy)]
struct Answer {
    /// From when on; [`Timestamp::MAX`] where there is no answer yet.
    from: Timestamp,
    verdict: Verdict,
}

impl Answer {
    /// Whether it is the answer at `now`, too.
    fn serves(&self, now: Timestamp) -> bool {
        // What was out of reach at first may be within it later.
        self.from == now || (self.from < now && now < self.verdict.ends && self.verdict.complete)
    }
}

impl RuleSet {
    /// Asks about `subject`, days being those of `zone`. Moments before `from` may be asked for, too, but are not as quick.
    pub fn about<'a>(
        &'a self,
        subject: &'a dyn Subject,
        from: Timestamp,
        zone: &'a Zone,
    ) -> Asking<'a> {
        let none = Answer {
            from: Timestamp::MAX,
            verdict: Verdict::fixed(false),
        };
        Asking {
            set: self,
            subject,
            zone,
            from,
            kept_since: subject.kept_since(),
            folds: Folds::default(),
            answers: vec![none; self.ops.len()],
            slots: vec![None; self.slots.len()],
            words: Vec::new(),
            tables: self.happened.iter().map(|_| None).collect(),
            runs: vec![None; self.streams.len()],
            moments: Vec::new(),
            sums: Vec::new(),
        }
    }
}

impl Asking<'_> {
    /// What [`crate::evaluate()`] says of the rule at that place. Of a rule that is not there: no, for ever.
    pub fn evaluate(&mut self, rule: usize, now: Timestamp) -> Outcome {
        match self.set.rules.get(rule) {
            Some(part) => evaluate::outcome(&mut |now| self.verdict(*part, now), now),
            None => evaluate::outcome(&mut |_| Verdict::fixed(false), now),
        }
    }

    /// What [`crate::matches()`] says of the rule at that place.
    pub fn matches(&mut self, rule: usize, now: Timestamp) -> bool {
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

    fn holds(&mut self, part: Part, now: Timestamp) -> bool {
        let set = self.set;
        let holds = match set.ops.get(part.op()) {
            Some(Op::All(from, to)) => {
                let parts = set.parts.get(*from..*to).unwrap_or(&[]);
                parts.iter().all(|part| self.holds(*part, now))
            }
            _ => return self.verdict(part, now).matches,
        };
        holds != part.denied()
    }

    #[inline]
    fn verdict(&mut self, part: Part, now: Timestamp) -> Verdict {
        let known = self.answers.get(part.op());
        let verdict = match known.filter(|known| known.serves(now)) {
            Some(known) => known.verdict,
            None => self.answer(part.op(), now),
        };
        verdict.not_if(part.denied())
    }

    #[inline(never)]
    fn answer(&mut self, op: usize, now: Timestamp) -> Verdict {
        let set = self.set;
        let verdict = match set.ops.get(op) {
            Some(Op::All(from, to)) => {
                let mut all = All::new();
                for part in set.parts.get(*from..*to).unwrap_or(&[]) {
                    if !all.push(self.verdict(*part, now)) {
                        break;
                    }
                }
                all.finish()
            }
            Some(Op::Field(slot, quick, test)) => self.field(*slot, quick, test, now),
            Some(Op::Counted(counted)) => match self.counted(counted, now) {
                Some(verdict) => verdict,
                None => behaviour::verdict(&counted.test, self.subject, self.at(now)),
            },
            Some(Op::Plain(node)) => {
                evaluate::node(node, Scope::Subject(self.subject), self.at(now))
            }
            None => Verdict::fixed(false),
        };
        match self.answers.get_mut(op) {
            Some(answer) if answer.from == Timestamp::MAX => {
                *answer = Answer { from: now, verdict };
            }
            _ => {}
        }
        verdict
    }

    fn at(&self, now: Timestamp) -> Context<'_> {
        Context {
            now,
            zone: self.zone,
            folds: &self.folds,
        }
    }

    fn field(&mut self, slot: usize, quick: &Quick, test: &FieldTest, now: Timestamp) -> Verdict {
        let set = self.set;
        let known = self.slots.get(slot).copied().flatten();
        let said = known.or_else(|| {
            let read = set.slots.get(slot)?;
            let all = &mut self.words;
            let said = read.read(self.subject, self.zone, &set.words, &self.folds, all);
            *self.slots.get_mut(slot)? = Some(said);
            Some(said)
        });
        let Some(said) = said else {
            return Verdict::fixed(false);
        };
        match quick {
            Quick::Number(low, high) => {
                if let Some(number) = said.number {
                    return Verdict::fixed(*low <= number && number <= *high);
                }
            }
            Quick::Words { any_of, listed } => {
                let words = self.words.get(said.words.0..said.words.1).unwrap_or(&[]);
                let any = words.iter().any(|word| any_of.binary_search(word).is_ok());
                return Verdict::fixed(any && (!listed || said.found.is_list()));
            }
            Quick::Time => {
                if let Some(time) = said.time {
                    match &test.test {
                        Test::WithinLast(span) => return time.within_last(*span, now),
                        Test::OlderThan(span) => return time.older_than(*span, now),
                        Test::WithinNext(span) => return time.within_next(*span, now),
                        _ => {}
                    }
                }
            }
            Quick::Days(low, high) => {
                let Some(last) = said.last else {
                    return Verdict::fixed(false);
                };
                let after = |days: i64| {
                    let millis = last
                        .millis()
                        .saturating_add(days.saturating_mul(DAY_MILLIS));
                    Timestamp::from_millis(millis)
                };
                // There are no days before the first.
                let from = match *low > 0 {
                    true => after(*low),
                    false => Timestamp::from_millis(i64::MIN),
                };
                return during(from, Some(after(high.saturating_add(1))), now);
            }
            Quick::None => {}
        }
        match test.field {
            Field::Recency => field::verdict(test, Scope::Subject(self.subject), self.at(now)),
            _ => field::positive(&test.test, said.found, self.at(now)),
        }
    }

    /// The answer of a count or a sum; `None` where there is no shortcut.
    fn counted(&mut self, test: &Counted, now: Timestamp) -> Option<Verdict> {
        let within = test.within;
        // Events that are no longer kept may count.
        let known = self
            .kept_since
            .is_none_or(|since| within.is_some_and(|within| since.plus(within) <= now));
        if now < self.from || !known {
            return None;
        }
        let run = self.run(test.stream)?;
        let moments = self.moments.get(run.moments.0..run.moments.1)?;
        // What is yet to happen takes the long way.
        if moments.first().is_some_and(|newest| *newest > now) {
            return None;
        }
        let sums = match run.sums {
            Some((from, to)) => Some(self.sums.get(from..to)?),
            None => None,
        };
        // Whether the newest so many alone would pass.
        let passes = |newest: usize| {
            let amount = match sums {
                Some(sums) => sums.get(newest).copied(),
                None => i64::try_from(newest).ok(),
            };
            amount.is_some_and(|amount| test.low <= amount && amount <= test.high)
        };
        let Some(within) = within else {
            return Some(Verdict::fixed(passes(moments.len())));
        };
        let all = moments.partition_point(|moment| moment.plus(within) > now);
        let matches = passes(all);
        // Events leave in the order in which they happened: of the newest so many that would be answered otherwise, the most.
        let mut fewer = match sums {
            Some(_) => all,
            // Counts pass from one to another, and no others do.
            None => {
                let first = match matches {
                    true => test.low,
                    false => test.high.saturating_add(1),
                };
                usize::try_from(first).map_or(all, |first| first.min(all))
            }
        };
        while let Some(less) = fewer.checked_sub(1) {
            fewer = less;
            let leaves = moments.get(fewer)?;
            // Those of one moment leave together.
            let together =
                fewer.checked_sub(1).and_then(|newer| moments.get(newer)) == Some(leaves);
            if !together && passes(fewer) != matches {
                return Some(Verdict::until(matches, Some(leaves.plus(within))));
            }
        }
        Some(Verdict::fixed(matches))
    }

    fn run(&mut self, stream: usize) -> Option<Run> {
        if let Some(known) = self.runs.get(stream).copied().flatten() {
            return known;
        }
        let of = self.set.streams.get(stream)?;
        let happened = self.set.happened.get(of.happened)?;
        if self.tables.get(of.happened)?.is_none() {
            let table = happened.walk(self.subject, &self.set.words, self.at(self.from));
            *self.tables.get_mut(of.happened)? = Some(table);
        }
        let table = self.tables.get(of.happened)?.as_ref()?;
        let run = happened.run(of, table, &mut self.moments, &mut self.sums);
        *self.runs.get_mut(stream)? = Some(run);
        run
    }
}
