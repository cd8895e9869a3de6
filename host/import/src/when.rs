//! Dates and times as files write them, made into what the service takes.

use rapport_types::{Day, Timestamp};

/// An offset from UTC, such as `+08:00` or `Z`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offset(String);

impl Offset {
    /// Reads `+08:00`, `-05:00` or `Z`.
    pub fn parse(text: &str) -> Result<Self, String> {
        // An offset is one with which a moment can be read.
        match Timestamp::parse(&format!("2000-01-01T00:00:00{text}")) {
            Ok(_) if text.len() == 6 || text == "Z" => Ok(Self(text.to_owned())),
            _ => Err("not an offset such as `+08:00`, `-05:00` or `Z`".into()),
        }
    }
}

/// `text` as the service takes it: a day of the shop's calendar (`1997-01-18`), or a moment (RFC 3339).
///
/// Read are `YYYYMMDD`, `YYYY-MM-DD`, RFC 3339, and with `offset` also times that name none, such as `1997-01-18 09:30:00`.
pub fn parse(text: &str, offset: Option<&Offset>) -> Result<String, String> {
    if text.is_empty() {
        return Err("there is no date".into());
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let dashed = format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]);
        return match Day::parse(&dashed) {
            Some(day) => Ok(day.to_string()),
            None => Err(format!("there is no day {dashed}")),
        };
    }
    if Day::parse(text).is_some() || Timestamp::parse(text).is_ok() {
        return Ok(text.to_owned());
    }
    // A time without an offset is a moment as soon as one is put behind it.
    let whole = |offset: &str| {
        let seconds = if text.matches(':').count() == 1 {
            ":00"
        } else {
            ""
        };
        let moment = format!("{}{seconds}{offset}", text.replacen(' ', "T", 1));
        (text.len() > 10 && Timestamp::parse(&moment).is_ok()).then_some(moment)
    };
    match offset {
        Some(Offset(offset)) => whole(offset),
        None if whole("Z").is_some() => {
            return Err(format!(
                "{text:?} does not say its offset from UTC; give it for all with --offset +08:00"
            ));
        }
        None => None,
    }
    .ok_or_else(|| {
        format!(
            "{text:?} is no date; one is written 19970118, 1997-01-18 or 1997-01-18T09:30:00+08:00"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_date_is_read() {
        let shanghai = Offset::parse("+08:00").unwrap();
        for (text, offset, sent) in [
            ("19970118", None, "1997-01-18"),
            ("1997-01-18", None, "1997-01-18"),
            (
                "1997-01-18T09:30:00+08:00",
                None,
                "1997-01-18T09:30:00+08:00",
            ),
            ("1997-01-18T01:30:00Z", None, "1997-01-18T01:30:00Z"),
            (
                "1997-01-18 09:30:00",
                Some(&shanghai),
                "1997-01-18T09:30:00+08:00",
            ),
            (
                "1997-01-18 09:30",
                Some(&shanghai),
                "1997-01-18T09:30:00+08:00",
            ),
            (
                "1997-01-18T09:30:00.250",
                Some(&shanghai),
                "1997-01-18T09:30:00.250+08:00",
            ),
            // What names its offset, or is a day, keeps it.
            (
                "1997-01-18T01:30:00Z",
                Some(&shanghai),
                "1997-01-18T01:30:00Z",
            ),
            ("19970118", Some(&shanghai), "1997-01-18"),
        ] {
            assert_eq!(parse(text, offset).as_deref(), Ok(sent), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused_with_the_reason() {
        for (text, reason) in [
            ("19970230", "there is no day 1997-02-30"),
            ("1997-02-30", "is no date"),
            ("18/01/1997", "is no date"),
            ("", "there is no date"),
            ("yesterday", "is no date"),
            ("1997-01-18 09:30:00", "--offset"),
            ("1997-01-18 25:30:00", "is no date"),
        ] {
            let refused = parse(text, None).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn an_offset_is_hours_and_minutes() {
        assert!(Offset::parse("-05:30").is_ok() && Offset::parse("Z").is_ok());
        for wrong in ["8", "+8", "+08", "Asia/Shanghai", "", "+99:00"] {
            assert!(Offset::parse(wrong).is_err(), "{wrong}");
        }
    }
}
