//! HTTP: connections in, requests to components, answers out.
//!
//! - [`answer`]: one request, from its route to its answer or to the problem that stands for it
//! - [`body`]: the body of an answer, with what must live as long
//! - [`given`]: what a component is given of a request, as Spin gives it
//! - [`own`]: the few paths that the host answers itself
//! - [`problem`]: `application/problem+json` for what a component could not answer

pub mod answer;
mod body;
mod given;
mod own;
mod problem;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};

use crate::guest::worker::Handler;
use crate::manifest::Manifest;
use crate::stats::Totals;

/// An application as it is served.
pub struct App {
    /// What the manifest says.
    pub manifest: Manifest,
    /// Components by id, each ready to answer.
    pub handlers: HashMap<String, Handler>,
    /// Counts since the start.
    pub totals: Arc<Totals>,
    /// Whether answers and `/_rapport/stats` tell of them.
    pub stats: bool,
    /// Permits for requests in flight.
    pub in_flight: Arc<Semaphore>,
    /// How long a request may take.
    pub request_timeout: Duration,
}

/// Serves connections until `stop` says so, then finishes what has begun.
pub async fn serve(app: Arc<App>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    // Each connection holds a sender; when all are gone, all connections are.
    let (open, mut all_closed) = mpsc::channel::<()>(1);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(app.clone(), stream, peer, stop.clone());
                let open = open.clone();
                tokio::spawn(async move {
                    connection.await;
                    drop(open);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: waiting is all that can be done.
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop((app, listener, open));
    let _ = all_closed.recv().await;
}

async fn connection(
    app: Arc<App>,
    stream: TcpStream,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
) {
    // Without this, an answer in two segments waits for the client's acknowledgement of the first, 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("TCP_NODELAY could not be set: {error}");
    }
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(60));
    builder.http2().timer(TokioTimer::new());
    let service = service_fn(|request| answer::answer(app.clone(), request, peer));
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let result = tokio::select! {
        result = serving.as_mut() => result,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
        tracing::debug!("the connection of {peer} ended: {error}");
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that nobody can say so any more, which comes to the same.
    let _ = stop.wait_for(|stop| *stop).await;
}
