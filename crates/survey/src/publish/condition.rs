//! Conditions: `visibleIf`, `enableIf`, `requiredIf` and what is fixed instead.

use serde_json::Value as Json;

use super::Publisher;
use super::properties::Properties;
use crate::expr::{Expr, Unsupported};
use crate::survey::Switch;

impl Publisher {
    /// `visibleIf` wins over `visible`, as in `survey-core`.
    pub(super) fn visible(&mut self, at: &Properties<'_>) -> Switch {
        match self.condition(at, "visibleIf") {
            Some(condition) => Switch::When(condition),
            None => Switch::Fixed(self.flag(at, "visible").unwrap_or(true)),
        }
    }

    pub(super) fn enabled(&mut self, at: &Properties<'_>) -> Switch {
        match self.condition(at, "enableIf") {
            Some(condition) => Switch::Unless(condition),
            None => Switch::Fixed(!self.flag(at, "readOnly").unwrap_or(false)),
        }
    }

    pub(super) fn required(&mut self, at: &Properties<'_>) -> Switch {
        match self.condition(at, "requiredIf") {
            Some(condition) => Switch::When(condition),
            None => Switch::Fixed(self.flag(at, "isRequired").unwrap_or(false)),
        }
    }

    /// The expression in a property, if there is one; an empty one is none.
    pub(super) fn condition(&mut self, at: &Properties<'_>, name: &str) -> Option<Expr> {
        let pointer = at.pointer_to(name);
        let text = match at.get(name)? {
            Json::String(text) if text.is_empty() => return None,
            Json::String(text) => text,
            _ => {
                self.refuse(pointer, "bad_expression", "an expression is a text");
                return None;
            }
        };
        let expr = match Expr::parse(text) {
            Ok(expr) => expr,
            Err(error) => {
                self.refuse(pointer, "bad_expression", error.to_string());
                return None;
            }
        };
        if expr == Expr::Null {
            self.refuse(pointer, "bad_expression", "null is no condition");
            return None;
        }
        if let Some(part) = expr.unsupported() {
            let code = match part {
                Unsupported::Function(_) => "unsupported_function",
                Unsupported::Operator(_) => "unsupported_operator",
                Unsupported::Null => "bad_expression",
            };
            self.refuse(pointer.clone(), code, part.to_string());
        }
        for name in expr.names() {
            self.references.push((name.to_owned(), pointer.clone()));
        }
        Some(expr)
    }
}
