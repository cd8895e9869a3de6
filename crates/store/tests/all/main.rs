//! What the store promises.
//!
//! One program, so that what they share is compiled and linked once.
//!
//! - `compiled`: Documents kept in the form that requests need.
//! - `creation`: Creation by the register, on a backend whose swap on an absent key overwrites.
//! - `faulty`: What the faulty backend does, and what a store over it must still keep.
//! - `log`: Logs and totals over them.
//! - `many`: Several documents at once, over a backend that answers many keys in one trip.
//! - `outbox`: What a commit caused elsewhere is carried out, once in its result, even if the first try failed.
//! - `parking`: Effects survive a crash at any point between the commit and their being carried out.
//! - `probe`: No write reaches a backend that breaks a promise, and none is lost to a choice made twice.
//! - `schema`: A document says which version of its shape it has: an older one is read, a newer one is refused and left alone.
//! - `set`: Sets: that they say what a map in memory would, and what that costs.
//! - `set_close`: Closing sets: nobody's member is in a closed one, and a set that is not closed can be used.
//! - `set_races`: Sets that many change at once, while shards split: nothing acknowledged is lost.
//! - `set_reports`: Members that are reported: in whatever order reports come, and however often, the latest revision counts.
//! - `set_size`: Sets of a thousand members, a hundred thousand and more: what is read of them.
//! - `tick`: What a tick takes up, what it leaves to others, and what it says is still to come.
//! - `timers`: What falls due is done once its time has come, and not before.
//! - `unsure`: What comes between parking and commit
//! - `update`: Updates: idempotency keys, revisions, dry runs, tombstones.
//! - `waiting`: Decisions that want something read or written first.

mod common;
mod compiled;
mod creation;
mod fakes;
mod faulty;
mod growth;
mod log;
mod many;
mod outbox;
mod parking;
mod probe;
mod schema;
mod senders;
mod set;
mod set_close;
mod set_races;
mod set_reports;
mod set_size;
mod sets;
mod stepping;
mod tick;
mod timers;
mod unsure;
mod update;
mod waiting;
