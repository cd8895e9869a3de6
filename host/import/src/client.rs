//! One request to the service.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderValue, Uri, header};

/// The service itself ends a request after 60 seconds.
const PATIENCE: Duration = Duration::from_secs(90);
const CONNECT: Duration = Duration::from_secs(10);
/// The most bytes of an answer that are read.
const ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// A connection to the service.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    /// Without a slash at the end.
    base: String,
    authorization: Option<HeaderValue>,
}

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// `Retry-After`, where it is in seconds.
    pub retry_after: Option<Duration>,
    /// Whether it is the answer to an earlier request.
    pub replayed: bool,
    location: Option<String>,
    body: Vec<u8>,
}

/// A problem as RFC 9457 has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// What it is about.
    pub code: String,
    /// The text for people.
    pub detail: String,
    /// What is wrong with the input.
    pub errors: Vec<Violation>,
}

/// One thing wrong with the input.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Violation {
    pub pointer: String,
    pub detail: String,
}

impl Client {
    /// Talks to `url` with `key`, over at most `connections` at once.
    pub fn new(url: &str, key: Option<&str>, connections: usize) -> Result<Self> {
        let base = url.trim().trim_end_matches('/');
        let wrong = || format!("`{url}` is not an address such as http://127.0.0.1:3000");
        let uri: Uri = base.parse().with_context(wrong)?;
        ensure!(matches!(uri.scheme_str(), Some("http" | "https")), wrong());
        ensure!(uri.query().is_none(), wrong());
        let host = uri.host().with_context(wrong)?;
        let authorization = key
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .map(|key| HeaderValue::from_str(&format!("Bearer {key}")))
            .transpose()
            .context("the key has a character that no key has")?;
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(PATIENCE))
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .user_agent(concat!("rapport-import/", env!("CARGO_PKG_VERSION")));
        if is_loopback(host) {
            config = config.proxy(None);
        }
        Ok(Self {
            agent: config.build().into(),
            base: base.to_owned(),
            authorization,
        })
    }

    /// The address, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Reads `path`.
    pub fn get(&self, path: &str) -> Result<Reply, ureq::Error> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(value) = &self.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        Reply::read(request.call()?)
    }

    /// Sends `json` to `path`.
    pub fn post(&self, path: &str, json: &str) -> Result<Reply, ureq::Error> {
        self.send(self.agent.post(format!("{}{path}", self.base)), json)
    }

    /// Puts `json` at `path`.
    pub fn put(&self, path: &str, json: &str) -> Result<Reply, ureq::Error> {
        self.send(self.agent.put(format!("{}{path}", self.base)), json)
    }

    fn send(
        &self,
        mut request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        json: &str,
    ) -> Result<Reply, ureq::Error> {
        request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(value) = &self.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        Reply::read(request.send(json)?)
    }

    /// Makes sure that Rapport answers and takes the key, so that what is wrong with either is said before a file is read.
    pub fn check(&self) -> Result<()> {
        let base = &self.base;
        let reply = self.post("/v1/batch", "{\"batch\":[]}").map_err(|error| {
            anyhow::anyhow!(
                "nothing can be reached at {base}: {}\nIs Rapport running there? `rapport up` starts it; --url or RAPPORT_URL \
                 names another address.",
                said(&error)
            )
        })?;
        match reply.status {
            200 if reply.json().is_some_and(|body| body["results"].is_array()) => Ok(()),
            // It will be tried again, with patience.
            408 | 429 | 500..=599 => Ok(()),
            200 => bail!("what answers at {base} is not Rapport"),
            404 | 405 if reply.problem().is_none() => {
                bail!("what answers at {base} is not Rapport: {}", reply.said())
            }
            _ => bail!(self.explain(&reply)),
        }
    }

    /// Why a request was turned away, and what to do about it.
    pub fn explain(&self, reply: &Reply) -> String {
        let code = reply.problem().unwrap_or_default().code;
        let base = &self.base;
        match (reply.status, code.as_str()) {
            (401, "closed") => format!(
                "{base} is closed, because no key is set for it: set SPIN_VARIABLE_ADMIN_KEY where it runs, and the same key \
                 here in RAPPORT_KEY"
            ),
            (401, _) if self.authorization.is_none() => {
                format!(
                    "{base} asks for a key: set the environment variable RAPPORT_KEY, or give --key"
                )
            }
            (401, _) => format!(
                "{base} does not know this key: set the environment variable RAPPORT_KEY, or --key, to another"
            ),
            (403, _) => format!(
                "this key may not do that at {base}; set RAPPORT_KEY, or --key, to one that may"
            ),
            (300..=399, _) => match &reply.location {
                Some(location) => {
                    format!("{base} has moved to {location}; give that address with --url")
                }
                None => format!("{base} has moved; give its address with --url"),
            },
            _ => format!("{base} answered {}", reply.said()),
        }
    }
}

impl Reply {
    fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Self, ureq::Error> {
        let text = |name: header::HeaderName| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let retry_after = text(header::RETRY_AFTER);
        let location = text(header::LOCATION);
        let replayed = text(header::HeaderName::from_static("idempotency-replayed"));
        Ok(Self {
            status: response.status().as_u16(),
            retry_after: retry_after
                .and_then(|text| text.trim().parse().ok())
                .map(Duration::from_secs),
            replayed: replayed.as_deref() == Some("true"),
            location,
            body: response
                .body_mut()
                .with_config()
                .limit(ANSWER_BYTES)
                .read_to_vec()?,
        })
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body, if it is a problem.
    pub fn problem(&self) -> Option<Problem> {
        serde_json::from_slice(&self.body)
            .ok()
            .filter(|problem: &Problem| !problem.code.is_empty())
    }

    /// The status and the problem's text.
    pub fn said(&self) -> String {
        match self.problem() {
            Some(problem) => format!(
                "{} {}: {}",
                self.status,
                problem.code,
                problem.detail.trim_end_matches('.')
            ),
            None => format!("{}", self.status),
        }
    }
}

/// A failure in words that leave out what the library calls it.
pub fn said(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::HostNotFound => "there is no host of that name".into(),
        ureq::Error::Timeout(_) => "no answer in time".into(),
        other => other.to_string(),
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_start_matches('[').trim_end_matches(']').parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for good in [
            "http://127.0.0.1:3000/",
            "https://shop.example/rapport",
            "http://[::1]:3000",
        ] {
            assert!(Client::new(good, None, 1).is_ok(), "{good}");
        }
        for bad in [
            "127.0.0.1:3000",
            "localhost:3000",
            "shop.example",
            "ftp://shop.example",
            "http://",
            "http://a/?b=c",
            "",
        ] {
            let refused = Client::new(bad, None, 1).unwrap_err().to_string();
            assert!(
                refused.contains("is not an address such as"),
                "{bad}: {refused}"
            );
        }
        assert!(Client::new("http://a", Some("a\nb"), 1).is_err());
    }

    #[test]
    fn no_proxy_stands_before_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.8.0.1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        assert!(!is_loopback("shop.example") && !is_loopback("10.0.0.1"));
    }
}
