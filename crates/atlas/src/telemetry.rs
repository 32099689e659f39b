//! Logs: to standard error, because standard output is data. A server's say the same only so often.

mod limit;
mod limited;

use std::io::IsTerminal;

use tokio_util::task::AbortOnDropHandle;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Config;
use limited::Limited;

/// What others than us log, beside the level for all. The engine behind search tells of every segment at `info`.
const OF_OTHERS: &str = "tantivy=warn,hyper=warn,html5ever=error,trafilatura=error";
/// Whatever a command fails with, it says itself, once: of those who tell it that, nobody else need hear. What is left
/// is what no answer tells, such as that operational state was begun anew.
const OF_A_COMMAND: &str = "error,atlas_server=off,atlas_app=off,atlas_store::sqlite=off,tantivy=off";

/// The log of a server. Dropped, it tells what is still held back.
pub(crate) struct ServerLog {
    limited: Limited,
    _telling: AbortOnDropHandle<()>,
}

impl Drop for ServerLog {
    fn drop(&mut self) {
        self.limited.tell_all();
    }
}

/// Starts logging for a server, at its configured level.
pub(crate) fn start_for_server(config: &Config) -> ServerLog {
    let limited = Limited::default();
    start(
        &format!("{},{OF_OTHERS}", config.log_level),
        config.log_json,
        Some(limited.clone()),
    );
    let telling = tokio::spawn(limited.clone().tell());
    ServerLog {
        limited,
        _telling: AbortOnDropHandle::new(telling),
    }
}

/// Starts logging for a command: only what it does not say itself, unless more is wanted.
pub(crate) fn start_for_command(verbose: bool) {
    if verbose {
        start(&format!("debug,{OF_OTHERS}"), false, None);
    } else {
        start(OF_A_COMMAND, false, None);
    }
    std::panic::set_hook(Box::new(|panic| tracing::debug!(%panic, "a bug")));
}

fn start(directives: &str, json: bool, limited: Option<Limited>) {
    let filter = EnvFilter::new(directives);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Fails only when logging has been started before, and then it is on already.
    let _ = if json {
        builder.json().finish().with(limited).try_init()
    } else {
        builder.finish().with(limited).try_init()
    };
}
