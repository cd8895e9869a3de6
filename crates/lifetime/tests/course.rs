//! When the measures pass a value.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects)]

use proptest::prelude::*;
use rapport_lifetime::{History, Measure, Params, Purchases};
use rapport_types::Timestamp;

const HOUR: i64 = 3_600_000;
const WEEK: f64 = 604_800_000.0;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn params() -> impl Strategy<Value = Params> {
    (0.05..5.0, 0.5..50.0, 0.1..8.0, 0.1..20.0)
        .prop_map(|(r, alpha, a, b)| Params::new(r, alpha, a, b).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_value_changes_at_the_moment_that_was_found_and_not_before(
        params in params(),
        days in 1_u64..40,
        first in 0_i64..1_000_000_000,
        until_last in 0_i64..50_000_000_000,
        quiet in -1_000_000_000_i64..100_000_000_000,
        share in 0.0..1.0,
        alive in any::<bool>(),
    ) {
        let measure = if alive { Measure::Alive } else { Measure::OrdersIn90Days };
        let last = first + until_last;
        let purchases = Purchases::new(days, at(first), at(last)).unwrap();
        let now = at(last + quiet);
        let value = params.measure(measure, &purchases, now);
        #[allow(clippy::cast_possible_truncation)]
        let limit = (value as f64 * share) as i64 - 1;
        let Some(then) = params.falls_to(measure, &purchases, now, limit) else {
            let end = params.measure(measure, &purchases, Timestamp::MAX);
            prop_assert!(end > limit);
            return Ok(());
        };
        prop_assert!(then > now);
        prop_assert!(params.measure(measure, &purchases, then) <= limit);
        prop_assert!(params.measure(measure, &purchases, at(then.millis() - 1)) > limit);

        // The formula itself passes the value within the hour, and not before the moment found.
        let exactly = |moment: i64| {
            let age = (moment.max(last) - first) as f64 / WEEK;
            let last = if days == 1 { 0.0 } else { until_last as f64 / WEEK };
            let history = History { repeats: days - 1, last, age };
            match measure {
                Measure::Alive => params.p_alive(&history),
                Measure::OrdersIn90Days => params.expected_orders(&history, 90.0 / 7.0),
            }
        };
        let bound = (limit as f64 + 0.5) / 1e6;
        prop_assert!(exactly(then.millis() - 1) >= bound - 1e-12);
        prop_assert!(exactly(then.millis() + HOUR) <= bound + 1e-12);
    }

    #[test]
    fn both_measures_only_fall(params in params(), days in 1_u64..40, last in 0_i64..20_000_000_000) {
        let purchases = Purchases::new(days, at(0), at(last)).unwrap();
        for measure in [Measure::Alive, Measure::OrdersIn90Days] {
            let mut before = i64::MAX;
            for week in 0..200_i64 {
                let value = params.measure(measure, &purchases, at(last + week * 168 * HOUR));
                prop_assert!(value <= before);
                before = value;
            }
        }
    }
}

#[test]
fn who_ordered_on_one_day_alone_never_leaves_in_this_model() {
    let params = Params::new(0.243, 4.414, 0.793, 2.426).unwrap();
    // Two orders on the day.
    let purchases = Purchases::new(1, at(0), at(5 * HOUR)).unwrap();
    let later = at(1_000 * 24 * HOUR);
    assert_eq!(params.measure(Measure::Alive, &purchases, later), 1_000_000);
    assert_eq!(
        params.falls_to(Measure::Alive, &purchases, later, 999_999),
        None
    );
    assert!(Purchases::new(0, at(0), at(0)).is_none());
}
