//! What is set of health and of alerts, and what is said about mistakes.

mod channels;
mod checks;
mod guide;
mod services;
mod times;

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::config::{Config, Environment, Flags};

/// A folder with a configuration file and what it refers to.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        Self { folder }
    }

    /// With another file beside the configuration, for nobody else to read.
    fn with(self, name: &str, content: &str) -> Self {
        self.with_mode(name, content, 0o600)
    }

    fn with_mode(self, name: &str, content: &str, mode: u32) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        self
    }

    fn load_with(&self, variables: &[(&str, &str)]) -> Result<Config, String> {
        let flags = Flags {
            config: Some(self.folder.path().join("config.toml")),
            ..Flags::default()
        };
        let home = [("HOME", "/home/reader")];
        let variables = [&home, variables].concat();
        Config::load(&flags, &Environment::of(&variables)).map_err(|error| error.message)
    }

    fn load(&self) -> Result<Config, String> {
        self.load_with(&[])
    }
}

fn config(text: &str) -> Config {
    Place::new(text).load().unwrap()
}

fn refusal(text: &str) -> String {
    Place::new(text).load().unwrap_err()
}

fn origin<'a>(config: &'a Config, key: &str) -> &'a SettingOrigin {
    let found = config.origins.iter().find(|setting| setting.key == key);
    found.unwrap_or_else(|| panic!("{key} is not shown"))
}

#[track_caller]
fn assert_told(refusal: &str, expected: &[&str]) {
    for expected in expected {
        assert!(refusal.contains(expected), "{expected}\nis missing in\n{refusal}");
    }
}

#[test]
fn without_configuration_everything_is_as_the_program_has_it() {
    let config = config("");
    let defaults = VitalsSettings::default();
    assert_eq!(format!("{:?}", config.vitals.settings), format!("{defaults:?}"));
    assert!(config.vitals.channels.is_empty());
    assert_eq!(origin(&config, "health.api.every").value, "45s");
    assert_eq!(origin(&config, "health.api.every").origin, "default");
}

/// Whatever is shown can be written into a file, and means the same.
#[test]
fn every_value_that_holds_can_be_set_as_it_is_shown() {
    let shown = config("").origins;
    let own = shown
        .iter()
        .filter(|setting| is_of_vitals(&setting.key) && !setting.value.is_empty());
    let lines: Vec<_> = own
        .map(|setting| format!("{} = '{}'", setting.key, setting.value))
        .collect();
    assert!(lines.len() > 100, "{lines:?}");
    let again = config(&lines.join("\n"));
    for setting in &shown {
        assert_eq!(
            origin(&again, &setting.key).value,
            setting.value,
            "{}",
            setting.key
        );
    }
    let (settings, mut expected) = (again.vitals.settings, VitalsSettings::default());
    for check in &mut expected.checks {
        check.deadline = Some(check.deadline());
    }
    assert_eq!(
        (settings.checks, settings.alerts),
        (expected.checks, expected.alerts)
    );
}

#[test]
fn mistakes_of_all_kinds_come_in_one_answer_each_with_its_line() {
    let text = "[health.database]\ndepends_on = ['disk_space', 'search']\n\n\
                [health.search]\nevery = '5 minutes'\n\n\
                [health.api]\nseconds_warn = 2\nseconds_warn_exit = 3\n\n\
                [[alerts.quiet_hours]]\nname = 'night'\nfrom = '23:00'\nuntil = '07:00'\nzone = 'Europe/Berlyn'\n\n\
                [alerts]\nrules = 'rules.toml'\nreminders = '8h'\n";
    let place = Place::new(text).with("rules.toml", "\noff = ['disk_filing']\n");
    let refusal = place.load().unwrap_err();
    assert_told(
        &refusal,
        &[
            "6 mistakes:",
            "config.toml:2: health.database.depends_on: depends on itself: database -> search -> database",
            "config.toml:5: health.search.every is `5 minutes`; it must be a length of time",
            "config.toml:9: health.api.seconds_warn_exit ends at 3 and must end below 2, where it begins",
            "config.toml:15: alerts.quiet_hours.night.zone is wrong: there is no time zone \
             `Europe/Berlyn`; write \
             it like `Europe/Berlin`",
            "rules.toml:2: rule `disk_filing`: there is no rule of that name to switch off",
            "config.toml:19: there is no setting `alerts.reminders`; did you mean `alerts.reminder`?",
        ],
    );
}

