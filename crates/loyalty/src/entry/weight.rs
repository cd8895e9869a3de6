//! How many bytes an entry takes in JSON, at most: told without writing it.

use rapport_types::{CustomerId, Slug};

use super::Entry;
use crate::earning::grant;
use crate::reward::Issue;

impl Entry {
    /// At least as many bytes as the entry takes in JSON, and not many more.
    pub(crate) fn weight(&self) -> usize {
        let mut weight = Weight(290);
        weight.numbers(&[self.points, self.after]);
        for extra in [self.held, self.owed] {
            if extra != 0 {
                weight.numbers(&[extra]);
                weight.add(8);
            }
        }
        for part in &self.parts {
            weight.numbers(&[part.points, part.amount]);
            weight.add(60);
        }
        for (_, points, _) in &self.folds {
            weight.numbers(&[*points]);
            weight.add(48);
        }
        if let Some(answer) = &self.answer {
            let b = &answer.balance;
            weight.numbers(&[
                answer.points,
                b.active,
                b.pending,
                b.spent,
                b.expired,
                b.expiring_soon,
                b.held,
            ]);
            weight.add(140);
            weight.add(answer.expires_at.map_or(0, |_| 44));
            weight.add(answer.tier.as_ref().map_or(0, |tier| tier.as_str().len()));
        }
        if let Some(undo) = &self.undo {
            weight.numbers(&[undo.points, undo.money]);
            weight.add(90);
        }
        if let Some(money) = &self.money {
            weight.numbers(&[money.amount]);
            weight.add(50);
        }
        if self.alias.is_some() {
            weight.add(60);
        }
        if !self.given.is_empty() {
            weight.add(grant::weight(&self.given));
            weight.add(12);
        }
        weight.add(self.voucher.as_ref().map_or(0, Issue::weight));
        weight.text(self.points_kind.as_ref().map(Slug::as_str));
        weight.text(self.order.as_deref());
        weight.text(self.reason.as_deref());
        weight.text(self.author.as_deref());
        weight.text(self.party.as_ref().map(CustomerId::as_str));
        weight.0
    }
}

/// Counts bytes of JSON, generously.
struct Weight(usize);

