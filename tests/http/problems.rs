//! The bad cases of every route: each is a problem with its code, and nothing is written.
//!
//! # Layout
//!
//! - `routes.txt`: every route, with what it takes. `table`: reads it, and prepares a shop in which all of it succeeds.
//! - `coverage`: that no route of a component is missing there.
//! - `access`: without a key. `methods`: with a wrong method.
//! - `bodies`: what is sent is not what the route takes.
//! - `addresses`: nothing is there, and parameters that are wrong.
//! - `conditions`: revisions that are not the present one. `repeats`: idempotency keys.
//! - `oddities`: what belongs to no kind.

mod access;
mod addresses;
mod bodies;
mod conditions;
mod coverage;
mod methods;
mod oddities;
mod repeats;
mod table;
