//! Fits what is known of a shop's population to its past orders, and puts it into a running Rapport.
//!
//! From a file that holds one order a row come the four parameters of BG/NBD, by maximum likelihood, and the thresholds of RFM scores.
//! Both are the population's, so they cannot be had from one customer's document; what they say of a customer is computed
//! where the customer is (`rapport-lifetime`).
//!
//! # Layout
//!
//! - [`args`]: the arguments of `rapport fit`.
//! - [`population`]: the customers of a file, and the rows that could not be read.
//! - [`likelihood`]: the maximum, sought from several starts.
//! - [`found`]: all that was found, as the service takes it. `report`: the same for people.
//! - `send`: it is put into the service.

pub mod args;
pub mod found;
pub mod likelihood;
pub mod population;

mod report;
mod send;

use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};
use rapport_import::client::Client;
use rapport_types::Timestamp;

pub use args::FitArgs;
pub use found::Found;
pub use likelihood::{Fit, LINE_EVERY};
pub use population::Population;

/// Fits, and sends what was found where that was asked for. What happens meanwhile is said on standard error.
///
/// Fails where a row cannot be read (unless those are to be left out), where the file has too little to fit, and where the
/// service does not take it.
pub fn fit(args: &FitArgs) -> Result<Found> {
    // What is wrong with the service is said before a minute is spent on fitting.
    let client = match (&args.url, args.dry_run) {
        (Some(url), false) => {
            let client = Client::new(url, args.key.as_deref(), 1)?;
            client.check()?;
            Some(client)
        }
        _ => None,
    };
    let population = Population::read(args)?;
    ensure!(
        population.refused.is_empty() || args.skip_bad_rows,
        "{}",
        population.refusal()
    );
    ensure!(
        !population.customers.is_empty(),
        "no order of {} is of {} or before",
        population.file.display(),
        population.until
    );
    let histories = population.histories();
    let fit = Fit::of(&histories, LINE_EVERY, &mut |said| eprintln!("{said}"))?;
    let found = Found::new(&population, &fit, now(), args.show)
        .context("what was found cannot be written as numbers")?;
    if let Some(client) = &client {
        send::put(client, &found)?;
    }
    Ok(found)
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(0))
}
