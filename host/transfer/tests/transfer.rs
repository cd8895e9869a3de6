//! A store goes from SQLite to Redis and back, by way of files, and is the same afterwards.
//!
//! What needs a Redis server starts its own, and says so loudly where there is none to start.

mod server;

use std::fs;
use std::path::Path;

use rapport_transfer::args::{ExportArgs, ImportArgs, Place};
use rapport_transfer::report::Report;
use rapport_transfer::{export, import, sqlite};
use rusqlite::{Connection, params};
use server::Server;
use tempfile::TempDir;

type Rows = Vec<(String, Vec<u8>)>;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn in_folder(folder: &Path) -> Place {
    Place {
        data: Some(folder.into()),
        ..Place::default()
    }
}

fn on(server: &Server) -> Place {
    Place {
        url: Some(server.url()),
        ..Place::default()
    }
}

fn out_of(place: Place, to: &Path) -> anyhow::Result<Report> {
    export(ExportArgs {
        place,
        out: Some(to.into()),
        ..ExportArgs::default()
    })
}

fn into(place: Place, from: &Path) -> anyhow::Result<Report> {
    import(ImportArgs {
        file: from.into(),
        place,
        force: false,
    })
}

fn connect(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join(sqlite::FILE)).unwrap();
    connection.execute_batch(sqlite::TABLE).unwrap();
    connection
}

fn fill(folder: &Path, rows: &Rows) {
    let mut connection = connect(folder);
    let transaction = connection.transaction().unwrap();
    for (key, value) in rows {
        let sql = "INSERT INTO spin_key_value VALUES ('default', ?1, ?2)";
        transaction.execute(sql, params![key, value]).unwrap();
    }
    transaction.commit().unwrap();
}

fn rows(folder: &Path) -> Rows {
    let connection = connect(folder);
    let sql = "SELECT key, value FROM spin_key_value WHERE store='default' ORDER BY key";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.try_into()).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// A store of 2,000 documents, with everything that may be awkward.
fn shop() -> Rows {
    let mut rows: Rows = (0..2_000)
        .map(|n| (format!("customer:{n:032x}"), document(n)))
        .collect();
    let counter = |key: &str, number: i64| (key.to_owned(), number.to_le_bytes().to_vec());
    rows.extend([
        counter("count:customers", 2_000),
        counter("count:zero", 0),
        counter("count:low", i64::MIN),
        counter("count:high", i64::MAX),
        // A register: one who came, and who won.
        counter("b:program", (1 << 32) | 1),
        counter("b:customer:00ff", (2 << 32) | 3),
        // Documents are created by registers, here and wherever they go.
        counter("probe:creation", (1 << 32) | 1),
        (
            "program".to_owned(),
            "{\"会员\": \"\\u0000\", \"a\": [1.50, 2]}\n".into(),
        ),
        ("empty".to_owned(), vec![]),
        ("bytes".to_owned(), (0..=255).collect()),
        ("large".to_owned(), vec![b'x'; 300_000]),
        (
            "like-a-line".to_owned(),
            b"{\"rows\":3}\n{\"rows\":3}".to_vec(),
        ),
    ]);
    rows.sort();
    rows
}

fn document(n: u32) -> Vec<u8> {
    format!(r#"{{"rev":{n},"schema":1,"born":true,"value":{{"id":"会员-{n}"}}}}"#).into_bytes()
}

#[test]
fn a_store_goes_to_redis_and_comes_back_the_same() {
    let Some(server) = Server::start() else {
        return;
    };
    let (here, back, files) = (folder(), folder(), folder());
    fill(here.path(), &shop());
    let (first, second) = (files.path().join("1"), files.path().join("2"));

    let report = out_of(in_folder(here.path()), &first).unwrap();
    assert_eq!((report.rows, report.counters), (2_012, 7));
    let report = into(on(&server), &first).unwrap();
    assert_eq!((report.rows, report.counters), (2_012, 7));
    // As the driver for Redis writes and counts.
    assert_eq!(server.ask(&["GET", "rapport:count:customers"]), "2000");
    assert_eq!(
        server.ask(&["INCRBY", "rapport:count:customers", "1"]),
        "2001"
    );
    assert_eq!(
        server.ask(&["DECRBY", "rapport:count:customers", "1"]),
        "2000"
    );
    assert_eq!(server.ask(&["GET", "rapport:b:program"]), "4294967297");
    assert_eq!(
        server.ask(&["GET", "rapport:count:low"]),
        i64::MIN.to_string()
    );

    let report = out_of(on(&server), &second).unwrap();
    assert_eq!((report.rows, report.counters), (2_012, 7));
    into(in_folder(back.path()), &second).unwrap();
    assert_eq!(rows(back.path()), shop());

    let sorted = |file: &Path| {
        let text = fs::read_to_string(file).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&first), sorted(&second));
}

