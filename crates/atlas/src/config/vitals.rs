//! The settings of health and alerts: what is looked after, how, who is told of it, and how they are reached. What is
//! one value each is a row like every other setting; checks, channels and times have sections of their own. Nothing is
//! checked on the way that the machines of health and alerts check themselves: their complaints get their lines here.

mod channels;
mod check_keys;
mod checks;
mod compact;
mod faults;
mod length;
mod limits;
mod reading;
mod rows;
mod secret;
mod targets;
#[cfg(test)]
mod tests;
mod webhooks;
mod windows;
mod written;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use atlas_app::vitals::{SignOfLife, VitalsSettings};
use atlas_domain::HttpProbe;
use atlas_net::notify::Channel;
use atlas_vitals::alerts::RuleSet;
use url::Url;

use super::{Given, SettingOrigin};
pub(super) use rows::{Row, rows};
use secret::{Folder, host_alone, without_query};
use written::Field;
pub(super) use written::{Entry, EntryKind, Written};

/// How often somebody outside is told that somebody still looks.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_mins(1);

/// What is set of health and alerts.
#[derive(Clone, Default)]
pub(crate) struct VitalsConfig {
    /// What is looked after, how, and who is told of it.
    pub(crate) settings: VitalsSettings,
    /// How channels are reached, by their names.
    pub(crate) channels: HashMap<String, Channel>,
    /// A server is not looked after at all, which is for measuring what that costs.
    pub(crate) is_off: bool,
}

/// The settings while they are read.
pub(super) struct Draft {
    values: Values,
    /// What was given, by its key.
    given: BTreeMap<String, Given>,
    /// The services with values that nobody understands.
    broken: BTreeSet<String>,
    mistakes: Vec<String>,
}

/// What is set one by one.
struct Values {
    is_off: bool,
    settings: VitalsSettings,
    sign_of_life_every: Duration,
    sign_of_life_url: Option<Url>,
    sign_of_life_url_of_file: Option<Url>,
    rules: Option<PathBuf>,
    folder: Folder,
}

/// Whether a setting is one of health or of alerts.
pub(crate) fn is_of_vitals(key: &str) -> bool {
    key.starts_with("health.") || key.starts_with("alerts.")
}

/// The files of secrets, among what is set, that everybody on this machine may read.
pub(super) fn secrets_open_to_everybody(origins: &[SettingOrigin], file: Option<&Path>) -> Vec<PathBuf> {
    secret::open_to_everybody(origins, &Folder::of(file))
}

