//! What happened, in the form in which counts and sums ask for it.
//!
//! All events of a name that any count or sum may reach are walked once. What tests ask of each of them stands in columns: the numbers of
//! texts and amounts, or whether a rule about the event passes. Of these come streams: the moments at which something counted
//! happened, newest first, and what it comes to. Events leave a window in the order in which they happened, so a count is at least so
//! many until the so manieth newest leaves, and a sum of what is not negative until the newest few are left that come to so much.

use std::ops::ControlFlow;

use rapport_types::properties::{Packed, Shape};
use rapport_types::{Span, Timestamp};

use super::RuleSet;
use super::ask::Answers;
use super::quick::Quick;
use super::words::Words;
use crate::evaluate::{self, Context};
use crate::found::{Scope, look_up};
use crate::held::Held;
use crate::number;
use crate::rule::{Behaviour, Field, Node, Path};
use crate::subject::Subject;
use crate::tally::Measure;

/// Events of a name, with all counts and sums of them.
#[derive(Debug)]
pub(super) struct Happened {
    event: Box<str>,
    /// The longest time before now of which some test asks; `None`: all time.
    reach: Option<Span>,
    columns: Vec<Column>,
    streams: Vec<Stream>,
}

/// What tests ask of an event.
#[derive(Debug, PartialEq)]
enum Column {
    /// The number of the text that is there.
    Word(Path),
    /// The number that is there, in ten-thousandths.
    Amount(Path),
    /// Whether a rule passes: 1 or 0.
    Rule(Node),
}

/// As many events as most customers have of a name.
const USUAL: usize = 16;
/// Nothing that tests ask for.
const NOTHING: i64 = i64::MIN;
/// Something that has no shortcut.
const UNSURE: i64 = -1;

/// What counts or sums add up.
#[derive(Debug)]
pub(super) struct Stream {
    filter: Option<Filter>,
    /// The column that is added up.
    amount: Option<usize>,
    tests: Vec<Counted>,
}

#[derive(Debug, PartialEq)]
struct Filter {
    column: usize,
    any_of: Box<[i64]>,
    denied: bool,
}

/// A test of how many events there are, or of what they come to, within a time before now.
#[derive(Debug)]
struct Counted {
    /// Its place among all tests.
    test: usize,
    within: Option<Span>,
    /// Both ends included; a sum is in ten-thousandths.
    amounts: (i64, i64),
}

impl RuleSet {
    /// The place of the events that `test` counts or sums, and the stream of them.
    pub(super) fn stream(&mut self, test: &Behaviour) -> Option<(usize, &mut Stream)> {
        let within = test.window.within;
        let same = |other: &Happened| other.event == test.event;
        let place = self.happened.iter().position(same).unwrap_or_else(|| {
            self.happened.push(Happened {
                event: test.event.clone(),
                reach: within,
                columns: Vec::new(),
                streams: Vec::new(),
            });
            self.happened.len().saturating_sub(1)
        });
        let of = self.happened.get_mut(place)?;
        of.reach = of.reach.zip(within).map(|(one, other)| one.longer(other));
        let filter = test.filter.as_ref();
        let filter = filter.map(|filter| of.filter(filter, &mut self.words));
        let amount = match &test.measure {
            Measure::Sum(path) => Some(of.column(Column::Amount(path.clone()))),
            _ => None,
        };
        let same = |other: &Stream| (&other.filter, other.amount) == (&filter, amount);
        let stream = of.streams.iter().position(same).unwrap_or_else(|| {
            of.streams.push(Stream {
                filter,
                amount,
                tests: Vec::new(),
            });
            of.streams.len().saturating_sub(1)
        });
        Some((place, of.streams.get_mut(stream)?))
    }
}

impl Stream {
    /// The place of the test for these amounts; it is `next` if there was none.
    pub(super) fn test(&mut self, within: Option<Span>, amounts: (i64, i64), next: usize) -> usize {
        let same = |known: &&Counted| (known.within, known.amounts) == (within, amounts);
        if let Some(known) = self.tests.iter().find(same) {
            return known.test;
        }
        self.tests.push(Counted {
            test: next,
            within,
            amounts,
        });
        next
    }
}

impl Happened {
    /// One of the tests of these events.
    pub(super) fn first(&self) -> Option<usize> {
        let mut tests = self.streams.iter().flat_map(|stream| &stream.tests);
        tests.next().map(|counted| counted.test)
    }

