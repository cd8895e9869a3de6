//! The application's variables, as the manifest maps them to each component.

use rapport_store::redis::{Address, AddressError, Prefix};
use rapport_types::Zone;
use sha2::{Digest, Sha256};

use crate::seed::Seed;

/// Where "now" comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The platform's clock.
    System,
    /// The request's header `Rapport-Now`, else the platform's clock: for tests and demonstrations.
    Request,
}

/// The settings of the application.
#[derive(Debug, Clone)]
pub struct Settings {
    /// SHA-256 of the administrator's key; `None` closes the service.
    pub admin_key: Option<[u8; 32]>,
    /// The shop's time zone.
    pub zone: Zone,
    /// Where "now" comes from.
    pub clock: Clock,
    /// Origins whose pages may call; `*` stands for all.
    pub allowed_origins: Vec<String>,
    /// The Redis server that keeps the documents; `None` is the platform's key-value store.
    pub store_url: Option<Address>,
    /// What the documents' keys begin with on that server.
    pub store_prefix: Prefix,
    /// What entitlements are signed with: the first signs, all are published. Empty: nothing is signed.
    pub signing_keys: Vec<Seed>,
}

/// A variable has a value that it cannot have. The service answers every request with this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the variable {name} is wrong: {why}")]
pub struct SettingError {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl Settings {
    /// The variables that are read.
    pub const NAMES: [&'static str; 7] = [
        "admin_key",
        "time_zone",
        "clock",
        "allowed_origins",
        "store_url",
        "store_prefix",
        "signing_key",
    ];

    /// Reads the variables through `get`; an empty or missing one has its default.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let get = |name: &str| {
            get(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let zone = get("time_zone").unwrap_or_else(|| "Asia/Shanghai".to_owned());
        let clock = match get("clock").as_deref() {
            None | Some("system") => Clock::System,
            Some("request") => Clock::Request,
            Some(other) => {
                return Err(SettingError {
                    name: "clock",
                    why: format!("it is system or request, not {other:?}"),
                });
            }
        };
        let wrong = |name, error: AddressError| SettingError {
            name,
            why: error.to_string(),
        };
        let store_url = get("store_url").map(|url| Address::parse(&url));
        let store_prefix = get("store_prefix").map(|prefix| Prefix::parse(&prefix));
        let signing_keys = get("signing_key").map(|keys| Seed::parse_all(&keys));
        Ok(Self {
            admin_key: get("admin_key").map(|key| digest(&key)),
            zone: Zone::named(&zone).map_err(|error| SettingError {
                name: "time_zone",
                why: error.to_string(),
            })?,
            clock,
            allowed_origins: get("allowed_origins")
                .map(|list| {
                    list.split(',')
                        .map(|origin| origin.trim().to_owned())
                        .collect()
                })
                .unwrap_or_default(),
            store_url: store_url
                .transpose()
                .map_err(|error| wrong("store_url", error))?,
            store_prefix: store_prefix
                .transpose()
                .map_err(|error| wrong("store_prefix", error))?
                .unwrap_or_default(),
            signing_keys: signing_keys
                .transpose()
                .map_err(|why| SettingError {
                    name: "signing_key",
                    why,
                })?
                .unwrap_or_default(),
        })
    }
}

/// What is kept of a key, and compared.
pub(crate) fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_means_closed_in_shanghai() {
        let settings = Settings::read(|_| None).unwrap();
        assert_eq!(settings.admin_key, None);
        assert_eq!(settings.zone.name(), "Asia/Shanghai");
        assert_eq!(settings.clock, Clock::System);
    }

    #[test]
    fn a_wrong_store_is_named_and_no_password_is_shown() {
        let get = |name: &str| (name == "store_url").then(|| "redis://:hunter2@db".to_owned());
        let error = Settings::read(get).unwrap_err();
        assert_eq!(error.name, "store_url");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let get = |name: &str| (name == "store_prefix").then(|| "a b".to_owned());
        assert_eq!(Settings::read(get).unwrap_err().name, "store_prefix");
        let get = |name: &str| (name == "store_url").then(|| "redis://:hunter2@db:1".to_owned());
        let settings = Settings::read(get).unwrap();
        assert!(settings.store_url.is_some());
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn a_wrong_signing_key_is_named_and_not_shown() {
        let get = |name: &str| (name == "signing_key").then(|| "hunter2".to_owned());
        let error = Settings::read(get).unwrap_err();
        assert_eq!(error.name, "signing_key");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_wrong_zone_is_named() {
        let get = |name: &str| (name == "time_zone").then(|| "Moon".to_owned());
        assert_eq!(Settings::read(get).unwrap_err().name, "time_zone");
    }
}
