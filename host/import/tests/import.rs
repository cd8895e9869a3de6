//! Whole imports against a service that refuses, stalls, and drops connections.
#![allow(missing_docs, clippy::unwrap_used)]

mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Parser;
use rapport_import::{OrdersArgs, Report, orders};
use service::{Service, Trouble};

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: OrdersArgs,
}

/// An import of `file` into `service`.
fn import(service: &Service, file: &Path, more: &[&str]) -> anyhow::Result<Report> {
    let file = file.to_str().unwrap();
    let url = service.url();
    let usual = [("--url", url.as_str()), ("--key", "rk_test")]
        .into_iter()
        .filter(|(name, _)| !more.contains(name));
    let line = ["import", file]
        .into_iter()
        .chain(usual.flat_map(|(name, value)| [name, value]))
        .chain(more.iter().copied());
    orders(Cli::try_parse_from(line)?.args)
}

/// A file of `rows` orders by 97 customers, whose orders are strewn over it.
fn file(folder: &Path, rows: usize) -> PathBuf {
    let path = folder.join("orders.csv");
    let mut text = String::from("no,client,day,amount\n");
    for n in 0..rows {
        text.push_str(&format!(
            "o{n},c{},2026-01-{:02},{}.{:02}\n",
            n * n % 97,
            1 + n % 28,
            n % 500,
            n % 100
        ));
    }
    std::fs::write(&path, text).unwrap();
    path
}

const MAP: [&str; 2] = ["--map", "customer=client,date=day,total=amount,order_id=no"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    MAP.into_iter().chain(more.iter().copied()).collect()
}

/// The orders of each customer, in the order of the file.
fn expected(path: &Path) -> BTreeMap<String, Vec<String>> {
    let mut orders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
        let columns: Vec<&str> = line.split(',').collect();
        orders
            .entry(columns[1].into())
            .or_default()
            .push(columns[0].into());
    }
    orders
}

#[test]
fn every_order_arrives_once_and_in_the_order_of_its_customer_whatever_goes_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), 2_000);
    let service = Service::start();
    service.trouble(2, Trouble::Busy);
    service.trouble(5, Trouble::Drop);
    service.trouble(9, Trouble::DropAfterwards);
    service.trouble(12, Trouble::Fail);
    service.trouble(15, Trouble::FailSome);
    service.trouble(20, Trouble::TooMany);

    let report = import(
        &service,
        &path,
        &with(&["--batch", "50", "--parallel", "4"]),
    )
    .unwrap();
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.rows, 2_000);
    // What was counted before the connection broke is a duplicate the second time.
    assert_eq!(report.applied + report.duplicates, 2_000);
    assert!(report.duplicates > 0);
    assert_eq!(service.orders(), expected(&path));
    assert_eq!(service.troubles_left(), 0);
    assert!(
        service.most_at_once() > 1 && service.most_at_once() <= 4,
        "{}",
        service.most_at_once()
    );
    assert!(
        report.checkpoint.is_none() && !folder.path().join("orders.csv.import-progress").exists()
    );

    let again = import(&service, &path, &with(&[])).unwrap();
    assert_eq!((again.applied, again.duplicates), (0, 2_000));
    assert_eq!(service.orders(), expected(&path));
}

#[test]
fn a_batch_that_is_refused_as_a_whole_is_halved_and_keeps_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), 400);
    let service = Service::start();
    for request in [1, 2, 3, 7] {
        service.trouble(request, Trouble::TooLarge);
    }
    let report = import(&service, &path, &with(&["--parallel", "1"])).unwrap();
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.applied, service.troubles_left()), (400, 0));
    assert_eq!(service.orders(), expected(&path));
}

#[test]
fn a_service_that_asks_for_patience_is_given_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), 10);
    let service = Service::start();
    service.trouble(1, Trouble::RetryAfter(1));
    let report = import(&service, &path, &with(&["--parallel", "1"])).unwrap();
    assert!(report.is_complete(), "{report}");
    assert!(report.elapsed.as_millis() >= 1_000, "{:?}", report.elapsed);
}

