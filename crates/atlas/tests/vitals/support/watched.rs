//! What is looked after and who is told, as the owner's configuration says it: everything that takes minutes takes
//! seconds here, by ordinary settings.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Atlas;

/// Nothing but what a test checks may speak: a machine that runs many tests at once is busy, and may have a full disk.
const QUIET: [&str; 7] = [
    "system_resources",
    "database",
    "disk_space",
    "api",
    "background_processing",
    "search",
    "content_pipeline",
];

/// A configuration in the making.
pub(crate) struct Watched {
    alerts: BTreeMap<&'static str, String>,
    /// Settings of the seven services, by their names.
    services: BTreeMap<&'static str, String>,
    checks: Vec<String>,
    channels: Vec<String>,
    more: Vec<String>,
}

impl Watched {
    pub(crate) fn new() -> Self {
        let alerts = [
            ("group_wait", "300ms"),
            ("group_wait_critical", "300ms"),
            ("update_interval", "300ms"),
            ("retry_base", "300ms"),
            ("retry_cap", "1s"),
            ("retry_after_cap", "1s"),
        ];
        Self {
            alerts: alerts.map(|(key, time)| (key, format!("{time:?}"))).into(),
            services: QUIET.map(|name| (name, "every = \"1d\"".to_owned())).into(),
            checks: Vec::new(),
            channels: Vec::new(),
            more: Vec::new(),
        }
    }

    /// A setting of `[alerts]`, with its value as it is written.
    pub(crate) fn alerts(mut self, key: &'static str, value: &str) -> Self {
        self.alerts.insert(key, value.to_owned());
        self
    }

    /// Settings of one of the seven services, instead of hardly looking at it.
    pub(crate) fn service(mut self, name: &'static str, settings: &str) -> Self {
        self.services.insert(name, settings.to_owned());
        self
    }

    /// One more check.
    pub(crate) fn check(mut self, settings: impl Into<String>) -> Self {
        self.checks.push(settings.into());
        self
    }

    /// One more channel. It may carry whatever there is.
    pub(crate) fn channel(mut self, settings: impl Into<String>) -> Self {
        self.channels.push(settings.into());
        self
    }

    /// A table, whole.
    pub(crate) fn with(mut self, table: impl Into<String>) -> Self {
        self.more.push(table.into());
        self
    }

    /// A data directory with this configuration.
    pub(crate) fn atlas(&self) -> Atlas {
        let atlas = Atlas::new();
        let place = self.write_for(&atlas);
        // A channel that is down is left alone for seconds instead of minutes.
        atlas
            .with("ATLAS_CONFIG", &place)
            .with("ATLAS_NOTIFICATIONS_OPEN_SECS", "1")
            .with("ATLAS_NOTIFICATIONS_OPEN_CAP_SECS", "1")
            .with("ATLAS_NOTIFICATIONS_SUCCESSES_TO_CLOSE", "1")
            .with("ATLAS_NOTIFICATIONS_ATTEMPT_TIMEOUT_MS", "2000")
            .with("ATLAS_NOTIFICATIONS_OVERALL_TIMEOUT_MS", "3000")
    }

    /// Writes it where `atlas` reads it, or will.
    pub(crate) fn write_for(&self, atlas: &Atlas) -> String {
        let place = atlas.folder().join("atlas.toml");
        std::fs::write(&place, self.text()).unwrap();
        place.to_str().unwrap().to_owned()
    }

    fn text(&self) -> String {
        let mut text = String::from("[health]\nmeasure_every = \"1s\"\n");
        for (name, settings) in &self.services {
            let _ = writeln!(text, "\n[health.{name}]\n{settings}");
        }
        for check in &self.checks {
            let _ = writeln!(text, "\n[[health.checks]]\n{check}");
        }
        text.push_str("\n[alerts]\n");
        for (key, value) in &self.alerts {
            let _ = writeln!(text, "{key} = {value}");
        }
        for channel in &self.channels {
            let _ = writeln!(text, "\n[[alerts.channels]]\n{channel}");
            if !channel.contains("rate = ") {
                text.push_str("rate = { count = 1000, per = \"1m\" }\n");
            }
        }
        for table in &self.more {
            let _ = writeln!(text, "\n{table}");
        }
        text
    }
}
