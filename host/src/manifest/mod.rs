//! `spin.toml`, manifest version 2: what to serve, on which routes, with which variables and stores.
//!
//! - [`hosts`]: what a component may reach
//! - [`routes`]: which component answers a path
//! - [`source`]: where a component's `.wasm` file is
//! - [`variables`]: application variables, the environment, and `{{ name }}` templates
//!
//! Only what this host can honour is accepted. Where Spin would do something that this host does not (a registry
//! source, mounted files, a database), reading fails and names the place, so that nothing is served half.

pub mod hosts;
pub mod routes;
pub mod source;
pub mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use routes::Routes;

/// A manifest that has been read and checked; nothing in it refers to what does not exist.
#[derive(Debug)]
pub struct Manifest {
    /// The folder that relative paths in the manifest start from.
    pub folder: PathBuf,
    /// The application's name, as Spin shows it.
    pub name: String,
    /// The application's version; empty if the manifest names none.
    pub version: String,
    /// Application variables by name.
    pub variables: BTreeMap<String, Variable>,
    /// The components that at least one route leads to, by id.
    pub components: BTreeMap<String, Component>,
    /// Which component answers a path.
    pub routes: Routes,
}

/// An application variable, set with `SPIN_VARIABLE_<NAME>`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// What it is where the environment does not say.
    pub default: Option<String>,
    /// Whether it must be set; exclusive with `default`.
    #[serde(default)]
    pub required: bool,
    /// Whether its value must never be shown. This host shows no values at all.
    #[serde(rename = "secret", default)]
    _secret: bool,
    /// For people.
    #[serde(rename = "description", default)]
    _description: Option<String>,
}

/// A component, as the manifest describes it.
#[derive(Clone, Debug)]
pub struct Component {
    /// The path of its `.wasm` file as written.
    pub source: String,
    /// The labels of the key-value stores that it may open.
    pub key_value_stores: BTreeSet<String>,
    /// The hosts that it may reach, as templates.
    pub allowed_outbound_hosts: Vec<String>,
    /// The variables that it sees, as templates over application variables.
    pub variables: BTreeMap<String, String>,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// What builds it.
    pub build: Option<String>,
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the manifest `{}`", path.display()))?;
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Self::parse(&text, folder).with_context(|| format!("in `{}`", path.display()))
    }

    /// Checks the text of a manifest whose relative paths start from `folder`.
    pub fn parse(text: &str, folder: PathBuf) -> Result<Self> {
        let raw: Raw = toml::from_str(text)?;
        ensure!(
            raw.spin_manifest_version == 2,
            "spin_manifest_version is {}, and only version 2 is understood",
            raw.spin_manifest_version
        );
        for (name, variable) in &raw.variables {
            variables::check_name(name)?;
            ensure!(
                variable.required != variable.default.is_some(),
                "variable `{name}` must have either `default` or `required = true`"
            );
        }
        for kind in raw.trigger.keys().filter(|kind| *kind != "http") {
            tracing::warn!("triggers of kind `{kind}` are left out: this host serves only http");
        }
        let http = raw.trigger.into_iter().find(|(kind, _)| kind == "http");
        let triggers: Vec<RawTrigger> = match http {
            Some((_, list)) => list.try_into().context("in [[trigger.http]]")?,
            None => Vec::new(),
        };
        ensure!(
            !triggers.is_empty(),
            "there is no [[trigger.http]], so nothing would be served"
        );
        let mut served = BTreeMap::new();
        for trigger in &triggers {
            let id = &trigger.component;
            let Some(component) = raw.component.get(id) else {
                bail!(
                    "route {} leads to component `{id}`, which does not exist",
                    trigger.route
                );
            };
            if !served.contains_key(id) {
                let component = component
                    .check(&raw.variables)
                    .with_context(|| format!("in [component.{id}]"))?;
                served.insert(id.clone(), component);
            }
        }
        let routes = triggers
            .iter()
            .map(|trigger| (&trigger.route, trigger.component.as_str()));
        Ok(Self {
            folder,
            name: raw.application.name,
            version: raw.application.version,
            variables: raw.variables,
            components: served,
            routes: Routes::new(routes)?,
        })
    }
}

#[derive(Deserialize)]
struct Raw {
    spin_manifest_version: i64,
    application: RawApplication,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    #[serde(default)]
    trigger: BTreeMap<String, toml::Value>,
    #[serde(default)]
    component: BTreeMap<String, RawComponent>,
}

#[derive(Deserialize)]
struct RawApplication {
    name: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrigger {
    route: RawRoute,
    component: String,
    #[serde(default)]
    #[serde(rename = "id")]
    _id: Option<String>,
    #[serde(default)]
    #[serde(rename = "executor")]
    _executor: Option<RawExecutor>,
}

/// A pattern, or `{ private = true }` for a component that only others may call.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum RawRoute {
    Pattern(String),
    Private { private: bool },
}

