//! Composition: the parts of a process, made from configuration and wired together. The only place that knows
//! every crate.

mod outside;
mod parts;
mod reading;
mod unopened;
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
pub(crate) use parts::{chance, extractor, page_fetcher, policy};
pub(crate) use reading::{open_read_only, operations_alone, without_library};

use crate::config::Config;
use crate::error::CliError;
use reading::OpenedToServe;
use unopened::Unopened;
use vitals::LookedAfter;
use writing::{OpenedToWrite, open_to_write};

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
    /// What is known of operations where nothing can be written.
    in_memory: Option<Ops>,
    /// Looks after the reserve; only in a server.
    tending: Option<tokio::task::JoinHandle<()>>,
    /// Writes what changes about circuit breakers.
    keeping: Option<tokio::task::JoinHandle<()>>,
    /// Looks after the services; only in a server.
    looked_after: Option<LookedAfter>,
    /// By which settings that is done, and whom it reaches; until it has begun.
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
            let opened = reading::open_to_serve(config, &lock, reason)?;
            return Ok(Self::reading_only(opened, config.vitals.settings.clone(), lock));
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
            Err(unopened) => {
                let reason = why_not_writable(&unopened, &lock).filter(|_| serves && !stop.is_cancelled());
                let Some(reason) = reason else {
                    return Err(unopened.error);
                };
                tracing::error!(error = %unopened.error, "not everything can be opened for writing");
                match reading::open_to_serve(config, &lock, reason) {
                    Ok(opened) => Ok(Self::reading_only(opened, config.vitals.settings.clone(), lock)),
                    // What cannot be read either has a better reason than that it cannot be written.
                    Err(error) if error.is_damage() => Err(error.into()),
                    Err(_) => Err(unopened.error),
                }
            }
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
            in_memory: None,
            tending,
            looked_after: None,
            care: Some((settings, opened.outside)),
            lock,
        }
    }

    /// Circuit breakers are written nowhere: who decides about one reads that it is not kept.
    fn reading_only(opened: OpenedToServe, settings: VitalsSettings, lock: Arc<DataDirLock>) -> Self {
        let app = Arc::new(opened.app);
        app.keep_operations(opened.ops.clone());
        let services = Arc::clone(app.services());
        Self {
            app,
            runtime: None,
            records: None,
            in_memory: Some(opened.ops),
            tending: None,
            keeping: Some(tokio::spawn(async move { services.tend().await })),
            looked_after: None,
            care: opened.outside.map(|outside| (settings, outside)),
            lock,
        }
    }

    /// From now on the services are looked after; `own` asks this server as its clients do. A server that cannot be
    /// looked after serves all the same.
    pub(crate) async fn look_after(&mut self, own: Arc<dyn OwnApi>) {
        let care = self.care.take();
        let Some((ops, (settings, outside))) = self.ops().zip(care) else {
            return;
        };
        let (app, dir, runtime) = (&self.app, self.lock.dir(), self.runtime.as_ref());
        let begun = LookedAfter::begin(app, dir, ops, runtime, own, settings, &outside);
        // What is read at the start makes a large state, which is not needed for long.
        match Box::pin(begun).await {
            Ok(looked_after) => self.looked_after = Some(looked_after),
            Err(error) => tracing::error!(%error, "nobody looks after this server"),
        }
    }

    /// Where what is known of operations lies.
    fn ops(&self) -> Option<&Ops> {
        let written = self.records.as_ref().map(|records| &records.ops);
        written.or(self.in_memory.as_ref())
    }

    /// What must go on while this server serves.
    pub(crate) fn progress(&self) -> Vec<Arc<dyn Progress>> {
        let mut all: Vec<Arc<dyn Progress>> = Vec::new();
        all.extend(self.runtime.iter().flat_map(Runtime::progress));
        if let Some(ops) = self.ops() {
            all.push(Arc::new(ops.clone()));
        }
        if let Some(vitals) = self.app.vitals() {
            all.push(Arc::new(vitals.clone()));
        }
        all
    }

    /// Stops in good order, and records it.
    pub(crate) async fn close(self) {
        let was_looked_after = self.looked_after.is_some();
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
        if let Some(ops) = self.in_memory {
            if was_looked_after {
                carry_home(&ops, &self.lock).await;
            }
            ops.close().await;
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

/// The next start is to know what was told meanwhile, and to tell its end.
async fn carry_home(ops: &Ops, lock: &DataDirLock) {
    match ops.carry_home(lock).await {
        Ok(true) => tracing::info!("what was found out while nothing could be written is written down"),
        Ok(false) => tracing::warn!("what was found out is lost: it still cannot be written down"),
        Err(error) => tracing::warn!(%error, "what was found out is lost: it cannot be written down"),
    }
}

/// Nothing can be written where the data lies, or where one of the files leads.
fn why_not_writable(unopened: &Unopened, lock: &DataDirLock) -> Option<StoreError> {
    let is_full = || lock.dir().free_bytes().is_some_and(|free| free < NO_ROOM_BYTES);
    match &unopened.not_writable {
        Some(read_only @ StoreError::ReadOnlyFileSystem(_)) => return Some(read_only.clone()),
        Some(_full) => {}
        None if is_full() => {}
        None => return None,
    }
    Some(StoreError::Full(format!(
        "nothing can be saved until Atlas is restarted with room where {} lies",
        lock.dir().path().display()
    )))
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
