//! `GET /v1/segments/{id}/export`: an audience as CSV or as lines of JSON, in parts of up to 10,000 members.
//!
//! A part is a whole body: `Link` with `rel="next"` names the address of the next one. Put together in their order the parts are one file:
//! the line with the names of the columns is in the first one only.

use std::fmt::Write;

use axum::extract::State;
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use rapport_records::audiences::{self, InAudience};
use rapport_types::Slug;
use rapport_web::{Answer, App, Code, Params, Path, Problem, Router};
use serde::Deserialize;
use serde_json::json;

use super::audiences::{audience_of, cursor};

/// The most members of a part.
const MOST: usize = 10_000;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/{id}/export", get(export))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    format: Option<Format>,
    limit: Option<usize>,
    cursor: Option<String>,
    /// Whether ids in CSV that a spreadsheet would take for formulas are marked as text; so it is where it is left out.
    guard: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Csv,
    Ndjson,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// What `Accept` asks for: CSV where it names that, else lines of JSON.
    fn accepted(headers: &HeaderMap) -> Self {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let names = |name: &str| {
            accept
                .split(',')
                .filter_map(|part| part.split(';').next())
                .any(|part| part.trim().eq_ignore_ascii_case(name))
        };
        if names("text/csv") && !names("application/x-ndjson") {
            Self::Csv
        } else {
            Self::Ndjson
        }
    }
}

async fn export(
    State(app): State<App>,
    Path(id): Path<Slug>,
    Params(query): Params<Query>,
    headers: HeaderMap,
) -> Result<Answer, Problem> {
    let limit = query.limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(
            Code::InvalidParameter,
            format!("limit is a number from 1 to {MOST}, not {limit}."),
        ));
    }
    let after = cursor(query.cursor.as_deref())?;
    let format = query.format.unwrap_or_else(|| Format::accepted(&headers));
    let guard = query.guard.unwrap_or(true);
    let audience = audience_of(&app, &id).await?;
    let page = audiences::page(&audience.set, after, limit).await?;
    let body = match format {
        Format::Csv => csv(&page.members, after.is_none(), guard),
        Format::Ndjson => ndjson(&page.members),
    };
    let complete = if audience.complete { "true" } else { "false" };
    let mut answer = Answer::raw(StatusCode::OK, format.content_type(), body.into())
        .header(
            HeaderName::from_static("rapport-definition-version"),
            HeaderValue::from(audience.version),
        )
        .header(
            HeaderName::from_static("rapport-audience-complete"),
            HeaderValue::from_static(complete),
        )
        .header(header::VARY, HeaderValue::from_static("Accept"));
    if let Some(next) = page.next {
        let link = format!(
            "</v1/segments/{id}/export?format={}&limit={limit}{}&cursor={next}>; rel=\"next\"",
            format.name(),
            if guard { "" } else { "&guard=false" }
        );
        if let Ok(link) = HeaderValue::from_str(&link) {
            answer = answer.header(header::LINK, link);
        }
    }
    Ok(answer)
}

/// As RFC 4180 has it.
fn csv(members: &[InAudience], with_names: bool, guard: bool) -> String {
    let mut text = String::new();
    if with_names {
        text.push_str("customer,since\r\n");
    }
    for member in members {
        let customer = match guard && is_formula(&member.customer) {
            true => quoted(&format!("'{}", member.customer)),
            false => quoted(&member.customer),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{customer},{}\r\n", member.since);
    }
    text
}

/// Whether a spreadsheet would work a cell out instead of showing it (OWASP, CSV injection). A number with its sign, such as a phone number, does
/// no harm, and stays what other programs know.
fn is_formula(text: &str) -> bool {
    const BEGINS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    let number = text.strip_prefix(['+', '-']).is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    text.starts_with(BEGINS) && !number
}

/// Ids have no line breaks. In some countries spreadsheets part cells by semicolons.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn ndjson(members: &[InAudience]) -> String {
    let mut text = String::new();
    for member in members {
        let line = json!({"customer": member.customer, "since": member.since});
        let _ = writeln!(text, "{line}");
    }
    text
}
