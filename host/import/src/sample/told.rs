//! What is said of the sample once it is loaded.

use std::fmt::Write as _;

use rapport_types::{Currency, Money};

use super::Sample;
use super::found::{Found, encoded};
use crate::report::{Report, grouped};

/// The whole text, for people.
pub fn text(sample: &Sample, base: &str, report: &Report, found: &Found) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "Sample loaded");
    let _ = writeln!(
        text,
        "  {} orders counted now and {} known before, in {:.1} s\n",
        grouped(report.applied),
        grouped(report.duplicates),
        report.elapsed.as_secs_f64()
    );
    let _ = writeln!(text, "What is there now, as {base} answers:");
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<15}{value}");
    };
    let more = if found.more {
        ", and more that are not counted here"
    } else {
        ""
    };
    line("customers", format!("{}{more}", grouped(found.customers)));
    line("orders", grouped(found.orders));
    let spend: Vec<String> = found
        .spend
        .iter()
        .map(|(currency, amount)| money(Money::new(*amount, *currency)))
        .collect();
    line("spend", spend.join(", "));
    line("points", signed(found.points));
    line("tiers", counts(&found.tiers));
    line("segments", counts(&found.segments));
    let best: Vec<String> = found
        .best
        .iter()
        .map(|(id, spent)| format!("{id} ({})", money(*spent)))
        .collect();
    line("spent most", best.join(", "));

    let example = found
        .best
        .first()
        .map_or("0001".into(), |(id, _)| encoded(id));
    let _ = writeln!(text, "\nFive commands to try next:\n");
    if sample.show_key {
        let _ = writeln!(text, "  export RAPPORT_KEY={}", sample.key);
    } else {
        let _ = writeln!(
            text,
            "  # with the key in the environment variable RAPPORT_KEY"
        );
    }
    for path in [
        format!("/v1/customers/{example}"),
        format!("/v1/loyalty/accounts/{example}"),
        format!("/v1/loyalty/accounts/{example}/tier"),
        format!("/v1/segments/memberships/{example}"),
    ] {
        let _ = writeln!(
            text,
            "  curl -H \"Authorization: Bearer $RAPPORT_KEY\" {base}{path}"
        );
    }
    let _ = writeln!(
        text,
        "  curl -H \"Authorization: Bearer $RAPPORT_KEY\" -H 'Content-Type: application/json' \\\n    \
         -d '{{\"points\": 100, \"key\": \"voucher-1\", \"reason\": \"voucher\"}}' {base}/v1/loyalty/accounts/{example}/spend"
    );
    text
}

fn counts(counts: &[(String, u64)]) -> String {
    let counted: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {}", grouped(*count)))
        .collect();
    counted.join(", ")
}

fn signed(number: i64) -> String {
    format!(
        "{}{}",
        if number < 0 { "-" } else { "" },
        grouped(number.unsigned_abs())
    )
}

/// `USD 2,456.70`.
fn money(money: Money) -> String {
    let major = money.to_major().to_string();
    let (whole, fraction) = major.split_once('.').unwrap_or((&major, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    let amount = format!(
        "{}{point}{fraction}",
        whole.parse().map_or_else(|_| whole.to_owned(), signed)
    );
    if money.currency == Currency::NONE {
        amount
    } else {
        format!("{} {amount}", money.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_cents() {
        let usd = Currency::parse("USD").unwrap();
        assert_eq!(money(Money::new(245_670, usd)), "USD 2,456.70");
        assert_eq!(money(Money::new(5, usd)), "USD 0.05");
        assert_eq!(
            money(Money::new(1_500, Currency::parse("JPY").unwrap())),
            "JPY 1,500"
        );
        assert_eq!(money(Money::new(100, Currency::NONE)), "1.00");
    }

    #[test]
    fn a_configured_key_is_not_shown() {
        let mut sample = Sample {
            url: "http://h".into(),
            key: "rk_admin_secret".into(),
            file: "f".into(),
            show_key: false,
        };
        let shown =
            |sample: &Sample| text(sample, "http://h", &Report::default(), &Found::default());
        assert!(!shown(&sample).contains("secret"));
        assert_eq!(shown(&sample).matches("curl ").count(), 5);
        sample.show_key = true;
        assert!(shown(&sample).contains("export RAPPORT_KEY=rk_admin_secret"));
    }
}
