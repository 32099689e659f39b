//! Whose turn it is on each connection: the client's, to send a request or to take an answer, or ours, to answer.
//! Nothing here closes a connection.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::Notify;

/// Numbers the turns of a listener's clients, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Turns {
    last: AtomicU64,
    changed: Notify,
}

impl Turns {
    /// Waits until some turn changes.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// Whose turn it is on one connection.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Arc<Turns>,
    /// The number of the client's turn, or [`OURS`].
    number: AtomicU64,
}

const OURS: u64 = 0;

impl Turn {
    /// A new connection: its client has yet to ask for something.
    pub(super) fn of_client(turns: &Arc<Turns>) -> Self {
        let turn = Self {
            turns: Arc::clone(turns),
            number: AtomicU64::new(OURS),
        };
        turn.pass();
        turn
    }

    /// Makes it ours.
    fn take(&self) {
        self.number.store(OURS, Ordering::Relaxed);
        self.turns.changed.notify_one();
    }

    /// Makes it the client's.
    pub(super) fn pass(&self) {
        let number = self.turns.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.number.store(number, Ordering::Relaxed);
        self.turns.changed.notify_one();
    }

    /// The number of the client's turn, which is lower the longer it lasts.
    pub(super) fn waits_since(&self) -> Option<u64> {
        Some(self.number.load(Ordering::Relaxed)).filter(|number| *number != OURS)
    }
}

/// The body of a request: once it has arrived, or nobody wants the rest, it is our turn.
pub(super) struct WatchedBody {
    body: Incoming,
    /// None once it is our turn.
    turn: Option<Arc<Turn>>,
}

impl WatchedBody {
    pub(super) fn new(body: Incoming, turn: Arc<Turn>) -> Self {
        let mut watched = Self {
            body,
            turn: Some(turn),
        };
        if watched.body.is_end_stream() {
            watched.arrived();
        }
        watched
    }

    fn arrived(&mut self) {
        if let Some(turn) = self.turn.take() {
            turn.take();
        }
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if self.body.is_end_stream() || !matches!(frame, Some(Ok(_))) {
            self.arrived();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        self.arrived();
    }
}
