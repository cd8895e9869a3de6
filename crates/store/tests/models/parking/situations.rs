//! What the model must come across, lest it hold because nothing happens in it.

use stateright::Property;

use super::process::{Next, Process, Role};
use super::{MAX_CRASHES, Parking, State};

type Situation = (&'static str, fn(&State) -> bool);

const SITUATIONS: [Situation; 8] = [
    ("all three come to their end", |state| {
        let mut processes = state.processes.iter();
        processes.all(|process| process.next == Next::Done)
    }),
    ("a tick has something to carry out", |state| {
        let stored = &state.stored;
        state.crashes == MAX_CRASHES && !stored.parked.are_none() && !stored.is_carried_out()
    }),
    ("a request has something left to carry out", |state| {
        some(state, Role::Request, |process| match process.next {
            Next::LeftToLedger { seen } => seen
                .outbox
                .is_some_and(|left| state.stored.ledger[usize::from(left.by)] == 0),
            _ => false,
        })
    }),
    ("a request finds what is left carried out", |state| {
        some(state, Role::Request, |process| match process.next {
            Next::Park { seen } => seen
                .parked
                .is_some_and(|token| !state.stored.parked.has(token)),
            _ => false,
        })
    }),
    ("two requests are parked side by side", |state| {
        let open = state.stored.parked.but(state.stored.given_up);
        open.iter().count() == 2
    }),
    ("a commit is late, because of a touch", |state| {
        some(state, Role::Request, |process| match process.next {
            Next::Commit { seen } => {
                let now = state.stored.document;
                let token = process.token.unwrap();
                !state.stored.parked.has(token) && now.rev == seen.rev && now != seen
            }
            _ => false,
        })
    }),
    ("a tick touches what waits under another token", |state| {
        some(state, Role::Tick, |process| match process.next {
            Next::Commit { seen } => {
                state.stored.document == seen
                    && seen.parked != process.token
                    && !state.stored.is_carried_out()
            }
            _ => false,
        })
    }),
    ("a tick has left a young token alone", |state| {
        let open = state.stored.parked.but(state.stored.given_up);
        some(state, Role::Tick, |process| {
            process.next == Next::Done && process.token.is_some_and(|token| open.has(token))
        })
    }),
];

pub fn all() -> Vec<Property<Parking>> {
    // A property takes a plain function, so each looks its own one up by its place.
    macro_rules! at {
        ($($place:literal),*) => {
            vec![$(Property::sometimes(SITUATIONS[$place].0, |_, state| SITUATIONS[$place].1(state))),*]
        };
    }
    at![0, 1, 2, 3, 4, 5, 6, 7]
}

fn some(state: &State, role: Role, does: impl Fn(&Process) -> bool) -> bool {
    let mut processes = state.processes.iter();
    processes.any(|process| process.role == role && does(process))
}
