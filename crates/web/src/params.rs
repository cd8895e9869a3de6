//! Query strings and path parameters.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use rapport_store::Later;
use serde::de::DeserializeOwned;

use crate::code::Code;
use crate::problem::Problem;

/// The path's parameters, parsed: `Path<CustomerId>` or a tuple. What does not parse is `invalid_parameter`.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        path(parts).await
    }
}

/// In a box, so that it is compiled for each `T` and not in each handler.
fn path<T: DeserializeOwned + Send>(parts: &mut Parts) -> Later<'_, Result<Path<T>, Problem>> {
    Box::pin(async move {
        match <axum::extract::Path<T> as FromRequestParts<()>>::from_request_parts(parts, &()).await
        {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            Err(rejection) => Err(wrong_path(&rejection)),
        }
    })
}

#[cold]
fn wrong_path(rejection: &PathRejection) -> Problem {
    Problem::new(
        Code::InvalidParameter,
        format!("The path is wrong: {}", rejection.body_text()),
    )
}

impl<T, S> OptionalFromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send + 'static,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        let path = <axum::extract::Path<T> as OptionalFromRequestParts<S>>::from_request_parts(
            parts, state,
        )
        .await;
        Ok(path
            .ok()
            .flatten()
            .map(|axum::extract::Path(value)| Self(value)))
    }
}

/// The query string, parsed; `T` should deny unknown fields. `dry_run`, which every mutation knows, is left out.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<T, S> FromRequestParts<S> for Params<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

#[inline(never)]
fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let own = own(query)?;
    serde_urlencoded::from_str(&own).map_err(wrong)
}

/// What `query` says beside `dry_run`.
fn own(query: &str) -> Result<String, Problem> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(wrong)?;
    let own: Vec<_> = pairs
        .into_iter()
        .filter(|(name, _)| name != "dry_run")
        .collect();
    serde_urlencoded::to_string(own).map_err(|error| wrong(error.to_string()))
}

fn wrong(error: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::InvalidParameter,
        format!("The query is wrong: {error}."),
    )
}

/// What the query of a mutation may say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags {
    pub dry_run: bool,
    pub force: bool,
}

/// What the query says: `dry_run=true`, and of a `DELETE` `force=true`, each once, and nothing else. A misspelt `dry_run` must not
/// run for real.
pub(crate) fn flags(parts: &Parts) -> Result<Flags, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(wrong)?;
    let deletes = parts.method == http::Method::DELETE;
    let mut flags = Flags::default();
    let mut seen = Vec::new();
    for (name, value) in &pairs {
        let flag = match name.as_str() {
            "dry_run" => &mut flags.dry_run,
            "force" if deletes => &mut flags.force,
            _ => return Err(wrong(format!("this takes dry_run, not {name:?}"))),
        };
        if seen.contains(&name) {
            return Err(wrong(format!("this takes {name}, once")));
        }
        seen.push(name);
        *flag = match value.as_str() {
            "true" => true,
            "false" => false,
            other => return Err(wrong(format!("{name} is true or false, not {other:?}"))),
        };
    }
    Ok(flags)
}
