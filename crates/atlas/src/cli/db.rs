//! `atlas db`: looks after database files, the library's own and any other. Works on files alone: no server is asked,
//! and nothing here is reached by a route, because no route takes a path.

mod audit;
mod check;
mod cleanup;
mod shown;
mod undo;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atlas_app::cleanup::Run;
use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::output::Output;
use crate::config::{Config, Environment};
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas db audit\n  \
    atlas db audit old/atlas.db\n  \
    atlas db audit old/ --json > report.json\n  \
    atlas db audit old.db --table pages=body:source,url:address --table log=ignore\n  \
    atlas db cleanup old/atlas.db\n  \
    atlas db cleanup --apply 2026-03-01T03-00-00Z-atlas-1f3a\n  \
    atlas db undo 2026-03-01T03-00-00Z-atlas-1f3a";

/// `atlas db`
#[derive(Debug, Clone, Args)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    command: DbCommand,
}

/// What to do with a database.
#[derive(Debug, Clone, Subcommand)]
enum DbCommand {
    /// Look at everything in databases, change nothing, and tell what is junk and where the bytes are
    Audit(audit::AuditArgs),
    /// Check whether databases are sound
    Check(check::CheckArgs),
    /// Plan what is to go from a database that is not the library's, or carry a plan out
    Cleanup(cleanup::CleanupArgs),
    /// Put back what a cleanup took out
    Undo(undo::UndoArgs),
    /// List cleanups that were planned or carried out
    Runs(cleanup::RunsArgs),
}

/// Where work on databases is kept that is no part of a library: findings, plans, vaults.
pub(crate) struct Workplace(PathBuf);

impl Workplace {
    fn of(chosen: Option<&Path>, environment: &Environment) -> Result<Self, CliError> {
        let place = chosen.map(Path::to_owned).or_else(|| environment.state_dir());
        place.map(Self).ok_or_else(|| {
            CliError::new(
                Exit::Usage,
                "nobody says where to keep what is found (HOME and XDG_STATE_HOME are not set): name a directory with --work",
            )
        })
    }
}

impl Workplace {
    fn runs(&self) -> PathBuf {
        self.0.join("cleanup")
    }

    /// A run by its name, or by the path of its directory or plan.
    fn run(&self, named: &str) -> Result<Run, CliError> {
        let by_name = self.runs().join(named);
        let path = if by_name.is_dir() {
            by_name
        } else {
            PathBuf::from(named)
        };
        if !path.exists() {
            return Err(CliError::new(
                Exit::NotFound,
                format!(
                    "there is no run `{named}` in {}; atlas db runs lists those there are",
                    self.runs().display()
                ),
            ));
        }
        Run::at(&path).map_err(|error| CliError::new(Exit::NotFound, error.to_string()))
    }
}

impl DbArgs {
    /// Carries it out, until the user interrupts it by `stop`.
    pub(crate) async fn run(
        &self,
        config: &Config,
        environment: &Environment,
        output: Output,
        stop: CancellationToken,
    ) -> Result<Exit, CliError> {
        let cancel = Arc::new(AtomicBool::new(false));
        let flag = cancel.clone();
        let watching = tokio::spawn(async move {
            stop.cancelled().await;
            flag.store(true, Ordering::Relaxed);
        });
        let (command, config, environment) = (self.command.clone(), config.clone(), environment.clone());
        let done = tokio::task::spawn_blocking(move || match &command {
            DbCommand::Audit(args) => audit::run(args, &config, &environment, &output, cancel),
            DbCommand::Check(args) => check::run(args, &config, &output, &cancel),
            DbCommand::Cleanup(args) => cleanup::run(args, &environment, &output, cancel),
            DbCommand::Undo(args) => undo::run(args, &environment, &output),
            DbCommand::Runs(args) => cleanup::list(args, &environment, &output),
        })
        .await;
        watching.abort();
        done.map_err(|_panicked| CliError::unexpected())?
    }
}
