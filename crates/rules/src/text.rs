//! Comparison of text after NFKC and case folding.
//!
//! Operands are folded once, when a rule is parsed. Nearly all text is made of characters of which each folds
//! into one, whatever stands beside it (`text/fold.rs`): that is compared as it is read. Other text is folded
//! into a copy, which [`Folds`] keeps, so that many tests of one long text fold it once.

mod fold;
mod search;

use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

pub use fold::fold;
use fold::{Shape, one};
use search::Needle;

/// An operand of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text {
    needle: Box<str>,
    exact: bool,
}

impl Text {
    /// An operand that compares folded text, or text as it stands where `exact`.
    pub(crate) fn new(text: &str, exact: bool) -> Self {
        let needle = if exact { text.to_owned() } else { fold(text) };
        let needle = needle.into_boxed_str();
        Self { needle, exact }
    }

    /// It folded, where it is compared folded.
    pub(crate) fn folded(&self) -> Option<&str> {
        (!self.exact).then_some(&*self.needle)
    }

    /// Whether `value` is the same text.
    pub(crate) fn is(&self, value: &str, folds: &Folds) -> bool {
        // What is folded already folds into itself.
        self.stands(value) || self.equals(&self.said(value, folds))
    }

    /// Whether `value` is the operand as it stands; if not, it may still be the same text.
    pub(crate) fn stands(&self, value: &str) -> bool {
        *value == *self.needle
    }

    /// `value`, ready to be compared with this operand.
    pub(crate) fn said<'a>(&self, value: &'a str, folds: &Folds) -> Said<'a> {
        Said::of(value, self.exact, folds)
    }

    /// Whether `value` is the same text.
    fn equals(&self, value: &Said<'_>) -> bool {
        match value {
            Said::AsItStands(text) => *text == &*self.needle,
            Said::Plain(text) => text.eq_ignore_ascii_case(&self.needle),
            Said::Folded(text) => **text == *self.needle,
            Said::Simple(_) => self.order(value) == Ordering::Equal,
        }
    }

    /// How `value` stands to this operand, by code points.
    pub(crate) fn order(&self, value: &Said<'_>) -> Ordering {
        match value {
            // UTF-8 sorts as code points do, and folding ASCII is lowering it.
            Said::AsItStands(text) => (**text).cmp(&self.needle),
            Said::Folded(text) => (**text).cmp(&self.needle),
            Said::Plain(text) => text
                .bytes()
                .map(|byte| byte.to_ascii_lowercase())
                .cmp(self.needle.bytes()),
            Said::Simple(text) => text.chars().map(one).cmp(self.needle.chars()),
        }
    }

    /// Whether `value` begins with this operand.
    pub(crate) fn begins(&self, value: &Said<'_>) -> bool {
        let needle = &*self.needle;
        match value {
            Said::AsItStands(text) => text.starts_with(needle),
            Said::Folded(text) => text.starts_with(needle),
            Said::Plain(text) => text
                .as_bytes()
                .get(..needle.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(needle.as_bytes())),
            Said::Simple(text) => begins(text.chars().map(one), needle.chars()),
        }
    }

    /// Whether `value` ends with this operand.
    pub(crate) fn ends(&self, value: &Said<'_>) -> bool {
        let needle = &*self.needle;
        match value {
            Said::AsItStands(text) => text.ends_with(needle),
            Said::Folded(text) => text.ends_with(needle),
            Said::Plain(text) => text
                .len()
                .checked_sub(needle.len())
                .and_then(|from| text.as_bytes().get(from..))
                .is_some_and(|tail| tail.eq_ignore_ascii_case(needle.as_bytes())),
            Said::Simple(text) => begins(text.chars().rev().map(one), needle.chars().rev()),
        }
    }
}

fn begins(mut text: impl Iterator<Item = char>, mut needle: impl Iterator<Item = char>) -> bool {
    needle.all(|c| text.next() == Some(c))
}

/// A text that is looked for inside others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inside {
    text: Text,
    needle: Needle,
}

impl Inside {
    pub(crate) fn new(text: &str, exact: bool) -> Self {
        let text = Text::new(text, exact);
        let needle = Needle::new(&text.needle);
        Self { text, needle }
    }

    /// Whether it stands somewhere in `value`, in a time that grows with `value` alone.
    pub(crate) fn within(&self, value: &str, folds: &Folds) -> bool {
        // Folding what is compared as it is read makes nothing longer.
        match self.text.said(value, folds) {
            Said::AsItStands(text) => text.contains(&*self.text.needle),
            Said::Folded(text) => text.contains(&*self.text.needle),
            Said::Plain(text) => {
                text.len() >= self.text.needle.len()
                    && self
                        .needle
                        .within(text.chars().map(|c| c.to_ascii_lowercase()))
            }
            Said::Simple(text) => {
                text.len() >= self.text.needle.len() && self.needle.within(text.chars().map(one))
            }
        }
    }
}

