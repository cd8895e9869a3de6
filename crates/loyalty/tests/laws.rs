//! The ledger's laws over random histories, and over long ones.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic
)]

mod support;
use proptest::prelude::*;
use rapport_loyalty::*;
use rapport_types::{Span, Timestamp};
use support::{Bank, at};

const PROGRAMS: [&str; 3] = [
    r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "tiers": [{"id": "a", "name": "A", "at_least": 50, "by": "points"}]}"#,
    r#"{"points": {"per": {"amount": 30, "currency": "USD"}, "points": 7, "expires_after": {"days": 5}},
        "tiers": [{"id": "a", "name": "A", "at_least": 50, "by": "points", "window": "3d"},
                  {"id": "b", "name": "B", "at_least": 500, "by": "points", "window": "3d"}]}"#,
    r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1,
        "expires_after": {"months": 1}, "activates_after": "36h"},
        "tiers": [{"id": "a", "name": "A", "at_least": 20000, "by": "spend", "window": "10d"}]}"#,
];

#[derive(Debug, Clone)]
enum Step {
    Earn {
        id: u8,
        points: i64,
        back: i64,
    },
    Order {
        id: u8,
        money: i64,
    },
    Spend {
        id: u8,
        points: i64,
    },
    /// Of the n-th transaction so far, so many points.
    Reverse {
        which: usize,
        points: Option<i64>,
    },
    Wait {
        hours: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<u8>(), 0..200_i64, 0..100_i64).prop_map(|(id, points, back)| Step::Earn {
            id,
            points,
            back
        }),
        (any::<u8>(), 0..20_000_i64).prop_map(|(id, money)| Step::Order { id, money }),
        (any::<u8>(), 1..150_i64).prop_map(|(id, points)| Step::Spend { id, points }),
        (any::<prop::sample::Index>(), prop::option::of(1..120_i64)).prop_map(|(which, points)| {
            Step::Reverse {
                which: which.index(1_000),
                points,
            }
        }),
        (0..72_i64).prop_map(|hours| Step::Wait { hours }),
    ]
}

fn command(step: &Step, made: &[TransactionId], now: Timestamp, fresh: usize) -> Option<Command> {
    let fresh = fresh.to_string();
    Some(match step {
        Step::Wait { .. } => return None,
        Step::Earn { id, points, back } => Command::Earn(Earn {
            ids: Ids::new(None, Some(&format!("e{id}")), "").unwrap(),
            points: Some(*points),
            money: None,
            at: Some(Timestamp::from_millis(now.millis() - back * 3_600_000)),
            reason: None,
        }),
        Step::Order { id, money } => Command::Earn(Earn {
            ids: Ids::new(Some(&format!("o{id}")), None, "").unwrap(),
            points: None,
            money: Some(support::usd(*money)),
            at: None,
            reason: Some("买鞋 \"42\"".into()),
        }),
        Step::Spend { id, points } => Command::Spend(Spend {
            ids: Ids::new(None, Some(&format!("s{id}")), "").unwrap(),
            points: *points,
            reason: None,
        }),
        Step::Reverse { which, points } => Command::Reverse(Reverse {
            ids: Ids::new(None, None, &fresh).unwrap(),
            of: made.get(which % made.len().max(1))?.clone(),
            points: *points,
            reason: None,
        }),
    })
}

