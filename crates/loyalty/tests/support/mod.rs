//! An account with its pages, as a store would keep it, and short ways to say what happens to it.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rapport_loyalty::index::{Volume, look_up, volume_of};
use rapport_loyalty::*;
use rapport_types::{Currency, Money, Slug, Span, Timestamp, Zone};

/// An account, and what has left it.
pub struct Bank {
    pub account: Account,
    pub program: Option<Program>,
    pub zone: Zone,
    pub pages: HashMap<u64, Vec<Entry>>,
    pub index: BTreeMap<u64, Volume>,
    /// What whoever looks at the customer sees of their segments.
    pub sight: Sight,
    /// The largest document stored so far.
    pub largest: usize,
    /// Every so many commands go through JSON; 1 unless a test is long.
    pub stored_every: u64,
    runs: u64,
    fresh: u64,
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::parse("USD").unwrap())
}

impl Bank {
    /// A bank in Shanghai with the programme of that JSON.
    pub fn with(program: &str) -> Self {
        let program: Program = serde_json::from_str(program).unwrap();
        assert_eq!(program.check(), []);
        Self {
            account: Account::default(),
            program: Some(program),
            zone: Zone::named("Asia/Shanghai").unwrap(),
            pages: HashMap::new(),
            index: BTreeMap::new(),
            sight: Sight::nothing(Timestamp::from_millis(0)),
            largest: 0,
            stored_every: 1,
            runs: 0,
            fresh: 0,
        }
    }

    /// The four steps: load (through JSON, as a store does), decide, write what leaves, commit.
    pub fn run(&mut self, command: &Command, now: Timestamp) -> Result<Outcome, Rejection> {
        self.run_with(command, now, Prior::default())
    }

    /// The same by a request that does not know what became of its first try, when there were so many `entries`.
    pub fn run_again(
        &mut self,
        command: &Command,
        now: Timestamp,
        entries: u64,
    ) -> Result<Outcome, Rejection> {
        self.run_with(command, now, Prior::of_request_that_began_at(entries))
    }

    fn run_with(
        &mut self,
        command: &Command,
        now: Timestamp,
        mut prior: Prior,
    ) -> Result<Outcome, Rejection> {
        self.runs += 1;
        if self.runs.is_multiple_of(self.stored_every) {
            // The journal is stored apart.
            let stored = serde_json::to_string(&self.account).unwrap();
            let journal = self.account.journal.to_bytes().unwrap();
            self.largest = self.largest.max(stored.len() + journal.len());
            let mut read: Account = serde_json::from_str(&stored).unwrap();
            read.journal = Journal::read(&journal).unwrap();
            assert_eq!(read, self.account);
        }
        let account = &self.account;
        let outcome = loop {
            let program = self.program.as_ref();
            match decide(account, program, command, &prior, now, &self.zone)? {
                Decision::Done(outcome) => break *outcome,
                Decision::Read(want) => self.read(want, &mut prior),
            }
        };
        for spill in &outcome.spill {
            self.keep(spill);
        }
        if outcome.changed() {
            self.account.clone_from(&outcome.account);
        } else {
            assert_eq!(outcome.account, self.account, "a replay changes nothing");
        }
        Ok(outcome)
    }

    pub fn read(&self, want: Want, prior: &mut Prior) {
        match want {
            Want::Places { key, pages } => {
                let found = look_up(key, pages, self.index.values());
                assert!(found.id_pages.is_empty(), "every page is in the index");
                prior.places(key, found.pages);
            }
            Want::Page(page) => prior.page(page, self.pages[&page].clone()),
            Want::Segments => prior.sight(self.sight.clone()),
            Want::Budget { transaction, rules } => {
                for (rule, points) in rules {
                    prior.allot(&transaction, rule, points, points);
                }
            }
        }
    }

    /// The customer came into `segment` at `from`, or since `until` is in it no more: the account is told.
    pub fn stay(&mut self, segment: &str, from: &str, until: Option<&str>) -> Outcome {
        let seen = Seen {
            from: Some(at(from)),
            until: until.map(at),
            came: true,
        };
        let segment = Slug::parse(segment).unwrap();
        let of = &mut self.sight.of;
        let place = match of.iter().position(|(known, _)| *known == segment) {
            Some(place) => place,
            None => {
                of.push((segment, Vec::new()));
                of.len() - 1
            }
        };
        let stays = &mut of[place].1;
        stays.retain(|stay| stay.from != seen.from);
        stays.push(seen);
        self.sight.rev += 1;
        self.sight.at = at(until.unwrap_or(from));
        self.tick(self.sight.at)
    }

    /// What a timer is for.
    pub fn tick(&mut self, now: Timestamp) -> Outcome {
        let mut prior = Prior::default();
        let program = self.program.as_ref();
        let outcome = loop {
            match expire(&self.account, program, &prior, now, &self.zone).unwrap() {
                Decision::Done(outcome) => break *outcome,
                Decision::Read(want) => self.read(want, &mut prior),
            }
        };
        self.account.clone_from(&outcome.account);
        outcome
    }

