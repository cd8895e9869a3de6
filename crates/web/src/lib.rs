//! The HTTP glue that all components share.
//!
//! A component is a function that builds a [`Router`] over [`App`] and one line, `rapport_web::component!(crate::routes)`. What
//! stands around every request is here, once: [`gate::answer`] gives it an id, checks its key, answers preflights, calls the
//! routes, and turns whatever went wrong into a problem.
//!
//! # Layout
//!
//! - [`app`]: [`App`], what handlers share: the store and the settings.
//! - [`settings`]: the application's variables, read once per instance.
//! - [`seed`]: [`Seed`](seed::Seed), the secret half of a key that signs.
//! - [`gate`]: what stands around every request.
//! - [`access`]: keys, and which paths need none.
//! - [`cors`]: who may call from a browser.
//! - [`code`]: the published list of problem codes.
//! - [`problem`]: [`Problem`], an error as RFC 9457 has it.
//! - [`failure`]: what the store says, as problems.
//! - [`body`]: JSON in, checked, with the place of what is wrong.
//! - [`exact`]: numbers in a body that would not stay as they were sent.
//! - `place`: where in a body something is wrong.
//! - `plain`: what is wrong with a body's shape, in the words of those who sent it.
//! - [`command`]: [`Command`], a mutation as handlers take it.
//! - [`ask`]: [`Ask`], a read as handlers take it.
//! - [`params`]: query strings and path parameters.
//! - [`clock`]: the moment of a request.
//! - [`health`]: what anybody may know of a component's state.
//! - [`component!`]: what makes a component of routes.
//! - [`condition`]: `If-Match` and `If-None-Match`.
//! - [`paging`]: `limit` and `cursor`.
//! - [`answer`]: [`Answer`], JSON out, with its headers.
//! - [`testing`]: calling routes in process (native only).
//! - `guest`: the entry from Spin (wasm only); `wire`: requests and answers as it has them.

pub mod access;
pub mod answer;
pub mod app;
pub mod ask;
pub mod body;
pub mod clock;
pub mod code;
pub mod command;
pub mod component;
pub mod condition;
pub mod cors;
pub mod exact;
pub mod failure;
pub mod gate;
#[cfg(target_family = "wasm")]
pub mod guest;
pub mod health;
pub mod paging;
pub mod params;
mod place;
mod plain;
pub mod problem;
pub mod seed;
pub mod settings;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
#[cfg(target_family = "wasm")]
mod wire;

pub use answer::Answer;
pub use app::App;
pub use ask::Ask;
pub use axum::Router;
pub use axum::routing;
pub use code::Code;
pub use command::Command;
pub use paging::{List, Paging};
pub use params::{Params, Path};
pub use problem::Problem;
pub use settings::Settings;
