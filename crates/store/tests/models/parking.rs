//! Parking: how what a commit causes elsewhere is carried out, although whoever committed may die before.
//!
//! A commit changes one document, and what it causes in others (an *effect*) stands in that document's *outbox*, written by the
//! same swap. A request that dies right after leaves an outbox that nobody knows of, and no request lists keys. So the
//! document's key is *parked* before: put, with a fresh token, into a `parked` document, where `tick` finds it. Whoever has
//! carried the outbox out takes the key away again.
//!
//! A request goes:
//!
//! 1. Load the document.
//! 2. If its outbox holds something that an earlier commit has left: look whether the key is parked *now*. If it is, carry
//!    the outbox out; if not, somebody has, and has unparked. The own commit will drop it.
//! 3. Decide. With effects, park: put the key's fresh token in, over whatever token stands there.
//! 4. Commit by swap. If another commit came between, start again at 1; a later try parks a later token.
//! 5. Carry the effects out. Unpark, if the key's token is still one's own.
//!
//! `tick` goes: read the key's token; load the document; carry its outbox out; commit it with an empty outbox (also if it was
//! empty, so that whoever loaded the document before can no longer commit); unpark, if the token is still the one that was read.
//!
//! Why this is right, in short. Whoever unparks has committed after it put, or read, the token that it takes away. If that was
//! before a request's load, the request's token has taken that one's place by now, and stays. If it was between the load
//! and the request's commit, that commit fails. If it was after, it has loaded what the request committed, and carried it out
//! before. So what is not carried out is parked at every moment, which is one of the promises below; step 2 relies on it.
//!
//! A request that finds nothing to commit after all, or is refused, when it tries again, does not unpark either: it is like one
//! that has died, and its token is left to `tick`. And step 2 needs a read that is current: a stale one is a look before the load.
//!
//! An effect may be delivered twice, late, and beside another carrier. There are two receivers here, and the effect goes to one
//! after the other: a ledger adds each effect once and remembers its id; an index keeps the sender's state and `rev`, and
//! ignores a `rev` that is not higher.
//!
//! Putting a key into the parked document, and taking it out if its token is unchanged, are single steps here. In the store
//! each is a loop of read and swap on one document, of which only the swap that succeeds changes anything.

use stateright::{Model, Property};

use crate::{breaks, holds};
use process::{Next, Process, Role, Stored, Then, Variant, Who};

mod process;

const MAX_CRASHES: u8 = 2;

#[derive(Debug, Clone, Copy)]
struct Parking {
    variant: Variant,
    roles: &'static [Role],
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    stored: Stored,
    processes: Vec<Process>,
    crashes: u8,
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    /// A process carries out what is next.
    Step { who: Who, does: Next },
    /// A process dies.
    Crash { who: Who },
}

impl Parking {
    /// The store after one more tick, while nobody else does anything, as if all had died.
    fn after_a_tick(&self, state: &State) -> Stored {
        let mut stored = state.stored.clone();
        let mut tick = Process::new(Role::Tick);
        let me = Who::try_from(self.roles.len()).unwrap();
        while !tick.is_over() {
            self.variant.step(&mut stored, &mut tick, me);
        }
        stored
    }
}

const KEPT: &str = "every commit that was acknowledged is in the document";
const CARRIED: &str = "whenever all die, a tick leaves every committed effect carried out, once";
const EMPTIED: &str = "whenever all die, a tick leaves nothing parked";
const FOUND: &str = "what is not carried out is parked at every moment";
const TIDY: &str = "where nobody dies, nothing is parked in the end";

