//! The requests of a page, made.

use std::time::Duration;

use rapport_tests::host::Options;
use rapport_tests::{Answered, Host, Shop};
use reqwest::Method;
use serde_json::json;

use super::expected::{self, Known};
use super::page::{Before, Header, Step};

/// A host, and what is known so far.
pub struct Runner {
    host: Host,
    now: String,
    known: Known,
}

/// How an answer differs from what the page says.
pub struct Found {
    /// Where and how.
    pub why: String,
    /// Whether it is the body that differs, and no header or status.
    pub body: bool,
    /// The answer.
    pub answered: Answered,
    /// What is random on the page, and what it really was.
    pub known: Known,
}

impl std::fmt::Display for Found {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Answered { status, text, .. } = &self.answered;
        write!(formatter, "  {}\n  {status} {text}", self.why)
    }
}

/// Of the example in RFC 8037, appendix A.1: known to everybody, and so in no use anywhere.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

fn host() -> Host {
    Options::default().variable("signing_key", SEED).start()
}

impl Runner {
    /// On a new host, at noon of 21 November 2026 in Shanghai.
    pub fn start() -> Self {
        Self {
            host: host(),
            now: "2026-11-21T12:00:00+08:00".to_owned(),
            known: Known::new(),
        }
    }

    /// Makes a request and compares its answer.
    pub async fn take(&mut self, step: &Step) -> Result<(), Box<Found>> {
        for before in &step.before {
            match before {
                Before::At(moment) => self.now.clone_from(moment),
                Before::Fresh => {
                    self.host = host();
                    self.known.clear();
                }
                Before::Filled(segment) => self.fill(segment).await,
            }
        }
        let answered = self.send(step).await;
        match self.compare(step, &answered) {
            None => Ok(()),
            Some((why, body)) => Err(Box::new(Found {
                why,
                body,
                answered,
                known: self.known.clone(),
            })),
        }
    }

    /// Takes a good minute: so long a request may be under way that knows the definition of before.
    async fn fill(&self, segment: &str) {
        let shop = self.host.shop().at(&self.now);
        for _ in 0..150 {
            shop.post("/v1/tick", json!({})).await.ok();
            let fill = shop.get(&format!("/v1/segments/{segment}/fill")).await.ok();
            if fill["state"] == "done" {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("{segment} was not filled in 150 s");
    }

    async fn send(&self, step: &Step) -> Answered {
        let shop = self.host.shop().at(&self.now);
        let method: Method = step.method.parse().expect("a method");
        let mut request = shop.request(method, &self.really(&step.path));
        if !step.body.is_empty() {
            request = request
                .header("content-type", "application/json")
                .body(self.really(&step.body));
        }
        for (name, value) in &step.headers {
            request = request.header(name, self.really(value));
        }
        Shop::send(request).await
    }

    /// The same text with what was random as it is now, in whatever way people write a code.
    fn really(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (shown, real) in &self.known {
            for (from, to) in written(shown).into_iter().zip(written(real)) {
                text = text.replace(&from, &to);
            }
        }
        text
    }

    /// How they differ, and whether the body does.
    fn compare(&mut self, step: &Step, answered: &Answered) -> Option<(String, bool)> {
        let status = answered.status;
        match step.status {
            Some(wanted) if wanted != status.as_u16() => {
                return Some((format!("the page says {wanted}"), false));
            }
            None if !status.is_success() => {
                return Some(("the page tells of no error".to_owned(), false));
            }
            _ => {}
        }
        let body = step
            .answer
            .as_ref()
            .and_then(|shown| match expected::read(&shown.text) {
                Ok(wanted) => wanted.differs(&answered.body, &mut self.known),
                Err(wrong) => Some(wrong),
            });
        let mut headers = step.answer_headers.iter();
        let header = headers.find_map(|Header { name, value, .. }| {
            let real = answered.header(name).unwrap_or_default();
            let other = !expected::fits(&self.really(value), real);
            other.then(|| format!("{name}: the page says {value}, the service {real}"))
        });
        body.map(|why| (why, true))
            .or(header.map(|why| (why, false)))
    }
}

fn written(code: &str) -> [String; 3] {
    let small = code.to_lowercase();
    [code.to_owned(), small.clone(), small.replace('-', "")]
}
