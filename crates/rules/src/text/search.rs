//! Looking for a text inside another, character by character, in linear time (Knuth, Morris, Pratt 1977).
//!
//! The other text is read once and never gone back in, so it can be folded as it is read.

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needle {
    chars: Box<[char]>,
    /// For each length of a matched beginning: the longest shorter beginning that it ends with.
    back: Box<[u32]>,
}

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        let chars: Box<[char]> = text.chars().collect();
        let mut back: Vec<u32> = Vec::with_capacity(chars.len());
        let mut matched: u32 = 0;
        for (at, c) in chars.iter().enumerate() {
            if at == 0 {
                back.push(0);
                continue;
            }
            matched = advance(&chars, &back, matched, *c);
            back.push(matched);
        }
        Self {
            chars,
            back: back.into_boxed_slice(),
        }
    }

    /// Whether it stands somewhere in `text`.
    pub(super) fn within(&self, text: impl Iterator<Item = char>) -> bool {
        let Some(first) = self.chars.first().copied() else {
            return true;
        };
        let length = u32::try_from(self.chars.len()).unwrap_or(u32::MAX);
        let mut matched: u32 = 0;
        for c in text {
            if matched == 0 && c != first {
                continue;
            }
            matched = advance(&self.chars, &self.back, matched, c);
            if matched == length {
                return true;
            }
        }
        false
    }
}

/// How much is matched after `c`, when `matched` was before it.
fn advance(chars: &[char], back: &[u32], mut matched: u32, c: char) -> u32 {
    let at = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
    loop {
        if chars.get(at(matched)) == Some(&c) {
            return matched.saturating_add(1);
        }
        let Some(last) = matched.checked_sub(1) else {
            return 0;
        };
        matched = back.get(at(last)).copied().unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_the_standard_library_finds() {
        // All words of up to 7 letters over two letters, in each other.
        let words: Vec<String> = (1_u32..8)
            .flat_map(|length| {
                (0..2_u32.pow(length)).map(move |bits| {
                    (0..length)
                        .map(|at| if bits >> at & 1 == 1 { 'a' } else { '上' })
                        .collect()
                })
            })
            .collect();
        for needle in &words {
            let ready = Needle::new(needle);
            for text in &words {
                assert_eq!(
                    ready.within(text.chars()),
                    text.contains(needle.as_str()),
                    "{needle} in {text}"
                );
            }
        }
    }
}
