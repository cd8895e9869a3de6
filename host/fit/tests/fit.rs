//! What is found in files.
#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use rapport_fit::{Fit, FitArgs, Found, Population, fit};
use rapport_types::Day;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: FitArgs,
}

fn args(file: &Path, more: &[&str]) -> FitArgs {
    let line = ["fit", file.to_str().unwrap()]
        .into_iter()
        .chain(more.iter().copied());
    Cli::parse_from(line).args
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/cdnow_sample.txt")
}

/// The first 39 weeks, as in the paper.
fn calibration(more: &[&str]) -> FitArgs {
    let map = [
        "--map",
        "customer=2,date=3,total=5",
        "--until",
        "1997-09-30",
    ];
    args(&sample(), &[&map, more].concat())
}

#[test]
fn the_arguments_are_consistent() {
    use clap::CommandFactory as _;
    Cli::command().debug_assert();
    let map = ["--map", "customer=1,date=2"];
    for wrong in [
        ["--until", "30.9.1997"],
        ["--time-zone", "CST"],
        ["--show", "all"],
    ] {
        let line = ["fit", "f"].into_iter().chain(map).chain(wrong);
        assert!(Cli::try_parse_from(line).is_err(), "{wrong:?}");
    }
    assert!(
        Cli::try_parse_from(["fit", "f"]).is_err(),
        "--map is needed"
    );
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn refusal(text: &str, more: &[&str]) -> String {
    let file = file(text);
    let usual = ["--map", "customer=who,date=day,total=sum"];
    let args = args(file.path(), &[&usual, more].concat());
    format!("{:#}", fit(&args).unwrap_err())
}

fn within(found: f64, published: f64, share: f64) -> bool {
    (found / published - 1.0).abs() < share
}

#[test]
fn the_published_parameters_are_found_in_the_published_data() {
    let found = fit(&calibration(&["--show", "10"])).unwrap();
    let model = &found.lifetime;
    // Fader, Hardie, Lee (2005), table 2.
    for (name, value, published) in [
        ("r", model.r, 0.243),
        ("alpha", model.alpha, 4.414),
        ("a", model.a, 0.793),
        ("b", model.b, 2.426),
    ] {
        assert!(within(value, published, 0.01), "{name} is {value}");
    }
    assert!((model.log_likelihood - -9_582.4).abs() < 0.1, "{model:?}");
    assert_eq!((found.customers, found.rows), (2_357, 6_919));
    assert_eq!(found.repeat_customers, 2_357 - 1_411);
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);

    // P(alive) of the first ten customers, from the published formula with nothing of ours.
    for one in &found.shown {
        let x = one.repeats as f64;
        let expected = match one.repeats {
            0 => 1.0,
            _ => {
                let quiet = ((model.alpha + one.age) / (model.alpha + one.last)).powf(model.r + x);
                (1.0 + model.a / (model.b + x - 1.0) * quiet).recip()
            }
        };
        assert!((one.p_alive - expected).abs() < 1e-12, "{one:?}");
    }
    assert_eq!(found.shown.len(), 10);
    let first = &found.shown[0];
    assert_eq!((first.customer.as_str(), first.repeats), ("0001", 2));
    assert!(
        (first.last - 30.43).abs() < 0.005 && (first.age - 38.86).abs() < 0.005,
        "{first:?}"
    );
    // As the paper's authors give it for this customer.
    assert!((first.p_alive - 0.7266).abs() < 0.001, "{first:?}");
}

#[test]
fn who_waits_is_told_how_far_it_is() {
    let histories = Population::read(&calibration(&[])).unwrap().histories();
    let mut lines = Vec::new();
    let every = Duration::ZERO;
    let fit = Fit::of(&histories, every, &mut |line| lines.push(line.to_owned())).unwrap();
    // "start 2 of 5, 1,234 evaluations, log-likelihood -9582.4"
    let told: Vec<(usize, usize, f64)> = lines
        .iter()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(
                (words[0], words[2], words[3]),
                ("start", "of", "5,"),
                "{line}"
            );
            let evaluations = words[4].replace(',', "");
            (
                words[1].parse().unwrap(),
                evaluations.parse().unwrap(),
                words[7].parse().unwrap(),
            )
        })
        .collect();
    assert!(told.is_sorted_by_key(|(start, _, _)| *start));
    assert!(told.is_sorted_by_key(|(_, _, best)| *best));
    let counted = told.iter().map(|(_, evaluations, _)| *evaluations);
    assert!(counted.eq(1..=lines.len()), "each evaluation once");
    assert_eq!((told[0].0, told[lines.len() - 1].0), (1, 5));
    let last = told[lines.len() - 1].2;
    assert!((last - fit.log_likelihood).abs() < 0.06, "{last} {fit:?}");

    let mut quiet = 0;
    Fit::of(&histories, Duration::MAX, &mut |_| quiet += 1).unwrap();
    assert_eq!(quiet, 0, "not before the time has passed");
}

