//! `atlas status`: what there is, what is left to do, and what is degraded, with the reason.

mod breakers;

use std::collections::BTreeMap;

use atlas_domain::{HealthStatus, Timestamp};
use atlas_store::StoreError;
use serde::{Deserialize, Serialize};

use crate::app::{App, Mode, SearchState};
use crate::dead_letters::DeadLetters;
use crate::freshness::index_troubles;
use crate::space::BelowFloor;
use crate::vitals::{ChannelView, CheckView};

/// Stored pages that each look takes to notice that many are missing: it must stay cheap.
const BYTES_SAMPLED: u32 = 32;

/// What is counted under this name is in a state that this version does not know.
const UNREADABLE: &str = "unreadable";

/// The state of a library and its process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusView {
    /// The version of the program.
    pub version: String,
    /// What the process may do.
    pub mode: Mode,
    /// Items outside the trash by state.
    pub items: BTreeMap<String, u64>,
    /// Items in the trash.
    pub trashed: u64,
    /// Versions of content.
    pub documents: u64,
    /// The queue.
    pub queue: QueueView,
    /// The search index.
    pub index: IndexView,
    /// The writer of the library.
    pub writer: WriterView,
    /// The disk.
    pub disk: DiskView,
    /// Circuit breakers.
    #[serde(default)]
    pub breakers: BreakersView,
    /// The server before this one was killed, or the machine lost power: nothing is lost, but it is worth knowing.
    #[serde(default)]
    pub previous_run_was_killed: bool,
    /// How the whole is; none where nobody looks after it.
    #[serde(default)]
    pub overall: Option<HealthStatus>,
    /// How every service is; nothing where nobody looks after it.
    #[serde(default)]
    pub services: Vec<CheckView>,
    /// What is wrong and who is told of it; where nobody looks after it, what was known when somebody did. None where
    /// operational state cannot be read.
    #[serde(default)]
    pub alerts: Option<AlertsView>,
    /// What holds the service back; empty when all is well.
    pub degraded: Vec<Degradation>,
}

/// The queue.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct QueueView {
    /// Jobs by state.
    pub jobs: BTreeMap<String, u64>,
    /// Age of the oldest job that could run now.
    pub oldest_ready_ms: u64,
    /// Jobs that wait for a later try.
    #[serde(default)]
    pub waiting_later: u64,
    /// When the first of them is due; none when none waits.
    #[serde(default)]
    pub next_try_at: Option<Timestamp>,
}

/// The search index.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct IndexView {
    /// Documents in it.
    pub documents: u64,
    /// Changes it has yet to follow.
    pub lag: u64,
    /// For how long the oldest of them has been waiting.
    #[serde(default)]
    pub lag_ms: u64,
    /// Items it goes without, because the library holds something unreadable of them. Counted since the start.
    #[serde(default)]
    pub unreadable: u64,
}

/// The writer of the library, since the process started.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WriterView {
    /// Batches.
    pub batches: u64,
    /// Requests answered.
    pub requests: u64,
    /// Time spent in batches.
    pub busy_micros: u64,
    /// Requests that wait now.
    pub waiting: u64,
}

/// The disk.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DiskView {
    /// The data directory.
    pub path: String,
    /// Bytes the two databases take.
    pub database_bytes: u64,
    /// Bytes free.
    pub free_bytes: u64,
    /// Saving is refused when less is free.
    pub floor_bytes: u64,
}

/// Circuit breakers. An open one of a host is that host's trouble, not ours.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BreakersView {
    /// Those that are open by their own judgement, whatever a person decided.
    pub open: usize,
    /// Those that try whether the other side is well again.
    pub half_open: usize,
    /// Closed ones whose host asked for a pause that is not over.
    #[serde(default)]
    pub paused: usize,
    /// Those that a person decided about.
    pub decided: usize,
    /// Changes that are not on the disk yet.
    #[serde(default)]
    pub unwritten: usize,
}

/// What is wrong, and who is told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsView {
    /// Incidents that are not over.
    pub open: u64,
    /// Those of them that are critical.
    pub critical: u64,
    /// Those of them that nobody has taken on.
    pub unacknowledged: u64,
    /// What was told on this machine itself, and nobody has read.
    pub unread: u64,
    /// The channels to people outside this machine.
    pub channels: Vec<ChannelView>,
}

/// Something that holds the service back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degradation {
    /// Stable code.
    pub code: String,
    /// A sentence: what, why, what to do.
    pub message: String,
}

