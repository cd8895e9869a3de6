//! Patterns for `matches`: a small automaton that reads each character once.
//!
//! The crate `regex` would add 0.9 MB to a guest, and `regex-lite` knows letters and case in ASCII only. What is needed
//! here is little: does the pattern match the **whole** text, yes or no, without captures. So a pattern
//! is made into its position automaton (Glushkov 1961): one state per character class in the pattern, at most
//! [`MOST_POSITIONS`] after repetitions are written out, kept as bits in a few words. Reading a character
//! is a handful of operations on them, the work for a text is at most its length times the number of states,
//! whatever the pattern, and nothing is allocated.
//!
//! The dialect (`pattern/parse.rs`): literals, `.` (all but a line feed), classes `[a-z一-龥]` and `[^…]`, `\d` (0–9), `\w`
//! (letters and digits of any script, `_`), `\s` and their complements `\D \W \S`, `\n \r \t`, `\xhh`, `\uhhhh`, `\u{h…}`, other
//! punctuation escaped by `\`, groups `(…)` and `(?:…)`, `|`, and `* + ? {n} {n,} {n,m}`. A `^` at the beginning and a `$` at the
//! end of an alternative say what is so anyway. Anything else is refused, with its place.
//!
//! Unless exact, the text is folded as for every other operator. The pattern is not, since `\S` would become
//! `\s`: a literal stands for what it folds into, and a class holds a folded character when it holds
//! it, its capital, or its small form.

mod automaton;
mod class;
mod parse;

use crate::text::{Folds, Said};
use automaton::Automaton;
pub(crate) use parse::Malformed;

/// The most characters of a pattern.
pub(crate) const MOST_CHARS: usize = 500;
/// The most states: characters and classes, after repetitions are written out.
pub(crate) const MOST_POSITIONS: usize = 256;

/// The most states of all patterns of a rule together. A customer's texts may have 120 KB, and each is read once for each state at worst:
/// this is what keeps one rule to about a second for the worst of customers.
pub(crate) const MOST_OF_A_RULE: usize = 1_024;

/// A pattern, ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    exact: bool,
    automaton: Automaton,
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(crate) fn new(pattern: &str, exact: bool) -> Result<Self, Malformed> {
        let tree = parse::read(pattern, exact)?;
        let automaton = Automaton::of(&tree);
        Ok(Self { exact, automaton })
    }

    /// How many states it has.
    pub(crate) fn states(&self) -> usize {
        self.automaton.states()
    }

    /// Whether it matches the whole of `text`.
    pub(crate) fn matches(&self, text: &str, folds: &Folds) -> bool {
        self.automaton.run(&Said::of(text, self.exact, folds)).0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, false)
            .unwrap()
            .matches(text, &Folds::default())
    }

    fn exactly(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, true)
            .unwrap()
            .matches(text, &Folds::default())
    }

    #[test]
    fn a_pattern_matches_the_whole_text() {
        for (pattern, text, expected) in [
            ("1[3-9]\\d{9}", "13800138000", true),
            ("1[3-9]\\d{9}", "138001380001", false),
            ("^1[3-9]\\d{9}$", "13800138000", true),
            ("[一-龥]{2,4}", "李雷", true),
            ("[\\u4e00-\\u9fa5]{2,4}", "李", false),
            ("[^@]+@(example|test)\\.(com|cn)", "Li@Example.CN", true),
            ("[^@]+@(example|test)\\.(com|cn)", "li@example.org", false),
            ("(ab)*c?", "", true),
            ("(ab)*c?", "ababc", true),
            ("(ab)*c?", "aba", false),
            ("a|", "", true),
            ("a||b", "b", true),
            ("(a|b){0}", "", true),
            ("(a|b){0}", "a", false),
            ("a{2,}", "a", false),
            ("a{2,}", "aaaa", true),
            ("(a{1,2}){2}", "aaaa", true),
            ("(a{1,2}){2}", "aaaaa", false),
            ("(a*)*", "aaa", true),
            (".", "\n", false),
            ("\\s", "\n", true),
            ("\\x41\\u{4e0a}", "a上", true),
            ("[\\]\\-a]+", "]-a", true),
            ("[a-]", "-", true),
            ("\\w+", "李_é9", true),
            ("\\W", "李", false),
            ("[^\\d]", "7", false),
            ("\\$\\^", "$^", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn case_and_width_make_no_difference_unless_exact() {
        assert!(matches("VIP\\d+", "vip12"));
        assert!(matches("vip\\d+", "ＶＩＰ１２"));
        assert!(matches("ＶＩＰ\\D", "vip-"));
        assert!(matches("[A-Z]+", "abc"));
        assert!(!matches("[^A-Z]+", "abc"));
        assert!(matches("STRASSE", "straße"));
        assert!(matches("straße", "STRASSE"));
        assert!(matches("\\S+", "S"));
        assert!(exactly("VIP", "VIP"));
        assert!(!exactly("VIP", "vip"));
        assert!(!exactly("[A-Z]+", "abc"));
        assert!(!exactly("VIP", "ＶＩＰ"));
    }

    #[test]
    fn what_is_not_of_the_dialect_is_refused() {
        for bad in [
            "(",
            ")",
            "a)",
            "[",
            "[]",
            "[z-a]",
            "*",
            "a**",
            "a{2",
            "a{,2}",
            "a{3,2}",
            "a{1000}",
            "(?=a)",
            "(?i)a",
            "(?P<n>a)",
            "\\1",
            "\\b",
            "\\p{Han}",
            "\\",
            "\\u12",
            "\\u{110000}",
            "a^",
            "$a",
            "(^a)",
            "a*+",
            "(a{20}){20}",
            "[\\d-z]",
            "\\q",
        ] {
            assert!(Pattern::new(bad, false).is_err(), "{bad}");
        }
        assert!(Pattern::new(&"a".repeat(256), false).is_ok());
        assert!(Pattern::new(&"a".repeat(257), false).is_err());
        assert!(Pattern::new(&"|".repeat(500), false).is_ok());
        assert!(Pattern::new(&"|".repeat(501), false).is_err());
        assert!(Pattern::new(&format!("{}a{}", "(".repeat(40), ")".repeat(40)), false).is_err());
    }

    #[test]
    fn no_pattern_and_text_take_more_steps_than_their_product() {
        for (pattern, text) in [
            ("(a*)*b", "a".repeat(20_000)),
            ("(a|a|aa)+$", "a".repeat(20_000)),
            ("(.*a){12}", "a".repeat(20_000)),
            ("((a?){15}){16}b", "a".repeat(20_000)),
            ("([^x]*){8}(.|\\s)*y", "上".repeat(20_000)),
            (".{250}", "a".repeat(20_000)),
        ] {
            let pattern = Pattern::new(pattern, false).unwrap();
            let said = Said::of(&text, false, &Folds::default());
            let (matches, steps) = pattern.automaton.run(&said);
            assert!(!matches || text.ends_with('a'));
            // A step is one state looked at or one class asked.
            let most = 20_000 * (2 * MOST_POSITIONS as u64);
            assert!(steps <= most, "{steps}");
        }
        // A text that cannot match any more is not read on.
        let short = Pattern::new("abc", false).unwrap();
        let said = Said::of("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", false, &Folds::default());
        assert!(short.automaton.run(&said).1 <= 3);
    }
}
