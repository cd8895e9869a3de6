//! Evaluation allocates nothing in the common case.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs
)]

#[path = "all/common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::{Shopper, at, rule, shanghai};
use rapport_rules::evaluate;
use serde_json::json;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn what_rules_usually_ask_needs_no_memory() {
    let shopper = Shopper::with(json!({
        "city": "上海", "name": "Li Lei", "age": 30, "weight": 61.5, "interests": ["茶", "Wine"],
        "street": "上海，南京，东路５号", "phone": "13800138000",
        "birthday": "1990-11-25", "seen": "2026-11-20T08:00:00+08:00"
    }))
    .tagged(&["VIP", "老客"])
    .bought(at("2026-11-01"), 29.33)
    .bought(at("2026-11-20"), 80.0)
    .known("loyalty.active", at("2026-11-01"), json!(120));
    let mut shopper = shopper;
    shopper.put_in.push("friends".to_owned());
    let (zone, now) = (shanghai(), at("2026-11-21"));
    for json in [
        json!({"field": "traits.city", "is": "in", "value": ["北京", "上海"]}),
        json!({"field": "traits.name", "is": "contains", "value": "LEI"}),
        json!({"field": "traits.age", "is": "between", "value": [18, 35]}),
        json!({"field": "traits.weight", "is": "lt", "value": 61.6}),
        json!({"field": "traits.interests", "is": "contains_any", "value": ["wine", "咖啡"]}),
        json!({"field": "traits.birthday", "is": "anniversary", "value": "7d"}),
        json!({"field": "traits.seen", "is": "within_last", "value": "3d"}),
        json!({"tag": "vip"}),
        json!({"field": "traits.street", "is": "contains", "value": "南京,"}),
        json!({"field": "traits.street", "is": "starts_with", "value": "上海，"}),
        json!({"field": "traits.phone", "is": "matches", "value": "(\\+86)?1[3-9]\\d{9}"}),
        json!({"field": "traits.interests", "is": "contains_all", "value": ["wine", "茶"]}),
        json!({"field": "loyalty.active", "is": "gte", "value": 100}),
        json!({"segment": "friends"}),
        json!({"event": "order_completed", "last": "properties.total", "is": "gte", "value": 80}),
        json!({"event": "order_completed", "from": "2026-11-01", "to": "2026-11-02", "max": "properties.total", "at_most": 30}),
        json!({"field": "rfm.recency_days", "is": "lt", "value": 30}),
        json!({"field": "lifecycle", "is": "eq", "value": "repeat"}),
        json!({"event": "order_completed", "within": "30d", "count": {"at_least": 2}}),
        json!({"event": "order_completed", "within": "90d", "sum": "properties.total", "at_least": 100.5}),
        json!({"event": "order_completed", "where": {"field": "properties.total", "is": "gt", "value": 50}, "within": "90d"}),
    ] {
        let together = json!({"all": [{"not": {"any": [{"not": json}]}}, {"tag": "老客"}]});
        for json in [json, together] {
            let rule = rule(json.clone());
            let before = ALLOCATIONS.with(Cell::get);
            let outcome = evaluate(&rule, &shopper, now, &zone);
            let after = ALLOCATIONS.with(Cell::get);
            assert!(outcome.matches, "{json}");
            assert_eq!(after - before, 0, "{json}");
        }
    }
}
