//! What can be chosen.

use serde_json::Value as Json;

use super::properties::{Properties, localised};
use super::{MAX_CHOICES, Publisher};
use crate::js::Js;
use crate::js::compare::{Manner, same};
use crate::survey::{Choice, Choices, OTHER};

/// The most UTF-16 units of a choice's value.
const MAX_VALUE: usize = 200;

impl Publisher {
    /// The choices of a question; `many` where several can be chosen.
    pub(super) fn choices(&mut self, at: &Properties<'_>, many: bool) -> Option<Choices> {
        let mut items = self.items(at, "choices")?;
        for (name, formerly, value) in [
            ("showNoneItem", "hasNone", "none"),
            ("showRefuseItem", "showRefuseItem", "refused"),
            ("showDontKnowItem", "showDontKnowItem", "dontknow"),
        ] {
            let name = at.spelt(name, formerly);
            if self.flag(at, name).unwrap_or(false) {
                items.push(Choice {
                    value: Json::from(value),
                    text: None,
                    exclusive: many,
                    built_in: true,
                });
            }
        }
        let other = at.spelt("showOtherItem", "hasOther");
        let other = self.flag(at, other).unwrap_or(false);
        let own = items
            .iter()
            .find(|item| !item.built_in && item.value == OTHER);
        if other && own.is_some() {
            self.refuse(
                at.pointer_to("choices"),
                "duplicate_choice",
                "\"other\" stands for the choice of one's own and cannot be a choice besides",
            );
        }
        if items.is_empty() && !other {
            self.refuse(at.pointer(), "no_choices", "this question has no choices");
        }
        Some(Choices { items, other })
    }

    /// `choices` or `rateValues`: values, or objects with `value` and `text`.
    pub(super) fn items(&mut self, at: &Properties<'_>, name: &str) -> Option<Vec<Choice>> {
        let pointer = at.pointer_to(name);
        let list = match at.get(name) {
            None => return Some(Vec::new()),
            Some(Json::Array(list)) => list,
            Some(_) => {
                self.refuse(pointer, "bad_property", format!("{name} is a list"));
                return None;
            }
        };
        if list.len() > MAX_CHOICES {
            let detail = format!("a question has at most {MAX_CHOICES} choices");
            self.refuse(pointer, "too_many_choices", detail);
            return None;
        }
        let mut items: Vec<Choice> = Vec::with_capacity(list.len());
        for (n, item) in list.iter().enumerate() {
            let pointer = format!("{pointer}/{n}");
            let Some(choice) = self.item(item, &pointer) else {
                continue;
            };
            let value = Js::from_json(&choice.value);
            if items
                .iter()
                .any(|other| same(&Js::from_json(&other.value), &value, Manner::CHOICE))
            {
                self.refuse(
                    pointer,
                    "duplicate_choice",
                    "there is another choice with this value",
                );
                continue;
            }
            items.push(choice);
        }
        Some(items)
    }

    fn item(&mut self, item: &Json, pointer: &str) -> Option<Choice> {
        let (value, text, exclusive) = match item {
            Json::Object(object) => {
                let at = Properties::new(object, pointer);
                self.refuse_choice_properties(&at);
                let exclusive = self.flag(&at, "isExclusive").unwrap_or(false);
                (
                    at.get("value").cloned(),
                    at.get("text").and_then(localised),
                    exclusive,
                )
            }
            // "value|text" is survey-core's short form.
            Json::String(short) => match short.split_once('|') {
                Some((value, text)) => (Some(Json::from(value)), Some(text.to_owned()), false),
                None => (Some(item.clone()), None, false),
            },
            _ => (Some(item.clone()), None, false),
        };
        let fits = match &value {
            Some(Json::String(text)) => {
                !crate::js::trim(text).is_empty() && crate::js::utf16_len(text) <= MAX_VALUE
            }
            Some(Json::Number(_) | Json::Bool(_)) => true,
            _ => false,
        };
        if !fits {
            let detail = format!(
                "a choice is a text of 1 to {MAX_VALUE} characters, a number or a boolean, or an object with such a value"
            );
            self.refuse(pointer, "bad_choice", detail);
            return None;
        }
        Some(Choice {
            value: value?,
            text,
            exclusive,
            built_in: false,
        })
    }
}
