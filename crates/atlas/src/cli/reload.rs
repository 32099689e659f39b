//! `atlas config reload`: the running server reads its configuration again.

use atlas_app::Reconfigured;

use super::output::Output;
use super::routes;
use super::text::{indented, lines, one_line};
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(crate) async fn run(client: &Client, output: &Output) -> Result<Exit, CliError> {
    let changed: Reconfigured = client.post(routes::RELOAD, &()).await?;
    output.answer(&changed, |_look| render(&changed))?;
    if !output.is_json() && changed == Reconfigured::default() {
        output.say("nothing has changed");
    }
    Ok(Exit::Ok)
}

/// Each setting on a line of its own: there may be a hundred.
fn render(changed: &Reconfigured) -> String {
    let section = |name: &str, keys: &[String]| {
        if keys.is_empty() {
            return String::new();
        }
        let keys = lines(keys.iter().map(|key| one_line(key)));
        format!("{name}\n{}", indented(&keys))
    };
    section("Applied", &changed.applied) + &section("Needs a restart", &changed.restart_needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_a_line_of_its_own() {
        let changed = Reconfigured {
            applied: vec!["alerts.reminder".to_owned(), "health.api.every".to_owned()],
            restart_needed: vec!["server.bind".to_owned()],
        };
        insta::assert_snapshot!(render(&changed), @r"
        Applied
          alerts.reminder
          health.api.every
        Needs a restart
          server.bind
        ");
    }
}
