//! The arguments, and the place that they name.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, bail};

/// The environment variable for a server's URL, so that a password need not stand in the list of processes.
pub const URL_VARIABLE: &str = "RAPPORT_STORE_URL";
/// Where the bundled host keeps its data if it is not told otherwise.
const FOLDER: &str = ".rapport";
/// What keys on a server begin with if nobody says otherwise.
const PREFIX: &str = "rapport:";

/// Which store.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Place {
    /// The folder of a SQLite store: `.rapport` of the bundled host, `.spin` of Spin [default: .rapport].
    #[arg(long, value_name = "FOLDER", conflicts_with = "url")]
    pub data: Option<PathBuf>,
    /// The store's label within a SQLite file [default: default].
    #[arg(long, value_name = "LABEL", conflicts_with = "url")]
    pub store: Option<String>,
    /// The Redis server, `redis://[user:password@]host:port[/database]` [env: RAPPORT_STORE_URL].
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// What the keys on the server begin with, as the variable `store_prefix` says [default: rapport:].
    #[arg(long, value_name = "PREFIX", conflicts_with = "data")]
    pub prefix: Option<String>,
}

/// `rapport export-store`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ExportArgs {
    /// Where from.
    #[command(flatten)]
    pub place: Place,
    /// The file to write; it must not be there [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Accept that the Redis server was written to meanwhile, by others than Rapport.
    #[arg(long)]
    pub live: bool,
    /// Take keys that begin with this for counters, beside those that are known to be.
    #[arg(long = "counter", value_name = "PREFIX")]
    pub counters: Vec<String>,
}

/// `rapport import-store`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ImportArgs {
    /// The file to read; `-` is standard input.
    pub file: PathBuf,
    /// Where to.
    #[command(flatten)]
    pub place: Place,
    /// Write over what is there. Keys that the file does not have stay as they are.
    #[arg(long)]
    pub force: bool,
}

/// A store, wherever it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Store {
    /// A label in a SQLite file.
    Sqlite {
        /// The file.
        file: PathBuf,
        /// The label.
        label: String,
    },
    /// What begins with a prefix on a Redis server.
    Redis {
        /// The server, password and all.
        url: String,
        /// The prefix.
        prefix: String,
    },
}

impl Place {
    /// The store that is meant, where `variable` is what [`URL_VARIABLE`] holds.
    pub fn store(self, variable: Option<String>) -> Result<Store> {
        let url = match self.url {
            Some(url) => Some(url),
            None if self.data.is_some() || self.store.is_some() => None,
            None => variable.filter(|url| !url.is_empty()),
        };
        if let Some(url) = url {
            if url.starts_with("rediss://") {
                bail!(
                    "TLS (rediss://) is not supported here: run this where the server can be reached without, or through a tunnel"
                );
            }
            if !url.starts_with("redis://") {
                bail!("a server's URL begins with redis://");
            }
            let prefix = self.prefix.unwrap_or_else(|| PREFIX.into());
            return Ok(Store::Redis { url, prefix });
        }
        if self.prefix.is_some() {
            bail!("--prefix goes with --url or {URL_VARIABLE}");
        }
        let folder = self.data.unwrap_or_else(|| FOLDER.into());
        let file = match folder.is_file() {
            true => folder,
            false => folder.join(crate::sqlite::FILE),
        };
        let label = self.store.unwrap_or_else(|| "default".into());
        Ok(Store::Sqlite { file, label })
    }
}

/// As people should see it: without a password.
impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { file, .. } => write!(f, "{}", file.display()),
            Self::Redis { url, prefix } => {
                let place = url.strip_prefix("redis://").unwrap_or_default();
                let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
                write!(f, "redis://{place} under `{prefix}`")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(data: Option<&str>, url: Option<&str>) -> Place {
        Place {
            data: data.map(PathBuf::from),
            url: url.map(str::to_owned),
            ..Place::default()
        }
    }

    #[test]
    fn a_place_that_is_named_goes_before_the_environment() {
        let variable = || Some("redis://:geheim@db:6379".to_owned());
        let shown = |place: Place, variable| place.store(variable).unwrap().to_string();
        let file = ".rapport/sqlite_key_value.db";
        assert_eq!(shown(place(None, None), None), file);
        assert_eq!(shown(place(None, None), Some(String::new())), file);
        assert_eq!(
            shown(place(Some("x"), None), variable()),
            "x/sqlite_key_value.db"
        );
        assert_eq!(
            shown(place(None, None), variable()),
            "redis://db:6379 under `rapport:`"
        );
        assert_eq!(
            shown(place(None, Some("redis://h:1/2")), variable()),
            "redis://h:1/2 under `rapport:`"
        );
    }

    #[test]
    fn what_cannot_be_reached_is_refused() {
        assert!(place(None, Some("rediss://h:1")).store(None).is_err());
        assert!(place(None, Some("http://h:1")).store(None).is_err());
        let prefix = Place {
            prefix: Some("p".into()),
            ..Place::default()
        };
        assert!(prefix.store(None).is_err());
    }
}
