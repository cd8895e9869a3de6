//! Segments that a shop can have at once.

use rapport_types::{Slug, Timestamp, Violation, json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::segments::{Defined, DefinitionSet, Refused, Wanted};

/// A segment that waits to be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Its id.
    pub id: &'static str,
    /// Its name, in English.
    pub english: &'static str,
    /// Its name, in Chinese.
    pub chinese: &'static str,
    /// Its rule, as JSON.
    pub rule: &'static str,
}

/// In which language names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// Its id.
    pub id: Slug,
    /// Its name; that of the segment which has the id already.
    pub name: String,
    /// How it went.
    pub status: Status,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Violation>,
}

/// How an installation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is there now.
    Installed,
    /// A segment of that id was there before, and stays as it is.
    Present,
    /// It cannot be had; `errors` says why.
    Refused,
}

/// All of them.
pub const ALL: [Ready; 6] = [
    // One order, and that within 30 days.
    Ready {
        id: "new-customers",
        english: "New customers",
        chinese: "新客",
        rule: r#"{"all": [
            {"field": "rfm.frequency", "is": "eq", "value": 1},
            {"field": "rfm.recency_days", "is": "lt", "value": 30}
        ]}"#,
    },
    // Spent more than the population's mean score; until that is known, those who order again and again.
    Ready {
        id: "high-value",
        english: "High value",
        chinese: "高价值客户",
        rule: r#"{"any": [
            {"field": "rfm.value_group", "is": "in",
             "value": ["important_value", "important_develop", "important_keep", "important_retain"]},
            {"all": [
                {"field": "rfm.value_group", "is": "missing"},
                {"field": "lifecycle", "is": "eq", "value": "loyal"}
            ]}
        ]}"#,
    },
    // Not long gone yet, and more likely gone than not. BG/NBD says nothing of who ordered once, and nothing at all before it is
    // fitted: then it is who has not ordered for a while.
    Ready {
        id: "about-to-leave",
        english: "About to leave",
        chinese: "即将流失",
        rule: r#"{"all": [
            {"field": "lifecycle", "is": "not_in", "value": ["lead", "dormant", "lost"]},
            {"any": [
                {"field": "lifetime.p_alive", "is": "lt", "value": 0.5},
                {"all": [
                    {"field": "lifecycle", "is": "eq", "value": "at_risk"},
                    {"any": [
                        {"field": "lifetime.p_alive", "is": "missing"},
                        {"field": "lifetime.p_alive", "is": "eq", "value": 1}
                    ]}
                ]}
            ]}
        ]}"#,
    },
    Ready {
        id: "asleep",
        english: "Asleep",
        chinese: "沉睡客户",
        rule: r#"{"field": "lifecycle", "is": "in", "value": ["dormant", "lost"]}"#,
    },
    Ready {
        id: "birthday-soon",
        english: "Birthday within 7 days",
        chinese: "七天内生日",
        rule: r#"{"field": "traits.birthday", "is": "anniversary", "value": "7d"}"#,
    },
    // What they said last counts: a better answer takes them out.
    Ready {
        id: "unhappy",
        english: "Unhappy",
        chinese: "不满意客户",
        rule: r#"{"any": [
            {"field": "feedback.last_nps", "is": "lte", "value": 6},
            {"field": "feedback.last_csat", "is": "lte", "value": 2}
        ]}"#,
    },
];

impl Ready {
    /// Its name in `language`.
    pub fn name(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }
}

/// Installs those of `wanted` that are not there yet, at `now`; `rev` is the revision that the document will have. Answers one by
/// one, in the order of `wanted`.
pub fn install(
    definitions: &mut DefinitionSet,
    wanted: &[Ready],
    language: Language,
    now: Timestamp,
    rev: u64,
) -> Vec<Installed> {
    let installed = wanted.iter().filter_map(|ready| {
        let id = Slug::parse(ready.id).ok()?;
        let (name, status, errors) = match definitions.segments.get(&id) {
            Some(present) => (present.name.clone(), Status::Present, Vec::new()),
            None => {
                let name = ready.name(language).to_owned();
                let (status, errors) = define(definitions, &id, &name, ready.rule, now, rev);
                (name, status, errors)
            }
        };
        Some(Installed {
            id,
            name,
            status,
            errors,
        })
    });
    installed.collect()
}

fn define(
    definitions: &mut DefinitionSet,
    id: &Slug,
    name: &str,
    rule: &str,
    now: Timestamp,
    rev: u64,
) -> (Status, Vec<Violation>) {
    let wanted = Wanted {
        id: id.clone(),
        name: name.to_owned(),
        rule: json::from_slice(rule.as_bytes()).unwrap_or(Value::Null),
    };
    let no_room = |detail: String| vec![Violation::new("", "too_many", detail)];
    match definitions.define(wanted, now, rev) {
        Ok(Defined::Created | Defined::Changed | Defined::Same) => (Status::Installed, Vec::new()),
        Err(Refused::Invalid(errors)) => (Status::Refused, errors),
        // Nothing of that id is there.
        Err(Refused::OtherKind(_) | Refused::Taken(_) | Refused::Conflict(_)) => {
            (Status::Present, Vec::new())
        }
        Err(Refused::TooMany(what, most)) => {
            let detail = format!("there are {most} {what}, which is the most");
            (Status::Refused, no_room(detail))
        }
        Err(Refused::TooLarge(_)) => {
            let detail = "the rules of all segments together would be too large".to_owned();
            (Status::Refused, no_room(detail))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn every_rule_is_one_that_segments_take() {
        for ready in ALL {
            let rule: Value = serde_json::from_str(ready.rule).unwrap();
            assert!(rapport_rules::Rule::parse(&rule).is_ok(), "{}", ready.id);
            assert!(Slug::parse(ready.id).is_ok());
        }
    }

    #[test]
    fn what_is_there_stays_and_the_rest_is_installed_once() {
        let mut set = DefinitionSet::default();
        let own = Wanted {
            id: Slug::parse("asleep").unwrap(),
            name: "Ours".to_owned(),
            rule: serde_json::json!({"tag": "asleep"}),
        };
        set.define(own.clone(), at(1), 1).unwrap();
        let first = install(&mut set, &ALL[..4], Language::Chinese, at(2), 2);
        let statuses: Vec<_> = first.iter().map(|one| one.status).collect();
        let (installed, present) = (Status::Installed, Status::Present);
        assert_eq!(statuses, [installed, installed, installed, present]);
        assert_eq!(
            (first[0].name.as_str(), first[3].name.as_str()),
            ("新客", "Ours")
        );
        assert_eq!(set.segments[&own.id].rule, own.rule);
        let again = install(&mut set, &ALL[..4], Language::English, at(3), 3);
        assert!(again.iter().all(|one| one.status == present));
        assert_eq!(again[0].name, "新客");
    }

    #[test]
    fn where_there_is_no_room_each_is_refused_by_itself() {
        let mut set = DefinitionSet::default();
        for number in 0..DefinitionSet::MOST - 1 {
            let wanted = Wanted {
                id: Slug::parse(&number.to_string()).unwrap(),
                name: "n".to_owned(),
                rule: serde_json::json!({"tag": "vip"}),
            };
            set.define(wanted, at(1), 1).unwrap();
        }
        let answers = install(&mut set, &ALL[..2], Language::English, at(2), 2);
        assert_eq!(answers[0].status, Status::Installed);
        assert_eq!(answers[1].status, Status::Refused);
        assert_eq!(answers[1].errors[0].code, "too_many");
    }
}
