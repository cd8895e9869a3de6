//! What may happen to an account in a random history.

use proptest::prelude::*;
use rapport_loyalty::*;
use rapport_types::{CustomerId, Slug, Span, Timestamp};

use crate::support::usd;

#[derive(Debug, Clone)]
pub enum Step {
    Earn {
        id: u8,
        points: i64,
        back: i64,
    },
    Order {
        id: u8,
        money: i64,
    },
    Spend {
        id: u8,
        points: i64,
    },
    /// Of the n-th transaction so far, so many points.
    Reverse {
        which: usize,
        points: Option<i64>,
        policy: Option<Policy>,
    },
    Authorize {
        id: u8,
        points: i64,
        hours: u8,
    },
    /// Of the n-th hold so far, so many points.
    Capture {
        which: usize,
        points: Option<i64>,
    },
    Void {
        which: usize,
    },
    Adjust {
        id: u8,
        points: i64,
    },
    /// Points, hours until they activate, hours they last from now on.
    Import {
        id: u8,
        lots: Vec<(i64, i64, i64)>,
    },
    Freeze,
    Unfreeze,
    Transfer {
        id: u8,
        points: i64,
    },
    /// The n-th transfer so far is finished.
    Sent {
        which: usize,
    },
    /// Points, and hours they last from now on.
    Receive {
        id: u8,
        lots: Vec<(i64, Option<i64>)>,
    },
    Wait {
        hours: i64,
    },
    /// The same, of another kind of points.
    OfKind {
        kind: &'static str,
        step: Box<Step>,
    },
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<u8>(), 0..200_i64, 0..100_i64).prop_map(|(id, points, back)| Step::Earn {
            id,
            points,
            back
        }),
        (any::<u8>(), 0..20_000_i64).prop_map(|(id, money)| Step::Order { id, money }),
        (any::<u8>(), 1..150_i64).prop_map(|(id, points)| Step::Spend { id, points }),
        (
            any::<prop::sample::Index>(),
            prop::option::of(1..120_i64),
            policy()
        )
            .prop_map(|(which, points, policy)| Step::Reverse {
                which: which.index(1_000),
                points,
                policy,
            }),
        (any::<u8>(), 1..150_i64, 1..100_u8).prop_map(|(id, points, hours)| Step::Authorize {
            id,
            points,
            hours
        }),
        (any::<prop::sample::Index>(), prop::option::of(1..120_i64)).prop_map(|(which, points)| {
            Step::Capture {
                which: which.index(1_000),
                points,
            }
        }),
        any::<prop::sample::Index>().prop_map(|which| Step::Void {
            which: which.index(1_000)
        }),
        (any::<u8>(), -90..90_i64).prop_map(|(id, points)| Step::Adjust { id, points }),
        (
            any::<u8>(),
            prop::collection::vec((1..60_i64, -40..40_i64, 41..200_i64), 1..4)
        )
            .prop_map(|(id, lots)| Step::Import { id, lots }),
        prop_oneof![1 => Just(Step::Freeze), 4 => Just(Step::Unfreeze)],
        (any::<u8>(), 1..90_i64).prop_map(|(id, points)| Step::Transfer { id, points }),
        any::<prop::sample::Index>().prop_map(|which| Step::Sent {
            which: which.index(1_000)
        }),
        (
            any::<u8>(),
            prop::collection::vec((1..60_i64, prop::option::of(-5..100_i64)), 1..4)
        )
            .prop_map(|(id, lots)| Step::Receive { id, lots }),
        (0..72_i64).prop_map(|hours| Step::Wait { hours }),
        of_kind(),
        of_kind(),
    ]
}

fn of_kind() -> impl Strategy<Value = Step> {
    let step = prop_oneof![
        (any::<u8>(), 0..200_i64, 0..100_i64).prop_map(|(id, points, back)| Step::Earn {
            id,
            points,
            back
        }),
        (any::<u8>(), 1..150_i64).prop_map(|(id, points)| Step::Spend { id, points }),
        (any::<u8>(), 1..150_i64, 1..100_u8).prop_map(|(id, points, hours)| Step::Authorize {
            id,
            points,
            hours
        }),
        (any::<u8>(), -90..90_i64).prop_map(|(id, points)| Step::Adjust { id, points }),
        (
            any::<u8>(),
            prop::collection::vec((1..60_i64, -40..40_i64, 41..200_i64), 1..4)
        )
            .prop_map(|(id, lots)| Step::Import { id, lots }),
    ];
    let kind = prop_oneof![Just("coins"), Just("growth")];
    (kind, step).prop_map(|(kind, step)| Step::OfKind {
        kind,
        step: Box::new(step),
    })
}

