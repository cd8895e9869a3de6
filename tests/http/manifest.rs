//! `spin.toml` and the workspace say the same.

use std::collections::{BTreeMap, BTreeSet};

use rapport_tests::host::{Host, Options};
use rapport_tests::root;
use serde_json::json;
use tempfile::TempDir;
use toml::{Table, Value};

const VARIABLES: [&str; 9] = [
    "admin_key",
    "time_zone",
    "clock",
    "store_url",
    "store_host",
    "store_prefix",
    "allowed_origins",
    "data_key",
    "signing_key",
];
const SECRETS: [&str; 4] = ["admin_key", "data_key", "signing_key", "store_url"];

fn manifest() -> Table {
    let text = std::fs::read_to_string(root().join("spin.toml")).expect("there is a manifest");
    text.parse().expect("it is TOML")
}

fn names(table: &Value) -> BTreeSet<&str> {
    table
        .as_table()
        .expect("a table")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn the_manifest_is_version_2_with_the_five_components_of_the_workspace() {
    let manifest = manifest();
    assert_eq!(manifest["spin_manifest_version"].as_integer(), Some(2));
    let folders = std::fs::read_dir(root().join("components")).expect("components");
    let folders: BTreeSet<String> = folders
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let components: BTreeSet<String> = names(&manifest["component"])
        .into_iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(components, folders);
    assert_eq!(components.len(), 5);
}

#[test]
fn each_component_is_built_by_a_package_of_the_workspace_into_the_file_it_names() {
    for (name, component) in manifest()["component"].as_table().expect("components") {
        let cargo =
            std::fs::read_to_string(root().join("components").join(name).join("Cargo.toml"))
                .expect("a package");
        let cargo: Table = cargo.parse().expect("it is TOML");
        let package = cargo["package"]["name"].as_str().expect("a name");
        let command = component["build"]["command"]
            .as_str()
            .expect("a build command");
        assert_eq!(
            command,
            format!(
                "cargo rustc --target wasm32-wasip2 --profile guest --crate-type cdylib --package {package}"
            )
        );
        assert_eq!(cargo["lib"]["name"].as_str(), Some(name.as_str()));
        let source = component["source"].as_str().expect("a source");
        assert_eq!(source, format!("target/wasm32-wasip2/guest/{name}.wasm"));
    }
}

#[test]
fn components_reach_the_default_store_and_no_host_but_the_stores() {
    for (name, component) in manifest()["component"].as_table().expect("components") {
        let stores: Vec<&str> = component["key_value_stores"]
            .as_array()
            .expect("stores")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(stores, ["default"], "{name}");
        let hosts: Vec<&str> = component["allowed_outbound_hosts"]
            .as_array()
            .expect("hosts")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(hosts, ["{{ store_host }}"], "{name}");
    }
    // Spin refuses an empty host, and with it whatever a component would reach.
    let host = &manifest()["variables"]["store_host"]["default"];
    assert_eq!(host.as_str(), Some("redis://127.0.0.1:6379"));
}

/// A host of the same application, of which loyalty is not granted `what`.
fn without(what: &str, options: Options) -> (Host, TempDir) {
    let mut manifest = manifest();
    let loyalty = manifest["component"]["loyalty"].as_table_mut();
    let granted = loyalty.expect("a component").remove(what);
    assert!(granted.is_some(), "{what}");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("spin.toml");
    std::fs::write(&path, manifest.to_string()).expect("it can be written");
    let options = options.argument(&format!("--manifest={}", path.display()));
    (options.start(), folder)
}

#[tokio::test]
async fn what_the_manifest_forgot_to_grant_is_told() {
    let of_redis = Options::default().variable("store_url", "redis://127.0.0.1:1");
    for (what, options) in [
        ("key_value_stores", Options::default()),
        ("allowed_outbound_hosts", of_redis),
    ] {
        let (host, _folder) = without(what, options);
        let shop = host.shop();
        let earn = json!({"points": 1, "key": "k"});
        for answered in [
            shop.get("/v1/loyalty/accounts/c1").await,
            shop.post("/v1/loyalty/accounts/c1/earn", earn).await,
        ] {
            assert_eq!(answered.problem(), (503, "misconfigured"), "{what}");
            let detail = answered.body["detail"].as_str().expect("a text");
            assert!(detail.contains(what), "{detail}");
        }
        let health = shop.get("/v1/loyalty/health").await.ok();
        let detail = health["probe"]["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(what), "{health}");
    }
}

#[test]
fn every_variable_is_declared_and_mapped_one_by_one() {
    let manifest = manifest();
    let expected: BTreeSet<&str> = VARIABLES.into_iter().collect();
    assert_eq!(names(&manifest["variables"]), expected);
    for (name, variable) in manifest["variables"].as_table().expect("variables") {
        let secret = variable
            .get("secret")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        assert_eq!(secret, SECRETS.contains(&name.as_str()), "{name}");
        assert!(
            variable.get("default").is_some(),
            "{name} has no default, so nothing would start without it"
        );
    }
    for (name, component) in manifest["component"].as_table().expect("components") {
        assert_eq!(names(&component["variables"]), expected, "{name}");
        for (variable, template) in component["variables"].as_table().expect("variables") {
            assert_eq!(
                template.as_str(),
                Some(format!("{{{{ {variable} }}}}").as_str()),
                "{name}"
            );
        }
    }
}

#[test]
fn every_route_goes_to_the_component_that_owns_it() {
    let manifest = manifest();
    let triggers = manifest["trigger"]["http"].as_array().expect("triggers");
    let routes: BTreeMap<&str, &str> = triggers
        .iter()
        .map(|trigger| {
            let text = |name: &str| trigger[name].as_str().expect("text");
            (text("route"), text("component"))
        })
        .collect();
    let expected = BTreeMap::from([
        ("/...", "profiles"),
        ("/.well-known/jwks.json", "loyalty"),
        ("/s/...", "surveys"),
        ("/v1/alias", "profiles"),
        ("/v1/batch", "profiles"),
        ("/v1/customers/...", "profiles"),
        ("/v1/feedback/...", "feedback"),
        ("/v1/identify", "profiles"),
        ("/v1/loyalty/...", "loyalty"),
        ("/v1/reviews/...", "segments"),
        ("/v1/segments/...", "segments"),
        ("/v1/surveys/...", "surveys"),
        ("/v1/tags/...", "segments"),
        ("/v1/tick", "profiles"),
        ("/v1/track", "profiles"),
    ]);
    assert_eq!(routes, expected);
}
