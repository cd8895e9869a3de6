//! Misbehaves on request, and shows what it was given: for the host's own tests.
//!
//! The last part of the path says what to do; see [`answer`].
#![cfg(target_family = "wasm")]

use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;
use spin_sdk::key_value::Store;
use spin_sdk::wasip3::clocks::monotonic_clock;
use wasi::keyvalue::atomics::{self, Cas, CasError};
use wasi::keyvalue::{batch, store};

spin_sdk::wit_bindgen::generate!({
    path: "../wit",
    world: "atomics",
    runtime_path: "spin_sdk::wit_bindgen::rt",
    generate_all,
});

const MILLISECOND: u64 = 1_000_000;

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    let mut words = path.rsplit('/');
    let (what, number) = match words.next().map(|word| (word, word.parse::<u64>())) {
        Some((_, Ok(number))) => (words.next().unwrap_or_default(), number),
        Some((word, Err(_))) => (word, 0),
        None => ("", 0),
    };
    answer(what, number, &request).await
}

async fn answer(what: &str, number: u64, request: &Request) -> Result<String, String> {
    match what {
        "panic" => panic!("as asked"),
        "unreachable" => core::arch::wasm32::unreachable(),
        // Never comes back: only the request timeout ends it.
        "spin" => loop {
            core::hint::black_box(number);
        },
        // Works for so many milliseconds without ever yielding.
        "busy" => {
            let start = monotonic_clock::now();
            while monotonic_clock::now().saturating_sub(start) < number * MILLISECOND {
                core::hint::black_box(number);
            }
            Ok("busy\n".into())
        }
        // Waits for so many milliseconds, yielding.
        "sleep" => {
            monotonic_clock::wait_for(number * MILLISECOND).await;
            Ok("slept\n".into())
        }
        "error" => Err("as asked".into()),
        "memory" => Ok(format!("{}\n", vec![1u8; 3 << 29].len())),
        "print" => {
            println!("a line to stdout");
            eprint!("half a line ");
            eprintln!("to stderr");
            Ok("printed\n".into())
        }
        "request" => {
            let mut shown = format!("{} {}\n", request.method(), request.uri());
            for (name, value) in request.headers() {
                shown.push_str(&format!(
                    "{name}: {}\n",
                    String::from_utf8_lossy(value.as_bytes())
                ));
            }
            Ok(shown)
        }
        "environment" => Ok(std::env::var("GREETING").unwrap_or_default()),
        "variable" => {
            let known = spin_sdk::variables::get("greeting").await.map_err(text)?;
            let unknown = spin_sdk::variables::get("nothing").await.err().map(text);
            Ok(format!("{known} {unknown:?}\n"))
        }
        // What a host may not have at all.
        "mqtt" => {
            let address = "mqtt://localhost:1883?client_id=1";
            let opened = spin_sdk::mqtt::Connection::open(address, "", "", 30).await;
            Ok(format!("{}\n", opened.is_ok()))
        }
        _ => on_store(what, number).await,
    }
}

async fn on_store(what: &str, number: u64) -> Result<String, String> {
    match what {
        "increment" => {
            let bucket = store::open("default").map_err(text)?;
            let now = atomics::increment(&bucket, &format!("count:{number}"), 1).map_err(text)?;
            Ok(format!("{now}\n"))
        }
        // A key that holds no counter: on Spin's SQLite this is the end of the store for the process.
        "poison" => {
            let bucket = store::open("default").map_err(text)?;
            bucket.set("poison", b"no counter").map_err(text)?;
            let now = atomics::increment(&bucket, "poison", 1).map_err(text)?;
            Ok(format!("{now}\n"))
        }
        "denied" => {
            let spin = Store::open("other")
                .await
                .err()
                .map(|error| format!("{error:?}"));
            let wasi = store::open("other").err().map(|error| format!("{error:?}"));
            Ok(format!("{spin:?} {wasi:?}\n"))
        }
        // Two handles read the same value; the second to swap must lose, and be told what won.
        "conflict" => {
            let bucket = store::open("default").map_err(text)?;
            bucket.set("conflict", b"old").map_err(text)?;
            let first = Cas::new(&bucket, "conflict").map_err(text)?;
            let second = Cas::new(&bucket, "conflict").map_err(text)?;
            first.current().map_err(text)?;
            second.current().map_err(text)?;
            atomics::swap(first, b"first").map_err(text)?;
            match atomics::swap(second, b"second") {
                Err(CasError::CasFailed(again)) => {
                    atomics::swap(again, b"again").map_err(text)?;
                    let now = bucket.get("conflict").map_err(text)?.unwrap_or_default();
                    Ok(format!("{}\n", String::from_utf8_lossy(&now)))
                }
                other => Err(format!("the second swap should lose: {other:?}")),
            }
        }
        "batch" => {
            let bucket = store::open("default").map_err(text)?;
            let pairs = [
                ("batch:a".to_owned(), b"1".to_vec()),
                ("batch:b".to_owned(), b"2".to_vec()),
            ];
            batch::set_many(&bucket, &pairs).map_err(text)?;
            let keys = [
                "batch:a".to_owned(),
                "batch:absent".to_owned(),
                "batch:b".to_owned(),
            ];
            let found = batch::get_many(&bucket, &keys).map_err(text)?;
            batch::delete_many(&bucket, &keys).map_err(text)?;
            let left = batch::get_many(&bucket, &keys).map_err(text)?;
            Ok(format!("{} {}\n", found.len(), left.len()))
        }
        "keys" => {
            let spin = Store::open_default().await.map_err(text)?;
            for n in 0..number {
                spin.set(format!("keys:{n}"), b"").await.map_err(text)?;
            }
            let listed = spin.get_keys().await.collect().await.map_err(text)?;
            let wasi = store::open("default")
                .and_then(|bucket| bucket.list_keys(None))
                .map_err(text)?;
            Ok(format!("{} {}\n", listed.len(), wasi.keys.len()))
        }
        // Reads, writes and waits in one request, for the host's counters.
        "counted" => {
            let spin = Store::open_default().await.map_err(text)?;
            spin.set("counted", b"0").await.map_err(text)?;
            for _ in 0..number {
                spin.get("counted").await.map_err(text)?;
                monotonic_clock::wait_for(MILLISECOND).await;
            }
            let bucket = store::open("default").map_err(text)?;
            atomics::increment(&bucket, "counted:n", 1).map_err(text)?;
            Ok("counted\n".into())
        }
        _ => Err(format!("`{what}` is nothing this component can do")),
    }
}

fn text(error: impl core::fmt::Debug) -> String {
    format!("{error:?}")
}
