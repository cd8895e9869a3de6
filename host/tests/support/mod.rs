//! A running `rapport up` over the guests of `benches/guests`, and the plainest of HTTP clients.

#![allow(dead_code, reason = "each test file uses what it needs")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A host of one test. It is killed when this is dropped.
pub struct Host {
    child: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
    /// How long it took until it said that it serves.
    pub start: Duration,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Answer {
    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// The code of an answer that must be a whole problem of this status.
    #[track_caller]
    pub fn problem(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let details: serde_json::Value =
            serde_json::from_str(&self.body).expect("a problem is JSON");
        assert_eq!(details["type"], "about:blank");
        assert_eq!(details["status"], status);
        assert_eq!(details["request_id"], self.headers["x-request-id"]);
        details["code"]
            .as_str()
            .expect("a problem has a code")
            .to_owned()
    }
}

/// The folder of the guests' `.wasm` files, beside the folder of the binary.
fn guests() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_rapport"));
    let target = binary
        .parent()
        .and_then(Path::parent)
        .expect("a binary is in target/PROFILE");
    let guests = target.join("wasm32-wasip2/guest");
    assert!(
        guests.join("bench_trap.wasm").is_file(),
        "the guests are not in `{}`: run `cargo xtask test`, which builds them first",
        guests.display()
    );
    guests
}

/// `rapport up` over the guests, with its data in `data`, not started yet. What was compiled once serves all tests.
pub fn command(data: &TempDir, arguments: &[&str]) -> Command {
    let cache = guests().join("cache");
    command_with_cache(data, &cache, arguments)
}

/// The same with a cache of its own.
pub fn command_with_cache(data: &TempDir, cache: &Path, arguments: &[&str]) -> Command {
    let guests = guests();
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rapport"));
    command
        .current_dir(Path::new(&here).join("../benches/guests"))
        .args(["up", "--listen", "127.0.0.1:0", "--components"])
        .arg(&guests)
        .arg("--cache")
        .arg(cache)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if !arguments.contains(&"--in-memory") {
        command.arg("--data").arg(data.path());
    }
    command
}

impl Host {
    /// Starts a host and waits until it serves.
    pub fn start(data: &TempDir, arguments: &[&str]) -> Self {
        Self::from(command(data, arguments))
    }

    /// Runs a command that must come to serve.
    pub fn from(mut command: Command) -> Self {
        let start = Instant::now();
        let mut child = command.spawn().expect("the host can be run");
        let log = Arc::new(Mutex::new(Vec::new()));
        let said = log.clone();
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                said.lock().expect("no test panics here").push(line);
            }
        });
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = lines.next().and_then(Result::ok);
        let address = first
            .as_deref()
            .and_then(|line| line.strip_prefix("Rapport is serving http://"));
        let Some(address) = address.map(str::to_owned) else {
            let _ = child.wait();
            panic!("the host said {first:?} and logged {:?}", log.lock());
        };
        Self {
            child,
            address,
            log,
            start: start.elapsed(),
        }
    }

    /// Asks for a path.
    pub fn get(&self, path: &str) -> Answer {
        send(
            &self.address,
            &format!(
                "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
                self.address
            ),
        )
    }

    /// Asks for a path of a host that ends before it has answered.
    #[track_caller]
    pub fn get_in_vain(&self, path: &str) {
        let mut stream = TcpStream::connect(&self.address).expect("the host listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n",
            self.address
        )
        .expect("the host reads");
        let mut bytes = Vec::new();
        // An end that the other side has not prepared may be an error.
        let _ = stream.read_to_end(&mut bytes);
        assert_eq!(String::from_utf8_lossy(&bytes), "", "{path} was answered");
    }

    /// Sends a request as it is written, and reads all that comes back.
    pub fn raw(&self, request: &str) -> Answer {
        send(&self.address, request)
    }

    /// Asks for paths, all at once.
    pub fn all(&self, paths: &[String]) -> Vec<Answer> {
        std::thread::scope(|threads| {
            let started: Vec<_> = paths
                .iter()
                .map(|path| threads.spawn(|| self.get(path)))
                .collect();
            started
                .into_iter()
                .map(|thread| thread.join().expect("no client fails"))
                .collect()
        })
    }

    /// The lines of the log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no test panics here").clone()
    }

    /// Waits until a line of the log has all of `words`.
    #[track_caller]
    pub fn logged(&self, words: &[&str]) {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let log = self.log();
            if log
                .iter()
                .any(|line| words.iter().all(|word| line.contains(word)))
            {
                return;
            }
            assert!(
                Instant::now() < patience,
                "no line has {words:?} in {log:#?}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks it to stop, as Ctrl-C does, and does not wait.
    pub fn interrupt(&self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .expect("there is a `kill`")
                .success()
        );
    }

    /// Waits for it to end, and tells whether that was a success.
    pub fn ended(&mut self) -> bool {
        self.child.wait().expect("it can be waited for").success()
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}

fn send(address: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the host listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a time can be set");
    stream
        .write_all(request.as_bytes())
        .expect("the host reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the host answers");
    let text = String::from_utf8(bytes).expect("an answer is text");
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no whole head in {text:?}"));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok());
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers
        .get("transfer-encoding")
        .is_some_and(|how| how == "chunked");
    let body = if chunked {
        unchunk(body)
    } else {
        body.to_owned()
    };
    Answer {
        status: status.expect("a status is a number"),
        headers,
        body,
    }
}

fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
        let Some(chunk) = after.get(..size) else {
            break;
        };
        body.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    body
}
