//! Moments as text. An answer may name hundreds of them, most on a few days, so this is done by hand.

use super::Timestamp;
use super::day::civil;

/// Writes moments as RFC 3339 in UTC, to the millisecond where they have any. One that comes again, or on the same day as the one
/// before, is hardly any work.
#[derive(Debug, Clone)]
pub struct MomentWriter {
    last: Option<Timestamp>,
    day: i64,
    /// That day as text.
    date: [u8; 11],
    /// The last one as text in quotes.
    text: [u8; 26],
    /// Where the last quote stands.
    end: usize,
}

const DAY_MILLIS: i64 = 86_400_000;

impl Default for MomentWriter {
    fn default() -> Self {
        Self {
            last: None,
            // The day of no moment.
            day: i64::MIN,
            date: *b"0000-00-00T",
            text: *b"\"0000-00-00T00:00:00.000Z\"",
            end: 25,
        }
    }
}

impl MomentWriter {
    /// The text of `moment`.
    pub fn text(&mut self, moment: Timestamp) -> &[u8] {
        self.keep(moment);
        self.text.get(1..self.end).unwrap_or(&[])
    }

    /// The same in quotes: as JSON.
    pub fn json(&mut self, moment: Timestamp) -> &[u8] {
        self.keep(moment);
        self.text.get(..=self.end).unwrap_or(&[])
    }

    fn keep(&mut self, moment: Timestamp) {
        if self.last != Some(moment) {
            self.last = Some(moment);
            self.write(moment);
        }
    }

    fn write(&mut self, moment: Timestamp) {
        let day = moment.millis().div_euclid(DAY_MILLIS);
        if day != self.day {
            self.day = day;
            // The range of a moment is well within that of days.
            let (year, month, day) = civil(i32::try_from(day).unwrap_or_default());
            let [[y1, y2], [y3, y4]] = [pair(year.div_euclid(100)), pair(year.rem_euclid(100))];
            let [[m1, m2], [d1, d2]] = [pair(month), pair(day)];
            self.date = [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T'];
        }
        let in_day = i32::try_from(moment.millis().rem_euclid(DAY_MILLIS)).unwrap_or(0);
        let (seconds, millis) = (in_day.div_euclid(1_000), in_day.rem_euclid(1_000));
        let minutes = seconds.div_euclid(60);
        let [h1, h2] = pair(minutes.div_euclid(60));
        let [i1, i2] = pair(minutes.rem_euclid(60));
        let [s1, s2] = pair(seconds.rem_euclid(60));
        let [_, tenths] = pair(millis.div_euclid(100));
        let [hundredths, thousandths] = pair(millis.rem_euclid(100));
        // What stands behind the end is not told.
        let (end, [p1, p2, p3, p4, p5, p6]) = match (tenths, hundredths, thousandths) {
            (b'0', b'0', b'0') => (21, [b'Z', b'"', 0, 0, 0, 0]),
            (_, b'0', b'0') => (23, [b'.', tenths, b'Z', b'"', 0, 0]),
            (_, _, b'0') => (24, [b'.', tenths, hundredths, b'Z', b'"', 0]),
            _ => (25, [b'.', tenths, hundredths, thousandths, b'Z', b'"']),
        };
        let [y1, y2, y3, y4, n1, m1, m2, n2, d1, d2, t] = self.date;
        self.text = [
            b'"', y1, y2, y3, y4, n1, m1, m2, n2, d1, d2, t, h1, h2, b':', i1, i2, b':', s1, s2,
            p1, p2, p3, p4, p5, p6,
        ];
        self.end = end;
    }
}

/// Two digits of a number below 100.
fn pair(number: i32) -> [u8; 2] {
    let digit = |digit: i32| b'0'.saturating_add(u8::try_from(digit).unwrap_or(0));
    [digit(number.div_euclid(10)), digit(number.rem_euclid(10))]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn moments_in_any_order_are_written_as_each_alone() {
        let mut writer = MomentWriter::default();
        let steps = [
            0_i64,
            0,
            250,
            1_000,
            86_399_999,
            86_400_000,
            -1,
            86_401_120,
            60_000,
            -62_135_596_800_000,
        ];
        for millis in steps.into_iter().chain(steps.into_iter().rev()) {
            let moment = Timestamp::from_millis(millis);
            let written = std::str::from_utf8(writer.text(moment)).unwrap().to_owned();
            assert_eq!(written, moment.to_jiff().to_string());
            assert_eq!(writer.json(moment), format!("\"{written}\"").as_bytes());
        }
    }
}