/// A text that is compared.
pub(crate) enum Said<'a> {
    /// As it stands, because the comparison is exact.
    AsItStands(&'a str),
    /// Folding it is lowering its ASCII letters.
    Plain(&'a str),
    /// Each of its characters folds into one.
    Simple(&'a str),
    /// Folded.
    Folded(Rc<str>),
}

impl<'a> Said<'a> {
    pub(crate) fn of(value: &'a str, exact: bool, folds: &Folds) -> Self {
        if exact {
            return Self::AsItStands(value);
        }
        match Shape::of(value) {
            Shape::Plain => Self::Plain(value),
            Shape::Simple => Self::Simple(value),
            Shape::Other => Self::Folded(folds.fold(value)),
        }
    }

    /// Its characters, folded.
    pub(crate) fn chars(&self, visit: &mut dyn FnMut(char) -> bool) {
        let _ = match self {
            Self::AsItStands(text) => text.chars().all(visit),
            Self::Plain(text) => text.chars().all(|c| visit(c.to_ascii_lowercase())),
            Self::Simple(text) => text.chars().all(|c| visit(one(c))),
            Self::Folded(text) => text.chars().all(visit),
        };
    }
}

/// The latest texts that had to be folded into a copy.
#[derive(Default)]
pub(crate) struct Folds(RefCell<Vec<(Box<str>, Rc<str>)>>);

impl Folds {
    /// How many are kept.
    const MOST: usize = 4;

    fn fold(&self, text: &str) -> Rc<str> {
        let Ok(mut kept) = self.0.try_borrow_mut() else {
            return fold(text).into();
        };
        if let Some((_, folded)) = kept.iter().find(|(original, _)| **original == *text) {
            return Rc::clone(folded);
        }
        let folded: Rc<str> = fold(text).into();
        if kept.len() >= Self::MOST {
            kept.remove(0);
        }
        kept.push((text.into(), Rc::clone(&folded)));
        folded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let text = Text::new(a, false);
        text.equals(&text.said(b, &Folds::default()))
    }

    #[test]
    fn width_case_and_composition_make_no_difference() {
        assert!(same("上海 VIP", "上海 vip"));
        assert!(same("VIP", "ＶＩＰ"));
        assert!(same("straße", "STRASSE"));
        assert!(same("ΣΊΣΥΦΟΣ", "σίσυφος"));
        assert!(same("é", "e\u{301}"));
        assert!(same("É", "é"));
        assert!(same("ｶﾞ", "ガ"));
        assert!(same("你好，Ａ", "你好,a"));
        assert!(!same("上海", "上海市"));
        assert!(!same("杭州", "上海"));
    }

    #[test]
    fn exact_text_is_compared_as_it_stands() {
        let text = Text::new("VIP", true);
        let equals = |value| text.equals(&text.said(value, &Folds::default()));
        assert!(equals("VIP"));
        assert!(!equals("vip"));
        assert!(!equals("ＶＩＰ"));
    }

    #[test]
    fn parts_of_text_are_found_however_it_is_written() {
        let folds = Folds::default();
        for (part, text) in [
            ("浦东", "上海市浦东新区"),
            ("，浦", "上海市,浦东"),
            (",浦", "上海市，浦东"),
            ("STRASSE", "Lange Straße 5"),
            ("ＶＩＰ", "a vip b"),
            ("aab", "aaaaaab"),
        ] {
            assert!(Inside::new(part, false).within(text, &folds), "{part}");
        }
        assert!(!Inside::new("浦东", false).within("上海市浦", &folds));
        assert!(Inside::new("VIP", true).within("a VIP", &folds));
        assert!(!Inside::new("VIP", true).within("a vip", &folds));
    }

    #[test]
    fn beginnings_and_ends_are_found_in_every_shape() {
        let folds = Folds::default();
        let ask = |part: &str, text: &str| {
            let part = Text::new(part, false);
            let said = part.said(text, &folds);
            (part.begins(&said), part.ends(&said))
        };
        assert_eq!(ask("浦东", "浦东新区"), (true, false));
        assert_eq!(ask("浦东", "上海浦东"), (false, true));
        assert_eq!(ask("a，", "A,b"), (true, false));
        assert_eq!(ask("a,", "Ａ，b"), (true, false));
        assert_eq!(ask("b，", "Ａb，"), (false, true));
        assert_eq!(ask("strasse", "Straße"), (true, true));
        assert_eq!(ask("long", "lo"), (false, false));
    }

    #[test]
    fn order_is_by_code_point_after_folding() {
        let text = Text::new("B", false);
        let order = |value| text.order(&text.said(value, &Folds::default()));
        assert_eq!(order("a"), Ordering::Less);
        assert_eq!(order("b"), Ordering::Equal);
        assert_eq!(order("C"), Ordering::Greater);
        assert_eq!(order("ｂ"), Ordering::Equal);
        assert_eq!(order("上"), Ordering::Greater);
    }

    #[test]
    fn a_text_is_folded_once_for_many_tests() {
        let folds = Folds::default();
        let first = folds.fold("½ ﬁ");
        assert!(Rc::ptr_eq(&first, &folds.fold("½ ﬁ")));
        for text in ["¼", "¾", "⅓", "⅔"] {
            folds.fold(text);
        }
        assert_eq!(*folds.fold("½ ﬁ"), *first);
    }
}
