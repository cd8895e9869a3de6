//! When two values are equal, or one is greater: `Helpers.isTwoValueEquals` and the operators `==` and `<`.

use std::cmp::Ordering;

use super::{Js, number, trim};

/// How texts and lists are compared.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Two lists with the same elements in another order are equal.
    pub any_order: bool,
    /// `A` and `a` differ.
    pub exact_case: bool,
    /// Leading and trailing white space counts.
    pub exact_space: bool,
}

impl Manner {
    /// How expressions compare: case, outer space and order do not matter.
    pub const EXPRESSION: Self = Self {
        any_order: true,
        exact_case: false,
        exact_space: false,
    };
    /// How an answer is found among the choices: to the letter.
    pub const CHOICE: Self = Self {
        any_order: false,
        exact_case: true,
        exact_space: true,
    };
}

/// `OperandMaker.isTwoValueEquals`: as expressions compare; the text `undefined` is no value.
pub fn equal(x: &Js, y: &Js) -> bool {
    let known = |value: &Js| value.as_str() == Some("undefined");
    let x = if known(x) { &Js::Undefined } else { x };
    let y = if known(y) { &Js::Undefined } else { y };
    same(x, y, Manner::EXPRESSION)
}

/// `Helpers.checkIfValuesEqual`.
pub fn same(x: &Js, y: &Js, manner: Manner) -> bool {
    match (x, y) {
        (Js::Undefined, Js::Undefined) | (Js::Null, Js::Null) => return true,
        (Js::Bool(x), Js::Bool(y)) => return x == y,
        (Js::Num(x), Js::Num(y)) if x == y => return true,
        (Js::Arr(items), Js::Undefined) | (Js::Undefined, Js::Arr(items)) => {
            return items.is_empty();
        }
        (Js::Undefined | Js::Null, Js::Str(text)) | (Js::Str(text), Js::Undefined | Js::Null)
            if text.is_empty() =>
        {
            return true;
        }
        (Js::Str(x), Js::Str(y)) => return same_text(x, y, manner),
        _ => {}
    }
    if convertible(x) && convertible(y) && int(x) == int(y) && float(x) == float(y) {
        return true;
    }
    if x.is_empty() != y.is_empty() {
        return false;
    }
    match (x, y) {
        (Js::Bool(truth), Js::Str(text)) | (Js::Str(text), Js::Bool(truth)) => {
            text.to_lowercase() == truth.to_string()
        }
        (Js::Arr(x), Js::Arr(y)) => same_list(x, y, manner),
        (Js::Arr(_), _) | (_, Js::Arr(_)) => false,
        _ => loosely_equal(x, y),
    }
}

/// `x > y` as `Ordering::Greater`, `x < y` as `Ordering::Less`; `None` where neither can be said.
pub fn order(x: &Js, y: &Js) -> Option<Ordering> {
    let text = |value: &Js| matches!(value, Js::Str(_) | Js::Arr(_));
    if text(x) && text(y) {
        return Some(x.text().encode_utf16().cmp(y.text().encode_utf16()));
    }
    x.number().partial_cmp(&y.number())
}

/// The operator `==`, without objects on both sides.
pub fn loosely_equal(x: &Js, y: &Js) -> bool {
    match (x, y) {
        (Js::Undefined | Js::Null, _) | (_, Js::Undefined | Js::Null) => {
            x.is_nullish() && y.is_nullish()
        }
        (Js::Str(x), Js::Str(y)) => x == y,
        (Js::Arr(_), Js::Str(y)) => x.text() == *y,
        (Js::Str(x), Js::Arr(_)) => *x == y.text(),
        _ => x.number() == y.number(),
    }
}

fn same_text(x: &str, y: &str, manner: Manner) -> bool {
    if x == y {
        return true;
    }
    let (x, y) = if manner.exact_space {
        (x, y)
    } else {
        (trim(x), trim(y))
    };
    if manner.exact_case {
        x == y
    } else {
        x.to_lowercase() == y.to_lowercase()
    }
}

fn same_list(x: &[Js], y: &[Js], manner: Manner) -> bool {
    if x.len() != y.len() {
        return false;
    }
    if !manner.any_order {
        return x.iter().zip(y).all(|(x, y)| same(x, y, manner));
    }
    let (x, y) = (sorted(x), sorted(y));
    x.iter().zip(&y).all(|(x, y)| same(x, y, manner))
}

/// `Array.prototype.sort` without a comparison: by text, `undefined` last.
fn sorted(items: &[Js]) -> Vec<&Js> {
    let mut items: Vec<&Js> = items.iter().collect();
    items.sort_by_cached_key(|item| {
        let units: Vec<u16> = item.text().encode_utf16().collect();
        (matches!(item, Js::Undefined), units)
    });
    items
}

/// `Helpers.isConvertibleToNumber`.
fn convertible(value: &Js) -> bool {
    match value {
        Js::Undefined | Js::Null | Js::Arr(_) => false,
        _ => !value.number().is_nan(),
    }
}

fn int(value: &Js) -> f64 {
    number::parse_int(&value.text())
}

fn float(value: &Js) -> f64 {
    number::parse_float(&value.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(text: &str) -> Js {
        Js::Str(text.to_owned())
    }

    #[test]
    fn case_and_outer_space_do_not_matter_in_expressions_but_do_among_choices() {
        assert!(equal(&s("Shanghai "), &s("shanghai")));
        assert!(!same(&s("Shanghai"), &s("shanghai"), Manner::CHOICE));
        assert!(same(&s("5"), &Js::Num(5.0), Manner::CHOICE));
    }

    #[test]
    fn the_order_of_a_list_does_not_matter_in_expressions() {
        let x = Js::Arr(vec![s("a"), s("b")]);
        let y = Js::Arr(vec![s("b"), s("a")]);
        assert!(equal(&x, &y));
    }

    #[test]
    fn nothing_is_neither_greater_nor_less_than_text() {
        assert_eq!(order(&s("abc"), &Js::Num(1.0)), None);
        assert_eq!(order(&s("10"), &s("9")), Some(Ordering::Less));
        assert_eq!(order(&s("10"), &Js::Num(9.0)), Some(Ordering::Greater));
    }
}