impl Weight {
    fn add(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes);
    }

    /// Numbers with their signs and commas.
    fn numbers(&mut self, numbers: &[i64]) {
        for number in numbers {
            let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0);
            self.add(usize::try_from(digits).unwrap_or(20).saturating_add(3));
        }
    }

    /// Text in quotes, under a short name: some characters grow when they are escaped.
    fn text(&mut self, text: Option<&str>) {
        let Some(text) = text else { return };
        self.add(16);
        for byte in text.bytes() {
            self.add(match byte {
                b'"' | b'\\' => 2,
                0..=0x1f => 6,
                _ => 1,
            });
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use rapport_types::{Money, Timestamp};

    use super::*;
    use crate::account::Balance;
    use crate::earning::grant::Grant;
    use crate::entry::{Answer, Kind, MAX_PARTS, Part, TransactionId, Undo};

    /// An entry in which everything is as long as it can be.
    fn longest() -> Entry {
        let mut entry = plain();
        entry.points = i64::MIN;
        entry.points_kind = Some(Slug::parse(&"k".repeat(64)).unwrap());
        entry.n = u64::MAX;
        entry.fingerprint = u64::MAX;
        entry.more = 31;
        entry.after = i64::MIN;
        entry.held = i64::MIN;
        entry.owed = i64::MIN;
        entry.alias = Some(TransactionId::of_key("other"));
        entry.reason = Some("\u{1}\"".repeat(100));
        entry.order = Some("\\".repeat(255));
        entry.party = CustomerId::parse(&"\"".repeat(128)).ok();
        entry.author = Some("\u{2}".repeat(200));
        entry.money = Some(Money::new(i64::MIN, rapport_types::Currency::NONE));
        entry.days = Some((i32::MIN, i32::MIN));
        entry.undo = Some(Undo {
            of: TransactionId::of_key("third"),
            points: i64::MIN,
            money: i64::MIN,
        });
        entry.answer = Some(Answer {
            points: i64::MIN,
            balance: Balance {
                active: i64::MIN,
                pending: i64::MIN,
                spent: i64::MIN,
                expired: i64::MIN,
                expiring_soon: i64::MIN,
                held: i64::MIN,
            },
            expires_at: Some(Timestamp::from_millis(253_402_207_199_999)),
            tier: Some(Slug::parse(&"t".repeat(64)).unwrap()),
        });
        entry.given = vec![
            Grant {
                source: grant::Source::Tier(Slug::parse(&"t".repeat(64)).unwrap()),
                points: -1_000_000_000_000,
                why: Some(grant::Why::OtherMultiplier),
            };
            8
        ];
        entry.voucher = Some(Issue {
            reward: Slug::parse(&"r".repeat(64)).unwrap(),
            name: "\u{1}".repeat(200),
            code: "\"".repeat(100),
            serial: u64::MAX,
            uses: u32::MAX,
            until: Some(Timestamp::from_millis(253_402_207_199_999)),
            imported: true,
        });
        let part = Part {
            lot: u64::MAX,
            points: i64::MIN,
            amount: i64::MIN,
            active_from: Timestamp::MAX,
            expires_at: Some(Timestamp::MAX),
        };
        entry.parts = vec![part; MAX_PARTS];
        entry.folds = vec![(u64::MAX, i64::MIN, u64::MAX); MAX_PARTS];
        entry
    }

    fn plain() -> Entry {
        Entry::new(TransactionId::of_key("k"), Kind::Spend, Timestamp::MAX, 0)
    }

    /// As JSON, which weighs no more than was said.
    fn length(entry: &Entry) -> usize {
        let json = serde_json::to_string(entry).unwrap();
        let weight = entry.weight();
        assert!(json.len() <= weight, "{} > {weight}: {json}", json.len());
        assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), *entry);
        json.len()
    }

    #[test]
    fn an_entry_weighs_at_least_its_json() {
        length(&longest());
        length(&plain());
    }

    /// So that what one part is short of does not hide in what another has too much.
    #[test]
    fn each_part_of_an_entry_weighs_at_least_its_own_json() {
        let whole = longest();
        let before = (length(&plain()), plain().weight());
        let with = |set: &dyn Fn(&mut Entry)| {
            let mut entry = plain();
            set(&mut entry);
            let (bytes, weight) = (length(&entry) - before.0, entry.weight() - before.1);
            // A name that is a byte longer than others, and a sign, are in what every entry weighs.
            assert!(bytes <= weight + 2, "{bytes} > {weight}");
        };
        with(&|entry| entry.held = whole.held);
        with(&|entry| entry.owed = whole.owed);
        with(&|entry| entry.parts.clone_from(&whole.parts));
        with(&|entry| entry.folds.clone_from(&whole.folds));
        with(&|entry| entry.answer.clone_from(&whole.answer));
        with(&|entry| entry.undo.clone_from(&whole.undo));
        with(&|entry| entry.money = whole.money);
        with(&|entry| entry.alias.clone_from(&whole.alias));
        with(&|entry| entry.given.clone_from(&whole.given));
        with(&|entry| entry.voucher.clone_from(&whole.voucher));
        with(&|entry| entry.points_kind.clone_from(&whole.points_kind));
        with(&|entry| entry.order.clone_from(&whole.order));
        for text in ["a", "\u{1}", "\u{1f}", "\"", "\\", "分"] {
            with(&|entry| entry.reason = Some(text.repeat(60)));
        }
        with(&|entry| entry.author.clone_from(&whole.author));
        with(&|entry| entry.party.clone_from(&whole.party));
        // Both signs, and each number of digits.
        for digits in 0..19 {
            let number = 10_i64.pow(digits);
            for points in [number - 1, number, -number] {
                with(&|entry| (entry.points, entry.after) = (points, points));
            }
        }
    }
}
