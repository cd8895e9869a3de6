//! A snapshot takes over the audience that it freezes.

use futures_util::future::join_all;
use rapport_store::set::Cursor;
use rapport_store::{Store, StoreError, UpdateError};
use rapport_types::{CustomerId, Timestamp, Zone};

use super::{AT_A_TIME, COMMITS, Fill, Fills, Stage, Stepped};
use crate::audiences;
use crate::customers;
use crate::effects::CustomerCarrier;
use crate::freshness::Listed;

/// Puts the next members on the list of the first snapshot that is under way. Who came after it was taken is left out; who left
/// before their turn is missed. An audience that another loyalty programme has made wrong is waited for.
pub(super) async fn step(
    store: &Store,
    fills: &mut Fills,
    now: Timestamp,
    zone: &Zone,
    stepped: &mut Stepped,
) -> Result<(), StoreError> {
    let ready = |fill: &Fill| match &fill.stage {
        Stage::Copying { of, of_version, .. } => !fills.is_walked(of, *of_version),
        _ => false,
    };
    let ready = fills.segments.iter().find(|(_, fill)| ready(fill));
    let Some(id) = ready.map(|(id, _)| id.clone()) else {
        return Ok(());
    };
    let Some(fill) = fills.segments.get_mut(&id) else {
        return Ok(());
    };
    let version = fill.version;
    let Stage::Copying {
        of,
        of_version,
        at,
        after,
        copied,
    } = &mut fill.stage
    else {
        return Ok(());
    };
    let source = audiences::set(store, of, *of_version);
    let from = after.as_deref().and_then(Cursor::parse);
    let page = audiences::page(&source, from, COMMITS).await?;
    let frozen = *at;
    let members = page.members.into_iter();
    let members: Vec<CustomerId> = members
        .filter(|member| member.since <= frozen)
        .filter_map(|member| CustomerId::parse(&member.customer).ok())
        .collect();
    let listed = Listed {
        segment: &id,
        version,
        since: Some(frozen),
    };
    for some in members.chunks(AT_A_TIME) {
        let tries = some
            .iter()
            .map(|customer| put(store, customer, listed, now, zone));
        for done in join_all(tries).await {
            match done {
                Err(error) if !super::is_of_the_document(&error) => return Err(error),
                Err(error) => eprintln!("a snapshot goes on without a member: {error}"),
                Ok(()) => {}
            }
        }
    }
    let number = u64::try_from(members.len()).unwrap_or(u64::MAX);
    *copied = copied.saturating_add(number);
    stepped.committed = stepped.committed.saturating_add(members.len());
    match page.next {
        Some(next) => *after = Some(next.to_string()),
        None => fill.stage = Stage::Done,
    }
    Ok(())
}

async fn put(
    store: &Store,
    customer: &CustomerId,
    listed: Listed<'_>,
    now: Timestamp,
    zone: &Zone,
) -> Result<(), StoreError> {
    let carrier = CustomerCarrier::new(now, zone);
    let asked = customers::Asked {
        once: None,
        dry_run: false,
    };
    match customers::list(store, customer, listed, asked, &carrier).await {
        Err(UpdateError::Store(error)) => Err(error),
        Err(UpdateError::Rejected(never)) => match never {},
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(()),
    }
}
