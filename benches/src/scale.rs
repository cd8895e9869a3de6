//! A tier read, an earn and a page of an audience with a thousand, a hundred thousand and a million customers: none of them may notice
//! how many others there are.

use std::path::Path;

use anyhow::{Context, Result};
use rapport_store::set::{Edit, Member};
use rapport_store::{Driver, Memory, Store};
use rapport_tests::Host;
use rapport_types::hash;
use rusqlite::Connection;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::read::ours;
use crate::rounds::{Named, against_first, aim};
use crate::wrk::Load;

/// How many customers there are.
const SIZES: [(u32, &str); 3] = [
    (1_000, "1 thousand customers (baseline)"),
    (100_000, "100 thousand"),
    (1_000_000, "1 million"),
];

pub fn scale(runtime: &Runtime) -> Result<()> {
    let mut hosts = Vec::new();
    for (size, _) in SIZES {
        hosts.push(filled(runtime, size)?);
    }
    let account = r#""/v1/loyalty/accounts/c" .. math.random(0, LAST) .. "#;
    // From anywhere: a cursor is any hash.
    let page = r#"string.format("/v1/segments/all/members?cursor=%08x00000000", math.random(0, 0x7fffffff) * 2)"#;
    for (what, method, path, body) in [
        ("tier read", "GET", format!(r#"{account} "/tier""#), "nil"),
        (
            "earn",
            "POST",
            format!(r#"{account} "/earn""#),
            r#"'{"points":1}'"#,
        ),
        ("page of 50 of an audience", "GET", page.to_owned(), "nil"),
    ] {
        println!("\n{what}:");
        let loads: Vec<Named> = SIZES
            .iter()
            .zip(&hosts)
            .map(|((size, name), host)| Named {
                name,
                load: Load {
                    url: host.url().to_owned(),
                    script: Some(script(*size, method, &path, body)),
                },
            })
            .collect();
        let ratios = against_first(&loads, 1)?;
        let worst = ratios.iter().map(|ratio| ratio.time).fold(0.0, f64::max);
        aim(
            &format!("{what}, median time against a thousand customers"),
            worst,
            worst <= 1.2,
            "at most 1.2",
        );
    }
    Ok(())
}

/// A host over `size` accounts: one that was made over HTTP, and as many copies of it under the keys of other customers. All
/// of them are in one segment.
fn filled(runtime: &Runtime, size: u32) -> Result<Host> {
    let mut host = ours().start();
    let shop = host.shop();
    runtime.block_on(async {
        shop.with_program().await;
        for n in 0..5 {
            let body = json!({"points": 30, "key": format!("k{n}")});
            shop.post("/v1/loyalty/accounts/c0/earn", body).await.ok();
        }
        let all = json!({"name": "all", "kind": "manual"});
        shop.put("/v1/segments/all", all).await.ok();
    });
    host.kill();
    let file = host.data().join("sqlite_key_value.db");
    copies(&file, size)?;
    runtime.block_on(audience(&file, size))?;
    host.restart();
    Ok(host)
}

fn copies(file: &Path, size: u32) -> Result<()> {
    let mut database = Connection::open(file)?;
    let key = |n: u32| format!("account:{}", hash::hex128(&format!("c{n}")));
    let found: Vec<u8> = database
        .query_row(
            "SELECT value FROM spin_key_value WHERE store = 'default' AND key = ?1",
            [key(0)],
            |row| row.get(0),
        )
        .with_context(|| format!("no account in {}", file.display()))?;
    let copying = database.transaction()?;
    {
        let mut insert = copying
            .prepare("INSERT INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)")?;
        for n in 1..size {
            insert.execute((key(n), &found))?;
        }
    }
    Ok(copying.commit()?)
}

/// The audience of the segment `all`, made in memory and put into the file.
async fn audience(file: &Path, size: u32) -> Result<()> {
    let memory = Memory::new();
    let set = Store::new(memory.clone()).set("audience:all:1");
    let member = |n: u32| {
        Edit::Add(Member {
            name: format!("c{n}"),
            payload: Some(1_795_000_000_000_i64.into()),
        })
    };
    set.change((0..size).map(member)).await?;
    let mut database = Connection::open(file)?;
    let putting = database.transaction()?;
    {
        let mut insert = putting
            .prepare("INSERT INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)")?;
        let keys = memory.keys().into_iter();
        for key in keys.filter(|key| key.starts_with("set:") || key.starts_with("b:set:")) {
            let value = memory.get(&key).await?.unwrap_or_default();
            insert.execute((key, value))?;
        }
    }
    Ok(putting.commit()?)
}

/// `path` is an expression in Lua, in which `LAST` is the number of the last customer.
fn script(size: u32, method: &str, path: &str, body: &str) -> &'static str {
    let path = path.replace("LAST", &(size - 1).to_string());
    // Leaked: a bench runs once.
    format!(
        r#"
math.randomseed(os.time())
request = function()
  local path = {path}
  local headers = {{["Content-Type"] = "application/json", ["Authorization"] = wrk.headers["Authorization"]}}
  return wrk.format("{method}", path, headers, {body})
end
"#
    )
    .leak()
}
