//! Where a component's `.wasm` file is.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::Component;

/// Finds the file of component `id`: in `components` if that folder is given, else where the manifest says, else
/// (for a path in `target/`) under `target`, which is `CARGO_TARGET_DIR`. What is not there is an error that
/// says what builds it.
pub fn find(
    id: &str,
    component: &Component,
    folder: &Path,
    components: Option<&Path>,
    target: Option<&Path>,
) -> Result<PathBuf> {
    let written = Path::new(&component.source);
    let mut places = Vec::new();
    match (components, written.file_name()) {
        (Some(components), Some(name)) => places.push(components.join(name)),
        _ => {
            places.push(folder.join(written));
            if let (Some(target), Ok(rest)) = (target, written.strip_prefix("target")) {
                places.push(target.join(rest));
            }
        }
    }
    if let Some(found) = places.iter().find(|place| place.is_file()) {
        return Ok(found.clone());
    }
    let tried: Vec<_> = places
        .iter()
        .map(|place| format!("`{}`", place.display()))
        .collect();
    let remedy = match &component.build {
        Some(command) => format!("; build it with `{command}`"),
        None => String::new(),
    };
    bail!(
        "component `{id}` is not at {}{remedy}",
        tried.join(" nor at ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(build: Option<&str>) -> Component {
        Component {
            source: "target/wasm32-wasip2/guest/one.wasm".into(),
            key_value_stores: Default::default(),
            allowed_outbound_hosts: Vec::new(),
            variables: Default::default(),
            environment: Default::default(),
            build: build.map(str::to_owned),
        }
    }

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }

    #[test]
    fn the_manifest_says_where_and_the_target_folder_may_be_elsewhere() {
        let here = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let moved = elsewhere.path().join("wasm32-wasip2/guest/one.wasm");
        touch(&moved);
        let found = find(
            "one",
            &component(None),
            here.path(),
            None,
            Some(elsewhere.path()),
        )
        .unwrap();
        assert_eq!(found, moved);
        let written = here.path().join("target/wasm32-wasip2/guest/one.wasm");
        touch(&written);
        let found = find(
            "one",
            &component(None),
            here.path(),
            None,
            Some(elsewhere.path()),
        )
        .unwrap();
        assert_eq!(found, written);
    }

    #[test]
    fn a_folder_of_components_goes_before_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        touch(&folder.path().join("one.wasm"));
        let found = find(
            "one",
            &component(None),
            Path::new("."),
            Some(folder.path()),
            None,
        )
        .unwrap();
        assert_eq!(found, folder.path().join("one.wasm"));
    }

    #[test]
    fn a_missing_file_says_what_builds_it() {
        let here = tempfile::tempdir().unwrap();
        let error = find("one", &component(Some("make one")), here.path(), None, None)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("component `one`") && error.contains("`make one`"),
            "{error}"
        );
    }
}
