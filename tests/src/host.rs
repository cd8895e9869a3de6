//! A running `rapport up`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use crate::root;
use crate::shop::Shop;

/// The key that hosts under test are started with.
pub const KEY: &str = "rk_admin_0123456789abcdef";

/// A host of one test. It ends when this is dropped.
pub struct Host {
    child: Child,
    url: String,
    data: TempDir,
    options: Options,
    /// The lines it printed until it served.
    pub greeting: Vec<String>,
}

/// How a host is started.
#[derive(Clone)]
pub struct Options {
    /// Arguments after `rapport up`.
    pub arguments: Vec<String>,
    /// Variables of the application.
    pub variables: Vec<(String, String)>,
    /// A folder that is deployed, to be served from there by the host in it; else the workspace, with what was built last.
    pub folder: Option<PathBuf>,
}

impl Default for Options {
    /// With the key [`KEY`], a clock set by requests, and counts of store operations.
    fn default() -> Self {
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            // No tick comes between what a test does: it asks for one itself.
            arguments: ["--stats", "--tick=off"].map(str::to_owned).to_vec(),
            variables: vec![set("admin_key", KEY), set("clock", "request")],
            folder: None,
        }
    }
}

impl Options {
    /// The same with another argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// The same, with a tick so often.
    #[must_use]
    pub fn tick(mut self, every: &str) -> Self {
        self.arguments.retain(|known| !known.starts_with("--tick="));
        self.argument(&format!("--tick={every}"))
    }

    /// The same with another variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same from a folder that is deployed.
    #[must_use]
    pub fn folder(mut self, folder: PathBuf) -> Self {
        self.folder = Some(folder);
        self
    }

    /// Starts a host over a new database.
    pub fn start(self) -> Host {
        let data = tempfile::tempdir().expect("a temporary folder can be made");
        let (child, url, greeting) = start(&self, &data);
        Host {
            child,
            url,
            data,
            options: self,
            greeting,
        }
    }
}

impl Host {
    /// A host with the usual options.
    pub fn start() -> Self {
        Options::default().start()
    }

    /// A client of it.
    pub fn shop(&self) -> Shop {
        Shop::new(&self.url, KEY)
    }

    /// Where it serves, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of its database.
    pub fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as `kill -9` does, at once and without a chance to finish anything.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again over the same database, in another way.
    pub fn restart_as(&mut self, options: Options) {
        self.options = options;
        self.restart();
    }

    /// Starts it again over the same database, on another port.
    pub fn restart(&mut self) {
        self.restart_measured();
    }

    /// The same; answers how long the harness waited for a late greeting, which is no time of the host's.
    pub fn restart_measured(&mut self) -> Duration {
        self.kill();
        let (child, url, greeting) = start(&self.options, &self.data);
        (self.child, self.url, self.greeting) = (child, url, greeting);
        GREETING
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How long a line may come after the one before it and still belong to the greeting.
const GREETING: Duration = Duration::from_millis(20);

/// The host's binary.
pub fn binary() -> PathBuf {
    from_env("RAPPORT_HOST")
}

/// The folder laid out as `cargo xtask dist` does.
pub fn laid_out() -> PathBuf {
    from_env("RAPPORT_LAID_OUT")
}

/// Where the components are that were built last.
pub fn components() -> PathBuf {
    from_env("RAPPORT_COMPONENTS")
}

fn from_env(name: &str) -> PathBuf {
    std::env::var_os(name)
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("{name} is not set: run the tests with `cargo xtask test`"))
}

// `Host` waits for it when it is dropped.
#[allow(clippy::zombie_processes)]
fn start(options: &Options, data: &TempDir) -> (Child, String, Vec<String>) {
    let components = components();
    let mut command = match &options.folder {
        None => Command::new(binary()),
        Some(folder) => Command::new(folder.join("rapport")),
    };
    command
        .current_dir(options.folder.clone().unwrap_or_else(root))
        .args(["--log", "warn", "up", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path());
    if options.folder.is_none() {
        command.arg("--components").arg(&components);
    }
    command
        // Compiled once for all tests.
        .arg("--cache")
        .arg(components.join("cache"))
        .args(&options.arguments)
        .stdout(Stdio::piped());
    for (name, value) in &options.variables {
        command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
    }
    let mut child = command.spawn().expect("the host can be started");
    let output = child.stdout.take().expect("its output is piped");
    let (lines, received) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
    let mut greeting = Vec::new();
    loop {
        // The first start of all compiles the components.
        let Ok(line) = received.recv_timeout(Duration::from_secs(300)) else {
            // Nobody would end it: there is no `Host` yet.
            let _ = child.kill();
            let _ = child.wait();
            panic!("the host did not say within five minutes that it serves");
        };
        let url = line.split("is serving ").nth(1).map(str::to_owned);
        greeting.push(line);
        if let Some(url) = url {
            // What it says at once after that, such as a key, belongs to the greeting.
            while let Ok(line) = received.recv_timeout(GREETING) {
                greeting.push(line);
            }
            return (child, url.trim().trim_end_matches('/').to_owned(), greeting);
        }
    }
}
