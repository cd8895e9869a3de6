//! How far it is: a bar on a terminal, else a line now and then.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::grouped;

/// Between two lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How far an import is.
pub struct Progress {
    start: Instant,
    total: u64,
    done: AtomicU64,
    /// Those of `done` that took no time.
    skipped: AtomicU64,
    waiting: Mutex<Option<String>>,
    bar: Option<ProgressBar>,
    last_line: Mutex<Instant>,
}

impl Progress {
    /// Begins; `total` rows are expected.
    pub fn new(total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:24} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        let now = Instant::now();
        Self {
            start: now,
            total,
            done: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            waiting: Mutex::new(None),
            bar,
            last_line: Mutex::new(now),
        }
    }

    /// A row has its answer.
    pub fn answered(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// A row need not be sent.
    pub fn skipped(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
        self.answered();
    }

    /// Why it is waiting; `None` when it no longer is.
    pub fn waiting(&self, reason: Option<&str>) {
        if let Ok(mut waiting) = self.waiting.lock() {
            *waiting = reason.map(str::to_owned);
        }
    }

    /// Shows how far it is, where it is time to.
    pub fn tick(&self) {
        match &self.bar {
            Some(bar) => {
                let text = self.text();
                bar.set_position(self.done.load(Ordering::Relaxed).min(self.total));
                bar.set_message(text);
            }
            None => {
                let Ok(mut last) = self.last_line.lock() else {
                    return;
                };
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    eprintln!("{}", self.text());
                }
            }
        }
    }

    /// Takes the bar away: the report follows.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn text(&self) -> String {
        let done = self.done.load(Ordering::Relaxed);
        let worked = done.saturating_sub(self.skipped.load(Ordering::Relaxed));
        let mut text = text(done, self.total, worked, self.start.elapsed());
        if let Ok(waiting) = self.waiting.lock()
            && let Some(reason) = &*waiting
        {
            text.push_str("; trying again, as ");
            text.push_str(reason);
        }
        text
    }
}

/// `worked` of the `done` rows took `elapsed`; the others none.
fn text(done: u64, total: u64, worked: u64, elapsed: Duration) -> String {
    let rate = worked as f64 / elapsed.as_secs_f64().max(0.001);
    let mut text = format!(
        "{} of {} rows, {} a second",
        grouped(done),
        grouped(total.max(done)),
        grouped(rate as u64)
    );
    let missing = total.saturating_sub(done);
    if rate > 0.0 && missing > 0 {
        let left = (missing as f64 / rate).ceil() as u64;
        text.push_str(&match left {
            0..60 => format!(", {left} s left"),
            60..3600 => format!(", {} min {:02} s left", left / 60, left % 60),
            _ => format!(", {} h {:02} min left", left / 3600, left / 60 % 60),
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_by_the_rows_that_took_time() {
        let second = Duration::from_secs(1);
        assert_eq!(text(0, 6_919, 0, second), "0 of 6,919 rows, 0 a second");
        assert_eq!(
            text(2_000, 6_919, 2_000, second),
            "2,000 of 6,919 rows, 2,000 a second, 3 s left"
        );
        assert_eq!(
            text(5_000, 10_000, 1_000, second * 10),
            "5,000 of 10,000 rows, 100 a second, 50 s left"
        );
        assert_eq!(
            text(1_000, 1_000_000, 1_000, second),
            "1,000 of 1,000,000 rows, 1,000 a second, 16 min 39 s left"
        );
        assert_eq!(
            text(10, 100_000, 10, second),
            "10 of 100,000 rows, 10 a second, 2 h 46 min left"
        );
        assert_eq!(text(10, 9, 10, second), "10 of 10 rows, 10 a second");
    }
}