/// Addresses in it may be secrets.
impl std::fmt::Debug for VitalsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let checks = self.settings.checks.iter().map(|check| check.name.as_str());
        f.debug_struct("VitalsConfig")
            .field("checks", &checks.collect::<Vec<_>>())
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// Without any value. Paths begin where the configuration file lies.
    /// Messages name this machine as the system does, unless something else is set.
    pub(super) fn new(file: Option<&Path>, host_name: Option<&str>) -> Self {
        let mut settings = VitalsSettings::default();
        Arc::make_mut(&mut settings.alerts).host = host_name.map(str::to_owned);
        Self {
            values: Values {
                is_off: false,
                settings,
                sign_of_life_every: SIGN_OF_LIFE_EVERY,
                sign_of_life_url: None,
                sign_of_life_url_of_file: None,
                rules: None,
                folder: Folder::of(file),
            },
            given: BTreeMap::new(),
            broken: BTreeSet::new(),
            mistakes: Vec::new(),
        }
    }

    /// Takes a value that was given.
    pub(super) fn take(&mut self, row: &Row, given: Given) {
        let is_nothing = given.text.trim().is_empty() && row.written(&self.values).is_empty();
        if !is_nothing && let Err(mistake) = row.set(&mut self.values, &given.text) {
            self.mistakes
                .push(format!("{}: {} {mistake}", given.origin, row.key));
            self.broken.extend(row.check().map(str::to_owned));
        }
        self.given.insert(row.key.clone(), given);
    }

    /// Reads what has sections of its own, and looks whether everything fits together. Answers with what holds, and
    /// with every setting as it is shown.
    pub(super) fn finish(
        mut self,
        entries: &[Entry],
        mistakes: &mut Vec<String>,
    ) -> (VitalsConfig, Vec<SettingOrigin>) {
        mistakes.append(&mut self.mistakes);
        self.read_rules(mistakes);
        self.see_to_sign_of_life(mistakes);
        let Values { settings, folder, .. } = &mut self.values;
        let of = |kind| entries.iter().filter(move |entry| entry.kind == kind);
        let own = checks::read(of(EntryKind::Check), folder, settings, mistakes);
        let alerts = Arc::make_mut(&mut settings.alerts);
        let channels = channels::read(of(EntryKind::Channel), folder, alerts, mistakes);
        windows::read(entries, settings, mistakes);
        let read = faults::Read {
            given: &self.given,
            broken: &self.broken,
            own: &own,
            entries,
        };
        mistakes.extend(faults::faults(settings, &read));
        let mut origins = self.shown();
        origins.extend(entries.iter().flat_map(shown_entry));
        let Values { settings, is_off, .. } = self.values;
        let vitals = VitalsConfig {
            settings,
            channels,
            is_off,
        };
        (vitals, origins)
    }

    fn read_rules(&mut self, mistakes: &mut Vec<String>) {
        let Some(path) = &self.values.rules else {
            return;
        };
        let place = path.display();
        match super::file::read_text(path, true) {
            Ok(text) => match RuleSet::with_builtin(&text.unwrap_or_default()) {
                Ok(rules) => Arc::make_mut(&mut self.values.settings.alerts).rules = rules,
                Err(faults) => mistakes.extend(faults.into_iter().map(|fault| {
                    let rule = if fault.rule.is_empty() {
                        String::new()
                    } else {
                        format!("rule `{}`: ", fault.rule)
                    };
                    format!("{place}:{}: {rule}{}", fault.line, fault.what)
                })),
            },
            Err(problem) => {
                let origin = self.given.get("alerts.rules").map(|given| given.origin.as_str());
                let origin = origin.unwrap_or("default");
                mistakes.push(format!("{origin}: alerts.rules names `{place}`, which {problem}"));
            }
        }
    }

    fn see_to_sign_of_life(&mut self, mistakes: &mut Vec<String>) {
        let values = &mut self.values;
        if values.sign_of_life_url.is_some()
            && let Some(given) = self.given.get("health.sign_of_life_url_file")
            && !given.text.trim().is_empty()
        {
            mistakes.push(format!(
                "{}: health.sign_of_life_url_file and health.sign_of_life_url both say the address; leave one out",
                given.origin
            ));
        }
        let url = values.sign_of_life_url.take();
        values.settings.sign_of_life = url
            .or(values.sign_of_life_url_of_file.take())
            .map(|url| SignOfLife {
                target: HttpProbe {
                    url,
                    statuses: Vec::new(),
                    body_contains: None,
                    json: None,
                    slow_after: None,
                    certificate_days: None,
                },
                every: values.sign_of_life_every,
            });
    }

    /// Every row: what was given, or what holds where nothing was.
    fn shown(&self) -> Vec<SettingOrigin> {
        let shown = |row: Row| {
            let (value, origin) = match self.given.get(&row.key) {
                Some(given) => (row.shown(&given.text), given.origin.clone()),
                None => (row.written(&self.values), "default".to_owned()),
            };
            SettingOrigin {
                key: row.key.into(),
                value,
                origin,
            }
        };
        rows().into_iter().map(shown).collect()
    }
}

/// The settings of a section, without their secrets.
fn shown_entry(entry: &Entry) -> impl Iterator<Item = SettingOrigin> {
    let label = entry.label();
    let fields = entry.fields.iter().filter(|field| field.name != "name");
    fields.map(move |field| SettingOrigin {
        key: format!("{label}.{}", field.name).into(),
        value: shown_field(entry, field),
        origin: field.origin.clone(),
    })
}

fn shown_field(entry: &Entry, field: &Field) -> String {
    let text = field.written.compact();
    match (entry.kind, field.name.as_str()) {
        (EntryKind::Channel, "url") => host_alone(&text),
        // Where people put tokens.
        (EntryKind::Channel | EntryKind::Check, "arguments") => hidden(&field.written),
        (EntryKind::Check, "target") if text.contains("://") => without_query(&text),
        _ => text,
    }
}

fn hidden(arguments: &Written) -> String {
    match arguments {
        Written::List(list) => format!("({} not shown)", list.len()),
        _ => "(not shown)".to_owned(),
    }
}
