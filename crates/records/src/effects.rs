//! What a customer's commit causes elsewhere, and who carries it out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use futures_util::future::try_join_all;
use rapport_customer::OrderState;
use rapport_loyalty::earning::Trigger;
use rapport_loyalty::referral::ReferralCode;
use rapport_store::set::{Edit, Report};
use rapport_store::{Carrier, Sender, Store, StoreError, Timer};
use rapport_types::{CustomerId, Money, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::accounts::stays;
use crate::audiences::{self, Gather};
use crate::customers::{self, Customers};
use crate::earning::Told;
use crate::missions::{self, Earned};
use crate::referrals::told;
use crate::{orders, segments};

/// What a customer's commit causes elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// An order was counted: it may earn points, once.
    OrderCompleted {
        /// Its id, or one made of what is known.
        order_id: String,
        /// What it came to, if that was said.
        money: Option<Money>,
        /// When it was placed.
        at: Timestamp,
        /// Which conditions of the programme's rules held.
        #[serde(default, skip_serializing_if = "Told::is_empty")]
        told: Told,
    },
    /// Something else became of an order: points are set aside for it, spent, given back, and what it earned is taken back.
    OrderMoved(OrderState),
    /// Something else happened that the programme's rules give points for: it may earn, once.
    Happened {
        /// What.
        trigger: Trigger,
        /// What tells it from everything else that ever happened to the customer.
        id: String,
        /// When.
        at: Timestamp,
        /// Which conditions of the programme's rules held.
        #[serde(default, skip_serializing_if = "Told::is_empty")]
        told: Told,
    },
    /// Whether the customer is in a segment as of this commit: for the segment's audience, and for whoever is told of
    /// those who come and go.
    Member {
        /// The segment.
        segment: Slug,
        /// By which version of its definition.
        version: u64,
        /// Since when they are in it; `None`: they are not.
        since: Option<Timestamp>,
        /// Whether they came or went with that; `None` where only the definition's version is new.
        moved: Option<Moved>,
    },
    /// A referral code came with what was said of the customer: it is claimed, once.
    ReferralClaimed {
        /// The code.
        code: ReferralCode,
    },
    /// A mission was done: its reward is given, once.
    Mission(Earned),
    /// The customer's memberships want to be looked at again, though nobody may ask for it.
    Timer {
        /// When.
        at: Timestamp,
    },
}

/// Coming or going: the names under which others are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moved {
    /// The customer is in the segment now and was not.
    #[serde(rename = "segment_entered")]
    Entered,
    /// The customer was in the segment and is not.
    #[serde(rename = "segment_left")]
    Left,
}

/// Carries out what customers' commits cause.
pub struct CustomerCarrier<'a> {
    /// When it is carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// Where others commit customers at the same time and audiences are told of all of them together.
    pub gather: Option<&'a Gather>,
    /// Whether rules ask for points, which orders earn; `None`: not known here.
    pub(crate) rules_ask_for_points: Option<bool>,
    /// The commit whose effects are being carried out already: this is for a commit of the same customer in the course of that.
    pub(crate) within: Option<u64>,
    /// In the course of that an order of yet another commit has earned.
    pub(crate) moved: AtomicBool,
    /// That other commit, whose effects are carried out then, too; 0: none. It stands in the outbox until somebody commits, and who looks
    /// again would else meet it for ever.
    pub(crate) carried: AtomicU64,
}

impl<'a> CustomerCarrier<'a> {
    /// One that carries out each by itself.
    pub fn new(now: Timestamp, zone: &'a Zone) -> Self {
        Self {
            now,
            zone,
            gather: None,
            rules_ask_for_points: None,
            within: None,
            moved: AtomicBool::new(false),
            carried: AtomicU64::new(0),
        }
    }

    /// The same, where audiences are told together with others.
    pub fn gathering(now: Timestamp, zone: &'a Zone, gather: &'a Gather) -> Self {
        Self {
            gather: Some(gather),
            ..Self::new(now, zone)
        }
    }

