//! The reader of expressions: `survey-core`'s `grammar.pegjs`, rule by rule.
//!
//! A parsing expression grammar tries alternatives in order and never looks back once one has matched, so the
//! order of the alternatives below is part of the meaning: `truely` is no word, for it begins with `true`.

use super::{Expr, Op};

/// The most bytes of an expression.
pub const MAX_LENGTH: usize = 8_000;
/// The most levels of parentheses, lists, calls and negations.
pub const MAX_DEPTH: usize = 48;

/// The text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// Something else should stand here.
    #[error("this cannot be read as an expression from character {at} on: {rest:?}")]
    Unexpected {
        /// The place, counted in characters from 1.
        at: usize,
        /// What stands there, in part.
        rest: String,
    },
    /// Longer than [`MAX_LENGTH`].
    #[error("an expression has at most {MAX_LENGTH} bytes")]
    TooLong,
    /// Deeper than [`MAX_DEPTH`].
    #[error("an expression nests at most {MAX_DEPTH} levels deep")]
    TooDeep,
}

/// Reads an expression, after the replacements that `survey-core` makes first.
pub fn parse(text: &str) -> Result<Expr, SyntaxError> {
    if text.len() > MAX_LENGTH {
        return Err(SyntaxError::TooLong);
    }
    let patched = text
        .replace("=>", ">=")
        .replace("=<", "<=")
        .replace("<>", "!=")
        .replace("equals", "equal ")
        .replace("notequals", "notequal ");
    parse_plain(&patched)
}

/// Reads what the grammar itself describes.
pub(super) fn parse_plain(text: &str) -> Result<Expr, SyntaxError> {
    let mut reader = Reader {
        rest: text,
        furthest: text.len(),
        depth: 0,
        too_deep: false,
    };
    let found = reader.expression();
    if reader.too_deep {
        return Err(SyntaxError::TooDeep);
    }
    match found {
        Some(expr) if reader.rest.is_empty() => Ok(expr),
        _ => Err(reader.error(text)),
    }
}

struct Reader<'a> {
    rest: &'a str,
    /// The fewest bytes that were ever left: where the error is shown.
    furthest: usize,
    depth: usize,
    too_deep: bool,
}

impl<'a> Reader<'a> {
    fn error(&self, text: &str) -> SyntaxError {
        let before = text.len().saturating_sub(self.furthest);
        let rest = text.get(before..).unwrap_or("");
        SyntaxError::Unexpected {
            at: text
                .get(..before)
                .unwrap_or("")
                .chars()
                .count()
                .saturating_add(1),
            rest: rest.chars().take(24).collect(),
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
        self.furthest = self.furthest.min(self.rest.len());
    }

    fn space(&mut self) {
        let trimmed = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest = trimmed;
        self.furthest = self.furthest.min(trimmed.len());
    }

    fn literal(&mut self, wanted: &str) -> Option<()> {
        self.rest
            .starts_with(wanted)
            .then(|| self.advance(wanted.len()))
    }

    /// A literal in any case, as `"or"i` in the grammar.
    fn word(&mut self, wanted: &str) -> Option<()> {
        self.rest
            .get(..wanted.len())
            .filter(|found| found.eq_ignore_ascii_case(wanted))?;
        self.advance(wanted.len());
        Some(())
    }

    fn while_matches(&mut self, matches: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !matches(c)).unwrap_or(self.rest.len());
        let found = self.rest.get(..end).unwrap_or("");
        self.advance(end);
        found
    }

