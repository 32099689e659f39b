//! Logs: to standard error, because standard output is data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// What others than us log, beside the level for all. The engine behind search tells of every segment at `info`.
const OF_OTHERS: &str = "tantivy=warn,hyper=warn,html5ever=error,trafilatura=error";
/// Whatever a command fails with, it says itself, once: of those who tell it that, nobody else need hear. What is left
/// is what no answer tells, such as that operational state was begun anew.
const OF_A_COMMAND: &str = "error,atlas_server=off,atlas_app=off,atlas_store::sqlite=off,tantivy=off";

/// Starts logging for a server, at its configured level.
pub(crate) fn start_for_server(config: &Config) {
    start(&format!("{},{OF_OTHERS}", config.log_level), config.log_json);
}

/// Starts logging for a command: only what it does not say itself, unless more is wanted.
pub(crate) fn start_for_command(verbose: bool) {
    if verbose {
        start(&format!("debug,{OF_OTHERS}"), false);
    } else {
        start(OF_A_COMMAND, false);
    }
    std::panic::set_hook(Box::new(|panic| tracing::debug!(%panic, "a bug")));
}

fn start(directives: &str, json: bool) {
    let filter = EnvFilter::new(directives);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Fails only when logging has been started before, and then it is on already.
    let _ = if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
}
