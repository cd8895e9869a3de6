//! What came of it, for people.

use std::fmt;
use std::time::Duration;

/// What was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// `Exported` or `Imported`.
    pub did: &'static str,
    /// The rows.
    pub rows: u64,
    /// Those of them that are counters.
    pub counters: u64,
    /// From where to where.
    pub way: String,
    /// How long it took.
    pub took: Duration,
    /// What else should be known, a sentence each.
    pub notes: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} {} rows, {} of them counters, {}, in {:.1} s",
            self.did,
            grouped(self.rows),
            grouped(self.counters),
            self.way,
            self.took.as_secs_f64()
        )?;
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        Ok(())
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_sentence_and_its_notes() {
        let report = Report {
            did: "Exported",
            rows: 1_234_567,
            counters: 89,
            way: "from here to there".into(),
            took: Duration::from_millis(1_260),
            notes: vec!["And this.".into()],
        };
        assert_eq!(
            report.to_string(),
            "Exported 1,234,567 rows, 89 of them counters, from here to there, in 1.3 s\n  And this.\n"
        );
    }
}
