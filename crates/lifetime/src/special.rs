//! The series behind the formulas.

use libm::{exp, log};

/// The most terms of a series. Parameters as shops have them need about a hundred.
const MOST_TERMS: u32 = 200_000;
/// Terms are scaled down by this whenever they exceed it, so that none overflows.
const LARGE: f64 = 1e200;

/// ₂F₁(p, q; c; z) · exp(`log_factor`) by its power series, for positive p and q, c > −1 and not 0, and 0 ≤ z < 1: from the second
/// on all terms have one sign, so none takes away another's digits.
///
/// The factor comes in here, because the function alone may be more than a float holds where the product is not.
pub(crate) fn hypergeometric(p: f64, q: f64, c: f64, z: f64, log_factor: f64) -> f64 {
    // Term n is (p)ₙ (q)ₙ / ((c)ₙ n!) zⁿ, where (q)ₙ is q (q + 1) … (q + n − 1).
    let (mut term, mut sum, mut log_scale) = (1.0, 1.0, log_factor);
    for count in 0..MOST_TERMS {
        let n = f64::from(count);
        let ratio = (p + n) * (q + n) / ((c + n) * (n + 1.0)) * z;
        term *= ratio;
        sum += term;
        if term.abs() > LARGE {
            term /= LARGE;
            sum /= LARGE;
            log_scale += log(LARGE);
        }
        // From here on terms shrink at least as fast as a geometric series.
        if ratio.abs() < 1.0 && term.abs() <= sum.abs() * 1e-17 * (1.0 - ratio) {
            break;
        }
    }
    sum * exp(log_scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_logarithm_and_the_power_where_they_are_special_cases() {
        for z in [0.0_f64, 0.1, 0.5, 0.9, 0.99] {
            // ₂F₁(1, 1; 2; z) = −ln(1 − z) / z
            let found = hypergeometric(1.0, 1.0, 2.0, z, 0.0);
            let expected = if z == 0.0 { 1.0 } else { -(-z).ln_1p() / z };
            assert!(
                (found / expected - 1.0).abs() < 1e-13,
                "{z}: {found} {expected}"
            );
            // ₂F₁(p, q; p; z) = (1 − z)^−q
            let found = hypergeometric(0.7, 2.5, 0.7, z, 0.0);
            let expected = (1.0 - z).powf(-2.5);
            assert!(
                (found / expected - 1.0).abs() < 1e-12,
                "{z}: {found} {expected}"
            );
        }
    }

    #[test]
    fn what_a_float_cannot_hold_is_scaled() {
        // (1 − 0.9)^−2000 is 10^2000; with the factor it is 1.
        let found = hypergeometric(5.0, 2_000.0, 5.0, 0.9, 2_000.0 * 0.1_f64.ln());
        assert!((found - 1.0).abs() < 1e-9, "{found}");
    }
}
