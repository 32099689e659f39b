//! Configuration: none is needed. What there is comes from a flag, the environment, a TOML file, or a default,
//! in this order; every mistake is reported at once, with its place. Only this module reads the environment.

mod backup;
mod environment;
mod file;
mod policies;
mod settings;
pub(crate) mod show;
mod vitals;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use atlas_net::fetch::{ARTICLE_PROCESSING, AddressPolicy, ArchiveTemplate, time_for_page};
use atlas_store::RetentionPolicy;
use serde::Serialize;

use backup::BackupConfig;
pub(crate) use environment::{Environment, Supervision};
pub(crate) use policies::is_of_policy;
use policies::{GivenApart, Policies};
use settings::{Setting, nearest, settings};
pub(crate) use vitals::{VitalsConfig, is_of_vitals};

use crate::error::{CliError, Exit};

/// Variables that are no settings: where the file lies, and what the project's tests and tools read.
const OTHER_VARIABLES: [&str; 4] = [
    "ATLAS_CONFIG",
    "ATLAS_CACHE_DIR",
    "ATLAS_ROUNDS",
    "ATLAS_TEST_PROXY_TARGET",
];

/// Everything that can be set.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) bind: SocketAddr,
    pub(crate) allow_hosts: AddressPolicy,
    pub(crate) archive: Option<ArchiveTemplate>,
    pub(crate) politeness: bool,
    pub(crate) attempt_timeout: Duration,
    pub(crate) overall_timeout: Duration,
    pub(crate) policies: Policies,
    /// What is looked after, and who is told of it.
    pub(crate) vitals: VitalsConfig,
    pub(crate) html_limit_bytes: usize,
    pub(crate) floor_bytes: u64,
    pub(crate) reserve_bytes: u64,
    pub(crate) worker_slots: usize,
    pub(crate) worker_retry_base: Duration,
    pub(crate) extraction_processes: usize,
    pub(crate) extraction_memory_bytes: u64,
    pub(crate) extraction_deadline: Duration,
    pub(crate) retention: RetentionPolicy,
    /// How old the last audit may become until there is another; none: only when somebody asks for one.
    pub(crate) audit_every: Option<Duration>,
    pub(crate) backup: BackupConfig,
    pub(crate) log_level: String,
    pub(crate) log_json: bool,
    /// What it was read from.
    pub(crate) sources: Arc<(Flags, Environment)>,
    /// Every setting with its value as text and where that came from.
    pub(crate) origins: Vec<SettingOrigin>,
}

/// One setting, for `atlas config show --origin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SettingOrigin {
    pub(crate) key: Cow<'static, str>,
    pub(crate) value: String,
    pub(crate) origin: String,
}

