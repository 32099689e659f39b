//! `atlas demo`: the main job, seen in a minute. The bundled sample site is served over real HTTP, ingested by a
//! real server in a throw-away directory, searched, and then left open to play with.

mod report;
mod site;

#[cfg(test)]
mod tests;

use std::path::Path;

use atlas_app::App;
use atlas_app::views::{AddItem, AddRequest, AddedItem};
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

/// Runs the demo. With `exit_after` it ends after its report.
pub(crate) async fn run(config: &Config, exit_after: bool) -> Result<Exit, CliError> {
    let begun = Instant::now();
    let mut asked_to_end = AskedToEnd::listen()?; // a throw-away directory must be thrown away
    let mut report = Report::new();
    let folder = tempfile::Builder::new().prefix("atlas-demo-").tempdir()?;
    let site = SampleSite::serve().await?;
    let server = Server::start(&demo_config(config, folder.path())).await?;
    report.beginning(&site, folder.path())?;

    ingest(&server, &site, &mut report).await?;
    let first_result = report.searches(server.app(), &site).await?;
    report.quarantine(server.app()).await?;
    report
        .summary(server.app(), first_result.duration_since(begun))
        .await?;

    if !exit_after {
        report.next_steps(&server, folder.path())?;
        asked_to_end.wait().await;
    }
    server.stop().await;
    Ok(report.exit())
}

/// The demo's own library, and its own site as the one private address that may be fetched. It can take any
/// number of requests, so politeness would only slow the show down.
fn demo_config(config: &Config, folder: &Path) -> Config {
    Config {
        data_dir: folder.to_owned(),
        allow_hosts: AddressPolicy::allowing(["127.0.0.1/32"]).unwrap_or_default(),
        politeness: false,
        floor_bytes: 0,
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

async fn save(app: &App, url: String) -> Result<AddedItem, CliError> {
    let item = AddItem {
        url,
        tags: vec!["demo".to_owned()],
        html: None,
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
