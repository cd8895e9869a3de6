//! Which days have timers, and which slots of a day.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Slot;
use crate::error::StoreError;
use crate::table::{Key, NoEffect, Table};
use crate::{Store, boxed};

/// The days that have timers.
pub(super) struct Days;

impl Table for Days {
    type Value = BTreeSet<i64>;
    type Effect = NoEffect;
    const NAME: &'static str = "timers";
    const SCHEMA: u32 = 1;
}

/// A day's slots.
pub(super) struct Day;

/// The slots of a day that have timers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Slots {
    /// By their place in the day.
    pub slots: BTreeSet<i64>,
    /// The day has passed and takes no more.
    #[serde(default)]
    pub closed: bool,
}

impl Table for Day {
    type Value = Slots;
    type Effect = NoEffect;
    const NAME: &'static str = "timers";
    const SCHEMA: u32 = 1;
}

pub(super) fn day_key(day: i64) -> Key<Day> {
    Key::raw(format!("{}:{day}", Day::NAME))
}

impl Store {
    /// Sees to it that ticks find `slot`; false where its day is closed.
    #[boxed]
    pub(super) async fn index(&self, slot: Slot) -> Result<bool, StoreError> {
        let (day, place) = (slot.day(), slot.place());
        let key = day_key(day);
        let found = self.read(&key).await?;
        if !found.is_some_and(|found| !found.value.closed && found.value.slots.contains(&place)) {
            let mut closed = false;
            self.amend(&key, |slots| {
                closed = slots.closed;
                !closed && slots.slots.insert(place)
            })
            .await?;
            if closed {
                return Ok(false);
            }
        }
        let days = Key::<Days>::single();
        let found = self.read(&days).await?;
        if !found.is_some_and(|found| found.value.contains(&day)) {
            self.amend(&days, |days| days.insert(day)).await?;
        }
        Ok(true)
    }

    /// The days that have timers, the earliest first.
    #[boxed]
    pub(super) async fn timer_days(&self) -> Result<BTreeSet<i64>, StoreError> {
        let found = self.read(&Key::<Days>::single()).await?;
        Ok(found.map(|found| found.value).unwrap_or_default())
    }

    /// The slots of a day that have timers, the earliest first.
    #[boxed]
    pub(super) async fn timer_slots(&self, day: i64) -> Result<Vec<Slot>, StoreError> {
        let found = self.read(&day_key(day)).await?;
        let slots = found.map(|found| found.value.slots).unwrap_or_default();
        let first = day.saturating_mul(super::SLOTS);
        let places = slots.into_iter();
        Ok(places
            .map(|place| Slot(first.saturating_add(place)))
            .collect())
    }

    /// Leaves a slot that has been closed.
    #[boxed]
    pub(super) async fn leave_slot(&self, slot: Slot) -> Result<(), StoreError> {
        let key = day_key(slot.day());
        let left = self.amend(&key, |slots| slots.slots.remove(&slot.place()));
        left.await.map(drop)
    }

    /// Closes a day that has passed and has no slots left, and leaves it.
    #[boxed]
    pub(super) async fn leave_day(&self, day: i64) -> Result<(), StoreError> {
        let mut empty = false;
        self.amend(&day_key(day), |slots| {
            empty = slots.slots.is_empty();
            let closes = empty && !slots.closed;
            slots.closed |= closes;
            closes
        })
        .await?;
        if empty {
            self.amend(&Key::<Days>::single(), |days| days.remove(&day))
                .await?;
        }
        Ok(())
    }
}
