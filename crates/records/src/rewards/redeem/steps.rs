//! The second and third steps: a number is claimed in the stock, and the account captures or gives back.

use rapport_loyalty::reward::{
    Claimed, Found, Fulfil, Issue, Number, Refuse, Reward, Step, Voucher, found,
};
use rapport_loyalty::{Command, Decision, Program, Rejection, TransactionId, decide};
use rapport_store::{DriverError, Store, StoreError, UpdateError, boxed};
use rapport_types::{CustomerId, Slug, Timestamp, Zone};

use crate::accounts::{self, Effect, Way, Why};
use crate::rewards::{change_stock, pools, release};

/// The second and third steps.
pub(super) struct Going<'a> {
    pub(super) store: &'a Store,
    pub(super) program: Option<&'a Program>,
    pub(super) now: Timestamp,
    pub(super) zone: &'a Zone,
}

impl Going<'_> {
    /// Goes on with the redemption `of`, whose points are held.
    pub(super) async fn on(
        &self,
        customer: &CustomerId,
        of: &TransactionId,
        reward: &Slug,
        terms: Option<&Reward>,
    ) -> Result<Found, StoreError> {
        // A reward that was deleted meanwhile has nothing left.
        let Some(terms) = terms else {
            return self.refuse(customer, of).await;
        };
        let (store, now) = (self.store, self.now);
        let codes = match terms.has_pool() {
            true => Some(pools::total(store, reward).await?),
            false => None,
        };
        let claimed = change_stock(store, reward, now, |stock| {
            match stock.claim(customer, of, terms.stock, codes, now) {
                Claimed::Now(number) => (true, Some(Some(number))),
                Claimed::Before(number) => (false, Some(Some(number))),
                Claimed::Gone | Claimed::NoCode => (false, Some(None)),
                Claimed::Busy => (false, None),
            }
        })
        .await?;
        let Some(number) = claimed else {
            return Err(DriverError::Overloaded("too many claims are open".to_owned()).into());
        };
        let Some(number) = number else {
            return self.refuse(customer, of).await;
        };
        let became = self.fulfil(customer, of, reward, terms, number).await?;
        match &became {
            Found::Issued(issued) if issued.issue.serial == number.serial => {}
            // Nothing is known of it for good.
            Found::Open => {}
            // Somebody else was faster, with a number of their own, or gave the points back.
            Found::Issued(_) | Found::Refused => {
                release(store, reward, number.serial, now).await?;
            }
        }
        Ok(became)
    }

    /// The code of a voucher: that of the pool which was claimed, or a new one.
    async fn code(
        &self,
        reward: &Slug,
        terms: &Reward,
        number: Number,
    ) -> Result<String, StoreError> {
        if let Some(n) = number.code {
            return pools::code(self.store, reward, n).await;
        }
        let code = rapport_loyalty::reward::Code::new(self.store.secret()?);
        Ok(code.text(terms.voucher.prefix.as_deref()))
    }

    /// Captures the points.
    async fn fulfil(
        &self,
        customer: &CustomerId,
        of: &TransactionId,
        reward: &Slug,
        terms: &Reward,
        number: Number,
    ) -> Result<Found, StoreError> {
        let serial = number.serial;
        let issue = Issue {
            reward: reward.clone(),
            name: terms.name.clone(),
            code: self.code(reward, terms, number).await?,
            imported: number.code.is_some(),
            serial,
            uses: terms.voucher.uses,
            until: terms.voucher.valid_until(self.now, self.zone),
        };
        let fulfil = Fulfil::new(of, issue.clone());
        let voucher = Voucher {
            code: issue.code,
            imported: issue.imported,
            reward: issue.reward,
            name: issue.name,
            customer: customer.clone(),
            transaction: fulfil.transaction().clone(),
            serial,
            points: 0,
            issued_at: self.now,
            valid_until: issue.until,
            uses: issue.uses,
            used: Vec::new(),
            cancelled: None,
        };
        self.step(customer, of, Step::Fulfil(fulfil), Some(voucher))
            .await
    }

    async fn refuse(&self, customer: &CustomerId, of: &TransactionId) -> Result<Found, StoreError> {
        let refuse = Step::Refuse(Refuse::new(of));
        self.step(customer, of, refuse, None).await
    }

    /// Takes `step` in the account, and says what has become of the redemption then, whoever brought it there.
    #[boxed]
    async fn step(
        &self,
        customer: &CustomerId,
        of: &TransactionId,
        step: Step,
        voucher: Option<Voucher>,
    ) -> Result<Found, StoreError> {
        let Self {
            store,
            program,
            now,
            zone,
        } = *self;
        // What was paid is what is held.
        let held = accounts::ledger(store, customer).await?;
        let mut holds = held.value.holds.iter();
        let points = holds.find(|hold| hold.id == *of).map_or(0, |h| h.points);
        let also: Vec<Effect> = voucher
            .map(|voucher| Effect::Issue(Box::new(Voucher { points, ..voucher })))
            .into_iter()
            .collect();
        let way = Way {
            now,
            zone,
            dry_run: false,
            why: Why::Asked,
            also: &also,
        };
        let command = Command::Reward(Box::new(step));
        let done = accounts::decide_so::<Rejection>(store, customer, way, |account, _, prior| {
            decide(account, program, &command, prior, now, zone)
        })
        .await;
        match done {
            Ok(_)
            | Err(
                // It was closed in the other way before, or there is nothing to close.
                UpdateError::Rejected(
                    Rejection::HoldClosed { .. } | Rejection::UnknownTransaction { .. },
                ),
            ) => look(store, customer, of, now, zone).await,
            Err(UpdateError::Store(error)) => Err(error),
            Err(UpdateError::Rejected(Rejection::Unreadable(entry))) => {
                Err(accounts::damaged(customer, entry))
            }
            Err(UpdateError::Rejected(rejection)) => {
                Err(DriverError::Failed(rejection.to_string()).into())
            }
            Err(UpdateError::KeyReused | UpdateError::AnswerGone) => {
                look(store, customer, of, now, zone).await
            }
        }
    }
}

/// What became of the redemption `of`.
#[boxed]
pub(super) async fn look(
    store: &Store,
    customer: &CustomerId,
    of: &TransactionId,
    now: Timestamp,
    zone: &Zone,
) -> Result<Found, StoreError> {
    /// The only way out of a decision that changes nothing.
    enum Out {
        Found(Box<Found>),
        Rejected(Rejection),
    }
    impl From<Rejection> for Out {
        fn from(rejection: Rejection) -> Self {
            Self::Rejected(rejection)
        }
    }
    let way = Way {
        now,
        zone,
        dry_run: true,
        why: Why::Asked,
        also: &[],
    };
    let looked =
        accounts::decide_so::<Out>(store, customer, way, |account, _, prior| {
            match found(account, prior, of)? {
                Ok(found) => Err(Out::Found(Box::new(found))),
                Err(want) => Ok(Decision::Read(want)),
            }
        })
        .await;
    match looked {
        Err(UpdateError::Rejected(Out::Found(found))) => Ok(*found),
        Err(UpdateError::Rejected(Out::Rejected(rejection))) => {
            Err(DriverError::Failed(rejection.to_string()).into())
        }
        Err(UpdateError::Store(error)) => Err(error),
        Ok(_) | Err(UpdateError::KeyReused | UpdateError::AnswerGone) => Ok(Found::Refused),
    }
}