impl App {
    /// Looks at everything. What cannot be read is degraded, never an error.
    pub async fn status(&self) -> StatusView {
        let mut status = StatusView {
            version: self.parts.version.to_owned(),
            mode: self.parts.mode,
            items: BTreeMap::new(),
            trashed: 0,
            documents: 0,
            queue: QueueView::default(),
            index: IndexView::default(),
            writer: WriterView::default(),
            disk: self.disk(),
            breakers: BreakersView::default(),
            previous_run_was_killed: self.parts.previous_run_was_killed,
            overall: None,
            services: Vec::new(),
            alerts: None,
            degraded: Vec::new(),
        };
        self.tell_of_health(&mut status).await;
        match self.count_library(&mut status).await {
            // Told below, with every other trouble of the file.
            Ok(()) | Err(crate::AppError::Store(StoreError::Corrupt { .. })) => {}
            Err(error) => status.degrade(error.code(), what_to_do(&error)),
        }
        status.degraded.extend(self.troubles());
        status.degraded.extend(self.operations_troubles());
        self.tell_of_breakers(&mut status);
        match &self.parts.search {
            SearchState::Ready(reader) => {
                status.index.documents = reader.count();
                if let Some(loss) = self.index_loss(reader) {
                    status.degrade("index_rebuilding", loss.to_owned());
                }
            }
            SearchState::Unavailable(reason) => status.degrade(
                "search_unavailable",
                format!("{reason}; `atlas serve` builds an index that is missing or damaged"),
            ),
        }
        if let Some(below) = BelowFloor::of(status.disk.free_bytes, status.disk.floor_bytes) {
            status.degrade("disk_floor", below.to_string());
        }
        status
    }

    async fn tell_of_health(&self, status: &mut StatusView) {
        let Some(vitals) = self.vitals() else {
            // As the last one that looked after it has left it; of channels, what is set up.
            if let Some(channels) = self.known_channels().await {
                status.alerts = self.alerts_in_short(channels).await;
            }
            return;
        };
        match vitals.health().await {
            Ok(health) => {
                status.overall = Some(health.overall);
                status.services = health.services;
                status.alerts = self.alerts_in_short(health.channels).await;
            }
            Err(ending) => status.degrade(
                "not_monitored",
                format!("nobody looks after the services: {ending}"),
            ),
        }
    }

    async fn count_library(&self, status: &mut StatusView) -> Result<(), crate::AppError> {
        let (library, user) = (self.library()?, self.user());
        let counts = library.counts(user).await?;
        status.items = counts
            .items
            .iter()
            .map(|(state, n)| (state.to_string(), *n))
            .collect();
        if counts.unreadable_items > 0 {
            status
                .items
                .insert(UNREADABLE.to_owned(), counts.unreadable_items);
        }
        status.trashed = counts.trashed;
        status.documents = counts.documents;
        status.queue = QueueView {
            jobs: counts
                .jobs
                .iter()
                .map(|(state, n)| (state.to_string(), *n))
                .collect(),
            oldest_ready_ms: counts.oldest_ready_ms,
            waiting_later: counts.waiting_later,
            next_try_at: counts.next_try_at,
        };
        if counts.unreadable_jobs > 0 {
            status
                .queue
                .jobs
                .insert(UNREADABLE.to_owned(), counts.unreadable_jobs);
        }
        if let Some(dead) = DeadLetters::find(library, user, &counts).await? {
            status.degrade("dead_letters", dead.to_string());
        }
        if library.misses_bytes(BYTES_SAMPLED).await? {
            status.degrade(
                "content_missing",
                "files of stored pages are missing in blobs/: put them back from a backup; `atlas doctor` counts them"
                    .to_owned(),
            );
        }
        if let SearchState::Ready(reader) = &self.parts.search {
            let watermark = reader.watermark();
            status.index.lag = library.changes_behind(watermark.as_ref()).await?;
            status.index.lag_ms = library.oldest_waiting(watermark.as_ref()).await?.as_millis() as u64;
            status.index.unreadable = self.parts.signals.unreadable_items();
            status.degraded.extend(index_troubles(&status.index));
        }
        if let Some(stats) = library.writer_stats() {
            status.writer = WriterView {
                batches: stats.batches,
                requests: stats.requests,
                busy_micros: stats.busy_micros,
                waiting: stats.waiting,
            };
        }
        Ok(())
    }

    fn disk(&self) -> DiskView {
        let dir = &self.parts.dir;
        let size = |path: std::path::PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        DiskView {
            path: dir.path().display().to_string(),
            database_bytes: size(dir.library_db()) + size(dir.ops_db()),
            free_bytes: dir.free_bytes().unwrap_or(0),
            floor_bytes: self.parts.floor_bytes,
        }
    }
}

/// Why the library cannot be counted, and what helps.
fn what_to_do(error: &crate::AppError) -> String {
    let told = error.told();
    match error.code() {
        "library_unavailable" => {
            format!("{told}; stop Atlas, keep a copy of the data directory, and restore a backup")
        }
        _ => format!("{told}; `atlas doctor` looks closer"),
    }
}

impl StatusView {
    fn degrade(&mut self, code: &str, message: String) {
        self.degraded.push(Degradation {
            code: code.to_owned(),
            message,
        });
    }
}
