//! How tiers are measured, and how long one is kept that is no longer earned.

use rapport_types::{Day, Money, Span};
use serde::{Deserialize, Serialize};

use crate::days::KEPT_DAYS;
use crate::earning::Multiplier;

/// The longest rolling window, in days: three years and a leap day. Lifetime is the absence of a window.
pub const MAX_WINDOW_DAYS: i32 = 1_096;
/// The most days that a tier is kept and graced beyond its window, so that the days it stands on are still there.
const MAX_KEPT: i32 = 1_400;
const DAY_MILLIS: i64 = 86_400_000;

/// Over which days a tier is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Window {
    /// `"365d"`: today and the 364 days before.
    Rolling(Span),
    /// `"calendar_year"`: from 1 January to today.
    CalendarYear,
}

/// How long a tier is kept after the last day on which it was earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Keep {
    /// `"90d"`: so many days more.
    Days(Span),
    /// `"end_of_year"`: to the end of that day's year.
    EndOfYear,
    /// `"end_of_next_year"`: to the end of the year after.
    EndOfNextYear,
}

/// What becomes of a customer who loses a tier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Downgrade {
    /// To the tier that they have earned.
    #[default]
    Direct,
    /// To the next lower one, which is kept as if it had been earned until then.
    OneStep,
}

/// How long tiers are kept: `{"keep": "end_of_next_year", "grace": "30d", "downgrade": "one_step"}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierPolicy {
    /// How long after the last day on which it was earned; absent: not beyond that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
    /// So many whole days more, of which the customer is told as grace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Span>,
    /// What follows.
    #[serde(default)]
    pub downgrade: Downgrade,
}

/// What a tier brings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benefits {
    /// A factor on what orders earn: applied by the programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<Multiplier>,
    /// Percent off, 1 to 100: for the shop's checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_percent: Option<u8>,
    /// Delivery is free from an order of so much on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_delivery_from: Option<Money>,
    /// Gifts, by whatever the shop calls them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gifts: Vec<String>,
    /// Anything else, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
}

impl Benefits {
    /// The most gifts, and the most texts.
    const MOST: usize = 20;
    /// The most bytes of one.
    const BYTES: usize = 500;

    /// What is wrong with them, by the name of the field.
    pub(crate) fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let mut wrong = Vec::new();
        if self
            .discount_percent
            .is_some_and(|percent| !(1..=100).contains(&percent))
        {
            wrong.push(("discount_percent", "a discount is 1 to 100 percent"));
        }
        if self
            .free_delivery_from
            .is_some_and(|money| money.amount < 0)
        {
            wrong.push(("free_delivery_from", "an order comes to at least 0"));
        }
        for (field, list) in [("gifts", &self.gifts), ("texts", &self.texts)] {
            let fine = |text: &String| (1..=Self::BYTES).contains(&text.len());
            if list.len() > Self::MOST || !list.iter().all(fine) {
                wrong.push((field, "at most 20, each of 1 to 500 bytes"));
            }
        }
        wrong
    }
}

/// Whole days of `span`; `None` where it is none, or not within `1..=most`.
pub(crate) fn whole_days(span: Span, most: i32) -> Option<i32> {
    let days = span.millis().checked_div(DAY_MILLIS)?;
    let whole = span.millis().checked_rem(DAY_MILLIS) == Some(0);
    i32::try_from(days)
        .ok()
        .filter(|days| whole && (1..=most).contains(days))
}

fn span(text: &str, others: &str) -> Result<Span, String> {
    Span::parse(text).map_err(|_| format!("days such as 365d, or {others}; not {text:?}"))
}

impl TryFrom<String> for Window {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "calendar_year" => Ok(Self::CalendarYear),
            other => span(other, "calendar_year").map(Self::Rolling),
        }
    }
}

impl From<Window> for String {
    fn from(window: Window) -> String {
        match window {
            Window::Rolling(span) => span.to_string(),
            Window::CalendarYear => "calendar_year".to_owned(),
        }
    }
}

