//! Documents that many requests read and few change, kept in the instance in the form that requests need.
//!
//! What is kept is guarded by the document's very bytes: equal bytes mean equal history, so nothing is ever stale, and a
//! read costs a read and a comparison. Of a document that is not there, its register is read.

use std::any::{Any, TypeId};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::creation::Creation;
use crate::envelope::{Envelope, Versioned};
use crate::error::StoreError;
use crate::read::Found;
use crate::table::{Key, Table};
use crate::{Store, boxed, typed};

/// The most documents kept; they are few by nature (programmes, definitions), so more means a mistake.
const MOST: usize = 16;

/// What an instance keeps.
#[derive(Default)]
pub(crate) struct Cache {
    /// So few that they are looked through.
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    /// The document.
    key: String,
    /// What its form is.
    kind: TypeId,
    /// `None` where there was no document.
    bytes: Option<Bytes>,
    form: Form,
}

impl Kept {
    fn is(&self, key: &str, kind: TypeId) -> bool {
        self.kind == kind && self.key == key
    }
}

/// A form of a document, whichever.
type Form = Arc<dyn Any + Send + Sync>;

/// What a look at a document and at what is kept of it finds.
enum Looked {
    /// The form is kept.
    Kept(Form),
    /// It has to be made, and kept with these bytes.
    Keep(Option<Found>, Option<Bytes>),
    /// It has to be made, and the bytes at the key do not tell the whole truth.
    Pass(Option<Found>),
}

impl Store {
    /// The document at `key` in the form that `compile` makes of it (`None` where there is no document). The same `key`
    /// and form must always come with the same `compile`.
    pub async fn read_compiled<T: Table, C: Send + Sync + 'static>(
        &self,
        key: &Key<T>,
        compile: impl FnOnce(Option<Versioned<T::Value>>) -> C,
    ) -> Result<Arc<C>, StoreError> {
        let kind = TypeId::of::<C>();
        let looked = self.look(key.as_str(), T::SCHEMA, kind).await?;
        let (found, keep) = match looked {
            Looked::Kept(form) => {
                return form.downcast().map_err(|_| StoreError::Corrupt {
                    key: key.as_str().to_owned(),
                    why: "it is kept in another form than it was asked for".to_owned(),
                });
            }
            Looked::Keep(found, bytes) => (found, Some(bytes)),
            Looked::Pass(found) => (found, None),
        };
        let found = found.map(|found| typed::versioned::<T>(&found.key, &found.envelope));
        let form = Arc::new(compile(found.transpose()?.flatten()));
        if let Some(bytes) = keep {
            self.keep(key.as_str(), kind, bytes, form.clone());
        }
        Ok(form)
    }

    #[boxed]
    async fn look(&self, key: &str, schema: u32, kind: TypeId) -> Result<Looked, StoreError> {
        // What was not there is not there as long as its register says that nobody created it, which spares the other read. A document
        // that needs no register stands at its key.
        if self.known_creation() == Some(Creation::Register)
            && let Some(form) = self.kept(key, kind, None)
            && self.living(key).await?.is_none()
        {
            return Ok(Looked::Kept(form));
        }
        let Some(bytes) = self.driver.get(key).await? else {
            let found = self.find_from(key, schema, None).await?;
            return Ok(match found {
                None => Looked::Keep(None, None),
                found => Looked::Pass(found),
            });
        };
        if let Some(form) = self.kept(key, kind, Some(&bytes)) {
            return Ok(Looked::Kept(form));
        }
        let bytes = Bytes::from(bytes);
        let envelope = Envelope::decode(key, schema, &bytes)?;
        // One that was created and never changed since is unborn still. What a register has decided stays decided, so these bytes
        // need not ask it again.
        let lives_here = envelope.born || self.living(key).await?.as_deref() == Some(key);
        if !lives_here || envelope.moved_to.is_some() {
            // The bytes here do not tell the whole truth; such a document is read the long way.
            return Ok(Looked::Pass(self.find(key, schema).await?));
        }
        let key = key.to_owned();
        Ok(Looked::Keep(Some(Found { key, envelope }), Some(bytes)))
    }

    fn keep(&self, key: &str, kind: TypeId, bytes: Option<Bytes>, form: Form) {
        let mut kept = self
            .cache
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| !one.is(key, kind));
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.push(Kept {
            key: key.to_owned(),
            kind,
            bytes,
            form,
        });
    }

    fn kept(&self, key: &str, kind: TypeId, bytes: Option<&[u8]>) -> Option<Form> {
        let kept = self
            .cache
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|one| one.is(key, kind))?;
        let same = match (&found.bytes, bytes) {
            (Some(one), Some(other)) => is_same(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        same.then(|| Arc::clone(&found.form))
    }
}

/// Whether both are the same bytes. Thirty-two at a time: the comparison that WebAssembly comes with goes byte by byte, and took as long
/// for 66 KB of segment definitions as to read them.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let (ones, one_rest) = one.as_chunks::<32>();
    let (others, other_rest) = other.as_chunks::<32>();
    one.len() == other.len()
        && ones.iter().zip(others).all(|(one, other)| {
            let ([a, b, c, d], [e, f, g, h]) = (words(one), words(other));
            ((a ^ e) | (b ^ f)) | ((c ^ g) | (d ^ h)) == 0
        })
        && one_rest == other_rest
}

fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let mut words = [0; 4];
    let (chunks, _) = bytes.as_chunks::<8>();
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_ne_bytes(*chunk);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_to_the_last_one() {
        let bytes: Vec<u8> = (0..=100).collect();
        for length in [0, 1, 31, 32, 33, 64, 100] {
            let one = bytes.get(..length).unwrap_or_default();
            assert!(is_same(one, one));
            for at in 0..length {
                let mut other = one.to_vec();
                if let Some(byte) = other.get_mut(at) {
                    *byte ^= 0x80;
                }
                assert!(!is_same(one, &other), "{length} {at}");
            }
            assert!(!is_same(one, bytes.get(..=length).unwrap_or_default()));
        }
    }
}
