//! The service over HTTP. One file per route or promise.

mod audiences;
mod concurrency;
mod decide;
mod earning;
mod endurance;
mod entitlement;
mod explain;
mod facts;
mod feedback;
mod loyalty;
mod manifest;
mod models;
mod orders;
mod problems;
mod redis;
mod reviews;
mod rewards;
mod sample;
mod scores;
mod segments;
mod socket;
mod surveys;
mod tags;
mod tick;
