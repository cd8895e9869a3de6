//! Shares and means, rounded once, half away from zero.

/// `value` with so many digits after the point.
pub fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    let scaled = (value * scale).round() / scale;
    // Minus nothing is nothing.
    if scaled == 0.0 { 0.0 } else { scaled }
}

/// `part` of `whole`, to four digits; `None` of nothing.
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| rounded(part as f64 / whole as f64, 4))
}

/// What each of `count` has of `total`, in whole units; `None` of nobody.
pub fn each(total: i64, count: u64) -> Option<i64> {
    scaled(total, 1, 1, count)
}

/// `total · times / (per · count)`, in whole units; `None` where that is nothing to divide by.
pub fn scaled(total: i64, times: i64, per: i64, count: u64) -> Option<i64> {
    let divisor = i128::from(per).checked_mul(count.into())?;
    if divisor <= 0 {
        return None;
    }
    let product = i128::from(total).checked_mul(times.into())?;
    let half = divisor.checked_div(2)?;
    let nudged = match product < 0 {
        true => product.checked_sub(half)?,
        false => product.checked_add(half)?,
    };
    i64::try_from(nudged.checked_div(divisor)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_rounded_once_and_half_away_from_zero() {
        assert_eq!(share(1, 3), Some(0.3333));
        assert_eq!(share(2, 3), Some(0.6667));
        assert_eq!(share(1, 0), None);
        assert_eq!(each(5, 2), Some(3));
        assert_eq!(each(-5, 2), Some(-3));
        assert_eq!(each(7, 0), None);
        // 100 in 15 days are 200 in 30, for 3: 66.67.
        assert_eq!(scaled(100, 30, 15, 3), Some(67));
        assert!(rounded(-0.0001, 2).is_sign_positive());
    }
}
