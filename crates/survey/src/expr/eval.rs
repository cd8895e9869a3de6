//! What an expression evaluates to, operator by operator as in `survey-core`'s `OperandMaker`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Expr, Op};
use crate::js::compare::{equal, loosely_equal, order};
use crate::js::{Js, number};

/// The answers an expression can name. Names are found whatever their case, as in `survey-core`.
#[derive(Debug, Clone, Default)]
pub struct Scope(BTreeMap<String, Js>);

impl Scope {
    /// Makes `value` known as `name`.
    pub fn insert(&mut self, name: &str, value: Js) {
        self.0.insert(name.to_lowercase(), value);
    }

    fn get(&self, name: &str) -> Js {
        self.0
            .get(&name.to_lowercase())
            .cloned()
            .unwrap_or(Js::Undefined)
    }
}

impl Expr {
    /// Whether a condition holds: it is `true` and not merely something that counts as true, as in
    /// `visibleIf` and `requiredIf`.
    pub fn is_true(&self, scope: &Scope) -> bool {
        self.eval(scope) == Js::Bool(true)
    }

    /// Whether a condition is `false`, and not merely something that counts as false, as in `enableIf`.
    pub fn is_false(&self, scope: &Scope) -> bool {
        self.eval(scope) == Js::Bool(false)
    }

    /// Whether a validator's condition holds: it equals `true` after conversion.
    pub fn passes(&self, scope: &Scope) -> bool {
        loosely_equal(&self.eval(scope), &Js::Bool(true))
    }

    /// The value. A part for which [`Expr::unsupported`] answers is `undefined`.
    pub fn eval(&self, scope: &Scope) -> Js {
        match self {
            Self::Null => Js::Null,
            Self::Bool(it) => Js::Bool(*it),
            Self::Number(it) => Js::Num(*it),
            Self::Text(it) => Js::Str(it.clone()),
            Self::Word(it) => corrected(Js::Str(it.clone())),
            Self::Answer { name, as_is: true } => scope.get(name),
            Self::Answer { name, as_is: false } => corrected(scope.get(name)),
            Self::List(items) => Js::Arr(items.iter().map(|item| item.eval(scope)).collect()),
            Self::Not(operand) => Js::Bool(!operand.eval(scope).truthy()),
            Self::Empty(operand) => Js::Bool(operand.eval(scope).is_empty()),
            Self::NotEmpty(operand) => Js::Bool(!operand.eval(scope).is_empty()),
            Self::Binary(op, left, right) => binary(*op, left.eval(scope), right.eval(scope)),
            Self::Call(..) => Js::Undefined,
        }
    }
}

/// `Const.getCorrectValue`: a text that looks like a boolean or a number becomes one, except with a leading zero.
fn corrected(value: Js) -> Js {
    let Js::Str(text) = &value else { return value };
    match text.to_lowercase().as_str() {
        "true" => return Js::Bool(true),
        "false" => return Js::Bool(false),
        _ => {}
    }
    if let Some(inner) = unquoted(text) {
        return Js::Str(inner.to_owned());
    }
    let Some(number) = number::lenient(text) else {
        return value;
    };
    let mut chars = text.chars();
    if chars.next() == Some('0') && !text.starts_with("0x") {
        let second = chars.next();
        let point = matches!(second, Some('.' | ','));
        if !point && second.is_some() || point && crate::js::utf16_len(text) < 2 {
            return value;
        }
    }
    Js::Num(number)
}

fn unquoted(text: &str) -> Option<&str> {
    let quote = ['\'', '"'];
    text.strip_prefix(quote)?.strip_suffix(quote)
}

fn binary(op: Op, left: Js, right: Js) -> Js {
    let answer = match op {
        Op::And | Op::Or => {
            let left = filled(left, &right);
            let right = filled(right, &left);
            return if (op == Op::And) == left.truthy() {
                right
            } else {
                left
            };
        }
        Op::Equal => equal(&left, &right),
        Op::NotEqual => !equal(&left, &right),
        Op::Less => is(Ordering::Less, &left, &right),
        Op::Greater => is(Ordering::Greater, &left, &right),
        Op::LessOrEqual => equal(&left, &right) || is(Ordering::Less, &left, &right),
        Op::GreaterOrEqual => equal(&left, &right) || is(Ordering::Greater, &left, &right),
        Op::Contains => contains(&left, &right, true),
        Op::NotContains => !left.truthy() && !right.is_empty() || contains(&left, &right, false),
        Op::AnyOf => any_of(&left, &right),
        Op::NoneOf => !any_of(&left, &right),
        Op::AllOf => all_of(&left, &right),
        Op::Plus | Op::Minus | Op::Times | Op::Divide | Op::Modulo | Op::Power => {
            return Js::Undefined;
        }
    };
    Js::Bool(answer)
}

/// `convertForArithmeticOp`: what stands for an empty operand of `and` and `or`.
fn filled(value: Js, other: &Js) -> Js {
    if !value.is_empty() {
        return value;
    }
    match (&value, other) {
        (_, Js::Num(_)) => Js::Num(0.0),
        (Js::Str(_), _) => value,
        (_, Js::Str(_)) => Js::Str(String::new()),
        (_, Js::Arr(_)) => Js::Arr(Vec::new()),
        _ => Js::Num(0.0),
    }
}

fn is(wanted: Ordering, left: &Js, right: &Js) -> bool {
    !left.is_nullish() && !right.is_nullish() && order(left, right) == Some(wanted)
}

/// `containsCore`: of a list, whether every element of `right` is in it; of a text, whether `right` is part of it.
/// With `wanted` false, the opposite, which is not quite the complement.
fn contains(left: &Js, right: &Js, wanted: bool) -> bool {
    let text = match left {
        Js::Arr(items) if items.is_empty() => return !wanted,
        Js::Arr(items) => {
            let all = match right {
                Js::Arr(parts) => parts.iter().all(|part| has(items, part)),
                part => has(items, part),
            };
            return all == wanted;
        }
        Js::Num(it) if it.is_nan() => return false,
        Js::Num(_) | Js::Bool(_) => left.text(),
        Js::Str(text) if !text.is_empty() => text.clone(),
        Js::Undefined | Js::Null | Js::Str(_) => return false,
    };
    if !right.truthy() {
        return false;
    }
    let part = right.text().to_lowercase();
    text.to_lowercase().contains(&part) == wanted
}

fn has(items: &[Js], part: &Js) -> bool {
    items.iter().any(|item| equal(item, part))
}

fn any_of(left: &Js, right: &Js) -> bool {
    match (left, right) {
        (left, right) if left.is_empty() => right.is_empty(),
        (_, right) if right.is_empty() => true,
        (Js::Arr(_), Js::Arr(parts)) => parts.iter().any(|part| contains(left, part, true)),
        (Js::Arr(_), part) => contains(left, part, true),
        (left, right) => contains(right, left, true),
    }
}

fn all_of(left: &Js, right: &Js) -> bool {
    if !left.truthy() && !right.is_empty() {
        return false;
    }
    match right {
        Js::Arr(parts) => parts.iter().all(|part| contains(left, part, true)),
        part => contains(left, part, true),
    }
}
