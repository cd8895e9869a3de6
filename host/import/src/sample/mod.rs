//! The sample: a programme, segments, and 6,919 real orders to try things with.
//!
//! - [`shop`]: the programme and the segments.
//! - [`found`]: what is there afterwards, read back from the service.
//! - [`told`]: what is said of it.

mod found;
mod shop;
mod told;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rapport_types::Currency;

use crate::args::{Course, OrdersArgs, Service, Table};
use crate::client::Client;
use crate::run::Settings;
use crate::source::Source;

/// Requests under way at once.
const WORKERS: usize = 8;
/// Rows in one request.
const BATCH: usize = 200;
const RETRY_FOR: Duration = Duration::from_secs(60);

/// What to load, and where to.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Where Rapport is served.
    pub url: String,
    /// A key that may do everything.
    pub key: String,
    /// `cdnow_sample.txt`.
    pub file: PathBuf,
    /// Whether the commands to try may name the key, as one that holds for this run only may be.
    pub show_key: bool,
}

/// Loads the sample and answers what to tell of it. Loading it again changes nothing.
///
/// Fails where another programme or other segments stand in its place: it is meant for an empty shop.
pub fn sample(sample: &Sample) -> Result<String> {
    let client = Client::new(&sample.url, Some(&sample.key), WORKERS)?;
    client.check()?;
    // The programme comes first: orders earn by the one that is there when they arrive.
    shop::set_up(&client)?;
    let source = Source::open(&arguments(sample)?).context("the sample cannot be loaded")?;
    let settings = Settings {
        workers: WORKERS,
        batch: BATCH,
        retry_for: RETRY_FOR,
        checkpoint: None,
        resume: false,
        report: None,
    };
    let report = source.import(&client, settings)?;
    if !report.is_complete() {
        bail!("the sample was not loaded as a whole\n{report}");
    }
    let found = found::read(&client, WORKERS)?;
    Ok(told::text(sample, client.base(), &report, &found))
}

/// The columns are: the id in the full set, the id in this sample, the day, the number of CDs, dollars.
fn arguments(sample: &Sample) -> Result<OrdersArgs> {
    Ok(OrdersArgs {
        file: sample.file.clone(),
        service: Service {
            url: sample.url.clone(),
            key: Some(sample.key.clone()),
        },
        map: vec!["customer=2,date=3,quantity=4,total=5".into()],
        table: Table {
            format: Some(crate::format::Format::Spaces),
            header: false,
        },
        currency: Some(Currency::parse("USD")?),
        order_id_prefix: Some("cdnow-".into()),
        offset: None,
        decimal_comma: false,
        parallel: 8,
        batch: 200,
        course: Course {
            retry_for: RETRY_FOR,
            resume: false,
            checkpoint: None,
            report: None,
            dry_run: false,
        },
    })
}