#[test]
fn rfm_thresholds_are_those_of_the_same_customers() {
    let args = calibration(&[]);
    let found = fit(&args).unwrap();
    let rfm = found.rfm.unwrap();
    // More than half have ordered once, on one day or on several.
    assert_eq!(rfm.frequency[..3], [1, 1, 2]);
    assert!(
        rfm.recency_days.is_sorted() && rfm.recency_days[3] <= 272,
        "{rfm:?}"
    );
    let population = Population::read(&args).unwrap();
    let best = rfm.recency_days[0];
    let fresh = population
        .worth()
        .iter()
        .filter(|one| one.recency_days < best)
        .count();
    assert!(fresh <= 2_357 / 5 && fresh > 2_357 / 5 - 60, "{fresh}");
}

#[test]
fn orders_of_one_day_are_one_purchase_and_later_ones_are_left_out() {
    let file = file(
        "who,day,sum\n\
         a,2026-01-01,10\n\
         a,2026-01-01,5\n\
         a,2026-01-01T17:00:00Z,1\n\
         b,2026-01-03,2\n\
         a,2026-02-01,100\n\
         c,2026-02-02,1\n",
    );
    let map = ["--map", "customer=who,date=day,total=sum"];
    let read =
        |more: &[&str]| Population::read(&args(file.path(), &[&map, more].concat())).unwrap();
    let january = read(&["--until", "2026-01-31"]);
    assert_eq!((january.customers.len(), january.later), (2, 2));
    // The third is the 2nd of January in Shanghai.
    let (orders, days) = (january.customers[0].orders, &january.customers[0].days);
    assert_eq!((orders, days.len()), (3, 2));
    let history = january.histories()[0];
    assert_eq!(
        (history.repeats, history.last, history.age),
        (1, 1.0 / 7.0, 30.0 / 7.0)
    );
    assert_eq!(january.worth()[0].monetary.to_string(), "16");
    assert_eq!(january.worth()[0].recency_days, 29);

    let utc = read(&["--until", "2026-01-31", "--time-zone", "UTC"]);
    assert_eq!(utc.customers[0].days.len(), 1);
    let all = read(&[]);
    assert_eq!(Some(all.until), Day::parse("2026-02-02"));
    assert_eq!((all.customers.len(), all.later), (3, 0));
}

#[test]
fn totals_of_several_currencies_are_not_added_up() {
    let file = file("a 20260101 5 CNY\na 20260102 7 USD\nb 20260101 1 cny\n");
    let map = ["--map", "customer=1,date=2,total=3,currency=4"];
    let population = Population::read(&args(file.path(), &map)).unwrap();
    let worth: Vec<String> = population
        .worth()
        .iter()
        .map(|one| one.monetary.to_string())
        .collect();
    assert_eq!(
        (worth, population.other_currency),
        (vec!["5".to_owned(), "1".to_owned()], 1)
    );
}

