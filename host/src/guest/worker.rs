//! How instances of a component live: each takes so many requests in its life, so many at once, and each of them
//! within a time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::Sleep;
use wasmtime::component::GuestTaskId;
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyHandler, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState,
    WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use super::linker;
use super::request::{End, Request};
use super::state::{Component, GuestState};

/// The bounds of an instance's life.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in its whole life.
    pub reuse: usize,
    /// Requests at once.
    pub concurrency: usize,
    /// Time for a request to be answered, and for what follows the answer.
    pub request: Duration,
    /// Time without a request.
    pub idle: Duration,
}

/// How instances learn that the host stops, and the host that they are gone.
#[derive(Clone, Debug)]
pub struct Life {
    /// Says when idle instances should end at once.
    pub stopping: watch::Receiver<bool>,
    /// Has no sender left when no instance is left.
    pub alive: mpsc::Sender<()>,
}

/// A component that answers requests.
pub type Handler = ProxyHandler<Instances>;

/// Makes instances of a component.
pub struct Instances {
    engine: Engine,
    pre: ProxyPre<GuestState>,
    component: Arc<Component>,
    limits: Limits,
    stopping: watch::Receiver<bool>,
    /// Held as long as any instance lives.
    #[allow(dead_code, reason = "held, not used")]
    alive: mpsc::Sender<()>,
}

/// A handler for `compiled`, which must export `wasi:http/handler@0.3.0`.
pub fn handler(
    engine: &Engine,
    compiled: &wasmtime::component::Component,
    component: Component,
    limits: Limits,
    life: &Life,
) -> wasmtime::Result<Handler> {
    let pre = linker::new(engine, compiled)?.instantiate_pre(compiled)?;
    let pre = ProxyPre::P3(ServicePre::new(pre)?);
    let Life { stopping, alive } = life.clone();
    Ok(ProxyHandler::new(Instances {
        engine: engine.clone(),
        pre,
        component: Arc::new(component),
        limits,
        stopping,
        alive,
    }))
}

impl Instances {
    /// The component that the instances are of.
    pub fn component(&self) -> &Component {
        &self.component
    }
}

impl HandlerState for Instances {
    type StoreData = GuestState;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<GuestState, Expiration, Worker>> {
        let mut store = Store::new(&self.engine, GuestState::new(self.component.clone()));
        store.limiter(|guest| &mut guest.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let proxy = self.pre.instantiate_async(&mut store).await?;
        let timed_out = Arc::new(AtomicBool::new(false));
        let sleep = Box::pin(tokio::time::sleep(self.limits.idle));
        let mut stopping = self.stopping.clone();
        let stopped = Box::pin(async move {
            // An error means that nobody can say so any more, which comes to the same.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        });
        self.component
            .totals
            .instances
            .fetch_add(1, Ordering::Relaxed);
        Ok(Instance {
            store,
            proxy,
            view: |guest| guest.http(),
            expiration: Expiration {
                limits: self.limits,
                sleep,
                stopped,
                timed_out: timed_out.clone(),
            },
            state: Worker {
                limits: self.limits,
                timed_out,
            },
        })
    }
}

/// Ends an instance that is idle for too long, or whose guest does not come back.
pub struct Expiration {
    limits: Limits,
    sleep: Pin<Box<Sleep>>,
    stopped: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    timed_out: Arc<AtomicBool>,
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        let time = match status {
            // Ready once and for all: the instance ends with it.
            WorkerStatus::Idle if self.stopped.as_mut().poll(cx).is_ready() => {
                return Poll::Ready(());
            }
            WorkerStatus::Idle => self.limits.idle,
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.limits.request,
        };
        let deadline = (since + time).into();
        if deadline != self.sleep.deadline() {
            self.sleep.as_mut().reset(deadline);
        }
        let over = self.sleep.as_mut().poll(cx);
        if over.is_ready() {
            self.timed_out.store(true, Ordering::Release);
        }
        over
    }
}

/// Decides for one instance.
pub struct Worker {
    limits: Limits,
    timed_out: Arc<AtomicBool>,
}

impl WorkerState for Worker {
    type StoreData = GuestState;
    type RequestData = Arc<Request>;

    fn should_accept_request(&self, at_once: usize, in_all: usize) -> ShouldAccept {
        if in_all >= self.limits.reuse {
            ShouldAccept::Never
        } else if at_once >= self.limits.concurrency {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        mut store: StoreContextMut<'_, GuestState>,
        request: Arc<Request>,
        task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        store.data_mut().in_hand.take(task, request);
        Box::pin(tokio::time::sleep(self.limits.request))
    }

    fn drop(&self, store: Store<GuestState>, result: Result<(), wasmtime::Error>) {
        let Err(error) = result else { return };
        let guest = store.data();
        let id = &guest.component.id;
        let end = match self.timed_out.load(Ordering::Acquire) {
            true => End::TimeOut,
            false => End::Trap(error.root_cause().to_string()),
        };
        tracing::debug!("{id}: an instance ended: {error:?}");
        if guest.in_hand.is_awaited() {
            guest.in_hand.end(&end);
        } else {
            tracing::warn!(
                "{id}: an instance ended after it had answered: {}",
                error.root_cause()
            );
        }
    }
}
