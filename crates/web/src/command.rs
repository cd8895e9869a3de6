//! A mutation as handlers take it.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::request::Parts;
use http_body_util::BodyExt;
use rapport_store::{Carrier, Later, Once, Table};
use rapport_types::{Timestamp, Violation, hash};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::App;
use crate::body::{self, BATCH_LIMIT, LIMIT, Oversized};
use crate::clock;
use crate::code::Code;
use crate::condition::Condition;
use crate::exact;
use crate::params;
use crate::problem::Problem;

/// The most numbers that one answer names.
const MOST_ERRORS: usize = 100;

/// A mutation: its body as JSON of the shape `T`, and what every mutation may carry. `MAX` bounds the body's bytes.
///
/// Take it as a handler's last argument. `Command<()>` takes no body.
#[derive(Debug, Clone)]
pub struct Command<T, const MAX: usize = LIMIT> {
    /// The body.
    pub body: T,
    /// When.
    pub now: Timestamp,
    /// The `Idempotency-Key`, if one came: for deriving ids from it.
    pub key: Option<String>,
    /// Hash of method, address and body: the same key must come with the same.
    pub fingerprint: u64,
    /// `?dry_run=true`: answer in full, commit nothing.
    pub dry_run: bool,
    /// `?force=true`, which only a `DELETE` takes: although others stand on it.
    pub force: bool,
    /// `If-Match` and `If-None-Match`.
    pub condition: Condition,
}

impl<T, const MAX: usize> Command<T, MAX> {
    /// The idempotency key as the store takes it.
    pub fn once(&self) -> Option<Once> {
        self.key.as_deref().map(|key| Once {
            key: hash::u64_of(key),
            request: self.fingerprint,
        })
    }

    /// The command as an update of the store takes it. `once` is [`Self::once`], which the caller keeps meanwhile.
    pub fn request<'a, D: Table>(
        &self,
        once: Option<&'a Once>,
        carrier: &'a dyn Carrier<D>,
    ) -> rapport_store::Request<'a, D> {
        rapport_store::Request {
            now: self.now,
            once,
            dry_run: self.dry_run,
            carrier,
        }
    }

    /// Takes the `key` and the `out_request_no` from the body, which `of` takes out of it, in this order.
    pub fn or_keys(
        &mut self,
        of: impl FnOnce(&mut T) -> (Option<String>, Option<String>),
    ) -> Result<(), Problem> {
        let (key, number) = of(&mut self.body);
        self.or_key(key.as_deref())?;
        self.or_out_request_no(number.as_deref())
    }

    /// Takes a `key` from the body, which means the same as the header. Both may come if they are the same.
    pub fn or_key(&mut self, key: Option<&str>) -> Result<(), Problem> {
        self.or_key_at("key", key)
    }

    /// The same of `out_request_no`, as a mini-program calls the number that it gives a request.
    pub fn or_out_request_no(&mut self, number: Option<&str>) -> Result<(), Problem> {
        self.or_key_at("out_request_no", number)
    }

    fn or_key_at(&mut self, field: &str, key: Option<&str>) -> Result<(), Problem> {
        let Some(key) = key else { return Ok(()) };
        let place = format!("/{field}");
        check_key(key).map_err(|detail| Problem::invalid_at(&place, "invalid_key", detail))?;
        match &self.key {
            Some(other) if other != key => Err(Problem::invalid_at(
                &place,
                "two_keys",
                "The header Idempotency-Key, key and out_request_no mean the same; those that are sent must be equal.",
            )),
            _ => {
                self.key = Some(key.to_owned());
                Ok(())
            }
        }
    }
}

impl<T, const MAX: usize> FromRequest<App> for Command<T, MAX>
where
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let received = Received::of(request, MAX).await?;
        let body = received.body()?;
        received.check_numbers()?;
        received.command(body, app)
    }
}

/// A command in a format in which much is sent that nobody keeps: a number that would not stay as it was sent does not refuse it.
/// Whoever takes it refuses what is kept, by [`exact::Inexact`].
#[derive(Debug, Clone)]
pub struct Loose<const MAX: usize = LIMIT> {
    /// The command.
    pub command: Command<Value, MAX>,
    /// Its body, as it was sent.
    pub sent: Bytes,
}