#[test]
fn refused_rows_are_reported_with_line_field_and_reason_wherever_they_are_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.tsv");
    let text = "client\tday\tamount\na\t2026-01-01\t1\na\ttomorrow\t1\nb\t2026-01-01\nrefused\t2026-01-01\t5\na\t2026-01-02\tmuch\n\
                full\t2026-01-01\t1\na\t2026-01-03\t3\n";
    std::fs::write(&path, text).unwrap();
    let service = Service::start();
    let all = folder.path().join("refused.csv");
    let report = import(
        &service,
        &path,
        &[
            "--map",
            "customer=client,date=day,total=amount",
            "--order-id-prefix",
            "x-",
            "--report",
            all.to_str().unwrap(),
        ],
    )
    .unwrap();
    assert!(!report.is_complete());
    assert_eq!(
        (report.rows, report.applied, report.refused, report.unsent),
        (7, 2, 5, 0)
    );
    assert_eq!(
        service.orders(),
        BTreeMap::from([("a".to_owned(), vec!["x-2".to_owned(), "x-8".to_owned()])])
    );

    let mut reader = csv::Reader::from_path(&all).unwrap();
    let rows: BTreeMap<u64, (String, String)> = reader
        .deserialize()
        .map(|row| row.map(|(l, f, r)| (l, (f, r))).unwrap())
        .collect();
    let fields: Vec<(u64, &str)> = rows
        .iter()
        .map(|(line, (field, _))| (*line, field.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            (3, "date"),
            (4, "total"),
            (5, "total"),
            (6, "total"),
            (7, "row")
        ]
    );
    assert!(rows[&4].1.contains("no column `amount`"), "{rows:?}");
    assert!(rows[&5].1.contains("not from them"), "{rows:?}");
    assert!(rows[&7].1.contains("413 too_large"), "{rows:?}");
    let text = report.to_string();
    assert!(
        text.contains("line 3, date: \"tomorrow\" is no date"),
        "{text}"
    );
    assert!(text.contains("5 refused"), "{text}");
}

#[test]
fn an_import_that_was_stopped_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), 1_000);
    let service = Service::start();
    service.die_after(10);
    let settings = ["--batch", "20", "--parallel", "4", "--retry-for", "300ms"];
    let report = import(&service, &path, &with(&settings)).unwrap();
    assert!(!report.is_complete());
    assert!(
        report
            .stopped
            .as_deref()
            .unwrap()
            .contains("does not answer"),
        "{report}"
    );
    assert!(report.applied >= 200 && report.unsent > 0, "{report}");
    assert_eq!(report.applied + report.unsent, 1_000, "{report}");
    assert!(report.to_string().contains("--resume"));

    service.revive();
    let before = service.items_received();
    // Another number of workers makes no difference to what is left out.
    let settings = ["--batch", "20", "--parallel", "3", "--resume"];
    let report = import(&service, &path, &with(&settings)).unwrap();
    assert!(report.is_complete(), "{report}");
    assert!(report.skipped >= 200, "{report}");
    assert_eq!(service.items_received() - before, 1_000 - report.skipped);
    assert_eq!(report.applied + report.duplicates + report.skipped, 1_000);
    assert_eq!(service.orders(), expected(&path));
}

#[test]
fn rows_that_were_refused_are_tried_again_when_it_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    std::fs::write(
        &path,
        "a,20260101,1\nrefused,20260101,2\nb,2026-13-01,3\nc,20260101,4\n",
    )
    .unwrap();
    let service = Service::start();
    let arguments = [
        "--map",
        "customer=1,date=2,total=3",
        "--order-id-prefix",
        "x-",
    ];
    let report = import(&service, &path, &arguments).unwrap();
    assert_eq!((report.applied, report.refused), (2, 2));
    assert!(report.checkpoint.is_some());

    std::fs::write(
        &path,
        "a,20260101,1\nd,20260101,2\nb,2026-12-01,3\nc,20260101,4\n",
    )
    .unwrap();
    let resume: Vec<&str> = arguments.into_iter().chain(["--resume"]).collect();
    let report = import(&service, &path, &resume).unwrap();
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.applied, report.skipped), (2, 2));
    let customers: BTreeSet<String> = service.orders().into_keys().collect();
    assert_eq!(
        customers.into_iter().collect::<Vec<_>>(),
        ["a", "b", "c", "d"]
    );

    // With nothing to resume from it begins at the first row.
    let again = import(&service, &path, &resume).unwrap();
    assert_eq!((again.duplicates, again.skipped), (4, 0));
}

