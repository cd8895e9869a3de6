//! What falls due is done.

use futures_util::future::join_all;
use rapport_types::Timestamp;

use super::{Slot, Timer, name, read};
use crate::Store;
use crate::error::StoreError;
use crate::set::SetError;
use crate::tick::{AT_A_TIME, Duties};

/// What was done of what had fallen due.
#[derive(Debug, Default)]
pub(crate) struct Fired {
    pub done: usize,
    pub failed: usize,
    /// Whether `most` was not enough.
    pub more: bool,
    pub next_due: Option<Timestamp>,
}

impl Store {
    /// Does what has fallen due by `now`, the earliest first, up to `most` timers.
    pub(crate) async fn fire(
        &self,
        duties: &dyn Duties,
        now: Timestamp,
        most: usize,
    ) -> Result<Fired, StoreError> {
        let mut fired = Fired::default();
        for day in self.timer_days().await? {
            let mut open = false;
            for slot in self.timer_slots(day).await? {
                if slot.start() > now {
                    // What is due later in the present slot comes before.
                    fired.next_due = fired.next_due.or(Some(slot.start()));
                    return Ok(fired);
                }
                if fired.done.saturating_add(fired.failed) >= most {
                    fired.more = true;
                    return Ok(fired);
                }
                open |= !self.fire_slot(slot, duties, now, most, &mut fired).await?;
            }
            // The last slot of a day has passed when the day has.
            let last = Slot(
                day.saturating_add(1)
                    .saturating_mul(super::SLOTS)
                    .saturating_sub(1),
            );
            if !open && last.is_over(now) {
                self.leave_day(day).await?;
            }
        }
        Ok(fired)
    }

    /// Does what is due of one slot. True when nothing will ever be due in it again.
    async fn fire_slot(
        &self,
        slot: Slot,
        duties: &dyn Duties,
        now: Timestamp,
        most: usize,
        fired: &mut Fired,
    ) -> Result<bool, StoreError> {
        let members = slot.members(self);
        let mut after = None;
        loop {
            let room = most.saturating_sub(fired.done.saturating_add(fired.failed));
            if room == 0 {
                fired.more = true;
                return Ok(false);
            }
            let page = members.page(after, room).await.map_err(store_error)?;
            let timers = page.members.into_iter();
            let (due, later): (Vec<Timer>, Vec<Timer>) =
                timers.filter_map(read).partition(|timer| timer.at <= now);
            for timer in &later {
                let next = fired.next_due.map_or(timer.at, |next| next.min(timer.at));
                fired.next_due = Some(next);
            }
            let mut over = Vec::new();
            let mut due = due.into_iter().peekable();
            while due.peek().is_some() {
                let some = due.by_ref().take(AT_A_TIME);
                let tries = some.map(|timer| async move {
                    let done = duties.fall_due(self, &timer).await;
                    (timer, done)
                });
                for (timer, done) in join_all(tries).await {
                    match done {
                        Ok(()) => over.push(name(&timer)),
                        Err(error) => {
                            eprintln!("what is due of {} waits: {error}", timer.key);
                            fired.failed = fired.failed.saturating_add(1);
                        }
                    }
                }
            }
            fired.done = fired.done.saturating_add(over.len());
            members.remove_all(over).await.map_err(store_error)?;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        if !slot.is_over(now) {
            return Ok(false);
        }
        let closed = members.close_if_empty().await.map_err(store_error)?;
        if closed {
            self.leave_slot(slot).await?;
        }
        Ok(closed)
    }
}

fn store_error(error: SetError) -> StoreError {
    match error {
        SetError::Store(error) => error,
        other => StoreError::Corrupt {
            key: "timer".to_owned(),
            why: other.to_string(),
        },
    }
}
