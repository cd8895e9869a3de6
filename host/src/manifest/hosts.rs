//! `allowed_outbound_hosts`: what a component may reach, in Spin's words, `scheme://host:port` with `*` for any.
//!
//! Spin's networks (`10.0.0.0/8`) are refused, so that nothing is promised that is not kept. `self` and the names of other
//! components reach nothing here.

use anyhow::{Context as _, Result, bail, ensure};

/// What one component may reach.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<Allowed>);

#[derive(Clone, Debug)]
struct Allowed {
    scheme: Option<String>,
    host: Host,
    port: Port,
}

#[derive(Clone, Debug)]
enum Host {
    Any,
    /// With the dot before it.
    Below(String),
    One(String),
}

#[derive(Clone, Debug)]
enum Port {
    Any,
    /// From, and up to but without: Spin's meaning of `6379..6381`.
    Range(u16, u16),
    One(u16),
}

impl Hosts {
    /// Reads entries whose templates have been filled.
    pub fn parse(entries: impl IntoIterator<Item = String>) -> Result<Self> {
        let read = |entry: String| {
            Allowed::parse(&entry)
                .with_context(|| format!("`{entry}` in `allowed_outbound_hosts` is no host"))
        };
        entries
            .into_iter()
            .map(read)
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Whether `scheme://host:port` may be reached.
    pub fn allow(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.0
            .iter()
            .any(|allowed| allowed.allows(scheme, unbracketed(host), port))
    }
}

impl Allowed {
    fn parse(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = text.trim().split_once("://") else {
            bail!("it must be `scheme://host:port`, such as `redis://127.0.0.1:6379`");
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (rest, ""),
        };
        let (host, port) = (host.trim_end_matches('/'), port.trim_end_matches('/'));
        ensure!(
            !host.contains('/') && !port.contains('/'),
            "paths and networks are not supported"
        );
        Ok(Self {
            scheme: match scheme {
                "*" => None,
                _ if scheme.chars().all(char::is_alphabetic) => Some(scheme.to_owned()),
                _ => bail!("`{scheme}` is no scheme"),
            },
            host: match host.strip_prefix("*.") {
                _ if host == "*" => Host::Any,
                Some(domain) if !domain.contains('*') => Host::Below(format!(".{domain}")),
                None if !host.is_empty() && !host.contains('*') => {
                    Host::One(unbracketed(host).to_owned())
                }
                _ => bail!("`{host}` is no host"),
            },
            port: port_of(scheme, port)?,
        })
    }

    fn allows(&self, scheme: &str, host: &str, port: u16) -> bool {
        let scheme = self.scheme.as_deref().is_none_or(|one| one == scheme);
        let host = match &self.host {
            Host::Any => true,
            Host::Below(domain) => host.ends_with(domain.as_str()),
            Host::One(one) => one == host,
        };
        let port = match self.port {
            Port::Any => true,
            Port::Range(from, to) => (from..to).contains(&port),
            Port::One(one) => one == port,
        };
        scheme && host && port
    }
}

fn port_of(scheme: &str, port: &str) -> Result<Port> {
    let number = |text: &str| -> Result<u16> {
        text.parse().with_context(|| format!("`{text}` is no port"))
    };
    Ok(match (port, port.split_once("..")) {
        ("*", _) => Port::Any,
        (_, Some((from, to))) => Port::Range(number(from)?, number(to)?),
        // The ports that Spin knows.
        ("", _) => Port::One(match scheme {
            "postgres" => 5432,
            "mysql" => 3306,
            "redis" => 6379,
            "mqtt" => 1883,
            "http" => 80,
            "https" => 443,
            _ => bail!("it must name a port: `{scheme}` has no usual one"),
        }),
        _ => Port::One(number(port)?),
    })
}

/// A numbered host of version 6 is written in brackets in an address, and without them elsewhere.
fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(entry: &str, scheme: &str, host: &str, port: u16) -> bool {
        let hosts = Hosts::parse([entry.to_owned()]).unwrap();
        hosts.allow(scheme, host, port)
    }

    #[test]
    fn a_host_is_reached_by_scheme_name_and_port() {
        let entry = "redis://cache:6379";
        assert!(allow(entry, "redis", "cache", 6379));
        assert!(!allow(entry, "rediss", "cache", 6379));
        assert!(!allow(entry, "redis", "cache2", 6379));
        assert!(!allow(entry, "redis", "cache", 6380));
        assert!(allow("redis://cache", "redis", "cache", 6379));
        assert!(allow("redis://[::1]:6379", "redis", "::1", 6379));
        assert!(!Hosts::default().allow("redis", "cache", 6379));
    }

    #[test]
    fn stars_and_ranges_widen() {
        assert!(allow("*://*:*", "rediss", "anything", 1));
        assert!(allow(
            "redis://*.example.com:*",
            "redis",
            "a.example.com",
            1
        ));
        assert!(!allow("redis://*.example.com:*", "redis", "example.com", 1));
        assert!(allow("redis://cache:7000..7002", "redis", "cache", 7001));
        assert!(!allow("redis://cache:7000..7002", "redis", "cache", 7002));
    }

    #[test]
    fn what_is_no_host_is_refused_by_name() {
        for bad in [
            "",
            "cache:6379",
            "redis://",
            "redis://:6379",
            "rediss://cache",
            "redis://cache:x",
            "redis://ca*che:6379",
            "redis://10.0.0.0/8:6379",
            "redis://cache:6379/0",
        ] {
            let error = Hosts::parse([bad.to_owned()]).unwrap_err();
            assert!(format!("{error:#}").contains(&format!("`{bad}`")), "{bad}");
        }
    }
}
