//! Which lots become one where there are too many: at most 512 are open.

use std::collections::{BTreeMap, BTreeSet};

use rapport_loyalty::*;
use rapport_types::Timestamp;

use crate::PLAIN;
use crate::support::{Bank, at};

const NOW: &str = "2026-01-10T04:00:00Z";
const DAY: i64 = 86_400_000;

/// So many days after noon of 10 January in Shanghai.
fn noon(days: i64) -> Timestamp {
    Timestamp::from_millis(at(NOW).millis() + days * DAY)
}

/// One point for each of these: from when, and until when, in days.
fn import(bank: &mut Bank, dates: &[(i64, i64)]) {
    for (n, some) in dates.chunks(100).enumerate() {
        let lots = some.iter().map(|(from, until)| Opening {
            points: 1,
            active_from: Some(noon(*from)),
            expires_at: Some(noon(*until)),
            reason: None,
        });
        let key = format!("{n} of {} from {:?}", dates.len(), some[0]);
        let import = Import {
            ids: Ids::new(None, Some(&key), "").unwrap(),
            lots: lots.collect(),
        };
        bank.run(&Command::Import(import), at(NOW)).unwrap();
    }
}

/// The dates of the open lots, and what is left of them.
fn lots(bank: &Bank) -> BTreeMap<(i64, i64), i64> {
    let days = |moment: Timestamp| (moment.millis() - at(NOW).millis()) / DAY;
    let lots = bank.account.ledger.lots.iter();
    lots.map(|lot| {
        let dates = (days(lot.active_from), days(lot.expires_at.unwrap()));
        (dates, lot.remaining)
    })
    .collect()
}

#[test]
fn lots_of_equal_dates_become_one_and_all_others_stay() {
    let mut bank = Bank::with(PLAIN);
    // 512 lots that end on different days, and one that ends with the eighth.
    let dates: Vec<(i64, i64)> = (0..512).map(|n| (0, 10 + n)).collect();
    import(&mut bank, &dates);
    assert_eq!(lots(&bank).len(), 512);
    import(&mut bank, &[(0, 17)]);
    let open = lots(&bank);
    let expected: BTreeSet<(i64, i64)> = dates.into_iter().collect();
    assert_eq!(open.keys().copied().collect::<BTreeSet<_>>(), expected);
    assert!(
        open.iter()
            .all(|((_, until), left)| *left == if *until == 17 { 2 } else { 1 })
    );
    bank.check_laws(at(NOW));
}

#[test]
fn lots_that_end_together_and_begin_on_different_days_stay_apart() {
    let mut bank = Bank::with(PLAIN);
    // All end on day 900; 511 of them begin on different days, two on the same.
    let dates: Vec<(i64, i64)> = (1..512).map(|n| (n, 900)).collect();
    import(&mut bank, &dates);
    import(&mut bank, &[(7, 900), (0, 900)]);
    let open = lots(&bank);
    assert_eq!((open.len(), open[&(7, 900)]), (512, 2));
    assert_eq!(bank.balance(NOW)[..2], [1, 512]);
}

#[test]
fn where_none_are_equal_the_nearest_become_one_and_count_for_tiers_from_the_earlier_day() {
    let mut bank = Bank::with(PLAIN);
    // Ten days from one end to the next and a day from one beginning to the next, 11 in all; 20 more are a day and a day off, 2 in all.
    let mut dates: Vec<(i64, i64)> = (0..492).map(|n| (1 + n, 1_000 + 10 * n)).collect();
    dates.extend((0..20).map(|n| (2 + n, 1_001 + 10 * n)));
    import(&mut bank, &dates);
    assert_eq!(lots(&bank).len(), 512);
    import(&mut bank, &[(3, 9_000)]);
    // Down to 496, so that not every earn has to: 17 pairs, each with the earlier beginning and the later end.
    let pairs = (0..17).map(|n| ((1 + n, 1_001 + 10 * n), 2));
    let others = dates.iter().filter(|(_, until)| *until >= 1_170);
    let others = others.chain(&[(3, 9_000)]).map(|dates| (*dates, 1));
    let open = lots(&bank);
    assert_eq!(open.len(), 496);
    assert_eq!(open, pairs.chain(others).collect());
    // Each point is counted on the day on which it activates now.
    let mut by_day = BTreeMap::<i32, i64>::new();
    for ((from, _), left) in &open {
        *by_day
            .entry(bank.zone.day_of(noon(*from)).number())
            .or_default() += left;
    }
    let counted = bank.account.ledger.days.iter();
    let counted: BTreeMap<i32, i64> = counted.map(|row| (row.day, row.points)).collect();
    assert_eq!(counted, by_day);
    bank.check_laws(at(NOW));
}
