//! Check-ins: a customer looks in once on each day of the shop, and days in a row are a streak.
//!
//! A check-in is an earn on an occasion of its own, whose id is made of the day: however often it is asked for, it is one. Which
//! points it gives is said by the programme's rules with `"when": "check_in"`, whose `where` may ask for the streak. Days and streak stand
//! in the account, and change with the same commit.

use rapport_types::{Day, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::command::{Command, Earn, Ids, Rejection};
use crate::decide::{Context, Decision, finish, run};
use crate::earning::Occasion;
use crate::earning::given::{self, Case};
use crate::entry::TransactionId;
use crate::pages::Prior;
use crate::program::Program;

/// How many days are remembered one by one: the last one, and those before.
const REMEMBERED: u32 = 62;
/// Days after which [`Streak::of_seven`] begins again.
const WEEK: u32 = 7;

/// The days on which a customer checked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckIns {
    /// The number of the last one.
    last: i32,
    /// How many in a row, it included.
    streak: u32,
    /// The longest streak ever.
    longest: u32,
    /// How many ever.
    total: u32,
    /// The last one is the lowest bit, the day before the next, and so on.
    days: u64,
}

/// How a customer's check-ins stand on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streak {
    /// Whether the day has one.
    pub today: bool,
    /// Days in a row, until that day or the one before; 0 where a day was missed.
    pub streak: u32,
    /// The longest streak ever.
    pub longest: u32,
    /// How many check-ins ever.
    pub total: u32,
}

impl Streak {
    /// The streak in sevens: 1 to 7, then 1 again; 0 where there is none.
    pub fn of_seven(&self) -> u32 {
        let before = self.streak.checked_sub(1);
        let within = before.and_then(|before| before.checked_rem(WEEK));
        within.map_or(0, |within| within.saturating_add(1))
    }

    /// What rules may ask of a check-in that makes it so.
    pub fn properties(&self) -> Map<String, Value> {
        let properties = json!({
            "streak": self.streak,
            "streak_of_7": self.of_seven(),
            "total": self.total,
        });
        match properties {
            Value::Object(properties) => properties,
            _ => Map::new(),
        }
    }

    /// As it would stand after one more, and then one on each of `days` more days.
    #[must_use]
    pub fn after(&self, days: u32) -> Self {
        let more = days.saturating_add(1);
        let streak = self.streak.saturating_add(more);
        Self {
            today: true,
            streak,
            longest: self.longest.max(streak),
            total: self.total.saturating_add(more),
        }
    }
}

impl CheckIns {
    /// How those of an account stand on `today`. A day before the last one counts as that: time never goes back.
    pub fn on(account: &Account, today: Day) -> Streak {
        let Some(checked) = account.check_ins else {
            return Streak {
                today: false,
                streak: 0,
                longest: 0,
                total: 0,
            };
        };
        let passed = today.number().saturating_sub(checked.last);
        Streak {
            today: passed <= 0,
            streak: if passed <= 1 { checked.streak } else { 0 },
            longest: checked.longest,
            total: checked.total,
        }
    }

    /// The day that a check-in on `today` is counted on.
    pub fn day(account: &Account, today: Day) -> Day {
        let last = account.check_ins.map(|checked| checked.last);
        last.filter(|last| *last > today.number())
            .and_then(Day::from_number)
            .unwrap_or(today)
    }

    /// The latest days, newest first.
    pub fn recent(account: &Account) -> Vec<Day> {
        let Some(checked) = account.check_ins else {
            return Vec::new();
        };
        let remembered = (0..REMEMBERED).filter(|back| {
            let bit = checked.days.checked_shr(*back).unwrap_or(0);
            bit & 1 == 1
        });
        remembered
            .filter_map(|back| {
                let back = i32::try_from(back).ok()?;
                Day::from_number(checked.last.checked_sub(back)?)
            })
            .collect()
    }

    /// With one on `day`, which is later than all others.
    fn with(account: &Account, day: Day) -> Self {
        let now = Self::on(account, day).after(0);
        let before = account.check_ins.map_or(0, |checked| {
            let passed = day.number().saturating_sub(checked.last);
            let passed = u32::try_from(passed).unwrap_or(u32::MAX);
            checked.days.checked_shl(passed).unwrap_or(0)
        });
        Self {
            last: day.number(),
            streak: now.streak,
            longest: now.longest,
            total: now.total,
            days: before | 1,
        }
    }
}

/// The transaction of the check-in on a day.
pub fn transaction(day: Day) -> TransactionId {
    TransactionId::of_event(&format!("check_in:{}", day.number()))
}

/// Checks in at `now`, once a day. `occasion` says which rules' conditions hold where it makes the streak so long; `key` is the request's.
///
/// Takes part in the same dance as [`decide`](crate::decide()). A repetition answers as the first one of the day, and a key that came
/// with one of the last two months' as that did.
pub fn check_in(
    account: &Account,
    program: Option<&Program>,
    occasion: impl FnOnce(&Streak) -> Occasion,
    key: Option<&str>,
    prior: &Prior,
    now: Timestamp,
    zone: &Zone,
) -> Result<Decision, Rejection> {
    let day = CheckIns::day(account, zone.day_of(now));
    let occasion = occasion(&CheckIns::on(account, day).after(0));
    let ids = Ids::new(None, key, "")?;
    let command = Command::Earn(Earn {
        ids: Ids {
            alias: key.is_some().then_some(ids.transaction),
            transaction: transaction(day),
            order: None,
        },
        // Without a programme it gives nothing, and counts.
        points: program.is_none().then_some(0),
        money: None,
        at: None,
        reason: Some("check-in".to_owned()),
    });
    let context = Context {
        program,
        prior,
        now,
        zone,
        occasion: Some(&occasion),
    };
    let mut decision = finish(account, run(account, &command, context, false), context)?;
    if let Decision::Done(outcome) = &mut decision {
        if outcome.changed() {
            outcome.account.check_ins = Some(CheckIns::with(account, day));
        } else if !is_one(&outcome.transaction, day) {
            let transaction = outcome.transaction.clone();
            return Err(Rejection::KeyReused { transaction });
        }
    }
    Ok(decision)
}

/// Whether it is the check-in of `day`, or of one of those before.
fn is_one(id: &TransactionId, day: Day) -> bool {
    let back = |days: u32| day.plus_days(i32::try_from(days).ok()?.checked_neg()?);
    let mut days = (0..REMEMBERED).filter_map(back);
    days.any(|day| transaction(day) == *id)
}

/// How many points a check-in at the moment `at` would give on `occasion`.
pub fn would_give(
    account: &Account,
    program: &Program,
    occasion: &Occasion,
    at: Timestamp,
    zone: &Zone,
) -> i64 {
    let given = given::given(Case {
        account,
        program,
        occasion,
        money: None,
        at,
        zone,
        allotted: None,
    });
    given.map_or(0, |given| given.points)
}
