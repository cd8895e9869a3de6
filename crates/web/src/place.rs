//! Where in a body something is wrong.
//!
//! A reader that keeps the path to what it reads is compiled once more for each shape: those were a tenth of `loyalty.wasm`. So the
//! place is looked for afterwards: the shortest part of the body that is refused in the same words ends there.

use rapport_types::violation;

/// A place in a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The pointer to a value.
    pub pointer: String,
    /// Which of this object's keys it is about, if it is about one and not about the value.
    pub key: Option<String>,
}

/// Where `body` is wrong. It is JSON; a reader gave up once it had read `read` bytes of it, and gives up in the same words
/// wherever `refused` holds of a part of it from its start.
pub(crate) fn find(body: &[u8], read: usize, refused: &dyn Fn(&[u8]) -> bool) -> Place {
    let mut ends = Vec::new();
    let mut from = 0;
    while let Some(token) = token(body, from).filter(|token| token.0 <= read) {
        from = token.1;
        ends.push(from);
    }
    // A reader that says what it found has gone on to the end of the object, at most.
    while ends.len() > 1
        && let Some(before) = ends.len().checked_sub(2)
        && let Some(end) = ends.get(before)
        && refused(&whole(body.get(..*end).unwrap_or_default()))
    {
        ends.truncate(before.saturating_add(1));
    }
    at(body, ends.len())
}

/// `part`, with something after it: a number might go on.
fn whole(part: &[u8]) -> Vec<u8> {
    [part, b" "].concat()
}

/// From where to where the next token is. Colons are none.
fn token(body: &[u8], from: usize) -> Option<(usize, usize)> {
    let rest = body.get(from..)?;
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b':';
    let start = from.checked_add(rest.iter().position(|byte| !blank(byte))?)?;
    let rest = body.get(start..)?;
    let length = match rest.first()? {
        b'{' | b'}' | b'[' | b']' | b',' => 1,
        b'"' => string(rest)?,
        _ => rest
            .iter()
            .position(|byte| blank(byte) || b",]}".contains(byte))
            .unwrap_or(rest.len()),
    };
    Some((start, start.checked_add(length)?))
}

/// How long the string is that `text` begins with, with its quotes.
fn string(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end?.checked_add(2)
}

/// A list or an object around a place.
enum Around {
    /// The element that is being read.
    List(usize),
    /// The key whose value is being read.
    Object(Option<String>),
}

/// What the last of the first `tokens` tokens is about.
fn at(body: &[u8], tokens: usize) -> Place {
    let mut around: Vec<Around> = Vec::new();
    let mut place = Place::default();
    let mut from = 0;
    for _ in 0..tokens {
        let Some((start, end)) = token(body, from) else {
            break;
        };
        from = end;
        let text = body.get(start..end).unwrap_or_default();
        place = match (text, around.last_mut()) {
            (b"{" | b"[", _) => {
                let place = value(&around);
                around.push(if text == b"[" {
                    Around::List(0)
                } else {
                    Around::Object(None)
                });
                place
            }
            (b"}" | b"]", _) => {
                around.pop();
                value(&around)
            }
            (b",", Some(Around::List(index))) => {
                *index = index.saturating_add(1);
                container(&around)
            }
            (b",", Some(Around::Object(key))) => {
                *key = None;
                container(&around)
            }
            (name, Some(Around::Object(key @ None))) => {
                *key = serde_json::from_slice(name).ok();
                let key = key.clone();
                let Place { pointer, .. } = container(&around);
                Place { pointer, key }
            }
            _ => value(&around),
        };
    }
    place
}

/// The value that is being read inside all of `around`.
fn value(around: &[Around]) -> Place {
    let mut pointer = String::new();
    for around in around {
        match around {
            Around::List(index) => pointer.push_str(&violation::step(&index.to_string())),
            Around::Object(Some(key)) => pointer.push_str(&violation::step(key)),
            Around::Object(None) => {}
        }
    }
    Place { pointer, key: None }
}

/// The innermost of `around` itself.
fn container(around: &[Around]) -> Place {
    value(around.split_last().map_or(&[], |(_, outer)| outer))
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
