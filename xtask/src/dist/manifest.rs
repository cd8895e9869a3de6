//! The manifest of a folder that is deployed: the workspace's, but for where components are and how they are built.

use std::path::Path;

use anyhow::{Context as _, Result};
use toml_edit::{DocumentMut, value};

/// The folder of the components, from that of the manifest.
pub const COMPONENTS: &str = "components";

/// `manifest` with its components beside it, and nothing to build. Comments stay.
pub fn of_folder(manifest: &str) -> Result<String> {
    let mut manifest: DocumentMut = manifest.parse().context("spin.toml is not TOML")?;
    let components = manifest
        .get_mut("component")
        .and_then(|all| all.as_table_mut())
        .context("spin.toml has no components")?;
    for (id, component) in components.iter_mut() {
        let component = component
            .as_table_mut()
            .with_context(|| format!("component `{id}` of spin.toml is no table"))?;
        let file = component
            .get("source")
            .and_then(|source| source.as_str())
            .and_then(|source| Path::new(source).file_name()?.to_str())
            .with_context(|| format!("component `{id}` of spin.toml has no file as its source"))?;
        component["source"] = value(format!("{COMPONENTS}/{file}"));
        component.remove("build");
    }
    Ok(manifest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
spin_manifest_version = 2

# Why it is there.
[component.one]
source = "target/wasm32-wasip2/guest/one.wasm"
key_value_stores = ["default"]

[component.one.variables]
admin_key = "{{ admin_key }}"

[component.one.build]
command = "cargo build"
"#;

    #[test]
    fn components_are_beside_the_manifest_and_all_else_stays() {
        let expected = r#"
spin_manifest_version = 2

# Why it is there.
[component.one]
source = "components/one.wasm"
key_value_stores = ["default"]

[component.one.variables]
admin_key = "{{ admin_key }}"
"#;
        assert_eq!(of_folder(MANIFEST).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_laid_out_is_named() {
        let refused = |from: &str, to: &str| {
            let error = of_folder(&MANIFEST.replace(from, to)).unwrap_err();
            error.to_string()
        };
        let source = "source = \"target/wasm32-wasip2/guest/one.wasm\"";
        for other in [
            "",
            "source = { url = \"https://example.com\" }",
            "source = 1",
        ] {
            assert_eq!(
                refused(source, other),
                "component `one` of spin.toml has no file as its source"
            );
        }
        assert_eq!(
            refused("component.one", "other"),
            "spin.toml has no components"
        );
        assert_eq!(refused("= 2", "="), "spin.toml is not TOML");
    }
}
