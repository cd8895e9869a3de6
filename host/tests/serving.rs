//! What a client and whoever runs it see of `rapport up`, tried with guests that behave and guests that do not.

mod support;

use std::fs;
use std::time::{Duration, Instant};

use support::{Host, command_with_cache};
use tempfile::TempDir;

fn data() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

#[test]
fn a_component_is_given_what_spin_gives() {
    let data = data();
    let host = Host::start(&data, &[]);
    let request = "PUT /trap/request?a=b HTTP/1.1\r\nhost: shop.example\r\nx-mine: 1\r\nspin-client-addr: 6.6.6.6:6\r\n\
                   connection: close\r\ncontent-length: 0\r\n\r\n";
    let shown = host.raw(request).ok();
    let mut lines = shown.lines();
    assert_eq!(
        lines.next(),
        Some("PUT http://shop.example/trap/request?a=b")
    );
    let headers: Vec<_> = lines.collect();
    for expected in [
        "x-mine: 1",
        "spin-path-info: /request",
        "spin-full-url: http://shop.example/trap/request?a=b",
        "spin-matched-route: /trap/...",
        "spin-raw-component-route: /trap/...",
        "spin-component-route: /trap",
        "spin-base-path: /",
    ] {
        assert!(headers.contains(&expected), "{expected} in {headers:#?}");
    }
    let clients: Vec<_> = headers
        .iter()
        .filter(|line| line.starts_with("spin-client-addr: "))
        .collect();
    assert!(
        matches!(clients[..], [line] if line.contains("127.0.0.1:")),
        "{clients:?}"
    );
    assert_eq!(
        host.get("/trap/environment").ok(),
        "hello from the manifest"
    );
    let variable = host.get("/trap/variable").ok();
    assert!(
        variable.starts_with("hello, guest Some(") && variable.contains("Undefined"),
        "{variable}"
    );
    assert_eq!(host.get("/.well-known/spin/health").ok(), "OK");
}

#[test]
fn what_no_component_answers_is_a_problem() {
    let data = data();
    let host = Host::start(&data, &[]);
    assert_eq!(host.get("/nowhere").problem(404), "not_found");
    assert_eq!(host.get("/empty/more").problem(404), "not_found");
    let no_host = host.raw("GET /empty HTTP/1.0\r\n\r\n");
    assert_eq!(no_host.problem(400), "bad_request");
    // Without `--stats` this is a path like any other.
    assert_eq!(host.get("/_rapport/stats").problem(404), "not_found");
}

#[test]
fn a_guest_that_fails_is_answered_for_and_the_host_lives_on() {
    let data = data();
    let host = Host::start(&data, &[]);
    for (path, why) in [
        ("/trap/panic", "unreachable"),
        ("/trap/unreachable", "unreachable"),
        ("/trap/memory", "unreachable"),
        ("/trap/error", "as asked"),
    ] {
        assert_eq!(host.get(path).problem(500), "internal", "{path}");
        host.logged(&["ERROR", "trap: GET", path, "500", why]);
        assert_eq!(host.get("/trap/sleep/1").ok(), "slept\n", "after {path}");
    }
    host.logged(&["INFO", "trap: as asked"]);
}

#[test]
fn an_interface_that_the_host_lacks_is_named_when_it_is_called() {
    let data = data();
    let host = Host::start(&data, &[]);
    assert_eq!(host.get("/trap/sleep/1").ok(), "slept\n");
    assert_eq!(host.get("/trap/mqtt").problem(500), "internal");
    host.logged(&["ERROR", "/trap/mqtt 500", "spin:mqtt/mqtt@3.0.0#"]);
}

#[test]
fn a_trap_leaves_neighbours_alone() {
    let data = data();
    let host = Host::start(&data, &[]);
    let paths: Vec<_> = (0..20)
        .map(|n| {
            if n % 2 == 0 {
                "/trap/sleep/500"
            } else {
                "/trap/panic"
            }
            .to_owned()
        })
        .collect();
    for (path, answer) in paths.iter().zip(host.all(&paths)) {
        assert_eq!(
            answer.status,
            if path.contains("sleep") { 200 } else { 500 },
            "{path}"
        );
    }
}

