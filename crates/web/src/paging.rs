//! `limit` and `cursor`.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::params::Params;
use crate::problem::Problem;

/// How much of a list, and from where: `?limit=` (1 to 200, default 50) and `?cursor=`.
#[derive(Debug, Clone, Copy)]
pub struct Paging {
    /// The most items to answer.
    pub limit: usize,
    /// The number after which to go on.
    pub after: Option<u64>,
}

/// A list as it is answered.
#[derive(Debug, Serialize)]
pub struct List<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page that ends at `next`, or the last one.
    pub fn new(items: Vec<T>, next: Option<u64>) -> Self {
        Self {
            items,
            next_cursor: next.map(cursor),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<u16>,
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Params(query) = Params::<Query>::from_request_parts(parts, state).await?;
        Self::asked(query.limit, query.cursor.as_deref())
    }
}

impl Paging {
    /// What a query says of paging, where it says more than that.
    pub fn asked(limit: Option<u16>, cursor: Option<&str>) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(50);
        if !(1..=200).contains(&limit) {
            return Err(Problem::new(
                Code::InvalidParameter,
                format!("limit is a number from 1 to 200, not {limit}."),
            ));
        }
        let after = cursor.map(number).transpose()?;
        Ok(Self {
            limit: usize::from(limit),
            after,
        })
    }
}

/// A number as a cursor: not for people to build on.
fn cursor(number: u64) -> String {
    format!("c{:x}", number.rotate_left(7))
}

fn number(cursor: &str) -> Result<u64, Problem> {
    cursor
        .strip_prefix('c')
        .and_then(|hex| u64::from_str_radix(hex, 16).ok())
        .map(|number| number.rotate_right(7))
        .ok_or_else(|| {
            Problem::new(
                Code::InvalidParameter,
                "cursor must be a next_cursor that this list answered.",
            )
        })
}
