//! An expression as text that reads back as the same expression.

use std::fmt;

use super::Expr;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(it) => write!(f, "{it}"),
            // `{}` never uses an exponent, which the grammar does not know.
            Self::Number(it) => write!(f, "{it}"),
            Self::Text(it) => quoted(it, f),
            Self::Word(it) => f.write_str(it),
            Self::Answer { name, as_is } => {
                write!(f, "{{{}{name}}}", if *as_is { "#" } else { "" })
            }
            Self::List(items) => {
                f.write_str("[")?;
                listed(items, f)?;
                f.write_str("]")
            }
            Self::Not(operand) => write!(f, "!{operand}"),
            Self::Empty(operand) => write!(f, "{operand} empty"),
            Self::NotEmpty(operand) => write!(f, "{operand} notempty"),
            Self::Binary(op, left, right) => write!(f, "({left} {} {right})", op.sign()),
            Self::Call(name, arguments) => {
                write!(f, "{name}(")?;
                listed(arguments, f)?;
                f.write_str(")")
            }
        }
    }
}

fn listed(items: &[Expr], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("'")?;
    for c in text.chars() {
        if matches!(c, '\'' | '"') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("'")
}