    /// Runs `rule`; where it does not match, nothing was read.
    fn attempt<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.too_deep {
            return None;
        }
        let start = self.rest;
        let found = rule(self);
        if found.is_none() {
            self.rest = start;
        }
        found
    }

    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.too_deep = true;
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let found = rule(self);
        self.depth = self.depth.saturating_sub(1);
        found
    }

    /// `head (_ op _ operand)*`, grouped from the left.
    fn chain(
        &mut self,
        op: fn(&mut Self) -> Option<Op>,
        operand: fn(&mut Self) -> Option<Expr>,
    ) -> Option<Expr> {
        let mut left = operand(self)?;
        let mut length = 0_usize;
        while let Some((op, right)) = self.attempt(|it| {
            it.space();
            let op = op(it)?;
            it.space();
            Some((op, operand(it)?))
        }) {
            left = self.joined(op, left, right, &mut length)?;
        }
        Some(left)
    }

    /// Joins two operands; a long chain is deep on its left, so its length is bounded too.
    fn joined(&mut self, op: Op, left: Expr, right: Expr, length: &mut usize) -> Option<Expr> {
        *length = length.saturating_add(1);
        if *length > 400 {
            self.too_deep = true;
            return None;
        }
        Some(Expr::Binary(op, Box::new(left), Box::new(right)))
    }

    fn expression(&mut self) -> Option<Expr> {
        self.space();
        let found = self.chain(
            |it| it.literal("||").or_else(|| it.word("or")).map(|()| Op::Or),
            Self::logic_or,
        )?;
        self.space();
        Some(found)
    }

    fn logic_or(&mut self) -> Option<Expr> {
        self.chain(
            |it| {
                it.literal("&&")
                    .or_else(|| it.word("and"))
                    .map(|()| Op::And)
            },
            Self::logic_and,
        )
    }

    fn logic_and(&mut self) -> Option<Expr> {
        self.chain(Self::comparison, Self::sum)
    }

    fn comparison(&mut self) -> Option<Op> {
        for (sign, name, op) in [
            ("<=", "lessorequal", Op::LessOrEqual),
            (">=", "greaterorequal", Op::GreaterOrEqual),
            ("==", "equal", Op::Equal),
            ("=", "equal", Op::Equal),
            ("!=", "notequal", Op::NotEqual),
            ("<", "less", Op::Less),
            (">", "greater", Op::Greater),
        ] {
            if self.literal(sign).or_else(|| self.word(name)).is_some() {
                return Some(op);
            }
        }
        None
    }

    fn sum(&mut self) -> Option<Expr> {
        self.chain(
            |it| {
                let plus = it.literal("+").map(|()| Op::Plus);
                plus.or_else(|| it.literal("-").map(|()| Op::Minus))
            },
            Self::product,
        )
    }

    fn product(&mut self) -> Option<Expr> {
        self.chain(
            |it| {
                let times = it.literal("*").map(|()| Op::Times);
                times
                    .or_else(|| it.literal("/").map(|()| Op::Divide))
                    .or_else(|| it.literal("%").map(|()| Op::Modulo))
            },
            Self::power,
        )
    }

    fn power(&mut self) -> Option<Expr> {
        self.chain(
            |it| {
                it.literal("^")
                    .or_else(|| it.word("power"))
                    .map(|()| Op::Power)
            },
            Self::set_function,
        )
    }

    /// `a contains b` and its kind; the right operand may be missing.
    fn set_function(&mut self) -> Option<Expr> {
        let mut left = self.factor()?;
        let mut length = 0_usize;
        while let Some((op, right)) = self.attempt(|it| {
            it.space();
            let op = it.set_operator()?;
            it.space();
            Some((op, it.factor().unwrap_or(Expr::Null)))
        }) {
            left = self.joined(op, left, right, &mut length)?;
        }
        Some(left)
    }

    fn set_operator(&mut self) -> Option<Op> {
        if self.literal("*=").is_some() {
            return Some(Op::Contains);
        }
        for (name, op) in [
            ("contains", Op::Contains),
            ("contain", Op::Contains),
            ("notcontains", Op::NotContains),
            ("notcontain", Op::NotContains),
            ("anyof", Op::AnyOf),
            ("allof", Op::AllOf),
            ("noneof", Op::NoneOf),
        ] {
            if self.word(name).is_some() {
                return Some(op);
            }
        }
        None
    }

    fn factor(&mut self) -> Option<Expr> {
        self.nested(|it| {
            it.attempt(Self::parenthesised)
                .or_else(|| it.attempt(Self::call))
                .or_else(|| it.attempt(Self::negation))
                .or_else(|| it.attempt(Self::emptiness))
                .or_else(|| it.attempt(Self::atom))
                .or_else(|| it.attempt(Self::list))
        })
    }

    /// The closing parenthesis may be missing, as in `survey-core`.
    fn parenthesised(&mut self) -> Option<Expr> {
        self.literal("(")?;
        self.space();
        let found = self.expression()?;
        self.space();
        self.literal(")");
        Some(found)
    }

    fn call(&mut self) -> Option<Expr> {
        let name = self.bare_word()?;
        self.literal("(")?;
        let arguments = self.sequence();
        self.literal(")");
        Some(Expr::Call(name.to_owned(), arguments))
    }

    fn negation(&mut self) -> Option<Expr> {
        self.literal("!").or_else(|| self.word("negate"))?;
        self.space();
        self.factor().map(|operand| Expr::Not(Box::new(operand)))
    }

    fn emptiness(&mut self) -> Option<Expr> {
        let operand = Box::new(self.atom()?);
        self.space();
        if self.word("empty").is_some() {
            return Some(Expr::Empty(operand));
        }
        self.word("notempty").map(|()| Expr::NotEmpty(operand))
    }

    fn atom(&mut self) -> Option<Expr> {
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

    fn answer(&mut self) -> Option<Expr> {
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

    fn constant(&mut self) -> Option<Expr> {
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

    fn text(&mut self, quote: &str) -> Option<Expr> {
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

    fn number(&mut self) -> Option<f64> {
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

    fn digits(&mut self) -> Option<&'a str> {
        let digits = self.while_matches(|c| c.is_ascii_digit());
        (!digits.is_empty()).then_some(digits)
    }

    fn bare_word(&mut self) -> Option<&'a str> {
        let first = self.rest.chars().next()?;
        if !first.is_ascii_alphabetic() && first != '_' {
            return None;
        }
        Some(self.while_matches(|c| c.is_ascii_alphanumeric() || c == '_'))
    }

    fn list(&mut self) -> Option<Expr> {
        self.literal("[")?;
        let items = self.sequence();
        self.literal("]")?;
        Some(Expr::List(items))
    }

    fn sequence(&mut self) -> Vec<Expr> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn and_binds_closer_than_or_and_comparison_closer_than_both() {
        let read = |text| Expr::parse(text).unwrap().to_string();
        assert_eq!(
            read("{a} = 1 or {b} <> 'x' and {c} notempty"),
            "(({a} == 1) or (({b} != 'x') and {c} notempty))"
        );
        assert_eq!(
            read("!{a} empty && {b} anyof ['x', 'y']"),
            "(!{a} empty and ({b} anyof ['x', 'y']))"
        );
    }

    #[test]
    fn what_is_no_expression_is_refused_with_its_place() {
        for bad in [
            "",
            "{a",
            "{a} =",
            "'it\"s'",
            "not {a}",
            "truely",
            "012",
            "{a} = 'x' 'y'",
        ] {
            assert!(Expr::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            Expr::parse("{a} = 1 ,").unwrap_err(),
            SyntaxError::Unexpected {
                at: 9,
                rest: ",".to_owned()
            }
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("{}1{}", "(".repeat(4000), ")".repeat(3000));
        assert_eq!(Expr::parse(&deep).unwrap_err(), SyntaxError::TooDeep);
        let long = "!".repeat(7000);
        assert_eq!(Expr::parse(&long).unwrap_err(), SyntaxError::TooDeep);
    }
}