    fn column(&mut self, column: Column) -> usize {
        let known = self.columns.iter().position(|other| *other == column);
        known.unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len().saturating_sub(1)
        })
    }

    fn filter(&mut self, node: &Node, words: &mut Words) -> Filter {
        if let Node::Field(test) = node
            && let Field::Properties(path) = &test.field
            && let Quick::Words {
                any_of,
                listed: false,
            } = Quick::texts(&test.test, words)
        {
            return Filter {
                column: self.column(Column::Word(path.clone())),
                any_of: any_of.iter().map(|word| i64::from(*word)).collect(),
                denied: test.negate,
            };
        }
        Filter {
            column: self.column(Column::Rule(node.clone())),
            any_of: [1].into(),
            denied: false,
        }
    }

    /// Answers the tests of these events from `cx.now` on, as far as a [`Held`] can say it.
    pub(super) fn answer(
        &self,
        subject: &dyn Subject,
        words: &Words,
        cx: Context<'_>,
        answers: &mut Answers,
    ) {
        let kept_since = subject.kept_since();
        let table = self.walk(subject, words, cx);
        // What is yet to happen takes the long way.
        let ahead = table.moments.first().is_some_and(|newest| *newest > cx.now);
        let mut run = Run {
            moments: Vec::with_capacity(table.moments.len()),
            sums: Vec::new(),
        };
        for stream in &self.streams {
            let known = !ahead && run.fill(stream, &table, self.columns.len()).is_some();
            for counted in &stream.tests {
                // Events that are no longer kept may count.
                let kept = kept_since.is_none_or(|since| {
                    let within = counted.within;
                    within.is_some_and(|within| since.plus(within) <= cx.now)
                });
                let held = (known && kept).then(|| run.held(counted));
                answers.note(counted.test, held);
            }
        }
    }

    /// Walks the events of `subject` that are counted at `cx.now` or later.
    fn walk(&self, subject: &dyn Subject, words: &Words, cx: Context<'_>) -> Table {
        let mut table = Table {
            moments: Vec::with_capacity(USUAL),
            cells: Vec::with_capacity(self.columns.len().saturating_mul(USUAL)),
        };
        let left = |at: Timestamp| self.reach.is_some_and(|reach| at.plus(reach) <= cx.now);
        subject.events(&self.event, &mut |event| {
            if left(event.at) {
                return ControlFlow::Break(());
            }
            table.moments.push(event.at);
            let value = |path| look_up(event.properties, path).map(Packed::shape);
            for column in &self.columns {
                table.cells.push(match column {
                    Column::Word(path) => match value(path) {
                        Some(Shape::Text(text)) => {
                            words.number(text, cx.folds).map_or(NOTHING, i64::from)
                        }
                        // Of a list any element will do.
                        Some(Shape::List(_)) => UNSURE,
                        _ => NOTHING,
                    },
                    Column::Amount(path) => match value(path) {
                        Some(Shape::Number(number)) => {
                            // What is taken off again makes a sum of less.
                            number::units(number).map_or(UNSURE, |units| units.max(UNSURE))
                        }
                        _ => NOTHING,
                    },
                    Column::Rule(rule) => {
                        let verdict = evaluate::node(rule, Scope::Event(event), cx);
                        match verdict.next() {
                            None => i64::from(verdict.matches),
                            Some(_) => UNSURE,
                        }
                    }
                });
            }
            ControlFlow::Continue(())
        });
        table
    }
}

/// Events of a name as tests ask for them, newest first.
struct Table {
    moments: Vec<Timestamp>,
    /// As many for each event as there are columns.
    cells: Vec<i64>,
}

/// The events of a stream.
struct Run {
    /// When they happened, newest first.
    moments: Vec<Timestamp>,
    /// What the newest of them come to, first none of them, then one, and so on: never less than before. Empty where they are counted.
    sums: Vec<i64>,
}

impl Run {
    /// Takes in those of `stream` in `table`; `None` where they cannot be said this way.
    fn fill(&mut self, stream: &Stream, table: &Table, columns: usize) -> Option<()> {
        self.moments.clear();
        self.sums.clear();
        let mut sum = 0_i64;
        if stream.amount.is_some() {
            self.sums.push(sum);
        }
        let mut cells: &[i64] = &table.cells;
        for moment in &table.moments {
            let (row, rest) = cells.split_at_checked(columns)?;
            cells = rest;
            if let Some(filter) = &stream.filter {
                let cell = *row.get(filter.column)?;
                if cell == UNSURE {
                    return None;
                }
                if filter.any_of.binary_search(&cell).is_ok() == filter.denied {
                    continue;
                }
            }
            if let Some(column) = stream.amount {
                match *row.get(column)? {
                    NOTHING => continue,
                    UNSURE => return None,
                    amount => sum = sum.checked_add(amount)?,
                }
                self.sums.push(sum);
            }
            self.moments.push(*moment);
        }
        Some(())
    }

    /// When `counted` passes.
    fn held(&self, counted: &Counted) -> Held {
        let (low, high) = counted.amounts;
        let from = match high {
            i64::MAX => Timestamp::MIN,
            // As soon as there are no longer too many.
            high => self.are_until(self.fewest(high.saturating_add(1)), counted.within),
        };
        Held::new(from, self.are_until(self.fewest(low), counted.within))
    }

    /// The fewest of the newest events that come to so much.
    fn fewest(&self, amount: i64) -> usize {
        match self.sums.is_empty() {
            true => usize::try_from(amount).unwrap_or(usize::MAX),
            false => self.sums.partition_point(|sum| *sum < amount),
        }
    }

    /// Until when there are so many within that time.
    fn are_until(&self, events: usize, within: Option<Span>) -> Timestamp {
        let Some(last) = events.checked_sub(1) else {
            return Timestamp::MAX;
        };
        match (self.moments.get(last), within) {
            (None, _) => Timestamp::MIN,
            (Some(last), Some(within)) => last.plus(within),
            (Some(_), None) => Timestamp::MAX,
        }
    }
}
