//! The service over HTTP. One file per route or promise.

mod concurrency;
mod manifest;
mod problems;
mod sample;
mod socket;
