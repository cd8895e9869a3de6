//! The maximum of the likelihood, sought from several starts.
//!
//! By the method of Nelder and Mead, over the logarithms of the parameters, which keeps them positive. It needs no derivatives, and with
//! four parameters it is as quick as others. A likelihood may have a ridge or a hollow where one start ends, so there are several,
//! and the best end is taken as the last start.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use argmin::core::{CostFunction, Executor, State as _};
use argmin::solver::neldermead::NelderMead;
use rapport_import::report::grouped;
use rapport_lifetime::{History, Params};

/// The most steps from one start.
const MOST_STEPS: u64 = 5_000;
/// A start has ended when the corners of its simplex are as likely as each other up to this.
const TOLERANCE: f64 = 1e-11;
/// Ends whose log-likelihoods differ by less are the same end.
const SAME: f64 = 1e-3;
/// Between two lines about how far it is.
pub const LINE_EVERY: Duration = Duration::from_secs(5);
/// r, a and b where the search begins; alpha follows from the mean rate of orders.
const STARTS: [[f64; 3]; 4] = [
    [0.3, 0.7, 2.5],
    [1.0, 1.0, 3.0],
    [3.0, 0.3, 3.0],
    [0.1, 3.0, 6.0],
];

/// The most likely parameters.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// They.
    pub params: Params,
    /// The logarithm of their likelihood.
    pub log_likelihood: f64,
    /// How many starts there were, and how many of them ended here.
    pub starts: (usize, usize),
    /// The parameter that ended where parameters may not go further, if one did: then the data do not settle it.
    pub at_limit: Option<&'static str>,
}

/// Equal histories once, with how many customers have them.
struct Likelihood<'a> {
    histories: Vec<(History, f64)>,
    customers: f64,
    progress: RefCell<Progress<'a>>,
}

/// How far it is, told now and then.
struct Progress<'a> {
    say: &'a mut dyn FnMut(&str),
    every: Duration,
    said: Instant,
    start: usize,
    evaluations: u64,
    least: f64,
}

impl Fit {
    /// Fits to `histories`; `say` is told how far it is when `every` has passed since it was told last.
    pub fn of(histories: &[History], every: Duration, say: &mut dyn FnMut(&str)) -> Result<Self> {
        let repeats: u64 = histories.iter().map(|history| history.repeats).sum();
        ensure!(
            repeats > 0,
            "none of {} customers has ordered on two days, so there is nothing to fit: BG/NBD is about repeat orders",
            grouped(histories.len() as u64)
        );
        let weeks: f64 = histories.iter().map(|history| history.age).sum();
        ensure!(
            weeks > 0.0,
            "every order is of the last day; there must be time after the first orders"
        );
        let rate = repeats as f64 / weeks;
        let likelihood = Likelihood::new(histories, every, say);
        let mut ends: Vec<([f64; 4], f64)> = Vec::new();
        for [r, a, b] in STARTS {
            let start = [r, r / rate, a, b].map(|value| limited(value.ln()));
            ends.push(likelihood.search(start)?);
        }
        // Once more, with a fresh simplex: one that has collapsed too early is stuck.
        ends.push(likelihood.search(best(&ends).0)?);
        let (logs, cost) = best(&ends);
        let same = ends
            .iter()
            .filter(|(_, other)| (other - cost) * likelihood.customers < SAME)
            .count();
        let at_limit = Params::NAMES
            .into_iter()
            .zip(logs)
            .find(|(_, log)| is_limit(*log))
            .map(|(name, _)| name);
        Ok(Self {
            params: params(logs)?,
            log_likelihood: -cost * likelihood.customers,
            starts: (ends.len(), same),
            at_limit,
        })
    }
}

impl<'a> Likelihood<'a> {
    fn new(histories: &[History], every: Duration, say: &'a mut dyn FnMut(&str)) -> Self {
        let mut sorted = histories.to_vec();
        let key = |one: &History| (one.repeats, one.last.to_bits(), one.age.to_bits());
        sorted.sort_unstable_by_key(key);
        let groups = sorted.chunk_by(|one, other| key(one) == key(other));
        Self {
            histories: groups.map(|group| (group[0], group.len() as f64)).collect(),
            customers: histories.len() as f64,
            progress: RefCell::new(Progress {
                say,
                every,
                said: Instant::now(),
                start: 0,
                evaluations: 0,
                least: f64::INFINITY,
            }),
        }
    }

    /// The end that a start leads to, and its cost.
    fn search(&self, start: [f64; 4]) -> Result<([f64; 4], f64)> {
        self.progress.borrow_mut().start += 1;
        let mut corners = vec![start.to_vec()];
        corners.extend((0..4).map(|at| {
            let mut corner = start.to_vec();
            corner[at] += 0.5;
            corner
        }));
        let solver = NelderMead::new(corners).with_sd_tolerance(TOLERANCE)?;
        let ended = Executor::new(self, solver)
            .configure(|state| state.max_iters(MOST_STEPS))
            .run()?;
        let state = ended.state();
        let end: [f64; 4] = state
            .get_best_param()
            .and_then(|end| end.as_slice().try_into().ok())
            .unwrap_or(start);
        Ok((end, state.get_best_cost()))
    }
}

impl CostFunction for &Likelihood<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    /// Minus the mean logarithm of the likelihood of a customer; beyond the limits of parameters what it is at the limit, and more
    /// the further beyond.
    fn cost(&self, logs: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        let logs: [f64; 4] = logs.as_slice().try_into()?;
        let params = params(logs)?;
        let beyond: f64 = logs.iter().map(|log| (log - limited(*log)).powi(2)).sum();
        let sum: f64 = self
            .histories
            .iter()
            .map(|(history, customers)| customers * params.log_likelihood(history))
            .sum();
        let cost = beyond - sum / self.customers;
        self.progress.borrow_mut().tell(cost, self.customers);
        Ok(cost)
    }
}

impl Progress<'_> {
    /// An evaluation has come out at `cost`.
    fn tell(&mut self, cost: f64, customers: f64) {
        self.evaluations += 1;
        self.least = self.least.min(cost);
        if self.said.elapsed() < self.every {
            return;
        }
        self.said = Instant::now();
        let line = format!(
            "start {} of {}, {} evaluations, log-likelihood {:.1}",
            self.start,
            STARTS.len() + 1,
            grouped(self.evaluations),
            -self.least * customers
        );
        (self.say)(&line);
    }
}

/// The most likely of several ends.
fn best(ends: &[([f64; 4], f64)]) -> ([f64; 4], f64) {
    ends.iter()
        .copied()
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
        .unwrap_or(([0.0; 4], f64::INFINITY))
}

/// The parameters of these logarithms, within their limits.
fn params(logs: [f64; 4]) -> Result<Params> {
    let [r, alpha, a, b] = logs.map(|log| {
        // The logarithm of a limit may lead back to a hair beyond it.
        limited(log).exp().clamp(Params::LEAST, Params::MOST)
    });
    Params::new(r, alpha, a, b)
        .map_err(|wrong| anyhow::anyhow!("parameters that cannot be: {wrong:?}"))
}

fn limited(log: f64) -> f64 {
    log.clamp(Params::LEAST.ln(), Params::MOST.ln())
}

/// Whether a parameter ended at its limit.
fn is_limit(log: f64) -> bool {
    let inside = Params::LEAST.ln() + 0.01..Params::MOST.ln() - 0.01;
    !inside.contains(&log)
}
