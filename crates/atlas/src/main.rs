//! The binary: it reads configuration, composes the parts, runs one command, and decides the exit code.

mod cli;
mod client;
mod compose;
mod config;
mod demo;
mod error;
mod extract;
mod serve;
mod session;
mod telemetry;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::output::Output;
use crate::cli::{Cli, Command, RoutedCommand};
use crate::config::{Config, Environment, Flags};
use crate::error::{CliError, Exit};
use crate::serve::AskedToEnd;
use crate::session::Session;

fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    let _scenario = fail::FailScenario::setup();
    let cli = Cli::parse();
    if matches!(cli.command, Command::ExtractChild) {
        // Before anything else: a child must stay small, and needs no runtime and no configuration.
        return match atlas_app::extraction::run_child() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let environment = Environment::read();
    match run(&cli, &environment) {
        Ok(exit) => exit.into(),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // If nobody listens, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "atlas: {error}");
            error.exit.into()
        }
    }
}

fn run(cli: &Cli, environment: &Environment) -> Result<Exit, CliError> {
    let config = Config::load(&flags(cli), environment)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exit = runtime.block_on(dispatch(cli, &config, environment));
    // A blocking read (standard input) must not keep a finished command from ending.
    runtime.shutdown_background();
    exit
}

async fn dispatch(cli: &Cli, config: &Config, environment: &Environment) -> Result<Exit, CliError> {
    match &cli.command {
        Command::Serve(_) => telemetry::start_for_server(config),
        _ => telemetry::start_for_command(cli.global.verbose),
    }
    let colour = environment.wants_colour() && std::io::stdout().is_terminal();
    let output = Output::new(cli.global.json, cli.global.quiet, colour);
    match &cli.command {
        Command::Serve(_) => serve::run(config).await,
        Command::Demo(args) => demo::run(config, args.exit).await,
        Command::Extract(args) => extract::run(config, args).await,
        Command::Config(args) => config::show::run(config, &args.command, &output),
        Command::Completions(args) => {
            clap_complete::generate(args.shell, &mut Cli::command(), "atlas", &mut std::io::stdout());
            Ok(Exit::Ok)
        }
        Command::ExtractChild => Ok(Exit::Usage), // answered before there was a runtime
        Command::Routed(command) => with_library(command, config, &output).await,
    }
}

/// Runs a command that talks to routes, wherever they are.
async fn with_library(command: &RoutedCommand, config: &Config, output: &Output) -> Result<Exit, CliError> {
    let mut asked_to_end = AskedToEnd::listen()?;
    let session = Session::open(config, command.access(), command.name()).await?;
    let work = async {
        let result = command.run(session.client(), output).await;
        session.settle().await?;
        result
    };
    let result = tokio::select! {
        result = work => result,
        () = asked_to_end.wait() => Ok(Exit::Interrupted),
    };
    session.close().await;
    result
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
    }
}
