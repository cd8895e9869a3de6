//! Reads a pattern.

use std::iter::Peekable;
use std::str::Chars;

use super::class::{Class, Item};
use super::{MOST_CHARS, MOST_POSITIONS};
use crate::text::fold;

/// The deepest nesting of groups.
const MOST_DEEP: u32 = 32;

/// What is wrong with a pattern, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

/// A pattern as it is written.
pub(super) struct Tree {
    pub(super) root: Node,
    pub(super) exact: bool,
}

pub(super) enum Node {
    Class(Class),
    /// One after the other.
    Join(Vec<Node>),
    /// One of them.
    Either(Vec<Node>),
    /// At least so often, and at most.
    Repeat(Box<Node>, u32, Option<u32>),
}

impl Node {
    /// The states it needs, after repetitions are written out.
    pub(super) fn positions(&self) -> usize {
        match self {
            Self::Class(_) => 1,
            Self::Join(nodes) | Self::Either(nodes) => nodes
                .iter()
                .map(Self::positions)
                .fold(0, usize::saturating_add),
            Self::Repeat(node, least, most) => {
                let copies = most.unwrap_or((*least).max(1));
                node.positions()
                    .saturating_mul(usize::try_from(copies).unwrap_or(usize::MAX))
            }
        }
    }
}

/// Reads `pattern`.
pub(super) fn read(pattern: &str, exact: bool) -> Result<Tree, Malformed> {
    if pattern.chars().count() > MOST_CHARS {
        return wrong(format!("a pattern has at most {MOST_CHARS} characters"));
    }
    let mut reader = Reader {
        rest: pattern.chars().peekable(),
        exact,
        depth: 0,
    };
    let root = reader.alternatives()?;
    if reader.rest.peek().is_some() {
        return wrong("there is a \")\" without its \"(\"");
    }
    if root.positions() > MOST_POSITIONS {
        return wrong(format!(
            "a pattern has at most {MOST_POSITIONS} characters and classes after its repetitions are written out: \"\\d{{9}}\" has 9"
        ));
    }
    Ok(Tree { root, exact })
}

fn wrong<T>(detail: impl Into<String>) -> Result<T, Malformed> {
    Err(Malformed(detail.into()))
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    exact: bool,
    depth: u32,
}

