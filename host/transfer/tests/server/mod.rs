//! A Redis server of one test's own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running server. It is ended when this is dropped.
pub struct Server {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Server {
    /// Starts one, or says that there is none.
    pub fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let started = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--port",
            ])
            .arg(port.to_string())
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            eprintln!(
                "\n*** SKIPPED: there is no `redis-server` to test with (apt-get install redis-server) ***\n"
            );
            return None;
        };
        let server = Self {
            child,
            port,
            _folder: folder,
        };
        let patience = Instant::now() + Duration::from_secs(20);
        while server.connect().is_err() {
            assert!(Instant::now() < patience, "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn connect(&self) -> redis::RedisResult<redis::Connection> {
        redis::Client::open(self.url())?.get_connection()
    }

    /// Its answer to a command, as text.
    pub fn ask(&self, command: &[&str]) -> String {
        let mut ask = redis::cmd(command[0]);
        ask.arg(&command[1..]);
        ask.query(&mut self.connect().unwrap()).unwrap()
    }

    /// Sets a key, by a connection that is kept for the thread.
    pub fn put(&self, key: &str, value: &str) {
        thread_local!(static KEPT: std::cell::RefCell<Option<(u16, redis::Connection)>> = const { std::cell::RefCell::new(None) });
        KEPT.with_borrow_mut(|kept| {
            if kept.as_ref().is_none_or(|(port, _)| *port != self.port) {
                *kept = Some((self.port, self.connect().unwrap()));
            }
            let (_, connection) = kept.as_mut().unwrap();
            redis::cmd("SET")
                .arg(key)
                .arg(value)
                .exec(connection)
                .unwrap();
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
