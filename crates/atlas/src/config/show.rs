//! `atlas config show`: every setting with its value, and where it came from.

use crate::cli::output::Output;
use crate::config::Config;
use crate::error::{CliError, Exit};

/// Prints the configuration. There are no secrets in it.
pub(crate) fn run(config: &Config, origin: bool, output: &Output) -> Result<Exit, CliError> {
    output.answer(&config.origins, |_| {
        let width = config
            .origins
            .iter()
            .map(|setting| setting.key.len())
            .max()
            .unwrap_or(0);
        let line = |setting: &super::SettingOrigin| {
            let from = if origin {
                format!("    # {}", setting.origin)
            } else {
                String::new()
            };
            format!("{:width$} = {}{from}\n", setting.key, setting.value)
        };
        config.origins.iter().map(line).collect()
    })?;
    Ok(Exit::Ok)
}
