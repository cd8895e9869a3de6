//! Where the server is, and what our keys there begin with.

use std::fmt;

/// The most bytes of a prefix: with it, a key stays far below what any server takes.
const MAX_PREFIX: usize = 64;

/// The server's URL, `redis://[user:password@]host:port[/database]` (`rediss://` with TLS).
///
/// Neither it nor any error about it shows the password, or anything else that was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(&'static str);

impl Address {
    /// Checks `text`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let rest = text
            .strip_prefix("redis://")
            .or_else(|| text.strip_prefix("rediss://"))
            .ok_or(AddressError("it begins with redis:// or rediss://"))?;
        let unescaped = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#');
        if rest.contains(unescaped) {
            return Err(AddressError(
                "it has no spaces, ? or #; in a password, write such characters as %20, %3F, %23",
            ));
        }
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (user, place),
            None => ("", rest),
        };
        if user.contains(['/', '@']) {
            return Err(AddressError(
                "in a user or password, write / as %2F and @ as %40",
            ));
        }
        let (server, database) = match place.split_once('/') {
            Some((server, database)) => (server, Some(database)),
            None => (place, None),
        };
        // A port is asked for: Spin knows one for redis:// but none for rediss://.
        let named = server.rsplit_once(':').is_some_and(|(host, port)| {
            let bracketed = host.starts_with('[') && host.ends_with(']');
            !host.is_empty()
                && (bracketed || !host.contains([':', '[', ']']))
                && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        if !named {
            return Err(AddressError(
                "it names host and port, such as redis://127.0.0.1:6379",
            ));
        }
        let numbered = |text: &str| text.is_empty() || text.parse::<u32>().is_ok();
        if !database.is_none_or(numbered) {
            return Err(AddressError(
                "after the port comes nothing, or / and the number of a database",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The whole URL, password included: for connecting, not for showing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

/// What our keys on a shared server begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// Checks `text`: up to 64 letters, digits and `: . _ - { }`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let known = |c: char| c.is_ascii_alphanumeric() || ":._-{}".contains(c);
        if text.len() > MAX_PREFIX || !text.chars().all(known) {
            return Err(AddressError(
                "it has at most 64 letters, digits and : . _ - { }",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// `key` as the server knows it.
    pub fn key(&self, key: &str) -> String {
        [&self.0, key].concat()
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self("rapport:".to_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_server_is_taken() {
        for good in [
            "redis://127.0.0.1:6379",
            "redis://127.0.0.1:6379/",
            "rediss://cache.example.com:6380/3",
            "redis://:secret@db:6379",
            "redis://shop:p%40ss%2F@[::1]:6379/0",
        ] {
            assert_eq!(Address::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_does_not_is_refused_and_never_shown() {
        for bad in [
            "",
            "hunter2",
            "http://hunter2@db:6379",
            "redis://",
            "redis://db",
            "redis://:hunter2@db",
            "redis://:hunter2@:6379",
            "redis://:hunter2@db:0",
            "redis://:hunter2@db:65536",
            "redis://:hunter2@db:6379/one",
            "redis://:hunter2@db:6379/1/2",
            "redis://:hunter2@db:6379?protocol=resp3",
            "rediss://:hunter2@db:6379/#insecure",
            "redis://:hunter2/x@db:6379",
            "redis://:hunter2@x@db:6379",
            "redis://:hunter2 @db:6379",
            "redis://::1:6379",
        ] {
            let error = Address::parse(bad).unwrap_err().to_string();
            assert!(
                !error.contains("hunter2") && !error.is_empty(),
                "{bad}: {error}"
            );
        }
        let address = Address::parse("redis://:hunter2@db:6379").unwrap();
        assert!(!format!("{address:?}").contains("hunter2"));
    }

    #[test]
    fn a_prefix_stands_before_every_key() {
        assert_eq!(Prefix::default().key("program"), "rapport:program");
        assert_eq!(
            Prefix::parse("{shop-2}.").unwrap().key("program"),
            "{shop-2}.program"
        );
        for bad in ["a b", "ä", &"x".repeat(65)] {
            assert!(Prefix::parse(bad).is_err(), "{bad}");
        }
    }
}