/// What was given on the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) bind: Option<String>,
    /// The command needs no library, and so no place for one.
    pub(crate) without_library: bool,
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
        let mut mistakes = wrong_variables(environment);
        if flags
            .data_dir
            .as_deref()
            .is_some_and(|dir| dir.to_str().is_none())
        {
            mistakes.push("flag --data-dir: its value is no Unicode".to_owned());
        }
        let path = flags.config.clone().or_else(|| environment.config_file());
        let explicit = flags.config.is_some() || environment.get("ATLAS_CONFIG").is_some();
        let from_file = match &path {
            Some(path) => file::read(path, explicit, &mut mistakes),
            None => file::Values::default(),
        };
        let mut config = Self::unset(Arc::new((flags.clone(), environment.clone())));
        let mut vitals = vitals::Draft::new(path.as_deref(), environment.host_name());
        for setting in settings() {
            let given = from_flag(&setting.key, flags)
                .or_else(|| from_environment(setting, environment))
                .or_else(|| from_file.get(&setting.key).cloned());
            match setting.of_vitals() {
                Some(row) => {
                    if let Some(given) = given {
                        vitals.take(row, given);
                    }
                }
                None => config.set(setting, given, &mut mistakes),
            }
        }
        // What cannot be read fits nothing: of that enough has been said.
        let misfits = if mistakes.is_empty() {
            config.misfits()
        } else {
            Vec::new()
        };
        config.set_apart(from_file.apart, &mut mistakes);
        mistakes.extend(misfits);
        let (vitals, of_vitals) = vitals.finish(&from_file.entries, &mut mistakes);
        config.vitals = vitals;
        config.origins.extend(of_vitals);
        if mistakes.is_empty() {
            return Ok(config);
        }
        let count = match mistakes.len() {
            1 => "1 mistake".to_owned(),
            count => format!("{count} mistakes"),
        };
        let list = in_order(mistakes).join("\n  ");
        Err(CliError::new(
            Exit::Usage,
            format!("the configuration has {count}:\n  {list}"),
        ))
    }

    /// Where the library lies, whatever else is wrong with the configuration: all that is needed to ask a server that
    /// runs on it. Nothing where that could not be found out.
    pub(crate) fn place_alone(flags: &Flags, environment: &Environment) -> Option<PathBuf> {
        if let Some(dir) = &flags.data_dir {
            return Some(dir.clone());
        }
        if let Some(dir) = environment.get("ATLAS_DATA_DIR") {
            return Some(PathBuf::from(dir));
        }
        let Some(path) = flags.config.clone().or_else(|| environment.config_file()) else {
            return environment.data_dir();
        };
        let explicit = flags.config.is_some() || environment.get("ATLAS_CONFIG").is_some();
        let file = file::read(&path, explicit, &mut Vec::new());
        match file.get("data_dir") {
            Some(given) => Some(PathBuf::from(&given.text)),
            // A file that cannot be taken apart may well name another place.
            None if file.is_read => environment.data_dir(),
            None => None,
        }
    }

    /// Sets one value: what was given, or the default.
    fn set(&mut self, setting: &'static Setting, given: Option<Given>, mistakes: &mut Vec<String>) {
        let (flags, environment) = &*self.sources;
        let given = given.unwrap_or_else(|| Given {
            text: setting.default(environment),
            origin: "default".to_owned(),
        });
        let is_needed = setting.key != "data_dir" || !given.text.is_empty() || !flags.without_library;
        if is_needed && let Err(mistake) = setting.apply(self, &given.text) {
            mistakes.push(format!("{}: {} {mistake}", given.origin, setting.key));
        }
        self.origins.push(SettingOrigin {
            key: Cow::Borrowed(&*setting.key),
            value: given.text,
            origin: given.origin,
        });
    }

    /// Reads the same sources as they are now. The environment is that of the process.
    pub(crate) fn read_again(&self) -> Result<Self, CliError> {
        let (flags, environment) = &*self.sources;
        Self::load(flags, environment)
    }

    /// The files of secrets that everybody on this machine may read: worth a word, and no mistake.
    pub(crate) fn secrets_open_to_everybody(&self) -> Vec<PathBuf> {
        let (flags, environment) = &*self.sources;
        let file = flags.config.clone().or_else(|| environment.config_file());
        vitals::secrets_open_to_everybody(&self.origins, file.as_deref())
    }

    /// Settings that do not fit each other.
    fn misfits(&mut self) -> Vec<String> {
        let (attempt, overall) = (self.attempt_timeout, self.overall_timeout);
        self.policies.set_times(ARTICLE_PROCESSING, attempt, overall);
        let mut misfits = self.policies.misfits();
        if attempt > time_for_page(overall, self.archive.is_some()) {
            let problem = if attempt > overall {
                "is longer than fetch.overall_timeout_secs"
            } else {
                "is longer than three quarters of fetch.overall_timeout_secs; the last quarter is for the archive"
            };
            misfits.push(("fetch.attempt_timeout_secs".to_owned(), problem.to_owned()));
        }
        let told = misfits.into_iter().map(|(key, problem)| {
            let setting = self.origins.iter().find(|setting| setting.key == key);
            let origin = setting.map_or("default", |setting| &setting.origin);
            format!("{origin}: {key} {problem}")
        });
        told.collect()
    }

    /// What differs for single scopes, each on top of what holds for all.
    fn set_apart(&mut self, given: Vec<GivenApart>, mistakes: &mut Vec<String>) {
        self.policies.set_apart(&given, mistakes);
        self.origins.extend(given.into_iter().map(GivenApart::shown));
    }

    /// Placeholders that every setting's default overwrites.
    fn unset(sources: Arc<(Flags, Environment)>) -> Self {
        Self {
            sources,
            data_dir: PathBuf::new(),
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            allow_hosts: AddressPolicy::default(),
            archive: None,
            politeness: true,
            attempt_timeout: Duration::ZERO,
            overall_timeout: Duration::ZERO,
            policies: Policies::default(),
            vitals: VitalsConfig::default(),
            html_limit_bytes: 0,
            floor_bytes: 0,
            reserve_bytes: 0,
            worker_slots: 0,
            worker_retry_base: Duration::ZERO,
            extraction_processes: 0,
            extraction_memory_bytes: 0,
            extraction_deadline: Duration::ZERO,
            retention: RetentionPolicy::default(),
            audit_every: None,
            backup: BackupConfig::default(),
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

fn from_environment(setting: &Setting, environment: &Environment) -> Option<Given> {
    let name = setting.variable();
    environment.get(&name).map(|text| Given {
        text: text.to_owned(),
        origin: format!("environment {name}"),
    })
}

/// As they stand in their files, each on one line whatever a value holds. What has no line keeps its place.
fn in_order(mistakes: Vec<String>) -> Vec<String> {
    let place = |mistake: &str| -> Option<(String, usize)> {
        let (before, _) = mistake.split_once(": ")?;
        let (file, line) = before.rsplit_once(':')?;
        Some((file.to_owned(), line.parse().ok()?))
    };
    let mut files: Vec<String> = Vec::new();
    let mut keyed: Vec<((usize, usize), String)> = Vec::new();
    for mistake in mistakes {
        let (file, line) = place(&mistake).unwrap_or_default();
        let known = files.iter().position(|known| *known == file);
        let number = known.unwrap_or(files.len());
        if known.is_none() {
            files.push(file);
        }
        keyed.push(((number, line), on_one_line(&mistake)));
    }
    keyed.sort_by_key(|(place, _)| *place);
    keyed.into_iter().map(|(_, mistake)| mistake).collect()
}

/// A line break in a value is shown as it is written in TOML.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// A variable that nobody reads was meant to change something.
fn wrong_variables(environment: &Environment) -> Vec<String> {
    let unreadable = environment.unreadable().iter();
    let unreadable = unreadable.map(|name| format!("environment {name}: its value is no Unicode"));
    let is_known =
        |name: &str| OTHER_VARIABLES.contains(&name) || settings().any(|setting| setting.variable() == name);
    let unknown = environment.of_atlas().filter(|name| !is_known(name)).map(|name| {
        let hint = nearest(name.trim_start_matches("ATLAS_")).map_or_else(
            || "`atlas config show` lists all settings".to_owned(),
            |setting| format!("did you mean {}?", setting.variable()),
        );
        format!("environment {name}: there is no such setting; {hint}")
    });
    unreadable.chain(unknown).collect()
}