    /// Whether an account has moved since this was last asked.
    pub(crate) fn has_moved(&self) -> bool {
        self.moved.swap(false, Ordering::Relaxed)
    }

    /// Orders have earned: the customer hears what the account has to tell, and where rules ask for points, is looked at again, with the
    /// account as it is now. That is why an account which earns for an order records no effect for it: what stands in the customer's
    /// outbox sees to it, whatever crashes.
    ///
    /// Their document still has these effects in its outbox, and whoever commits it would carry them out first, and come here again;
    /// so it is known to the carrier of that commit that they are carried out.
    async fn look_again(&self, store: &Store, id: &CustomerId, rev: u64) -> Result<(), StoreError> {
        if self.within.is_some() {
            self.moved.store(true, Ordering::Relaxed);
            self.carried.store(rev, Ordering::Relaxed);
            return Ok(());
        }
        let carrier = Self {
            within: Some(rev),
            ..Self::new(self.now, self.zone)
        };
        customers::hear(store, id, &carrier).await?;
        if self.rules_ask_for_points == Some(false) {
            return Ok(());
        }
        let definitions = segments::compiled(store).await?;
        if !definitions.needs.account {
            return Ok(());
        }
        customers::reconsider(store, id, &definitions, &carrier)
            .await
            .map(drop)
    }
}

