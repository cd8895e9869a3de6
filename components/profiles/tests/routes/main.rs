//! Routes of customers and events, over a store in memory.
//!
//! One program, so that what they share is compiled and linked once.
//!
//! - `batch`: `/v1/batch`.
//! - `costs`: What requests cost in store operations: `docs/api/profiles.md` promises it.
//! - `customers`: `/v1/customers`.
//! - `events`: `GET /v1/customers/{id}/events`.
//! - `tracking`: `/v1/identify`, `/v1/track` and their like.

mod batch;
mod costs;
mod customers;
mod events;
mod tracking;
