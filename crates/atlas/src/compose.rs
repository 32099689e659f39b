//! Composition: the parts of a process, made from configuration and wired together. The only place that knows
//! every crate.

mod outside;
mod parts;
mod reading;
mod vitals;
mod writing;

use std::sync::Arc;
use std::time::Duration;

use atlas_app::services::Inheritance;
use atlas_app::vitals::VitalsSettings;
use atlas_app::vitals::probes::OwnApi;
use atlas_app::{App, Progress, Runtime, Work};
use atlas_store::{DataDirLock, Ops, Reserve, StoreError};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub(crate) use outside::Outside;
pub(crate) use parts::{extractor, page_fetcher, policy};
pub(crate) use reading::{open_read_only, operations_alone, without_library};

use crate::config::Config;
use crate::error::CliError;
use vitals::LookedAfter;
use writing::{OpenedToWrite, Unopened, open_to_write};

/// The version of the program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How often a server looks after its reserve.
const TEND_RESERVE: Duration = Duration::from_secs(30);
/// With less than this free, whatever failed at the start failed for want of room.
const NO_ROOM_BYTES: u64 = 1024 * 1024;

/// A process that holds the lock, and writes where anything can be written.
pub(crate) struct Composed {
    pub(crate) app: Arc<App>,
    /// Background work; none when the library is damaged or nothing can be written.
    pub(crate) runtime: Option<Runtime>,
    /// None when nothing can be written.
    records: Option<Records>,
    /// Looks after the reserve; only in a server.
    tending: Option<tokio::task::JoinHandle<()>>,
    /// Writes what changes about circuit breakers.
    keeping: Option<tokio::task::JoinHandle<()>>,
    /// Looks after the services; only in a server that can write.
    looked_after: Option<LookedAfter>,
    /// By which settings that is done, and whom it reaches; where it can be done.
    care: Option<(VitalsSettings, Outside)>,
    /// Dropped last: until then nobody else may write.
    lock: Arc<DataDirLock>,
}

impl Composed {
    /// Opens everything. A server starts even where nothing can be written, on a full disk or a read-only file
    /// system: for reading only. For a command that is an error.
    ///
    /// Cancelling `stop` ends it in good order and at once, with the error [`CliError::interrupted`]. A migration that
    /// is under way then goes on until the process ends, which is no worse for it than a crash.
    pub(crate) async fn open(
        config: &Config,
        lock: Arc<DataDirLock>,
        work: Work,
        stop: &CancellationToken,
    ) -> Result<Self, CliError> {
        let serves = work == Work::JobsAndSchedules;
        if lock.dir().is_read_only() {
            let reason = StoreError::ReadOnlyFileSystem(lock.dir().path().to_owned());
            if !serves {
                return Err(reason.into());
            }
            return Ok(Self::reading_only(
                reading::open_to_serve(config, &lock, reason)?,
                lock,
            ));
        }
        let reserve = Reserve::of(lock.dir());
        if serves {
            tend(&reserve, config);
        } else {
            reserve.make_room_to_start();
        }
        // What is opened on the way makes a large state, which is not needed for long.
        match Box::pin(open_to_write(config, &lock, work, stop)).await {
            Ok(opened) => {
                let tending = serves.then(|| tokio::spawn(keep_tending(reserve, config.clone())));
                Ok(Self::writing(
                    opened,
                    config.vitals.settings.clone(),
                    tending,
                    lock,
                ))
            }
            Err(unopened) if serves && !stop.is_cancelled() && is_for_want_of_room(&unopened, &lock) => {
                tracing::error!(error = %unopened.error, "there is no room to open everything for writing");
                let reason = StoreError::Full(format!(
                    "nothing can be saved until Atlas is restarted with room where {} lies",
                    lock.dir().path().display()
                ));
                match reading::open_to_serve(config, &lock, reason) {
                    Ok(app) => Ok(Self::reading_only(app, lock)),
                    // What cannot be read either has a better reason than that it cannot be written.
                    Err(error) if error.is_damage() => Err(error.into()),
                    Err(_) => Err(unopened.error),
                }
            }
            Err(unopened) => Err(unopened.error),
        }
    }

    fn writing(
        opened: OpenedToWrite,
        settings: VitalsSettings,
        tending: Option<tokio::task::JoinHandle<()>>,
        lock: Arc<DataDirLock>,
    ) -> Self {
        let app = Arc::new(opened.app);
        app.services().hold_decisions();
        app.keep_operations(opened.records.ops.clone());
        let (services, ops) = (Arc::clone(app.services()), opened.records.ops.clone());
        Self {
            app,
            keeping: Some(tokio::spawn(async move {
                tokio::join!(services.keep_in(&ops), services.tend());
            })),
            runtime: opened.runtime,
            records: Some(opened.records),
            tending,
            looked_after: None,
            care: Some((settings, opened.outside)),
            lock,
        }
    }

