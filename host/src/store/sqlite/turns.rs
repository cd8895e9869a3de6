//! The writing thread's place in the queue for a processor.

/// Lets the calling thread wait for its turn when work arrives for it, in the place of interrupting whoever runs.
///
/// A thread that sleeps most of the time is let in at once by Linux. So where all processors are busy, the writing thread would stop
/// a request on its way to write what one other has asked for, and sync for that one alone: groups of 2 where 16 and more are waiting.
/// In its turn it finds more to write with one sync. Where a processor is idle it changes nothing. (`sched(7)`, `SCHED_BATCH`.)
#[cfg(target_os = "linux")]
pub fn wait_for_turns() {
    // SAFETY: plain numbers, which differ from one C library to the next; all of them may be zero, and the priority has to be.
    #[allow(unsafe_code)]
    let of_no_rank: libc::sched_param = unsafe { std::mem::zeroed() };
    // SAFETY: changes the calling thread only, which is there, and reads the parameters during the call.
    #[allow(unsafe_code)]
    let error = unsafe {
        libc::pthread_setschedparam(
            libc::pthread_self(),
            libc::SCHED_BATCH,
            &raw const of_no_rank,
        )
    };
    if error != 0 {
        // As in some sandboxes. All is as right as before, and only slower.
        let why = std::io::Error::from_raw_os_error(error);
        tracing::debug!("the writing thread interrupts others: {why}");
    }
}

/// Other systems have no such thing, or another.
#[cfg(not(target_os = "linux"))]
pub fn wait_for_turns() {}
