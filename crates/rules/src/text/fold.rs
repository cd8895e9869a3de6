//! What folding makes of text: NFKC, full case folding, NFKC.

use caseless::Caseless;
use icu_normalizer::ComposingNormalizerBorrowed;

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// NFKC, then full case folding (Unicode, CaseFolding.txt, C and F), then NFKC again, because folding
/// may leave text decomposed. Texts that rules take for the same fold into the same text.
pub fn fold(text: &str) -> String {
    match Shape::of(text) {
        Shape::Plain => text.to_ascii_lowercase(),
        Shape::Simple => text.chars().map(one).collect(),
        Shape::Other => {
            let folded: String = NFKC.normalize(text).chars().default_case_fold().collect();
            NFKC.normalize(&folded).into_owned()
        }
    }
}

/// How much work it is to fold a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// ASCII letters are lowered.
    Plain,
    /// Each character becomes what [`one`] says, whatever stands beside it.
    Simple,
    /// Anything else.
    Other,
}

impl Shape {
    pub(super) fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Plain;
        }
        let mut shape = Self::Plain;
        for c in text.chars() {
            shape = shape.max(Self::of_char(c));
            if shape == Self::Other {
                break;
            }
        }
        shape
    }

    /// Only characters that never compose with one another are listed; the tests hold every one of them to Unicode.
    fn of_char(c: char) -> Self {
        // Nearly all text.
        if c.is_ascii() || ('\u{4e00}'..='\u{9fff}').contains(&c) {
            return Self::Plain;
        }
        match c {
            '\0'..='\x7f'
            // Unified ideographs, kana, Korean syllables, and the punctuation that stands among them.
            | '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{3001}'..='\u{3002}'
            | '\u{3008}'..='\u{3011}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{b7}'
            | '\u{2013}'..='\u{2014}'
            | '\u{2018}'..='\u{2019}'
            | '\u{201c}'..='\u{201d}'
            // Latin letters in their small form.
            | '\u{e0}'..='\u{f6}'
            | '\u{f8}'..='\u{ff}'
            // Pictures.
            | '\u{1f300}'..='\u{1f64f}'
            | '\u{1f680}'..='\u{1f6ff}'
            | '\u{1f900}'..='\u{1f9ff}' => Self::Plain,
            '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{de}' | '\u{3000}' | '\u{ff01}'..='\u{ff5e}' => {
                Self::Simple
            }
            _ => Self::Other,
        }
    }
}

/// What a character of a simple text folds into.
pub(super) fn one(c: char) -> char {
    match c {
        '\0'..='\x7f' => c.to_ascii_lowercase(),
        '\u{3000}' => ' ',
        // The wide forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => shifted(c, 0xfee0, false).to_ascii_lowercase(),
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{de}' => shifted(c, 0x20, true),
        c => c,
    }
}

fn shifted(c: char, by: u32, up: bool) -> char {
    let code = u32::from(c);
    let code = if up {
        code.checked_add(by)
    } else {
        code.checked_sub(by)
    };
    code.and_then(char::from_u32).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slowly(text: &str) -> String {
        let folded: String = NFKC.normalize(text).chars().default_case_fold().collect();
        NFKC.normalize(&folded).into_owned()
    }

    /// Every character that is taken for simple.
    fn simple() -> impl Iterator<Item = char> {
        ('\0'..=char::MAX).filter(|c| Shape::of_char(*c) < Shape::Other)
    }

    #[test]
    fn every_simple_character_folds_as_unicode_says() {
        for c in simple() {
            let text = c.to_string();
            assert_eq!(slowly(&text), one(c).to_string(), "{:x}", u32::from(c));
            if Shape::of_char(c) == Shape::Plain {
                assert_eq!(one(c), c.to_ascii_lowercase(), "{:x}", u32::from(c));
            }
        }
    }

    #[test]
    fn simple_characters_do_not_change_beside_one_another() {
        // One of each kind of script, and whatever is not an ideograph or a syllable, beside each of them.
        let few: Vec<char> = simple()
            .filter(|c| {
                !('\u{3400}'..='\u{9fff}').contains(c)
                    && !('\u{ac00}'..='\u{d7a3}').contains(c)
                    && *c < '\u{1f300}'
            })
            .chain(['上', '㐀', '가', '각', '힣', '😀'])
            .collect();
        for a in &few {
            for b in &few {
                let text: String = [*a, *b].into_iter().collect();
                assert_eq!(slowly(&text), fold(&text), "{text:?}");
            }
        }
    }
}
