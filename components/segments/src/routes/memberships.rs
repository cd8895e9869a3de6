//! `GET /v1/segments/memberships/{customer}`: the segments a customer is in; `GET /v1/segments/transitions/{customer}`: how they came
//! and went.

use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use rapport_records::customers;
use rapport_records::freshness::Transition;
use rapport_types::hash::Quick;
use rapport_types::time::MomentWriter;
use rapport_types::{CustomerId, Slug, Timestamp, sort};
use rapport_web::{Answer, App, Ask, Path, Problem, Router};
use serde::Serialize;

use super::subject::{MAX_AGE, Subject, unknown};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/segments/memberships/{customer}", get(memberships))
        .route("/v1/segments/transitions/{customer}", get(transitions))
}

/// A segment that the customer is in.
struct Member<'a> {
    segment: &'a Slug,
    version: u64,
    /// Where it stands among all: by one revision of the definitions that is as good as its name.
    place: u64,
    since: Option<Timestamp>,
    next_change_at: Option<Timestamp>,
    complete: bool,
}

async fn memberships(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let zone = &app.settings.zone;
    let subject = Subject::load(&app, &customer, |compiled| compiled.needs).await?;
    let Subject {
        compiled,
        found,
        beside,
    } = &subject;
    let facts = compiled.facts(&found.value, beside);
    let mut asking = compiled.members(&facts, &found.value, beside, ask.now, zone);
    let mut members = Vec::new();
    // Also of segments the customer is not in: entering one is a change, too.
    let mut next_change_at: Option<Timestamp> = None;
    let mut place = 0_u64;
    for segment in &compiled.segments {
        place = place.saturating_add(1);
        let membership = asking.of(segment);
        next_change_at = match (next_change_at, membership.next_change_at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if membership.matches {
            members.push(Member {
                segment: &segment.definition.id,
                version: segment.definition.version,
                place,
                since: membership.since,
                next_change_at: membership.next_change_at,
                complete: membership.complete,
            });
        }
    }
    // Who stands on a list stands there until people take them off.
    for list in &compiled.lists {
        place = place.saturating_add(1);
        let held = found.value.memberships.get(&list.id);
        if let Some(held) = held.filter(|held| held.version == list.version) {
            members.push(Member {
                segment: &list.id,
                version: list.version,
                place,
                since: Some(held.since),
                next_change_at: None,
                complete: true,
            });
        }
    }
    if !compiled.lists.is_empty() {
        sort::by(&mut members, |one, other| one.segment.cmp(other.segment));
    }
    let tag = tag(compiled.rev, found.rev, &members);
    let body = match ask.condition.has(&tag) {
        // What the client has need not be said again.
        true => Vec::new(),
        false => written(&customer, &members, ask.now)?,
    };
    Ok(Answer::raw(StatusCode::OK, "application/json", body.into())
        .tag(&tag)
        .cache(MAX_AGE, ask.now, next_change_at)
        .unless(&ask.condition))
}

/// The answer as JSON. A customer may be in hundreds of segments and is asked about on every page view, so it is written by hand: each
/// moment is written once, and what all members share is copied.
fn written(
    customer: &CustomerId,
    members: &[Member<'_>],
    now: Timestamp,
) -> Result<Vec<u8>, Problem> {
    let customer = serde_json::to_vec(customer);
    let customer = customer.map_err(|error| Problem::internal(error.to_string()))?;
    let mut to = Vec::with_capacity(members.len().saturating_mul(224).saturating_add(128));
    let (mut since, mut next) = (MomentWriter::default(), MomentWriter::default());
    let moment =
        |to: &mut Vec<u8>, writer: &mut MomentWriter, moment: Option<Timestamp>| match moment {
            None => to.extend_from_slice(b"null"),
            Some(moment) => to.extend_from_slice(writer.json(moment)),
        };
    let mut evaluated_at = b",\"evaluated_at\":".to_vec();
    moment(&mut evaluated_at, &mut since, Some(now));
    evaluated_at.extend_from_slice(b",\"definition_version\":");
    to.extend_from_slice(b"{\"customer\":");
    to.extend_from_slice(&customer);
    to.extend_from_slice(b",\"memberships\":[");
    // Many began with one commit, so between its id and its end one membership says what the last one said.
    let (mut between, mut of) = (Vec::new(), None);
    let mut begins: &[u8] = b"{\"segment\":\"";
    for member in members {
        to.extend_from_slice(begins);
        // Letters, digits, `_` and `-`: they stand for themselves.
        to.extend_from_slice(member.segment.as_str().as_bytes());
        if of != Some((member.since, member.version)) {
            of = Some((member.since, member.version));
            between.clear();
            between.extend_from_slice(b"\",\"since\":");
            moment(&mut between, &mut since, member.since);
            between.extend_from_slice(&evaluated_at);
            number(&mut between, member.version);
            between.extend_from_slice(b",\"next_change_at\":");
        }
        to.extend_from_slice(&between);
        moment(&mut to, &mut next, member.next_change_at);
        // The end of one is the beginning of the next.
        begins = match member.complete {
            true => b",\"complete\":true},{\"segment\":\"",
            false => b",\"complete\":false},{\"segment\":\"",
        };
    }
    if !members.is_empty() {
        let end = begins.strip_suffix(b",{\"segment\":\"");
        to.extend_from_slice(end.unwrap_or_default());
    }
    to.extend_from_slice(b"]}");
    Ok(to)
}

fn number(to: &mut Vec<u8>, number: u64) {
    let mut unit = 1_u64;
    while let Some(next) = unit.checked_mul(10).filter(|next| *next <= number) {
        unit = next;
    }
    while unit > 0 {
        let digit = number.checked_div(unit).unwrap_or(0) % 10;
        to.push(b'0'.saturating_add(u8::try_from(digit).unwrap_or(0)));
        unit /= 10;
    }
}

/// Names everything the answer depends on: both documents' revisions, and what time and other documents have made of them.
fn tag(definitions: u64, customer: u64, members: &[Member<'_>]) -> String {
    let moment = |hash: Quick, moment: Option<Timestamp>| {
        hash.and(moment.map_or(u64::MAX, |moment| moment.millis().cast_unsigned()))
    };
    let state = members.iter().fold(Quick::default(), |hash, member| {
        let hash = hash.and((member.place << 1) | u64::from(member.complete));
        moment(moment(hash, member.since), member.next_change_at)
    });
    format!("\"{definitions}.{customer}.{:016x}\"", state.finish())
}

#[derive(Debug, Serialize)]
struct Transitions {
    customer: CustomerId,
    transitions: Vec<Transition>,
}

/// Newest first, as of the customer's last commit: what time alone has done since is recorded by the next tick.
async fn transitions(
    State(app): State<App>,
    Path(customer): Path<CustomerId>,
    ask: Ask,
) -> Result<Answer, Problem> {
    let Some(found) = customers::read(&app.store, &customer).await? else {
        return Err(unknown(&customer));
    };
    let mut transitions = found.value.transitions;
    transitions.reverse();
    let body = Transitions {
        customer,
        transitions,
    };
    Ok(Answer::ok(&body)?.rev(found.rev).unless(&ask.condition))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_answer_is_the_json_that_it_says() {
        let customer = CustomerId::parse("c\"1\\李").unwrap();
        let (vip, asleep) = (
            Slug::parse("vip_1").unwrap(),
            Slug::parse("asleep").unwrap(),
        );
        let now = Timestamp::from_millis(1_795_233_600_250);
        let member = |segment, version, since, next_change_at, complete| Member {
            segment,
            version,
            place: 1,
            since,
            next_change_at,
            complete,
        };
        let members = [
            member(&asleep, 10, Some(Timestamp::EPOCH), None, false),
            member(&vip, u64::MAX, None, Some(now), true),
        ];
        let said =
            |written: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&written).unwrap();
        assert_eq!(
            said(written(&customer, &members, now).unwrap()),
            json!({"customer": customer, "memberships": [
                {"segment": "asleep", "since": "1970-01-01T00:00:00Z", "evaluated_at": now, "definition_version": 10,
                    "next_change_at": null, "complete": false},
                {"segment": "vip_1", "since": null, "evaluated_at": now, "definition_version": u64::MAX,
                    "next_change_at": now, "complete": true}]})
        );
        assert_eq!(
            said(written(&customer, &[], now).unwrap()),
            json!({"customer": customer, "memberships": []})
        );
        for version in [0, 1, 9, 10, 99, 100, 12_345] {
            let mut text = Vec::new();
            number(&mut text, version);
            assert_eq!(String::from_utf8(text).unwrap(), version.to_string());
        }
    }
}
