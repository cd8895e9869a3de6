//! What a commit of an account causes elsewhere, and who carries it out.

use async_trait::async_trait;
use rapport_loyalty::reward::Voucher;
use rapport_store::{Carrier, Sender, Store, StoreError, Timer};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::Accounts;
use crate::effects::CustomerCarrier;
use crate::{customers, referrals, rewards};

/// What a commit of an account causes elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The account wants to be settled at a moment, though nobody may ask for it.
    Timer {
        /// Whose account it is.
        of: CustomerId,
        /// When.
        at: Timestamp,
    },
    /// A membership of the customer flips with it, or will sooner than a timer is set for.
    Reconsider {
        /// Whose account it is.
        of: CustomerId,
    },
    /// The account has something to tell of its customer.
    Announce {
        /// Whose account it is.
        of: CustomerId,
    },
    /// A reward was redeemed: its voucher is to be there, and the claim in the reward's stock is settled.
    Issue(Box<Voucher>),
    /// A redemption was taken back: its number is free in the stock again.
    GiveBack {
        /// The reward.
        reward: Slug,
        /// The number.
        serial: u64,
    },
    /// It may matter to whether the customer's referral is paid: that is looked at, though not here.
    Referral {
        /// Who was referred.
        of: CustomerId,
    },
}

/// Carries out what an account's commits cause.
pub struct AccountCarrier<'a> {
    /// When it is carried out.
    pub now: Timestamp,
    /// The shop's zone.
    pub zone: &'a Zone,
    /// Whether it is in the course of carrying out what a commit of the customer caused, after which the customer is looked at anyway.
    pub(crate) for_customer: bool,
}

impl<'a> AccountCarrier<'a> {
    /// One for requests and ticks.
    pub fn new(now: Timestamp, zone: &'a Zone) -> Self {
        Self {
            now,
            zone,
            for_customer: false,
        }
    }
}

#[async_trait]
impl Carrier<Accounts> for AccountCarrier<'_> {
    async fn carry(
        &self,
        store: &Store,
        sender: Sender<'_, Accounts>,
        effects: &[Effect],
    ) -> Result<(), StoreError> {
        for effect in effects {
            match effect {
                Effect::Timer { of, at } => {
                    let timer = Timer {
                        key: sender.key.to_owned(),
                        of: of.as_str().to_owned(),
                        at: *at,
                    };
                    store.set_timer(&timer, self.now).await?;
                }
                Effect::Reconsider { .. } | Effect::Announce { .. } if self.for_customer => {}
                Effect::Announce { of } => {
                    let carrier = CustomerCarrier::new(self.now, self.zone);
                    customers::hear(store, of, &carrier).await?;
                }
                Effect::Reconsider { of } => {
                    customers::look_again(store, of, self.now, self.zone).await?;
                }
                Effect::Issue(voucher) => rewards::issue(store, voucher, self.now).await?,
                Effect::GiveBack { reward, serial } => {
                    rewards::give_back(store, reward, *serial, self.now).await?;
                }
                Effect::Referral { of } => referrals::set_timer(store, of, self.now).await?,
            }
        }
        Ok(())
    }
}