impl Reader<'_> {
    fn alternatives(&mut self) -> Result<Node, Malformed> {
        let mut either = vec![self.join()?];
        while self.rest.next_if_eq(&'|').is_some() {
            either.push(self.join()?);
        }
        match either.pop() {
            Some(only) if either.is_empty() => Ok(only),
            last => {
                either.extend(last);
                Ok(Node::Either(either))
            }
        }
    }

    fn join(&mut self) -> Result<Node, Malformed> {
        let mut nodes = Vec::new();
        if self.depth == 0 {
            self.rest.next_if_eq(&'^');
        }
        while let Some(c) = self.rest.next_if(|c| !matches!(c, '|' | ')')) {
            let node = match c {
                '(' => self.group()?,
                '[' => Node::Class(self.class()?),
                '.' => Node::Class(Class::dot()),
                '\\' => match self.escape()? {
                    Item::One(c) => self.literal(c),
                    item => Node::Class(Class {
                        items: vec![item],
                        negated: false,
                    }),
                },
                '*' | '+' | '?' | '{' => {
                    return wrong(format!(
                        "nothing stands before \"{c}\" that could be repeated; write \"\\{c}\" for the character itself"
                    ));
                }
                '$' if self.depth == 0 && self.rest.peek().is_none_or(|c| *c == '|') => continue,
                '^' | '$' => {
                    return wrong(format!(
                        "a pattern always matches the whole text, so \"{c}\" stands only at its beginning or end; write \"\\{c}\" for the character itself"
                    ));
                }
                c => self.literal(c),
            };
            nodes.push(self.repeated(node)?);
        }
        Ok(Node::Join(nodes))
    }

    /// A character as text is compared: what it folds into.
    fn literal(&self, c: char) -> Node {
        if self.exact {
            return Node::Class(Class::one(c));
        }
        let folded = fold(c.encode_utf8(&mut [0; 4]));
        let mut classes: Vec<Node> = folded.chars().map(|c| Node::Class(Class::one(c))).collect();
        match classes.pop() {
            Some(only) if classes.is_empty() => only,
            last => {
                classes.extend(last);
                Node::Join(classes)
            }
        }
    }

    fn group(&mut self) -> Result<Node, Malformed> {
        if self.rest.next_if_eq(&'?').is_some() && self.rest.next_if_eq(&':').is_none() {
            return wrong(
                "groups are written (…) or (?:…); lookaround, names and flags are not supported",
            );
        }
        self.depth = self.depth.saturating_add(1);
        if self.depth > MOST_DEEP {
            return wrong(format!("groups nest at most {MOST_DEEP} deep"));
        }
        let inside = self.alternatives()?;
        self.depth = self.depth.saturating_sub(1);
        match self.rest.next() {
            Some(')') => Ok(inside),
            _ => wrong("a \"(\" is not closed"),
        }
    }

    fn repeated(&mut self, node: Node) -> Result<Node, Malformed> {
        let (least, most) = match self.rest.next_if(|c| matches!(c, '*' | '+' | '?' | '{')) {
            None => return Ok(node),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some(_) => self.counts()?,
        };
        // Whether as much or as little as possible is taken first makes no difference to the whole.
        self.rest.next_if_eq(&'?');
        if let Some(c) = self.rest.next_if(|c| matches!(c, '*' | '+' | '?' | '{')) {
            return wrong(format!(
                "one repetition follows another at \"{c}\"; put the first in a group"
            ));
        }
        Ok(Node::Repeat(Box::new(node), least, most))
    }

    /// `{n}`, `{n,}`, `{n,m}` after the brace.
    fn counts(&mut self) -> Result<(u32, Option<u32>), Malformed> {
        const SHAPE: &str =
            "a repetition is {n}, {n,} or {n,m}; write \"\\{\" for the character itself";
        let Some(least) = self.number() else {
            return wrong(SHAPE);
        };
        let most = match self.rest.next() {
            Some('}') => return bounded(least, Some(least)),
            Some(',') => self.number(),
            _ => return wrong(SHAPE),
        };
        match self.rest.next() {
            Some('}') => bounded(least, most),
            _ => wrong(SHAPE),
        }
    }

    fn number(&mut self) -> Option<u32> {
        let mut number: Option<u32> = None;
        while let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(10)) {
            self.rest.next();
            number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
        }
        number
    }

    fn class(&mut self) -> Result<Class, Malformed> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut items = Vec::new();
        loop {
            let item = match self.rest.next() {
                None => return wrong("a \"[\" is not closed"),
                Some(']') if items.is_empty() => {
                    return wrong(
                        "a class holds something; write \"[\\]]\" for the bracket itself",
                    );
                }
                Some(']') => break,
                Some('\\') => self.escape()?,
                Some(c) => Item::One(c),
            };
            items.push(self.range(item)?);
        }
        let class = Class { items, negated };
        Ok(if self.exact { class } else { class.folded() })
    }

    /// `item`, or the range that begins with it.
    fn range(&mut self, item: Item) -> Result<Item, Malformed> {
        let mut ahead = self.rest.clone();
        // A "-" at the end is itself.
        if ahead.next() != Some('-') || ahead.next() == Some(']') {
            return Ok(item);
        }
        self.rest.next();
        let end = match self.rest.next() {
            Some('\\') => self.escape()?,
            Some(c) => Item::One(c),
            None => return wrong("a \"[\" is not closed"),
        };
        match (item, end) {
            (Item::One(low), Item::One(high)) if low <= high => Ok(Item::Range(low, high)),
            (Item::One(low), Item::One(high)) => {
                wrong(format!("the range {low}-{high} is the wrong way round"))
            }
            _ => wrong("a range is between two characters; write \"\\-\" for the character itself"),
        }
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<Item, Malformed> {
        Ok(match self.rest.next() {
            Some('d') => Item::Digit(false),
            Some('D') => Item::Digit(true),
            Some('w') => Item::Word(false),
            Some('W') => Item::Word(true),
            Some('s') => Item::Space(false),
            Some('S') => Item::Space(true),
            Some('n') => Item::One('\n'),
            Some('r') => Item::One('\r'),
            Some('t') => Item::One('\t'),
            Some('x') => Item::One(self.code(2)?),
            Some('u') if self.rest.next_if_eq(&'{').is_some() => {
                let c = self.code(6)?;
                if self.rest.next() != Some('}') {
                    return wrong(
                        "a character is written \\u{4e0a}, with at most six hexadecimal digits",
                    );
                }
                Item::One(c)
            }
            Some('u') => Item::One(self.code(4)?),
            Some(c) if c.is_ascii_punctuation() || c == ' ' => Item::One(c),
            Some(c) => {
                return wrong(format!(
                    "\"\\{c}\" is not supported; there are \\d \\w \\s \\D \\W \\S \\n \\r \\t \\xhh \\uhhhh \\u{{h…}} and escaped punctuation"
                ));
            }
            None => {
                return wrong(
                    "a \"\\\" stands at the end; write \"\\\\\" for the character itself",
                );
            }
        })
    }

    /// The character with the code in the next digits: exactly `digits`, or at most 6.
    fn code(&mut self, digits: usize) -> Result<char, Malformed> {
        let mut code: u32 = 0;
        let mut read: usize = 0;
        while read < digits {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(16)) else {
                break;
            };
            self.rest.next();
            code = code.saturating_mul(16).saturating_add(digit);
            read = read.saturating_add(1);
        }
        let enough = if digits == 6 {
            read > 0
        } else {
            read == digits
        };
        match char::from_u32(code).filter(|_| enough) {
            Some(c) => Ok(c),
            None => wrong("no character has that code"),
        }
    }
}

fn bounded(least: u32, most: Option<u32>) -> Result<(u32, Option<u32>), Malformed> {
    match most {
        Some(most) if most < least => wrong(format!(
            "nothing is repeated at least {least} times and at most {most} times"
        )),
        most => {
            let positions = u32::try_from(MOST_POSITIONS).unwrap_or(u32::MAX);
            if most.unwrap_or(least) > positions {
                return wrong(format!("something is repeated at most {positions} times"));
            }
            Ok((least, most))
        }
    }
}
