//! `/v1/loyalty/rewards`: the catalogue of rewards, and who may redeem what.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use futures_util::future::try_join3;
use rapport_loyalty::reward::{Asker, MAX_REWARDS, PerPeriod, Pools, Reward, Stock, Terms};
use rapport_loyalty::tier::standing;
use rapport_records::accounts;
use rapport_records::rewards::{self, Catalogue, Catalogues, Listed};
use rapport_records::segments;
use rapport_store::Versioned;
use rapport_types::{CustomerId, Slug, Timestamp};
use rapport_web::{Answer, App, Ask, Code, Command, Params, Path, Problem, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::carry_out::{end, moment};
use crate::catalogue;
use crate::refusal::sentence;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/rewards", get(list)).route(
        "/v1/loyalty/rewards/{id}",
        get(read).put(put).delete(delete),
    )
}

/// A reward as clients write it: its moments may be days of the shop.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    description: Option<String>,
    points: i64,
    stock: Option<u64>,
    per_customer: Option<u32>,
    per_period: Option<PerPeriod>,
    from: Option<String>,
    until: Option<String>,
    #[serde(default)]
    tiers: Vec<Slug>,
    audience: Option<Value>,
    #[serde(default)]
    voucher: Terms,
}

impl Body {
    fn reward(&self, app: &App) -> Result<Reward, Problem> {
        let zone = &app.settings.zone;
        let reward = Reward {
            name: self.name.clone(),
            description: self.description.clone(),
            points: self.points,
            stock: self.stock,
            per_customer: self.per_customer,
            per_period: self.per_period,
            from: moment(self.from.as_deref(), "/from", zone)?,
            until: end(self.until.as_deref(), "/until", zone)?,
            tiers: self.tiers.clone(),
            audience: self.audience.clone(),
            voucher: self.voucher.clone(),
        };
        let wrong = rewards::check(&reward);
        match wrong.is_empty() {
            true => Ok(reward),
            false => Err(Problem::invalid(wrong)),
        }
    }
}

impl catalogue::Catalogue for Catalogues {
    type Entry = Reward;
    type Listed = Listed;
    const NOUN: &'static str = "reward";
    const MOST: usize = MAX_REWARDS;

    fn full() -> String {
        format!("a catalogue has at most {MAX_REWARDS} rewards; delete one first")
    }

    fn entries(catalogue: &mut Catalogue) -> &mut BTreeMap<Slug, Listed> {
        &mut catalogue.rewards
    }

    fn listed(reward: Reward, rev: u64) -> Listed {
        Listed { reward, rev }
    }

    fn parts(listed: &Listed) -> (&Reward, u64) {
        (&listed.reward, listed.rev)
    }
}

#[derive(Debug, Serialize)]
struct RewardView {
    id: Slug,
    #[serde(flatten)]
    reward: Reward,
    /// How many are redeemed, less those that were cancelled.
    redeemed: u64,
    /// How many are left; `null`: any number.
    left: Option<u64>,
    #[serde(skip)]
    left_of_stock: Option<u64>,
    #[serde(skip)]
    codes_left: Option<u64>,
    rev: u64,
    #[serde(flatten)]
    whether: Option<Whether>,
}

/// Whether a customer can redeem it now.
#[derive(Debug, Serialize)]
struct Whether {
    can_redeem: bool,
    why_not: Vec<Reason>,
}

#[derive(Debug, Serialize)]
struct Reason {
    code: &'static str,
    detail: String,
}

impl RewardView {
    fn new(id: Slug, listed: Listed, stock: &Stock, pools: &Pools) -> Self {
        let codes = listed.reward.has_pool().then(|| pools.total(&id));
        let codes_left = codes.map(|total| stock.codes_left(total));
        let left = stock.left(listed.reward.stock);
        Self {
            left: left.into_iter().chain(codes_left).min(),
            left_of_stock: left,
            codes_left,
            redeemed: stock.taken(),
            id,
            reward: listed.reward,
            rev: listed.rev,
            whether: None,
        }
    }
}

#[derive(Debug, Serialize)]
struct Page {
    items: Vec<RewardView>,
    next_cursor: Option<Slug>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    customer: Option<CustomerId>,
    limit: Option<u16>,
    cursor: Option<Slug>,
}

