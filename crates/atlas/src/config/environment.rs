//! `Environment`: the process's environment, read once at the start and handed down.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What begins so is meant for Atlas.
const PREFIX: &str = "ATLAS_";

/// Where the kernel says how this machine is called.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// What a supervisor wants of this process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Supervision {
    /// Where it listens; none where there is no supervisor.
    pub(crate) socket: Option<String>,
    /// How long it waits for a sign that the process goes on.
    pub(crate) watchdog: Option<Duration>,
}

/// Environment variables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    /// Those of Atlas whose value is no Unicode.
    unreadable: Vec<String>,
    /// How the system calls this machine.
    host_name: Option<String>,
}

impl Environment {
    /// The real one.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    pub(crate) fn read() -> Self {
        let host_name = std::fs::read_to_string(HOST_NAME).unwrap_or_default();
        let mut environment = Self {
            host_name: Some(host_name.trim().to_owned()).filter(|name| !name.is_empty()),
            ..Self::default()
        };
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            match value.into_string() {
                Ok(value) => drop(environment.variables.insert(name, value)),
                Err(_) if name.starts_with(PREFIX) => environment.unreadable.push(name),
                Err(_) => {}
            }
        }
        environment
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        Self {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            unreadable: Vec::new(),
            host_name: None,
        }
    }

    /// How the system calls this machine, if it does.
    pub(super) fn host_name(&self) -> Option<&str> {
        self.host_name.as_deref()
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The names of variables that are meant for Atlas, with a value or without.
    pub(super) fn of_atlas(&self) -> impl Iterator<Item = &str> {
        let names = self.variables.keys().map(String::as_str);
        names.filter(|name| name.starts_with(PREFIX))
    }

    /// The names of variables that are meant for Atlas and cannot be read.
    pub(super) fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// The configuration file that is looked for, whether it exists or not.
    pub(super) fn config_file(&self) -> Option<PathBuf> {
        if let Some(path) = self.get("ATLAS_CONFIG") {
            return Some(PathBuf::from(path));
        }
        let base = self.base_dir("XDG_CONFIG_HOME", ".config")?;
        Some(base.join("atlas/config.toml"))
    }

    /// systemd's state directory, or the XDG data directory; none where nobody names a place.
    pub(super) fn data_dir(&self) -> Option<PathBuf> {
        if let Some(state) = self.get("STATE_DIRECTORY") {
            // systemd separates several by colons; the first is ours.
            return Some(PathBuf::from(state.split(':').next().unwrap_or(state)));
        }
        let base = self.base_dir("XDG_DATA_HOME", ".local/share")?;
        Some(base.join("atlas"))
    }

    /// Where work on files lies that belong to no library; none where nobody names a place.
    pub(crate) fn state_dir(&self) -> Option<PathBuf> {
        let base = self.base_dir("XDG_STATE_HOME", ".local/state")?;
        Some(base.join("atlas"))
    }

    /// One of the XDG base directories. A relative path in the variable is to be ignored
    /// (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    fn base_dir(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let chosen = self.get(variable).map(PathBuf::from);
        let chosen = chosen.filter(|path| path.is_absolute());
        chosen.or_else(|| Some(PathBuf::from(self.get("HOME")?).join(below_home)))
    }

    /// Who supervises this process, in the words of systemd (`sd_notify(3)`, `sd_watchdog_enabled(3)`).
    pub(crate) fn supervision(&self) -> Supervision {
        let number = |name| self.get(name).and_then(|text| text.parse::<u64>().ok());
        // What is meant for the process that started this one is inherited all the same.
        let is_for_us = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|micros| is_for_us && *micros > 0);
        Supervision {
            socket: self.get("NOTIFY_SOCKET").map(str::to_owned),
            watchdog: watchdog.map(Duration::from_micros),
        }
    }

    /// Whether colours are wanted (<https://no-color.org>).
    pub(crate) fn wants_colour(&self) -> bool {
        self.get("NO_COLOR").is_none() && self.get("TERM") != Some("dumb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_supervisor_says_where_it_listens_and_how_long_it_waits() {
        let own = std::process::id().to_string();
        let variables = [
            ("NOTIFY_SOCKET", "/run/systemd/notify"),
            ("WATCHDOG_USEC", "3000000"),
            ("WATCHDOG_PID", &own),
        ];
        let expected = Supervision {
            socket: Some("/run/systemd/notify".to_owned()),
            watchdog: Some(Duration::from_secs(3)),
        };
        assert_eq!(Environment::of(&variables).supervision(), expected);
    }

    #[test]
    fn a_watchdog_that_waits_for_another_process_is_none_of_ours() {
        let variables = [("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "1")];
        assert_eq!(Environment::of(&variables).supervision(), Supervision::default());
    }
}
