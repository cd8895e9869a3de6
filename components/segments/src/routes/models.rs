//! `/v1/segments/models/{lifetime|rfm|lifecycle}`: what is known of the whole population.

use axum::extract::State;
use axum::routing::get;
use rapport_records::models::{Kept, Lifetime, ModelSet, Models, Rfm, Set, Wanted};
use rapport_rules::LifecycleBounds;
use rapport_store::{Change, Committed, Key, Nothing, Request};
use rapport_types::Timestamp;
use rapport_web::{Answer, App, Ask, Command, Problem, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(
            "/v1/segments/models/lifetime",
            get(read::<Lifetime>).put(set::<Lifetime>),
        )
        .route("/v1/segments/models/rfm", get(read::<Rfm>).put(set::<Rfm>))
        .route(
            "/v1/segments/models/lifecycle",
            get(read::<LifecycleBounds>).put(set::<LifecycleBounds>),
        )
}

/// A kind of model, with its place in the document and in the addresses.
trait Model: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    const NAME: &'static str;
    fn kept(models: &ModelSet) -> Option<&Kept<Self>>;
    fn wanted(self) -> Wanted;
    /// What holds where none was set.
    fn unset() -> Option<Self> {
        None
    }
}

impl Model for Lifetime {
    const NAME: &'static str = "lifetime";
    fn kept(models: &ModelSet) -> Option<&Kept<Self>> {
        models.lifetime.as_ref()
    }
    fn wanted(self) -> Wanted {
        Wanted::Lifetime(self)
    }
}

impl Model for Rfm {
    const NAME: &'static str = "rfm";
    fn kept(models: &ModelSet) -> Option<&Kept<Self>> {
        models.rfm.as_ref()
    }
    fn wanted(self) -> Wanted {
        Wanted::Rfm(self)
    }
}

impl Model for LifecycleBounds {
    const NAME: &'static str = "lifecycle";
    fn kept(models: &ModelSet) -> Option<&Kept<Self>> {
        models.lifecycle.as_ref()
    }
    fn wanted(self) -> Wanted {
        Wanted::Lifecycle(self)
    }
    fn unset() -> Option<Self> {
        Some(Self::default())
    }
}

/// A model as it is answered.
#[derive(Debug, Serialize, Deserialize)]
struct View {
    /// Its own fields.
    #[serde(flatten)]
    model: Value,
    /// 0 where none was set.
    version: u64,
    updated_at: Option<Timestamp>,
    rev: u64,
}

impl View {
    fn of<M: Model>(models: &ModelSet) -> Result<Option<Self>, Problem> {
        let view = match M::kept(models) {
            Some(kept) => Self {
                model: json(&kept.model)?,
                version: kept.version,
                updated_at: Some(kept.updated_at),
                rev: kept.rev,
            },
            None => {
                let Some(unset) = M::unset() else {
                    return Ok(None);
                };
                Self {
                    model: json(&unset)?,
                    version: 0,
                    updated_at: None,
                    rev: 0,
                }
            }
        };
        Ok(Some(view))
    }
}

fn json(model: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(model).map_err(|error| Problem::internal(error.to_string()))
}

/// What is kept with an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
struct Put {
    created: bool,
    view: View,
}

async fn read<M: Model>(State(app): State<App>, ask: Ask) -> Result<Answer, Problem> {
    let found = app.store.read(&Key::<Models>::single()).await?;
    let models = found.map(|found| found.value).unwrap_or_default();
    let Some(view) = View::of::<M>(&models)? else {
        return Err(Problem::not_found("model", M::NAME));
    };
    Ok(Answer::ok(&view)?.rev(view.rev).unless(&ask.condition))
}

async fn set<M: Model>(State(app): State<App>, command: Command<M>) -> Result<Answer, Problem> {
    let once = command.once();
    let request = Request {
        now: command.now,
        once: once.as_ref(),
        dry_run: command.dry_run,
        carrier: &Nothing,
    };
    let committed: Committed<Put> = app
        .store
        .update(&Key::<Models>::single(), request, |current| {
            let mut models = current.value.unwrap_or_default();
            command
                .condition
                .check(M::kept(&models).map_or(0, |kept| kept.rev))?;
            let wanted = command.body.clone().wanted();
            let set = models
                .set(wanted, command.now, current.next_rev)
                .map_err(Problem::invalid)?;
            let view = View::of::<M>(&models)?
                .ok_or_else(|| Problem::internal("a model just set is not there"))?;
            let answer = Put {
                created: set == Set::Created,
                view,
            };
            Ok::<_, Problem>(match set {
                Set::Same => Change::Keep(answer),
                Set::Created | Set::Changed => Change::Commit {
                    value: models,
                    effects: Vec::new(),
                    answer,
                },
            })
        })
        .await?;
    let Put { created, view } = committed.answer;
    let answer = match created {
        true => Answer::created(&view)?,
        false => Answer::ok(&view)?,
    };
    Ok(answer.rev(view.rev).replayed(committed.replayed))
}
