//! The ledger's laws over random histories, and over long ones.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::panic
)]

mod long;
mod steps;
#[path = "../support/mod.rs"]
mod support;
use proptest::prelude::*;
use rapport_loyalty::*;
use rapport_types::{Slug, Timestamp};
use steps::{Step, command, step};
use support::{Bank, at};

const PROGRAMS: [&str; 4] = [
    r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1},
        "tiers": [{"id": "a", "name": "A", "at_least": 50, "by": "points"}]}"#,
    r#"{"points": {"per": {"amount": 30, "currency": "USD"}, "points": 7, "expires_after": {"days": 5}},
        "tiers": [{"id": "a", "name": "A", "at_least": 50, "by": "points", "window": "3d"},
                  {"id": "b", "name": "B", "at_least": 500, "by": "points", "window": "3d"}]}"#,
    r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1,
        "expires_after": {"months": 1}, "activates_after": "36h"},
        "tiers": [{"id": "a", "name": "A", "at_least": 20000, "by": "spend", "window": "10d"}]}"#,
    // Orders earn growth as well, and tiers count it; coins are a kind that is spent.
    r#"{"points": {"per": {"amount": 100, "currency": "USD"}, "points": 1, "expires_after": {"days": 5}},
        "kinds": [{"id": "growth", "name": "成长值", "spendable": false, "activates_after": "20h", "expires_after": {"months": 1}},
                  {"id": "coins", "name": "Coins", "expires_after": {"days": 9}}],
        "rules": [{"id": "grow", "name": "Growth", "kind": "growth", "per": {"amount": 50, "currency": "USD"}, "points": 1},
                  {"id": "coin", "name": "A coin", "kind": "coins", "points": 1, "minimum": {"amount": 9000, "currency": "USD"}}],
        "tiers": [{"id": "a", "name": "A", "at_least": 60, "by": "points", "kind": "growth", "window": "10d"}]}"#,
];

/// The kind that a command names.
fn kind_of(command: &Command) -> Option<&Slug> {
    match command {
        Command::OfKind(of) => Some(&of.kind),
        _ => None,
    }
}

