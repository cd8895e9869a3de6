//! What happened, in the form in which counts and sums ask for it.
//!
//! All events of a name that any count or sum may reach are walked once. What tests ask of each of them stands in columns: the numbers of
//! texts and amounts, or whether a rule about the event passes. Of these come streams: the moments at which something counted
//! happened, newest first, and what it comes to. Events leave a window in the order in which they happened, so a count is at least so
//! many until the so manieth newest leaves, and a sum of what is not negative until the newest few are left that come to so much.

use std::hint::select_unpredictable as select;
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
    /// The longest time before now of which some test asks, in milliseconds, or [`EVER`].
    reach: i64,
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

/// There is room for so many moments at least, for what asks for one of the newest to be answered without a jump. Most customers have no
/// more events of a name.
const ROOM: usize = 32;
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
    /// Milliseconds, or [`EVER`].
    within: i64,
    /// Both ends included; a sum is in ten-thousandths.
    amounts: (i64, i64),
}

/// As long as all time.
const EVER: i64 = END.wrapping_sub(Timestamp::MIN.millis());
const END: i64 = Timestamp::MAX.millis();

fn millis(within: Option<Span>) -> i64 {
    within.map_or(EVER, |within| within.millis().min(EVER))
}

/// So long after `moment`, in milliseconds; never more than `EVER`, so that nothing overflows.
#[inline]
fn after(moment: i64, within: i64) -> i64 {
    moment.wrapping_add(within).min(END)
}

impl RuleSet {
    /// The place of the events that `test` counts or sums, and the stream of them.
    pub(super) fn stream(&mut self, test: &Behaviour) -> Option<(usize, &mut Stream)> {
        let within = millis(test.window.within);
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
        of.reach = of.reach.max(within);
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
        let within = millis(within);
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
        table: &mut Table,
        answers: &mut Answers,
    ) {
        let kept_since = subject.kept_since();
        self.walk(subject, words, cx, table);
        // What is yet to happen takes the long way.
        let ahead = table
            .moments
            .first()
            .is_some_and(|newest| *newest > cx.now.millis());
        table.make_room();
        for stream in &self.streams {
            let run = match ahead {
                true => None,
                false => table.run(stream, self.columns.len()),
            };
            for counted in &stream.tests {
                // Events that are no longer kept may count.
                let kept = kept_since.is_none_or(|since| {
                    counted.within != EVER
                        && after(since.millis(), counted.within) <= cx.now.millis()
                });
                match run.filter(|_| kept) {
                    Some(run) => run.answer(counted, answers),
                    None => answers.note(counted.test, None),
                }
            }
        }
    }

    /// Walks the events of `subject` that are counted at `cx.now` or later.
    fn walk(&self, subject: &dyn Subject, words: &Words, cx: Context<'_>, table: &mut Table) {
        table.moments.clear();
        table.cells.clear();
        table.moments.reserve(ROOM);
        table.cells.reserve(self.columns.len().saturating_mul(ROOM));
        subject.events(&self.event, &mut |event| {
            let at = event.at.millis();
            if self.reach != EVER && after(at, self.reach) <= cx.now.millis() {
                return ControlFlow::Break(());
            }
            table.moments.push(at);
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
                            number::units(&number).map_or(UNSURE, |units| units.max(UNSURE))
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
        table.events = table.moments.len();
    }
}

impl Filter {
    #[inline]
    fn passes(&self, cell: i64) -> bool {
        let among = match *self.any_of {
            [one] => cell == one,
            _ => self.any_of.binary_search(&cell).is_ok(),
        };
        among != self.denied
    }
}

/// Events of a name as tests ask for them, newest first.
#[derive(Default)]
pub(super) struct Table {
    /// How many there are.
    events: usize,
    moments: Vec<i64>,
    /// As many for each event as there are columns.
    cells: Vec<i64>,
    /// Those of a stream, as in [`Run`].
    of_stream: Vec<i64>,
    sums: Vec<i64>,
}

/// The events of a stream.
#[derive(Clone, Copy)]
struct Run<'a> {
    events: usize,
    /// When they happened, newest first, and more behind.
    moments: &'a [i64],
    /// What the newest of them come to, first none of them, then one, and so on: never less than before. Empty where they are counted.
    sums: &'a [i64],
}

impl Table {
    /// Makes room for any stream.
    fn make_room(&mut self) {
        let room = self.events.max(ROOM);
        self.moments.resize(room, 0);
        if self.of_stream.len() < room {
            self.of_stream.resize(room, 0);
        }
        if self.sums.len() <= self.events {
            self.sums.resize(room.saturating_add(1), 0);
        }
    }

    /// The events of `stream`; `None` where they cannot be said this way.
    fn run(&mut self, stream: &Stream, columns: usize) -> Option<Run<'_>> {
        if stream.filter.is_none() && stream.amount.is_none() {
            return Some(Run {
                events: self.events,
                moments: &self.moments,
                sums: &[],
            });
        }
        let (mut events, mut sum) = (0_usize, 0_i64);
        for (event, moment) in self.moments.iter().take(self.events).enumerate() {
            let row = event.wrapping_mul(columns);
            let mut counts = true;
            if let Some(filter) = &stream.filter {
                let cell = *self.cells.get(row.wrapping_add(filter.column))?;
                if cell == UNSURE {
                    return None;
                }
                counts = filter.passes(cell);
            }
            if let Some(column) = stream.amount {
                let amount = *self.cells.get(row.wrapping_add(column))?;
                if counts & (amount == UNSURE) {
                    return None;
                }
                counts &= amount != NOTHING;
                sum = sum.checked_add(select(counts, amount, 0))?;
                *self.sums.get_mut(events.saturating_add(1))? = sum;
            }
            // One that does not count is written over.
            *self.of_stream.get_mut(events)? = *moment;
            events = events.saturating_add(usize::from(counts));
        }
        Some(Run {
            events,
            moments: &self.of_stream,
            sums: match stream.amount {
                Some(_) => self.sums.get(..=events)?,
                None => &[],
            },
        })
    }
}

impl Run<'_> {
    /// Says when `counted` passes.
    #[inline]
    fn answer(self, counted: &Counted, answers: &mut Answers) {
        let (low, high) = counted.amounts;
        let until = self.are_until(self.fewest(low), counted.within);
        if high == i64::MAX {
            return answers.note_until(counted.test, Timestamp::from_millis(until));
        }
        // As soon as there are no longer too many.
        let from = self.are_until(self.fewest(high.saturating_add(1)), counted.within);
        let [from, until] = [from, until].map(Timestamp::from_millis);
        answers.note(counted.test, Some(Held::new(from, until)));
    }

    /// The fewest of the newest events that come to so much.
    #[inline]
    fn fewest(self, amount: i64) -> usize {
        match self.sums.is_empty() {
            true => usize::try_from(amount).unwrap_or(usize::MAX),
            false => self.sums.partition_point(|sum| *sum < amount),
        }
    }

    /// Until when there are so many within that time, in milliseconds.
    #[inline]
    fn are_until(self, events: usize, within: i64) -> i64 {
        let Some(before) = events.checked_sub(1) else {
            return END;
        };
        let last = self.moments.get(before).copied().unwrap_or_default();
        let until = after(last, within);
        select(events <= self.events, until, Timestamp::MIN.millis())
    }
}
