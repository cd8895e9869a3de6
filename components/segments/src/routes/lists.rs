//! `POST /v1/segments/{id}/members` and `POST /v1/segments/{id}/snapshot`: people put customers into a segment and take them out; an
//! audience is frozen.

use axum::extract::State;
use axum::routing::post;
use futures_util::future::join_all;
use rapport_records::customers::{self, Asked};
use rapport_records::effects::CustomerCarrier;
use rapport_records::fill;
use rapport_records::freshness::Listed;
use rapport_records::requests;
use rapport_records::segments::{self, Compiled, Kind, Origin};
use rapport_store::Once;
use rapport_types::{CustomerId, Slug, Violation, hash};
use rapport_web::{Answer, App, Code, Command, Path, Problem, Router};
use serde::{Deserialize, Serialize};

use super::audiences::find;
use super::commit::{Terms, answer_put, commit, refused};
use super::definitions::{is_reserved, put_segment, reserved};

/// The most customers that one request puts in and takes out.
const MOST: usize = 1_000;
/// A version that no definition has: what is asked of it changes nothing.
const GONE: u64 = 0;
/// Customers committed at a time.
const AT_A_TIME: usize = 16;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/segments/{id}/snapshot", post(snapshot))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Results {
    results: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    customer: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Violation>,
}

/// What became of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Added,
    Removed,
    /// It was so already.
    Unchanged,
    /// There is no such customer, or the id is none.
    Refused,
    /// The store did not take it, or it is not known whether it did. Send it again.
    Failed,
}

/// One to be put in or taken out.
struct Item<'a> {
    text: &'a str,
    /// Where it stands in the body.
    pointer: String,
    adds: bool,
}

pub(super) async fn change(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    let Body { add, remove } = &command.body;
    let number = add.len().saturating_add(remove.len());
    if number > MOST {
        let detail = format!("One request changes {MOST} customers at most, not {number}.");
        return Err(Problem::invalid_at("", "too_many", detail));
    }
    let compiled = segments::compiled(&app.store).await?;
    let allowed = allowed(&compiled, &id, &command);
    // The key's documents are those of the customers: another body may name others, and would find it in none. One that came before is
    // answered as it was then, though the segment may be gone or another: nobody is put into that, or taken out.
    let mut came = false;
    if let Some(once) = command.once() {
        let dry = command.dry_run || allowed.is_err();
        came = requests::claim::<Problem>(&app.store, &once, command.now, dry).await?;
    }
    let version = match allowed {
        Ok(version) => version,
        Err(_) if came => GONE,
        Err(problem) => return Err(problem),
    };
    let item = |adds: bool, name: &'static str| {
        move |(index, text): (usize, &'_ String)| (adds, format!("/{name}/{index}"), text.clone())
    };
    let adds = add.iter().enumerate().map(item(true, "add"));
    let removes = remove.iter().enumerate().map(item(false, "remove"));
    let items: Vec<(bool, String, String)> = adds.chain(removes).collect();
    let carrier = CustomerCarrier::new(command.now, &app.settings.zone);
    let mut results = Vec::with_capacity(items.len());
    for some in items.chunks(AT_A_TIME) {
        let tries = some.iter().map(|(adds, pointer, text)| {
            let item = Item {
                text,
                pointer: pointer.clone(),
                adds: *adds,
            };
            one(&app, (&id, version), &command, item, &carrier)
        });
        results.extend(join_all(tries).await);
    }
    let mut lines = Vec::with_capacity(results.len());
    let mut taken = results.is_empty();
    let mut replayed = results.iter().any(|done| matches!(done, Done::Kept(..)));
    let mut failure = None;
    for done in results {
        let (line, problem) = match done {
            Done::Taken(line) => {
                // Who is refused has no document that could keep an answer.
                replayed &= line.status == Status::Refused;
                (line, None)
            }
            Done::Kept(line) => (line, None),
            Done::Failed(line, problem) => (line, Some(problem)),
        };
        taken |= problem.is_none();
        failure = failure.or(problem);
        lines.push(line);
    }
    // Nothing was taken: the whole request failed, and says so by its status.
    if let (false, Some(problem)) = (taken, failure) {
        return Err(problem);
    }
    Ok(Answer::ok(&Results { results: lines })?.replayed(replayed))
}