/// What is asked, of whatever kind.
fn plain(command: &Command) -> &Command {
    match command {
        Command::OfKind(of) => &of.command,
        other => other,
    }
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
    fn every_history_keeps_the_laws(which in 0..4_usize, steps in prop::collection::vec(step(), 1..220)) {
        let mut bank = Bank::with(PROGRAMS[which]);
        let mut now = at("2026-01-30T10:00:00Z");
        let mut made: Vec<TransactionId> = Vec::new();
        let mut holds: Vec<TransactionId> = Vec::new();
        let mut transfers: Vec<TransactionId> = Vec::new();
        let mut answered: Vec<(Command, Outcome, u64)> = Vec::new();
        for (n, step) in steps.iter().enumerate() {
            if let Step::Wait { hours } = step {
                now = Timestamp::from_millis(now.millis() + hours * 3_600_000);
                bank.check_laws_after_time(now);
                continue;
            }
            let of = match step {
                // Now and then what is captured was no hold.
                Step::Capture { which, .. } | Step::Void { which } if which % 16 > 0 => &holds,
                Step::Sent { which } if which % 16 > 0 => &transfers,
                _ => &made,
            };
            let Some(command) = command(step, of, now, n) else { continue };
            let before = bank.journal();
            let kind = kind_of(&command).cloned();
            let open = settled(&bank.account, now).ledger.of_kind(kind.as_ref()).lots.clone();
            match bank.run(&command, now) {
                Ok(outcome) => {
                    let taken = match plain(&command) {
                        Command::Spend(spend) => Some(spend.points),
                        Command::Authorize(authorize) => Some(authorize.points),
                        Command::Transfer(transfer) => Some(transfer.points),
                        Command::Adjust(adjust) if adjust.points < 0 => Some(-adjust.points),
                        _ => None,
                    };
                    if let (Some(points), false) = (taken, outcome.replayed) {
                        let parts = bank.journal().into_iter().filter(|e| e.id == outcome.transaction).flat_map(|e| e.parts);
                        let taken: Vec<_> = parts.map(|p| (p.lot, p.points)).collect();
                        prop_assert_eq!(taken, by_the_book(&open, now, points));
                    }
                    if !outcome.replayed {
                        made.push(outcome.transaction.clone());
                        if matches!(plain(&command), Command::Authorize(_)) {
                            holds.push(outcome.transaction.clone());
                        }
                        if matches!(command, Command::Transfer(_)) {
                            transfers.push(outcome.transaction.clone());
                        }
                        answered.push((command, outcome, before.len() as u64));
                    }
                }
                Err(Rejection::Insufficient { balance }) => {
                    prop_assert_eq!(balance, bank.account.ledger.of_kind(kind.as_ref()).balance(now).active);
                }
                Err(Rejection::KeyReused { .. } | Rejection::BeyondOriginal { .. } | Rejection::NotReversible) => {}
                Err(Rejection::NoHold | Rejection::HoldClosed { .. } | Rejection::BeyondHold { .. }) => {}
                Err(Rejection::NothingToAdjust) => {}
                Err(Rejection::UnknownKind { .. }) => prop_assert!(which < 3 && kind.is_some()),
                Err(Rejection::NotSpendable { kind }) => prop_assert_eq!(kind.as_str(), "growth"),
                Err(Rejection::UnknownTransaction { .. }) => prop_assert!(matches!(command, Command::Sent(_))),
                Err(Rejection::Frozen { .. }) => prop_assert!(bank.account.ledger.frozen.is_some()),
                Err(Rejection::HoldOver { at }) => prop_assert!(at <= now),
                Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
            }
            bank.check_laws(now);
            let after = bank.journal();
            prop_assert_eq!(&after[..before.len()], &before[..], "what is written stays");
        }
        // Said again, all at the end: the same answers, nothing changed.
        let end = bank.account.clone();
        for (command, first, began) in &answered {
            let again = bank.run_again(command, now, *began).unwrap();
            prop_assert!(again.replayed);
            prop_assert_eq!(&again.answer, &first.answer);
            prop_assert_eq!((&again.kind, &again.also), (&first.kind, &first.also));
            prop_assert_eq!(&again.transaction, &first.transaction);
        }
        prop_assert_eq!(&end, &bank.account);
        prop_assert_eq!(bank.audit().differs, None);
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
            let step = Step::Reverse { which: 0, points: Some(part), policy: None };
            bank.run(&command(&step, &made, now, n).unwrap(), now).unwrap();
            left -= part;
            bank.check_laws(now);
        }
        let step = Step::Reverse { which: 0, points: None, policy: None };
        let last = bank.run(&command(&step, &made, now, 99).unwrap(), now).unwrap();
        prop_assert_eq!(last.answer.points, left);
        prop_assert_eq!(before, bank.account.ledger.lots.clone());
        bank.check_laws(now);
    }

    /// What is returned, and what is refunded, comes in any order; in the end the customer has the points of what they kept.
    #[test]
    fn reversals_come_in_any_order(
        earns in prop::collection::vec(1..100_i64, 1..8),
        // A spend or a hold, after so many of the earns, of so many hundredths of what there is.
        uses in prop::collection::vec((any::<bool>(), 0..8_usize, 1..=100_i64), 1..8),
        returned in prop::collection::vec(any::<bool>(), 8),
        order in prop::collection::vec(any::<u32>(), 40),
        cuts in prop::collection::vec(1..100_i64, 40),
    ) {
        let mut bank = Bank::with(PROGRAMS[0]);
        let now = "2026-06-01T00:00:00Z";
        let mut undone = Vec::new();
        let mut kept = 0;
        for (n, points) in earns.iter().enumerate() {
            let earn = bank.earn(&format!("e{n}"), *points, now).transaction;
            if returned[n] {
                // In two parts, now and then.
                let first = points * cuts[n] / 100;
                if first > 0 && first < *points {
                    undone.push((earn.clone(), Some(first)));
                }
                undone.push((earn, None));
            } else {
                kept += points;
            }
            for (m, (hold, after, share)) in uses.iter().enumerate() {
                let active = bank.account.balance(at(now)).active;
                let some = active * share / 100;
                if after % earns.len() != n || some == 0 {
                    continue;
                }
                let key = format!("u{n}-{m}");
                let made = if *hold {
                    bank.authorize(&key, some, "7d", now)
                } else {
                    bank.spend(&key, some, now)
                };
                undone.push((made.unwrap().transaction, None));
            }
        }
        let mut undone: Vec<_> = undone.into_iter().zip(order).collect();
        undone.sort_by_key(|(_, place)| *place);
        for ((of, part), _) in undone {
            let done = match bank.reverse(&of, part, now) {
                Err(Rejection::NotReversible) => bank.void(&of, now).map(drop),
                Err(Rejection::BeyondOriginal { .. }) => Ok(()),
                done => done.map(drop),
            };
            prop_assert_eq!(done, Ok(()));
            bank.check_laws(at(now));
        }
        prop_assert_eq!(bank.account.balance(at(now)).active, kept);
        prop_assert_eq!(&bank.account.ledger.claims, &[]);
    }

    #[test]
    fn a_tier_answer_says_truly_when_it_changes(
        which in 1..4_usize,
        orders in prop::collection::vec((1..40_000_i64, 0..200_i64), 1..12),
    ) {
        let mut bank = Bank::with(PROGRAMS[which]);
        let mut now = at("2026-01-30T10:00:00Z");
        let mut accounts = vec![(Timestamp::from_millis(0), bank.account.clone())];
        for (n, (money, hours)) in orders.iter().enumerate() {
            now = Timestamp::from_millis(now.millis() + hours * 3_600_000);
            bank.order(&n.to_string(), *money, &now.to_string()).unwrap();
            accounts.push((now, bank.account.clone()));
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
            // As answered at the time: just before, the tier was another, and it was this one ever since.
            let then = |moment: Timestamp| {
                let (_, account) = accounts.iter().rfind(|(when, _)| *when <= moment).unwrap();
                rapport_loyalty::tier::standing(&account.ledger, bank.program.as_ref(), moment, &bank.zone)
            };
            let before = then(Timestamp::from_millis(since.millis() - 1));
            prop_assert!(rank(&before) != rank(&told), "{:?} {:?}", before, told);
            // Midnight may be all that is known of its day: the mark of a later time took the place.
            let day = bank.zone.day_of(since);
            let known = if bank.zone.start_of(day) == since { bank.zone.end_of(day) } else { since };
            for moment in (known.millis()..=now.millis()).step_by(3_600_000) {
                let then = then(Timestamp::from_millis(moment));
                prop_assert_eq!(rank(&then), rank(&told), "{:?} {:?}", then, told);
            }
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
