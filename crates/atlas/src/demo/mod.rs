//! `atlas demo`: the main job, seen in a minute. The bundled sample site is served over real HTTP, ingested by a
//! real server in a throw-away directory, searched, and then left open to play with.

mod report;
mod services;
mod site;

#[cfg(test)]
mod tests;

use std::path::Path;

use atlas_app::App;
use atlas_app::views::{AddItem, AddRequest, ItemOutcome};
use atlas_net::fetch::AddressPolicy;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config::Config;
use crate::error::{CliError, Exit};
use crate::serve::{AskedToEnd, Server};
use report::Report;
use site::SampleSite;

/// A page takes a second; whatever takes this long is told as it stands.
const WAIT_SECS: u64 = 60;

/// Runs the demo. With `exit_after` it ends after its tour. Asked to end, it does so at whatever it is, in good
/// order; asked again, at once. Either way its directory is thrown away.
pub(crate) async fn run(config: &Config, exit_after: bool) -> Result<Exit, CliError> {
    let mut asked_to_end = AskedToEnd::listen()?;
    let folder = tempfile::Builder::new().prefix("atlas-demo-").tempdir()?;
    let config = demo_config(config, folder.path());
    let begun = Instant::now();
    let Some(server) = Box::pin(Server::start(&config, &mut asked_to_end)).await? else {
        return Ok(Exit::Interrupted);
    };
    let toured = tokio::select! {
        toured = tour(&server, folder.path(), begun, exit_after) => toured,
        () = asked_to_end.wait() => Ok(Exit::Interrupted),
    };
    if !exit_after && matches!(toured, Ok(Exit::Ok | Exit::Unhealthy)) {
        asked_to_end.wait().await;
    }
    tokio::select! {
        () = server.stop() => toured,
        () = asked_to_end.wait() => Ok(Exit::Interrupted),
    }
}

/// Shows everything once: saving, searching, the quarantine, how the server itself is, and what to try next.
async fn tour(server: &Server, folder: &Path, begun: Instant, exit_after: bool) -> Result<Exit, CliError> {
    let mut report = Report::new();
    let site = SampleSite::serve().await?;
    report.beginning(&site, folder)?;
    ingest(server, &site, &mut report).await?;
    let first_result = report.searches(server.app(), &site).await?;
    report.quarantine(server.app()).await?;
    report
        .summary(server.app(), first_result.duration_since(begun))
        .await?;
    report.services(server.app(), begun).await?;
    if !exit_after {
        report.next_steps(server, folder)?;
    }
    Ok(report.exit())
}

/// The demo's own library, and its own site as the one private address that may be fetched, and as the only one. It can
/// take any number of requests, so politeness would only slow the show down.
fn demo_config(config: &Config, folder: &Path) -> Config {
    Config {
        data_dir: folder.to_owned(),
        allow_hosts: AddressPolicy::allowing(["127.0.0.1/32"]).unwrap_or_default(),
        archive: None,
        politeness: false,
        floor_bytes: 0,
        reserve_bytes: 0,
        ..config.clone()
    }
}

/// Saves every page of the site: first the originals, then what must be recognised as their duplicates.
async fn ingest(server: &Server, site: &SampleSite, report: &mut Report) -> Result<(), CliError> {
    let (originals, duplicates): (Vec<_>, Vec<_>) =
        site.saved_urls().into_iter().partition(|page| !page.is_duplicate);
    for group in [originals, duplicates] {
        let mut tasks = JoinSet::new();
        for page in group {
            let app = std::sync::Arc::clone(server.app());
            tasks.spawn(async move { save(&app, page.url).await });
        }
        while let Some(saved) = tasks.join_next().await {
            let saved = saved.map_err(|error| CliError::new(Exit::Failure, error.to_string()))??;
            report.outcome(site, &saved)?;
        }
    }
    Ok(())
}

async fn save(app: &App, url: String) -> Result<ItemOutcome, CliError> {
    let item = AddItem {
        url,
        tags: vec!["demo".to_owned()],
        ..AddItem::default()
    };
    let report = app
        .add(AddRequest {
            items: vec![item],
            wait_secs: Some(WAIT_SECS),
        })
        .await?;
    report
        .items
        .into_iter()
        .next()
        .ok_or_else(|| CliError::new(Exit::Failure, "a save was not answered"))
}
