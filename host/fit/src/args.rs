//! The arguments of `rapport fit`.

use std::path::PathBuf;

use rapport_import::format::Format;
use rapport_import::when::Offset;
use rapport_types::{Day, Zone};

/// What to fit to, and where to put it.
#[derive(Clone, Debug, clap::Args)]
pub struct FitArgs {
    /// The file: one order a row. All orders of the customers, or of a random part of the customers, from the first on.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which column holds what, by name or by number from 1: `customer` and `date` are needed; with `total` RFM thresholds are
    /// found, too. Of several `currency` codes only the first one's totals count. Other names are left out.
    #[arg(long, required = true, value_name = "customer=…,date=…")]
    pub map: Vec<String>,
    /// The last day to look at [default: the last one in the file].
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub until: Option<Day>,
    /// How columns are separated [default: as the first row looks].
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The first row holds names, although every column is given by number.
    #[arg(long)]
    pub header: bool,
    /// The shop's time zone, which says on which day a moment falls.
    #[arg(long, default_value = "Asia/Shanghai", value_name = "ZONE", value_parser = zone)]
    pub time_zone: Zone,
    /// The offset from UTC of times that name none, such as `+08:00`.
    #[arg(long, value_name = "OFFSET", value_parser = Offset::parse, allow_hyphen_values = true)]
    pub offset: Option<Offset>,
    /// Totals are written with a comma: `29,33`.
    #[arg(long)]
    pub decimal_comma: bool,
    /// Leave out rows that cannot be read, instead of stopping.
    #[arg(long)]
    pub skip_bad_rows: bool,
    /// Show what the model says of the first customers of the file.
    #[arg(long, default_value_t = 0, value_name = "CUSTOMERS")]
    pub show: usize,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Put what was found into the Rapport that is served there.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The key to send.
    #[arg(long, env = "RAPPORT_KEY", hide_env_values = true, value_name = "KEY")]
    pub key: Option<String>,
    /// Send nothing, and show what would be sent.
    #[arg(long)]
    pub dry_run: bool,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "not a day such as `1997-09-30`".to_owned())
}

fn zone(text: &str) -> Result<Zone, String> {
    Zone::named(text).map_err(|error| error.to_string())
}
