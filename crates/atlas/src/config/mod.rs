//! Configuration: none is needed. What there is comes from a flag, the environment, a TOML file, or a default,
//! in this order; every mistake is reported at once, with its place. Only this module reads the environment.

mod environment;
mod file;
mod settings;
pub(crate) mod show;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atlas_net::fetch::AddressPolicy;
use serde::Serialize;

pub(crate) use environment::Environment;
use settings::SETTINGS;

use crate::error::{CliError, Exit};

/// Everything that can be set.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) bind: SocketAddr,
    pub(crate) allow_hosts: AddressPolicy,
    pub(crate) politeness: bool,
    pub(crate) attempt_timeout: Duration,
    pub(crate) overall_timeout: Duration,
    pub(crate) html_limit_bytes: usize,
    pub(crate) floor_bytes: u64,
    pub(crate) worker_slots: usize,
    pub(crate) extraction_processes: usize,
    pub(crate) extraction_memory_bytes: u64,
    pub(crate) extraction_deadline: Duration,
    pub(crate) log_level: String,
    pub(crate) log_json: bool,
    /// Every setting with its value as text and where that came from.
    pub(crate) origins: Vec<SettingOrigin>,
}

/// One setting, for `atlas config show --origin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SettingOrigin {
    pub(crate) key: &'static str,
    pub(crate) value: String,
    pub(crate) origin: String,
}

/// What was given on the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) bind: Option<String>,
}

/// A value with where it came from, not yet understood.
#[derive(Debug, Clone)]
struct Given {
    text: String,
    origin: String,
}

impl Config {
    /// Reads every source. All mistakes are in the one error.
    pub(crate) fn load(flags: &Flags, environment: &Environment) -> Result<Self, CliError> {
        let mut mistakes = Vec::new();
        let path = flags.config.clone().or_else(|| environment.config_file());
        let explicit = flags.config.is_some() || environment.get("ATLAS_CONFIG").is_some();
        let from_file = match &path {
            Some(path) => file::read(path, explicit, &mut mistakes),
            None => file::Values::default(),
        };
        let mut config = Self::unset();
        for setting in SETTINGS {
            let given = from_flag(setting.key, flags)
                .or_else(|| from_environment(setting.key, environment))
                .or_else(|| from_file.get(setting.key).cloned())
                .unwrap_or_else(|| Given {
                    text: (setting.default)(environment),
                    origin: "default".to_owned(),
                });
            if let Err(mistake) = (setting.apply)(&mut config, &given.text) {
                mistakes.push(format!("{}: {} {mistake}", given.origin, setting.key));
            }
            config.origins.push(SettingOrigin {
                key: setting.key,
                value: given.text,
                origin: given.origin,
            });
        }
        if mistakes.is_empty() {
            return Ok(config);
        }
        let list = mistakes.join(
            "
  ",
        );
        Err(CliError::new(
            Exit::Usage,
            format!("the configuration has {} mistake(s):\n  {list}", mistakes.len()),
        ))
    }

    /// Placeholders that every setting's default overwrites.
    fn unset() -> Self {
        Self {
            data_dir: PathBuf::new(),
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            allow_hosts: AddressPolicy::default(),
            politeness: true,
            attempt_timeout: Duration::ZERO,
            overall_timeout: Duration::ZERO,
            html_limit_bytes: 0,
            floor_bytes: 0,
            worker_slots: 0,
            extraction_processes: 0,
            extraction_memory_bytes: 0,
            extraction_deadline: Duration::ZERO,
            log_level: String::new(),
            log_json: false,
            origins: Vec::new(),
        }
    }
}

fn from_flag(key: &str, flags: &Flags) -> Option<Given> {
    let path_text = |path: &Path| path.display().to_string();
    let (flag, text) = match key {
        "data_dir" => ("--data-dir", flags.data_dir.as_deref().map(path_text)?),
        "server.bind" => ("--bind", flags.bind.clone()?),
        _ => return None,
    };
    Some(Given {
        text,
        origin: format!("flag {flag}"),
    })
}

/// `fetch.allow_hosts` is `ATLAS_FETCH_ALLOW_HOSTS`.
fn from_environment(key: &str, environment: &Environment) -> Option<Given> {
    let name = format!("ATLAS_{}", key.replace('.', "_").to_ascii_uppercase());
    environment.get(&name).map(|text| Given {
        text: text.to_owned(),
        origin: format!("environment {name}"),
    })
}
