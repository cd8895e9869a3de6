//! Parking: how what a commit causes elsewhere is carried out, although whoever committed may die before.
//!
//! A commit changes one document, and what it causes in others (an *effect*) stands in that document's *outbox*, written by the
//! same swap. A request that dies right after leaves an outbox that nobody knows of, and no request lists keys. So the document
//! is *parked* before: its key is put under a fresh *token* where `tick` finds it. Tokens of one document stand side by side,
//! and the document names the one under which its outbox was committed.
//!
//! A request goes:
//!
//! 1. Load the document.
//! 2. If its outbox holds something that an earlier commit has left: look, now, whether the token that the document names is
//!    parked. If it is, carry the outbox out; if not, that was done. The own commit drops it.
//! 3. Decide. With effects, park: add a fresh token.
//! 4. Commit by swap, the document naming that token. If another commit came between, the token is given up, as no document
//!    will ever name it; start again at 1.
//! 5. Carry the effects out. Give the token up.
//!
//! A token that is given up is unparked at any later moment (in the store: with the next parking of that lane), or never, if
//! the instance ends before. Until then its instance knows that it need not look for it, and others find it parked.
//!
//! `tick` goes: read a token; load the document. If the document names that token, carry its outbox out, and commit it with an
//! empty outbox and no token. If it names another or none, either leave all as it is (the token is *young*, the request may
//! still be at it) or commit the document *touched*: other bytes, the same outbox and token. Then unpark the token that was
//! read. If the swap is lost, start again at the load.
//!
//! Why this is right, in short. What is not carried out stands in the outbox, and the token that the document names is parked:
//! one of the promises below, and what step 2 relies on. A token is unparked only after it was carried out, or once no
//! commit can name it: the request that parked it has lost its swap and makes other tokens, or a tick has committed the document
//! since the token was read, so the request, which loaded before it parked, will lose.
//!
//! A tick may take a token for old while its request is still at it, and leave one alone whose request has died: only a clock
//! tells which is young. Here both may happen at any time. But when all have died for long, nothing is young.
//!
//! A request that finds nothing to commit after all, or is refused, when it tries again, is like one that has died after it
//! gave its token up. And step 2 needs a read that is current: a stale one is a look before the load.
//!
//! Step 4 needs a store that knows: a swap that is called lost must not have happened, nor happen later. Where it can, a token
//! may be given up only by what the next load shows; `RightUnsureJudgingByTheLoad` is that.
//!
//! A tick's commit leaves `rev`, by which receivers order what they are told, and adds to `touches`. The swap compares all
//! bytes, and both numbers together grow with each commit, so equal bytes mean equal history.
//!
//! An effect may be delivered twice, late, and beside another carrier. There are two receivers here, and the effect goes to one
//! after the other: a ledger adds each effect once and remembers its id; an index keeps the sender's state and `rev`, and
//! ignores a `rev` that is not higher.
//!
//! Parking and unparking are single steps here. In the store each is a loop of read and swap on one document, of which only the
//! swap that succeeds changes anything. A tick in the store takes up many tokens, and unparks them at the end; they
//! have nothing to do with each other, so that is as several ticks here, each of one token.

use stateright::{Model, Property};

use process::{Choice, Next, Process, Role, Who};
use stored::{Stored, Token};
use variant::Variant;

mod process;
mod runs;
mod situations;
mod stored;
mod variant;

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
    Step {
        who: Who,
        does: Next,
        choice: Choice,
    },
    /// A token that was given up is unparked.
    Unpark { token: Token },
    /// A swap that was called lost happens.
    Lands { who: Who },
    /// A process dies.
    Crash { who: Who },
}

impl Parking {
    /// The store after a tick has taken up all that is parked, while nobody else does anything, as if all had died for long.
    fn after_a_tick(&self, state: &State) -> Stored {
        let mut stored = state.stored.clone();
        let me = Who::try_from(self.roles.len()).unwrap();
        for token in state.stored.parked.iter() {
            let mut tick = Process::tick(token);
            while !tick.is_over() {
                self.variant.step(&mut stored, &mut tick, me, Choice::Only);
            }
        }
        stored
    }
}

const KEPT: &str = "every commit that was acknowledged is in the document";
const CARRIED: &str = "whenever all die, a tick leaves every committed effect carried out, once";
const EMPTIED: &str = "whenever all die, a tick leaves nothing parked";
const FOUND: &str = "what is not carried out stands in the outbox, and its token is parked";
const TIDY: &str = "where nobody dies, all is carried out and every token given up in the end";

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
            if process.late.is_some() {
                actions.push(Action::Lands { who });
            }
            if process.is_over() {
                continue;
            }
            let does = process.next;
            let choices = process.choices(self.variant, &state.stored);
            actions.extend(
                choices
                    .into_iter()
                    .map(|choice| Action::Step { who, does, choice }),
            );
            if state.crashes < MAX_CRASHES {
                actions.push(Action::Crash { who });
            }
        }
        let given_up = state.stored.given_up.iter();
        actions.extend(given_up.map(|token| Action::Unpark { token }));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Step { who, choice, .. } => {
                let process = &mut state.processes[usize::from(who)];
                self.variant.step(&mut state.stored, process, who, choice);
            }
            Action::Unpark { token } => state.stored.unpark(token),
            Action::Lands { who } => {
                state.processes[usize::from(who)].lands(&mut state.stored);
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
                    let acknowledged = match (process.role, process.next) {
                        (Role::Request | Role::Plain, Next::Done) => true,
                        _ => stored.due.has(who),
                    };
                    !acknowledged || stored.document.says.has(who)
                })
            }),
            Property::always(CARRIED, |model: &Parking, state: &State| {
                model.after_a_tick(state).is_carried_out()
            }),
            Property::always(EMPTIED, |model: &Parking, state: &State| {
                model.after_a_tick(state).parked.are_none()
            }),
            Property::always(FOUND, |_, state: &State| state.stored.can_be_found()),
            Property::always(TIDY, |model: &Parking, state: &State| {
                let stored = &state.stored;
                let over = state.processes.iter().all(Process::is_over);
                let tidy = stored.is_carried_out() && stored.parked.but(stored.given_up).are_none();
                // On an unsure store nobody may ever know whether to give a token up: a tick's work.
                !over || state.crashes > 0 || model.variant.is_unsure() || tidy
            }),
        ];
        if self.variant == Variant::Right && self.roles == runs::TWO_REQUESTS {
            properties.extend(situations::all());
        }
        properties
    }
}
