//! `--crash-after`: the process ends with the N-th store operation, which is done, and nothing after it is.

mod support;

use rusqlite::Connection;
use support::Host;
use tempfile::TempDir;

/// What `/trap/counted/2` does: it sets `counted`, reads it twice, and increments `counted:n`.
const REQUEST: &str = "/trap/counted/2";
const OPERATIONS: u64 = 4;

/// What is in the data file: whether `counted` is, and the number in `counted:n`.
fn kept(data: &TempDir) -> (bool, i64) {
    let file = data.path().join("sqlite_key_value.db");
    let connection = Connection::open(file).unwrap();
    let value = |key: &str| {
        connection
            .query_row(
                "SELECT value FROM spin_key_value WHERE store='default' AND key=?1",
                [key],
                |row| row.get::<_, Vec<u8>>(0),
            )
            .ok()
    };
    let number = value("counted:n").map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()));
    (value("counted").is_some(), number.unwrap_or(0))
}

#[test]
fn the_number_of_operations_is_told() {
    let data = tempfile::tempdir().unwrap();
    let host = Host::start(&data, &["--stats"]);
    host.get(REQUEST).ok();
    let totals: serde_json::Value =
        serde_json::from_str(&host.get("/_rapport/stats").ok()).unwrap();
    assert_eq!(totals["operations"], OPERATIONS, "{totals}");
}

#[test]
fn the_process_ends_with_each_operation_and_the_file_holds_what_was_done() {
    for sync in ["group", "each"] {
        // Two requests, so that the process also ends in the second.
        for crash_after in 1..=2 * OPERATIONS {
            let data = tempfile::tempdir().unwrap();
            let crash = crash_after.to_string();
            let mut host = Host::start(&data, &["--sync", sync, "--crash-after", &crash]);
            if crash_after > OPERATIONS {
                host.get(REQUEST).ok();
            }
            host.get_in_vain(REQUEST);
            assert!(
                !host.ended(),
                "{sync}, {crash_after}: a crash is no success"
            );
            let increments = i64::try_from(crash_after / OPERATIONS).unwrap();
            assert_eq!(kept(&data), (true, increments), "{sync}, {crash_after}");

            let host = Host::start(&data, &["--sync", sync]);
            host.get(REQUEST).ok();
            drop(host);
            assert_eq!(kept(&data), (true, increments + 1), "{sync}, {crash_after}");
        }
    }
}

#[test]
fn without_data_there_is_nothing_to_crash() {
    for (arguments, why) in [
        (&["--crash-after", "1", "--in-memory"][..], "--in-memory"),
        (&["--crash-after", "0"], "--crash-after"),
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_rapport"))
            .arg("up")
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(why), "{said}");
    }
}