impl std::fmt::Display for RawRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pattern(pattern) => write!(f, "`{pattern}`"),
            Self::Private { private } => write!(f, "{{ private = {private} }}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExecutor {
    #[serde(rename = "type")]
    _kind: HttpExecutor,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum HttpExecutor {
    Http,
}

/// A component as written. What is listed but not used is what Spin knows and this host does not offer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComponent {
    source: toml::Value,
    #[serde(default)]
    description: String,
    #[serde(default)]
    key_value_stores: BTreeSet<String>,
    #[serde(default)]
    allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    build: Option<RawBuild>,
    #[serde(default)]
    files: Vec<toml::Value>,
    #[serde(default)]
    exclude_files: Vec<String>,
    #[serde(default)]
    sqlite_databases: Vec<String>,
    #[serde(default)]
    ai_models: Vec<String>,
    #[serde(default)]
    dependencies: toml::Table,
    #[serde(default)]
    tool: toml::Table,
}

#[derive(Deserialize)]
struct RawBuild {
    command: RawCommand,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawCommand {
    One(String),
    Several(Vec<String>),
}

impl RawComponent {
    fn check(&self, application: &BTreeMap<String, Variable>) -> Result<Component> {
        let _ = (&self.description, &self.exclude_files, &self.tool);
        let Some(source) = self.source.as_str() else {
            bail!("`source` must be the path of a file: this host fetches nothing");
        };
        ensure!(
            self.files.is_empty(),
            "`files` is set, but this host mounts no files"
        );
        ensure!(
            self.sqlite_databases.is_empty(),
            "`sqlite_databases` is set, but this host offers none"
        );
        ensure!(
            self.ai_models.is_empty(),
            "`ai_models` is set, but this host offers none"
        );
        ensure!(
            self.dependencies.is_empty(),
            "`dependencies` is set, but this host composes no components"
        );
        for (name, template) in &self.variables {
            variables::check_name(name)?;
            for used in
                variables::names_in(template).with_context(|| format!("in variable `{name}`"))?
            {
                ensure!(
                    application.contains_key(&used),
                    "variable `{name}` uses `{used}`, which is no variable of the application"
                );
            }
        }
        let build = self.build.as_ref().map(|build| match &build.command {
            RawCommand::One(command) => command.clone(),
            RawCommand::Several(commands) => commands.join(" && "),
        });
        Ok(Component {
            source: source.to_owned(),
            key_value_stores: self.key_value_stores.clone(),
            allowed_outbound_hosts: self.allowed_outbound_hosts.clone(),
            variables: self.variables.clone(),
            environment: self.environment.clone(),
            build,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "shop"
        [variables]
        key = { default = "", secret = true }
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "one.wasm"
        key_value_stores = ["default"]
        [component.one.variables]
        admin = "{{ key }}"
        [component.one.build]
        command = "make one"
    "#;

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(text, PathBuf::from("."))
    }

    fn error(text: &str) -> String {
        format!(
            "{:#}",
            parse(text).expect_err("this manifest should be refused")
        )
    }

    #[test]
    fn a_small_manifest_is_read_whole() {
        let manifest = parse(SMALL).unwrap();
        assert_eq!(manifest.name, "shop");
        let one = &manifest.components["one"];
        assert_eq!(one.source, "one.wasm");
        assert!(one.key_value_stores.contains("default"));
        assert_eq!(one.variables["admin"], "{{ key }}");
        assert_eq!(one.build.as_deref(), Some("make one"));
    }

    #[test]
    fn our_own_manifest_is_read() {
        let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
        let path = Path::new(&here).join("../spin.toml");
        let manifest = Manifest::read(&path).unwrap();
        let ids: Vec<_> = manifest.components.keys().map(String::as_str).collect();
        assert_eq!(
            ids,
            ["feedback", "loyalty", "profiles", "segments", "surveys"]
        );
        assert_eq!(manifest.variables.len(), 9);
    }

    #[test]
    fn a_route_to_nowhere_is_refused_by_name() {
        let text = SMALL.replace("component = \"one\"", "component = \"two\"");
        assert!(
            error(&text).contains("route `/...` leads to component `two`"),
            "{}",
            error(&text)
        );
    }

    #[test]
    fn a_template_of_an_unknown_variable_is_refused_with_its_place() {
        let text = SMALL.replace("{{ key }}", "{{ kee }}");
        let error = error(&text);
        assert!(
            error.contains("[component.one]") && error.contains("`kee`"),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_component_field_is_refused() {
        let text = SMALL.replace("key_value_stores", "key_value_store");
        assert!(error(&text).contains("key_value_store"), "{}", error(&text));
    }

    #[test]
    fn what_this_host_cannot_do_is_refused_rather_than_ignored() {
        let text = SMALL.replace(
            "source = \"one.wasm\"",
            "source = \"one.wasm\"\nfiles = [\"a\"]",
        );
        assert!(error(&text).contains("mounts no files"), "{}", error(&text));
        let text = SMALL.replace(
            "source = \"one.wasm\"",
            "source = { url = \"x\", digest = \"y\" }",
        );
        assert!(error(&text).contains("fetches nothing"), "{}", error(&text));
    }

    #[test]
    fn a_variable_is_either_required_or_has_a_default() {
        let text = SMALL.replace("{ default = \"\", secret = true }", "{ secret = true }");
        assert!(
            error(&text).contains("either `default` or `required = true`"),
            "{}",
            error(&text)
        );
    }

    #[test]
    fn another_manifest_version_is_refused() {
        let text = SMALL.replace("spin_manifest_version = 2", "spin_manifest_version = 1");
        assert!(error(&text).contains("only version 2"), "{}", error(&text));
    }
}
