//! The shapes of dates, times and e-mail addresses.

use rapport_types::Day;

use crate::survey::Input;

/// Whether `text` is what a browser's input field of this kind yields.
pub fn fits(input: Input, text: &str) -> bool {
    match input {
        Input::Any | Input::Number => true,
        Input::Email => is_email(text),
        Input::Date => Day::parse(text).is_some(),
        Input::DateTime => text
            .split_once('T')
            .is_some_and(|(day, time)| Day::parse(day).is_some() && is_time(time)),
        Input::Month => Day::parse(&format!("{text}-01")).is_some(),
        Input::Week => text.split_once("-W").is_some_and(|(year, week)| {
            is_digits(year, 4) && is_digits(week, 2) && ("01"..="53").contains(&week)
        }),
        Input::Time => is_time(text),
    }
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.mmm`.
fn is_time(text: &str) -> bool {
    let mut parts = text.split(':');
    let hour = parts.next().unwrap_or("");
    let minute = parts.next().unwrap_or("");
    let second = parts.next();
    parts.next().is_none()
        && is_digits(hour, 2)
        && hour < "24"
        && is_digits(minute, 2)
        && minute < "60"
        && second.is_none_or(|second| {
            let (whole, fraction) = second.split_once('.').unwrap_or((second, "0"));
            is_digits(whole, 2)
                && whole < "60"
                && !fraction.is_empty()
                && fraction.len() <= 3
                && fraction.bytes().all(|b| b.is_ascii_digit())
        })
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// What `survey-core`'s `EmailValidator` takes for an e-mail address:
/// words joined by points (or something in quotes), `@`, and two or more labels joined by points, the last of
/// at least two characters, all without white space and the characters `<>()[],;:@"`.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| !"<>()[].,;:@\"".contains(c) && !is_space(c);
    let words = |part: &str, plain: &dyn Fn(char) -> bool| {
        part.split('.')
            .all(|word| !word.is_empty() && word.chars().all(plain))
    };
    let quoted = crate::js::utf16_len(local) >= 3
        && local.starts_with('"')
        && local.ends_with('"')
        && !local.contains(['\n', '\r', '\u{2028}', '\u{2029}']);
    // In the domain the expression excludes `=` too.
    let in_domain = |c: char| plain(c) && c != '=';
    let last = domain.rsplit('.').next().unwrap_or("");
    (quoted || words(local, &plain))
        && domain.contains('.')
        && words(domain, &in_domain)
        && crate::js::utf16_len(last) >= 2
}

/// `\s` of a JavaScript regular expression.
fn is_space(c: char) -> bool {
    c.is_whitespace() && c != '\u{85}' || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_what_a_browser_yields() {
        for (input, good) in [
            (Input::Date, "2026-11-21"),
            (Input::DateTime, "2026-11-21T08:30"),
            (Input::DateTime, "2026-11-21T08:30:15.5"),
            (Input::Month, "2026-11"),
            (Input::Week, "2026-W47"),
            (Input::Time, "23:59"),
        ] {
            assert!(fits(input, good), "{good}");
        }
        for (input, bad) in [
            (Input::Date, "2026-02-30"),
            (Input::Date, "21.11.2026"),
            (Input::DateTime, "2026-11-21"),
            (Input::Month, "2026-13"),
            (Input::Week, "2026-W54"),
            (Input::Time, "24:00"),
            (Input::Time, "8:30"),
        ] {
            assert!(!fits(input, bad), "{bad}");
        }
    }

    #[test]
    fn an_email_address_has_a_domain_with_a_point() {
        for good in [
            "a@b.cn",
            "li.wei@shop.example",
            "\"li wei\"@shop.example",
            "用户@例子.公司",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "", "a@b", "a@b.c", "a b@c.de", ".a@b.cn", "a@b..cn", "a@@b.cn", "a@b=c.cn",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