    fn keep(&mut self, spill: &Spill) {
        assert_eq!(spill.entries.len(), 64);
        assert_eq!(spill.entries[0].n, spill.page * 64);
        let before = self.pages.insert(spill.page, spill.entries.clone());
        assert!(before.is_none_or(|before| before == spill.entries));
        assert!(serde_json::to_string(&spill.entries).unwrap().len() < 300_000);
        let volume = self.index.entry(volume_of(spill.page)).or_default();
        volume.add(spill.page, &spill.keys());
        assert!(volume.rows().len() < 200_000);
    }

    /// Every entry there ever was, oldest first.
    pub fn journal(&self) -> Vec<Entry> {
        let pages = (0..self.account.pages()).flat_map(|page| self.pages[&page].clone());
        let kept = self.account.journal.kept().unwrap();
        pages.chain(kept.into_iter().cloned()).collect()
    }

    fn ids(&mut self, order: Option<&str>, key: Option<&str>) -> Ids {
        self.fresh += 1;
        Ids::new(order, key, &self.fresh.to_string()).unwrap()
    }

    pub fn order(&mut self, id: &str, money: i64, when: &str) -> Result<Outcome, Rejection> {
        let ids = self.ids(Some(id), None);
        let command = Command::Earn(Earn {
            ids,
            points: None,
            money: Some(usd(money)),
            at: None,
            reason: None,
        });
        self.run(&command, at(when))
    }

    pub fn earn(&mut self, key: &str, points: i64, when: &str) -> Outcome {
        let ids = self.ids(None, Some(key));
        let command = Command::Earn(Earn {
            ids,
            points: Some(points),
            money: None,
            at: None,
            reason: None,
        });
        self.run(&command, at(when)).unwrap()
    }

    /// Points of that moment, reported at another.
    pub fn earn_late(&mut self, key: &str, points: i64, when: Timestamp, reported: Timestamp) {
        let ids = Ids::new(None, Some(key), "").unwrap();
        let command = Command::Earn(Earn {
            ids,
            points: Some(points),
            money: None,
            at: Some(when),
            reason: None,
        });
        self.run(&command, reported).unwrap();
    }

    /// An order of that moment, reported at another.
    pub fn order_late(&mut self, id: &str, money: i64, when: &str, reported: &str) {
        let ids = Ids::new(Some(id), None, "").unwrap();
        let command = Command::Earn(Earn {
            ids,
            points: None,
            money: Some(usd(money)),
            at: Some(at(when)),
            reason: None,
        });
        self.run(&command, at(reported)).unwrap();
    }

    pub fn spend(&mut self, key: &str, points: i64, when: &str) -> Result<Outcome, Rejection> {
        let ids = self.ids(None, Some(key));
        let command = Command::Spend(Spend {
            ids,
            points,
            reason: None,
        });
        self.run(&command, at(when))
    }

    pub fn reverse(
        &mut self,
        of: &TransactionId,
        points: Option<i64>,
        when: &str,
    ) -> Result<Outcome, Rejection> {
        self.reverse_by(None, of, points, when)
    }

    pub fn reverse_by(
        &mut self,
        policy: Option<Policy>,
        of: &TransactionId,
        points: Option<i64>,
        when: &str,
    ) -> Result<Outcome, Rejection> {
        let ids = self.ids(None, None);
        let command = Command::Reverse(Reverse {
            ids,
            of: of.clone(),
            points,
            policy,
            reason: None,
        });
        self.run(&command, at(when))
    }

    pub fn authorize(
        &mut self,
        key: &str,
        points: i64,
        lasts: &str,
        when: &str,
    ) -> Result<Outcome, Rejection> {
        let ids = self.ids(None, Some(key));
        let command = Command::Authorize(Authorize {
            ids,
            points,
            expires_in: Some(Span::parse(lasts).unwrap()),
            reason: None,
        });
        self.run(&command, at(when))
    }

    pub fn capture(
        &mut self,
        of: &TransactionId,
        points: Option<i64>,
        when: &str,
    ) -> Result<Outcome, Rejection> {
        let ids = self.ids(None, None);
        let command = Command::Capture(Capture {
            ids,
            of: of.clone(),
            points,
            reason: None,
        });
        self.run(&command, at(when))
    }

    pub fn void(&mut self, of: &TransactionId, when: &str) -> Result<Outcome, Rejection> {
        let ids = self.ids(None, None);
        let of = of.clone();
        let command = Command::Void(Void {
            ids,
            of,
            reason: None,
        });
        self.run(&command, at(when))
    }

