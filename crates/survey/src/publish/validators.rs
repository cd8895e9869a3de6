//! Further conditions on an answer.

use serde_json::Value as Json;

use super::Publisher;
use super::properties::Properties;
use crate::survey::Validator;

impl Publisher {
    pub(super) fn validators(&mut self, at: &Properties<'_>) -> Vec<Validator> {
        let pointer = at.pointer_to("validators");
        let list = match at.get("validators") {
            None => return Vec::new(),
            Some(Json::Array(list)) => list,
            Some(_) => {
                self.refuse(pointer, "bad_property", "validators is a list");
                return Vec::new();
            }
        };
        let mut validators = Vec::new();
        for (n, validator) in list.iter().enumerate() {
            let pointer = format!("{pointer}/{n}");
            match validator {
                Json::Object(validator) => {
                    validators.extend(self.validator(&Properties::new(validator, &pointer)));
                }
                _ => self.refuse(pointer, "bad_property", "a validator is an object"),
            }
        }
        validators
    }

    fn validator(&mut self, at: &Properties<'_>) -> Option<Validator> {
        // A warning or a note stops nobody.
        if matches!(
            at.get("notificationType").and_then(Json::as_str),
            Some("warning" | "info")
        ) {
            return None;
        }
        let name = at.get("type").and_then(Json::as_str).unwrap_or("");
        match name.strip_suffix("validator").unwrap_or(name) {
            "numeric" => Some(Validator::Numeric {
                min: self.number(at, "minValue"),
                max: self.number(at, "maxValue"),
            }),
            "text" => Some(Validator::Text {
                min: self.count(at, "minLength").unwrap_or(0),
                max: self.count(at, "maxLength").unwrap_or(0),
                digits: self.flag(at, "allowDigits").unwrap_or(true),
            }),
            "answercount" => Some(Validator::AnswerCount {
                min: self.count(at, "minCount").unwrap_or(0),
                max: self.count(at, "maxCount").unwrap_or(0),
            }),
            "email" => Some(Validator::Email),
            "expression" => self.condition(at, "expression").map(Validator::Expression),
            other => {
                let detail = format!(
                    "validators of type {other:?} are not supported; there are numeric, text, answercount, email and \
                     expression"
                );
                self.refuse(at.pointer_to("type"), "unsupported_validator", detail);
                None
            }
        }
    }
}
