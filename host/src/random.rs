//! Random text from the system's own source.

/// So many random bytes, in hexadecimal. Without a source of randomness there is nothing safe to go on with.
pub fn hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    if let Err(error) = getrandom::fill(&mut random) {
        panic!("the system has no random numbers: {error}");
    }
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}
