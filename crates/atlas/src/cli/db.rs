//! `atlas db`: looks after database files, the library's own and any other. Works on files alone: no server is asked,
//! and nothing here is reached by a route, because no route takes a path.

mod audit;
mod shown;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::output::Output;
use crate::config::{Config, Environment};
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas db audit\n  \
    atlas db audit old/atlas.db\n  \
    atlas db audit old/ --json > report.json\n  \
    atlas db audit old.db --table pages=body:source,url:address --table log=ignore";

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
        })
        .await;
        watching.abort();
        done.map_err(|_panicked| CliError::unexpected())?
    }
}