/// A batch in such a format: its body has up to 4 MB.
pub type LooseBatch = Loose<BATCH_LIMIT>;

impl<const MAX: usize> FromRequest<App> for Loose<MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let received = Received::of(request, MAX).await?;
        let command = received.command(received.body()?, app)?;
        let sent = received.bytes;
        Ok(Self { command, sent })
    }
}

/// A request whose body is there. Nothing here knows the body's shape, so it is compiled once and not for each.
struct Received {
    parts: Parts,
    bytes: Bytes,
}

impl Received {
    /// A request with a body of at most `max` bytes, which is JSON by its type and an object by its looks, if there is any.
    fn of(request: Request, max: usize) -> Later<'static, Result<Self, Problem>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            if parts.extensions.get::<Oversized>().is_some() {
                return Err(body::too_large(max));
            }
            let bytes = body
                .collect()
                .await
                .map_err(|error| Problem::internal(error.to_string()))?
                .to_bytes();
            body::check_size(&bytes, max)?;
            if !bytes.is_empty() {
                body::check_type(&parts.headers)?;
                body::check_object(&bytes)?;
            }
            Ok(Self { parts, bytes })
        })
    }

    fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        // Nothing is what `()` is made of; every other shape says what it misses. What takes no body takes an empty object, too:
        // many clients cannot send nothing.
        let nothing = matches!(self.bytes.trim_ascii(), b"" | b"{}");
        match body::parse(&self.bytes) {
            Ok(body) => Ok(body),
            Err(_) if self.bytes.is_empty() => body::parse(b"null").map_err(|_| empty()),
            Err(problem) if nothing => body::parse(b"null").map_err(|_| problem),
            Err(problem) => Err(problem),
        }
    }

    /// Refuses numbers that would not stay as they were sent.
    fn check_numbers(&self) -> Result<(), Problem> {
        let wrong: Vec<Violation> = exact::inexact(&self.bytes).take(MOST_ERRORS).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Problem::invalid(wrong))
    }

    fn command<T, const MAX: usize>(&self, body: T, app: &App) -> Result<Command<T, MAX>, Problem> {
        let rest = self.read(app)?;
        Ok(Command {
            body,
            now: rest.now,
            key: rest.key,
            fingerprint: rest.fingerprint,
            dry_run: rest.dry_run,
            force: rest.force,
            condition: rest.condition,
        })
    }

    /// What every mutation may carry beside its body.
    fn read(&self, app: &App) -> Result<Command<()>, Problem> {
        let Self { parts, bytes } = self;
        let flags = params::flags(parts)?;
        Ok(Command {
            body: (),
            now: clock::now(app.settings.clock, &parts.headers)?,
            key: idempotency_key(parts)?,
            fingerprint: fingerprint(parts, bytes),
            dry_run: flags.dry_run,
            force: flags.force,
            condition: Condition::read(&parts.headers)?,
        })
    }
}

#[cold]
fn empty() -> Problem {
    let detail = "The body is empty; this address takes JSON.";
    Problem::new(Code::InvalidJson, detail)
}

fn fingerprint(parts: &Parts, body: &Bytes) -> u64 {
    let address = parts
        .uri
        .path_and_query()
        .map_or("/", |address| address.as_str());
    // Bytes that are no text were refused as JSON before.
    let body = std::str::from_utf8(body).unwrap_or_default();
    hash::u64_of_parts(&[parts.method.as_str(), address, body])
}

fn idempotency_key(parts: &Parts) -> Result<Option<String>, Problem> {
    let Some(value) = parts.headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
    check_key(key).map_err(|detail| Problem::new(Code::InvalidParameter, detail))?;
    Ok(Some(key.to_owned()))
}

fn check_key(key: &str) -> Result<(), String> {
    if key.is_empty() || key.len() > 255 || key.chars().any(char::is_control) {
        return Err(
            "An idempotency key has 1 to 255 bytes of text without control characters.".to_owned(),
        );
    }
    Ok(())
}
