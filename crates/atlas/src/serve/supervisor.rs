//! `Supervisor`: tells whoever supervises this process, systemd or one that speaks as it does, how it is. It says that
//! the process goes on only when everything that must go on has shown it since it was said last. Without a supervisor it
//! does nothing.

mod effort;
mod notify;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use atlas_app::Progress;
use atlas_app::vitals::HealthView;
use atlas_domain::HealthStatus;
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::config::Supervision;
use effort::effort;
use notify::NotifySocket;

/// A migration of a large library copies it, checks the copy, and goes through it again. What takes longer is stuck.
const START_AT_MOST: Duration = Duration::from_hours(2);
/// Everything at the end has a limit of its own; what is left is the last checkpoint.
const END_AT_MOST: Duration = Duration::from_mins(10);
/// How much time is asked for at once. One write to a slow disk can take long, and shows nothing on its way.
const MORE_TIME: Duration = Duration::from_mins(1);
/// How often it is looked whether something has been done for it.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A status is a line on a terminal.
const STATUS_CHARS: usize = 200;

/// Speaks with the supervisor, if there is one.
#[derive(Clone)]
pub(super) struct Supervisor {
    socket: Option<Arc<NotifySocket>>,
    /// The supervisor ends a process that has not shown for so long that it goes on.
    watchdog: Option<Duration>,
}

impl Supervisor {
    pub(super) fn of(supervision: &Supervision) -> Self {
        let socket = supervision.socket.as_deref().and_then(|address| {
            NotifySocket::to(address)
                .inspect_err(
                    |error| tracing::warn!(%error, address, "the supervisor cannot be told anything"),
                )
                .ok()
        });
        Self {
            socket: socket.map(Arc::new),
            watchdog: supervision.watchdog,
        }
    }

    /// Does the work of a start, which may take as long as a migration does: the supervisor is asked for more time, as
    /// long as something is done.
    pub(super) async fn wait_for_start<T>(&self, start: impl Future<Output = T>) -> T {
        self.tell("STATUS=starting");
        let _asks = self.ask_for_time(START_AT_MOST);
        start.await
    }

    /// Says that this server ends, and lets it.
    pub(super) async fn wait_for_end<T>(&self, end: impl Future<Output = T>) -> T {
        self.tell("STOPPING=1\nSTATUS=ending");
        let _asks = self.ask_for_time(END_AT_MOST);
        end.await
    }

    /// Says that the configuration is being read again, until it has been.
    pub(super) async fn wait_for_reload<T>(&self, reload: impl Future<Output = T>) -> T {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
        let reloaded = reload.await;
        self.tell("READY=1");
        reloaded
    }

    /// Says that this server serves. From now on it is told how it is, and that all of `progress` goes on, until what
    /// is returned is dropped.
    pub(super) fn watch(
        &self,
        progress: Vec<Arc<dyn Progress>>,
        health: Option<watch::Receiver<HealthView>>,
    ) -> Vec<AbortOnDropHandle<Infallible>> {
        self.tell("READY=1\nSTATUS=serving");
        let Some(socket) = &self.socket else {
            return Vec::new();
        };
        let feeding = self
            .watchdog
            .map(|watchdog| tokio::spawn(feed(Arc::clone(socket), watchdog / 2, progress)));
        let telling = health.map(|health| tokio::spawn(tell_health(Arc::clone(socket), health)));
        let tasks = feeding.into_iter().chain(telling);
        tasks.map(AbortOnDropHandle::new).collect()
    }

    fn tell(&self, message: &str) {
        if let Some(socket) = &self.socket {
            socket.tell(message);
        }
    }

    /// On a task of its own: what it asks for may be needed because a thread is busy.
    fn ask_for_time(&self, at_most: Duration) -> Option<AbortOnDropHandle<()>> {
        let socket = Arc::clone(self.socket.as_ref()?);
        let tell = move |message: &str| socket.tell(message);
        Some(AbortOnDropHandle::new(tokio::spawn(ask_for_time(
            at_most, effort, tell,
        ))))
    }
}

/// Asks for more time whenever `effort` has grown, and for `at_most` in all. Where it cannot be known, it counts as
/// grown.
async fn ask_for_time(at_most: Duration, effort: impl Fn() -> Option<u64>, tell: impl Fn(&str)) {
    let end = Instant::now() + at_most;
    let mut before = None;
    let mut ticks = interval(LOOK_EVERY);
    loop {
        let now = ticks.tick().await;
        if now >= end {
            tracing::warn!("this has taken long enough: the supervisor is not asked for more time");
            return;
        }
        let spent = effort();
        if spent.is_none() || spent > before {
            tell(&format!("EXTEND_TIMEOUT_USEC={}", MORE_TIME.as_micros()));
        }
        before = spent;
    }
}

/// Feeds the watchdog, as long as everything goes on.
async fn feed(socket: Arc<NotifySocket>, every: Duration, progress: Vec<Arc<dyn Progress>>) -> Infallible {
    loop {
        let begun = Instant::now();
        all_shown(&progress, every).await;
        socket.tell("WATCHDOG=1");
        sleep_until(begun + every).await;
    }
}

/// Returns once all have shown that they go on. Whoever keeps it waiting is named.
async fn all_shown(progress: &[Arc<dyn Progress>], patience: Duration) {
    for one in progress {
        if timeout(patience, one.shown()).await.is_err() {
            tracing::error!(
                waited_secs = patience.as_secs(),
                "{} does not go on: the watchdog is not fed until it does",
                one.name()
            );
            one.shown().await;
        }
    }
}

/// Tells in a line how the services are, whenever that line is another.
async fn tell_health(socket: Arc<NotifySocket>, mut health: watch::Receiver<HealthView>) -> Infallible {
    let mut told = String::new();
    loop {
        let line = line_of(&health.borrow_and_update());
        if line != told {
            socket.tell(&format!("STATUS={line}"));
            told = line;
        }
        if health.changed().await.is_err() {
            std::future::pending::<()>().await; // nobody looks any more; the end is near
        }
    }
}

/// The whole, and whatever is not well.
fn line_of(health: &HealthView) -> String {
    let unwell = health
        .services
        .iter()
        .filter(|service| service.status != HealthStatus::Healthy)
        .map(|service| format!("{} is {}", service.name, service.status));
    let unwell: Vec<String> = unwell.collect();
    let line = if unwell.is_empty() {
        health.overall.to_string()
    } else {
        format!("{}: {}", health.overall, unwell.join(", "))
    };
    // A line break would begin another message.
    line.chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .take(STATUS_CHARS)
        .collect()
}
