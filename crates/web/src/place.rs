//! Where in a body something is wrong.
//!
//! A reader that keeps the path to what it reads is compiled once more for each shape: those were a tenth of `loyalty.wasm`. So the
//! place is looked for afterwards: the shortest part of the body that is refused in the same words ends there.

use rapport_types::{json, violation};

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

/// What the last of the first `tokens` tokens is about.
fn at(body: &[u8], tokens: usize) -> Place {
    let mut walk = Walk::new(body);
    let last = (0..tokens).map_while(|_| walk.step()).last();
    last.map(|(token, _)| walk.place(token)).unwrap_or_default()
}

/// What a token of JSON is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// The beginning of a list or an object.
    Opens,
    /// The end of one.
    Closes,
    /// What stands between two elements.
    Comma,
    /// The name of a field.
    Key,
    /// Any other value.
    Value,
}

/// Goes through a body, which is JSON, and knows where it is.
pub(crate) struct Walk<'a> {
    body: &'a [u8],
    from: usize,
    around: Vec<Around<'a>>,
}

/// A list or an object around a place.
enum Around<'a> {
    /// The element that is being read.
    List(usize),
    /// The key whose value is being read, as it is written.
    Object(Option<&'a [u8]>),
}

impl<'a> Walk<'a> {
    /// From the beginning.
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Self {
            body,
            from: 0,
            around: Vec::new(),
        }
    }

    /// The next token, and how it is written.
    pub(crate) fn step(&mut self) -> Option<(Token, &'a [u8])> {
        let (start, end) = token(self.body, self.from)?;
        self.from = end;
        let text = self.body.get(start..end)?;
        let token = match (text, self.around.last_mut()) {
            (b"[", _) => {
                self.around.push(Around::List(0));
                Token::Opens
            }
            (b"{", _) => {
                self.around.push(Around::Object(None));
                Token::Opens
            }
            (b"}" | b"]", _) => {
                self.around.pop();
                Token::Closes
            }
            (b",", Some(Around::List(index))) => {
                *index = index.saturating_add(1);
                Token::Comma
            }
            (b",", Some(Around::Object(key))) => {
                *key = None;
                Token::Comma
            }
            (name, Some(Around::Object(key @ None))) => {
                *key = Some(name);
                Token::Key
            }
            _ => Token::Value,
        };
        Some((token, text))
    }

    /// Which element is being read of the list that is so deep in the body.
    pub(crate) fn element(&self, depth: usize) -> Option<usize> {
        match self.around.get(depth)? {
            Around::List(index) => Some(*index),
            Around::Object(_) => None,
        }
    }

    /// Whether what is being read is in the field `name` of the object that is so deep in the body.
    pub(crate) fn is_in(&self, depth: usize, name: &str) -> bool {
        let written = match self.around.get(depth) {
            Some(Around::Object(Some(key))) => *key,
            _ => return false,
        };
        // Each letter may be written in six, and a key that is longer need not be read.
        let longest = name.len().saturating_mul(6).saturating_add(2);
        written.len() <= longest && self::name(written).as_deref() == Some(name)
    }

    /// What `token` is about, which was the last.
    pub(crate) fn place(&self, token: Token) -> Place {
        let around = match token {
            Token::Closes | Token::Value => self.around.as_slice(),
            Token::Opens | Token::Comma | Token::Key => {
                self.around.split_last().map_or(&[][..], |(_, outer)| outer)
            }
        };
        let mut pointer = String::new();
        for around in around {
            match around {
                Around::List(index) => pointer.push_str(&violation::step(&index.to_string())),
                Around::Object(Some(key)) => {
                    pointer.push_str(&violation::step(&name(key).unwrap_or_default()));
                }
                Around::Object(None) => {}
            }
        }
        let key = match (token, self.around.last()) {
            (Token::Key, Some(Around::Object(Some(key)))) => name(key),
            _ => None,
        };
        Place { pointer, key }
    }
}

/// A key, as it is meant.
fn name(written: &[u8]) -> Option<String> {
    json::from_slice(written).ok()
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
