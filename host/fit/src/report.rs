//! What was found, for people.

use std::fmt;

use rapport_import::report::grouped;

use crate::found::{Found, Rfm, Shown};

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number: usize| grouped(number as u64);
        let model = &self.lifetime;
        writeln!(
            f,
            "{} rows read from {}: {} customers until {}, of whom {} ordered on more than one day",
            grouped(self.rows),
            self.file.display(),
            count(self.customers),
            model.until,
            count(self.repeat_customers)
        )?;
        if self.later > 0 {
            writeln!(f, "{:>12} rows are later", grouped(self.later))?;
        }
        if self.skipped > 0 {
            writeln!(
                f,
                "{:>12} rows could not be read and were left out",
                grouped(self.skipped)
            )?;
        }
        writeln!(f, "BG/NBD, in weeks:")?;
        for (name, value) in [
            ("r", model.r),
            ("alpha", model.alpha),
            ("a", model.a),
            ("b", model.b),
        ] {
            writeln!(f, "{name:>12} {value:.4}")?;
        }
        writeln!(f, "{:>12} {:.1}", "likelihood", model.log_likelihood)?;
        match &self.rfm {
            Some(rfm) => write_rfm(f, rfm)?,
            None => writeln!(f, "No RFM thresholds: --map names no column with totals.")?,
        }
        if !self.shown.is_empty() {
            write_shown(f, &self.shown)?;
        }
        for warning in &self.warnings {
            writeln!(f, "Note: {warning}.")?;
        }
        Ok(())
    }
}

fn write_rfm(f: &mut fmt::Formatter<'_>, rfm: &Rfm) -> fmt::Result {
    let means = &rfm.mean_scores;
    writeln!(f, "RFM, where one score ends and the next begins:")?;
    let list = |values: &[String]| values.join(", ");
    for (name, values, mean) in [
        (
            "recency",
            rfm.recency_days.map(|days| days.to_string()).to_vec(),
            &means.r,
        ),
        (
            "frequency",
            rfm.frequency.map(|orders| orders.to_string()).to_vec(),
            &means.f,
        ),
        (
            "monetary",
            rfm.monetary.iter().map(ToString::to_string).collect(),
            &means.m,
        ),
    ] {
        let mean = mean.as_ref().map(ToString::to_string).unwrap_or_default();
        writeln!(f, "{name:>12} {} (mean score {mean})", list(&values))?;
    }
    Ok(())
}

fn write_shown(f: &mut fmt::Formatter<'_>, shown: &[Shown]) -> fmt::Result {
    writeln!(
        f,
        "{:>12} {:>8} {:>8} {:>8} {:>8} {:>14}",
        "customer", "repeats", "last", "age", "p_alive", "orders in 90 d"
    )?;
    for one in shown {
        writeln!(
            f,
            "{:>12} {:>8} {:>8.2} {:>8.2} {:>8.4} {:>14.4}",
            one.customer, one.repeats, one.last, one.age, one.p_alive, one.expected_orders_90d
        )?;
    }
    Ok(())
}
