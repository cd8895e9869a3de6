//! The service over HTTP. One file per route or promise.

mod audiences;
mod concurrency;
mod decide;
mod earning;
mod endurance;
mod explain;
mod feedback;
mod loyalty;
mod manifest;
mod models;
mod problems;
mod redis;
mod sample;
mod segments;
mod socket;
mod surveys;
mod tick;
