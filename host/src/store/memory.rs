//! A store in memory, with the meaning of Spin's SQLite. Nothing outlives the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::{Backend, Change, Changed, Failure, Keys, Label, Reply, add, now};

/// Stores by label, keys in order.
#[derive(Default)]
pub struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    stores: BTreeMap<Label, BTreeMap<String, Vec<u8>>>,
    poisoned: bool,
}

impl Memory {
    /// The stores, unless an increment has poisoned them.
    fn inner(&self) -> Result<MutexGuard<'_, Inner>, Failure> {
        // No code that holds the lock can panic, so what a poisoned mutex guards is whole.
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.poisoned {
            Err(Failure::Poisoned)
        } else {
            Ok(inner)
        }
    }

    fn read<T>(
        &self,
        store: &Label,
        read: impl FnOnce(&BTreeMap<String, Vec<u8>>) -> T,
    ) -> Result<T, Failure> {
        let inner = self.inner()?;
        match inner.stores.get(store) {
            Some(keys) => Ok(read(keys)),
            None => Ok(read(&BTreeMap::new())),
        }
    }
}

impl Backend for Memory {
    fn get(&self, store: &Label, key: &str) -> Reply<Option<Vec<u8>>> {
        now(self.read(store, |keys| keys.get(key).cloned()))
    }

    fn exists(&self, store: &Label, key: &str) -> Reply<bool> {
        now(self.read(store, |keys| keys.contains_key(key)))
    }

    fn get_many(&self, store: &Label, mut wanted: Vec<String>) -> Reply<Vec<(String, Vec<u8>)>> {
        wanted.sort_unstable();
        wanted.dedup();
        now(self.read(store, |keys| {
            wanted
                .into_iter()
                .filter_map(|key| keys.get(&key).cloned().map(|value| (key, value)))
                .collect()
        }))
    }

    fn list(&self, store: &Label) -> Reply<Vec<String>> {
        now(self.read(store, |keys| keys.keys().cloned().collect()))
    }

    fn stream(&self, store: &Label) -> Keys {
        let (to, keys) = mpsc::channel(4);
        let (tell, end) = oneshot::channel();
        let listed = self.read(store, |keys| keys.keys().cloned().collect::<Vec<_>>());
        tokio::spawn(async move {
            let result = match listed {
                Ok(listed) => {
                    for key in listed {
                        if to.send(key).await.is_err() {
                            break;
                        }
                    }
                    Ok(())
                }
                Err(failure) => Err(failure),
            };
            drop(to);
            let _ = tell.send(result);
        });
        Keys { keys, end }
    }

    fn change(&self, store: &Label, change: Change) -> Reply<Changed> {
        let mut inner = match self.inner() {
            Ok(inner) => inner,
            Err(failure) => return now(Err(failure)),
        };
        let keys = inner.stores.entry(store.clone()).or_default();
        let changed = match change {
            Change::Set { key, value } => {
                keys.insert(key, value);
                Changed::Done
            }
            Change::Delete { key } => {
                keys.remove(&key);
                Changed::Done
            }
            Change::SetMany(pairs) => {
                keys.extend(pairs);
                Changed::Done
            }
            Change::DeleteMany(gone) => {
                for key in gone {
                    keys.remove(&key);
                }
                Changed::Done
            }
            Change::Increment { key, delta } => match add(keys.get(&key).cloned(), delta) {
                Some(sum) => {
                    keys.insert(key, sum.to_le_bytes().to_vec());
                    Changed::Counter(sum)
                }
                None => {
                    inner.poisoned = true;
                    return now(Err(Failure::Poisoned));
                }
            },
            Change::Swap {
                key,
                old: Some(old),
                new,
            } => match keys.get_mut(&key) {
                Some(present) if *present == old => {
                    *present = new;
                    Changed::Swapped(true)
                }
                _ => Changed::Swapped(false),
            },
            Change::Swap {
                key,
                old: None,
                new,
            } => {
                keys.insert(key, new);
                Changed::Swapped(true)
            }
        };
        now(Ok(changed))
    }

    fn stream_locks(&self) -> bool {
        true
    }

    fn close(&self) -> Reply<()> {
        now(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Database, meaning};

    #[tokio::test]
    async fn it_means_what_spins_sqlite_means() {
        meaning::holds(&Database::new(Memory::default())).await;
    }

    #[tokio::test]
    async fn a_bad_counter_ends_it() {
        meaning::a_bad_counter_ends_everything(&Database::new(Memory::default())).await;
    }

    #[tokio::test]
    async fn an_open_stream_locks_it() {
        meaning::an_open_stream_locks_everything(&Database::new(Memory::default())).await;
    }
}
