//! The arguments of `rapport import orders`, and those that every import takes.

use std::path::PathBuf;
use std::time::Duration;

use rapport_types::Currency;

use crate::format::Format;
use crate::when::Offset;

/// What to import, and where to.
#[derive(Clone, Debug, clap::Args)]
pub struct OrdersArgs {
    /// The file: one order a row.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where to.
    #[command(flatten)]
    pub service: Service,
    /// Which column holds what, by name or by number from 1: `customer`, `date` and `total` are needed, `order_id` and
    /// `currency` are known; any other name becomes a property of the order (`name:text=` and `name:number=` fix its type).
    #[arg(long, required = true, value_name = "customer=…,date=…,total=…")]
    pub map: Vec<String>,
    /// How the file is written.
    #[command(flatten)]
    pub table: Table,
    /// The currency of every order that names none.
    #[arg(long, value_name = "CODE", value_parser = Currency::parse)]
    pub currency: Option<Currency>,
    /// What order ids begin with where no column holds them; the number of the line follows
    /// [default: the file's name and a hash of its first row].
    #[arg(long, value_name = "TEXT")]
    pub order_id_prefix: Option<String>,
    /// The offset from UTC of times that name none, such as `+08:00`. A date without a time needs none: it is that day in
    /// the shop.
    #[arg(long, value_name = "OFFSET", value_parser = Offset::parse, allow_hyphen_values = true)]
    pub offset: Option<Offset>,
    /// Totals are written with a comma: `29,33`.
    #[arg(long)]
    pub decimal_comma: bool,
    /// Requests under way at once.
    #[arg(long, default_value_t = 8, value_name = "REQUESTS", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub parallel: u8,
    /// Rows in one request.
    #[arg(long, default_value_t = 200, value_name = "ROWS", value_parser = clap::value_parser!(u16).range(1..=5000))]
    pub batch: u16,
    /// How to go about it.
    #[command(flatten)]
    pub course: Course,
}

/// Where Rapport is served, and the key to send.
#[derive(Clone, Debug, clap::Args)]
pub struct Service {
    /// Where Rapport is served.
    #[arg(
        long,
        env = "RAPPORT_URL",
        default_value = "http://127.0.0.1:3000",
        value_name = "URL"
    )]
    pub url: String,
    /// The key to send.
    #[arg(long, env = "RAPPORT_KEY", hide_env_values = true, value_name = "KEY")]
    pub key: Option<String>,
}

/// How the rows of a file are written.
#[derive(Clone, Debug, clap::Args)]
pub struct Table {
    /// How columns are separated [default: as the first row looks].
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// The first row holds names, although every column is given by number.
    #[arg(long)]
    pub header: bool,
}

/// How rows are sent, and what is kept of it.
#[derive(Clone, Debug, clap::Args)]
pub struct Course {
    /// How long to go on trying while the service cannot be reached or asks for patience.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = duration)]
    pub retry_for: Duration,
    /// Leave out rows that an earlier run has had an answer for.
    #[arg(long)]
    pub resume: bool,
    /// Where to keep what has been answered [default: FILE.import-progress].
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Write every refused row to this file, as CSV: line, field, reason.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Read and check everything, send nothing, and show what would be sent.
    #[arg(long)]
    pub dry_run: bool,
}

/// `500ms`, `60s`, `2m`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        _ => return Err("not a time such as `500ms`, `60s` or `2m`".into()),
    };
    match number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
    {
        Some(millis) if millis <= 86_400_000 => Ok(Duration::from_millis(millis)),
        _ => Err("not a time of at most a day".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: OrdersArgs,
    }

    #[test]
    fn a_command_line_is_read() {
        let cli = Cli::parse_from([
            "import",
            "orders.csv",
            "--map",
            "customer=id,date=2",
            "--map",
            "total=3",
            "--currency",
            "usd",
            "--offset",
            "-05:00",
            "--retry-for",
            "2m",
        ]);
        assert_eq!(cli.args.map, ["customer=id,date=2", "total=3"]);
        assert_eq!(cli.args.currency.unwrap().to_string(), "USD");
        assert_eq!(cli.args.course.retry_for, Duration::from_secs(120));
        assert_eq!((cli.args.parallel, cli.args.batch), (8, 200));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for wrong in [
            ["--parallel", "0"],
            ["--batch", "5001"],
            ["--currency", "yuan"],
            ["--retry-for", "1h"],
            ["--format", "xlsx"],
            ["--offset", "8"],
        ] {
            let line = ["import", "f", "--map", "customer=1"]
                .into_iter()
                .chain(wrong);
            assert!(Cli::try_parse_from(line).is_err(), "{wrong:?}");
        }
        assert!(
            Cli::try_parse_from(["import", "f"]).is_err(),
            "--map is needed"
        );
    }
}
