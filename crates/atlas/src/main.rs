//! The binary: it reads configuration, composes the parts, runs one command, and decides the exit code.

mod cli;
mod client;
mod compose;
mod config;
mod demo;
mod error;
mod extract;
mod reload;
mod serve;
mod session;
mod telemetry;

use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::process::ExitCode;

use clap::CommandFactory;
use tokio_util::sync::CancellationToken;

use crate::cli::args::{ConfigArgs, ConfigCommand};
use crate::cli::output::{Output, complain};
use crate::cli::{Cli, Command, RoutedCommand, until_stopped};
use crate::config::{Config, Environment, Flags};
use crate::error::{CliError, Exit};
use crate::serve::AskedToEnd;
use crate::session::Session;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    let cli = Cli::understand(std::env::args_os()).unwrap_or_else(|error| error.exit());
    if matches!(cli.command, Command::ExtractChild) {
        // Before anything else: a child must stay small, and needs no runtime and no configuration.
        return match atlas_app::extraction::run_child() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let environment = Environment::read();
    // A panic is a bug; whoever runs the command hears that there is one, and not its innards.
    let ended = catch_unwind(AssertUnwindSafe(|| run(&cli, &environment)));
    match ended.unwrap_or_else(|_| Err(CliError::unexpected())) {
        Ok(exit) => exit.into(),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("atlas: {error}"));
            error.exit.into()
        }
    }
}

fn run(cli: &Cli, environment: &Environment) -> Result<Exit, CliError> {
    if let Command::Completions(args) = &cli.command {
        // Before the configuration: the shell asks for these at its start, whatever has gone wrong elsewhere.
        let mut script = Vec::new();
        clap_complete::generate(args.shell, &mut Cli::command(), "atlas", &mut script);
        std::io::stdout().write_all(&script)?;
        return Ok(Exit::Ok);
    }
    let config = Config::load(&flags(cli), environment);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exit = match config {
        Ok(config) => runtime.block_on(dispatch(cli, &config, environment)),
        Err(mistakes) => runtime.block_on(in_spite_of(mistakes, cli, environment)),
    };
    // A blocking read (standard input) must not keep a finished command from ending.
    runtime.shutdown_background();
    exit
}

/// A server that runs works by the configuration that it read: to ask it, no more is needed than where it is. What is wrong
/// with the configuration is told all the same, and without a server it is all that is told.
async fn in_spite_of(mistakes: CliError, cli: &Cli, environment: &Environment) -> Result<Exit, CliError> {
    let reloads = matches!(
        &cli.command,
        Command::Config(ConfigArgs {
            command: ConfigCommand::Reload
        })
    );
    if !reloads && !matches!(&cli.command, Command::Routed(_)) {
        return Err(mistakes);
    }
    let Some(place) = Config::place_alone(&flags(cli), environment) else {
        return Err(mistakes);
    };
    let Some(session) = Session::with_server(&place).await else {
        return Err(mistakes);
    };
    telemetry::start_for_command(cli.global.verbose);
    let output = output(cli, environment);
    let Command::Routed(command) = &cli.command else {
        // It reads the configuration itself, and says what is wrong as far as it is wrong for it.
        return cli::reload::run(session.client(), &output).await;
    };
    output.warn(&format!(
        "{mistakes}\nthe server that runs goes on by what it read before"
    ));
    let (stop, stop_at_once) = stopped_by_signals()?;
    finish(command, session, &output, (&stop, &stop_at_once)).await
}

fn output(cli: &Cli, environment: &Environment) -> Output {
    let colour = environment.wants_colour() && std::io::stdout().is_terminal();
    Output::new(cli.global.json, cli.global.quiet, colour)
}

