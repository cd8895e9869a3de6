//! `rapport up`: reads the manifest, prepares everything, serves until told to stop, and stops in order.
//!
//! - [`args`]: its arguments
//! - [`admin_key`]: the key for who has configured none
//! - [`sample`]: what `--sample` does once it serves
//! - [`ticker`]: the calls that do what falls due
//! - [`stop`]: the signals that end it

mod admin_key;
mod args;
mod sample;
mod stop;
mod ticker;

pub use args::Args;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use crate::engine;
use crate::engine::cache::Cache;
use crate::guest::state::Component;
use crate::guest::worker::{self, Handler, Life, Limits};
use crate::manifest::hosts::Hosts;
use crate::manifest::variables::Values;
use crate::manifest::{Manifest, source};
use crate::serve::{self, App};
use crate::stats::Totals;
use crate::store::crash::Crashing;
use crate::store::memory::Memory;
use crate::store::sqlite::{self, Grouped, Single};
use crate::store::{Backend, Database};
use admin_key::AdminKey;
use args::{Sync, Tick};

/// The variable that names a Redis server where one keeps the documents.
const STORE_URL: &str = "store_url";

/// Serves until a signal says to stop.
pub fn run(args: Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // How many turns of tasks pass before the network is looked at again. A guest that computes takes a whole tick in
        // each of its turns, so the usual 61 would leave everybody else deaf for a third of a second.
        .event_interval(11)
        .thread_name("rapport")
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(up(args));
    // What still runs has had its time, and ends with the process. Dropped with the runtime, each of its instances would
    // be reported as one that has panicked.
    std::mem::forget(runtime);
    result
}

async fn up(args: Args) -> Result<()> {
    let start = Instant::now();
    let manifest = Manifest::read(&args.manifest)?;
    let mut variables = Values::resolve(&manifest.variables, std::env::vars())?;
    let listener = TcpListener::bind(&args.listen)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr()?;
    let admin_key = AdminKey::choose(&mut variables, address);

    let data = args
        .data
        .clone()
        .unwrap_or_else(|| manifest.folder.join(".rapport"));
    let totals = Arc::new(match args.crash_after {
        Some(operations) => Totals::counting_down(operations),
        None => Totals::default(),
    });
    let database = open(&args, &data, &totals)?;
    let (stop, stopping) = watch::channel(false);
    let (alive, gone) = mpsc::channel(1);
    let life = Life {
        stopping: stopping.clone(),
        alive,
    };
    let handlers = handlers(
        &args, &manifest, &variables, &database, &totals, &data, life,
    )?;
    let app = Arc::new(App {
        manifest,
        handlers,
        totals,
        stats: args.stats,
        in_flight: Arc::new(Semaphore::new(args.max_in_flight)),
        request_timeout: args.request_timeout,
    });
    announce(&app, address, &admin_key);
    tracing::debug!("ready after {:.0} ms", start.elapsed().as_secs_f64() * 1e3);

    let folder = app.manifest.folder.clone();
    let serving = tokio::spawn(serve::serve(app, listener, stopping));
    if args.sample {
        let show_key = matches!(admin_key, AdminKey::Once(_));
        sample::load(address, variables.get("admin_key"), show_key, &folder);
    }
    if let Tick(Some(every)) = args.tick {
        ticker::start(address, variables.get("admin_key"), every);
    }
    stop::asked().await?;
    tracing::info!("stopping: requests in flight are finished first");
    let _ = stop.send(true);
    tokio::select! {
        finished = tokio::time::timeout(args.grace, finish(serving, gone)) => if finished.is_err() {
            tracing::warn!("some requests were not finished within {} s", args.grace.as_secs_f64());
        },
        again = stop::asked() => {
            again?;
            tracing::warn!("stopping at once, as asked again");
        }
    }
    database
        .close()
        .await
        .map_err(|failure| anyhow!("the store could not be closed: {failure}"))?;
    Ok(())
}

/// Waits for the last connection, and then for the last instance: what a component does after it has answered counts.
async fn finish(serving: JoinHandle<()>, mut gone: mpsc::Receiver<()>) {
    let _ = serving.await;
    let _ = gone.recv().await;
}

