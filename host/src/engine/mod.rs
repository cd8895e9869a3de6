//! The WebAssembly engine: how it is set up, and how components are compiled for it.
//!
//! - [`cache`]: compiled components kept on disk, so that a second start is fast

pub mod cache;

use std::time::Duration;

use anyhow::Result;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// How often a guest that does not yield is interrupted, so that others get their turn and time limits are seen.
const TICK: Duration = Duration::from_millis(5);

/// The most linear memory that an instance may have, in bytes.
pub const MEMORY: usize = 1 << 30;

/// The address space that an instance takes at first where there is little, in bytes.
const SMALL: u64 = 16 << 20;

/// An engine with room for so many component instances at once.
///
/// Instances come from a pool of address space that is reserved now. Where so much cannot be had (a container with a
/// limit on address space), each instance gets its memory when it starts, which is slower but the same otherwise.
pub fn new(instances: u32) -> Result<Engine> {
    let mut pooled = config();
    pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(instances)));
    let engine = match Engine::new(&pooled) {
        Ok(engine) => engine,
        Err(error) => {
            tracing::warn!(
                "no address space for {instances} instances, so each start of one is slower ({error})"
            );
            Engine::new(
                config()
                    .memory_reservation(SMALL)
                    .memory_reservation_for_growth(SMALL),
            )?
        }
    };
    tick(&engine)?;
    Ok(engine)
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        // A guest's stack lives beside the host's on a fiber; this is room for both.
        .max_wasm_stack(1 << 20)
        .async_stack_size(2 << 20);
    config
}

fn pool(instances: u32) -> PoolingAllocationConfig {
    // What wit-component makes of a Rust component: the module itself, its shims and fix-ups.
    const CORE_PER_COMPONENT: u32 = 6;
    const TABLES_PER_COMPONENT: u32 = 6;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_PER_COMPONENT))
        .total_memories(instances)
        .total_tables(instances.saturating_mul(TABLES_PER_COMPONENT))
        .total_stacks(instances)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .max_core_instances_per_component(64)
        .max_tables_per_component(64)
        .max_memories_per_component(1)
        .table_elements(20_000)
        .max_memory_size(MEMORY)
        // Pages that stay mapped when an instance ends, so that the next in its place starts without page faults.
        .linear_memory_keep_resident(512 << 10)
        .table_keep_resident(16 << 10);
    pool
}

fn tick(engine: &Engine) -> Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("ticker".into())
        .spawn(move || {
            loop {
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })?;
    Ok(())
}
