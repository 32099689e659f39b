//! `Announcer`: declares the trouble that large work of ours makes, renews that while the work goes on, and takes it
//! back at its end. What it declared lasts minutes, so that after a crash it is over by itself. It does none of the work.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{JobKind, JobState};
use atlas_store::{JobFilter, StoreError};
use atlas_vitals::health::{BACKGROUND_PROCESSING, CONTENT_PIPELINE, SEARCH, Scope};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{Announcement, Ending, Vitals};
use crate::app::App;

/// For so long at most nobody is told, should this process end in the middle.
const LASTS: Duration = Duration::from_mins(5);
/// How often that is made longer.
const RENEW: Duration = Duration::from_mins(1);
/// How soon it is noticed that the work has ended.
const LOOK: Duration = Duration::from_secs(5);
/// So many jobs that are left of an earlier process are large work too.
const MANY_JOBS: u64 = 100;

/// Work that is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Reprocess,
    Rebuild,
}

/// Work that goes on.
#[derive(Debug, Clone, Copy)]
struct Going {
    /// When it was declared last; `None` once that was taken back, because it stands still.
    declared_at: Option<Instant>,
    /// How far it is, in whatever it counts.
    place: u64,
    moved_at: Instant,
}

/// Declares what the server's own work does to its services.
pub struct Announcer {
    app: Arc<App>,
    vitals: Vitals,
    reprocess: Option<Going>,
    rebuild: Option<Going>,
}

impl Announcer {
    /// For the work of `app`.
    pub fn new(app: Arc<App>, vitals: Vitals) -> Self {
        Self {
            app,
            vitals,
            reprocess: None,
            rebuild: None,
        }
    }

    /// Until `stop`, or until nobody wants to be told any more. Work that goes on after the next start is declared
    /// there again; meanwhile it stays declared.
    pub async fn run(mut self, stop: CancellationToken) {
        let app = Arc::clone(&self.app);
        let signals = &app.parts.signals;
        if self.is_much_left().await {
            signals.reprocess_goes_on();
        }
        let (mut reprocess, mut rebuild) = (signals.reprocess(), signals.index_fills());
        loop {
            // What changes from here on is seen by the next round.
            reprocess.mark_unchanged();
            rebuild.mark_unchanged();
            if self.follow().await.is_err() {
                return;
            }
            let goes_on = self.reprocess.or(self.rebuild).is_some();
            tokio::select! {
                () = stop.cancelled() => return,
                Ok(()) = reprocess.changed() => {}
                Ok(()) = rebuild.changed() => {}
                () = sleep(LOOK), if goes_on => {}
            }
        }
    }

    async fn follow(&mut self) -> Result<(), Ending> {
        let app = Arc::clone(&self.app);
        let signals = &app.parts.signals;
        let fills = *signals.index_fills().borrow();
        let rebuilt = fills.then(|| *signals.indexed().borrow());
        self.rebuild = self.declare(Work::Rebuild, rebuilt, self.rebuild).await?;
        let asked = *signals.reprocess().borrow();
        let mut left = None;
        if asked.goes_on {
            // Where it cannot be found out, there is other trouble, and that is to be told.
            let jobs = self.reprocess_jobs().await.unwrap_or_default();
            // Who still asks for it may not have enqueued anything yet.
            left = (jobs > 0 || asked.requests > 0).then_some(jobs);
            if left.is_none() {
                signals.reprocess_has_ended();
            }
        }
        self.reprocess = self.declare(Work::Reprocess, left, self.reprocess).await?;
        Ok(())
    }

    /// Declares, renews or takes back. Work that is at no place is done; work that stays at one is trouble itself.
    async fn declare(
        &self,
        work: Work,
        place: Option<u64>,
        before: Option<Going>,
    ) -> Result<Option<Going>, Ending> {
        let Some(place) = place else {
            if before.is_some_and(|going| going.declared_at.is_some()) {
                tracing::info!(work = work.name(), "maintenance ends");
                self.vitals.end_maintenance(work.name()).await?;
            }
            return Ok(None);
        };
        let now = Instant::now();
        let mut going = before.unwrap_or(Going {
            declared_at: None,
            place,
            moved_at: now,
        });
        if going.place != place {
            (going.place, going.moved_at) = (place, now);
        }
        let stands_still = now.duration_since(going.moved_at) >= LASTS;
        match going.declared_at {
            Some(_) if stands_still => {
                tracing::warn!(work = work.name(), "maintenance ends: the work stands still");
                self.vitals.end_maintenance(work.name()).await?;
                going.declared_at = None;
            }
            None if stands_still => {}
            Some(declared_at) if now.duration_since(declared_at) < RENEW => {}
            declared_at => {
                if declared_at.is_none() {
                    tracing::info!(work = work.name(), "maintenance begins");
                }
                self.vitals.announce(work.announcement()).await?;
                going.declared_at = Some(now);
            }
        }
        Ok(Some(going))
    }

    async fn is_much_left(&self) -> bool {
        matches!(self.reprocess_jobs().await, Ok(jobs) if jobs >= MANY_JOBS)
    }

    async fn reprocess_jobs(&self) -> Result<u64, StoreError> {
        let Ok(library) = self.app.library() else {
            return Ok(0);
        };
        let mut jobs = 0;
        for state in [JobState::Ready, JobState::Leased] {
            let filter = JobFilter {
                state: Some(state),
                kind: Some(JobKind::ReprocessItem),
                limit: 1,
                after: None,
            };
            jobs += library.list_jobs(self.app.user(), filter).await?.total;
        }
        Ok(jobs)
    }
}

impl Work {
    const fn name(self) -> &'static str {
        match self {
            Self::Reprocess => "reprocess",
            Self::Rebuild => "index_rebuild",
        }
    }

    fn announcement(self) -> Announcement {
        let (reason, services): (_, &[&str]) = match self {
            Self::Reprocess => (
                "many items are processed again",
                &[BACKGROUND_PROCESSING, CONTENT_PIPELINE, SEARCH],
            ),
            Self::Rebuild => ("the search index is built anew from the library", &[SEARCH]),
        };
        Announcement {
            name: self.name().to_owned(),
            reason: reason.to_owned(),
            scope: Scope::Checks(services.iter().map(|name| (*name).to_owned()).collect()),
            lasts: LASTS,
        }
    }
}

/// That many items are processed again is declared before the first of them is enqueued. Renewing it is somebody else's.
pub(crate) async fn announce_reprocess(vitals: &Vitals) {
    // A server that is about to end tells nobody anything.
    let _ = vitals.announce(Work::Reprocess.announcement()).await;
}

#[cfg(test)]
mod tests;
