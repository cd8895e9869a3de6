//! Findings in words.

use rapport_types::{Currency, Money, Timestamp};
use serde_json::json;

use crate::findings::{Found, Severity};
use crate::report::{Figures, Overlap, Report, Segment};
use crate::review::{Kind, Rfm};
use crate::settings::Settings;
use crate::trend::Change;

/// A segment as people know it: `“Gold” (vip)`.
fn named(segment: &Segment) -> String {
    let (name, id) = (&segment.name, segment.segment.as_str());
    match name == id {
        true => format!("“{name}”"),
        false => format!("“{name}” ({id})"),
    }
}

/// `1,234`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(at);
        if at > 0 && left.checked_rem(3) == Some(0) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 member`, `2 members`.
fn many(number: u64, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", grouped(number))
}

/// A share as a percentage: `12.3%`.
fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// What a change has fallen by: `25%`.
fn fallen(change: &Change) -> String {
    format!("{:.0}%", change.fall() * 100.0)
}

/// The day of a moment in UTC: for people, who are not told the shop's zone here.
fn day(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// `12.50 CNY`.
fn money(minor: i64, currency: Currency) -> String {
    let major = Money::new(minor, currency).to_major();
    match currency == Currency::NONE {
        true => major.to_string(),
        false => format!("{major} {currency}"),
    }
}

pub(crate) fn changed(segment: &Segment) -> Found {
    Found {
        code: "changed_meanwhile",
        severity: Severity::Info,
        text: format!(
            "{} was changed or deleted while customers were counted, so this review has no figures of it; the next one will.",
            named(segment)
        ),
        numbers: json!({}),
    }
}

pub(crate) fn empty(report: &Report, segment: &Segment, was: u64) -> Found {
    let text = match was {
        0 => format!(
            "Nobody is in {}. {}",
            named(segment),
            match segment.kind {
                Kind::Dynamic =>
                    "Try its rule with POST /v1/segments/preview, or delete it.".to_owned(),
                // Nobody is put into it but by people.
                Kind::Manual | Kind::Snapshot => format!(
                    "Put customers in with POST /v1/segments/{}/members, or delete it.",
                    segment.segment
                ),
            }
        ),
        _ => format!(
            "Nobody is in {} any more; {} on {}. {}",
            named(segment),
            match was {
                1 => "1 customer was".to_owned(),
                _ => format!("{} customers were", grouped(was)),
            },
            day(report.since),
            match segment.kind {
                Kind::Dynamic =>
                    "See whether its rule was changed, or what it asks about is no longer tracked.",
                Kind::Manual | Kind::Snapshot =>
                    "All were taken out by hand; delete it if it has done its duty.",
            }
        ),
    };
    let severity = match was {
        0 => Severity::Warning,
        _ => Severity::Critical,
    };
    Found {
        code: "empty",
        severity,
        text,
        numbers: json!({"size": 0, "was": was}),
    }
}

pub(crate) fn too_small(
    report: &Report,
    segment: &Segment,
    figures: &Figures,
    settings: &Settings,
) -> Found {
    Found {
        code: "too_small",
        severity: Severity::Info,
        text: format!(
            "{} has only {}, {} of {}: too few to be worth a campaign, and for its averages to mean much. {}",
            named(segment),
            many(figures.size, "member"),
            percent(figures.share.unwrap_or(0.0)),
            many(report.customers.size, "customer"),
            match segment.kind {
                Kind::Dynamic => "Widen its rule, or join it with a segment like it.",
                Kind::Manual => "Put more customers in, or join it with a segment like it.",
                Kind::Snapshot => "Join it with a segment like it.",
            },
        ),
        numbers: json!({"size": figures.size, "share": figures.share, "min_members": settings.min_members}),
    }
}

pub(crate) fn too_large(report: &Report, segment: &Segment, figures: &Figures) -> Found {
    Found {
        code: "too_large",
        severity: Severity::Info,
        text: format!(
            "{} takes in nearly everybody: {} of {} ({}). What it singles out is who is not in it; {}do without it.",
            named(segment),
            grouped(figures.size),
            many(report.customers.size, "customer"),
            percent(figures.share.unwrap_or(0.0)),
            match segment.kind {
                Kind::Dynamic => "narrow its rule, or ",
                Kind::Manual | Kind::Snapshot => "",
            },
        ),
        numbers: json!({"size": figures.size, "share": figures.share}),
    }
}

pub(crate) fn not_moving(report: &Report, segment: &Segment, figures: &Figures) -> Found {
    let days = report
        .as_of
        .millis_since(report.since)
        .div_euclid(86_400_000);
    Found {
        code: "not_moving",
        severity: Severity::Info,
        text: format!(
            "Nobody has entered or left {} in {days} days; it stands at {}. See whether what its rule asks about is still tracked.",
            named(segment),
            many(figures.size, "member"),
        ),
        numbers: json!({"size": figures.size, "days": days}),
    }
}

pub(crate) fn size_falling(
    segment: &Segment,
    figures: &Figures,
    change: &Change,
    severity: Severity,
) -> Found {
    let flow = match (figures.entered, figures.left) {
        (Some(entered), Some(left)) => {
            format!(": {} left and {} came", grouped(left), grouped(entered))
        }
        _ => String::new(),
    };
    Found {
        code: "size_falling",
        severity,
        text: format!(
            "{} shrank by {}, from {} to {}{flow}.",
            named(segment),
            fallen(change),
            grouped(change.was.as_u64().unwrap_or(0)),
            many(figures.size, "member"),
        ),
        numbers: json!({
            "was": change.was, "size": figures.size, "percent": change.percent,
            "entered": figures.entered, "left": figures.left,
        }),
    }
}

pub(crate) fn revenue_falling(
    report: &Report,
    segment: &Segment,
    figures: &Figures,
    change: &Change,
    severity: Severity,
) -> Found {
    let main = figures.revenue.first();
    let currency = main.map_or(Currency::NONE, |main| main.currency);
    let now = main.and_then(|main| main.per_member_30d).unwrap_or(0);
    let was = change.was.as_i64().unwrap_or(0);
    let trend = report.customers.trend.as_ref();
    let all = trend.and_then(|trend| trend.revenue_per_member_30d.as_ref());
    let all = all.and_then(|change| change.percent);
    let beside = match all {
        Some(all) => format!(" (all customers: {all:+.0}%)"),
        None => String::new(),
    };
    Found {
        code: "revenue_falling",
        severity,
        text: format!(
            "A member of {} spends {} less than in the period before: {} in 30 days, down from {}{beside}.",
            named(segment),
            fallen(change),
            money(now, currency),
            money(was, currency),
        ),
        numbers: json!({
            "was": was, "per_member_30d": now, "currency": currency, "percent": change.percent, "all_percent": all,
        }),
    }
}

pub(crate) fn unhappy_nps(
    report: &Report,
    segment: &Segment,
    figures: &Figures,
    score: f64,
) -> Found {
    let all = report.customers.nps.score;
    Found {
        code: "unhappy",
        severity: Severity::Critical,
        text: format!(
            "Members of {} would rather warn others off than recommend you: NPS {score:.1} from {}{}. Read what they wrote, and answer.",
            named(segment),
            many(figures.nps.answers, "answer"),
            all.map_or(String::new(), |all| format!(
                ", {all:.1} over all customers"
            )),
        ),
        numbers: json!({"nps": score, "answers": figures.nps.answers, "all_nps": all}),
    }
}

pub(crate) fn unhappy_csat(
    report: &Report,
    segment: &Segment,
    figures: &Figures,
    score: f64,
) -> Found {
    let all = report.customers.csat.score;
    Found {
        code: "unhappy",
        severity: Severity::Critical,
        text: format!(
            "Only {score:.1}% of the members of {} who were asked are satisfied ({}{}). Read what they wrote, and answer.",
            named(segment),
            many(figures.csat.answers, "answer"),
            all.map_or(String::new(), |all| format!(
                "; {all:.1}% over all customers"
            )),
        ),
        numbers: json!({"csat": score, "answers": figures.csat.answers, "all_csat": all}),
    }
}

pub(crate) fn overlapping(report: &Report, overlap: &Overlap) -> Found {
    let [one, two] = overlap.segments.each_ref().map(|id| {
        let mut segments = report.segments.iter();
        let found = segments.find(|segment| segment.segment == *id);
        found.map_or_else(|| id.to_string(), named)
    });
    Found {
        code: "overlapping",
        severity: Severity::Info,
        text: format!(
            "{one} and {two} are nearly the same: {} in both, {} of all who are in either. One of them may do.",
            many(overlap.in_both, "customer"),
            percent(overlap.jaccard.unwrap_or(0.0)),
        ),
        numbers: json!({"in_both": overlap.in_both, "jaccard": overlap.jaccard, "shares": overlap.shares}),
    }
}

pub(crate) fn stale_thresholds(drift: f64, rfm: &Rfm) -> Found {
    Found {
        code: "stale_thresholds",
        severity: Severity::Warning,
        text: format!(
            "The RFM thresholds no longer fit the {} who have ordered: some score has {} of them more or less than fresh thresholds would give it. Set them anew, or let reviews do it (refresh_rfm).",
            many(rfm.customers, "customer"),
            percent(drift),
        ),
        numbers: json!({"drift": drift, "customers": rfm.customers}),
    }
}

pub(crate) fn stale_lifetime(report: &Report, fitted_at: Timestamp) -> Found {
    let days = report.as_of.millis_since(fitted_at).div_euclid(86_400_000);
    Found {
        code: "stale_lifetime_model",
        severity: Severity::Info,
        text: format!(
            "BG/NBD was fitted {days} days ago, on {}. Fit it again with `rapport fit`: how customers order may have changed.",
            day(fitted_at)
        ),
        numbers: json!({"days": days}),
    }
}
