//! Compiled components on disk.
//!
//! A compiled component is found by what it was compiled from and by what compiled it: the hash of the `.wasm`
//! file, and wasmtime's own hash of its version, its settings and the machine's features. A file is written aside, synced
//! and renamed, so that it is whole or absent, and never changed afterwards; so it can be mapped and run as it stands,
//! like any program. Only whoever may write to the folder can run something else, as with any program.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// How many compilations of a component are kept: enough for those who go back and forth between two builds.
const KEPT: usize = 4;

/// A folder of compiled components.
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// A cache in `folder`, which is created when it is first written to. `None` keeps nothing.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The component in `file`, compiled now if it has not been before.
    pub fn load(&self, engine: &Engine, file: &Path) -> Result<Component> {
        let wasm = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let kept = self
            .folder
            .as_ref()
            .map(|folder| folder.join(name(engine, file, &wasm)));
        if let Some(component) = kept.as_deref().and_then(|path| read(engine, path)) {
            return Ok(component);
        }
        // It takes all processors for half a minute or so: whoever waits wants to know for what.
        tracing::info!(
            "compiling `{}` to native code; later starts find it done",
            file.file_name().unwrap_or_default().to_string_lossy()
        );
        let compiled = engine
            .precompile_component(&wasm)
            .map_err(|error| anyhow!("{error:?}"))
            .with_context(|| {
                format!("`{}` is no component that can be compiled", file.display())
            })?;
        if let Some(path) = kept
            && let Err(error) = write(&path, &compiled)
        {
            tracing::warn!(
                "`{}` could not be kept for the next start: {error:#}",
                path.display()
            );
        }
        // SAFETY: these are the very bytes that `precompile_component` returned.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize(engine, &compiled) };
        component.map_err(|error| anyhow!("{error:?}"))
    }
}

fn name(engine: &Engine, file: &Path, wasm: &[u8]) -> String {
    let mut compiler = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compiler);
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let source: String = Sha256::digest(wasm)
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{stem}-{source}-{:016x}.cwasm", compiler.finish())
}

fn read(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.exists() {
        return None;
    }
    // SAFETY: the file holds what `precompile_component` returned, written by this program into a folder of its own,
    // and nobody changes it while it is mapped; wasmtime itself refuses another version, other settings, and what is
    // no whole file.
    #[allow(unsafe_code)]
    let component = unsafe { Component::deserialize_file(engine, path) };
    match component {
        Ok(component) => Some(component),
        Err(error) => {
            tracing::warn!(
                "`{}` cannot be used and will be made again: {error}",
                path.display()
            );
            None
        }
    }
}

fn write(path: &Path, compiled: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let aside = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = fs::File::create(&aside)?;
    file.write_all(compiled)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    forget_old(path);
    Ok(())
}

/// Removes the oldest compilations of the component whose newest one is at `path`. What cannot be removed stays.
fn forget_old(path: &Path) {
    let stem = |path: &Path| -> Option<String> {
        let name = path.file_name()?.to_str()?.strip_suffix(".cwasm")?;
        let mut parts = name.rsplitn(3, '-');
        Some(parts.nth(2)?.to_owned())
    };
    let (Some(ours), Some(folder)) = (stem(path), path.parent()) else {
        return;
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut kept: Vec<_> = entries
        .flatten()
        .filter(|entry| stem(&entry.path()).as_ref() == Some(&ours))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    kept.sort();
    for (_, old) in kept.iter().rev().skip(KEPT) {
        let _ = fs::remove_file(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component with nothing in it.
    const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

    fn engine() -> Engine {
        Engine::new(&super::super::config()).unwrap()
    }

    fn component(folder: &Path) -> PathBuf {
        let file = folder.join("one.wasm");
        fs::write(&file, PREAMBLE).unwrap();
        file
    }

    fn kept(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder)
            .map(|all| all.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default()
    }

    #[test]
    fn a_second_start_reads_what_the_first_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let file = component(folder.path());
        let cache = Cache::new(Some(folder.path().join("cache")));
        cache.load(&engine(), &file).unwrap();
        let first = kept(&folder.path().join("cache"));
        assert_eq!(first.len(), 1);
        let written = fs::metadata(&first[0]).unwrap().modified().unwrap();
        cache.load(&engine(), &file).unwrap();
        assert_eq!(kept(&folder.path().join("cache")), first);
        assert_eq!(
            fs::metadata(&first[0]).unwrap().modified().unwrap(),
            written
        );
    }

    #[test]
    fn a_damaged_file_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = component(folder.path());
        let cache = Cache::new(Some(folder.path().join("cache")));
        cache.load(&engine(), &file).unwrap();
        let path = kept(&folder.path().join("cache")).remove(0);
        let whole = fs::read(&path).unwrap();
        for damage in [
            Vec::new(),
            whole[..whole.len() / 2].to_vec(),
            whole[..whole.len() - 10].to_vec(),
            [&b"x"[..], &whole[1..]].concat(),
        ] {
            fs::write(&path, damage).unwrap();
            assert!(read(&engine(), &path).is_none());
            cache.load(&engine(), &file).unwrap();
            assert_eq!(fs::read(&path).unwrap(), whole);
        }
    }

    #[test]
    fn only_the_newest_compilations_of_a_component_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(folder.path().join("cache")));
        let other = folder.path().join("one-more.wasm");
        fs::write(&other, PREAMBLE).unwrap();
        cache.load(&engine(), &other).unwrap();
        for build in 0..KEPT + 3 {
            // A custom section with another content is another file of the same meaning.
            let section = [0, 3, 1, b'n', b'0' + u8::try_from(build).unwrap()];
            let file = component(folder.path());
            fs::write(&file, [PREAMBLE, &section].concat()).unwrap();
            cache.load(&engine(), &file).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
            let ours = kept(&folder.path().join("cache"));
            assert_eq!(ours.len(), (build + 1).min(KEPT) + 1, "{ours:?}");
        }
    }

    #[test]
    fn what_is_no_component_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bad.wasm");
        fs::write(&file, "(component)").unwrap();
        let error = format!(
            "{:#}",
            Cache::new(None).load(&engine(), &file).err().unwrap()
        );
        assert!(error.contains("bad.wasm"), "{error}");
    }
}
