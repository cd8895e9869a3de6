//! The eight value groups that shops make of RFM.
//!
//! Each of the three scores is high or low: above the population's mean score or not. The two states of three scores are the
//! eight groups. Money makes a customer important; recency and frequency say what to do about them. This is the table that shops and
//! customer platforms in China work by (RFM 模型八类客户); the scores behind it are those of A. M. Hughes, *Strategic Database
//! Marketing* (1994), who cut a customer base into quintiles.

use crate::rfm::{Scores, Thresholds};

/// A value group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Bought recently, often, and much: keep them close.
    ImportantValue,
    /// Bought recently and much, but seldom: make them come more often.
    ImportantDevelop,
    /// Bought often and much, but not recently: win them back to their habit.
    ImportantKeep,
    /// Bought much, but neither recently nor often: about to be lost.
    ImportantRetain,
    /// Bought recently and often, but little: make them buy more.
    GeneralValue,
    /// Bought recently, but seldom and little: new, perhaps.
    GeneralDevelop,
    /// Bought often, but little, and not recently.
    GeneralKeep,
    /// Low in all three.
    GeneralRetain,
}

/// What a group is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// In rules and answers.
    pub id: &'static str,
    /// For people, in English.
    pub english: &'static str,
    /// For people, in Chinese.
    pub chinese: &'static str,
}

impl Group {
    /// All groups: whether recency, frequency and money are high, and the names.
    pub const ALL: [(Self, [bool; 3], Names); 8] = [
        (
            Self::ImportantValue,
            [true, true, true],
            names("important_value", "Important: value", "重要价值"),
        ),
        (
            Self::ImportantDevelop,
            [true, false, true],
            names("important_develop", "Important: develop", "重要发展"),
        ),
        (
            Self::ImportantKeep,
            [false, true, true],
            names("important_keep", "Important: keep", "重要保持"),
        ),
        (
            Self::ImportantRetain,
            [false, false, true],
            names("important_retain", "Important: retain", "重要挽留"),
        ),
        (
            Self::GeneralValue,
            [true, true, false],
            names("general_value", "General: value", "一般价值"),
        ),
        (
            Self::GeneralDevelop,
            [true, false, false],
            names("general_develop", "General: develop", "一般发展"),
        ),
        (
            Self::GeneralKeep,
            [false, true, false],
            names("general_keep", "General: keep", "一般保持"),
        ),
        (
            Self::GeneralRetain,
            [false, false, false],
            names("general_retain", "General: retain", "一般挽留"),
        ),
    ];

    /// The group of a customer with these scores.
    pub fn of(scores: Scores, thresholds: &Thresholds) -> Self {
        let means = &thresholds.means;
        let high = [
            (scores.r, means.r),
            (scores.f, means.f),
            (scores.m, means.m),
        ]
        .map(|(score, mean)| rapport_types::Decimal::from(score) > mean);
        Self::ALL
            .iter()
            .find(|(_, states, _)| *states == high)
            .map_or(Self::GeneralRetain, |(group, _, _)| *group)
    }

    /// What it is called.
    pub fn names(self) -> Names {
        Self::ALL
            .iter()
            .find(|(group, _, _)| *group == self)
            .map_or(names("", "", ""), |(_, _, names)| *names)
    }
}

const fn names(id: &'static str, english: &'static str, chinese: &'static str) -> Names {
    Names {
        id,
        english,
        chinese,
    }
}