#[test]
fn a_prefix_keeps_stores_apart() {
    let Some(server) = Server::start() else {
        return;
    };
    let (here, back, files) = (folder(), folder(), folder());
    let few: Rows = vec![("program".into(), b"{}".to_vec())];
    fill(here.path(), &few);
    let file = files.path().join("1");
    out_of(in_folder(here.path()), &file).unwrap();
    // What a pattern would take along, and what is no concern of ours.
    server.ask(&["SET", "shopX:other", "1"]);
    server.ask(&["RPUSH", "queue", "job"]);
    let place = |prefix: &str| Place {
        prefix: Some(prefix.into()),
        ..on(&server)
    };
    into(place("shop?:"), &file).unwrap();
    assert_eq!(server.ask(&["GET", "shop?:program"]), "{}");
    let again = files.path().join("2");
    assert_eq!(out_of(place("shop?:"), &again).unwrap().rows, 1);
    into(in_folder(back.path()), &again).unwrap();
    assert_eq!(rows(back.path()), few);

    let error = out_of(place("que"), &files.path().join("3")).unwrap_err();
    assert!(error.to_string().contains("holds a list"), "{error}");
}

#[test]
fn a_store_that_is_not_empty_is_left_alone_unless_forced() {
    let (here, there, files) = (folder(), folder(), folder());
    fill(here.path(), &vec![("a".into(), b"{}".to_vec())]);
    let old: Rows = vec![("a".into(), b"[]".to_vec()), ("z".into(), b"[]".to_vec())];
    fill(there.path(), &old);
    let file = files.path().join("1");
    out_of(in_folder(here.path()), &file).unwrap();
    let error = into(in_folder(there.path()), &file).unwrap_err();
    assert!(
        error.to_string().contains("is not empty; --force"),
        "{error}"
    );
    assert_eq!(rows(there.path()), old);

    let forced = |place: Place| {
        import(ImportArgs {
            file: file.clone(),
            place,
            force: true,
        })
    };
    // Doing it twice is doing it once.
    for _ in 0..2 {
        let report = forced(in_folder(there.path())).unwrap();
        assert!(report.notes[0].contains("not empty"), "{report}");
        let new: Rows = vec![("a".into(), b"{}".to_vec()), ("z".into(), b"[]".to_vec())];
        assert_eq!(rows(there.path()), new);
    }

    let Some(server) = Server::start() else {
        return;
    };
    server.ask(&["SET", "rapport:z", "[]"]);
    let error = into(on(&server), &file).unwrap_err();
    assert!(
        error.to_string().contains("is not empty; --force"),
        "{error}"
    );
    assert_eq!(server.ask(&["DBSIZE"]), "1");
    forced(on(&server)).unwrap();
    assert_eq!(server.ask(&["DBSIZE"]), "2");
}

#[test]
fn of_a_broken_file_the_line_is_named_and_nothing_is_written() {
    let (here, there, files) = (folder(), folder(), folder());
    fill(here.path(), &shop());
    let file = files.path().join("1");
    out_of(in_folder(here.path()), &file).unwrap();
    let whole = fs::read_to_string(&file).unwrap();
    let mut lines: Vec<_> = whole.lines().map(str::to_owned).collect();
    assert!(lines[1_000].contains("\"text\""));
    lines[1_000] = lines[1_000].replace("\"text\"", "\"base64\"");
    let broken = files.path().join("broken");
    fs::write(&broken, lines.join("\n")).unwrap();
    let error = into(in_folder(there.path()), &broken).unwrap_err();
    let said = format!("{error:#}");
    assert!(
        said.contains("nothing was written: line 1001, base64: "),
        "{said}"
    );

    let cut = &whole[..whole.len() / 2];
    fs::write(&broken, &cut[..cut.rfind('\n').unwrap() + 1]).unwrap();
    let said = format!("{:#}", into(in_folder(there.path()), &broken).unwrap_err());
    assert!(said.contains("cut short"), "{said}");
    assert!(!there.path().join(sqlite::FILE).exists());
}

