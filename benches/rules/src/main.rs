//! 200 realistic rules on 1,000 customers, here and in the crates `cel` and `datalogic-rs`.
//!
//! All three hold the customers in memory in the form they like best and have their rules compiled; that the answers
//! are the same is made sure of first. Ours also says until when each answer holds, compares text after
//! folding, and adds money up exactly; theirs have the limits of every window put into the rule as numbers, which in
//! earnest would have to be done anew for each moment.
//!
//! `cargo run --release -p rapport-rules-bench` prints the best of several rounds, and the ratio to the faster of the two.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

mod customers;
mod rules;

use std::hint::black_box;
use std::time::{Duration, Instant};

use cel::extractors::Arguments;
use customers::Shopper;
use rapport_rules::{Rule, RuleSet, evaluate, matches};
use rapport_types::{Timestamp, Zone};
use rules::Said;

const CUSTOMERS: usize = 1_000;
const RULES: usize = 200;
const ROUNDS: usize = 20;
/// Of `cel`, one of which takes as long as thirty of the others.
const CEL_ROUNDS: usize = 3;

/// Noon of 2026-11-21 in UTC.
const NOW: i64 = 1_795_262_400_000;

fn main() {
    let shoppers: Vec<Shopper> = (0..CUSTOMERS).map(customers::shopper).collect();
    let said: Vec<Said> = (0..RULES).map(rules::rule).collect();
    let ours = Ours::new(&said);
    if let Some(rounds) = std::env::var_os("TOGETHER") {
        // For a profiler.
        let rounds: usize = rounds
            .to_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or(100);
        for (name, count) in [
            (
                "together",
                Ours::count_matches_together as fn(&Ours, &[Shopper]) -> usize,
            ),
            ("together, with until when", Ours::count_together),
        ] {
            let took = (0..rounds).map(|_| {
                let start = Instant::now();
                black_box(count(&ours, &shoppers));
                start.elapsed()
            });
            let best = took.min().unwrap_or_default().as_nanos() as f64;
            println!(
                "{name:28} {:8.1} ns an answer",
                best / (CUSTOMERS * RULES) as f64
            );
        }
        return;
    }
    let cel = Cel::new(&said, &shoppers);
    let datalogic = Datalogic::new(&said, &shoppers);

    let answers = agree(&said, &shoppers, &ours, &cel, &datalogic);
    let all = CUSTOMERS * RULES;
    println!(
        "{RULES} rules on {CUSTOMERS} customers: {answers} of {all} answers are yes, the same from all three"
    );

    let mut best = [Duration::MAX; 6];
    for round in 0..ROUNDS {
        let took = [
            timed(answers, || ours.count_matches_together(&shoppers)),
            timed(answers, || ours.count_together(&shoppers)),
            timed(answers, || ours.count_matches(&shoppers)),
            timed(answers, || ours.count(&shoppers)),
            match round < CEL_ROUNDS {
                true => timed(answers, || cel.count()),
                false => Duration::MAX,
            },
            timed(answers, || datalogic.count()),
        ];
        for (best, took) in best.iter_mut().zip(took) {
            *best = (*best).min(took);
        }
    }
    let nanos = best.map(|best| best.as_nanos() as f64 / all as f64);
    let names = [
        "together",
        "together, with until when",
        "matches()",
        "evaluate(), with until when",
        "cel",
        "datalogic-rs",
    ];
    for (name, nanos) in names.iter().zip(nanos) {
        println!("{name:28} {nanos:8.1} ns an answer");
    }
    let faster = nanos[4].min(nanos[5]);
    println!(
        "ratio of the faster of the two to ours: {:.1}; with until when: {:.1}",
        faster / nanos[0],
        faster / nanos[1]
    );
    if std::env::var_os("BY_KIND").is_some() {
        by_kind(&shoppers);
    }
}