#[test]
fn a_guest_that_takes_too_long_is_ended_and_starves_nobody() {
    let data = data();
    let host = Host::start(&data, &["--request-timeout", "4s"]);
    std::thread::scope(|threads| {
        let slow: Vec<_> = [
            "/trap/spin",
            "/trap/spin",
            "/trap/spin",
            "/trap/spin",
            "/trap/sleep/60000",
        ]
        .map(|path| (path, threads.spawn(|| host.get(path))))
        .into();
        std::thread::sleep(Duration::from_millis(300));
        for _ in 0..20 {
            let start = Instant::now();
            assert_eq!(host.get("/empty").ok(), "ok\n");
            assert!(
                start.elapsed() < Duration::from_secs(2),
                "{:?} beside busy guests",
                start.elapsed()
            );
        }
        for (path, thread) in slow {
            assert_eq!(thread.join().unwrap().problem(504), "timeout", "{path}");
        }
    });
    host.logged(&["ERROR", "/trap/spin 504", "no answer within 4 s"]);
    assert_eq!(host.get("/trap/busy/10").ok(), "busy\n");
}

#[test]
fn too_many_requests_at_once_are_turned_away() {
    let data = data();
    let host = Host::start(&data, &["--max-in-flight", "2", "--stats"]);
    std::thread::scope(|threads| {
        let slow = [(); 2].map(|()| threads.spawn(|| host.get("/trap/sleep/1500")));
        std::thread::sleep(Duration::from_millis(500));
        let away = host.get("/empty");
        assert_eq!(away.headers["retry-after"], "1");
        assert_eq!(away.problem(503), "overloaded");
        // The host's own paths answer all the same.
        assert!(
            host.get("/_rapport/stats")
                .ok()
                .contains("\"turned_away\":1")
        );
        for thread in slow {
            assert_eq!(thread.join().unwrap().ok(), "slept\n");
        }
    });
    assert_eq!(host.get("/empty").ok(), "ok\n");
}

#[test]
fn the_store_means_the_same_however_it_is_kept() {
    for arguments in [
        &["--sync", "group"][..],
        &["--sync", "each"],
        &["--in-memory"],
        &["--instance-concurrency", "16"],
    ] {
        let data = data();
        let host = Host::start(&data, arguments);
        assert_eq!(
            host.get("/trap/denied").ok(),
            "Some(\"Error::AccessDenied\") Some(\"Error::AccessDenied\")\n"
        );
        assert_eq!(host.get("/trap/conflict").ok(), "again\n", "{arguments:?}");
        assert_eq!(host.get("/trap/batch").ok(), "2 0\n", "{arguments:?}");
        assert_eq!(host.get("/trap/keys/50").ok(), "51 51\n", "{arguments:?}");
        let counts = host.all(&vec!["/trap/increment/7".to_owned(); 40]);
        let mut counts: Vec<u32> = counts
            .into_iter()
            .map(|answer| answer.ok().trim().parse().unwrap())
            .collect();
        counts.sort_unstable();
        assert_eq!(counts, (1..=40).collect::<Vec<_>>(), "{arguments:?}");
    }
}

#[test]
fn operations_are_counted_for_each_request_and_in_all() {
    for concurrency in ["1", "16"] {
        let data = data();
        let host = Host::start(&data, &["--stats", "--instance-concurrency", concurrency]);
        let paths: Vec<_> = (0..30).map(|n| format!("/trap/counted/{n}")).collect();
        for (n, answer) in host.all(&paths).into_iter().enumerate() {
            let stats = answer.headers["rapport-stats"].clone();
            answer.ok();
            assert_eq!(
                stats,
                format!("reads={n}; writes=1; increments=1; swaps=0"),
                "{concurrency} at once"
            );
        }
        let totals: serde_json::Value =
            serde_json::from_str(&host.get("/_rapport/stats").ok()).unwrap();
        assert_eq!(totals["reads"], (0..30).sum::<u32>());
        assert_eq!(
            (&totals["writes"], &totals["increments"]),
            (&30.into(), &30.into())
        );
        assert_eq!(
            (&totals["requests"], &totals["failures"]),
            (&30.into(), &0.into())
        );
        let syncs = totals["syncs"].as_u64().unwrap();
        assert!((1..=60).contains(&syncs), "{totals}");
    }
}