async fn list(
    State(app): State<App>,
    Params(query): Params<Query>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        let detail = format!("limit is a number from 1 to 200, not {limit}.");
        return Err(Problem::new(Code::InvalidParameter, detail));
    }
    let found = rewards::catalogue(&app.store).await?;
    let listed = found.as_ref().as_ref().map(|found| &found.value.rewards);
    let after = |id: &Slug| query.cursor.as_ref().is_none_or(|cursor| id > cursor);
    let mut rest = listed.into_iter().flatten().filter(|(id, _)| after(id));
    let some: Vec<(&Slug, &Listed)> = rest.by_ref().take(usize::from(limit)).collect();
    let more = rest.next().is_some();
    let last = some.last().map(|(id, _)| (*id).clone());
    let ids: Vec<&Slug> = some.iter().map(|(id, _)| *id).collect();
    let stocks = rewards::stocks(&app.store, &ids).await?;
    let pools = pools(&app, some.iter().map(|(_, listed)| *listed)).await?;
    let items = some.iter().zip(&stocks);
    let mut items: Vec<RewardView> = items
        .map(|((id, listed), stock)| {
            RewardView::new((*id).clone(), (*listed).clone(), stock, &pools)
        })
        .collect();
    if let Some(customer) = &query.customer {
        judge(&app, customer, &mut items, ask.now).await?;
    }
    let page = Page {
        items,
        next_cursor: last.filter(|_| more),
    };
    let rev = found.as_ref().as_ref().map_or(0, |found| found.rev);
    Ok(Answer::ok(&page)?.named(rev).unless(&ask.condition))
}

/// The pools, where one of these has one.
async fn pools(app: &App, mut listed: impl Iterator<Item = &Listed>) -> Result<Pools, Problem> {
    if !listed.any(|listed| listed.reward.has_pool()) {
        return Ok(Pools::default());
    }
    let found = rewards::pools::pools(&app.store).await?;
    let found = found.as_ref().as_ref();
    Ok(found.map(|found| found.value.clone()).unwrap_or_default())
}

/// Says of each reward whether `customer` can redeem it at `now`, and why not.
async fn judge(
    app: &App,
    customer: &CustomerId,
    items: &mut [RewardView],
    now: Timestamp,
) -> Result<(), Problem> {
    let (store, zone) = (&app.store, &app.settings.zone);
    let rules: Vec<_> = items.iter().map(|i| i.reward.audience.as_ref()).collect();
    let (account, program, passed) = try_join3(
        accounts::ledger(store, customer),
        accounts::program(store),
        rewards::passes(store, customer, &rules, now, zone),
    )
    .await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let mut ledger = account.value.at(now);
    accounts::see(store, customer, &mut ledger, program, now, zone).await?;
    let standing = standing(&ledger, program, now, zone);
    for (item, in_audience) in items.iter_mut().zip(passed) {
        let asker = Asker {
            ledger: &ledger,
            tier: standing.tier.as_ref(),
            in_audience,
            left: item.left_of_stock,
            codes_left: item.codes_left,
            now,
            zone,
        };
        let mut why_not: Vec<Reason> = Vec::new();
        if ledger.frozen.is_some() {
            why_not.push(Reason {
                code: "account_frozen",
                detail: "The account is frozen.".to_owned(),
            });
        }
        let denied = item.reward.denied(&item.id, asker);
        why_not.extend(denied.into_iter().map(|denied| Reason {
            code: denied.code(),
            detail: sentence(&denied.to_string()),
        }));
        item.whether = Some(Whether {
            can_redeem: why_not.is_empty(),
            why_not,
        });
    }
    Ok(())
}

fn listed(found: Option<&Versioned<Catalogue>>, id: &Slug) -> Result<Listed, Problem> {
    let listed = found.and_then(|found| found.value.rewards.get(id));
    listed
        .cloned()
        .ok_or_else(|| Problem::not_found("reward", id.as_str()))
}

async fn read(State(app): State<App>, Path(id): Path<Slug>, ask: Ask) -> Result<Answer, Problem> {
    let found = rewards::catalogue(&app.store).await?;
    let listed = listed(found.as_ref().as_ref(), &id)?;
    let stock = rewards::stock(&app.store, &id).await?;
    let pools = pools(&app, [&listed].into_iter()).await?;
    let view = RewardView::new(id, listed, &stock, &pools);
    let rev = view.rev;
    Ok(Answer::ok(&view)?.named(rev).unless(&ask.condition))
}

async fn put(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    let reward = command.body.reward(&app)?;
    let unknown = match reward.audience {
        Some(_) => {
            let definitions = segments::compiled(&app.store).await?;
            rewards::check_names(&reward, &definitions)
        }
        None => Vec::new(),
    };
    let put = catalogue::put::<Catalogues, _>(&app, &command, &id, &reward, &unknown).await?;
    let (rev, _) = put.answer;
    let stock = rewards::stock(&app.store, &id).await?;
    let listed = Listed { reward, rev };
    let pools = pools(&app, [&listed].into_iter()).await?;
    let view = RewardView::new(id, listed, &stock, &pools);
    catalogue::answer(&put, &view)
}

async fn delete(
    State(app): State<App>,
    Path(id): Path<Slug>,
    command: Command<()>,
) -> Result<Answer, Problem> {
    catalogue::delete::<Catalogues>(&app, &command, &id).await
}
