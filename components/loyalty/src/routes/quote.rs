//! `POST /v1/loyalty/accounts/{customer}/quote`: how many points a cart may use, and what they are worth. Moves nothing.

use axum::extract::State;
use axum::routing::post;
use futures_util::future::try_join;
use rapport_loyalty::quote::{Asked, Limit};
use rapport_loyalty::tier::standing;
use rapport_loyalty::{NoQuote, Quote};
use rapport_records::accounts;
use rapport_types::{CustomerId, Money, Slug};
use rapport_web::{Answer, App, Code, Command, Path, Problem, Router};
use serde::{Deserialize, Serialize};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/loyalty/accounts/{customer}/quote", post(quote))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    cart: Money,
    points: Option<i64>,
}

#[derive(Debug, Serialize)]
struct QuoteView {
    customer: CustomerId,
    cart: Money,
    points: i64,
    value: Money,
    to_pay: Money,
    /// What can be spent at all.
    available: i64,
    limited_by: LimitView,
    tier: Option<Slug>,
    /// What to ask next: it sets these points aside. `null` where no points may be used.
    hold: Option<HoldView>,
}

/// Why there are no more.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum LimitView {
    Of(Limit),
    /// The account is frozen: nothing goes out.
    Frozen(&'static str),
}

/// A request to be pasted.
#[derive(Debug, Serialize)]
struct HoldView {
    method: &'static str,
    path: String,
    body: HoldBody,
}

#[derive(Debug, Serialize)]
struct HoldBody {
    points: i64,
}

async fn quote(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    command: Command<Body>,
) -> Result<Answer, Problem> {
    let (ledger, program) = try_join(
        accounts::ledger(&app.store, &customer),
        accounts::program(&app.store),
    )
    .await?;
    let program = program.as_ref().as_ref().map(|found| &found.value);
    let redeem = program.and_then(|program| program.redeem.as_ref());
    let redeem = redeem.ok_or_else(|| {
        Problem::new(
            Code::NotConfigured,
            "The programme does not say what points are worth. PUT /v1/loyalty/program with redeem sets it.",
        )
    })?;
    let (now, mut ledger) = (command.now, ledger.value);
    let zone = &app.settings.zone;
    accounts::see(&app.store, &customer, &mut ledger, program, now, zone).await?;
    let tier = standing(&ledger, program, now, zone).tier;
    let available = ledger.balance(now).active;
    let frozen = ledger.frozen.is_some();
    let Body { cart, points } = command.body;
    let asked = Asked {
        cart,
        points,
        available: if frozen { 0 } else { available },
    };
    let quoted = redeem.quote(tier.as_ref(), asked).map_err(refused)?;
    let Quote {
        points,
        value,
        to_pay,
        limited_by,
    } = quoted;
    Answer::ok(&QuoteView {
        cart,
        points,
        value,
        to_pay,
        available,
        limited_by: match frozen {
            true => LimitView::Frozen("frozen"),
            false => LimitView::Of(limited_by),
        },
        tier,
        hold: (points > 0).then(|| HoldView {
            method: "POST",
            path: format!("/v1/loyalty/accounts/{}/authorize", encoded(&customer)),
            body: HoldBody { points },
        }),
        customer,
    })
}

fn refused(why: NoQuote) -> Problem {
    let (place, code) = match why {
        NoQuote::NegativeCart => ("/cart/amount", "out_of_range"),
        NoQuote::NegativePoints => ("/points", "out_of_range"),
        NoQuote::OtherCurrency { .. } => ("/cart/currency", "other_currency"),
    };
    Problem::invalid_at(place, code, why.to_string())
}

/// A customer's id as a step of a path (RFC 3986, 3.3).
fn encoded(customer: &CustomerId) -> String {
    let mut text = String::new();
    for byte in customer.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'@' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
