//! Several processes over one store, replaced when they crash.

use std::cell::RefCell;

use fastrand::Rng;
use rapport_store::Memory;
use rapport_store::faulty::{Injected, Plan};

use crate::board::{Board, Tap};
use crate::process::Process;

/// After so many crashes no process crashes any more, or a history might never end.
const MOST_CRASHES: usize = 8;

/// Several processes over one store. Not for several threads.
pub struct Fleet {
    memory: Memory,
    board: Board,
    state: RefCell<State>,
}

struct State {
    rng: Rng,
    running: Vec<(usize, Process)>,
    /// How many there have ever been.
    started: usize,
    gone: Vec<Process>,
    crashed: usize,
    /// Of those that crashed, how many left something undone.
    owing: usize,
}

/// What a fleet went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Swaps that were lost to others.
    pub conflicts: u64,
    /// Faults of every other kind, crashes aside.
    pub faults: u64,
    /// Processes that crashed.
    pub crashed: usize,
    /// Of these, processes that had committed an order which had not earned when they died.
    pub owing: usize,
}

impl Fleet {
    /// `size` processes over `memory`, whose faults follow from `seed`.
    pub fn new(memory: &Memory, size: usize, seed: u64) -> Self {
        let fleet = Self {
            memory: memory.clone(),
            board: Board::default(),
            state: RefCell::new(State {
                rng: Rng::with_seed(seed),
                running: Vec::new(),
                started: 0,
                gone: Vec::new(),
                crashed: 0,
                owing: 0,
            }),
        };
        for _ in 0..size {
            let started = fleet.start();
            fleet.state.borrow_mut().running.push(started);
        }
        fleet
    }

    /// One of those that run.
    pub fn any(&self) -> (usize, Process) {
        let state = &mut *self.state.borrow_mut();
        let at = state.rng.usize(..state.running.len());
        state.running[at].clone()
    }

    /// Looks whether the process has crashed; if so, sees to it that another takes its place.
    pub fn has_crashed(&self, number: usize, process: &Process) -> bool {
        if !process.faulty.has_crashed() {
            return false;
        }
        let place = {
            let state = self.state.borrow();
            state.running.iter().position(|(n, _)| *n == number)
        };
        if let Some(place) = place {
            let next = self.start();
            let state = &mut *self.state.borrow_mut();
            let (_, gone) = std::mem::replace(&mut state.running[place], next);
            state.gone.push(gone);
            state.crashed += 1;
            state.owing += usize::from(self.board.is_owed_by(number));
        }
        true
    }

    /// A process by whose clock every request has been under way for too long. Only for ticks: who creates documents must
    /// not be more than a minute ahead of others.
    pub fn late(&self) -> (usize, Process) {
        self.begin(70_000)
    }

    fn start(&self) -> (usize, Process) {
        self.begin(0)
    }

    fn begin(&self, clock_ahead: i64) -> (usize, Process) {
        let state = &mut *self.state.borrow_mut();
        let rng = &mut state.rng;
        let mut plan = Plan {
            seed: rng.u64(..),
            delayed: rng.u16(0..400),
            overloaded: rng.u16(0..50),
            lost_answers: rng.u16(0..60),
            lost_races: rng.u16(0..60),
            clock_ahead,
            ..Plan::default()
        };
        if state.crashed < MOST_CRASHES && rng.u8(0..10) < 8 {
            plan.crash_after = Some(rng.u64(10..250));
        }
        let number = state.started;
        state.started += 1;
        let tap = Tap {
            memory: self.memory.clone(),
            process: number,
            board: self.board.clone(),
        };
        (number, Process::failing(tap, &self.memory, plan))
    }

    /// What it went through until now.
    pub fn passed(&self) -> Passed {
        let state = self.state.borrow();
        let mut passed = Passed {
            crashed: state.crashed,
            owing: state.owing,
            ..Passed::default()
        };
        let running = state.running.iter().map(|(_, process)| process);
        for process in state.gone.iter().chain(running) {
            let Injected {
                conflicts,
                delayed,
                overloaded,
                lost_answers,
                lost_races,
                ..
            } = process.faulty.injected();
            passed.conflicts += conflicts;
            passed.faults += delayed + overloaded + lost_answers + lost_races;
        }
        passed
    }
}