async fn dispatch(cli: &Cli, config: &Config, environment: &Environment) -> Result<Exit, CliError> {
    let _log = if let Command::Serve(_) = &cli.command {
        Some(telemetry::start_for_server(config))
    } else {
        telemetry::start_for_command(cli.global.verbose);
        None
    };
    let output = output(cli, environment);
    match &cli.command {
        Command::Serve(_) => Box::pin(serve::run(config, &environment.supervision())).await,
        Command::Demo(args) => Box::pin(demo::run(config, args.exit)).await,
        Command::Extract(args) => extract::run(config, args).await,
        Command::Monitor(args) => cli::monitor::run(args, &output),
        Command::Routed(RoutedCommand::Db(args)) if args.needs_only_files() => {
            let (stop, _stop_at_once) = stopped_by_signals()?;
            args.run(config, environment, output, stop).await
        }
        Command::Config(args) => config_command(config, &args.command, &output).await,
        Command::Completions(_) | Command::ExtractChild => Ok(Exit::Usage), // answered before there was a runtime
        Command::Routed(RoutedCommand::Backup(args)) if args.needs_only_files() => {
            cli::backup::from_files(args, config, &output).await
        }
        Command::Routed(command) => with_library(command, config, &output).await,
    }
}

async fn config_command(config: &Config, command: &ConfigCommand, output: &Output) -> Result<Exit, CliError> {
    match command {
        ConfigCommand::Show { origin } => config::show::run(config, *origin, output),
        ConfigCommand::Reload => cli::reload::run(&session::server(config).await?, output).await,
    }
}

/// Runs a command that talks to routes, wherever they are.
async fn with_library(command: &RoutedCommand, config: &Config, output: &Output) -> Result<Exit, CliError> {
    let (stop, stop_at_once) = stopped_by_signals()?;
    let session = match Session::open(config, command.access(), command.name(), &stop).await {
        Err(error) if error.exit == Exit::Interrupted => return Ok(Exit::Interrupted),
        opened => opened?,
    };
    finish(command, session, output, (&stop, &stop_at_once)).await
}

/// Carries it out and lets go; the second signal does not wait for that.
async fn finish(
    command: &RoutedCommand,
    session: Session,
    output: &Output,
    (stop, stop_at_once): (&CancellationToken, &CancellationToken),
) -> Result<Exit, CliError> {
    let result = work(command, &session, output, stop).await;
    tokio::select! {
        () = session.close() => result,
        () = stop_at_once.cancelled() => Ok(Exit::Interrupted),
    }
}

async fn work(
    command: &RoutedCommand,
    session: &Session,
    output: &Output,
    stop: &CancellationToken,
) -> Result<Exit, CliError> {
    let mut running = pin!(command.run(session.client(), output, stop));
    let result = tokio::select! {
        result = &mut running => result,
        error = session.trouble() => {
            // The work it waits for is not done any more. It tells what is known.
            stop.cancel();
            return running.await.and(Err(error));
        }
    };
    if !command.works_to_the_end() {
        return result;
    }
    match until_stopped(stop, session.settle()).await {
        Some(settled) => result.and_then(|exit| settled.map(|()| exit)),
        None => result.and(Ok(Exit::Interrupted)),
    }
}

/// A token that the first SIGINT or SIGTERM cancels, and one that the second does.
fn stopped_by_signals() -> Result<(CancellationToken, CancellationToken), CliError> {
    let mut asked_to_end = AskedToEnd::listen()?;
    let (stop, stop_at_once) = (CancellationToken::new(), CancellationToken::new());
    let tokens = [stop.clone(), stop_at_once.clone()];
    tokio::spawn(async move {
        for token in tokens {
            asked_to_end.wait().await;
            token.cancel();
        }
    });
    Ok((stop, stop_at_once))
}

fn flags(cli: &Cli) -> Flags {
    let bind = match &cli.command {
        Command::Serve(args) => args.bind.clone(),
        Command::Demo(args) => args.bind.clone(),
        _ => None,
    };
    Flags {
        data_dir: cli.global.data_dir.clone(),
        config: cli.global.config.clone(),
        bind,
        without_library: matches!(
            cli.command,
            Command::Demo(_)
                | Command::Extract(_)
                | Command::Monitor(_)
                | Command::Routed(RoutedCommand::Policy(_))
                | Command::Config(ConfigArgs {
                    command: ConfigCommand::Show { .. }
                })
        ) || matches!(&cli.command, Command::Routed(RoutedCommand::Db(args)) if args.needs_only_files()),
    }
}
