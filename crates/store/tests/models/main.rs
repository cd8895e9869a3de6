//! Models of the store's two protocols, checked in every order of steps and with crashes at every place.
//!
//! A test with tasks and threads sees a few of the orders in which operations of several requests may fall; the ones that lose
//! a write are rare and need a crash at the right place. So each protocol is written down once more as a *model*: the state of
//! the store, what each process is about to do, and what one store operation changes. The crate `stateright` then visits
//! every state that any order of operations and crashes leads to, and asks in each whether a promise is broken.
//!
//! - [`creation`]: who creates a document that is not there, on a backend whose swap on an absent key overwrites.
//! - [`parking`]: how an effect of a commit is carried out although whoever committed may die before.
//!
//! A model that cannot fail would show nothing. So each file also holds wrong variants of its protocol, mostly the simpler
//! ones that one would write first, and the tests ask that a broken promise *is* found in them. And each model must reach the
//! situations that it is about ("sometimes" properties).
//!
//! What a model leaves out: values, other keys, time (but for time-outs, which may strike at any moment), and operations whose
//! outcome is not known, which are like a crash right before or right after. The models follow DESIGN, section 2, and the
//! code beside them; whoever changes a protocol there changes it here first.
//!
//! `cargo test -p rapport-store --test models -- --nocapture` prints how many states were visited, and the shortest way to a
//! broken promise for each wrong variant.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod creation;
mod parking;

use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, HasDiscoveries, Model};

/// Visits every state of `model`: each promise must hold in all of them, and each situation occur in some.
fn holds<M>(name: &str, model: M)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq,
{
    // A situation is missing, or a promise broken, only if the search came to its end.
    let checker = model
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    println!(
        "{name}: {} states, at most {} steps",
        checker.unique_state_count(),
        checker.max_depth()
    );
    checker.assert_properties();
}

/// Looks for the shortest way to a state of `model` in which `promise` is broken. There must be one.
fn breaks<M>(name: &str, model: M, promise: &'static str)
where
    M: Model + Copy + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
    M::Action: Clone + Debug + PartialEq,
{
    let mut before = 0;
    // Within a depth the checker keeps any way that it finds. So the depth grows until there is one.
    for depth in 2.. {
        let checker = model
            .checker()
            .target_max_depth(depth)
            .finish_when(HasDiscoveries::AnyOf([promise].into()))
            .spawn_bfs()
            .join();
        let states = checker.unique_state_count();
        if let Some(way) = checker.discovery(promise) {
            println!("{name}: after {states} states \"{promise}\" is broken, by");
            for action in way.into_actions() {
                println!("    {action:?}");
            }
            return;
        }
        assert_ne!(states, before, "{name}: \"{promise}\" holds in all states");
        before = states;
    }
}
