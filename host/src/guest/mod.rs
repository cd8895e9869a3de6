//! What a guest sees of the host, and how its instances live.
//!
//! - [`bindings`]: the interfaces of `host/wit`, generated
//! - [`key_value`]: `spin:key-value`, asynchronous
//! - [`keyvalue_wasi`]: `wasi:keyvalue`, synchronous to the guest; compare-and-swap and counters are only here
//! - [`linker`]: what is offered under which name, and what stands in for the rest
//! - [`output`]: standard output and error as log lines
//! - [`redis`]: `spin:redis`, asynchronous, for a Redis server that the manifest lets the guest reach
//! - [`redis_value`]: what Redis answers, as the guest is told it
//! - [`request`]: one request as an instance serves it
//! - [`state`]: what belongs to one instance
//! - [`variables`]: `spin:variables`, what the manifest maps for the component
//! - [`worker`]: how an instance starts, how many requests it takes, when it ends

pub mod bindings;
pub mod key_value;
pub mod keyvalue_wasi;
pub mod linker;
pub mod output;
pub mod redis;
pub mod redis_value;
pub mod request;
pub mod state;
pub mod variables;
pub mod worker;