/// What is wrong elsewhere does not hide behind a value of theirs that nobody understands, nor the other way round.
#[test]
fn mistakes_of_other_sections_are_told_beside_them() {
    let text = "[api_calls]\nopen_secs = 60\nopen_cap_secs = 30\n\n[health.api]\nevery = 'often'\n";
    assert_told(
        &refusal(text),
        &[
            "2 mistakes:",
            "config.toml:2: api_calls.open_secs is longer than open_cap_secs",
            "config.toml:6: health.api.every is `often`",
        ],
    );
}

#[test]
fn the_file_of_rules_is_read_and_its_absence_told() {
    let text = "[alerts]\nrules = 'own/rules.toml'\n";
    let config = Place::new(text)
        .with("own/rules.toml", "off = ['disk_filling']\n")
        .load()
        .unwrap();
    let rules = &config.vitals.settings.alerts.rules;
    assert!(rules.get("disk_filling").is_none() && rules.get("service_status").is_some());
    let told = refusal(text);
    assert_told(
        &told,
        &[
            "config.toml:2: alerts.rules names `",
            "own/rules.toml`, which cannot be read",
        ],
    );
}

#[test]
fn a_sign_of_life_is_sent_to_an_address_that_nothing_shows() {
    const ADDRESS: &str = "https://life.example/ping/5ec2e7?key=5ec2e7";
    let in_file = Place::new("[health]\nsign_of_life_url_file = 'life'\nsign_of_life_every = 30\n")
        .with("life", &format!("{ADDRESS}\n"));
    let plain = Place::new(&format!(
        "[health]\nsign_of_life_url = '{ADDRESS}'\nsign_of_life_every = '30s'\n"
    ));
    for place in [in_file, plain] {
        let config = place.load().unwrap();
        let sign = config.vitals.settings.sign_of_life.as_ref().unwrap();
        assert_eq!(
            (sign.target.url.as_str(), sign.every),
            (ADDRESS, Duration::from_secs(30))
        );
        let shown = format!("{:?} {:?}", config.origins, config.vitals);
        assert!(!shown.contains("5ec2e7"), "{shown}");
    }
}

#[test]
fn a_sign_of_life_has_one_address() {
    let text = "[health]\nsign_of_life_url = 'https://life.example/5ec2e7'\nsign_of_life_url_file = 'life'\n";
    let place = Place::new(text).with("life", "https://life.example/5ec2e7");
    let told = place.load().unwrap_err();
    assert_told(
        &told,
        &["config.toml:3: health.sign_of_life_url_file and health.sign_of_life_url both say"],
    );
    let broken = Place::new("[health]\nsign_of_life_url_file = 'life'\n").with("life", "5ec2e7");
    let broken = broken.load().unwrap_err();
    assert_told(
        &broken,
        &["config.toml:2: health.sign_of_life_url_file names a file whose content must be an address"],
    );
    let wrong = refusal("[health]\nsign_of_life_url = 'htp://life.example/5ec2e7'\n");
    assert_told(
        &wrong,
        &["config.toml:2: health.sign_of_life_url must be an address of the web"],
    );
    for told in [told, broken, wrong] {
        assert!(!told.contains("5ec2e7"), "{told}");
    }
}

#[test]
fn what_has_sections_is_refused_as_a_value() {
    let told = refusal("[health]\nchecks = [{ name = 'nas', kind = 'tcp', target = 'nas:445' }]\n");
    assert_told(
        &told,
        &["config.toml:2: `health.checks` takes sections, each under [[health.checks]]"],
    );
    let told = refusal("[alerts.channels]\nname = 'mail'\n");
    assert_told(&told, &["config.toml:1: `alerts.channels` takes sections"]);
    let told = refusal("[[health.check]]\nname = 'nas'\n");
    assert_told(&told, &["config.toml:1: `health.check` is no setting"]);
}

/// A program is started only where somebody who may write the file has named it.
#[test]
fn no_variable_makes_a_check_or_a_channel() {
    for variable in ["ATLAS_HEALTH_CHECKS", "ATLAS_ALERTS_CHANNELS"] {
        let told = Place::new("").load_with(&[(variable, "x")]).unwrap_err();
        assert_told(&told, &["there is no such setting"]);
    }
}
