//! Accepting connections and serving the routes on them, until the process is asked to stop.
//!
//! Nothing here knows a route. Binding, file modes and tokens are the business of who starts the server.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener, ListenerExt};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// More wait in the system's own queue until one of these ends.
const MAX_CONNECTIONS: usize = 256;
/// The head of a request must be complete within this, the first one and every later one.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long open requests may go on once the process is asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Serves `router` over TCP until `stop`; it should be a guarded one.
pub async fn serve_tcp(listener: TcpListener, router: Router, stop: CancellationToken) {
    let answer_at_once = |stream: &mut TcpStream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    };
    serve(listener.tap_io(answer_at_once), router, stop).await;
}

/// Serves `router` over a Unix socket until `stop`.
pub async fn serve_unix(listener: UnixListener, router: Router, stop: CancellationToken) {
    serve(listener, router, stop).await;
}

async fn serve<L: Listener>(mut listener: L, router: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            (stream, _) = listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                connections.spawn(serve_connection(stream, router.clone(), stop.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, all_ended).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "cut off requests that did not end in time"
        );
        connections.shutdown().await;
    }
}

/// Serves one connection. Once asked to stop, it answers the request that it is at, if any, and closes.
async fn serve_connection<S>(stream: S, router: Router, stop: CancellationToken)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
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
