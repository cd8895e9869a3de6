//! The loyalty component: routes and nothing else.
//!
//! # Layout
//!
//! - `routes/program`: the programme is set and read; `routes/preview`: it is tried before it is set.
//! - `routes/earn`: points are earned, by the programme's rules; `breakdown`: which of them gave what.
//! - `routes/movements`: points are spent, and taken back.
//! - `routes/holds`: points are set aside for a checkout, and spent or given back.
//! - `routes/transfer`: points go to another customer.
//! - `routes/care`: what people do to an account: adjust, freeze, import.
//! - `carry_out`: the four steps of every movement.
//! - `routes/quote`: how many points a cart may use, and what they are worth.
//! - `routes/accounts`: balance and tier, for storefronts.
//! - `routes/tier`: a tier is given and taken, and which were held.
//! - `routes/lots`: which points an account has, which expire soon, and which are held.
//! - `routes/liability`: what the shop owes in points, counted over all accounts.
//! - `kinds`: kinds of points, as requests name them and answers show them.
//! - `routes/audit`: proof that an account adds up.
//! - `routes/journal`: what happened to an account, newest first.
//! - `routes/entitlement`: tier and segments as a signed token, and the public keys to check it by.
//! - `entitlement`: the token, and the keys.
//! - `catalogue`: how an entry of a catalogue is put and deleted, a mission or a reward.
//! - `routes/rewards`: the catalogue of rewards, and who may redeem what.
//! - `routes/codes`: codes are imported into a reward's pool.
//! - `routes/vouchers`: rewards are redeemed; vouchers are checked, used and cancelled.
//! - `routes/referral`: codes by which customers bring others, and claiming them.
//! - `routes/check_in`: a customer looks in, once a day.
//! - `routes/missions`: something to do, and how far a customer is with it.
//! - `refusal`: what the domain refuses, as problems.

mod breakdown;
mod carry_out;
mod catalogue;
mod entitlement;
mod kinds;
mod refusal;

mod routes {
    pub(crate) mod accounts;
    pub(crate) mod audit;
    pub(crate) mod care;
    pub(crate) mod check_in;
    pub(crate) mod codes;
    pub(crate) mod earn;
    pub(crate) mod entitlement;
    pub(crate) mod holds;
    pub(crate) mod journal;
    pub(crate) mod liability;
    pub(crate) mod lots;
    pub(crate) mod missions;
    pub(crate) mod movements;
    pub(crate) mod preview;
    pub(crate) mod program;
    pub(crate) mod quote;
    pub(crate) mod referral;
    pub(crate) mod rewards;
    pub(crate) mod tier;
    pub(crate) mod transfer;
    pub(crate) mod vouchers;
}

use rapport_web::{App, Router};

/// The routes.
pub fn routes() -> Router<App> {
    rapport_web::health::route("loyalty")
        .merge(routes::program::routes())
        .merge(routes::preview::routes())
        .merge(routes::earn::routes())
        .merge(routes::movements::routes())
        .merge(routes::holds::routes())
        .merge(routes::transfer::routes())
        .merge(routes::care::routes())
        .merge(routes::quote::routes())
        .merge(routes::accounts::routes())
        .merge(routes::entitlement::routes())
        .merge(routes::lots::routes())
        .merge(routes::tier::routes())
        .merge(routes::journal::routes())
        .merge(routes::audit::routes())
        .merge(routes::liability::routes())
        .merge(routes::rewards::routes())
        .merge(routes::codes::routes())
        .merge(routes::vouchers::routes())
        .merge(routes::referral::routes())
        .merge(routes::check_in::routes())
        .merge(routes::missions::routes())
}

rapport_web::component!(crate::routes);
