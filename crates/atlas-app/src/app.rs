//! `App`: what every use case works with. One per process, in one of three modes.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use atlas_domain::url::{UrlError, concealed, parse_web_url};
use atlas_domain::{CanonicalUrl, ItemId, Receipt, UserId};
use atlas_search::SearchReader;
use atlas_store::{DataDir, Library, Ops, StoreError};
use atlas_vitals::alerts::RuleSet;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::backups::BackupPlan;
use crate::cases::{Reconfigure, Searching};
use crate::error::AppError;
use crate::metrics::Metrics;
use crate::progress::{LoopProgress, Progress};
use crate::readiness::Readiness;
use crate::services::Services;
use crate::signals::Signals;
use crate::vitals::known::Known;
use crate::vitals::{Channels, HealthView, TestFailure, Vitals};

/// What this process may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything: it holds the lock and runs jobs.
    Normal,
    /// Reading beside whoever writes, or alone.
    ReadOnly,
    /// The library is damaged: only operations work.
    OpsOnly,
}

/// The search index, or why there is none.
#[derive(Clone)]
pub enum SearchState {
    /// It can be searched.
    Ready(Box<SearchReader>),
    /// It cannot, for this reason.
    Unavailable(String),
}

/// What an [`App`] is made of.
pub struct AppParts {
    /// What this process may do.
    pub mode: Mode,
    /// Where everything lies.
    pub dir: DataDir,
    /// The library, or why it cannot be used.
    pub library: Result<Library, StoreError>,
    /// The search index, or why it cannot be used.
    pub search: SearchState,
    /// Wakes worker and indexer.
    pub signals: Arc<Signals>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Every kind of call beyond this process.
    pub services: Arc<Services>,
    /// Reads the configuration again; only in a server.
    pub reconfigure: Option<Arc<dyn Reconfigure>>,
    /// Saving is refused when less than this is free.
    pub floor_bytes: u64,
    /// The longest page that may come along with an address.
    pub html_limit_bytes: usize,
    /// What this process sets aside against a full disk; 0 when that is not its business.
    pub reserve_bytes: u64,
    /// Why nothing can be written, when it is not that this process only wants to read.
    pub read_only_because: Option<StoreError>,
    /// The version of the program.
    pub version: &'static str,
    /// The process before this one was killed.
    pub previous_run_was_killed: bool,
}

/// How long the main loop may take to come round. It does nothing that takes time.
const MAIN_LOOP_TURN: Duration = Duration::from_secs(5);

/// Every use case is a method of this. They live in `cases/`, one file a noun.
pub struct App {
    pub(crate) parts: AppParts,
    pub(crate) readiness: Readiness,
    pub(crate) searching: Searching,
    /// What is found out once in a while, for everybody.
    pub(crate) known: Known,
    /// Looks after this process; only in a server.
    vitals: OnceLock<Vitals>,
    /// The ways to people outside.
    channels: OnceLock<Channels>,
    /// The loop without which nothing of this process goes on; only in a server.
    main_loop: OnceLock<LoopProgress>,
    /// What is kept of operations; only where this process writes it.
    pub(crate) operations: OnceLock<Ops>,
    /// By which a server would look; only where none does.
    pub(crate) configured_rules: OnceLock<RuleSet>,
    /// Where backups go, where that is not beside the data.
    backup_plan: OnceLock<BackupPlan>,
}

impl App {
    /// An app of these parts.
    pub fn new(parts: AppParts) -> Self {
        Self {
            searching: Searching::new(&parts.services),
            known: Known::default(),
            parts,
            readiness: Readiness::default(),
            vitals: OnceLock::new(),
            channels: OnceLock::new(),
            main_loop: OnceLock::new(),
            operations: OnceLock::new(),
            configured_rules: OnceLock::new(),
            backup_plan: OnceLock::new(),
        }
    }

    /// Backups go where `plan` says.
    pub fn back_up_by(&self, plan: BackupPlan) {
        let _ = self.backup_plan.set(plan); // a process reads it once
    }

    pub(crate) fn backup_plan(&self) -> BackupPlan {
        let plan = self.backup_plan.get();
        plan.cloned().unwrap_or_else(|| {
            BackupPlan::beside(&self.parts.dir, self.parts.floor_bytes, self.parts.version)
        })
    }

