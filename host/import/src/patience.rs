//! How long to go on trying, and when to try again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, Instant};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Patience with a service that does not answer: it begins with the first failure and is fresh again after a success.
#[derive(Debug)]
pub struct Patience {
    limit: Duration,
    since: Option<Instant>,
    tries: u32,
}

impl Patience {
    /// Gives up `limit` after the first failure.
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            since: None,
            tries: 0,
        }
    }

    /// Something was answered.
    pub fn refresh(&mut self) {
        *self = Self::new(self.limit);
    }

    /// How long to wait after a failure at `now`; `None` where it is time to give up.
    ///
    /// `asked` is what the service asked for, which is honoured as far as patience goes. Else waits double from a tenth of a
    /// second to five, a random half of each left out, so that what failed together does not come back together.
    pub fn wait(&mut self, now: Instant, asked: Option<Duration>) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        let left = self
            .limit
            .checked_sub(now.saturating_duration_since(since))
            .filter(|left| !left.is_zero())?;
        let longest = FIRST_WAIT
            .saturating_mul(1 << self.tries.min(16))
            .min(LONGEST_WAIT);
        self.tries += 1;
        let own = longest.mul_f64(0.5 + 0.5 * fraction());
        Some(asked.unwrap_or(own).min(left))
    }
}

/// A random number from 0 to 1: the standard library's hasher is seeded at random.
fn fraction() -> f64 {
    f64::from(u32::try_from(RandomState::new().build_hasher().finish() >> 32).unwrap_or(0))
        / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let start = Instant::now();
        let mut patience = Patience::new(Duration::from_secs(60));
        let (mut now, mut waits) = (start, Vec::new());
        while let Some(wait) = patience.wait(now, None) {
            waits.push(wait);
            now += wait;
        }
        assert!((50..=100).contains(&waits[0].as_millis()), "{waits:?}");
        assert!((400..=800).contains(&waits[3].as_millis()), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= LONGEST_WAIT));
        assert_eq!(now - start, Duration::from_secs(60));
    }

    #[test]
    fn what_the_service_asks_for_is_honoured_as_far_as_patience_goes() {
        let now = Instant::now();
        let mut patience = Patience::new(Duration::from_secs(60));
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(patience.wait(now, asked(7)), asked(7));
        assert_eq!(
            patience.wait(now + Duration::from_secs(50), asked(30)),
            asked(10)
        );
        assert_eq!(patience.wait(now + Duration::from_secs(60), asked(1)), None);
        patience.refresh();
        assert_eq!(
            patience.wait(now + Duration::from_secs(60), asked(1)),
            asked(1)
        );
    }

    #[test]
    fn without_patience_nothing_is_tried_again() {
        assert_eq!(
            Patience::new(Duration::ZERO).wait(Instant::now(), None),
            None
        );
    }
}
