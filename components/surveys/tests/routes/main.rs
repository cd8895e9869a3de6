//! Routes of surveys, over a store in memory.
//!
//! One program, so that what they share is compiled and linked once.
//!
//! - `costs`: What each route costs in the store, as `docs/api/surveys.md` says.
//! - `definitions`: `PUT`, `GET /v1/surveys/{id}`, `GET /v1/surveys`.
//! - `page`: `GET /s/{id}`.
//! - `publish`: `POST /v1/surveys/{id}/publish`.
//! - `responses`: `POST` and `GET /v1/surveys/{id}/responses`, `GET /v1/surveys/{id}/responses/{response}`.
//! - `results`: `GET /v1/surveys/{id}/results`.

mod common;
mod costs;
mod definitions;
mod page;
mod publish;
mod responses;
mod results;