fn open(args: &Args, data: &Path, totals: &Arc<Totals>) -> Result<Arc<Database>> {
    if args.in_memory {
        return Ok(Database::new(Memory::default()));
    }
    std::fs::create_dir_all(data)
        .with_context(|| format!("cannot create the data folder `{}`", data.display()))?;
    let file = data.join(sqlite::FILE);
    Ok(match args.sync {
        Sync::Group => share(Grouped::open(&file, totals.clone())?, args, totals),
        Sync::Each => share(Single::open(&file, totals.clone())?, args, totals),
    })
}

fn share(backend: impl Backend, args: &Args, totals: &Arc<Totals>) -> Arc<Database> {
    match args.crash_after {
        Some(_) => Database::new(Crashing::new(backend, totals.clone())),
        None => Database::new(backend),
    }
}

fn handlers(
    args: &Args,
    manifest: &Manifest,
    variables: &Values,
    database: &Arc<Database>,
    totals: &Arc<Totals>,
    data: &Path,
    life: Life,
) -> Result<HashMap<String, Handler>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let mut files = Vec::new();
    for (id, component) in &manifest.components {
        let folder = &manifest.folder;
        let file = source::find(
            id,
            component,
            folder,
            args.components.as_deref(),
            target.as_deref(),
        )?;
        files.push((id, component, file));
    }
    // Every component may have as many instances as there are requests in flight, and idle ones besides.
    let instances = args
        .max_in_flight
        .saturating_mul(2)
        .saturating_add(64)
        .min(4096);
    let engine = engine::new(u32::try_from(instances).unwrap_or(u32::MAX))?;
    let cache = Cache::new(Some(
        args.cache.clone().unwrap_or_else(|| data.join("cache")),
    ));
    let limits = Limits {
        reuse: args.instance_reuse,
        concurrency: args.concurrency(is_set(variables, STORE_URL)),
        request: args.request_timeout,
        idle: args.instance_idle,
    };
    let prepare = |id: &str,
                   component: &crate::manifest::Component,
                   file: &Path|
     -> Result<(String, Handler)> {
        let compiled = cache.load(&engine, file)?;
        let mut filled = std::collections::BTreeMap::new();
        for (name, template) in &component.variables {
            filled.insert(name.clone(), variables.fill(template)?);
        }
        let filled_hosts = component.allowed_outbound_hosts.iter();
        let filled_hosts = filled_hosts
            .map(|template| variables.fill(template))
            .collect::<Result<Vec<_>>>()?;
        let hosts = Hosts::parse(filled_hosts).with_context(|| format!("in [component.{id}]"))?;
        let served = Component {
            id: id.to_owned(),
            stores: component.key_value_stores.clone(),
            hosts,
            variables: filled,
            environment: component.environment.clone(),
            database: database.clone(),
            totals: totals.clone(),
            count_requests: args.stats,
        };
        let handler =
            worker::handler(&engine, &compiled, served, limits, &life).map_err(|error| {
                anyhow!(
                    "component `{id}` (`{}`) cannot be served: {error:?}",
                    file.display()
                )
            })?;
        Ok((id.to_owned(), handler))
    };
    // Compiling takes every processor by itself, but reading what was compiled before takes only one.
    std::thread::scope(|threads| {
        let prepare = &prepare;
        let started: Vec<_> = files
            .iter()
            .map(|(id, component, file)| threads.spawn(move || prepare(id, component, file)))
            .collect();
        started
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .map_err(|_| anyhow!("a component's preparation panicked"))?
            })
            .collect()
    })
}

fn is_set(variables: &Values, name: &str) -> bool {
    variables
        .get(name)
        .is_some_and(|value| !value.trim().is_empty())
}

fn announce(app: &App, address: SocketAddr, admin_key: &AdminKey) {
    let url = format!("http://{address}");
    println!("Rapport is serving {url}");
    match admin_key {
        AdminKey::Configured | AdminKey::Unknown => {}
        AdminKey::Once(key) => {
            println!("\nAdmin key, until this stops: {key}");
            println!("Try: curl -H 'Authorization: Bearer {key}' {url}/v1/customers\n");
        }
        AdminKey::Closed => {
            println!(
                "The service starts closed: no admin key is set, and {} is not a loopback address.\n\
                 Set SPIN_VARIABLE_ADMIN_KEY to open it.",
                address.ip()
            );
        }
    }
    for route in app.manifest.routes.iter() {
        tracing::debug!("{} leads to {}", route.pattern, route.component);
    }
}