/// The version of the list that is to be changed, or why it cannot be.
fn allowed(compiled: &Compiled, id: &Slug, command: &Command<Body>) -> Result<u64, Problem> {
    let definition = find(compiled, id)?;
    command.condition.check(definition.rev)?;
    match definition.kind {
        Kind::Dynamic => Err(Problem::new(
            Code::Conflict,
            "Who is in a dynamic segment is decided by its rule. Put customers into a manual one, or mark them with a tag that the rule tests.",
        )),
        Kind::Manual | Kind::Snapshot => Ok(definition.version),
    }
}

/// What came of one.
enum Done {
    Taken(Line),
    /// The same as when its idempotency key first came.
    Kept(Line),
    Failed(Line, Problem),
}

async fn one(
    app: &App,
    (segment, version): (&Slug, u64),
    command: &Command<Body>,
    item: Item<'_>,
    carrier: &CustomerCarrier<'_>,
) -> Done {
    let line = |status, error: Option<(&str, String)>| Line {
        customer: item.text.to_owned(),
        status,
        error: error.map(|(code, detail)| Violation::new(item.pointer.clone(), code, detail)),
    };
    let customer = match CustomerId::parse(item.text) {
        Ok(customer) => customer,
        Err(error) => {
            let error = ("invalid_value", error.to_string());
            return Done::Taken(line(Status::Refused, Some(error)));
        }
    };
    let listed = Listed {
        segment,
        version,
        since: item.adds.then_some(command.now),
    };
    // One key for each customer and what is asked for them: the same one may be taken out and put in.
    let once = command.once().map(|once| Once {
        key: hash::u64_of_parts(&[&once.key.to_string(), &item.pointer]),
        ..once
    });
    let asked = Asked {
        once: once.as_ref(),
        dry_run: command.dry_run,
    };
    let done = customers::list(&app.store, &customer, listed, asked, carrier).await;
    let committed = match done {
        Ok(committed) => committed,
        Err(error) => {
            let problem = Problem::from(error);
            let error = (problem.code().as_str(), problem.detail().to_owned());
            return Done::Failed(line(Status::Failed, Some(error)), problem);
        }
    };
    let line = match committed.answer {
        Some(true) if item.adds => line(Status::Added, None),
        Some(true) => line(Status::Removed, None),
        Some(false) => line(Status::Unchanged, None),
        None => {
            let error = ("not_found", "there is no such customer".to_owned());
            line(Status::Refused, Some(error))
        }
    };
    if committed.replayed {
        Done::Kept(line)
    } else {
        Done::Taken(line)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Freeze {
    id: Slug,
    name: Option<String>,
}

async fn snapshot(
    State(app): State<App>,
    Path(of): Path<Slug>,
    command: Command<Freeze>,
) -> Result<Answer, Problem> {
    let Freeze { id, name } = &command.body;
    if is_reserved(id) {
        return Err(Problem::invalid_at("/id", "invalid_value", reserved(id)));
    }
    let (_, fills) = fill::read(&app.store).await?;
    let committed = commit(&app, &Terms::of(&command), &mut |set, rev| {
        let Some(source) = set.segments.get(&of) else {
            return Err(Problem::not_found("segment", of.as_str()));
        };
        command.condition.check(source.rev)?;
        let shown = fills.shown(source);
        if !shown.complete {
            return Err(Problem::new(
                Code::Conflict,
                "The audience is not filled yet, so it cannot be frozen. Its fill says how far it is.",
            ));
        }
        let from = Origin {
            segment: of.clone(),
            version: shown.version,
            at: command.now,
        };
        let name = name.as_ref().unwrap_or(&source.name).clone();
        let defined = set
            .define_list(id.clone(), &name, Some(from), command.now, rev)
            .map_err(refused)?;
        put_segment(set, id, defined)
    })
    .await?;
    answer_put(committed, Some(&format!("/v1/segments/{id}")))
}
