//! Points go from one customer to another: hold, claim, capture.
//!
//! The sender's account sets the points aside and names the receiver; the receiver's account takes them in, under an id that is made of
//! the sender's, so once whatever happens; then the sender's account lets them go. Whoever finds points set aside for somebody
//! does the rest, so such a hold never times out. The account's timer is due at once, which is how a tick finds it after a crash.
//!
//! Received points keep their expiry dates and are active at once. They count for no tier.

use rapport_types::CustomerId;

use crate::account::Account;
use crate::adjust::thawed;
use crate::command::{Receive, Rejection, Sent, Transfer, add, sub};
use crate::decide::{Acted, Context, Stop};
use crate::entry::{Entry, Kind, Part, TransactionId, Undo};
use crate::hold::{Hold, MAX_HOLDS};
use crate::lot::Lot;
use crate::spend::{take_active, write_parts};

/// The transaction in the receiver's account of what `from` sent as `transfer`.
pub fn receipt(from: &CustomerId, transfer: &TransactionId) -> TransactionId {
    TransactionId::derived("receipt", &format!("{transfer}:{from}"))
}

/// The transaction that ends `transfer` in the sender's account.
pub fn sent(transfer: &TransactionId) -> TransactionId {
    TransactionId::derived("sent", transfer.as_str())
}

/// Sets points aside for somebody.
pub(crate) fn transfer(
    account: &mut Account,
    transfer: &Transfer,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    thawed(account)?;
    if account.ledger.all_holds().count() >= MAX_HOLDS {
        return Err(Rejection::TooManyHolds.into());
    }
    let parts = take_active(account, transfer.points, context.now)?;
    let id = &transfer.ids.transaction;
    let first = write_parts(account, &parts, context, |_, moved| {
        let mut entry = Entry::new(id.clone(), Kind::Transfer, context.now, 0);
        entry.held = moved;
        entry.party = Some(transfer.to.clone());
        Ok(entry)
    })?;
    account.ledger.holds.push(Hold {
        id: id.clone(),
        n: first,
        points: transfer.points,
        until: context.now,
        to: Some(transfer.to.clone()),
        parts,
        reward: None,
    });
    let points = transfer.points;
    Ok(Acted::Wrote { first, points })
}

/// The receiver has them.
pub(crate) fn send(
    account: &mut Account,
    sent: &Sent,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let open = |hold: &Hold| hold.id == sent.of && hold.to.is_some();
    let Some(place) = account.ledger.holds.iter().position(open) else {
        let transaction = sent.of.clone();
        return Err(Rejection::UnknownTransaction { transaction }.into());
    };
    let hold = account.ledger.holds.remove(place);
    let mut undo = Some(Undo {
        of: sent.of.clone(),
        points: hold.points,
        money: 0,
    });
    let first = write_parts(account, &hold.parts, context, |account, moved| {
        let totals = &mut account.ledger.totals;
        totals.adjusted = sub(totals.adjusted, moved)?;
        let id = sent.ids.transaction.clone();
        let mut entry = Entry::new(id, Kind::Send, context.now, sub(0, moved)?);
        entry.held = sub(0, moved)?;
        entry.undo = undo.take();
        entry.party.clone_from(&hold.to);
        Ok(entry)
    })?;
    let points = hold.points;
    Ok(Acted::Wrote { first, points })
}

/// Takes in what somebody sent: a lot for each date on which some of it ends.
pub(crate) fn receive(
    account: &mut Account,
    receive: &Receive,
    context: Context<'_>,
) -> Result<Acted, Stop> {
    let mut lots: Vec<Lot> = Vec::new();
    let mut sum = 0;
    for part in &receive.parts {
        sum = add(sum, part.points)?;
        let same = lots
            .iter_mut()
            .find(|lot| lot.expires_at == part.expires_at);
        if let Some(lot) = same {
            lot.remaining = add(lot.remaining, part.points)?;
            lot.amount = lot.remaining;
        } else {
            lots.push(Lot {
                id: account.journal.len(),
                amount: part.points,
                remaining: part.points,
                active_from: context.now,
                expires_at: part.expires_at,
            });
        }
    }
    let parts: Vec<Part> = lots
        .iter()
        .map(|lot| Part::of(lot, lot.remaining))
        .collect();
    for lot in lots {
        account.ledger.open(lot);
    }
    let first = write_parts(account, &parts, context, |account, moved| {
        let totals = &mut account.ledger.totals;
        totals.adjusted = add(totals.adjusted, moved)?;
        let id = receive.ids.transaction.clone();
        let mut entry = Entry::new(id, Kind::Receive, context.now, moved);
        entry.party = Some(receive.from.clone());
        Ok(entry)
    })?;
    Ok(Acted::Wrote { first, points: sum })
}
