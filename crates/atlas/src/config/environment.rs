//! `Environment`: the process's environment, read once at the start and handed down.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Environment variables that are valid Unicode.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The real one.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub(crate) fn read() -> Self {
        let unicode = |name: &std::ffi::OsStr| name.to_str().map(str::to_owned);
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((unicode(&name)?, unicode(&value)?)))
                .collect(),
        )
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        Self(
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The configuration file that is looked for, whether it exists or not.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        if let Some(path) = self.get("ATLAS_CONFIG") {
            return Some(PathBuf::from(path));
        }
        let base = self.get("XDG_CONFIG_HOME").map(PathBuf::from);
        let base = base.or_else(|| self.get("HOME").map(|home| PathBuf::from(home).join(".config")));
        base.map(|base| base.join("atlas/config.toml"))
    }

    /// systemd's state directory, the XDG data directory, or one beside the caller.
    pub(super) fn data_dir(&self) -> PathBuf {
        if let Some(state) = self.get("STATE_DIRECTORY") {
            // systemd separates several by colons; the first is ours.
            return PathBuf::from(state.split(':').next().unwrap_or(state));
        }
        let base = self.get("XDG_DATA_HOME").map(PathBuf::from);
        let base = base.or_else(|| {
            self.get("HOME")
                .map(|home| PathBuf::from(home).join(".local/share"))
        });
        base.map_or_else(|| PathBuf::from("atlas-data"), |base| base.join("atlas"))
    }

    /// Whether colours are wanted (<https://no-color.org>).
    pub(crate) fn wants_colour(&self) -> bool {
        self.get("NO_COLOR").is_none() && self.get("TERM") != Some("dumb")
    }
}
