//! Accepting connections and serving the routes on them, until the process is asked to stop.
//!
//! Nothing here knows a route. Binding, file modes and tokens are the business of who starts the server.

mod stream;
mod turn;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::serve::{Listener, ListenerExt};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use stream::UnstalledStream;
use turn::{Turn, Turns, WatchedBody};

/// What the clients of one listener may take up. Each listener has its own, so that a crowd at one of them, as a
/// web page could make it, leaves the other free.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// When a client comes in beyond these, the connection that has waited longest for its client makes room. If
    /// none waits, because all are being answered, the client stays in the system's own queue.
    connections: usize,
    /// The head of a request must be complete within this, the first one and every later one.
    head: Duration,
    /// An answer must be taken, at least in parts, within this.
    write: Duration,
    /// How long open requests may go on once the process is asked to stop.
    grace: Duration,
}

const LIMITS: Limits = Limits {
    connections: 256,
    head: Duration::from_secs(10),
    write: Duration::from_secs(10),
    grace: Duration::from_secs(5),
};

/// The longest head of a request, and what of an answer is kept ready for a slow client.
const BUFFER_BYTES: usize = 64 * 1024;

/// Serves `router` over TCP until `stop`; it should be a guarded one.
pub async fn serve_tcp(listener: TcpListener, router: Router, stop: CancellationToken) {
    let answer_at_once = |stream: &mut TcpStream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    };
    serve(listener.tap_io(answer_at_once), router, LIMITS, stop).await;
}

/// Serves `router` over a Unix socket until `stop`.
pub async fn serve_unix(listener: UnixListener, router: Router, stop: CancellationToken) {
    serve(listener, router, LIMITS, stop).await;
}

async fn serve<L: Listener>(mut listener: L, router: Router, limits: Limits, stop: CancellationToken) {
    let mut running = JoinSet::new();
    let mut open = OpenConnections::default();
    let turns = Arc::new(Turns::default());
    loop {
        // Asked again whenever a turn changes. What changes in between lets in one too many, and no more.
        let has_room = open.0.len() < limits.connections
            || (open.0.len() == limits.connections && open.longest_waiting().is_some());
        tokio::select! {
            () = stop.cancelled() => break,
            (stream, _) = listener.accept(), if has_room => {
                if open.0.len() >= limits.connections {
                    open.close_longest_waiting();
                }
                let turn = Arc::new(Turn::of_client(&turns));
                let connection =
                    serve_connection(stream, router.clone(), limits, Arc::clone(&turn), stop.clone());
                open.add(running.spawn(connection), turn);
            }
            Some(ended) = running.join_next_with_id() => {
                open.0.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
            }
            () = turns.changed() => {}
        }
    }
    drop(listener);
    let all_ended = async { while running.join_next().await.is_some() {} };
    if timeout(limits.grace, all_ended).await.is_err() {
        tracing::warn!(
            connections = running.len(),
            "cut off requests that did not end in time"
        );
        running.shutdown().await;
    }
}

/// The connections that have not ended, as far as is known.
#[derive(Default)]
struct OpenConnections(HashMap<Id, (AbortHandle, Arc<Turn>)>);

impl OpenConnections {
    fn add(&mut self, task: AbortHandle, turn: Arc<Turn>) {
        self.0.insert(task.id(), (task, turn));
    }

    fn longest_waiting(&self) -> Option<Id> {
        let waiting = self
            .0
            .iter()
            .filter_map(|(id, (_, turn))| Some((turn.waits_since()?, *id)));
        waiting.min_by_key(|(since, _)| *since).map(|(_, id)| id)
    }

    /// A request that becomes complete at this very moment is cut off, as it would be by a server that ends.
    fn close_longest_waiting(&mut self) {
        if let Some((task, _)) = self.longest_waiting().and_then(|id| self.0.remove(&id)) {
            tracing::debug!("closed the connection that waited longest, to make room");
            task.abort();
        }
    }
}

/// Serves one connection. Once asked to stop, it answers the request that it is at, if any, and closes.
async fn serve_connection<S>(
    stream: S,
    router: Router,
    limits: Limits,
    turn: Arc<Turn>,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    let answer = service_fn(move |request: Request<Incoming>| {
        let body = |body| Body::new(WatchedBody::new(body, Arc::clone(&turn)));
        let answer = service.call(request.map(body));
        let turn = Arc::clone(&turn);
        async move {
            let response = answer.await;
            turn.pass(); // answers are whole when they are handed over: what is left is to take them
            response
        }
    });
    let stream = UnstalledStream::new(stream, limits.write);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests;
