//! What `cargo xtask dist` lays out needs nothing else.

use std::fs;
use std::path::Path;

use rapport_tests::host::{Options, components, laid_out};
use rapport_tests::root;
use serde_json::json;
use toml::{Table, Value};

fn manifest(folder: &Path) -> Table {
    let text = fs::read_to_string(folder.join("spin.toml")).expect("there is a manifest");
    text.parse().expect("it is TOML")
}

fn sources(manifest: &mut Table) -> impl Iterator<Item = (&str, &mut Table)> {
    let components = manifest.get_mut("component").and_then(Value::as_table_mut);
    let components = components.expect("it has components").iter_mut();
    components.map(|(id, component)| {
        let component = component.as_table_mut().expect("a table");
        (id.as_str(), component)
    })
}

#[test]
fn its_manifest_is_that_of_the_workspace_with_the_components_beside_it() {
    let (mut here, mut there) = (manifest(&root()), manifest(&laid_out()));
    let mut seen = Vec::new();
    for (id, component) in sources(&mut there) {
        let source = component.remove("source");
        let source = source.as_ref().and_then(Value::as_str).expect("a file");
        assert_eq!(source, format!("components/{id}.wasm"));
        let is = |path: &Path| fs::read(path).expect("the component is there");
        let built = components().join(format!("{id}.wasm"));
        assert!(is(&laid_out().join(source)) == is(&built), "{id}");
        seen.push(id.to_owned());
    }
    assert_eq!(
        seen,
        ["feedback", "loyalty", "profiles", "segments", "surveys"]
    );
    for (_, component) in sources(&mut here) {
        assert!(component.remove("build").is_some() && component.remove("source").is_some());
    }
    assert_eq!(here, there);
}

#[tokio::test]
async fn the_folder_serves_by_itself_and_has_the_sample() {
    let host = Options::default().folder(laid_out()).start();
    let shop = host.shop();
    for component in ["profiles", "segments", "feedback", "surveys", "loyalty"] {
        let health = shop.get(&format!("/v1/{component}/health")).await.ok();
        assert_eq!(health["driver"], "kv", "{component}");
    }
    let put = shop.put("/v1/customers/c1", json!({"traits": {"city": "上海"}}));
    assert_eq!(put.await.ok()["rev"], 1);
    for file in ["examples/cdnow_sample.txt", "LICENSE"] {
        let is = |folder: &Path| fs::read(folder.join(file)).expect("the file is there");
        assert!(is(&laid_out()) == is(&root()), "{file}");
    }
}