/// What a spend must take, by the words of the design: repeatedly the lot that expires first, the older of equals.
fn by_the_book(lots: &[Lot], now: Timestamp, mut points: i64) -> Vec<(u64, i64)> {
    let mut lots: Vec<_> = lots
        .iter()
        .filter(|lot| lot.is_active(now))
        .cloned()
        .collect();
    let mut taken = Vec::new();
    while points > 0 {
        let first = lots
            .iter()
            .enumerate()
            .min_by_key(|(_, lot)| {
                (
                    lot.expires_at.map_or(i64::MAX, Timestamp::millis),
                    lot.active_from,
                    lot.id,
                )
            })
            .map(|(place, _)| place)
            .unwrap();
        let lot = lots.remove(first);
        let some = points.min(lot.remaining);
        taken.push((lot.id, some));
        points -= some;
    }
    taken
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_laws(which in 0..3_usize, steps in prop::collection::vec(step(), 1..220)) {
        let mut bank = Bank::with(PROGRAMS[which]);
        let mut now = at("2026-01-30T10:00:00Z");
        let mut made: Vec<TransactionId> = Vec::new();
        let mut answered: Vec<(Command, Outcome)> = Vec::new();
        for (n, step) in steps.iter().enumerate() {
            if let Step::Wait { hours } = step {
                now = Timestamp::from_millis(now.millis() + hours * 3_600_000);
                bank.check_laws_after_time(now);
                continue;
            }
            let Some(command) = command(step, &made, now, n) else { continue };
            let before = bank.journal();
            let open = settled(&bank.account, now).ledger.lots;
            match bank.run(&command, now) {
                Ok(outcome) => {
                    if let (Command::Spend(spend), false) = (&command, outcome.replayed) {
                        let parts = bank.journal().into_iter().filter(|e| e.id == outcome.transaction).flat_map(|e| e.parts);
                        let taken: Vec<_> = parts.map(|p| (p.lot, p.points)).collect();
                        prop_assert_eq!(taken, by_the_book(&open, now, spend.points));
                    }
                    if !outcome.replayed {
                        made.push(outcome.transaction.clone());
                        answered.push((command, outcome));
                    }
                }
                Err(Rejection::Insufficient { balance }) => {
                    prop_assert_eq!(balance, bank.account.balance(now).active);
                }
                Err(Rejection::KeyReused { .. } | Rejection::BeyondOriginal { .. } | Rejection::NotReversible) => {}
                Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
            }
            bank.check_laws(now);
            let after = bank.journal();
            prop_assert_eq!(&after[..before.len()], &before[..], "what is written stays");
        }
        // Said again, all at the end: the same answers, nothing changed.
        let end = bank.account.clone();
        for (command, first) in &answered {
            let again = bank.run(command, now).unwrap();
            prop_assert!(again.replayed);
            prop_assert_eq!(&again.answer, &first.answer);
            prop_assert_eq!(&again.transaction, &first.transaction);
        }
        prop_assert_eq!(end, bank.account);
    }

    #[test]
    fn a_spend_reversed_in_any_parts_restores_its_lots(
        lots in prop::collection::vec((1..50_i64, 0..60_i64), 1..40),
        share in 1..=100_i64,
        cuts in prop::collection::vec(1..100_i64, 0..6),
    ) {
        let mut bank = Bank::with(PROGRAMS[1]);
        bank.program.as_mut().unwrap().points.expires_after = Some(Validity::Days(90));
        let now = at("2026-06-01T00:00:00Z");
        let mut sum = 0;
        for (n, (points, days)) in lots.iter().enumerate() {
            let earn = Step::Earn { id: n as u8, points: *points, back: days * 24 };
            bank.run(&command(&earn, &[], now, 0).unwrap(), now).unwrap();
            sum += points;
        }
        let before = bank.account.ledger.lots.clone();
        let points = (sum * share / 100).max(1);
        let spent = bank.run(&command(&Step::Spend { id: 0, points }, &[], now, 0).unwrap(), now).unwrap();
        let made = [spent.transaction];
        let mut left = points;
        for (n, cut) in cuts.iter().enumerate() {
            let part = (points * cut / 300).clamp(1, left);
            if left <= part { break }
            let step = Step::Reverse { which: 0, points: Some(part) };
            bank.run(&command(&step, &made, now, n).unwrap(), now).unwrap();
            left -= part;
            bank.check_laws(now);
        }
        let step = Step::Reverse { which: 0, points: None };
        let last = bank.run(&command(&step, &made, now, 99).unwrap(), now).unwrap();
        prop_assert_eq!(last.answer.points, left);
        prop_assert_eq!(before, bank.account.ledger.lots.clone());
        bank.check_laws(now);
    }

    #[test]
    fn a_tier_answer_says_truly_when_it_changes(
        which in 1..3_usize,
        orders in prop::collection::vec((1..40_000_i64, 0..200_i64), 1..12),
    ) {
        let mut bank = Bank::with(PROGRAMS[which]);
        let mut now = at("2026-01-30T10:00:00Z");
        for (n, (money, hours)) in orders.iter().enumerate() {
            now = Timestamp::from_millis(now.millis() + hours * 3_600_000);
            bank.order(&n.to_string(), *money, &now.to_string()).unwrap();
        }
        let standing = |moment: Timestamp| bank.tier(&moment.to_string());
        let told = standing(now);
        let rank = |s: &TierStanding| s.tier.as_ref().map(|t| t.as_str().to_owned());
        // Walk on hour by hour, at and just before each.
        let mut first_change = None;
        let mut first_loss = None;
        for hour in 0..24 * 16 {
            for early in [1, 0] {
                let moment = Timestamp::from_millis(now.millis() + hour * 3_600_000 - early);
                if moment < now { continue }
                let then = standing(moment);
                if first_change.is_none() && (rank(&then), &then.next, &then.until) != (rank(&told), &told.next, &told.until) {
                    first_change = Some(moment);
                }
                if first_loss.is_none() && rank(&then) < rank(&told) {
                    first_loss = Some(moment);
                }
            }
        }
        prop_assert_eq!(told.until, first_loss);
        if let Some(change) = first_change {
            prop_assert!(told.changes_at.unwrap() <= change);
        }
        if let Some(since) = told.since {
            // On the day before, the tier was another.
            let midnight = bank.zone.start_of(bank.zone.day_of(since));
            let earlier = standing(Timestamp::from_millis(midnight.millis() - 1));
            prop_assert!(rank(&earlier) != rank(&told), "{:?} {:?}", earlier, told);
        }
    }
}