impl TryFrom<String> for Keep {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "end_of_year" => Ok(Self::EndOfYear),
            "end_of_next_year" => Ok(Self::EndOfNextYear),
            other => span(other, "end_of_year, or end_of_next_year").map(Self::Days),
        }
    }
}

impl From<Keep> for String {
    fn from(keep: Keep) -> String {
        match keep {
            Keep::Days(span) => span.to_string(),
            Keep::EndOfYear => "end_of_year".to_owned(),
            Keep::EndOfNextYear => "end_of_next_year".to_owned(),
        }
    }
}

impl TierPolicy {
    /// Whether it lets nothing be kept.
    pub(crate) fn is_plain(&self) -> bool {
        self.keep.is_none() && self.grace.is_none()
    }

    /// The last day on which a tier is kept that was last earned on `day`, without grace.
    pub(crate) fn kept_to(&self, day: i32) -> i32 {
        match self.keep {
            None => day,
            Some(Keep::Days(span)) => day.saturating_add(whole_days(span, MAX_KEPT).unwrap_or(0)),
            Some(Keep::EndOfYear) => last_of_year(day, 0),
            Some(Keep::EndOfNextYear) => last_of_year(day, 1),
        }
    }

    /// Days of grace.
    pub(crate) fn grace_days(&self) -> i32 {
        self.grace
            .and_then(|grace| whole_days(grace, MAX_KEPT))
            .unwrap_or(0)
    }

    /// The first day on which a tier is lost that was last earned on `day`.
    pub(crate) fn lost_on(&self, day: i32) -> i32 {
        self.kept_to(day)
            .saturating_add(self.grace_days())
            .saturating_add(1)
    }

    /// What is wrong with it, by the name of the field.
    pub(crate) fn wrong(
        &self,
        window: Option<Window>,
    ) -> Vec<(&'static str, &'static str, String)> {
        let mut wrong = Vec::new();
        let days = format!("whole days, 1d to {MAX_KEPT}d");
        if let Some(Keep::Days(span)) = self.keep
            && whole_days(span, MAX_KEPT).is_none()
        {
            wrong.push(("keep", "out_of_range", days.clone()));
        }
        if self
            .grace
            .is_some_and(|grace| whole_days(grace, MAX_KEPT).is_none())
        {
            wrong.push(("grace", "out_of_range", days));
        }
        if self.downgrade == Downgrade::OneStep && self.is_plain() {
            let detail = "one step at a time needs keep or grace: how long each lower tier is kept";
            wrong.push(("downgrade", "missing_field", detail.to_owned()));
        }
        let keep = match self.keep {
            None => 0,
            Some(Keep::Days(span)) => whole_days(span, MAX_KEPT).unwrap_or(0),
            Some(Keep::EndOfYear) => 366,
            Some(Keep::EndOfNextYear) => 731,
        };
        let window = match window {
            None => 0,
            Some(Window::Rolling(span)) => whole_days(span, MAX_WINDOW_DAYS).unwrap_or(0),
            Some(Window::CalendarYear) => 366,
        };
        let all = [keep, window, self.grace_days()]
            .into_iter()
            .fold(0, i32::saturating_add);
        if all > KEPT_DAYS && wrong.is_empty() {
            let detail = format!(
                "window, keep and grace together reach back {all} days; at most {KEPT_DAYS} are kept"
            );
            wrong.push(("keep", "out_of_range", detail));
        }
        wrong
    }
}

/// 31 December of the year of `day`, or of so many years later.
fn last_of_year(day: i32, later: i16) -> i32 {
    let last = Day::from_number(day).and_then(|day| {
        let (year, _, _) = day.parts();
        Day::new(year.checked_add(later)?, 12, 31)
    });
    last.map_or(day, Day::number)
}

/// 1 January of the year of `day`.
pub(crate) fn first_of_year(day: i32) -> i32 {
    let first = Day::from_number(day).and_then(|day| Day::new(day.parts().0, 1, 1));
    first.map_or(day, Day::number)
}

/// 1 January of the year after that of `day`.
pub(crate) fn next_year(day: i32) -> i32 {
    last_of_year(day, 0).saturating_add(1)
}
