//! Creation: who creates a document that several want to write first.
//!
//! Three writers each append a token of their own to the document at one key, where there is none yet. The store's swap on
//! an absent key overwrites whatever has come there since, so a register next to the document decides:
//!
//! 1. A writer takes a number from the register (an atomic increment). If a winner is written there already, it goes to 4.
//! 2. It writes its document, marked *unborn*, to the key itself if its number is 1, else to `<key>.<number>`, where nobody
//!    else writes.
//! 3. It swaps its number into the register as the winner, unless one is there by then. The register exists by
//!    now, so that swap is conditional. From here on its token is acknowledged.
//! 4. Who has lost reads where the winner's document is, appends its token there by swap, and marks it *born*.
//!
//! A reader takes a born document at the key as it is, and otherwise asks the register. Why not simpler? A plain swap
//! overwrites; and if number 1 alone may create, it may die first, so the others must not wait for ever, and then a
//! slow number 1 erases what they wrote. Both are models here, too.
//!
//! The steps are those of `src/creation.rs` (`create_by_register`) and `src/read.rs` (`hold_here`, `envelope`).

use stateright::{Model, Property};

use crate::{breaks, holds};
use process::{Next, Protocol, Reader, Stored, Token, WRITERS};

mod process;

const MAX_CRASHES: u8 = 2;

#[derive(Debug, Clone, Copy)]
struct Creation {
    protocol: Protocol,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    stored: Stored,
    /// The writers of tokens 1 to 3.
    writers: [Next; WRITERS],
    reader: Reader,
    crashes: u8,
}

impl State {
    /// Every token that was acknowledged until now.
    fn acknowledged(&self) -> Vec<Token> {
        (1..)
            .zip(&self.writers)
            .filter(|(_, next)| **next == Next::Acknowledged)
            .map(|(token, _)| token)
            .collect()
    }

    fn writer(&mut self, token: Token) -> &mut Next {
        &mut self.writers[usize::from(token - 1)]
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    /// A writer carries out what is next.
    Write { token: Token, does: Next },
    /// A writer dies.
    Crash { token: Token },
    /// The reader carries out what is next.
    Read,
}

const KEPT: &str = "whatever was acknowledged can be read at every moment";
const ANSWERED: &str = "a reader's answer holds what was acknowledged before it began";
const DONE: &str = "who does not die is acknowledged";

impl Model for Creation {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            stored: Stored::default(),
            writers: [Next::Open; WRITERS],
            reader: Reader::Begin,
            crashes: 0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (token, does) in (1..).zip(state.writers) {
            if self.protocol.can_write(&state.stored, does) {
                actions.push(Action::Write { token, does });
            }
            let over = matches!(does, Next::Acknowledged | Next::Crashed);
            if !over && state.crashes < MAX_CRASHES {
                actions.push(Action::Crash { token });
            }
        }
        if !matches!(state.reader, Reader::Answered { .. }) {
            actions.push(Action::Read);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Write { token, does } => {
                *state.writer(token) = self.protocol.write(&mut state.stored, token, does);
            }
            Action::Crash { token } => {
                state.crashes += 1;
                *state.writer(token) = Next::Crashed;
            }
            Action::Read => {
                let acknowledged = last.acknowledged();
                state.reader = self.protocol.read(&last.stored, &last.reader, acknowledged);
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(KEPT, |model: &Creation, state: &State| {
                !model.protocol.loses(&state.stored, state.acknowledged())
            }),
            Property::always(ANSWERED, |_, state: &State| {
                state.reader != Reader::Answered { missed: true }
            }),
            Property::always(DONE, |model: &Creation, state: &State| {
                let stored = &state.stored;
                let mut writers = state.writers.iter();
                let at_work = |next: &Next| model.protocol.can_write(stored, *next);
                let over = |next: &Next| matches!(next, Next::Acknowledged | Next::Crashed);
                writers.clone().any(at_work) || writers.all(over)
            }),
        ];
        if self.protocol == Protocol::Register {
            properties.extend(situations());
        }
        properties
    }
}

/// What the model must come across, lest it hold because nothing happens in it.
fn situations() -> Vec<Property<Creation>> {
    vec![
        Property::sometimes("all three are acknowledged", |_, state: &State| {
            state.acknowledged().len() == WRITERS
        }),
        Property::sometimes(
            "number 1 loses, but has left its document at the key",
            |_, state: &State| {
                state.stored.register.winner > 1
                    && state.stored.first().is_some()
                    && state.acknowledged().len() == WRITERS
            },
        ),
        Property::sometimes("the third wins after two have died", |_, state: &State| {
            state.crashes == MAX_CRASHES && state.stored.register.winner == 3
        }),
        Property::sometimes(
            "number 1 dies before it writes, the rest go on",
            |_, state: &State| state.stored.first().is_none() && state.acknowledged().len() == 2,
        ),
    ]
}

#[test]
fn a_document_created_by_the_register_loses_no_acknowledged_write() {
    let protocol = Protocol::Register;
    holds("by the register", Creation { protocol });
}

/// Looks for the shortest way in which `protocol` breaks `promise`.
fn wrong(protocol: Protocol, promise: &'static str) {
    breaks(&format!("{protocol:?}"), Creation { protocol }, promise);
}

#[test]
fn a_plain_swap_on_the_absent_key_loses_one() {
    wrong(Protocol::PlainSwap, KEPT);
    wrong(Protocol::PlainSwap, ANSWERED);
}

#[test]
fn a_slow_winner_erases_what_those_wrote_who_did_not_wait_for_it() {
    wrong(Protocol::FirstCreates { time_out: true }, KEPT);
}

#[test]
fn who_waits_for_ever_for_a_winner_that_died_is_never_acknowledged() {
    wrong(Protocol::FirstCreates { time_out: false }, DONE);
}

#[test]
fn where_all_write_to_one_place_a_slow_loser_erases_what_was_acknowledged() {
    wrong(Protocol::RegisterWithOnePlace, KEPT);
}

#[test]
fn who_takes_an_unborn_document_as_it_is_misses_what_was_acknowledged() {
    wrong(Protocol::RegisterWithoutUnborn, KEPT);
}
