//! What has to be done without anybody asking: effects that a crash left, and what falls due with time.
//!
//! A tick is idempotent and does a bounded amount of work; two at once do each other no harm: each carries out what is found,
//! which twice is as once, and of their commits of one document one fails and looks again.

use async_trait::async_trait;
use futures_util::future::join_all;
use rapport_types::{Timestamp, sort};

use crate::error::StoreError;
use crate::parking::{Entry, SHARDS, Token, key_of};
use crate::resume::{Resumed, Waiting};
use crate::timers::Timer;
use crate::{Store, boxed};

/// The most documents that one tick takes up.
pub const MOST: usize = 200;
/// Documents taken up at a time.
pub(crate) const AT_A_TIME: usize = 8;
/// A request gives up after a minute. What was parked longer ago and not committed never will be.
const REQUEST_MILLIS: i64 = 60_000;

/// What a tick did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ticked {
    /// How many documents it took up and is done with.
    pub done: usize,
    /// How many it could not finish, because the store failed; the next tick takes them up again.
    pub failed: usize,
    /// Whether more is due now than one tick does.
    pub more: bool,
    /// When something is due next, as far as it is known now.
    pub next_due: Option<Timestamp>,
}

/// Knows every table whose commits have effects, and every one that sets timers.
#[async_trait]
pub trait Duties: Send + Sync {
    /// Calls [`Store::resume`] with the table and the carrier of `waiting.key`.
    async fn resume(&self, store: &Store, waiting: &Waiting) -> Result<Resumed, StoreError>;

    /// Does what is due in the document at `timer.key`. It may have been done before, or be void by now.
    async fn fall_due(&self, store: &Store, timer: &Timer) -> Result<(), StoreError>;
}

impl Ticked {
    fn due(&mut self, at: Timestamp) {
        self.next_due = Some(self.next_due.map_or(at, |next| next.min(at)));
    }
}

impl Store {
    /// Carries out what was left in outboxes, then does what has fallen due by `now`.
    #[boxed]
    pub async fn tick(&self, duties: &dyn Duties, now: Timestamp) -> Result<Ticked, StoreError> {
        let mut ticked = self.tick_parked(duties).await?;
        let room = MOST.saturating_sub(ticked.done);
        let fired = self.fire(duties, now, room).await?;
        ticked.done = ticked.done.saturating_add(fired.done);
        ticked.failed = ticked.failed.saturating_add(fired.failed);
        ticked.more |= fired.more;
        if let Some(next) = fired.next_due {
            ticked.due(next);
        }
        Ok(ticked)
    }

    async fn tick_parked(&self, duties: &dyn Duties) -> Result<Ticked, StoreError> {
        let mut ticked = Ticked::default();
        let keys: Vec<_> = (0..SHARDS).map(key_of).collect();
        let shards = (0..SHARDS).zip(self.read_all(&keys).await?);
        let mut found: Vec<(u8, String, Entry)> = shards
            .filter_map(|(shard, parked)| Some((shard, parked?.value)))
            .flat_map(|(shard, parked)| {
                let entries = parked.into_iter();
                entries.map(move |(name, entry)| (shard, name, entry))
            })
            .collect();
        // From anywhere: should there be many that cannot be finished, they do not keep the others waiting for ever.
        let many = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let start = self.random().checked_rem(many).unwrap_or(0);
        found.rotate_left(usize::try_from(start).unwrap_or(0));
        let all = found.len() <= MOST;
        found.truncate(MOST);

        let now = self.driver.wall_millis();
        let mut left: Vec<(u8, String)> = Vec::new();
        let mut found = found.into_iter().peekable();
        while found.peek().is_some() {
            let some = found.by_ref().take(AT_A_TIME);
            let tries = some.map(|(shard, name, entry)| async move {
                let end = entry.at.saturating_add(REQUEST_MILLIS);
                let waiting = Waiting {
                    key: entry.key,
                    token: Token { shard, name },
                    young: now < end,
                };
                let resumed = duties.resume(self, &waiting).await;
                (waiting, end, resumed)
            });
            for (waiting, end, resumed) in join_all(tries).await {
                let Token { shard, name } = waiting.token;
                match resumed {
                    Ok(Resumed::Done) => left.push((shard, name)),
                    Ok(Resumed::Early) => ticked.due(Timestamp::from_millis(end)),
                    Err(error) => {
                        eprintln!("the effects of {} wait: {error}", waiting.key);
                        ticked.failed = ticked.failed.saturating_add(1);
                        ticked.due(Timestamp::from_millis(now.saturating_add(REQUEST_MILLIS)));
                    }
                }
            }
        }
        ticked.done = left.len();
        // Where nothing could be done, calling again at once is no use.
        ticked.more = !all && ticked.done > 0;
        sort::sort(&mut left);
        for same in left.chunk_by(|(a, _), (b, _)| a == b) {
            let names: Vec<String> = same.iter().map(|(_, name)| name.clone()).collect();
            if let Some((shard, _)) = same.first() {
                self.unpark(*shard, &names).await?;
            }
        }
        Ok(ticked)
    }
}