fn policy() -> impl Strategy<Value = Option<Policy>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Policy::PendingOnly)),
        1 => Just(Some(Policy::AllowNegative)),
    ]
}

pub fn command(
    step: &Step,
    made: &[TransactionId],
    now: Timestamp,
    fresh: usize,
) -> Option<Command> {
    let fresh_number = fresh;
    let fresh = fresh.to_string();
    let nth = |which: usize| made.get(which % made.len().max(1)).cloned();
    Some(match step {
        Step::Wait { .. } => return None,
        Step::OfKind { kind, step } => {
            command(step, made, now, fresh_number)?.of_kind(Some(Slug::parse(kind).unwrap()))
        }
        Step::Earn { id, points, back } => Command::Earn(Earn {
            ids: Ids::new(None, Some(&format!("e{id}")), "").unwrap(),
            points: Some(*points),
            money: None,
            at: Some(Timestamp::from_millis(now.millis() - back * 3_600_000)),
            reason: None,
        }),
        Step::Order { id, money } => Command::Earn(Earn {
            ids: Ids::new(Some(&format!("o{id}")), None, "").unwrap(),
            points: None,
            money: Some(usd(*money)),
            at: None,
            reason: Some("买鞋 \"42\"".into()),
        }),
        Step::Spend { id, points } => Command::Spend(Spend {
            ids: Ids::new(None, Some(&format!("s{id}")), "").unwrap(),
            points: *points,
            reason: None,
        }),
        Step::Reverse {
            which,
            points,
            policy,
        } => Command::Reverse(Reverse {
            ids: Ids::new(None, None, &fresh).unwrap(),
            of: nth(*which)?,
            points: *points,
            policy: *policy,
            reason: None,
        }),
        Step::Authorize { id, points, hours } => Command::Authorize(Authorize {
            ids: Ids::new(None, Some(&format!("h{id}")), "").unwrap(),
            points: *points,
            expires_in: Some(Span::parse(&format!("{hours}h")).unwrap()),
            reason: None,
        }),
        Step::Capture { which, points } => Command::Capture(Capture {
            ids: Ids::new(None, None, &fresh).unwrap(),
            of: nth(*which)?,
            points: *points,
            reason: None,
        }),
        Step::Void { which } => Command::Void(Void {
            ids: Ids::new(None, None, &fresh).unwrap(),
            of: nth(*which)?,
            reason: None,
        }),
        Step::Adjust { id, points } => Command::Adjust(Adjust {
            ids: Ids::new(None, Some(&format!("a{id}")), "").unwrap(),
            points: *points,
            reason: "sorry".into(),
            author: "anna".into(),
            expires_at: None,
        }),
        Step::Import { id, lots } => {
            let hours = |n: &i64| Timestamp::from_millis(now.millis() + n * 3_600_000);
            let opening = |(points, from, until): &(i64, i64, i64)| Opening {
                points: *points,
                active_from: Some(hours(from)),
                expires_at: Some(hours(until)),
                reason: None,
            };
            Command::Import(Import {
                ids: Ids::new(None, Some(&format!("i{id}")), "").unwrap(),
                lots: lots.iter().map(opening).collect(),
            })
        }
        Step::Transfer { id, points } => Command::Transfer(Transfer {
            ids: Ids::new(None, Some(&format!("t{id}")), "").unwrap(),
            to: CustomerId::parse("other").unwrap(),
            points: *points,
            reason: Some("gift".into()),
        }),
        Step::Sent { which } => Transfer::sent(&nth(*which)?),
        Step::Receive { id, lots } => {
            let part = |(points, hours): &(i64, Option<i64>)| entry::Part {
                lot: 3,
                points: *points,
                amount: 1_000,
                active_from: now,
                expires_at: hours.map(|n| Timestamp::from_millis(now.millis() + n * 3_600_000)),
            };
            let hold = Hold {
                id: TransactionId::of_key(&id.to_string()),
                n: 0,
                points: lots.iter().map(|lot| lot.0).sum(),
                until: now,
                to: None,
                parts: lots.iter().map(part).collect(),
                reward: None,
            };
            Transfer::received(&CustomerId::parse("other").unwrap(), &hold)
        }
        Step::Freeze => Command::Freeze(Freeze {
            ids: Ids::new(None, None, &fresh).unwrap(),
            reason: "stolen phone".into(),
            author: "anna".into(),
        }),
        Step::Unfreeze => Command::Unfreeze(Unfreeze {
            ids: Ids::new(None, None, &fresh).unwrap(),
            reason: "found".into(),
            author: "anna".into(),
        }),
    })
}
