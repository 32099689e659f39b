//! Logs: to standard error, because standard output is data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Starts logging for a server, at its configured level.
pub(crate) fn start_for_server(config: &Config) {
    start(&config.log_level, config.log_json);
}

/// Starts logging for a command: warnings only, unless more is wanted.
pub(crate) fn start_for_command(verbose: bool) {
    // What its own routes log of a request, a command says itself.
    start(
        if verbose {
            "debug"
        } else {
            "error,atlas_server=off"
        },
        false,
    );
    std::panic::set_hook(Box::new(|panic| tracing::debug!(%panic, "a bug")));
}

fn start(level: &str, json: bool) {
    // The engine behind search tells of every segment at `info`.
    let filter = EnvFilter::new(format!(
        "{level},tantivy=warn,hyper=warn,html5ever=error,trafilatura=error"
    ));
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
