//! The real components' routes, in process, over a store that fails.
//!
//! A *process* is one set of the components over one [`Faulty`](rapport_store::faulty::Faulty) driver; several share one
//! [`Memory`](rapport_store::Memory). What was acknowledged must hold, whatever the processes meet.
//!
//! # Layout
//!
//! - [`process`]: one process, and the components in it.
//! - [`call`]: a request that can be made again, word for word.
//! - [`heal`]: what is left undone is done.
//! - [`crash`]: one request, crashed at each of its steps, against the same without a crash.
//! - [`board`]: what was committed and not carried out yet, seen from below the store.
//! - [`fleet`]: several processes over one store, replaced when they crash.
//! - [`act`]: what a client may do in a history.
//! - [`history`]: several clients and processes at once; who was answered what.
//! - [`check`]: what a history must have left, by what was answered.

pub mod act;
pub mod board;
pub mod call;
pub mod check;
pub mod crash;
pub mod fleet;
pub mod heal;
pub mod history;
pub mod process;
