//! The reader of expressions: `survey-core`'s `grammar.pegjs`, rule by rule.
//!
//! A parsing expression grammar tries alternatives in order and never looks back once one has matched, so the
//! order of the alternatives below is part of the meaning: `truely` is no word, for it begins with `true`.

mod atom;
mod reader;

use reader::Reader;

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

impl Reader<'_> {
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
