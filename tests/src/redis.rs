//! A real Redis server of one test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Shop;
use crate::host::Options;

/// A server on a free port of the loopback address. What it acknowledges is on disk: `appendfsync always`. It ends when this
/// is dropped.
pub struct Redis {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// A new, empty server; `None` where `redis-server` is not installed, which is said aloud.
    pub fn start() -> Option<Self> {
        let installed = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if !installed.is_ok_and(|status| status.success()) {
            let test = std::thread::current();
            // Not `eprintln`, which the test harness keeps to itself where a test passes.
            let _ = writeln!(
                std::io::stderr(),
                "\n*** SKIPPED: {} needs redis-server, which is not installed (apt-get install redis-server) ***\n",
                test.name().unwrap_or("a test")
            );
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = free_port();
        let child = spawn(port, &folder);
        let redis = Self {
            child,
            port,
            folder,
        };
        redis.wait();
        Some(redis)
    }

    /// Its address, for the variables `store_url` and `store_host`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again over what it wrote to disk, on the same port.
    pub fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.port, &self.folder);
        self.wait();
    }

    /// Stops it from answering, without ending it, or lets it go on.
    pub fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()));
    }

    /// What a command answers, as the protocol has it. Arguments have no spaces.
    pub fn command(&self, command: &str) -> String {
        self.ask(command).expect("the server answers")
    }

    /// The keys it has, in order.
    pub fn keys(&self) -> Vec<String> {
        let answer = self.command("KEYS *");
        let mut keys: Vec<String> = answer
            .lines()
            .filter(|line| !line.starts_with(['*', '$']))
            .map(str::to_owned)
            .collect();
        keys.sort();
        keys
    }

    /// How a host is started over it.
    pub fn options(&self) -> Options {
        Options::default()
            .variable("store_url", &self.url())
            .variable("store_host", &self.url())
    }

    fn wait(&self) {
        let start = Instant::now();
        // While it still reads what it wrote, it answers -LOADING.
        while self.ask("PING").as_deref() != Some("+PONG\r\n") {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "Redis does not start"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn ask(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .ok()?;
        // The server closes after QUIT, so the answer ends there.
        write!(stream, "{command}\r\nQUIT\r\n").ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        answer.strip_suffix("+OK\r\n").map(str::to_owned)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until the shop answers `path` again, at most 20 seconds: what a host takes to find a server that came back.
pub async fn recovered(shop: &Shop, path: &str) {
    let start = Instant::now();
    while !shop.get(path).await.status.is_success() {
        assert!(start.elapsed() < Duration::from_secs(20), "{path}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

fn spawn(port: u16, folder: &TempDir) -> Child {
    let port = port.to_string();
    let settings = [
        ("--port", port.as_str()),
        ("--bind", "127.0.0.1"),
        ("--appendonly", "yes"),
        ("--appendfsync", "always"),
        ("--save", ""),
    ];
    let mut command = Command::new("redis-server");
    for (name, value) in settings {
        command.args([name, value]);
    }
    command
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server can be started")
}