/// What each kind of test takes.
fn by_kind(shoppers: &[Shopper]) {
    for kind in 0..rules::KINDS {
        let said: Vec<Said> = (0..8).map(|seed| rules::test(kind, seed)).collect();
        let (ours, cel) = (Ours::new(&said), Cel::new(&said, shoppers));
        let datalogic = Datalogic::new(&said, shoppers);
        let answers = agree(&said, shoppers, &ours, &cel, &datalogic);
        let mut best = [Duration::MAX; 3];
        for _ in 0..ROUNDS {
            best[0] = best[0].min(timed(answers, || ours.count_matches(shoppers)));
            best[1] = best[1].min(timed(answers, || cel.count()));
            best[2] = best[2].min(timed(answers, || datalogic.count()));
        }
        let nanos = best.map(|took| took.as_nanos() as f64 / (8 * shoppers.len()) as f64);
        println!(
            "{:7.1} {:7.1} {:7.1}  x{:<5.1} {}",
            nanos[0],
            nanos[1],
            nanos[2],
            nanos[1].min(nanos[2]) / nanos[0],
            said[0].ours
        );
    }
}

fn timed(answers: usize, count: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    assert_eq!(black_box(count()), answers);
    start.elapsed()
}

/// How many answers are yes; ends where two answers differ.
fn agree(
    said: &[Said],
    shoppers: &[Shopper],
    ours: &Ours,
    cel: &Cel,
    datalogic: &Datalogic,
) -> usize {
    let mut yes = 0;
    let mut arena = datalogic_rs::bumpalo::Bump::new();
    for (index, shopper) in shoppers.iter().enumerate() {
        for (rule, said) in said.iter().enumerate() {
            let answer = ours.answer(rule, shopper);
            let now = Timestamp::from_millis(NOW);
            let mut together = ours.together.about(shopper, now, &ours.zone);
            assert_eq!(
                together.evaluate(rule, now),
                evaluate(&ours.rules[rule], shopper, now, &ours.zone),
                "{}",
                said.ours
            );
            assert_eq!(
                answer,
                cel.answer(rule, index),
                "{} and {}",
                said.ours,
                said.cel
            );
            assert_eq!(
                answer,
                datalogic.answer(rule, index, &arena),
                "{} and {}",
                said.ours,
                said.datalogic
            );
            yes += usize::from(answer);
        }
        arena.reset();
    }
    yes
}

struct Ours {
    rules: Vec<Rule>,
    together: RuleSet,
    zone: Zone,
}

impl Ours {
    fn new(said: &[Said]) -> Self {
        let rules: Vec<Rule> = said
            .iter()
            .map(|said| Rule::parse(&said.ours).expect("a rule"))
            .collect();
        let zone = Zone::named("Asia/Shanghai").expect("a zone");
        Self {
            together: RuleSet::new(&rules),
            rules,
            zone,
        }
    }

    fn answer(&self, rule: usize, shopper: &Shopper) -> bool {
        evaluate(
            &self.rules[rule],
            shopper,
            Timestamp::from_millis(NOW),
            &self.zone,
        )
        .matches
    }

    /// All rules of a customer as one set, as memberships are decided; what is prepared for each customer is counted.
    fn count_matches_together(&self, shoppers: &[Shopper]) -> usize {
        let now = Timestamp::from_millis(NOW);
        let yes = |shopper: &Shopper| {
            let mut asking = self.together.about(shopper, now, &self.zone);
            (0..self.rules.len())
                .filter(|rule| asking.matches(*rule, now))
                .count()
        };
        shoppers.iter().map(yes).sum()
    }

    fn count_together(&self, shoppers: &[Shopper]) -> usize {
        let now = Timestamp::from_millis(NOW);
        let yes = |shopper: &Shopper| {
            let mut asking = self.together.about(shopper, now, &self.zone);
            let (mut yes, mut soonest) = (0, Timestamp::MAX);
            for rule in 0..self.rules.len() {
                let outcome = asking.evaluate(rule, now);
                yes += usize::from(outcome.matches);
                // When the customer is to be looked at again, as for a timer.
                soonest = soonest.min(outcome.next_change_at.unwrap_or(Timestamp::MAX));
            }
            black_box(soonest);
            yes
        };
        shoppers.iter().map(yes).sum()
    }

