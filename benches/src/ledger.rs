//! A tier read, an earn, a spend and a redemption, by accounts with 10 and with 10,000 past entries: how long an account has been kept
//! may not be felt. All but the tier read carry a key of their own, as a till's requests do, so the ids of old entries are asked.

use std::path::Path;

use anyhow::{Result, ensure};
use rapport_tests::{Host, Shop};
use rapport_types::hash;
use rusqlite::Connection;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::read::{baselines, ours};
use crate::rounds::{Named, Ratio, against_first, aim};
use crate::wrk::Load;

/// How many accounts of each kind: parallel requests hardly ever meet, and a measurement adds few entries to each.
const ACCOUNTS: u32 = 1_024;
/// Rewards, so that parallel redemptions hardly ever meet in the stock of one.
const REWARDS: u32 = 64;

/// Entries, and what accounts with so many are called.
const LENGTHS: [(u32, &str); 2] = [(10, "short"), (10_000, "long")];

pub fn ledger(runtime: &Runtime) -> Result<()> {
    let bare = baselines().start();
    runtime.block_on(async { bare.shop().post("/one-get", json!({})).await });
    let rows = rows(runtime)?;
    let reward = r#"'{"reward":"r' .. math.random(0, 63) .. '","key":"' .. key() .. '"}'"#;
    let points = r#"'{"points":1,"key":"' .. key() .. '"}'"#;
    for (what, against, method, body) in [
        ("tier", "one-get", "GET", "nil"),
        ("earn", "one-write", "POST", points),
        ("spend", "one-write", "POST", points),
        ("redeem", "one-write", "POST", reward),
    ] {
        let host = filled(runtime, &rows)?;
        let mut loads = vec![Named {
            name: if against == "one-get" {
                "one get (baseline)"
            } else {
                "one get, one write (baseline)"
            },
            load: Load {
                url: format!("{}/{against}", bare.url()),
                script: None,
            },
        }];
        for ((_, kind), name) in LENGTHS
            .iter()
            .zip(["10 past entries", "10,000 past entries"])
        {
            loads.push(Named {
                name,
                load: Load {
                    url: host.url().to_owned(),
                    script: Some(script(kind, what, method, body)),
                },
            });
        }
        println!("\n{what}:");
        for connections in [1, 16] {
            let ratios = against_first(&loads, connections)?;
            let [_, Ratio { time: short, .. }, Ratio { time: long, .. }] = ratios[..] else {
                unreachable!("three loads have three ratios");
            };
            aim(
                &format!("{what}, median time with 10,000 past entries against 10"),
                long / short,
                long / short <= 1.2,
                "at most 1.2",
            );
        }
    }
    Ok(())
}

/// What stands in the store of an account of each length, by the kind's name: the key with `{}` for the customer's hash, and the value.
type Rows = Vec<(&'static str, Vec<(String, Vec<u8>)>)>;

/// Makes one account of each length over HTTP: it earns and spends in turn, and has plenty in the end.
fn rows(runtime: &Runtime) -> Result<Rows> {
    let mut host = ours().start();
    runtime.block_on(async {
        let shop = host.shop();
        shop.with_program().await;
        for (entries, kind) in LENGTHS {
            moved(&shop, kind, entries).await;
        }
    });
    host.kill();
    let database = Connection::open(host.data().join("sqlite_key_value.db"))?;
    LENGTHS
        .iter()
        .map(|(_, kind)| Ok((*kind, found(&database, kind)?)))
        .collect()
}

async fn moved(shop: &Shop, customer: &str, entries: u32) {
    let account = format!("/v1/loyalty/accounts/{customer}");
    for n in 1..entries {
        let way = if n % 2 == 1 { "earn" } else { "spend" };
        let body = json!({"points": 30, "key": format!("past-{n}")});
        shop.post(&format!("{account}/{way}"), body).await.ok();
    }
    let plenty = json!({"points": 100_000_000, "key": "plenty"});
    shop.post(&format!("{account}/earn"), plenty).await.ok();
}

/// The account and the pages by which an id is found. The pages of its journal are left out: nothing here reads them.
fn found(database: &Connection, customer: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let hash = hash::hex128(customer);
    let mut query = database.prepare(
        "SELECT key, value FROM spin_key_value WHERE key LIKE '%' || ?1 || '%' AND key NOT LIKE '%journal:%'",
    )?;
    let rows = query.query_map([&hash], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let rows: Vec<_> = rows
        .map(|row| row.map(|(key, value)| (key.replacen(&hash, "{}", 1), value)))
        .collect::<Result<_, _>>()?;
    ensure!(!rows.is_empty(), "no account of {customer}");
    Ok(rows)
}

/// A host with many accounts of each length.
fn filled(runtime: &Runtime, rows: &Rows) -> Result<Host> {
    let mut host = ours().start();
    runtime.block_on(async {
        let shop = host.shop();
        shop.with_program().await;
        for n in 0..REWARDS {
            let reward = json!({"name": format!("reward {n}"), "points": 1});
            shop.put(&format!("/v1/loyalty/rewards/r{n}"), reward)
                .await
                .ok();
        }
    });
    host.kill();
    put(&host.data().join("sqlite_key_value.db"), rows)?;
    host.restart();
    Ok(host)
}

fn put(file: &Path, rows: &Rows) -> Result<()> {
    let mut database = Connection::open(file)?;
    let putting = database.transaction()?;
    {
        let mut insert = putting
            .prepare("INSERT INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)")?;
        for (kind, rows) in rows {
            for n in 0..ACCOUNTS {
                let hash = hash::hex128(&format!("{kind}{n}"));
                for (key, value) in rows {
                    insert.execute((key.replacen("{}", &hash, 1), value))?;
                }
            }
        }
    }
    Ok(putting.commit()?)
}

/// Asks for `what` of any account of one kind. `body` is an expression in Lua.
fn script(kind: &str, what: &str, method: &str, body: &str) -> &'static str {
    let last = ACCOUNTS - 1;
    // Leaked: a bench runs once.
    format!(
        r#"
math.randomseed(os.time())
local started, n = os.time() .. "-" .. math.random(0, 1000000000), 0
local function key()
  n = n + 1
  return started .. "-" .. n
end
request = function()
  local path = "/v1/loyalty/accounts/{kind}" .. math.random(0, {last}) .. "/{what}"
  local headers = {{["Content-Type"] = "application/json", ["Authorization"] = wrk.headers["Authorization"]}}
  return wrk.format("{method}", path, headers, {body})
end
"#
    )
    .leak()
}
