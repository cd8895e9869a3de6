//! Moments in the shapes that programs write, read ten times faster than by the general reader.

use super::Timestamp;

/// Reads `YYYY-MM-DDThh:mm:ss`, with up to three decimal places, and `Z` or an offset; `None` for every other shape, also
/// for what is no moment: the general reader knows those.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(19)?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
    ] = *date
    else {
        return None;
    };
    let two = |tens: u8, ones: u8| {
        let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte & 15));
        digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)
    };
    let year = two(y1, y2)?.checked_mul(100)?.checked_add(two(y3, y4)?)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(i1, i2)?, two(s1, s2)?);
    // Days beyond the 28th depend on the month; years before 1970 are rare.
    let fine = (1970..=9998).contains(&year)
        && (1..=12).contains(&month)
        && (1..=28).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let fine = fine || (fine_late_day(year, month, day) && hour < 24 && minute < 60 && second < 60);
    if !fine {
        return None;
    }
    let (millis, rest) = match rest {
        [b'.', a, b, c, rest @ ..] if c.is_ascii_digit() => (
            two(b'0', *a)?.checked_mul(100)?.checked_add(two(*b, *c)?)?,
            rest,
        ),
        [b'.', ..] => return None,
        rest => (0, rest),
    };
    let offset = match *rest {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', i1, i2] => {
            let (hours, minutes) = (two(h1, h2)?, two(i1, i2)?);
            if hours > 14 || minutes > 59 || (hours, minutes) == (0, 0) {
                return None;
            }
            let offset = hours.checked_mul(60)?.checked_add(minutes)?;
            if sign == b'-' {
                offset.checked_neg()?
            } else {
                offset
            }
        }
        _ => return None,
    };
    let minutes = days(year, month, day)?
        .checked_mul(24)?
        .checked_add(hour)?
        .checked_mul(60)?
        .checked_add(minute)?
        .checked_sub(offset)?;
    let seconds = minutes.checked_mul(60)?.checked_add(second)?;
    let millis = seconds.checked_mul(1_000)?.checked_add(millis)?;
    Some(Timestamp::from_millis(millis))
}

/// Whether it is the 29th to 31st of a month that has it.
fn fine_late_day(year: i64, month: i64, day: i64) -> bool {
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        // Leap days are rare.
        _ => 28,
    };
    (1970..=9998).contains(&year) && (29..=last).contains(&day)
}

/// Days since 1970 began, in the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    // Years begin in March here, so that the leap day is the last.
    let (year, month) = match month {
        1 | 2 => (year.checked_sub(1)?, month.checked_add(9)?),
        month => (year, month.checked_sub(3)?),
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = month.checked_mul(153)?.checked_add(2)?.checked_div(5)?;
    let of_year = of_year.checked_add(day)?.checked_sub(1)?;
    let leaps = of_era
        .checked_div(4)?
        .checked_sub(of_era.checked_div(100)?)?;
    let of_era = of_era
        .checked_mul(365)?
        .checked_add(leaps)?
        .checked_add(of_year)?;
    era.checked_mul(146_097)?
        .checked_add(of_era)?
        .checked_sub(719_468)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_the_general_reader_reads() {
        // Steps that meet every month, hour and second in time.
        for step in 0..200_000_i64 {
            let moment = Timestamp::from_millis(step * 1_237_867_123);
            for text in [
                moment.to_string(),
                moment.to_string().replace('Z', "+08:00"),
                moment.to_string().replace('Z', "-03:30"),
            ] {
                let slowly = Timestamp::parse_any(&text).ok();
                if let Some(read) = super::moment(&text) {
                    assert_eq!(Some(read), slowly, "{text}");
                }
            }
        }
        let quick = |text| super::moment(text).is_some();
        assert!(
            quick("2026-11-21T08:30:00Z")
                && quick("2026-11-21T08:30:00.250+08:00")
                && quick("2026-12-31T23:59:59Z")
        );
        for bad in [
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-31T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T08:60:00Z",
            "2026-11-21T08:30:00",
            "2026-11-21T08:30:00+8:00",
            "2026-11-21T08:30:00.2.0Z",
            "上海-11-21T08:30:00Z",
            "2026-11-21T08:30:0aZ",
        ] {
            assert!(!quick(bad), "{bad}");
        }
    }
}