    fn reading_only(app: App, lock: Arc<DataDirLock>) -> Self {
        Self {
            app: Arc::new(app),
            runtime: None,
            records: None,
            tending: None,
            keeping: None,
            looked_after: None,
            care: None,
            lock,
        }
    }

    /// From now on the services are looked after; `own` asks this server as its clients do. Where nothing can be
    /// written, nobody would remember what is found. A server that cannot be looked after serves all the same.
    pub(crate) async fn look_after(&mut self, own: Arc<dyn OwnApi>) {
        let Some((records, (settings, outside))) = self.records.as_ref().zip(self.care.take()) else {
            return;
        };
        let (app, dir, runtime) = (&self.app, self.lock.dir(), self.runtime.as_ref());
        let begun = LookedAfter::begin(app, dir, &records.ops, runtime, own, settings, &outside);
        // What is read at the start makes a large state, which is not needed for long.
        match Box::pin(begun).await {
            Ok(looked_after) => self.looked_after = Some(looked_after),
            Err(error) => tracing::error!(%error, "nobody looks after this server"),
        }
    }

    /// What must go on while this server serves.
    pub(crate) fn progress(&self) -> Vec<Arc<dyn Progress>> {
        let mut all: Vec<Arc<dyn Progress>> = Vec::new();
        all.extend(self.runtime.iter().flat_map(Runtime::progress));
        if let Some(records) = &self.records {
            all.push(Arc::new(records.ops.clone()));
        }
        if let Some(vitals) = self.app.vitals() {
            all.push(Arc::new(vitals.clone()));
        }
        all
    }

    /// Stops in good order, and records it.
    pub(crate) async fn close(self) {
        if let Some(looked_after) = self.looked_after {
            looked_after.end().await;
        }
        if let Some(tending) = self.tending {
            tending.abort();
        }
        let worked = self.runtime.is_some();
        if let Some(runtime) = self.runtime {
            runtime.stop().await;
        }
        if let Some(keeping) = self.keeping {
            keeping.abort();
        }
        let Some(records) = self.records else { return };
        self.app.services().flush_to(&records.ops).await;
        if worked && let Err(error) = records.ops.index_sound().await {
            tracing::warn!(%error, "the soundness of the search index could not be recorded");
        }
        records.close().await;
    }
}

/// What a process that writes notes about itself.
struct Records {
    ops: Ops,
    /// The number of this run; a command has none.
    run: Option<i64>,
}

impl Records {
    async fn previous_run_was_killed(&self) -> Result<bool, StoreError> {
        match self.run {
            Some(run) => Ok(self.ops.previous_run_ended(run).await? == Some(false)),
            None => Ok(false),
        }
    }

    /// What circuit breakers left behind.
    async fn inheritance(&self) -> Result<Inheritance, StoreError> {
        let stored = self.ops.stored_breakers().await?;
        Ok(Inheritance {
            rows: stored.rows,
            next_number: stored.next_number,
            unreadable: None, // what could not be read was set aside
        })
    }

    /// This run ends as it should.
    async fn close(self) {
        if let Some(run) = self.run
            && let Err(error) = self.ops.end_run(run).await
        {
            tracing::warn!(%error, "the end of this run could not be recorded");
        }
        self.ops.close().await;
    }
}

fn is_for_want_of_room(unopened: &Unopened, lock: &DataDirLock) -> bool {
    unopened.is_full || lock.dir().free_bytes().is_some_and(|free| free < NO_ROOM_BYTES)
}

/// Whether a server starts all the same, with operations only: its library is damaged or lost. One of another version
/// is sound, and is waited for by somebody else.
fn leaves_operations(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. } | StoreError::Lost { .. })
}

/// Sets the reserve aside when there is room for it. Without one, everything else works.
fn tend(reserve: &Reserve, config: &Config) {
    if let Err(error) = reserve.keep(config.reserve_bytes, config.floor_bytes) {
        tracing::warn!(%error, "no space could be set aside against a full disk");
    }
}

async fn keep_tending(reserve: Reserve, config: Config) {
    let mut ticks = interval(TEND_RESERVE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (reserve, config) = (reserve.clone(), config.clone());
        // It allocates and synchronises, which blocks.
        let _ = tokio::task::spawn_blocking(move || tend(&reserve, &config)).await;
    }
}
