//! Filling an audience of 100,000 customers, of whom one in ten is in it: customers a second, and the host's memory.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use rapport_tests::Host;
use rapport_types::hash;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::read::ours;

/// How many customers there are.
const CUSTOMERS: u32 = 100_000;

pub fn fill(runtime: &Runtime) -> Result<()> {
    let mut host = ours().start();
    runtime.block_on(
        host.shop()
            .customer("c0")
            .with("city", json!("上海"))
            .with("note", json!("x".repeat(300)))
            .with("n", json!(0))
            .with_orders(6)
            .create(),
    );
    host.kill();
    copies(&host.data().join("sqlite_key_value.db"))?;
    host.restart();
    for (name, rule) in [
        (
            "one in ten is in it",
            json!({"field": "traits.n", "is": "eq", "value": 3}),
        ),
        (
            "nobody is in it",
            json!({"field": "traits.n", "is": "eq", "value": 77}),
        ),
    ] {
        let rule = json!({"name": "n", "rule": rule});
        let shop = host.shop();
        let (seconds, ticks, members) = runtime.block_on(async {
            shop.put("/v1/segments/n", rule).await.ok();
            let begun = Instant::now();
            let mut ticks = 0;
            loop {
                ticks += 1;
                shop.post("/v1/tick", json!({})).await.ok();
                let fill = shop.get("/v1/segments/n/fill").await.ok();
                // The rest waits for the platform's clock.
                if fill["state"] != "filling" {
                    break;
                }
                // A slow walk is repeated from where it was after a minute: that is the whole of the second round.
                if fill["done"].as_u64() >= Some(u64::from(CUSTOMERS)) {
                    break;
                }
            }
            let count = shop.get("/v1/segments/n/count").await.ok();
            (begun.elapsed().as_secs_f64(), ticks, count["count"].clone())
        });
        println!(
            "  {name}: {CUSTOMERS} customers in {seconds:.1} s and {ticks} ticks, {:.0} a second; {members} members; the host had {} MB at most",
            f64::from(CUSTOMERS) / seconds,
            most_memory(&host)?
        );
    }
    Ok(())
}

/// The most memory that the host has had, in MB.
fn most_memory(host: &Host) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.pid()))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kilobytes.context("no VmHWM")?.parse::<u64>()? / 1024)
}

/// Copies of the customer `c0` under other ids, each in the list of customers.
fn copies(file: &Path) -> Result<()> {
    let mut database = Connection::open(file)?;
    let key = |n: u32| format!("customer:{}", hash::hex128(&format!("c{n}")));
    let read = |key: &str| -> Result<Vec<u8>> {
        let found = database.query_row(
            "SELECT value FROM spin_key_value WHERE store = 'default' AND key = ?1",
            [key],
            |row| row.get(0),
        );
        found.with_context(|| format!("no {key} in {}", file.display()))
    };
    let found = read(&key(0))?;
    let first = found
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let mut document: Value = serde_json::from_slice(first)?;
    let mut entry: Value = serde_json::from_slice(&read("customers:1")?)?;
    let copying = database.transaction()?;
    {
        let mut put = copying.prepare(
            "INSERT OR REPLACE INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)",
        )?;
        for n in 1..CUSTOMERS {
            document["number"] = json!(n + 1);
            document["value"]["customer"]["id"] = json!(format!("c{n}"));
            document["value"]["customer"]["traits"]["n"] = json!(n % 10);
            put.execute((key(n), serde_json::to_vec(&document)?))?;
            entry["key"] = json!(key(n));
            put.execute((format!("customers:{}", n + 1), serde_json::to_vec(&entry)?))?;
        }
        // As Spin's SQLite keeps a counter.
        let last = i64::from(CUSTOMERS).to_le_bytes().to_vec();
        put.execute(("count:customers", last))?;
    }
    Ok(copying.commit()?)
}
