//! Comparison of text after NFKC and case folding.
//!
//! Operands are folded once, when a rule is parsed. Text made of ASCII and unified ideographs, which is
//! nearly all text here, is then compared in place; other text is folded into a copy first.

use std::cmp::Ordering;

use caseless::Caseless;
use icu_normalizer::ComposingNormalizerBorrowed;

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// An operand of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    needle: String,
    exact: bool,
}

impl Text {
    /// An operand that compares folded text, or text as it stands where `exact`.
    pub(crate) fn new(text: &str, exact: bool) -> Self {
        let needle = if exact { text.to_owned() } else { fold(text) };
        Self { needle, exact }
    }

    /// Whether `value` is the same text.
    pub(crate) fn equals(&self, value: &str) -> bool {
        self.with(value, |value, same| {
            value.len() == self.needle.len() && starts(value, self.needle.as_bytes(), same)
        })
    }

    /// How `value` stands to this operand, by code points.
    pub(crate) fn order(&self, value: &str) -> Ordering {
        self.with(value, |value, same| match same {
            Same::Bytes => value.cmp(self.needle.as_bytes()),
            // UTF-8 sorts as code points do, and folding ASCII is lowering it.
            Same::IgnoringAsciiCase => value
                .iter()
                .map(u8::to_ascii_lowercase)
                .cmp(self.needle.bytes()),
        })
    }

    /// Whether `value` begins with this operand.
    pub(crate) fn begins(&self, value: &str) -> bool {
        self.with(value, |value, same| {
            starts(value, self.needle.as_bytes(), same)
        })
    }

    /// Whether `value` ends with this operand.
    pub(crate) fn ends(&self, value: &str) -> bool {
        self.with(value, |value, same| {
            let from = value.len().checked_sub(self.needle.len());
            from.and_then(|from| value.get(from..))
                .is_some_and(|end| starts(end, self.needle.as_bytes(), same))
        })
    }

    /// Whether this operand stands somewhere in `value`.
    pub(crate) fn within(&self, value: &str) -> bool {
        self.with(value, |value, same| {
            // Both are UTF-8, so a match of bytes begins where a character does.
            let last = value.len().checked_sub(self.needle.len());
            last.is_some_and(|last| {
                (0..=last).any(|from| {
                    value
                        .get(from..)
                        .is_some_and(|rest| starts(rest, self.needle.as_bytes(), same))
                })
            })
        })
    }

    fn with<T>(&self, value: &str, compare: impl Fn(&[u8], Same) -> T) -> T {
        if self.exact {
            compare(value.as_bytes(), Same::Bytes)
        } else if value.chars().all(folds_as_ascii) {
            compare(value.as_bytes(), Same::IgnoringAsciiCase)
        } else {
            compare(fold(value).as_bytes(), Same::Bytes)
        }
    }
}

/// When two bytes count as the same.
#[derive(Clone, Copy)]
enum Same {
    Bytes,
    IgnoringAsciiCase,
}

fn starts(value: &[u8], needle: &[u8], same: Same) -> bool {
    let Some(head) = value.get(..needle.len()) else {
        return false;
    };
    match same {
        Same::Bytes => head == needle,
        Same::IgnoringAsciiCase => head.eq_ignore_ascii_case(needle),
    }
}

/// Whether NFKC and case folding do no more to this character than lower an ASCII letter.
fn folds_as_ascii(c: char) -> bool {
    c.is_ascii() || ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// NFKC, then full case folding (Unicode, CaseFolding.txt, C and F), then NFKC again, because folding
/// may leave text decomposed.
pub(crate) fn fold(text: &str) -> String {
    if text.chars().all(folds_as_ascii) {
        return text.to_ascii_lowercase();
    }
    let folded: String = NFKC.normalize(text).chars().default_case_fold().collect();
    NFKC.normalize(&folded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        Text::new(a, false).equals(b)
    }

    #[test]
    fn width_case_and_composition_make_no_difference() {
        assert!(same("上海 VIP", "上海 vip"));
        assert!(same("VIP", "ＶＩＰ"));
        assert!(same("straße", "STRASSE"));
        assert!(same("ΣΊΣΥΦΟΣ", "σίσυφος"));
        assert!(same("é", "e\u{301}"));
        assert!(same("ｶﾞ", "ガ"));
        assert!(!same("上海", "上海市"));
        assert!(!same("杭州", "上海"));
    }

    #[test]
    fn exact_text_is_compared_as_it_stands() {
        let text = Text::new("VIP", true);
        assert!(text.equals("VIP"));
        assert!(!text.equals("vip"));
        assert!(!text.equals("ＶＩＰ"));
    }

    #[test]
    fn parts_of_chinese_text_are_found() {
        let text = Text::new("浦东", false);
        assert!(text.within("上海市浦东新区"));
        assert!(text.begins("浦东新区"));
        assert!(text.ends("上海浦东"));
        assert!(!text.ends("上海浦东新区"));
        assert!(!text.within("上海市浦"));
    }

    #[test]
    fn order_is_by_code_point_after_folding() {
        let text = Text::new("B", false);
        assert_eq!(text.order("a"), Ordering::Less);
        assert_eq!(text.order("b"), Ordering::Equal);
        assert_eq!(text.order("C"), Ordering::Greater);
        assert_eq!(text.order("ｂ"), Ordering::Equal);
        assert_eq!(text.order("上"), Ordering::Greater);
    }
}