#[test]
fn an_export_sees_one_moment_and_an_import_wants_the_file_for_itself() {
    let (here, there, files) = (folder(), folder(), folder());
    fill(here.path(), &shop());
    let host = connect(here.path());
    host.pragma_update(None, "journal_mode", "WAL").unwrap();
    // A write that is not committed is no part of any moment.
    host.execute_batch("BEGIN IMMEDIATE; DELETE FROM spin_key_value")
        .unwrap();
    let file = files.path().join("1");
    assert_eq!(out_of(in_folder(here.path()), &file).unwrap().rows, 2_012);
    host.execute_batch("ROLLBACK").unwrap();
    // Nor is one that is committed after it has begun.
    let source = sqlite::Source::open(&here.path().join(sqlite::FILE), "default").unwrap();
    host.execute_batch("DELETE FROM spin_key_value").unwrap();
    let mut seen = 0;
    let each = source.each(&[], |_| {
        seen += 1;
        Ok(())
    });
    each.unwrap();
    assert_eq!((seen, source.rows().unwrap()), (2_012, 2_012));

    let host = connect(there.path());
    host.pragma_update(None, "journal_mode", "WAL").unwrap();
    host.execute_batch(sqlite::TABLE).unwrap();
    let error = into(in_folder(there.path()), &file).unwrap_err();
    assert!(error.to_string().contains("is in use"), "{error}");
    drop(host);
    into(in_folder(there.path()), &file).unwrap();
    assert_eq!(rows(there.path()), shop());
}

#[test]
fn what_is_not_rapports_is_not_exported() {
    let (here, files) = (folder(), folder());
    let file = files.path().join("1");
    let said = |file: &Path| {
        out_of(in_folder(here.path()), file)
            .unwrap_err()
            .to_string()
    };
    assert!(
        said(&file).contains("there is no store at"),
        "{}",
        said(&file)
    );
    fill(
        here.path(),
        &vec![("gauge:x".into(), 7i64.to_le_bytes().to_vec())],
    );
    assert!(said(&file).contains("--counter gauge:x"), "{}", said(&file));
    assert!(!file.exists(), "what failed leaves no file");
    assert_eq!(fs::read_dir(files.path()).unwrap().count(), 0);

    let report = export(ExportArgs {
        place: in_folder(here.path()),
        out: Some(file.clone()),
        counters: vec!["gauge:".into()],
        ..ExportArgs::default()
    });
    assert_eq!(report.unwrap().counters, 1);
    assert!(said(&file).contains("is there already"), "{}", said(&file));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "only its owner may read it");
    }
}

#[test]
fn what_the_probe_found_stays_behind() {
    let (here, there, files) = (folder(), folder(), folder());
    let by_swaps = ((2i64 << 32) | 1).to_le_bytes().to_vec();
    fill(
        here.path(),
        &vec![
            ("probe:creation".into(), by_swaps),
            ("probe:kv:1".into(), b"{}".to_vec()),
            ("probe:00112233445566778899aabbccddeeff".into(), vec![4; 8]),
            ("program".into(), b"{}".to_vec()),
        ],
    );
    let file = files.path().join("1");
    let report = out_of(in_folder(here.path()), &file).unwrap();
    assert_eq!(report.rows, 1);
    assert!(
        report.notes[0].starts_with("3 rows of the probe"),
        "{report}"
    );
    into(in_folder(there.path()), &file).unwrap();
    assert_eq!(rows(there.path()), [("program".to_owned(), b"{}".to_vec())]);
}

#[test]
fn a_server_that_is_written_to_meanwhile_is_not_exported() {
    let Some(server) = Server::start() else {
        return;
    };
    let files = folder();
    for n in 0..20_000 {
        server.put(&format!("rapport:k{n}"), "{}");
    }
    let (file, live) = (files.path().join("1"), files.path().join("2"));
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                server.put("other", "1");
            }
        });
        let refused = out_of(on(&server), &file);
        let taken = export(ExportArgs {
            place: on(&server),
            out: Some(live.clone()),
            live: true,
            ..ExportArgs::default()
        });
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let error = refused.unwrap_err().to_string();
        assert!(
            error.contains("was written to") && error.contains("--live"),
            "{error}"
        );
        assert_eq!(taken.unwrap().rows, 20_000);
    });
    assert!(!file.exists());
}
