//! What happened, in the form in which counts and sums ask for it.
//!
//! All events of a name that any count or sum may reach are walked once. What tests ask of each of them stands in columns: the numbers of
//! texts and amounts, or whether a rule about the event passes. Of these come streams: the moments at which something counted
//! happened, newest first, and what it comes to.

use std::ops::ControlFlow;

use rapport_types::{Span, Timestamp};
use serde_json::Value;

use super::RuleSet;
use super::quick::Quick;
use super::words::Words;
use crate::evaluate::{self, Context};
use crate::found::{Scope, look};
use crate::number;
use crate::rule::{Behaviour, Field, Node, Path};
use crate::subject::Subject;
use crate::tally::Measure;

/// Events of a name.
#[derive(Debug)]
pub(super) struct Happened {
    pub(super) event: Box<str>,
    /// The longest time before now of which some test asks; `None`: all time.
    reach: Option<Span>,
    columns: Vec<Column>,
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

/// What a count or a sum adds up.
#[derive(Debug, PartialEq)]
pub(super) struct Stream {
    pub(super) happened: usize,
    filter: Option<Filter>,
    /// The column that is added up.
    pub(super) amount: Option<usize>,
}

#[derive(Debug, PartialEq)]
struct Filter {
    column: usize,
    any_of: Box<[u32]>,
    denied: bool,
}

/// Nothing that tests ask for.
const NOTHING: i64 = i64::MIN;

impl RuleSet {
    /// The stream that `test` counts or sums.
    pub(super) fn stream(&mut self, test: &Behaviour) -> usize {
        let within = test.window.within;
        let same = |other: &Happened| other.event == test.event;
        let happened = match self.happened.iter().position(same) {
            Some(known) => known,
            None => {
                self.happened.push(Happened {
                    event: test.event.clone(),
                    reach: within,
                    columns: Vec::new(),
                });
                self.happened.len().saturating_sub(1)
            }
        };
        let words = &mut self.words;
        let mut stream = Stream {
            happened,
            filter: None,
            amount: None,
        };
        if let Some(of) = self.happened.get_mut(happened) {
            of.reach = of.reach.zip(within).map(|(one, other)| one.max(other));
            stream.filter = test.filter.as_ref().map(|filter| of.filter(filter, words));
            if let Measure::Sum(path) = &test.measure {
                stream.amount = Some(of.column(Column::Amount(path.clone())));
            }
        }
        match self.streams.iter().position(|other| *other == stream) {
            Some(known) => known,
            None => {
                self.streams.push(stream);
                self.streams.len().saturating_sub(1)
            }
        }
    }
}

impl Happened {
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
                any_of,
                denied: test.negate,
            };
        }
        Filter {
            column: self.column(Column::Rule(node.clone())),
            any_of: [1].into(),
            denied: false,
        }
    }

    /// Walks the events of `subject` that are counted at `cx.now` or later.
    pub(super) fn walk(&self, subject: &dyn Subject, words: &Words, cx: Context<'_>) -> Table {
        let mut table = Table {
            moments: Vec::new(),
            cells: Vec::new(),
            sure: true,
        };
        let Table {
            moments,
            cells,
            sure,
        } = &mut table;
        subject.events(&self.event, &mut |event| {
            if self
                .reach
                .is_some_and(|reach| event.at.plus(reach) <= cx.now)
            {
                return ControlFlow::Break(());
            }
            moments.push(event.at);
            for column in &self.columns {
                let cell = match column {
                    Column::Word(path) => match look(event.properties, path) {
                        Some(Value::String(text)) => words.number(text, cx.folds).map(i64::from),
                        // Of a list any element will do.
                        Some(Value::Array(_)) => {
                            *sure = false;
                            None
                        }
                        _ => None,
                    },
                    Column::Amount(path) => match look(event.properties, path) {
                        Some(Value::Number(number)) => {
                            let units = number::units(number);
                            *sure &= units.is_some();
                            units
                        }
                        _ => None,
                    },
                    Column::Rule(rule) => {
                        let verdict = evaluate::node(rule, Scope::Event(event), cx);
                        *sure &= verdict.next().is_none();
                        Some(i64::from(verdict.matches))
                    }
                };
                cells.push(cell.unwrap_or(NOTHING));
            }
            ControlFlow::Continue(())
        });
        table
    }

    /// What `stream` has of the events in `table`, put behind `moments` and `sums`; `None` where it cannot be said this way.
    pub(super) fn run(
        &self,
        stream: &Stream,
        table: &Table,
        moments: &mut Vec<Timestamp>,
        sums: &mut Vec<i64>,
    ) -> Option<Run> {
        if !table.sure {
            return None;
        }
        let (from, sums_from) = (moments.len(), sums.len());
        let mut sum = 0_i64;
        if stream.amount.is_some() {
            sums.push(sum);
        }
        let wide = self.columns.len();
        let mut cells: &[i64] = &table.cells;
        for moment in &table.moments {
            let (row, rest) = cells.split_at_checked(wide)?;
            cells = rest;
            if let Some(filter) = &stream.filter {
                let cell = *row.get(filter.column)?;
                let word = u32::try_from(cell).ok();
                let passes = word.is_some_and(|word| filter.any_of.binary_search(&word).is_ok());
                if passes == filter.denied {
                    continue;
                }
            }
            if let Some(column) = stream.amount {
                let amount = *row.get(column)?;
                if amount == NOTHING {
                    continue;
                }
                sum = sum.checked_add(amount)?;
                sums.push(sum);
            }
            moments.push(*moment);
        }
        Some(Run {
            moments: (from, moments.len()),
            sums: stream.amount.map(|_| (sums_from, sums.len())),
        })
    }
}

/// Events of a name as tests ask for them, newest first.
pub(super) struct Table {
    moments: Vec<Timestamp>,
    /// As many for each event as there are columns.
    cells: Vec<i64>,
    /// Whether the columns say all of it, and at every moment.
    sure: bool,
}

/// Where a stream stands among all moments and sums. A sum is of the newest events, first of none of them, then of one, and so on.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) moments: (usize, usize),
    pub(super) sums: Option<(usize, usize)>,
}
