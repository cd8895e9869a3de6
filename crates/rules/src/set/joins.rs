//! Groups that are answered all at once.
//!
//! Those of as many parts stand together, so that each is a few times taken in without a jump, as processors like it; groups within others
//! come before these. Only what is asked of a group is written down: that it passes, or that it does not.

use rapport_types::sort;

use super::ask::Answers;
use super::{Part, Place};
use crate::held::Held;

/// All groups of a set.
#[derive(Debug, Default)]
pub(super) struct Joins(Vec<Run>);

/// Groups that are alike.
#[derive(Debug)]
struct Run {
    like: Like,
    /// The parts of one after those of the other.
    parts: Vec<Part>,
    /// What each of them is the answer of.
    to: Vec<Part>,
}

/// What groups have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Like {
    /// How deep others stand within them.
    depth: usize,
    /// How many parts they have.
    size: usize,
    /// Whether their opposite is asked for.
    denied: bool,
}

impl Joins {
    /// The groups among `places`, as far as `parts`, which are those of groups, or `rules` ask for them.
    pub(super) fn of(places: &[Place], parts: &[Part], rules: &[Part]) -> Self {
        let mut asked = vec![[false; 2]; places.len()];
        for part in parts.iter().chain(rules) {
            if let Some([is, is_not]) = asked.get_mut(part.place()) {
                *is |= !part.denied();
                *is_not |= part.denied();
            }
        }
        let mut depths: Vec<usize> = Vec::with_capacity(places.len());
        let mut groups: Vec<(Like, Part, &[Part])> = Vec::new();
        for (place, (stands, [is, is_not])) in places.iter().zip(asked).enumerate() {
            let Place::Group(range) = stands else {
                depths.push(0);
                continue;
            };
            let parts = parts.get(range.clone()).unwrap_or(&[]);
            // What is within a group has an earlier place.
            let within = parts.iter().filter_map(|part| depths.get(part.place()));
            let depth = within.max().map_or(1, |depth| depth.saturating_add(1));
            depths.push(depth);
            for denied in [(is, false), (is_not, true)] {
                if let (true, denied) = denied {
                    let size = parts.len();
                    let like = Like {
                        depth,
                        size,
                        denied,
                    };
                    groups.push((like, Part::at(place).not_if(denied), parts));
                }
            }
        }
        sort::by_key(&mut groups, |(like, ..)| *like);
        let mut runs: Vec<Run> = Vec::new();
        for (like, to, parts) in groups {
            match runs.last_mut() {
                Some(run) if run.like == like => {
                    run.parts.extend_from_slice(parts);
                    run.to.push(to);
                }
                _ => runs.push(Run {
                    like,
                    parts: parts.to_vec(),
                    to: vec![to],
                }),
            }
        }
        Self(runs)
    }

    /// Answers all of them from `from` on, as far as a [`Held`] can say it.
    pub(super) fn answer(&self, answers: &mut Answers) {
        for run in &self.0 {
            match run.like.size {
                2 => run.answer::<2>(answers),
                3 => run.answer::<3>(answers),
                4 => run.answer::<4>(answers),
                size => {
                    let mut parts = &*run.parts;
                    for to in &run.to {
                        let (all, rest) = parts.split_at_checked(size).unwrap_or_default();
                        parts = rest;
                        run.note(*to, answers.all(all), answers);
                    }
                }
            }
        }
    }
}

impl Run {
    fn answer<const SIZE: usize>(&self, answers: &mut Answers) {
        let (parts, _) = self.parts.as_chunks::<SIZE>();
        for (parts, to) in parts.iter().zip(&self.to) {
            self.note(*to, answers.all(parts), answers);
        }
    }

    #[inline]
    fn note(&self, to: Part, held: Held, answers: &mut Answers) {
        let held = match self.like.denied {
            true => held.denied(answers.from),
            false => held,
        };
        answers.put(to, held);
    }
}
