//! What is offered to guests under which name.
//!
//! An interface that a component imports and this host does not have is stood in for as a whole: each function traps and
//! names itself, so that a component that merely could use a database starts, and one that does is told what is
//! missing.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};
use wasmtime::{Engine, Result, bail};

use super::bindings::Imports;
use super::state::{Guest, GuestState};

/// Packages, by name and version track, whose interfaces the linker has.
const OFFERED: [&str; 17] = [
    "wasi:cli@0.2",
    "wasi:clocks@0.2",
    "wasi:filesystem@0.2",
    "wasi:io@0.2",
    "wasi:random@0.2",
    "wasi:sockets@0.2",
    "wasi:cli@0.3",
    "wasi:clocks@0.3",
    "wasi:filesystem@0.3",
    "wasi:random@0.3",
    "wasi:sockets@0.3",
    "wasi:http@0.3",
    "wasi:keyvalue@0.2",
    "spin:key-value@3",
    "spin:redis@3",
    "spin:variables@3",
    // Not an interface at all: a component without imports of its own.
    "",
];

/// A linker for `component`.
pub fn new(engine: &Engine, component: &Component) -> Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    Imports::add_to_linker::<_, Guest>(&mut linker, |guest| guest)?;
    for (name, import) in component.component_type().imports(engine) {
        if let ComponentItem::ComponentInstance(interface) = import.ty
            && !is_offered(name)
        {
            tracing::debug!("`{name}` is imported but not offered; calling it will trap");
            let mut instance = linker.instance(name)?;
            for (item, export) in interface.exports(engine) {
                stand_in(&mut instance, name, item, &export.ty)?;
            }
        }
    }
    Ok(linker)
}

fn is_offered(interface: &str) -> bool {
    let Some((package, version)) = interface.split_once('/').and_then(|(package, rest)| {
        let (_, version) = rest.split_once('@')?;
        Some((package, version))
    }) else {
        return false;
    };
    OFFERED
        .iter()
        .filter_map(|offered| offered.split_once('@'))
        .any(|(name, track)| {
            name == package
                && version
                    .strip_prefix(track)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
}

fn stand_in(
    instance: &mut LinkerInstance<'_, GuestState>,
    interface: &str,
    item: &str,
    ty: &ComponentItem,
) -> Result<()> {
    let missing = format!("`{interface}#{item}` was called, which this host does not offer");
    match ty {
        ComponentItem::ComponentFunc(function) if function.async_() => instance
            .func_new_concurrent(item, move |_, _, _, _| {
                let missing = missing.clone();
                Box::pin(async move { bail!("{missing}") })
            }),
        ComponentItem::ComponentFunc(_) => {
            instance.func_new(item, move |_, _, _, _| bail!("{missing}"))
        }
        ComponentItem::Resource(_) => {
            instance.resource(item, ResourceType::host::<()>(), |_, _| Ok(()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_offered_by_package_and_version_track() {
        for offered in [
            "wasi:cli/environment@0.2.6",
            "wasi:clocks/monotonic-clock@0.3.0",
            "wasi:http/types@0.3.0",
            "wasi:keyvalue/atomics@0.2.0-draft2",
            "spin:key-value/key-value@3.0.0",
            "spin:redis/redis@3.0.0",
        ] {
            assert!(is_offered(offered), "{offered}");
        }
        for missing in [
            "wasi:http/types@0.2.6",
            "spin:key-value/key-value@2.0.0",
            "spin:redis/redis@2.0.0",
            "spin:variables/variables@30.0.0",
            "fermyon:spin/llm@2.0.0",
            "something",
        ] {
            assert!(!is_offered(missing), "{missing}");
        }
    }
}
