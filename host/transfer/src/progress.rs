//! How far it is: a bar on a terminal, else a line now and then.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::grouped;

/// Between two lines.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Rows between two looks at the clock.
const LOOK_EVERY: u64 = 256;

/// How far a transfer is. Told on standard error.
pub struct Progress {
    start: Instant,
    total: Option<u64>,
    done: u64,
    bar: Option<ProgressBar>,
    last: Instant,
}

impl Progress {
    /// Begins; `total` rows are expected, where that is known.
    pub fn new(total: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
            let template = match total {
                Some(_) => "{bar:24} {msg}",
                None => "{spinner} {msg}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        let now = Instant::now();
        Self {
            start: now,
            total,
            done: 0,
            bar,
            last: now,
        }
    }

    /// A row is done.
    pub fn row(&mut self) {
        self.done += 1;
        if !self.done.is_multiple_of(LOOK_EVERY) {
            return;
        }
        match &self.bar {
            Some(bar) => {
                bar.set_position(self.done);
                bar.set_message(text(self.done, self.total, self.start.elapsed()));
            }
            None if self.last.elapsed() >= LINE_EVERY => {
                self.last = Instant::now();
                eprintln!("{}", text(self.done, self.total, self.start.elapsed()));
            }
            None => {}
        }
    }

    /// Takes the bar away, and tells how long it took.
    pub fn finish(&self) -> Duration {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.start.elapsed()
    }
}

fn text(done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let of = total.map(|total| format!(" of {}", grouped(total.max(done))));
    let left = total
        .map(|total| (total.saturating_sub(done) as f64 / rate.max(0.001)).ceil() as u64)
        .filter(|left| *left > 0);
    format!(
        "{}{} rows, {} a second{}",
        grouped(done),
        of.unwrap_or_default(),
        grouped(rate as u64),
        left.map(|left| format!(", {left} s left"))
            .unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_and_the_time_left_are_told() {
        let second = Duration::from_secs(1);
        assert_eq!(
            text(1_024, Some(3_000), second),
            "1,024 of 3,000 rows, 1,024 a second, 2 s left"
        );
        assert_eq!(text(1_024, None, second), "1,024 rows, 1,024 a second");
        assert_eq!(
            text(3_000, Some(3_000), second * 2),
            "3,000 of 3,000 rows, 1,500 a second"
        );
    }
}
