//! One thing wrong with an input, and the place where it stands.

use serde::{Deserialize, Serialize};

/// One thing wrong with an input.
///
/// Domain crates answer with these; the HTTP layer lists them as `errors` of a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// JSON pointer (RFC 6901) to the place in the request body; `""` is the whole body.
    pub pointer: String,
    /// A stable, machine-readable code in snake_case, such as `unknown_operator`.
    pub code: String,
    /// What is wrong and what would be right, for people.
    pub detail: String,
}

impl Violation {
    /// A violation at `pointer`.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.into(),
            detail: detail.into(),
        }
    }

    /// The same violation, seen from a document in which this one's root stands at `prefix`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }
}

/// `token` as one step of a JSON pointer, escaped as RFC 6901 asks.
pub fn step(token: &str) -> String {
    let mut step = String::with_capacity(token.len().saturating_add(1));
    step.push('/');
    for c in token.chars() {
        match c {
            '~' => step.push_str("~0"),
            '/' => step.push_str("~1"),
            c => step.push(c),
        }
    }
    step
}

/// The known word nearest to `word`, if it is near: at most a third of its letters are wrong.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // What is that long is no known word misspelt, and is not worth the time.
    if word.len() > 40 {
        return None;
    }
    known
        .map(|known| (strsim::osa_distance(word, known), known))
        .filter(|(distance, known)| distance.saturating_mul(3) <= known.len().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_escapes_tilde_and_slash() {
        assert_eq!(step("a/b~c"), "/a~1b~0c");
    }

    #[test]
    fn the_nearest_word_is_near() {
        let near = |word| nearest(word, ["points", "key", "reason"].into_iter());
        assert_eq!(near("pionts"), Some("points"));
        assert_eq!(near("kye"), Some("key"));
        assert_eq!(near("customer"), None);
    }
}
