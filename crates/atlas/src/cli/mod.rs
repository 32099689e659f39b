//! The command line: every command there is, on one page. What a command does and says is in its own file;
//! nothing here opens a library, reads the environment or prints.

pub(crate) mod args;
pub(crate) mod output;
pub(crate) mod reload;

mod add;
mod alert;
pub(crate) mod backup;
mod breaker;
pub(crate) mod db;
mod doctor;
mod duration;
mod export;
mod health;
mod input;
mod items;
mod job;
mod list;
mod metrics;
pub(crate) mod monitor;
mod outcomes;
mod pages;
mod policy;
mod quarantine;
mod reprocess;
mod routes;
mod search;
mod search_line;
mod several;
mod show;
mod sparkline;
mod status;
mod table;
mod tag_line;
mod text;
mod wait;
mod watch;
mod width;
mod words;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use self::output::Output;
use crate::client::Client;
use crate::error::{CliError, Exit};

/// Saves what you read, keeps it for good, and finds it again.
#[derive(Debug, Parser)]
#[command(
    name = "atlas",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        atlas add --wait https://example.com/article\n  \
        atlas search 'sourdough starter'\n  \
        atlas show https://example.com/article --why\n  \
        atlas serve\n\n\
        Every command has its own examples: atlas COMMAND --help"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Understands a command line, or says what is wrong with it.
    pub(crate) fn understand(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        tag_line::parse(&search_line::arranged(arguments.into_iter().collect()))
    }
}

/// What every command understands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "Where the library lies [env: ATLAS_DATA_DIR]"
    )]
    pub(crate) data_dir: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "The configuration file; none is needed [env: ATLAS_CONFIG]"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Print the answer as one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing but errors beside the answer
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Log what happens on standard error
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

/// Everything that can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    #[command(after_help = args::SERVE_EXAMPLES)]
    Serve(args::ServeArgs),
    /// Show what Atlas does, on a bundled site and in a throw-away library
    #[command(after_help = args::DEMO_EXAMPLES)]
    Demo(args::DemoArgs),
    #[command(flatten)]
    Routed(RoutedCommand),
    /// Extract pages without saving them
    #[command(after_help = args::EXTRACT_EXAMPLES)]
    Extract(args::ExtractArgs),
    /// Try rules of alerts before they have to hold
    #[command(after_help = monitor::EXAMPLES)]
    Monitor(monitor::MonitorArgs),
    /// Look at the configuration
    #[command(after_help = args::CONFIG_EXAMPLES)]
    Config(args::ConfigArgs),
    /// Print completions for a shell
    #[command(after_help = args::COMPLETIONS_EXAMPLES)]
    Completions(args::CompletionsArgs),
    /// Extract pages for the process that started this one
    #[command(hide = true)]
    ExtractChild,
}

/// The commands that are carried out by routes: those of a running server, or of this process.
#[derive(Debug, Subcommand)]
pub(crate) enum RoutedCommand {
    /// Save addresses
    #[command(after_help = add::EXAMPLES)]
    Add(add::AddArgs),
    /// Find saved pages by their words
    #[command(after_help = search::EXAMPLES)]
    Search(search::SearchArgs),
    /// List saved items, the newest first
    #[command(after_help = list::EXAMPLES)]
    List(list::ListArgs),
    /// Show one item with its content
    #[command(after_help = show::EXAMPLES)]
    Show(show::ShowArgs),
    /// Put items in the trash
    #[command(after_help = items::REMOVE_EXAMPLES)]
    Rm(items::ItemsArgs),
    /// Take items out of the trash
    #[command(after_help = items::RESTORE_EXAMPLES)]
    Restore(items::ItemsArgs),
    /// Add and remove tags
    #[command(after_help = items::TAG_EXAMPLES)]
    Tag(items::TagArgs),
    /// Look at suspected junk and decide about it
    #[command(after_help = quarantine::EXAMPLES)]
    Quarantine(quarantine::QuarantineArgs),
    /// Look at the work that is done, waiting or given up
    #[command(after_help = job::EXAMPLES)]
    Job(job::JobArgs),
    /// Look at circuit breakers, and decide about them
    #[command(after_help = breaker::EXAMPLES)]
    Breaker(breaker::BreakerArgs),
    /// Tell by which rules services are called
    #[command(after_help = policy::EXAMPLES)]
    Policy(policy::PolicyArgs),
    /// Tell what there is, what is left to do, and what is degraded
    #[command(after_help = status::EXAMPLES)]
    Status(status::StatusArgs),
    /// Tell how every service is
    #[command(after_help = health::EXAMPLES)]
    Health,
    /// Look at what is wrong and what was told of it, and decide about it
    #[command(after_help = alert::EXAMPLES)]
    Alert(alert::AlertArgs),
    /// Tell what is measured, and how it went
    #[command(after_help = metrics::EXAMPLES)]
    Metrics(metrics::MetricsArgs),
    /// Extract and judge items again from their stored bytes
    #[command(after_help = reprocess::EXAMPLES)]
    Reprocess(reprocess::ReprocessArgs),
    /// Check that everything is in order
    #[command(after_help = doctor::EXAMPLES)]
    Doctor,
    /// Write the library out
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArgs),
    /// Make backups, look at them, and restore one
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::BackupArgs),
    /// Look after databases: the library's own, and any other SQLite file
    #[command(after_help = db::EXAMPLES)]
    Db(db::DbArgs),
}

