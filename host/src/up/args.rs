//! The arguments of `rapport up`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

/// How to serve. Every default is meant for one machine that does nothing else.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:3000", value_name = "ADDRESS")]
    pub listen: String,
    /// The manifest of the application.
    #[arg(long, short = 'f', default_value = "spin.toml", value_name = "FILE")]
    pub manifest: PathBuf,
    /// The folder of the database [default: `.rapport` beside the manifest].
    #[arg(long, value_name = "FOLDER", conflicts_with = "in_memory")]
    pub data: Option<PathBuf>,
    /// Keep everything in memory, and lose it when this stops.
    #[arg(long)]
    pub in_memory: bool,
    /// Load the sample once it serves: real orders, a programme with tiers, and segments.
    #[arg(long)]
    pub sample: bool,
    /// The folder of the components, if they are not where the manifest says.
    #[arg(long, value_name = "FOLDER")]
    pub components: Option<PathBuf>,
    /// The folder of compiled components [default: `cache` in the data folder].
    #[arg(long, env = "RAPPORT_CACHE", value_name = "FOLDER")]
    pub cache: Option<PathBuf>,
    /// When a write is made durable: with others that arrive at the same time, or each by itself, as Spin does.
    #[arg(long, value_enum, default_value_t = Sync::Group, value_name = "HOW")]
    pub sync: Sync,
    /// Tell of store operations, in a header of each answer and at `/_rapport/stats`.
    #[arg(long)]
    pub stats: bool,
    /// For tests: end the process, as a crash would, once it has done so many store operations.
    #[arg(long, value_name = "OPERATIONS", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "in_memory")]
    pub crash_after: Option<u64>,
    /// Requests that an instance serves before a fresh one takes its place.
    #[arg(long, default_value_t = 128, value_name = "REQUESTS", value_parser = at_least_one(1_000_000))]
    pub instance_reuse: usize,
    /// Requests that an instance serves at once. A trap ends all of them; with 1, each is safe from its neighbours
    /// [default: 1, or 16 over Redis, where requests wait for the network].
    #[arg(long, value_name = "REQUESTS", value_parser = at_least_one(16))]
    pub instance_concurrency: Option<usize>,
    /// How long an instance waits for its next request.
    #[arg(long, default_value = "1s", value_name = "TIME", value_parser = duration)]
    pub instance_idle: Duration,
    /// How long a request may take.
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = duration)]
    pub request_timeout: Duration,
    /// Requests in flight; beyond that, a request is answered with 503 at once.
    #[arg(long, default_value_t = 512, value_name = "REQUESTS", value_parser = at_least_one(4096))]
    pub max_in_flight: usize,
    /// How often what falls due is done, by a call of `POST /v1/tick`; `off` leaves it to others.
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = tick)]
    pub tick: Tick,
    /// How long to finish requests when told to stop.
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = duration)]
    pub grace: Duration,
}

/// How often, if at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick(pub Option<Duration>);

impl Args {
    /// Requests that an instance serves at once, for an application that keeps its documents in a Redis server or does
    /// not. The database here answers so fast that sharing an instance would gain nothing for what it risks.
    pub fn concurrency(&self, over_redis: bool) -> usize {
        let usual = if over_redis { 16 } else { 1 };
        self.instance_concurrency.unwrap_or(usual)
    }
}

/// When a write is made durable. It is never answered before it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sync {
    /// What arrives during one sync shares the next.
    Group,
    /// One write, one sync, with a rollback journal, as in Spin.
    Each,
}

fn at_least_one(most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(format!("not a number from 1 to {most}")),
    }
}

/// A time, or `off`.
fn tick(text: &str) -> Result<Tick, String> {
    match text {
        "off" => Ok(Tick(None)),
        time => duration(time).map(|every| Tick(Some(every))),
    }
}

/// `500ms`, `60s`, `2m`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    );
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
        Some(millis) if (1..=86_400_000).contains(&millis) => Ok(Duration::from_millis(millis)),
        _ => Err("not a time between 1 ms and a day".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "s", "0s", "1h", "-1s", "99999999999999999999s", "2000m"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn requests_share_an_instance_only_where_they_wait_for_the_network() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        let args = |line: &[&str]| <Line as clap::Parser>::parse_from(line).args;
        let usual = args(&["up"]);
        assert_eq!((usual.concurrency(false), usual.concurrency(true)), (1, 16));
        let set = args(&["up", "--instance-concurrency=4"]);
        assert_eq!((set.concurrency(false), set.concurrency(true)), (4, 4));
    }

    #[test]
    fn counts_have_bounds() {
        let count = at_least_one(16);
        assert_eq!(count("16"), Ok(16));
        assert!(count("0").is_err() && count("17").is_err() && count("x").is_err());
    }
}
