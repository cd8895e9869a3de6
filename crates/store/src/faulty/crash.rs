//! Crashing at every point in turn.

use super::{Faulty, Plan};
use crate::driver::Driver;

/// Runs `run` once without a crash, to count the operations of its process, and then again for each point at which that process
/// can crash: before its first operation, and between any two. Answers how many points those were.
///
/// Each run gets a fresh store, made by `store`, and a process over it that crashes as it shall. `run` works through the
/// process, notes what was acknowledged, then looks at the store through another process (or through none) and
/// asserts. Only the given process crashes, and only its operations are points: what `run` prepares or checks through others
/// does not count.
///
/// The operations must be the same in each run, or points are missed: one task, a plan without other faults, and a store that draws the same
/// random numbers in each, as [`Memory::repeatable`](crate::Memory::repeatable).
///
/// ```
/// # use rapport_store::{Driver, Memory, faulty::for_each_crash_point};
/// # tokio::runtime::Builder::new_current_thread().build().map(|runtime| runtime.block_on(async {
/// let points = for_each_crash_point(Memory::repeatable, async |memory, process| {
///     let acknowledged = process.set("a", vec![1]).await.is_ok();
///     let _ = process.set("b", vec![1]).await;
///     assert!(!acknowledged || memory.get("a").await == Ok(Some(vec![1])));
/// });
/// assert_eq!(points.await, 2);
/// # })).ok();
/// ```
pub async fn for_each_crash_point<D: Driver + Clone + 'static>(
    store: impl Fn() -> D,
    mut run: impl AsyncFnMut(D, Faulty),
) -> u64 {
    let mut crash = async |crash_after| {
        let fresh = store();
        let plan = Plan {
            crash_after,
            ..Plan::default()
        };
        let process = Faulty::over(fresh.clone(), plan);
        run(fresh, process.clone()).await;
        process.injected().operations
    };
    let operations = crash(None).await;
    for point in 0..operations {
        crash(Some(point)).await;
    }
    operations
}