#[test]
fn a_dry_run_sends_nothing_and_shows_what_it_would_send() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), 50);
    let service = Service::start();
    let report = import(&service, &path, &with(&["--dry-run", "--currency", "CNY"])).unwrap();
    assert_eq!(service.requests(), 0);
    let shown = report.dry_run.as_ref().unwrap();
    assert_eq!(shown.len(), 3);
    assert_eq!(shown[1].body["properties"]["total"].to_string(), "1.01");
    assert_eq!(shown[1].body["properties"]["currency"], "CNY");
    let text = report.to_string();
    assert!(
        text.contains("50 orders would be sent") && text.contains("Nothing was sent"),
        "{text}"
    );
}

#[test]
fn what_is_wrong_from_the_start_is_said_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), 5);
    let service = Service::start();
    let refusal =
        |file: &Path, more: &[&str]| format!("{:#}", import(&service, file, more).unwrap_err());

    let unknown = refusal(&path, &["--map", "customer=customer,date=day,total=amount"]);
    assert!(
        unknown.contains("no column `customer`; it has `no` (1), `client` (2)"),
        "{unknown}"
    );
    let missing = refusal(&folder.path().join("none.csv"), &MAP);
    assert!(
        missing.contains("cannot read") && missing.contains("none.csv"),
        "{missing}"
    );
    let key = refusal(&path, &with(&["--key", "rk_other"]));
    assert!(
        key.contains("does not know this key") && key.contains("RAPPORT_KEY"),
        "{key}"
    );
    let no_key = refusal(&path, &with(&["--key", ""]));
    assert!(
        no_key.contains("asks for a key: set the environment variable RAPPORT_KEY"),
        "{no_key}"
    );
    let away = refusal(&path, &with(&["--url", "http://127.0.0.1:1"]));
    assert!(
        away.contains("nothing can be reached at http://127.0.0.1:1")
            && away.contains("rapport up"),
        "{away}"
    );
    let elsewhere = refusal(
        &path,
        &with(&["--url", &format!("{}/elsewhere", service.url())]),
    );
    assert!(elsewhere.contains("is not Rapport"), "{elsewhere}");
    let moved = refusal(
        &path,
        &with(&["--url", &format!("{}/moved", service.url())]),
    );
    assert!(
        moved.contains("has moved to https://other.example"),
        "{moved}"
    );
    assert_eq!(service.items_received(), 0);
}

#[test]
fn a_file_that_breaks_off_is_sent_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    std::fs::write(
        &path,
        "client,day,amount\na,20260101,1\nb,\"20260101,2\nc,20260101,3\n",
    )
    .unwrap();
    let service = Service::start();
    let report = import(
        &service,
        &path,
        &["--map", "customer=client,date=day,total=amount"],
    )
    .unwrap();
    assert!(!report.is_complete());
    assert_eq!((report.applied, report.unsent), (1, 2), "{report}");
    assert!(
        report
            .to_string()
            .contains("Stopped: line 3: a quote opens here"),
        "{report}"
    );
}

#[test]
fn two_files_without_order_ids_do_not_pass_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    let service = Service::start();
    let map = ["--map", "customer=1,date=2,total=3"];
    std::fs::write(&path, "a,20260101,1\n").unwrap();
    assert_eq!(import(&service, &path, &map).unwrap().applied, 1);
    // The same file with more rows at its end is the same file.
    std::fs::write(&path, "a,20260101,1\na,20260102,2\n").unwrap();
    let longer = import(&service, &path, &map).unwrap();
    assert_eq!((longer.applied, longer.duplicates), (1, 1));
    std::fs::write(&path, "a,20260201,1\n").unwrap();
    assert_eq!(import(&service, &path, &map).unwrap().applied, 1);
}
