//! Imports of balances against a service that refuses, stalls, and drops connections.
#![allow(missing_docs, clippy::unwrap_used)]

mod service;

use std::path::{Path, PathBuf};

use clap::Parser;
use rapport_import::{BalancesArgs, Report, balances};
use serde_json::{Value, json};
use service::{Service, Trouble};

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: BalancesArgs,
}

fn import(service: &Service, file: &Path, more: &[&str]) -> anyhow::Result<Report> {
    let (file, url) = (file.to_str().unwrap(), service.url());
    let line = ["import", file, "--url", &url, "--key", "rk_test"];
    balances(Cli::try_parse_from(line.into_iter().chain(more.iter().copied()))?.args)
}

fn file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("old.csv");
    std::fs::write(&path, text).unwrap();
    path
}

/// 500 lots of 61 customers, who are strewn over the file.
fn many() -> String {
    let rows = (0..500).map(|n| format!("c{},{},2027-12-31\n", n * n % 61, 1 + n));
    "customer,points,expires_at\n".to_owned() + &rows.collect::<String>()
}

/// The points of each customer's lots, in the order of the file.
fn points(service: &Service) -> Vec<(String, Vec<Value>)> {
    let lots = service.lots().into_iter();
    lots.map(|(customer, lots)| {
        let points = lots.into_iter().map(|(lot, _)| lot["points"].clone());
        (customer, points.collect())
    })
    .collect()
}

#[test]
fn every_lot_arrives_once_with_its_dates_and_kind() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Customer,Points,earned_at,expires_at,kind,key\n\
                \u{4f1a}\u{5458}-1,120,2025-03-01,20271231,,K-1\n\
                c2,7,,,growth,K-2\n";
    let path = file(folder.path(), text);
    let service = Service::start();
    let report = import(&service, &path, &[]).unwrap();
    assert!(report.is_complete(), "{report}");
    assert!(
        report.to_string().contains("2 balances brought along"),
        "{report}"
    );
    let lots = service.lots();
    let first = json!({"points": 120, "active_from": "2025-03-01", "expires_at": "2027-12-31"});
    assert_eq!(lots["%E4%BC%9A%E5%91%98-1"], [(first, Value::Null)]);
    assert_eq!(lots["c2"], [(json!({"points": 7}), json!("growth"))]);
    // Once more changes nothing.
    let again = import(&service, &path, &["--kind", "coins"]).unwrap();
    assert_eq!((again.applied, again.duplicates), (0, 2));
    assert_eq!(service.lots(), lots);
}

#[test]
fn whatever_goes_wrong_no_lot_is_brought_twice_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &many());
    let calm = Service::start();
    assert!(import(&calm, &path, &[]).unwrap().is_complete());
    let service = Service::start();
    for (request, trouble) in [
        (2, Trouble::Busy),
        (9, Trouble::Drop),
        (30, Trouble::DropAfterwards),
        (60, Trouble::Fail),
        (90, Trouble::TooMany),
        (120, Trouble::DropAfterwards),
    ] {
        service.trouble(request, trouble);
    }
    let report = import(&service, &path, &[]).unwrap();
    assert!(report.is_complete(), "{report}");
    assert_eq!(service.troubles_left(), 0);
    assert_eq!(report.applied + report.duplicates, 500);
    assert_eq!(report.duplicates, 2, "those whose answer was lost");
    assert_eq!(points(&service), points(&calm));
}

#[test]
fn it_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &many());
    let service = Service::start();
    service.die_after(200);
    let stopped = import(&service, &path, &["--retry-for", "200ms"]).unwrap();
    assert!(stopped.stopped.is_some() && stopped.unsent > 0, "{stopped}");
    assert!(path.with_file_name("old.csv.import-progress").exists());
    service.revive();
    let rest = import(&service, &path, &["--resume"]).unwrap();
    assert!(rest.is_complete(), "{rest}");
    assert_eq!(rest.applied + rest.duplicates + rest.skipped, 500);
    assert!(rest.skipped > 0, "{rest}");
    let all: usize = points(&service).iter().map(|(_, lots)| lots.len()).sum();
    assert_eq!(all, 500);
    assert!(!path.with_file_name("old.csv.import-progress").exists());
}

#[test]
fn a_bad_row_is_told_with_its_line_and_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "customer,points,expires_at\nc1,10,\nc2,ten,\nc3,5,2025-01-01\n,5,\nc4,20,2027-01-01\n";
    let path = file(folder.path(), text);
    let service = Service::start();
    let refused_in = folder.path().join("refused.csv");
    let more = ["--report", refused_in.to_str().unwrap()];
    let report = import(&service, &path, &more).unwrap();
    assert_eq!((report.applied, report.refused), (2, 3), "{report}");
    let mut told: Vec<_> = report
        .first_refused
        .iter()
        .map(ToString::to_string)
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "line 3, points: \"ten\" is not a whole number of points; one is written 1200",
            "line 4, expires_at: These points would be over already.",
            "line 5, customer: an id must not be empty",
        ]
    );
    assert_eq!(
        std::fs::read_to_string(refused_in).unwrap().lines().count(),
        4
    );
}

#[test]
fn a_dry_run_sends_nothing_and_shows_what_it_would() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &many());
    let service = Service::start();
    let report = import(&service, &path, &["--dry-run", "--key-prefix", "old-"]).unwrap();
    assert_eq!(service.requests(), 0);
    let shown = report.dry_run.as_ref().unwrap();
    assert_eq!(
        shown[0].path.as_deref(),
        Some("/v1/loyalty/accounts/c0/import")
    );
    assert_eq!(
        shown[0].body,
        json!({"key": "old-2", "lots": [{"points": 1, "expires_at": "2027-12-31"}]})
    );
    assert!(
        report.to_string().contains("500 balances would be sent")
            && report
                .to_string()
                .contains("\nPOST /v1/loyalty/accounts/c0/import\n{"),
        "{report}"
    );
}

#[test]
fn a_file_without_the_columns_says_which_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "member,balance\nc1,10\n");
    let service = Service::start();
    let refused = import(&service, &path, &[]).unwrap_err().to_string();
    assert!(refused.contains("no column holds customer"), "{refused}");
    assert!(refused.contains("`member` (1), `balance` (2)"), "{refused}");
    let map = ["--map", "customer=member,points=2"];
    assert!(import(&service, &path, &map).unwrap().is_complete());
}