impl Model for Parking {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            stored: Stored::default(),
            processes: self.roles.iter().copied().map(Process::new).collect(),
            crashes: 0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (who, process) in (0..).zip(&state.processes) {
            if process.is_over() {
                continue;
            }
            let does = process.next;
            actions.push(Action::Step { who, does });
            if state.crashes < MAX_CRASHES {
                actions.push(Action::Crash { who });
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Step { who, .. } => {
                let process = &mut state.processes[usize::from(who)];
                self.variant.step(&mut state.stored, process, who);
            }
            Action::Crash { who } => {
                state.crashes += 1;
                state.processes[usize::from(who)].next = Next::Crashed;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(KEPT, |_, state: &State| {
                let stored = &state.stored;
                (0..).zip(&state.processes).all(|(who, process)| {
                    let acknowledged = match process.next {
                        Next::Done => process.role != Role::Tick,
                        _ => stored.due.has(who),
                    };
                    !acknowledged || stored.document.says.has(who)
                })
            }),
            Property::always(CARRIED, |model: &Parking, state: &State| {
                model.after_a_tick(state).is_carried_out()
            }),
            Property::always(EMPTIED, |model: &Parking, state: &State| {
                model.after_a_tick(state).parked.is_none()
            }),
            Property::always(FOUND, |_, state: &State| {
                state.stored.parked.is_some() || state.stored.is_carried_out()
            }),
            Property::always(TIDY, |_, state: &State| {
                let over = state.processes.iter().all(Process::is_over);
                !over || state.crashes > 0 || state.stored.parked.is_none()
            }),
        ];
        if self.variant.is_right() && self.roles == TWO_REQUESTS {
            properties.extend(situations());
        }
        properties
    }
}

/// What the model must come across, lest it hold because nothing happens in it.
fn situations() -> Vec<Property<Parking>> {
    vec![
        Property::sometimes("all three come to their end", |_, state: &State| {
            state
                .processes
                .iter()
                .all(|process| process.next == Next::Done)
        }),
        Property::sometimes("a tick has something to carry out", |_, state: &State| {
            let stored = &state.stored;
            state.crashes == MAX_CRASHES && stored.parked.is_some() && !stored.is_carried_out()
        }),
        Property::sometimes(
            "a request has something left to carry out",
            |_, state: &State| {
                state.processes.iter().any(|process| match process.next {
                    Next::LeftToLedger { seen } => {
                        let left = seen.outbox.unwrap();
                        process.role == Role::Request
                            && state.stored.ledger[usize::from(left.by)] == 0
                    }
                    _ => false,
                })
            },
        ),
        Property::sometimes(
            "a request finds what is left carried out",
            |_, state: &State| {
                state.processes.iter().any(|process| match process.next {
                    Next::Park { seen } => seen.outbox.is_some() && state.stored.parked.is_none(),
                    _ => false,
                })
            },
        ),
        Property::sometimes(
            "a commit is late, because of an empty one",
            |_, state: &State| {
                let now = state.stored.document;
                state.processes.iter().any(|process| match process.next {
                    Next::Commit { seen } => {
                        process.role == Role::Request
                            && state.stored.parked.is_none()
                            && now.rev > seen.rev
                            && now.says == seen.says
                    }
                    _ => false,
                })
            },
        ),
        Property::sometimes(
            "a token was replaced before it is taken away",
            |_, state: &State| {
                let parked = state.stored.parked;
                state.processes.iter().any(|process| {
                    process.next == Next::Unpark { then: Then::Done }
                        && parked.is_some()
                        && parked != process.token
                })
            },
        ),
    ]
}

const TWO_REQUESTS: &[Role] = &[Role::Request, Role::Request, Role::Tick];
const TWO_TICKS: &[Role] = &[Role::Request, Role::Tick, Role::Tick];
const ONE_PLAIN: &[Role] = &[Role::Request, Role::Plain, Role::Tick];
const THREE_REQUESTS: &[Role] = &[Role::Request, Role::Request, Role::Request];
const TWO_AND_TWO: &[Role] = &[Role::Request, Role::Request, Role::Tick, Role::Tick];
const ALL_KINDS: &[Role] = &[Role::Request, Role::Request, Role::Plain, Role::Tick];

fn right(variant: Variant) {
    for roles in [TWO_REQUESTS, TWO_TICKS, ONE_PLAIN, THREE_REQUESTS] {
        holds(
            &format!("{variant:?} by {roles:?}"),
            Parking { variant, roles },
        );
    }
}

#[test]
fn no_effect_is_lost_and_nothing_stays_parked() {
    right(Variant::Right);
}

#[test]
fn it_is_as_right_to_carry_out_what_is_left_without_looking() {
    right(Variant::RightCarryingAlways);
}

#[test]
fn it_is_as_right_if_a_tick_keeps_its_token_when_its_commit_fails() {
    right(Variant::RightTickKeepingItsToken);
}

#[test]
#[ignore = "a million states: seconds with --release, up to a minute without"]
fn no_effect_is_lost_among_four_either() {
    let variant = Variant::Right;
    for roles in [TWO_AND_TWO, ALL_KINDS] {
        holds(
            &format!("{variant:?} by {roles:?}"),
            Parking { variant, roles },
        );
    }
}

/// Looks for the shortest way in which `variant` breaks `promise` with two requests and a tick.
fn wrong(variant: Variant, promise: &'static str) {
    wrong_with(TWO_REQUESTS, variant, promise);
}

fn wrong_with(roles: &'static [Role], variant: Variant, promise: &'static str) {
    breaks(&format!("{variant:?}"), Parking { variant, roles }, promise);
}

#[test]
fn parking_before_loading_loses_an_effect() {
    wrong(Variant::ParksBeforeLoad, CARRIED);
    wrong(Variant::ParksBeforeLoad, FOUND);
}

#[test]
fn parking_after_the_commit_loses_an_effect() {
    wrong(Variant::ParksAfterCommit, CARRIED);
}

#[test]
fn trying_again_without_parking_again_loses_an_effect() {
    wrong(Variant::ParksOnlyOnce, CARRIED);
}

#[test]
fn trying_again_with_the_same_token_loses_an_effect() {
    wrong(Variant::ParksTheSameToken, CARRIED);
}

#[test]
fn a_tick_that_unparks_without_a_commit_loses_an_effect() {
    wrong(Variant::TickUnparksWithoutCommit, CARRIED);
}

#[test]
fn a_tick_that_does_not_commit_an_empty_outbox_again_loses_an_effect() {
    wrong(Variant::TickCommitsOnlyWhatItCarried, CARRIED);
}

#[test]
fn unparking_without_comparing_the_token_loses_an_effect() {
    wrong(Variant::TickUnparksAnyToken, CARRIED);
    wrong(Variant::RequestUnparksAnyToken, CARRIED);
}

#[test]
fn a_request_that_unparks_before_it_tries_again_loses_an_effect() {
    wrong(Variant::RequestUnparksWithoutCommit, CARRIED);
}

#[test]
fn dropping_what_was_left_loses_an_effect() {
    wrong(Variant::DropsWhatIsLeft, CARRIED);
}

#[test]
fn looking_what_is_parked_before_loading_loses_an_effect() {
    wrong(Variant::LooksBeforeLoad, CARRIED);
}

#[test]
fn a_receiver_that_adds_without_ids_adds_an_effect_twice() {
    wrong(Variant::LedgerForgetsIds, CARRIED);
}

#[test]
fn a_receiver_that_ignores_revisions_is_set_back_by_a_late_delivery() {
    wrong(Variant::IndexIgnoresRev, CARRIED);
}

/// Its own commit would come next, but a third may have parked and not yet committed.
#[test]
fn a_request_that_unparks_what_it_found_left_loses_an_effect() {
    let variant = Variant::RequestUnparksWhatItCarried;
    wrong_with(THREE_REQUESTS, variant, CARRIED);
}

#[test]
fn a_commit_that_does_not_compare_loses_another() {
    wrong(Variant::CommitsWithoutComparing, KEPT);
}

#[test]
fn where_a_tick_or_a_request_does_not_unpark_something_stays_parked() {
    wrong(Variant::TickUnparksNothing, EMPTIED);
    wrong(Variant::RequestUnparksNothing, TIDY);
}