/// What a command needs of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: what a server works by, or what the configuration says where there is none.
    None,
    /// None: what is kept of operations, which can be looked at whatever has become of the library.
    Operations,
    /// None, and a server that runs: it alone acts on what is decided.
    Server,
    /// To look at it, which never stands in anybody's way.
    Read,
    /// To change it, which one process at a time may do.
    Write,
    /// To look after it and to see the work done that this causes: no library begins with that.
    Tend,
    /// To change how it is worked with: no library begins with that.
    Decide,
    /// To change it and to see the work done that this causes.
    Work,
}

impl Command {
    /// What it needs of the library; `None` when it sees to that itself.
    #[cfg(test)]
    pub(crate) fn access(&self) -> Option<Access> {
        match self {
            Self::Routed(command) => Some(command.access()),
            _ => None,
        }
    }
}

impl RoutedCommand {
    /// What it needs of the library.
    pub(crate) fn access(&self) -> Access {
        match self {
            Self::Search(_)
            | Self::List(_)
            | Self::Show(_)
            | Self::Status(_)
            | Self::Doctor
            | Self::Export(_) => Access::Read,
            Self::Policy(_) => Access::None,
            Self::Health => Access::Server,
            Self::Metrics(_) => Access::Operations,
            Self::Alert(args) => args.command.access(),
            Self::Tag(_) => Access::Write,
            Self::Add(_) | Self::Rm(_) | Self::Restore(_) | Self::Reprocess(_) => Access::Work,
            Self::Quarantine(args) => args.command.access(),
            Self::Job(args) => args.command.access(),
            Self::Breaker(args) => args.command.access(),
            Self::Backup(args) => args.access(),
            Self::Db(args) => args.access(),
        }
    }

    /// Its name, for whoever has to wait for it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "add",
            Self::Search(_) => "search",
            Self::List(_) => "list",
            Self::Show(_) => "show",
            Self::Rm(_) => "rm",
            Self::Restore(_) => "restore",
            Self::Tag(_) => "tag",
            Self::Quarantine(_) => "quarantine",
            Self::Job(_) => "job",
            Self::Breaker(_) => "breaker",
            Self::Policy(_) => "policy",
            Self::Status(_) => "status",
            Self::Metrics(_) => "metrics",
            Self::Health => "health",
            Self::Alert(_) => "alert",
            Self::Reprocess(_) => "reprocess",
            Self::Doctor => "doctor",
            Self::Export(_) => "export",
            Self::Backup(_) => "backup",
            Self::Db(_) => "db",
        }
    }

    /// Whether it ends only when the work that it causes is done, where nobody else does it: unless it was told
    /// how long to wait.
    pub(crate) fn works_to_the_end(&self) -> bool {
        match self {
            Self::Add(args) => args.wait.wait.is_none(),
            Self::Reprocess(args) => args.wait.wait.is_none(),
            _ => true,
        }
    }

    /// Carries it out, until the user interrupts it by `stop`.
    pub(crate) async fn run(
        &self,
        client: &Client,
        output: &Output,
        stop: &CancellationToken,
    ) -> Result<Exit, CliError> {
        let work = self.carry_out(client, output, stop);
        match self {
            // These tell first what is known.
            Self::Add(_) | Self::Reprocess(_) => work.await,
            _ => until_stopped(stop, work).await.unwrap_or(Ok(Exit::Interrupted)),
        }
    }

    async fn carry_out(
        &self,
        client: &Client,
        output: &Output,
        stop: &CancellationToken,
    ) -> Result<Exit, CliError> {
        #[cfg(feature = "failpoints")]
        fail::fail_point!("command::run");
        match self {
            Self::Add(args) => add::run(args, client, output, stop).await,
            Self::Search(args) => search::run(args, client, output).await,
            Self::List(args) => list::run(args, client, output).await,
            Self::Show(args) => show::run(args, client, output).await,
            Self::Rm(args) => items::remove(args, client, output).await,
            Self::Restore(args) => items::restore(args, client, output).await,
            Self::Tag(args) => items::tag(args, client, output).await,
            Self::Quarantine(args) => quarantine::run(args, client, output).await,
            Self::Job(args) => job::run(args, client, output).await,
            Self::Breaker(args) => breaker::run(args, client, output).await,
            Self::Policy(args) => policy::run(args, client, output).await,
            Self::Status(args) => status::run(args, client, output).await,
            Self::Metrics(args) => metrics::run(args, client, output).await,
            Self::Health => health::run(client, output).await,
            Self::Alert(args) => alert::run(args, client, output).await,
            Self::Reprocess(args) => reprocess::run(args, client, output, stop).await,
            Self::Doctor => doctor::run(client, output).await,
            Self::Export(args) => export::run(args, client, output).await,
            Self::Backup(args) => backup::create(args, client, output).await,
            Self::Db(args) => args.by_routes(client, output).await,
        }
    }
}

/// What `work` comes to, unless it is stopped before.
pub(crate) async fn until_stopped<T>(stop: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        done = work => Some(done),
    }
}
