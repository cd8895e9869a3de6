//! How event names are spelt.

use rapport_types::{Violation, event};

use crate::limits::EVENT_NAME_BYTES;

/// What Segment's `page` call is counted as.
pub const PAGE_VIEWED: &str = "page_viewed";
/// What Segment's `screen` call is counted as.
pub const SCREEN_VIEWED: &str = "screen_viewed";

/// [`event::name`] of `text`, if it is one.
pub fn checked(text: &str) -> Result<String, Violation> {
    let bad = |code: &str, detail: String| Err(Violation::new("/event", code, detail));
    if text.chars().any(char::is_control) {
        return bad(
            "bad_character",
            "an event name has no control characters".into(),
        );
    }
    let name = event::name(text);
    if name.is_empty() {
        return bad(
            "required",
            "an event has a name, such as order_completed".into(),
        );
    }
    if name.len() > EVENT_NAME_BYTES {
        let detail = format!(
            "an event name has at most {EVENT_NAME_BYTES} bytes; this one has {}",
            name.len()
        );
        return bad("too_long", detail);
    }
    Ok(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_empty_nor_endless() {
        assert_eq!(checked(" ").unwrap_err().code, "required");
        assert_eq!(checked("a\u{7}b").unwrap_err().code, "bad_character");
        assert_eq!(checked(&"x".repeat(129)).unwrap_err().code, "too_long");
        assert_eq!(checked(&"x".repeat(128)).unwrap().len(), 128);
    }
}
