//! Routes of segments, tags, scores and models, over a store in memory.
//!
//! One program, so that what they share is compiled and linked once.
//!
//! - `audiences`: `/v1/segments/{id}/members`, `/count`, `/fill`, `/export`, and `/v1/segments/overlap`.
//! - `conditions`: `ETag`, `If-None-Match` and `If-Match` of lists, of audiences, and of what there is once for the whole shop.
//! - `counts`: `GET /v1/segments?counts=true`.
//! - `decide`: `POST /v1/segments/decide`: each offer says why it is shown or not.
//! - `definitions`: `/v1/segments` and `/v1/segments/{id}`.
//! - `insights`: `GET /v1/segments/insights/{customer}`.
//! - `lists`: Manual segments and snapshots, and segments that others stand on.
//! - `memberships`: `GET /v1/segments/memberships/{customer}`.
//! - `models`: `/v1/segments/models/…`.
//! - `preview`: `POST /v1/segments/preview`.
//! - `ready`: `POST /v1/segments/ready`.
//! - `scores`: `/v1/segments/scores`.
//! - `tags`: `/v1/tags`.

mod audiences;
mod common;
mod conditions;
mod counts;
mod decide;
mod definitions;
mod insights;
mod lists;
mod memberships;
mod models;
mod preview;
mod ready;
mod scores;
mod tags;