#[test]
fn a_row_that_cannot_be_read_is_named_with_its_line() {
    let text = "who,day,sum\na,2026-01-01,10\n\nb,yesterday,5\n,2026-01-01,5\na,2026-01-09,much\na,2026-01-08\n";
    let said = refusal(text, &[]);
    for part in [
        "4 rows of 5 cannot be read",
        "line 4, date: \"yesterday\" is no date",
        "line 5, customer:",
        "line 6, total: \"much\" is not a number",
        "line 7, total: the row has no column `sum`; it has 2",
        "--skip-bad-rows",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    let good = (1..10).map(|day| format!("c{},2026-01-0{day},5\n", day % 3));
    let text = format!("{text}{}", good.collect::<String>());
    let file = file(&text);
    let map = [
        "--map",
        "customer=who,date=day,total=sum",
        "--skip-bad-rows",
    ];
    let found = fit(&args(file.path(), &map)).unwrap();
    assert_eq!((found.skipped, found.rows), (4, 14));
    assert!(
        found.to_string().contains("4 rows could not be read"),
        "{found}"
    );
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let header = "who,day,sum\n";
    for (rows, more, reason) in [
        ("", &[][..], "has no rows"),
        (
            "a,2026-01-01,1\nb,2026-01-02,1\n",
            &[],
            "none of 2 customers has ordered on two days",
        ),
        (
            "a,2026-01-01,1\na,2026-01-02,1\n",
            &["--until", "2025-12-31"],
            "is of 2025-12-31 or before",
        ),
        (
            "a,soon,1\n",
            &[],
            "no row of the file can be read; line 2, date",
        ),
    ] {
        let said = refusal(&format!("{header}{rows}"), more);
        assert!(said.contains(reason), "{reason} is not in\n{said}");
    }
    let said = refusal(header, &["--map", "order_id=sum,note"]);
    assert!(said.contains("--map takes pairs"), "{said}");
    let missing = args(
        Path::new("/nowhere/orders.csv"),
        &["--map", "customer=1,date=2"],
    );
    let said = format!("{:#}", fit(&missing).unwrap_err());
    assert!(said.contains("cannot read `/nowhere/orders.csv`"), "{said}");
    let unmapped = args(&sample(), &["--map", "customer=1,total=5"]);
    let said = format!("{:#}", fit(&unmapped).unwrap_err());
    assert!(
        said.contains("which column holds date; it takes customer=…,date=…"),
        "{said}"
    );
}

#[test]
fn little_data_comes_with_a_warning_and_no_totals_without_thresholds() {
    let text: String = (1..28)
        .map(|day| format!("c{} 202601{day:02}\n", day % 7))
        .collect();
    let file = file(&text);
    let found = fit(&args(file.path(), &["--map", "customer=1,date=2"])).unwrap();
    assert!(found.rfm.is_none());
    assert!(
        found.warnings[0].contains("only 7 customers"),
        "{:?}",
        found.warnings
    );
    assert!(found.to_string().contains("No RFM thresholds"), "{found}");
}

mod sending {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// A service of as many answers as there are, which keeps what it was asked.
    fn service(answers: Vec<(u16, &'static str)>) -> (String, JoinHandle<Vec<(String, String)>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for (status, body) in answers {
                let (stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream);
                let (mut first, mut length) = (String::new(), 0);
                reader.read_line(&mut first).unwrap();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let line = line.trim().to_lowercase();
                    if line.is_empty() {
                        break;
                    }
                    if let Some(bytes) = line.strip_prefix("content-length:") {
                        length = bytes.trim().parse().unwrap();
                    }
                }
                let mut sent = vec![0; length];
                reader.read_exact(&mut sent).unwrap();
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
                let asked_for = first.rsplit_once(' ').unwrap().0.to_owned();
                asked.push((asked_for, String::from_utf8(sent).unwrap()));
            }
            asked
        });
        (url, asked)
    }

    const CHECKED: (u16, &str) = (200, "{\"results\":[]}");

    fn send(answers: Vec<(u16, &'static str)>) -> (anyhow::Result<Found>, Vec<(String, String)>) {
        let (url, asked) = service(answers);
        let found = fit(&calibration(&["--url", &url, "--key", "rk_admin_test"]));
        (found, asked.join().unwrap())
    }

    #[test]
    fn what_was_found_is_put_into_the_service() {
        let (found, asked) = send(vec![CHECKED, (200, "{}"), (200, "{}")]);
        let found = found.unwrap();
        let asked_for: Vec<&str> = asked.iter().map(|(line, _)| line.as_str()).collect();
        assert_eq!(
            asked_for,
            [
                "POST /v1/batch",
                "PUT /v1/segments/models/lifetime",
                "PUT /v1/segments/models/rfm"
            ]
        );
        let sent: serde_json::Value = serde_json::from_str(&asked[1].1).unwrap();
        assert_eq!(sent["r"], found.lifetime.r);
        assert_eq!(
            (&sent["customers"], &sent["until"]),
            (&2_357.into(), &"1997-09-30".into())
        );
        let sent: serde_json::Value = serde_json::from_str(&asked[2].1).unwrap();
        assert_eq!(sent["frequency"][0], 1);
    }

    #[test]
    fn a_service_that_does_not_take_it_is_quoted() {
        let refused = r#"{"code":"forbidden","detail":"A viewer may not write."}"#;
        let (found, _) = send(vec![CHECKED, (403, refused)]);
        let said = format!("{:#}", found.unwrap_err());
        assert!(said.contains("this key may not do that"), "{said}");
        let (found, _) = send(vec![CHECKED, (200, "{}"), (503, "{}")]);
        let said = format!("{:#}", found.unwrap_err());
        assert!(
            said.contains("/v1/segments/models/lifetime was put"),
            "{said}"
        );
    }

    #[test]
    fn a_dry_run_asks_nothing_of_the_service() {
        let more = ["--url", "http://127.0.0.1:9", "--dry-run"];
        assert!(fit(&calibration(&more)).is_ok());
    }
}
