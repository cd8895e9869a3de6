//! Durable updates in groups against one sync each.

use anyhow::Result;
use tokio::runtime::Runtime;

use crate::read::ours;
use crate::rounds::{Named, against_first, aim};
use crate::update::{SCRIPT, customers};
use crate::wrk::Load;

pub fn sync(runtime: &Runtime) -> Result<()> {
    let each = ours().argument("--sync=each").start();
    let group = ours().start();
    runtime.block_on(async {
        customers(&each.shop()).await;
        customers(&group.shop()).await;
    });
    let load = |name, url: &str| Named {
        name,
        load: Load {
            url: url.to_owned(),
            script: Some(SCRIPT),
        },
    };
    let loads = [
        load("one write, one sync (baseline)", each.url()),
        load("writes in groups", group.url()),
    ];
    let ratios = against_first(&loads, 16)?;
    let rate = ratios[1].rate;
    aim(
        "durable updates per second against one sync each",
        rate,
        rate >= 8.0,
        "at least 8",
    );
    Ok(())
}