#[async_trait]
impl Carrier<Customers> for CustomerCarrier<'_> {
    async fn carry(
        &self,
        store: &Store,
        sender: Sender<'_, Customers>,
        effects: &[Effect],
    ) -> Result<(), StoreError> {
        if self.within == Some(sender.rev) || self.carried.load(Ordering::Relaxed) == sender.rev {
            return Ok(());
        }
        // Only customers that are there have effects.
        let Some(record) = sender.value else {
            return Ok(());
        };
        let id = &record.customer.id;
        let mut timers = Vec::new();
        let mut account = Vec::new();
        let mut entered = Vec::new();
        let mut done = Vec::new();
        let mut flipped = Vec::new();
        let mut claimed = None;
        let mut reports: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
        for effect in effects {
            match effect {
                Effect::Member {
                    segment,
                    version,
                    since,
                    moved,
                } => {
                    flipped.push(segment);
                    if let (Some(since), Some(Moved::Entered)) = (since, moved) {
                        entered.push((segment, *since));
                    }
                    let report = Report {
                        name: id.as_str().to_owned(),
                        rev: sender.rev,
                        payload: since.map(audiences::payload),
                    };
                    let edits = reports
                        .entry(audiences::name(segment, *version))
                        .or_default();
                    edits.push(Edit::Report(report));
                }
                Effect::Timer { at } => timers.push(*at),
                Effect::Mission(earned) => done.push(earned),
                Effect::ReferralClaimed { code } => claimed = Some(code),
                other => account.extend(orders::told(other)),
            }
        }
        match self.gather {
            Some(gather) => gather.tell(store, reports).await?,
            None => audiences::tell(store, reports).await?,
        }
        try_join_all(timers.into_iter().map(|at| async move {
            let timer = Timer {
                key: sender.key.to_owned(),
                of: id.as_str().to_owned(),
                at,
            };
            store.set_timer(&timer, self.now).await
        }))
        .await?;
        let entered = orders::entered(store, record, &entered, self.zone).await?;
        account.extend(entered.iter().filter_map(orders::told));
        if let Some(code) = claimed {
            // Before an order of the same commit, which may be what the referral waits for.
            told::write_down(store, id, code, self.now, self.zone).await?;
        }
        let moved = stays::tell(store, id, &flipped, self.now, self.zone).await?;
        if account.is_empty() && done.is_empty() && !moved {
            return Ok(());
        }
        if !account.is_empty() {
            orders::tell(store, id, account, self.now, self.zone).await?;
        }
        missions::pay(store, id, &done, self.now, self.zone).await?;
        self.look_again(store, id, sender.rev).await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use rapport_customer::{Command, Item, Rejection};
    use rapport_store::faulty::{Faulty, Plan};
    use rapport_store::{Change, Key, Memory, Nothing, Request};
    use serde_json::{Value, json};

    use super::*;
    use crate::accounts::Programs;
    use crate::customers::Circumstances;
    use crate::segments::{Definitions, Wanted};

    /// A process that gives up after so many operations.
    fn process(memory: &Memory, operations: u64) -> Store {
        let plan = Plan {
            crash_after: Some(operations),
            ..Plan::default()
        };
        Store::new(Faulty::over(memory.clone(), plan))
    }

    /// A shop where points say who is in a segment.
    async fn shop(memory: &Memory, now: Timestamp) {
        let store = Store::new(memory.clone());
        let (definitions, programs) = (Key::single(), Key::single());
        let rule = json!({"field": "loyalty.active", "is": "gte", "value": 1});
        let wanted = Wanted {
            id: Slug::parse("points").unwrap(),
            name: "Points".to_owned(),
            rule,
        };
        let defined = store.update::<Definitions, (), ()>(
            &definitions,
            Request::plain(now, &Nothing),
            |current| {
                let mut value = current.value.unwrap_or_default();
                value
                    .define(wanted.clone(), now, current.next_rev)
                    .map_err(drop)?;
                Ok(Change::Commit {
                    value,
                    effects: Vec::new(),
                    answer: (),
                })
            },
        );
        defined.await.unwrap();
        let program = json!({"points": {"per": {"amount": 100, "currency": "CNY"}, "points": 1}, "tiers": []});
        let set =
            store.update::<Programs, (), ()>(&programs, Request::plain(now, &Nothing), |_| {
                Ok(Change::Commit {
                    value: serde_json::from_value(program.clone()).map_err(drop)?,
                    effects: Vec::new(),
                    answer: (),
                })
            });
        set.await.unwrap();
    }

    async fn order(store: &Store, id: &CustomerId, now: Timestamp, zone: &Zone) {
        let Value::Object(properties) = json!({"order_id": "o1", "total": 5, "currency": "CNY"})
        else {
            return;
        };
        let command = Command::Apply(vec![Item::Track {
            event: "order_completed".to_owned(),
            properties,
            timestamp: None,
            message_id: None,
        }]);
        let circumstances = Circumstances {
            now,
            zone,
            once: None,
            dry_run: false,
        };
        // It may end in a crash.
        let _ = customers::apply::<(), Rejection>(
            store,
            id,
            command,
            circumstances,
            |_| Ok(()),
            |_| (),
        )
        .await;
    }

    /// Who is looked at again in the course of one commit may meet the outbox of another, which nobody empties: where its process has
    /// ended, that is for ever.
    #[tokio::test]
    async fn what_another_commit_left_is_carried_out_once_in_the_course_of_looking_again() {
        let (now, zone) = (
            Timestamp::parse("2026-11-21T12:00:00Z").unwrap(),
            Zone::utc(),
        );
        let id = CustomerId::parse("c1").unwrap();
        let mut left = 0;
        for crash in 1..60 {
            let memory = Memory::new();
            shop(&memory, now).await;
            order(&process(&memory, crash), &id, now, &zone).await;
            let store = process(&memory, 1_000);
            let definitions = segments::compiled(&store).await.unwrap();
            let carrier = CustomerCarrier {
                within: Some(u64::MAX),
                ..CustomerCarrier::new(now, &zone)
            };
            let looked = customers::reconsider(&store, &id, &definitions, &carrier).await;
            assert!(looked.is_ok(), "after a crash at {crash}: {looked:?}");
            left += usize::from(carrier.carried.load(Ordering::Relaxed) != 0);
        }
        assert!(left > 0, "no crash left anything");
    }
}
