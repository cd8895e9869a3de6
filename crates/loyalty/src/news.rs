//! What an account has to tell of: points earned, points that will expire, another tier.
//!
//! The account keeps its latest news, numbered. Whoever is told of them keeps the number up to which they have heard, so that telling
//! them again tells nothing new. Which kinds there are news of, the programme says.
//!
//! **No news brings news for ever.** What a rule gives for an account's own news, or for coming into a segment (which its news may bring
//! about), is not told as earned; points about to expire are told once per day of expiry; and a tier that follows from a tier is a
//! higher one, of which there are few.

use rapport_types::time::millis;
use rapport_types::{Slug, Span, Timestamp, Zone, event};
use serde::{Deserialize, Serialize};

use crate::account::{Account, SOON_DAYS};
use crate::earning::{Occasion, Trigger};
use crate::entry::is_zero;
use crate::program::Program;
use crate::tier;

/// How many of the latest news are kept.
const KEPT: usize = 16;

/// A kind of news. Under these names a customer's events tell of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Points were earned.
    PointsEarned,
    /// Points expire within 30 days.
    PointsExpiring,
    /// The customer holds another tier.
    TierChanged,
}

impl Topic {
    /// What there are news of where the programme does not say.
    pub const USUAL: [Self; 2] = [Self::TierChanged, Self::PointsExpiring];

    /// The event's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PointsEarned => event::POINTS_EARNED,
            Self::PointsExpiring => event::POINTS_EXPIRING,
            Self::TierChanged => event::TIER_CHANGED,
        }
    }
}

/// What an account has to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// How many there have ever been: the number of the next.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub count: u64,
    /// The latest, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    latest: Vec<Item>,
    /// The tier that was told last, with `Some(None)` for none; `None` where nothing was told yet.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "told")]
    tier: Option<Option<Slug>>,
    /// The days of expiry that were told and are not over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expiring: Vec<i32>,
}

/// No tier is written as an empty text.
mod told {
    use super::{Deserialize, Slug};
    use serde::{Deserializer, Serializer, de::Error};

    // serde's `with` passes a reference.
    #[allow(clippy::ref_option)]
    pub(super) fn serialize<S: Serializer>(
        tier: &Option<Option<Slug>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let tier = tier.as_ref().and_then(Option::as_ref);
        to.serialize_str(tier.map_or("", Slug::as_str))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Option<Slug>>, D::Error> {
        let text = String::deserialize(from)?;
        match text.as_str() {
            "" => Ok(Some(None)),
            text => Slug::parse(text)
                .map(|tier| Some(Some(tier)))
                .map_err(D::Error::custom),
        }
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its number, from 0.
    pub n: u64,
    /// When it was so.
    #[serde(with = "millis")]
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Points were earned.
    PointsEarned {
        /// How many.
        points: i64,
        /// With which order, if with one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order_id: Option<String>,
    },
    /// Points expire within 30 days: those of one day.
    PointsExpiring {
        /// How many.
        points: i64,
        /// The first moment at which some of them can no longer be spent.
        expires_at: Timestamp,
    },
    /// The customer holds another tier.
    TierChanged {
        /// The one before.
        from: Option<Slug>,
        /// The present one.
        to: Option<Slug>,
        /// Why.
        reason: Reason,
    },
}

/// Why a tier is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Points, money or orders came.
    Earned,
    /// Some were taken back.
    TakenBack,
    /// Time has passed: something left the window, activated, or was kept no longer. Or the programme is another.
    Time,
    /// People gave it, or took it.
    ByHand,
    /// The customer came into a segment whose members hold a tier, or left it.
    Segment,
}

impl What {
    /// Of which kind it is.
    pub fn topic(&self) -> Topic {
        match self {
            Self::PointsEarned { .. } => Topic::PointsEarned,
            Self::PointsExpiring { .. } => Topic::PointsExpiring,
            Self::TierChanged { .. } => Topic::TierChanged,
        }
    }
}

impl News {
    /// Whether nothing was ever told, nor noted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Those from number `n` on that are still kept.
    pub fn since(&self, n: u64) -> impl Iterator<Item = &Item> {
        self.latest.iter().filter(move |item| item.n >= n)
    }