    /// Lot and what remains of it, in the order they are spent.
    pub fn lots(&self) -> Vec<(u64, i64)> {
        let lots = &self.account.ledger.lots;
        lots.iter().map(|lot| (lot.id, lot.remaining)).collect()
    }

    /// What each entry that was ever written did to the balance and to what is held.
    pub fn moves(&self) -> Vec<(Kind, i64, i64)> {
        let journal = self.journal().into_iter();
        journal.map(|e| (e.kind, e.points, e.held)).collect()
    }

    /// active, pending, spent, expired, expiring soon.
    pub fn balance(&self, when: &str) -> [i64; 5] {
        let b = self.account.balance(at(when));
        [b.active, b.pending, b.spent, b.expired, b.expiring_soon]
    }

    pub fn tier(&self, when: &str) -> TierStanding {
        let program = self.program.as_ref();
        tier::standing(&self.account.ledger, program, at(when), &self.zone)
    }

    /// What an audit of the whole account finds.
    pub fn audit(&self) -> Audit {
        let mut audit = Audit::after(None);
        for entry in self.journal() {
            audit.check(&entry);
        }
        audit.close(&self.account);
        audit
    }

    /// The laws that hold after every command, of each kind of points.
    pub fn check_laws(&self, now: Timestamp) {
        // A command that was rejected has not settled what time did.
        let account = settled(&self.account, now);
        let stored = self.account.journal.kept().unwrap().len();
        let view = account.journal.kept().unwrap().into_iter().skip(stored);
        let journal: Vec<Entry> = self.journal().into_iter().chain(view.cloned()).collect();
        for (n, entry) in journal.iter().enumerate() {
            assert_eq!(entry.n, n as u64, "numbered without holes");
        }
        // A purse from which all was taken again is gone; what was written of its kind sums up to nothing, then.
        let others = account.ledger.others.iter().map(|purse| Some(&purse.kind));
        let written = journal.iter().map(|entry| entry.points_kind.as_ref());
        let kinds: BTreeSet<_> = [None].into_iter().chain(others).chain(written).collect();
        for kind in kinds {
            let ledger = account.ledger.of_kind(kind);
            let before = self.account.ledger.of_kind(kind);
            assert_eq!(ledger.balance(now), before.balance(now));
            let journal = journal.iter().filter(|e| e.points_kind.as_ref() == kind);
            check_laws_of(&ledger, journal, now);
        }
        let lots = account.ledger.others.iter().map(|purse| purse.lots.len());
        assert!(lots.max().unwrap_or(0) <= 128);
    }
}

/// The laws of one kind of points, of which `journal` are all entries.
fn check_laws_of<'a>(ledger: &Ledger, journal: impl Iterator<Item = &'a Entry>, now: Timestamp) {
    let balance = ledger.balance(now);
    assert!(balance.pending >= 0 && balance.expired >= 0 && balance.held >= 0);
    let debt = ledger.debt;
    assert!(debt >= 0 && (debt > 0 || balance.active >= 0));
    if debt > 0 {
        let lots = &ledger.lots;
        assert!(!lots.iter().any(|lot| lot.is_active(now)), "debts are paid");
    }
    let whole = balance.active + balance.pending + balance.held;
    let remaining: i64 = ledger.lots.iter().map(|lot| lot.remaining).sum();
    assert_eq!(
        whole + debt,
        remaining + balance.held,
        "the lots are the balance"
    );
    for hold in &ledger.holds {
        let parts: i64 = hold.parts.iter().map(|part| part.points).sum();
        assert_eq!(parts, hold.points, "the parts are the hold");
        assert!(
            hold.to.is_some() || hold.until > now,
            "no hold outlives its time"
        );
    }
    let held: i64 = ledger.holds.iter().map(|hold| hold.points).sum();
    assert_eq!(balance.held, held);
    assert!(ledger.lots.iter().all(|lot| lot.remaining > 0));
    assert!(ledger.lots.len() <= 512);
    assert!(ledger.lots.is_sorted_by_key(|lot| (
        lot.expires_at.unwrap_or(Timestamp::MAX),
        lot.active_from,
        lot.id
    )));
    let (mut sum, mut held, mut owed) = (0, 0, 0);
    for entry in journal {
        sum += entry.points;
        assert_eq!(entry.after, sum, "the balance after each entry");
        let parts: i64 = entry.parts.iter().map(|part| part.points).sum();
        held += entry.held;
        owed += entry.owed;
        let moved = match entry.kind {
            // It names the lots that were held, and takes nothing from those that are open.
            Kind::Capture | Kind::Send => entry.points,
            _ => entry.points - entry.held + entry.owed,
        };
        assert_eq!(parts, moved.abs(), "the lots are the entry");
    }
    assert_eq!(held, balance.held, "the journal is what is held");
    assert_eq!(owed, debt, "the journal is what is owed");
    assert_eq!(sum, whole, "the journal is the balance");
}
