//! `atlas config reload`: the running server reads its configuration again.

use atlas_app::Reconfigured;

use super::output::Output;
use super::routes;
use super::text::facts;
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(crate) async fn run(client: &Client, output: &Output) -> Result<Exit, CliError> {
    let changed: Reconfigured = client.post(routes::RELOAD, &()).await?;
    output.answer(&changed, |_look| {
        facts(&[
            ("Applied", changed.applied.join(", ")),
            ("Needs a restart", changed.restart_needed.join(", ")),
        ])
    })?;
    if !output.is_json() && changed == Reconfigured::default() {
        output.say("nothing has changed");
    }
    Ok(Exit::Ok)
}
