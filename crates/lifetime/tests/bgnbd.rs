//! The formulas against the model itself, integrated by brute force.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use rapport_lifetime::{History, Params};

/// Ten customers of the CDNOW sample up to 1997-09-30: repeats, and the days from the first order to the last and to the end.
const CUSTOMERS: [(u64, f64, f64); 10] = [
    (2, 213.0, 272.0),
    (1, 12.0, 272.0),
    (0, 0.0, 272.0),
    (0, 0.0, 272.0),
    (0, 0.0, 272.0),
    (7, 206.0, 272.0),
    (1, 35.0, 272.0),
    (0, 0.0, 272.0),
    (2, 250.0, 272.0),
    (5, 20.0, 190.0),
];

fn history((repeats, last, age): (u64, f64, f64)) -> History {
    History {
        repeats,
        last: last / 7.0,
        age: age / 7.0,
    }
}

/// The mixture by quadrature, without a closed form, a gamma function or a hypergeometric one: the rate is e^u, the chance of
/// leaving 1 / (1 + e^−v), and both run over everything that weighs anything.
struct Brute {
    /// Customers like this one who are still there.
    alive: f64,
    /// Those who have left.
    left: f64,
    /// Orders within `weeks` of those who are still there.
    orders: f64,
    /// All customers.
    all: f64,
}

fn brute([r, alpha, a, b]: [f64; 4], history: &History, weeks: f64) -> Brute {
    let x = history.repeats as f64;
    let steps = |from: f64, to: f64, step: f64| {
        (0..((to - from) / step) as usize).map(move |n| from + step * n as f64)
    };
    let rates: Vec<(f64, f64)> = steps(-90.0, 8.0, 0.25)
        .map(|u: f64| (u.exp(), (u * r - alpha * u.exp()).exp()))
        .collect();
    let chances: Vec<(f64, f64)> = steps(-110.0, 110.0, 0.25)
        .map(|v: f64| {
            let (p, q) = (1.0 / (1.0 + (-v).exp()), 1.0 / (1.0 + v.exp()));
            (p, (a * p.ln() + b * q.ln()).exp())
        })
        .collect();
    let mut sums = Brute {
        alive: 0.0,
        left: 0.0,
        orders: 0.0,
        all: 0.0,
    };
    for (rate, rate_weight) in &rates {
        let bought = rate.powf(x);
        let still = bought * (-rate * history.age).exp();
        let gone = bought * (-rate * history.last).exp();
        for (chance, chance_weight) in &chances {
            let weight = rate_weight * chance_weight;
            let stayed = (1.0 - chance).powf(x);
            sums.all += weight;
            sums.alive += weight * still * stayed;
            // Orders come at the rate until the first after which the customer leaves.
            let orders = -(-rate * chance * weeks).exp_m1() / chance;
            sums.orders += weight * still * stayed * orders;
            if history.repeats > 0 {
                sums.left += weight * gone * (1.0 - chance).powf(x - 1.0) * chance;
            }
        }
    }
    sums
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-7 * other.abs()
}

#[test]
fn the_closed_forms_are_what_the_model_gives_by_brute_force() {
    // As fitted; with a = 1, where equation 10 is 0 / 0; and next to it.
    for values in [
        [0.243, 4.414, 0.793, 2.426],
        [0.5, 2.0, 1.0, 2.0],
        [0.5, 2.0, 1.0 + 1e-9, 2.0],
        [1.4, 12.0, 3.2, 7.5],
        // a + b below 1, and 1, where without repeats the third argument of 2F1 is negative, and 0.
        [0.5, 2.0, 0.3, 0.4],
        [0.5, 2.0, 0.25, 0.75],
    ] {
        let [r, alpha, a, b] = values;
        let params = Params::new(r, alpha, a, b).unwrap();
        for customer in CUSTOMERS {
            let history = history(customer);
            let weeks = 90.0 / 7.0;
            let brute = brute(values, &history, weeks);
            let p_alive = brute.alive / (brute.alive + brute.left);
            let expected = brute.orders / (brute.alive + brute.left);
            let likelihood = ((brute.alive + brute.left) / brute.all).ln();
            let place = format!("{values:?} {customer:?}");
            assert!(close(params.p_alive(&history), p_alive), "{place}");
            let ours = params.expected_orders(&history, weeks);
            assert!(close(ours, expected), "{place}: {ours} {expected}");
            let ours = params.log_likelihood(&history);
            assert!(close(ours, likelihood), "{place}: {ours} {likelihood}");
        }
    }
}

#[test]
fn the_published_example_comes_out() {
    // Fader, Hardie, Lee (2005), page 281, and their note on P(alive): customer 0001 of the sample.
    let params = Params::new(0.243, 4.414, 0.793, 2.426).unwrap();
    let customer = History {
        repeats: 2,
        last: 30.43,
        age: 38.86,
    };
    let expected = params.expected_orders(&customer, 39.0);
    assert!((expected - 1.226).abs() < 0.0005, "{expected}");
    let alive = params.p_alive(&customer);
    assert!((alive - 0.7266).abs() < 0.0005, "{alive}");
}

#[test]
fn extreme_parameters_and_histories_give_finite_answers() {
    let ends = [Params::LEAST, 1.0, Params::MOST];
    for r in ends {
        for alpha in [0.01, 1.0, Params::MOST] {
            for a in ends {
                for b in ends {
                    let params = Params::new(r, alpha, a, b).unwrap();
                    for (repeats, last, age) in [
                        (0, 0.0, 0.0),
                        (0, 0.0, 4e5),
                        (1, 0.0, 5.0),
                        (9_000, 400.0, 2_000.0),
                    ] {
                        let history = History { repeats, last, age };
                        let place = format!("{params:?} {history:?}");
                        let alive = params.p_alive(&history);
                        assert!((0.0..=1.0).contains(&alive), "{place}: {alive}");
                        let orders = params.expected_orders(&history, 90.0 / 7.0);
                        assert!(orders.is_finite() && orders >= 0.0, "{place}: {orders}");
                        assert!(params.log_likelihood(&history).is_finite(), "{place}");
                    }
                }
            }
        }
    }
}
