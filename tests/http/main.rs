//! The service over HTTP. One file per route or promise.

mod manifest;
