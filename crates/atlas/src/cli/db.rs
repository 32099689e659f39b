//! `atlas db`: looks after databases. The library is looked after by routes, through whoever has it; any other file by this
//! process alone, because no route takes a path.

mod audit;
mod check;
mod cleanup;
mod compact;
mod library;
mod migrate;
mod runs;
mod shown;
mod undo;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atlas_app::cleanup::Run;
use atlas_domain::CleanupId;
use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::Access;
use super::output::Output;
use crate::client::Client;
use crate::config::{Config, Environment};
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas db audit\n  \
    atlas db cleanup\n  \
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
    /// Look at everything in the library or in databases, change nothing, and tell what is junk and where the bytes are
    Audit(audit::AuditArgs),
    /// Check whether databases are sound
    Check(check::CheckArgs),
    /// Plan what is to leave the library or a database, or carry a plan out
    Cleanup(cleanup::CleanupArgs),
    /// Put back what a cleanup took out
    Undo(undo::UndoArgs),
    /// List cleanups that were planned or carried out
    Runs(runs::RunsArgs),
    /// Give free bytes of the library's file, or of another database, back to the disk
    Compact(compact::CompactArgs),
    /// Bring the library's files to the schema of this build, as every start does
    Migrate(migrate::MigrateArgs),
    /// List the items that the last audit of the library holds for no good
    Findings(library::FindingsArgs),
    /// Take note that a cleanup of the library failed and was undone: others may begin again
    Acknowledge {
        /// The cleanup
        run: String,
    },
}

/// Cleanups of the library go by a name of another form than those of files.
fn is_of_library(run: &str) -> bool {
    run.parse::<CleanupId>().is_ok()
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
    /// What it needs of the library.
    pub(super) fn access(&self) -> Access {
        match &self.command {
            _ if self.needs_only_files() => Access::None,
            DbCommand::Audit(_) | DbCommand::Cleanup(_) | DbCommand::Undo(_) => Access::Tend,
            DbCommand::Acknowledge { .. } | DbCommand::Compact(_) | DbCommand::Migrate(_) => Access::Decide,
            DbCommand::Check(_) | DbCommand::Runs(_) | DbCommand::Findings(_) => Access::Read,
        }
    }

    /// Whether it is about files alone, and carried out without any library.
    pub(crate) fn needs_only_files(&self) -> bool {
        match &self.command {
            DbCommand::Audit(args) => args.is_of_files(),
            DbCommand::Check(_) => true,
            DbCommand::Cleanup(args) => args.is_of_file(),
            DbCommand::Undo(args) => !is_of_library(&args.run),
            DbCommand::Runs(args) => !args.library,
            DbCommand::Compact(args) => args.file.is_some(),
            DbCommand::Migrate(args) => args.dry_run,
            DbCommand::Findings(_) | DbCommand::Acknowledge { .. } => false,
        }
    }

    /// Looks after the library, by routes.
    pub(super) async fn by_routes(&self, client: &Client, output: &Output) -> Result<Exit, CliError> {
        match &self.command {
            DbCommand::Audit(args) => library::audit(args.html.as_deref(), client, output).await,
            DbCommand::Cleanup(args) => match args.run_of_library() {
                Some(run) => library::apply(run, args.allow, client, output).await,
                None => library::plan(args.wanted_of_library(), client, output).await,
            },
            DbCommand::Undo(args) => library::undo(&args.run, &args.row, client, output).await,
            DbCommand::Runs(_) => library::runs(client, output).await,
            DbCommand::Findings(args) => library::findings(args, client, output).await,
            DbCommand::Acknowledge { run } => library::acknowledge(run, client, output).await,
            DbCommand::Compact(_) => compact::library(client, output).await,
            DbCommand::Migrate(_) => migrate::by_route(client, output).await,
            DbCommand::Check(_) => Err(CliError::unexpected()), // is of files alone
        }
    }

    /// Looks after files, until the user interrupts it by `stop`.
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
            DbCommand::Audit(args) => audit::run(args, &environment, &output, cancel),
            DbCommand::Check(args) => check::run(args, &config, &output, &cancel),
            DbCommand::Cleanup(args) => cleanup::run(args, &environment, &output, cancel),
            DbCommand::Undo(args) => undo::run(args, &environment, &output),
            DbCommand::Runs(args) => runs::list(args, &environment, &output),
            DbCommand::Compact(args) => match &args.file {
                Some(file) => compact::run(args, file, &environment, &output),
                None => Err(CliError::unexpected()), // needs the library
            },
            DbCommand::Migrate(_) => migrate::dry_run(&config, &output),
            DbCommand::Findings(_) | DbCommand::Acknowledge { .. } => Err(CliError::unexpected()), // need the library
        })
        .await;
        watching.abort();
        done.map_err(|_panicked| CliError::unexpected())?
    }
}
