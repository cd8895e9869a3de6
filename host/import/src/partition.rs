//! Whose rows travel together.

use rapport_types::hash;

/// Into how many parts the customers are divided. It is the same whatever `--parallel`, so that a checkpoint of one run means
/// the same to the next.
pub const PARTITIONS: usize = 64;

/// The part that `customer` belongs to.
pub fn of(customer: &str) -> usize {
    usize::try_from(hash::u64_of(customer) % PARTITIONS as u64).unwrap_or(0)
}

/// Which of `workers` carries a part. A worker carries its rows one batch after another, in the order of the file.
pub fn worker(partition: usize, workers: usize) -> usize {
    partition % workers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_always_in_the_same_part_and_with_the_same_worker() {
        for n in 0..2_000 {
            let customer = format!("{n:04}");
            let part = of(&customer);
            assert!(part < PARTITIONS);
            assert_eq!(part, of(&customer));
            assert!(worker(part, 8) < 8);
        }
    }

    #[test]
    fn customers_are_spread_evenly() {
        let mut parts = [0_u32; PARTITIONS];
        for n in 0..64_000 {
            parts[of(&format!("c{n}"))] += 1;
        }
        // A thousand each; six standard deviations are 190.
        assert!(
            parts.iter().all(|part| (810..1190).contains(part)),
            "{parts:?}"
        );
    }
}
