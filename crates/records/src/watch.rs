//! Whoever commits a points account or a summary of feedback looks whether that flips memberships of the customer.
//!
//! Before the commit the rules that name its facts are evaluated, with the customer as they are then. Where one would come out
//! otherwise than what the customer's document has told, or change sooner than the timer that is set, the commit has the effect
//! of reconsidering the customer, who is then looked at with all documents read afresh.
//!
//! Two who commit at once, one the customer and one the account, may each have looked at the other's document as it was before; so may
//! one who commits the account and one who commits the summary. So each looks again after its own commit: whichever committed last sees
//! both. (Where that one ends between its commit and that look, the membership stays as it is until the next commit, timer or fill; who
//! reads it meanwhile is answered right all the same.)

use std::sync::Arc;

use futures_util::future::try_join;
use rapport_loyalty::Account;
use rapport_rules::Document;
use rapport_store::{Store, StoreError, Versioned, boxed};
use rapport_types::{CustomerId, Timestamp, Zone};

use crate::beside::{Beside, Revs};
use crate::customers::{self, CustomerRecord};
use crate::freshness::{self, Moment};
use crate::segments::{self, Compiled};

/// What is known before the commit.
pub(crate) struct Watch<'a> {
    definitions: Arc<Compiled>,
    customer: Option<Versioned<CustomerRecord>>,
    /// The documents beside the customer's, as they are before.
    beside: Beside,
    document: Document,
    of: &'a CustomerId,
    now: Timestamp,
    zone: &'a Zone,
}

impl<'a> Watch<'a> {
    /// Before a commit of `document`, which is about the customer `of`. `None` where no rule names its facts: that costs one read.
    #[boxed]
    pub(crate) async fn begin(
        store: &Store,
        of: &'a CustomerId,
        document: Document,
        now: Timestamp,
        zone: &'a Zone,
    ) -> Result<Option<Self>, StoreError> {
        let definitions = segments::compiled(store).await?;
        if !definitions.needs.has(document) {
            return Ok(None);
        }
        let beside = Beside::load(store, of, definitions.needs, zone);
        let (customer, beside) = try_join(customers::read(store, of), beside).await?;
        Ok(Some(Self {
            definitions,
            customer,
            beside,
            document,
            of,
            now,
            zone,
        }))
    }

    /// Whether the customer has to be looked at, once the commit makes of the documents what `change` does.
    pub(crate) fn flips(&self, change: impl FnOnce(&mut Beside)) -> bool {
        // Who is not there is in no segment.
        let Some(found) = &self.customer else {
            return false;
        };
        let mut beside = self.beside.clone();
        change(&mut beside);
        let moment = Moment {
            definitions: &self.definitions,
            beside: &beside,
            now: self.now,
            zone: self.zone,
            rev: found.rev,
        };
        freshness::has_news_of(&found.value, moment, self.document)
    }

    /// The same, where the commit makes `account` of the points account, with the revision `rev`.
    pub(crate) fn flips_by(&self, account: &Account, rev: u64) -> bool {
        self.flips(|beside| {
            if let Some(facts) = &mut beside.account {
                facts.rev = rev;
                facts.changed_at = account.changed_at;
                facts.ledger = account.ledger.clone();
            }
        })
    }

    /// After a commit that flipped nothing: somebody may have committed the customer meanwhile. The commit stands, whatever comes of it.
    pub(crate) async fn end(self, store: &Store) {
        if let Err(error) = self.look_again(store).await {
            eprintln!(
                "memberships of {} were not looked at again: {error}",
                self.of
            );
        }
    }

    async fn look_again(&self, store: &Store) -> Result<(), StoreError> {
        let rev = |found: &Option<Versioned<CustomerRecord>>| found.as_ref().map(|found| found.rev);
        let needs = self.definitions.needs;
        let beside = Beside::load(store, self.of, needs, self.zone);
        let (found, beside) = try_join(customers::read(store, self.of), beside).await?;
        let (before, now) = (
            &self.beside.revs(Revs::default()),
            &beside.revs(Revs::default()),
        );
        // That its own document has another revision is known.
        let same = match self.document {
            Document::Account => now.feedback == before.feedback,
            Document::Feedback => now.account == before.account,
            Document::Customer => now == before,
        };
        if same && rev(&found) == rev(&self.customer) {
            return Ok(());
        }
        customers::look_again(store, self.of, self.now, self.zone).await
    }
}