    /// Rule by rule: only whether, as the others answer.
    fn count_matches(&self, shoppers: &[Shopper]) -> usize {
        let now = Timestamp::from_millis(NOW);
        let yes = |shopper: &Shopper| {
            let rules = self.rules.iter();
            rules
                .filter(|rule| matches(rule, shopper, now, &self.zone))
                .count()
        };
        shoppers.iter().map(yes).sum()
    }

    fn count(&self, shoppers: &[Shopper]) -> usize {
        let yes = |shopper| {
            (0..self.rules.len())
                .filter(|rule| self.answer(*rule, shopper))
                .count()
        };
        shoppers.iter().map(yes).sum()
    }
}

struct Cel {
    rules: Vec<cel::Program>,
    contexts: Vec<cel::Context<'static, 'static>>,
}

impl Cel {
    fn new(said: &[Said], shoppers: &[Shopper]) -> Self {
        let rules = said
            .iter()
            .map(|said| cel::Program::compile(&said.cel).expect(&said.cel))
            .collect();
        let context = |shopper: &Shopper| {
            let mut context = cel::Context::default();
            context.add_function("sum", sum).expect("a new name");
            let value = cel::to_value(shopper.as_json()).expect("JSON");
            context.add_variable_from_value("c", value);
            context
        };
        let contexts = shoppers.iter().map(context).collect();
        Self { rules, contexts }
    }

    fn answer(&self, rule: usize, shopper: usize) -> bool {
        let answer = self.rules[rule].execute(&self.contexts[shopper]);
        answer.expect("an answer") == cel::Value::Bool(true)
    }

    fn count(&self) -> usize {
        let yes = |shopper| {
            (0..self.rules.len())
                .filter(|rule| self.answer(*rule, shopper))
                .count()
        };
        (0..self.contexts.len()).map(yes).sum()
    }
}

/// CEL has no sum of its own.
fn sum(Arguments(arguments): Arguments) -> Result<cel::Value, cel::ExecutionError> {
    let sum = match arguments.first() {
        Some(cel::Value::List(numbers)) => numbers
            .iter()
            .map(|number| match number {
                cel::Value::Float(number) => *number,
                cel::Value::Int(number) => *number as f64,
                _ => 0.0,
            })
            .sum(),
        _ => 0.0,
    };
    Ok(cel::Value::Float(sum))
}

struct Datalogic {
    engine: datalogic_rs::Engine,
    rules: Vec<datalogic_rs::Logic>,
    data: Vec<datalogic_rs::ParsedData>,
}

impl Datalogic {
    fn new(said: &[Said], shoppers: &[Shopper]) -> Self {
        let engine = datalogic_rs::Engine::new();
        let rules = said
            .iter()
            .map(|said| {
                engine
                    .compile(said.datalogic.to_string().as_str())
                    .expect("logic")
            })
            .collect();
        let data = |shopper: &Shopper| {
            datalogic_rs::ParsedData::from_json(&shopper.as_json().to_string()).expect("JSON")
        };
        let data = shoppers.iter().map(data).collect();
        Self {
            engine,
            rules,
            data,
        }
    }

    fn answer(&self, rule: usize, shopper: usize, arena: &datalogic_rs::bumpalo::Bump) -> bool {
        let answer = self
            .engine
            .evaluate(&self.rules[rule], &self.data[shopper], arena);
        answer.expect("an answer").as_bool() == Some(true)
    }

    fn count(&self) -> usize {
        let mut arena = datalogic_rs::bumpalo::Bump::new();
        let mut yes = 0;
        for shopper in 0..self.data.len() {
            yes += (0..self.rules.len())
                .filter(|rule| self.answer(*rule, shopper, &arena))
                .count();
            arena.reset();
        }
        yes
    }
}
