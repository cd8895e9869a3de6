//! Expressions, as in `visibleIf`: their syntax tree and what they evaluate to.
//!
//! The grammar is `survey-core`'s own (its `grammar.pegjs`), and so is the meaning of each operator. What the
//! grammar knows and the server does not carry out (arithmetic, functions) is read and then refused by
//! [`Expr::unsupported`], with its name, instead of being taken for something else.

mod eval;
mod parse;
mod print;

pub use eval::Scope;
pub use parse::{MAX_DEPTH, MAX_LENGTH, SyntaxError};

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// `null`, `undefined`, or a right operand that is not there.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A quoted text.
    Text(String),
    /// A bare word, which is a text.
    Word(String),
    /// `{name}`: the answer to a question.
    Answer {
        /// The question's name.
        name: String,
        /// Written `{#name}`: a text that looks like a number stays a text.
        as_is: bool,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `!a`, also `negate a`.
    Not(Box<Expr>),
    /// `a empty`.
    Empty(Box<Expr>),
    /// `a notempty`.
    NotEmpty(Box<Expr>),
    /// `a op b`.
    Binary(Op, Box<Expr>, Box<Expr>),
    /// `name(a, b)`.
    Call(String, Vec<Expr>),
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Op {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    NotContains,
    AnyOf,
    AllOf,
    NoneOf,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
    Power,
}

impl Op {
    /// How the operator is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Contains => "contains",
            Self::NotContains => "notcontains",
            Self::AnyOf => "anyof",
            Self::AllOf => "allof",
            Self::NoneOf => "noneof",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "^",
        }
    }

    fn is_arithmetic(self) -> bool {
        matches!(
            self,
            Self::Plus | Self::Minus | Self::Times | Self::Divide | Self::Modulo | Self::Power
        )
    }
}

/// A part of an expression that the server does not carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// A function call.
    #[error("the function {0:?} is not supported in expressions")]
    Function(String),
    /// An arithmetic operator.
    #[error("the operator {0:?} is not supported in expressions")]
    Operator(&'static str),
    /// `null` where `survey-core` itself fails.
    #[error("null and undefined can only be compared")]
    Null,
}

impl Expr {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse::parse(text)
    }

    /// The first part that the server does not carry out.
    pub fn unsupported(&self) -> Option<Unsupported> {
        let null = |operand: &Self| matches!(operand, Self::Null).then_some(Unsupported::Null);
        match self {
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Word(_)
            | Self::Answer { .. } => None,
            Self::List(items) => items
                .iter()
                .find_map(|item| null(item).or_else(|| item.unsupported())),
            Self::Not(operand) | Self::Empty(operand) | Self::NotEmpty(operand) => {
                null(operand).or_else(|| operand.unsupported())
            }
            Self::Binary(op, _, _) if op.is_arithmetic() => Some(Unsupported::Operator(op.sign())),
            Self::Binary(_, left, right) => left.unsupported().or_else(|| right.unsupported()),
            Self::Call(name, _) => Some(Unsupported::Function(name.clone())),
        }
    }

    /// The names in braces, in order of appearance.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect_names(&mut names);
        names
    }

    fn collect_names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Answer { name, .. } => names.push(name),
            Self::List(items) | Self::Call(_, items) => {
                for item in items {
                    item.collect_names(names);
                }
            }
            Self::Not(operand) | Self::Empty(operand) | Self::NotEmpty(operand) => {
                operand.collect_names(names);
            }
            Self::Binary(_, left, right) => {
                left.collect_names(names);
                right.collect_names(names);
            }
            _ => {}
        }
    }
}
