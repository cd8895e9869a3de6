//! `/v1/segments/models/{lifetime|rfm|lifecycle}`: what is known of the whole population.

use axum::extract::State;
use axum::routing::get;
use rapport_records::models::{Kept, ModelSet, Wanted};
use rapport_records::segments::Definitions;
use rapport_rules::LifecycleBounds;
use rapport_store::Key;
use rapport_types::Timestamp;
use rapport_web::{Answer, App, Ask, Command, Problem, Router};
use serde::Serialize;
use serde_json::{Map, Value};

use super::commit::{Terms, answer_put, commit, put};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v1/segments/models/lifetime",
            get(|app, ask| read(Kind::Lifetime, app, ask))
                .put(|app, command| set(Kind::Lifetime, app, of(command, Wanted::Lifetime))),
        )
        .route(
            "/v1/segments/models/rfm",
            get(|app, ask| read(Kind::Rfm, app, ask))
                .put(|app, command| set(Kind::Rfm, app, of(command, Wanted::Rfm))),
        )
        .route(
            "/v1/segments/models/lifecycle",
            get(|app, ask| read(Kind::Lifecycle, app, ask))
                .put(|app, command| set(Kind::Lifecycle, app, of(command, Wanted::Lifecycle))),
        )
}

/// Which model.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Lifetime,
    Rfm,
    Lifecycle,
}

/// A model as it is answered: its own fields, `version`, `updated_at` and `rev`.
struct View {
    json: Value,
    rev: u64,
}

impl View {
    /// `None` where there is nothing to answer.
    fn of(kind: Kind, models: &ModelSet) -> Result<Option<Self>, Problem> {
        let kept = match kind {
            Kind::Lifetime => models.lifetime.as_ref().map(Self::kept),
            Kind::Rfm => models.rfm.as_ref().map(Self::kept),
            Kind::Lifecycle => Some(match &models.lifecycle {
                Some(kept) => Self::kept(kept),
                // What holds where none was set.
                None => Self::new(&LifecycleBounds::default(), 0, None, 0),
            }),
        };
        kept.transpose()
    }

    fn kept(kept: &Kept<impl Serialize>) -> Result<Self, Problem> {
        Self::new(&kept.model, kept.version, Some(kept.updated_at), kept.rev)
    }

    fn new(
        model: &impl Serialize,
        version: u64,
        updated_at: Option<Timestamp>,
        rev: u64,
    ) -> Result<Self, Problem> {
        let model =
            serde_json::to_value(model).map_err(|error| Problem::internal(error.to_string()))?;
        let mut json = match model {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let updated_at = updated_at.map_or(Value::Null, |at| Value::String(at.to_string()));
        json.insert("version".to_owned(), version.into());
        json.insert("updated_at".to_owned(), updated_at);
        json.insert("rev".to_owned(), rev.into());
        Ok(Self {
            json: Value::Object(json),
            rev,
        })
    }
}

async fn read(kind: Kind, State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let found = app.store.read(&Key::<Definitions>::single()).await?;
    let models = found.map(|found| found.value.models).unwrap_or_default();
    let Some(view) = View::of(kind, &models)? else {
        let name = match kind {
            Kind::Lifetime => "lifetime",
            Kind::Rfm => "rfm",
            Kind::Lifecycle => "lifecycle",
        };
        return Err(Problem::not_found("model", name));
    };
    Ok(Answer::ok(&view.json)?.rev(view.rev).unless(&ask.condition))
}

/// The command with its body as what is wanted: so all kinds share the code of one commit, which is large.
fn of<T>(command: Command<T>, wanted: impl Fn(T) -> Wanted) -> Command<Wanted> {
    Command {
        body: wanted(command.body),
        now: command.now,
        key: command.key,
        fingerprint: command.fingerprint,
        dry_run: command.dry_run,
        force: command.force,
        condition: command.condition,
    }
}

async fn set(
    kind: Kind,
    State(app): State<App>,
    command: Command<Wanted>,
) -> Result<Answer, Problem> {
    let committed = commit(&app, &Terms::of(&command), &mut |definitions, next_rev| {
        let rev = View::of(kind, &definitions.models)?.map_or(0, |view| view.rev);
        command.condition.check(rev)?;
        let defined = definitions
            .set_model(command.body.clone(), command.now, next_rev)
            .map_err(Problem::invalid)?;
        let view = View::of(kind, &definitions.models)?
            .ok_or_else(|| Problem::internal("a model just set is not there"))?;
        put(defined, &view.json)
    })
    .await?;
    answer_put(committed, None)
}
