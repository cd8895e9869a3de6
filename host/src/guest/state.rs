//! What belongs to one instance of a component.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::Request;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime::{StoreContextMut, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error as HttpError, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
    WasiHttpView,
};

use super::output::Output;
use super::request::InHand;
use crate::engine::MEMORY;
use crate::manifest::hosts::Hosts;
use crate::stats::{Kind, Totals};
use crate::store::{Database, Failure, Label};

/// A component that is served: what all its instances share.
pub struct Component {
    /// Its id in the manifest.
    pub id: String,
    /// The stores that it may open.
    pub stores: BTreeSet<String>,
    /// The hosts that it may reach.
    pub hosts: Hosts,
    /// Its variables, filled in.
    pub variables: BTreeMap<String, String>,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// Where its stores are.
    pub database: Arc<Database>,
    /// What to count in.
    pub totals: Arc<Totals>,
    /// Whether to count for each request, too.
    pub count_requests: bool,
}

/// The data of a wasmtime store: one instance.
pub struct GuestState {
    /// What it is an instance of.
    pub component: Arc<Component>,
    /// The requests that it has in hand.
    pub in_hand: InHand,
    /// What it may not exceed.
    pub limits: StoreLimits,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
}

/// Stands for [`GuestState`] in the signatures of host functions.
pub struct Guest;

impl HasData for Guest {
    type Data<'a> = &'a mut GuestState;
}

/// A store that a guest has opened.
pub struct OpenStore {
    label: Label,
}

/// What a store operation needs once the instance has been let go.
pub struct Operation {
    /// Where the stores are.
    pub database: Arc<Database>,
    /// The store.
    pub label: Label,
}

impl GuestState {
    /// A new instance of `component`.
    pub fn new(component: Arc<Component>) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.stdout(Output::new(&component.id))
            .stderr(Output::new(&component.id));
        for (name, value) in &component.environment {
            wasi.env(name, value);
        }
        Self {
            component,
            in_hand: InHand::default(),
            limits: StoreLimitsBuilder::new().memory_size(MEMORY).build(),
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            hooks: Hooks,
        }
    }

    /// Opens a store, if the component may.
    pub fn open(&mut self, label: &str) -> wasmtime::Result<Option<Resource<OpenStore>>> {
        if !self.component.stores.contains(label) {
            return Ok(None);
        }
        Ok(Some(self.table.push(OpenStore {
            label: label.into(),
        })?))
    }

    /// The label of an open store.
    pub fn label(&self, store: &Resource<OpenStore>) -> wasmtime::Result<Label> {
        Ok(self.table.get(store)?.label.clone())
    }

    /// The table of everything that the guest holds a handle to.
    pub fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }

    /// Closes a store.
    pub fn close(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

/// Counts an operation on a store for the request that it belongs to, and for the process.
pub fn begin(
    mut instance: StoreContextMut<'_, GuestState>,
    store: &Resource<OpenStore>,
    kind: Kind,
) -> wasmtime::Result<Operation> {
    let label = instance.data().label(store)?;
    count(&mut instance, kind)?;
    Ok(Operation {
        database: instance.data().component.database.clone(),
        label,
    })
}

/// Counts an operation for the request that it belongs to, and for the process.
pub fn count(instance: &mut StoreContextMut<'_, GuestState>, kind: Kind) -> wasmtime::Result<()> {
    instance.data().component.totals.operations.count(kind);
    if instance.data().component.count_requests {
        let task = instance.async_call_stack()?.last();
        if let Some(request) = task.and_then(|task| instance.data().in_hand.of(task)) {
            request.counts.count(kind);
        }
    }
    Ok(())
}

/// What a guest is told of a failed operation; the end of the store is the end of the guest, too, as in Spin, where
/// whoever comes to the poisoned lock panics.
pub fn told<T, E>(
    result: Result<T, Failure>,
    error: impl FnOnce(String) -> E,
) -> wasmtime::Result<Result<T, E>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(failure @ Failure::Poisoned) => Err(wasmtime::Error::from(failure)),
        Err(Failure::Database(why)) => {
            tracing::warn!("a store operation failed: {why}");
            Ok(Err(error(why)))
        }
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for GuestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// Requests that a guest would send: none are allowed, as no component of ours sends any.
struct Hooks;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _end: Box<dyn Future<Output = Result<(), HttpError>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, HttpError>> + Send> {
        Box::new(std::future::ready(Err(HttpError::HttpRequestDenied)))
    }
}

type Sent = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), HttpError>> + Send>,
);