    /// At least as many bytes as they take in JSON.
    pub(crate) fn weight(&self) -> usize {
        let items = self.latest.iter().map(|item| match &item.what {
            // An order's id may hold what grows when it is escaped.
            What::PointsEarned { order_id, .. } => {
                let id = order_id.as_ref().map_or(0, String::len);
                id.saturating_mul(2).saturating_add(130)
            }
            What::PointsExpiring { .. } => 150,
            What::TierChanged { .. } => 300,
        });
        let days = self.expiring.len().saturating_mul(8);
        items.fold(days.saturating_add(160), usize::saturating_add)
    }

    fn tell(&mut self, what: What, at: Timestamp) {
        self.latest.push(Item {
            n: self.count,
            at,
            what,
        });
        self.count = self.count.saturating_add(1);
        let surplus = self.latest.len().saturating_sub(KEPT);
        self.latest.drain(..surplus);
    }
}

/// Tells of points earned, unless that is what an account's own news brought about.
pub(crate) fn earned(
    account: &mut Account,
    program: Option<&Program>,
    points: i64,
    order_id: Option<&String>,
    occasion: Option<&Occasion>,
    at: Timestamp,
) {
    let tells = program.is_some_and(|program| program.tells(Topic::PointsEarned));
    let own = occasion.is_some_and(|occasion| match &occasion.trigger {
        Trigger::SegmentEntered(_) => true,
        Trigger::Event(name) => event::OF_ACCOUNTS.contains(&name.as_str()),
        Trigger::Order | Trigger::SignUp | Trigger::CheckIn => false,
    });
    if tells && !own && points > 0 {
        let order_id = order_id.cloned();
        account
            .news
            .tell(What::PointsEarned { points, order_id }, at);
    }
}

/// Tells of another tier, after a change of `account`, which was `before`. `by_hand`: people gave or took it.
pub fn tier_changed(
    before: &Account,
    account: &mut Account,
    program: Option<&Program>,
    by_hand: bool,
    now: Timestamp,
    zone: &Zone,
) {
    let tells = |program: &&Program| program.tells(Topic::TierChanged) && !program.tiers.is_empty();
    let Some(program) = program.filter(tells) else {
        return;
    };
    let level = |account: &Account| tier::level_at(&account.ledger, Some(program), now, zone);
    let id = |level: Option<usize>| {
        let tier = level.and_then(|level| program.tiers.get(level));
        tier.map(|tier| tier.id.clone())
    };
    let (was, is) = (level(before), level(account));
    // What nobody has told yet was so all along.
    let last = account.news.tier.clone().unwrap_or_else(|| id(was));
    if last != id(was) {
        let (from, to) = (last, id(was));
        let reason = Reason::Time;
        account
            .news
            .tell(What::TierChanged { from, to, reason }, now);
    }
    if was != is {
        let (from, to) = (id(was), id(is));
        let by_segment = || {
            let mut moved = before.clone();
            moved.ledger.stays.clone_from(&account.ledger.stays);
            level(&moved) == is
        };
        let reason = match by_hand {
            true => Reason::ByHand,
            false if by_segment() => Reason::Segment,
            false if is > was => Reason::Earned,
            false => Reason::TakenBack,
        };
        account
            .news
            .tell(What::TierChanged { from, to, reason }, now);
    }
    if account.news.tier.is_some() || is.is_some() || was.is_some() {
        account.news.tier = Some(id(is));
    }
}

/// Tells of points that expire within 30 days, once per day of expiry.
pub(crate) fn expiring(
    account: &mut Account,
    program: Option<&Program>,
    now: Timestamp,
    zone: &Zone,
) {
    if !program.is_some_and(|program| program.tells(Topic::PointsExpiring)) {
        return;
    }
    let today = zone.day_of(now).number();
    let mut due: Vec<(i32, i64, Timestamp)> = Vec::new();
    for lot in account.ledger.lots.iter().filter(|lot| !lot.is_over(now)) {
        let Some(end) = lot.expires_at.filter(|end| warned_at(*end) <= now) else {
            break;
        };
        let day = zone.day_of(end).number();
        // Lots stand in the order of expiry.
        match due.last_mut() {
            Some((last, points, _)) if *last == day => {
                *points = points.saturating_add(lot.remaining);
            }
            _ => due.push((day, lot.remaining, end)),
        }
    }
    let news = &mut account.news;
    if news.expiring.iter().any(|day| *day < today) {
        news.expiring.retain(|day| *day >= today);
    }
    for (day, points, expires_at) in due {
        if !news.expiring.contains(&day) {
            news.expiring.push(day);
            news.tell(What::PointsExpiring { points, expires_at }, now);
        }
    }
}

/// When a lot that ends at `end` comes within 30 days.
fn warned_at(end: Timestamp) -> Timestamp {
    Span::days(SOON_DAYS).map_or(end, |span| end.minus(span))
}

/// The next moment at which time alone brings news, which may be past.
pub(crate) fn due_at(
    account: &Account,
    program: Option<&Program>,
    now: Timestamp,
    zone: &Zone,
) -> Option<Timestamp> {
    let program = program?;
    let told = |end: &Timestamp| account.news.expiring.contains(&zone.day_of(*end).number());
    let mut expiring = account.ledger.lots.iter().filter_map(|lot| lot.expires_at);
    let expiring = program
        .tells(Topic::PointsExpiring)
        .then(|| expiring.find(|end| !told(end)))
        .flatten()
        .map(warned_at);
    let tier = program
        .tells(Topic::TierChanged)
        .then(|| tier::flips_at(&account.ledger, program, now, zone))
        .flatten();
    expiring.into_iter().chain(tier).min()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// So many news of one sort weigh at least their JSON.
    fn weigh(count: usize, what: &What) {
        let mut news = News {
            tier: Some(Some(Slug::parse(&"t".repeat(64)).unwrap())),
            expiring: vec![i32::from(i16::MAX); count],
            ..News::default()
        };
        news.count = 999_999;
        for _ in 0..count {
            news.tell(what.clone(), Timestamp::from_millis(4_102_444_800_000));
        }
        let json = serde_json::to_string(&news).unwrap();
        assert!(json.len() <= news.weight(), "{} {json}", news.weight());
        assert_eq!(serde_json::from_str::<News>(&json).unwrap(), news);
    }

    #[test]
    fn news_weigh_at_least_their_json() {
        let end = Timestamp::from_millis(4_102_444_799_999);
        let longest = Slug::parse(&"t".repeat(64)).ok();
        for count in [0, KEPT] {
            for order_id in [None, Some("\"".repeat(255)), Some("o".repeat(255))] {
                let points = 1_000_000_000_000;
                weigh(count, &What::PointsEarned { points, order_id });
            }
            weigh(
                count,
                &What::PointsExpiring {
                    points: 1_000_000_000_000,
                    expires_at: end,
                },
            );
            weigh(
                count,
                &What::TierChanged {
                    from: longest.clone(),
                    to: longest.clone(),
                    reason: Reason::TakenBack,
                },
            );
        }
    }

    #[test]
    fn a_tier_that_cannot_be_is_refused() {
        assert!(serde_json::from_str::<News>(r#"{"tier":"No Tier"}"#).is_err());
        let none: News = serde_json::from_str(r#"{"tier":""}"#).unwrap();
        assert_eq!((none.tier.clone(), none.is_empty()), (Some(None), false));
        assert!(News::default().is_empty());
    }
}
