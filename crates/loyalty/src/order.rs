//! An order that was tracked elsewhere earns by the programme.

use rapport_types::{Money, Timestamp, Zone};

use crate::account::Account;
use crate::command::{Command, Earn, Ids, Outcome, Rejection};
use crate::decide::{Context, Decision, Stop, finish, run};
use crate::earning::Occasion;
use crate::entry::TransactionId;
use crate::pages::{Prior, Want};
use crate::program::Program;

/// An order, as far as points are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The shop's id of the order.
    pub id: String,
    /// What was paid.
    pub money: Money,
    /// When. A moment ahead of the clock counts as now.
    pub at: Timestamp,
}

/// Something else than an order that was tracked elsewhere, and earns by the programme's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// What tells it from everything else that ever happened to the customer.
    pub id: String,
    /// When. A moment ahead of the clock counts as now.
    pub at: Timestamp,
}

/// What was tracked elsewhere and may earn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracked {
    /// An order.
    Order(Order),
    /// Something else.
    Happened(Happened),
}

/// Lets `order` earn, once per order id: an order that has earned, however it was reported, changes nothing, and
/// the outcome says `replayed`.
///
/// Takes part in the same dance as [`decide`](crate::decide()): answer a [`Decision::Read`], write `spill`, commit. A rejection is final
/// (no programme, another currency, a refund, an id that cannot be one): the order earns nothing, and asking again is no use.
pub fn earn_order(
    account: &Account,
    program: Option<&Program>,
    order: &Order,
    prior: &Prior,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    earn_orders(
        account,
        program,
        std::slice::from_ref(order),
        prior,
        now,
        zone,
    )
}

/// Lets each of `orders` earn, in order, in one commit. One that is rejected earns nothing and spoils nothing; a rejection
/// is the answer only where every order was rejected. The outcome's transaction and answer are those of the last that earned.
pub fn earn_orders(
    account: &Account,
    program: Option<&Program>,
    orders: &[Order],
    prior: &Prior,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    let tracked: Vec<_> = orders
        .iter()
        .map(|order| (Tracked::Order(order.clone()), Occasion::default()))
        .collect();
    earn_tracked(account, program, &tracked, prior, now, zone)
}

/// The same, of whatever was tracked, each on its occasion.
pub fn earn_tracked(
    account: &Account,
    program: Option<&Program>,
    tracked: &[(Tracked, Occasion)],
    prior: &Prior,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    let earns: Vec<_> = tracked
        .iter()
        .map(|(tracked, occasion)| (Command::Earn(earn(tracked, now)), Some(occasion)))
        .collect();
    let context = Context {
        program,
        prior,
        now,
        zone,
        occasion: None,
    };
    decide_all(account, &earns, context)
}

/// Decides each of `commands`, in order, as one commit; see [`earn_orders`].
pub(crate) fn decide_all(
    account: &Account,
    commands: &[(Command, Option<&Occasion>)],
    context: Context<'_>,
) -> Result<Decision, Rejection> {
    if let Some(want) = unknown(account, commands, context.prior)? {
        return Ok(Decision::Read(want));
    }
    let mut whole: Option<Outcome> = None;
    let mut refused = Rejection::NothingToEarn;
    for (command, occasion) in commands {
        let context = Context {
            occasion: *occasion,
            ..context
        };
        // Nothing leaves the document before all are decided, so what one finds, the next finds, too.
        let before = whole.as_ref().map_or(account, |outcome| &outcome.account);
        match run(before, command, context, false) {
            Ok(outcome) if outcome.changed() || whole.is_none() => whole = Some(outcome),
            Ok(_) => {}
            // The account is at fault, not the order: it may still earn.
            Err(Stop::Rejected(Rejection::Unreadable(entry))) => return Err(entry.into()),
            Err(Stop::Rejected(rejection)) => refused = rejection,
            Err(Stop::Read(want)) => return Ok(Decision::Read(want)),
        }
    }
    finish(account, whole.ok_or(Stop::Rejected(refused)), context)
}

/// What must be looked up of the ids of `commands`. It is asked for before any of them is decided, because deciding begins anew after each
/// answer: of sixteen orders in a long account, each would be decided eight times over.
fn unknown(
    account: &Account,
    commands: &[(Command, Option<&Occasion>)],
    prior: &Prior,
) -> Result<Option<Want>, Rejection> {
    for (command, _) in commands {
        let ids = command.ids();
        for id in [Some(&ids.transaction), ids.alias.as_ref()]
            .into_iter()
            .flatten()
        {
            match prior.repeated(account, id) {
                Ok(_) => {}
                Err(Stop::Read(want)) => return Ok(Some(want)),
                Err(Stop::Rejected(rejection)) => return Err(rejection),
            }
        }
    }
    Ok(None)
}

fn earn(tracked: &Tracked, now: Timestamp) -> Earn {
    let (ids, money, at) = match tracked {
        Tracked::Order(order) => (ids(&order.id), Some(order.money), order.at),
        Tracked::Happened(happened) => (Ids::of_event(&happened.id), None, happened.at),
    };
    Earn {
        ids,
        points: None,
        money,
        at: Some(at.min(now)),
        reason: None,
    }
}

/// An id that is too long or odd to be shown is known by its hash alone.
fn ids(order_id: &str) -> Ids {
    Ids::new(Some(order_id), None, "").unwrap_or_else(|_| Ids {
        transaction: TransactionId::of_order(order_id),
        alias: None,
        order: None,
    })
}