impl Bank {
    /// Time alone writes nothing, and the view of it keeps the laws.
    fn check_laws_after_time(&self, now: Timestamp) {
        let view = settled(&self.account, now);
        assert_eq!(view.balance(now), self.account.balance(now));
        let kept = self.account.journal.kept().unwrap();
        assert!(
            view.journal
                .kept()
                .unwrap()
                .into_iter()
                .zip(kept)
                .all(|(a, b)| a == b)
        );
    }
}

#[test]
fn twenty_thousand_transactions_and_the_first_id_again() {
    let mut bank = Bank::with(PROGRAMS[2]);
    bank.stored_every = 97;
    let start = at("2026-01-01T00:00:00Z");
    let mut now = start;
    let mut first = None;
    let mut spends = Vec::new();
    for n in 0..20_000_i64 {
        now = start.plus(Span::parse(&format!("{}m", n * 20)).unwrap());
        let command = if n % 10 == 9 {
            Command::Spend(Spend {
                ids: Ids::new(None, Some(&format!("s{n}")), "").unwrap(),
                points: 50,
                reason: Some("coupon".into()),
            })
        } else {
            Command::Earn(Earn {
                ids: Ids::new(Some(&format!("order-{n}")), Some(&format!("key-{n}")), "").unwrap(),
                points: None,
                money: Some(support::usd(1_000)),
                at: None,
                reason: None,
            })
        };
        match bank.run(&command, now) {
            Ok(outcome) => {
                if n % 10 == 9 {
                    spends.push(outcome.transaction.clone());
                }
                first.get_or_insert((command, outcome));
            }
            Err(Rejection::Insufficient { .. }) => assert!(n < 200, "spend {n}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(bank.largest < 300_000, "{} bytes", bank.largest);
    assert!(bank.account.pages() > 300);
    bank.check_laws(now);
    let (command, outcome) = first.unwrap();
    let again = bank.run(&command, now).unwrap();
    assert!(again.replayed && again.answer == outcome.answer);
    // By its other name, too, and with another request under it.
    let reused = Command::Spend(Spend {
        ids: Ids::new(None, Some("key-0"), "").unwrap(),
        points: 1,
        reason: None,
    });
    assert!(matches!(
        bank.run(&reused, now),
        Err(Rejection::KeyReused { .. })
    ));

    // A spend of long ago is reversed in parts; the second time its reversal has left the document as well.
    let old = spends[3].clone();
    let part = bank.reverse(&old, Some(20), &now.to_string()).unwrap();
    assert_eq!(part.answer.points, 20);
    for n in 0..400 {
        bank.earn(&format!("later-{n}"), 1, &now.to_string());
    }
    let beyond = bank.reverse(&old, Some(31), &now.to_string());
    assert_eq!(beyond.unwrap_err(), Rejection::BeyondOriginal { left: 30 });
    let rest = bank.reverse(&old, None, &now.to_string()).unwrap();
    assert_eq!(rest.answer.points, 30);
    for n in 400..800 {
        bank.earn(&format!("later-{n}"), 1, &now.to_string());
    }
    let again = bank.reverse(&old, None, &now.to_string()).unwrap();
    assert!(again.replayed && again.transaction == rest.transaction);
    bank.check_laws(now);
}

#[test]
fn orders_in_one_commit_find_what_is_about_to_leave() {
    let mut bank = Bank::with(PROGRAMS[0]);
    let now = at("2026-06-01T00:00:00Z");
    for n in 0..191 {
        bank.order(&n.to_string(), 100, &now.to_string()).unwrap();
    }
    // The first new order fills the document up to the page that leaves; order 5 stands on that page.
    let order = |id: &str| Order {
        id: id.into(),
        money: support::usd(100),
        at: now,
    };
    let orders = ["new", "5", "new too", "5", "new"].map(order);
    let program = bank.program.as_ref();
    let decision = earn_orders(
        &bank.account,
        program,
        &orders,
        &Prior::default(),
        now,
        &bank.zone,
    );
    let Ok(Decision::Done(outcome)) = decision else {
        panic!("{decision:?}")
    };
    assert_eq!(outcome.account.balance(now).active, 193);
    assert_eq!(outcome.spill.len(), 1);
    assert_eq!(outcome.spill[0].entries.last().unwrap().n, 63);
    // All refused: the reason. Some: the rest earns.
    let refund = Order {
        money: support::usd(-1),
        ..order("refund")
    };
    let both = [refund.clone(), order("good")];
    let all = earn_orders(
        &bank.account,
        program,
        &both[..1],
        &Prior::default(),
        now,
        &bank.zone,
    );
    assert_eq!(all, Err(Rejection::NegativeMoney));
    let some = earn_orders(
        &bank.account,
        program,
        &both,
        &Prior::default(),
        now,
        &bank.zone,
    );
    assert!(matches!(some, Ok(Decision::Done(outcome)) if outcome.answer.points == 1));
}

#[test]
fn hundreds_of_lots_are_spent_returned_and_spent_again_within_the_size() {
    // Every lot has dates of its own, so a spend of everything names 500 lots; again and again, with long reasons.
    let mut bank = Bank::with(PROGRAMS[0]);
    bank.program.as_mut().unwrap().points.expires_after = Some(Validity::Days(2_000));
    bank.stored_every = 13;
    let now = at("2026-06-01T00:00:00Z");
    for n in 0..500_i64 {
        let command = Command::Earn(Earn {
            ids: Ids::new(Some(&format!("{n:0>128}")), Some(&format!("{n:0>128}")), "").unwrap(),
            points: Some(1_000_000_000_000),
            money: None,
            at: Some(Timestamp::from_millis(now.millis() - n * 86_400_000)),
            reason: Some("\u{1}".repeat(512)),
        });
        bank.run(&command, now).unwrap();
    }
    let lots = bank.account.ledger.lots.clone();
    assert_eq!(lots.len(), 500);
    bank.stored_every = 1;
    for n in 0..30 {
        let spend = bank
            .spend(&format!("s{n}"), 500_000_000_000_000, &now.to_string())
            .unwrap();
        assert!(bank.account.ledger.lots.is_empty());
        bank.reverse(
            &spend.transaction,
            Some(200_000_000_000_001),
            &now.to_string(),
        )
        .unwrap();
        bank.reverse(&spend.transaction, None, &now.to_string())
            .unwrap();
        assert_eq!(bank.account.ledger.lots, lots);
    }
    bank.check_laws(now);
    // After two thousand days all is over, on five hundred different days.
    let end = "2033-01-01T00:00:00Z";
    bank.earn("last", 1, end);
    bank.check_laws(at(end));
    bank.earn("later", 1, end);
    assert!(bank.largest < 300_000, "{} bytes", bank.largest);
    assert_eq!(bank.balance(end)[0], 2);
}

#[test]
fn more_than_512_lots_fold_and_nothing_is_lost() {
    let mut bank = Bank::with(PROGRAMS[0]);
    bank.stored_every = 13;
    let now = at("2026-06-01T00:00:00Z");
    for n in 0..600_i64 {
        bank.earn(
            &format!("never-{n}"),
            1,
            &Timestamp::from_millis(now.millis() + n).to_string(),
        );
        assert!(bank.account.ledger.lots.len() <= 512);
    }
    let now = now.plus(Span::parse("1d").unwrap());
    bank.check_laws(now);
    // 513 lots became one at the 513th earn; 87 came after.
    assert_eq!(bank.account.ledger.lots.len(), 88);
    let folds = bank.journal().into_iter().filter(|e| e.kind == Kind::Fold);
    assert_eq!(folds.map(|e| e.folds.len()).sum::<usize>(), 512);
    // An order whose lot went into another is still taken back.
    let one = TransactionId::of_key("never-7");
    assert_eq!(
        bank.reverse(&one, None, &now.to_string())
            .unwrap()
            .answer
            .points,
        1
    );
    bank.spend("all", 599, &now.to_string()).unwrap();
    bank.check_laws(now);
}

#[test]
fn lots_of_different_dates_fold_to_the_later_expiry() {
    let mut bank = Bank::with(PROGRAMS[0]);
    bank.program.as_mut().unwrap().points.expires_after = Some(Validity::Days(2_000));
    bank.stored_every = 13;
    let now = at("2026-06-01T00:00:00Z");
    for n in 0..560_i64 {
        let earn = Step::Earn {
            id: 0,
            points: 1,
            back: n * 24,
        };
        let Some(Command::Earn(mut earn)) = command(&earn, &[], now, 0) else {
            panic!()
        };
        earn.ids = Ids::new(None, Some(&n.to_string()), "").unwrap();
        bank.run(&Command::Earn(earn), now).unwrap();
        assert!(bank.account.ledger.lots.len() <= 512);
    }
    bank.check_laws(now);
    // No point ends before its own date: on each day at most those are over that would have been unfolded.
    for day in 1_400..2_010_i64 {
        let moment = Timestamp::from_millis(now.millis() + day * 86_400_000);
        let alone = (0..560).filter(|n| day > 2_000 - n).count() as i64;
        assert!(
            bank.account.balance(moment).expired <= alone.max(0),
            "day {day}"
        );
    }
}
