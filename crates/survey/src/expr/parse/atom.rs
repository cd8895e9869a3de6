//! What expressions are made of: answers, constants, lists.

use super::reader::Reader;
use crate::expr::Expr;

impl<'a> Reader<'a> {
    pub(super) fn atom(&mut self) -> Option<Expr> {
        self.space();
        if self
            .literal("undefined")
            .or_else(|| self.literal("null"))
            .is_some()
        {
            return Some(Expr::Null);
        }
        self.attempt(Self::constant)
            .or_else(|| self.attempt(Self::answer))
    }

    pub(super) fn answer(&mut self) -> Option<Expr> {
        self.literal("{")?;
        let name = self.while_matches(|c| c != '{' && c != '}');
        self.literal("}")?;
        if name.is_empty() {
            return None;
        }
        Some(match name.strip_prefix('#') {
            Some(name) if !name.is_empty() => Expr::Answer {
                name: name.to_owned(),
                as_is: true,
            },
            _ => Expr::Answer {
                name: name.to_owned(),
                as_is: false,
            },
        })
    }

    pub(super) fn constant(&mut self) -> Option<Expr> {
        if self.word("true").is_some() {
            return Some(Expr::Bool(true));
        }
        if self.word("false").is_some() {
            return Some(Expr::Bool(false));
        }
        if let Some(number) = self.attempt(Self::number) {
            return Some(Expr::Number(number));
        }
        if let Some(word) = self.attempt(Self::bare_word) {
            return Some(Expr::Word(word.to_owned()));
        }
        self.attempt(|it| it.text("'"))
            .or_else(|| self.attempt(|it| it.text("\"")))
    }

    pub(super) fn text(&mut self, quote: &str) -> Option<Expr> {
        self.literal(quote)?;
        let mut text = String::new();
        loop {
            if self.literal("\\'").is_some() {
                text.push('\'');
            } else if self.literal("\\\"").is_some() {
                text.push('"');
            } else {
                match self.rest.chars().next() {
                    Some(c) if c != '\'' && c != '"' => {
                        text.push(c);
                        self.advance(c.len_utf8());
                    }
                    _ => break,
                }
            }
        }
        self.literal(quote)?;
        Some(Expr::Text(text))
    }

    pub(super) fn number(&mut self) -> Option<f64> {
        let hexadecimal = self.attempt(|it| {
            it.literal("0x")?;
            it.digits()
        });
        if let Some(digits) = hexadecimal {
            return Some(crate::js::number::parse_int(&format!("0x{digits}")));
        }
        let sign = if self.literal("-").is_some() {
            -1.0
        } else {
            1.0
        };
        let decimal = self.attempt(|it| {
            let start = it.rest;
            it.digits()?;
            it.literal(".")?;
            it.digits()?;
            start.get(..start.len().saturating_sub(it.rest.len()))
        });
        let text = match decimal {
            Some(text) => text,
            None if self.rest.starts_with('0') => {
                self.advance(1);
                "0"
            }
            None => self.digits()?,
        };
        text.parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(|number| sign * number)
    }

    pub(super) fn digits(&mut self) -> Option<&'a str> {
        let digits = self.while_matches(|c| c.is_ascii_digit());
        (!digits.is_empty()).then_some(digits)
    }

    pub(super) fn bare_word(&mut self) -> Option<&'a str> {
        let first = self.rest.chars().next()?;
        if !first.is_ascii_alphabetic() && first != '_' {
            return None;
        }
        Some(self.while_matches(|c| c.is_ascii_alphanumeric() || c == '_'))
    }

    pub(super) fn list(&mut self) -> Option<Expr> {
        self.literal("[")?;
        let items = self.sequence();
        self.literal("]")?;
        Some(Expr::List(items))
    }

    pub(super) fn sequence(&mut self) -> Vec<Expr> {
        let mut items = Vec::new();
        let Some(first) = self.attempt(Self::expression) else {
            return items;
        };
        items.push(first);
        while let Some(item) = self.attempt(|it| {
            it.space();
            it.literal(",")?;
            it.space();
            it.expression()
        }) {
            items.push(item);
        }
        items
    }
}
