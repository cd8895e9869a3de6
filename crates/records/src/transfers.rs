//! Points on their way from one customer to another.
//!
//! Two documents are one commit each, so it goes by hold, claim, capture. No effect of the sender's commit touches the receiver: two customers
//! who send to each other would carry out each other's effects for ever. The hold itself says what is to be done, and
//! the sender's timer is due at once; so the request that made it, a repetition of that, or a tick does the rest, and each of
//! them finds what the others have done.

use rapport_loyalty::{Command, Hold, Program, Rejection, TransactionId, Transfer, decide};
use rapport_store::{Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Timestamp, Zone};

use crate::accounts::{self, Settled};

/// Does the rest of every transfer that `from` has under way.
#[boxed]
pub async fn finish_all(
    store: &Store,
    from: &CustomerId,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let ledger = accounts::ledger(store, from).await?.value;
    let under_way = ledger.holds.iter().filter(|hold| hold.to.is_some());
    for hold in under_way {
        receive(store, from, hold, now, zone).await?;
        send(store, from, &hold.id, now, zone).await?;
    }
    Ok(())
}

/// Does the rest of the transfer `of`, which may be done already, and answers with how it stands in the sender's account.
#[boxed]
pub async fn finish(
    store: &Store,
    from: &CustomerId,
    of: &TransactionId,
    now: Timestamp,
    zone: &Zone,
) -> Result<Settled, StoreError> {
    let ledger = accounts::ledger(store, from).await?.value;
    let open = ledger.holds.iter().find(|hold| hold.id == *of);
    if let Some(hold) = open {
        receive(store, from, hold, now, zone).await?;
    }
    send(store, from, of, now, zone).await
}

/// The receiver takes in what `from` holds for them, once.
async fn receive(
    store: &Store,
    from: &CustomerId,
    hold: &Hold,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let Some(to) = &hold.to else { return Ok(()) };
    let command = Transfer::received(from, hold);
    carry_out(store, to, &command, now, zone).await.map(drop)
}

/// The sender lets go what the receiver has.
async fn send(
    store: &Store,
    from: &CustomerId,
    of: &TransactionId,
    now: Timestamp,
    zone: &Zone,
) -> Result<Settled, StoreError> {
    carry_out(store, from, &Transfer::sent(of), now, zone).await
}

async fn carry_out(
    store: &Store,
    customer: &CustomerId,
    command: &Command,
    now: Timestamp,
    zone: &Zone,
) -> Result<Settled, StoreError> {
    let program = accounts::program(store).await?;
    let program: Option<&Program> = program.as_ref().as_ref().map(|found| &found.value);
    let decided =
        accounts::decide::<Rejection>(store, customer, now, zone, false, |account, _, prior| {
            decide(account, program, command, prior, now, zone)
        });
    match decided.await {
        Ok(settled) => Ok(settled),
        Err(UpdateError::Store(error)) => Err(error),
        // Nothing here can be refused but by an account that no sum can describe any more: the points stay held.
        Err(UpdateError::Rejected(rejection)) => Err(failed(customer, &rejection.to_string())),
        Err(UpdateError::KeyReused | UpdateError::AnswerGone) => {
            Err(failed(customer, "a transfer uses no keys"))
        }
    }
}

fn failed(customer: &CustomerId, why: &str) -> StoreError {
    StoreError::Corrupt {
        key: accounts::key(customer).as_str().to_owned(),
        why: why.to_owned(),
    }
}