#[test]
fn an_instance_serves_so_many_requests_and_no_more() {
    let data = data();
    let host = Host::start(
        &data,
        &["--stats", "--instance-reuse", "5", "--instance-idle", "60s"],
    );
    for _ in 0..20 {
        host.get("/empty").ok();
    }
    let totals: serde_json::Value =
        serde_json::from_str(&host.get("/_rapport/stats").ok()).unwrap();
    assert_eq!(totals["instances"], 4, "{totals}");
}

#[test]
fn a_bad_counter_ends_the_store_until_the_next_start() {
    let data = data();
    let mut host = Host::start(&data, &[]);
    assert_eq!(host.get("/trap/increment/1").ok(), "1\n");
    assert_eq!(host.get("/trap/poison").problem(500), "internal");
    host.logged(&["ERROR", "/trap/poison 500", "the store is unusable"]);
    for path in ["/trap/increment/1", "/one-get", "/one-write", "/trap/batch"] {
        assert_eq!(host.get(path).problem(500), "internal", "{path}");
    }
    assert_eq!(host.get("/empty").ok(), "ok\n");
    host.kill();
    let host = Host::start(&data, &[]);
    assert_eq!(host.get("/trap/increment/1").ok(), "2\n");
}

#[test]
fn what_was_answered_survives_a_crash() {
    let data = data();
    let mut host = Host::start(&data, &[]);
    let answered = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..50 {
                    let count: u32 = host.get("/trap/increment/1").ok().trim().parse().unwrap();
                    answered.lock().unwrap().push(count);
                }
            });
        }
    });
    host.kill();
    let mut answered = answered.into_inner().unwrap();
    answered.sort_unstable();
    assert_eq!(answered, (1..=400).collect::<Vec<_>>());
    let host = Host::start(&data, &[]);
    assert_eq!(host.get("/trap/increment/1").ok(), "401\n");
}

#[test]
fn a_graceful_stop_finishes_what_has_begun() {
    let data = data();
    let mut host = Host::start(&data, &[]);
    host.get("/trap/increment/1").ok();
    std::thread::scope(|threads| {
        let slow = threads.spawn(|| host.get("/trap/sleep/800"));
        std::thread::sleep(Duration::from_millis(300));
        host.interrupt();
        assert_eq!(slow.join().unwrap().ok(), "slept\n");
    });
    let start = Instant::now();
    assert!(host.ended());
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "it took {:?} to end",
        start.elapsed()
    );
    let left: Vec<_> = fs::read_dir(data.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["sqlite_key_value.db"]);
}

#[test]
fn what_a_stop_cuts_off_is_not_called_a_panic() {
    let data = data();
    let mut host = Host::start(&data, &["--grace", "200ms"]);
    let paths = vec!["/trap/sleep/5000"; 20];
    std::thread::scope(|threads| {
        for path in &paths {
            threads.spawn(|| host.get_in_vain(path));
        }
        std::thread::sleep(Duration::from_millis(500));
        host.interrupt();
    });
    assert!(host.ended());
    host.logged(&["WARN", "some requests were not finished within 0.2 s"]);
    assert_eq!(host.log().len(), 2, "{:#?}", host.log());
}

#[test]
fn a_second_start_compiles_nothing() {
    let data = data();
    let cache = tempfile::tempdir().unwrap();
    let start = || Host::from(command_with_cache(&data, cache.path(), &[]));
    drop(start());
    let kept = || -> Vec<_> {
        let mut kept: Vec<_> = fs::read_dir(cache.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (
                    entry.file_name(),
                    entry.metadata().unwrap().modified().unwrap(),
                )
            })
            .collect();
        kept.sort();
        kept
    };
    let first = kept();
    assert_eq!(first.len(), 4, "{first:?}");
    let second = start();
    assert_eq!(kept(), first);
    assert!(
        second.start < Duration::from_secs(1),
        "a warm start took {:?}",
        second.start
    );
    assert_eq!(second.get("/empty").ok(), "ok\n");
}

#[test]
fn what_is_missing_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("spin.toml");
    fs::copy("../benches/guests/spin.toml", &manifest).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rapport"))
        .args(["up", "--listen", "127.0.0.1:0", "--manifest"])
        .arg(&manifest)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("component `empty`") && said.contains("build it with `cargo build"),
        "{said}"
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rapport"))
        .args(["up", "--manifest", "nowhere.toml"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("cannot read the manifest `nowhere.toml`"),
        "{said}"
    );
}
