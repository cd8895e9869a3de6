//! The interfaces of `host/wit`, as wasmtime generates them.

#![allow(missing_docs)]

wasmtime::component::bindgen!({
    path: "wit",
    world: "rapport:host/imports",
    imports: {
        "wasi:keyvalue/store.[drop]bucket": trappable,
        "wasi:keyvalue/atomics.[drop]cas": trappable,
        // Synchronous to the guest, but the host may wait for the disk in them; and they look up whose request
        // they belong to, which takes the store.
        "wasi:keyvalue": async | store | trappable,
        default: trappable,
    },
    with: {
        "spin:key-value/key-value.store": super::state::OpenStore,
        "spin:redis/redis.connection": super::redis::OpenRedis,
        "wasi:keyvalue/store.bucket": super::state::OpenStore,
        "wasi:keyvalue/atomics.cas": super::keyvalue_wasi::Handle,
    },
});