    /// This process writes `operations`, and everybody in it looks there.
    pub fn keep_operations(&self, operations: Ops) {
        // Once is enough: a process has one.
        let _ = self.operations.set(operations);
    }

    /// Nobody looks after this process; whoever would, does it by `rules`.
    pub fn would_alert_by(&self, rules: RuleSet) {
        let _ = self.configured_rules.set(rules);
    }

    /// From now on, whether this process lives is whether that loop goes on.
    pub fn live_by(&self, main_loop: LoopProgress) {
        let _ = self.main_loop.set(main_loop); // a process has one
    }

    /// Whether the main loop goes on. Nothing else is looked at: no file, no service, nothing that a restart would not
    /// mend.
    pub async fn is_alive(&self) -> bool {
        match self.main_loop.get() {
            Some(main_loop) => timeout(MAIN_LOOP_TURN, main_loop.shown()).await.is_ok(),
            None => true, // whoever answers this goes on
        }
    }

    /// From now on it is looked after by `vitals`.
    pub fn look_after(&self, vitals: Vitals) {
        // Once is enough: a process has one that looks after it.
        let _ = self.vitals.set(vitals);
    }

    /// From now on people outside are told by these.
    pub fn tell_by(&self, channels: Channels) {
        // Once is enough: what they reach may change, they stay.
        let _ = self.channels.set(channels);
    }

    /// The ways to people outside; none where nobody has set any up.
    pub fn channels(&self) -> Option<&Channels> {
        self.channels.get()
    }

    /// Sends a real message to one of them that says that it is a test, and tells how that ended.
    pub async fn test_channel(&self, name: &str) -> Result<Receipt, TestFailure> {
        match self.channels() {
            Some(channels) => channels.test(name).await,
            None => Err(TestFailure::Unknown {
                name: name.to_owned(),
                known: Vec::new(),
            }),
        }
    }

    /// Who looks after this process; none where nobody does.
    pub fn vitals(&self) -> Option<&Vitals> {
        self.vitals.get()
    }

    /// How every service is; none where nobody looks after this process.
    pub async fn health(&self) -> Option<HealthView> {
        self.vitals()?.health().await.ok()
    }

    /// Whose library it is. One owner is all there is so far.
    #[expect(
        clippy::unused_self,
        reason = "the owner of a request, once there is more than one"
    )]
    pub(crate) fn user(&self) -> UserId {
        UserId::OWNER
    }

    /// The library, unless it is damaged.
    pub(crate) fn library(&self) -> Result<&Library, AppError> {
        self.parts
            .library
            .as_ref()
            .map_err(|error| AppError::LibraryUnavailable(error.clone()))
    }

    /// The library for a use case that writes. One that turned out damaged takes nothing in.
    pub(crate) fn writable(&self) -> Result<&Library, AppError> {
        if let Some(reason) = &self.parts.read_only_because {
            return Err(AppError::Store(reason.clone()));
        }
        if self.parts.mode == Mode::ReadOnly {
            return Err(AppError::ReadOnly);
        }
        let library = self.library()?;
        match library.trouble() {
            Some(damage @ StoreError::Corrupt { .. }) => Err(AppError::LibraryDamaged(damage)),
            _ => Ok(library),
        }
    }

    /// The counters of this process.
    pub fn metrics(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// Every kind of call beyond this process.
    pub fn services(&self) -> &Arc<Services> {
        &self.parts.services
    }

    /// The item that is meant by its id or its address.
    pub(crate) async fn resolve(&self, text: &str) -> Result<ItemId, AppError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let not_found = || {
            AppError::Store(StoreError::NotFound {
                what: "item",
                name: text.to_owned(),
            })
        };
        let library = self.library()?;
        let url = parse_web_url(text).map_err(|error| match error {
            UrlError::NoHost(_) => not_found(), // a name as good as any, of nothing
            error => AppError::Invalid(match error {
                UrlError::Invalid(..) | UrlError::Scheme(..) => {
                    let told = concealed(text);
                    format!("`{told}` is neither the id of an item nor its address")
                }
                error => error.to_string(),
            }),
        })?;
        let item = library.item_at(self.user(), &CanonicalUrl::of(&url)).await?;
        item.map(|item| item.id).ok_or_else(not_found)
    }
}
