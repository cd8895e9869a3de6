//! Application variables: their names, their values from the environment, and `{{ name }}` templates over them.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use rapport_types::violation::nearest;

use super::Variable;

/// What the name of a variable is set with in the environment.
pub const PREFIX: &str = "SPIN_VARIABLE_";

/// The values of the application's variables.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// Takes each variable from `environment` (`SPIN_VARIABLE_<NAME>`), else from its default. A required one that
    /// is not set is an error that says how to set it; one set that the manifest does not know is warned about.
    pub fn resolve(
        variables: &BTreeMap<String, Variable>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let mut set = BTreeMap::new();
        for (key, value) in environment {
            let Some(name) = key.strip_prefix(PREFIX) else {
                continue;
            };
            let name = name.to_ascii_lowercase();
            if variables.contains_key(&name) {
                set.insert(name, value);
            } else {
                tracing::warn!("{}", unknown(&key, &name, variables));
            }
        }
        let mut values = BTreeMap::new();
        for (name, variable) in variables {
            let value = match (set.remove(name), &variable.default) {
                (Some(value), _) => value,
                (None, Some(default)) => default.clone(),
                (None, None) => bail!(
                    "variable `{name}` is required: set {PREFIX}{}",
                    name.to_ascii_uppercase()
                ),
            };
            values.insert(name.clone(), value);
        }
        Ok(Self(values))
    }

    /// The value of a variable; `None` if the application has none of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Gives a variable another value.
    pub fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// The text that a template stands for.
    pub fn fill(&self, template: &str) -> Result<String> {
        let mut text = String::new();
        for part in parts(template)? {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Name(name) => match self.get(name) {
                    Some(value) => text.push_str(value),
                    None => bail!("`{{{{ {name} }}}}` names no variable of the application"),
                },
            }
        }
        Ok(text)
    }
}

/// What is said of `key` in the environment, when there is no variable of its `name`.
fn unknown(key: &str, name: &str, variables: &BTreeMap<String, Variable>) -> String {
    let meant = nearest(name, variables.keys().map(String::as_str));
    let meant =
        meant.map(|meant| format!("; did you mean {PREFIX}{}?", meant.to_ascii_uppercase()));
    format!(
        "{key} is set, but the manifest has no variable `{name}`{}",
        meant.unwrap_or_default()
    )
}

/// The variables that a template names.
pub fn names_in(template: &str) -> Result<Vec<String>> {
    let parts = parts(template)?;
    Ok(parts
        .into_iter()
        .filter_map(|part| {
            if let Part::Name(name) = part {
                Some(name.to_owned())
            } else {
                None
            }
        })
        .collect())
}

/// Spin's rule for names: lower-case words of letters and digits, each beginning with a letter, joined by `_`.
pub fn check_name(name: &str) -> Result<()> {
    let word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    ensure!(
        name.split('_').all(word),
        "`{name}` is no name for a variable: lower-case words of letters and digits, joined by `_`"
    );
    Ok(())
}

enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

fn parts(template: &str) -> Result<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            bail!("template `{template}` opens `{{{{` and never closes it");
        };
        let name = name.trim();
        check_name(name)?;
        parts.push(Part::Text(before));
        parts.push(Part::Name(name));
        rest = after;
    }
    ensure!(
        !rest.contains("}}"),
        "template `{template}` closes `}}}}` that it never opened"
    );
    parts.push(Part::Text(rest));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> BTreeMap<String, Variable> {
        BTreeMap::from([
            (
                "host".to_owned(),
                Variable {
                    default: Some("localhost".into()),
                    ..Variable::default()
                },
            ),
            (
                "store_key".to_owned(),
                Variable {
                    required: true,
                    ..Variable::default()
                },
            ),
        ])
    }

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_environment_goes_before_the_default() {
        let set = environment(&[
            ("SPIN_VARIABLE_HOST", "shop"),
            ("SPIN_VARIABLE_STORE_KEY", "k"),
            ("HOST", "x"),
        ]);
        let values = Values::resolve(&variables(), set).unwrap();
        assert_eq!(values.get("host"), Some("shop"));
        let values = Values::resolve(
            &variables(),
            environment(&[("SPIN_VARIABLE_STORE_KEY", "k")]),
        )
        .unwrap();
        assert_eq!(values.get("host"), Some("localhost"));
    }

    #[test]
    fn a_required_variable_that_is_missing_is_named_with_its_remedy() {
        let error = Values::resolve(&variables(), []).unwrap_err().to_string();
        assert!(
            error.contains("`store_key`") && error.contains("SPIN_VARIABLE_STORE_KEY"),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_variable_is_answered_with_what_was_meant() {
        let said = |key: &str| unknown(key, &key[PREFIX.len()..].to_lowercase(), &variables());
        assert_eq!(
            said("SPIN_VARIABLE_STORE_KYE"),
            "SPIN_VARIABLE_STORE_KYE is set, but the manifest has no variable `store_kye`; did you mean SPIN_VARIABLE_STORE_KEY?"
        );
        assert_eq!(
            said("SPIN_VARIABLE_COLOUR"),
            "SPIN_VARIABLE_COLOUR is set, but the manifest has no variable `colour`"
        );
    }

    #[test]
    fn templates_are_filled() {
        let values = Values::resolve(
            &variables(),
            environment(&[("SPIN_VARIABLE_STORE_KEY", "k")]),
        )
        .unwrap();
        assert_eq!(
            values
                .fill("redis://{{host}}:6379/{{ store_key }}")
                .unwrap(),
            "redis://localhost:6379/k"
        );
        assert_eq!(values.fill("plain { text }").unwrap(), "plain { text }");
    }

    #[test]
    fn broken_templates_are_refused() {
        for broken in ["{{ host", "host }}", "{{ }}", "{{ Host }}", "{{ a b }}"] {
            assert!(names_in(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn names_follow_the_rule() {
        for good in ["a", "admin_key", "key2"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "a__b", "_a", "a_", "2a", "a_2", "a-b"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
