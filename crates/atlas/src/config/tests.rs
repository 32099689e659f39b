//! Where values come from, and what is said about mistakes.

use super::*;

fn load(flags: &Flags, variables: &[(&str, &str)]) -> Result<Config, CliError> {
    Config::load(flags, &Environment::of(variables))
}

fn with_file(text: &str, variables: &[(&str, &str)]) -> Result<Config, CliError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    load(
        &Flags {
            config: Some(path),
            ..Flags::default()
        },
        variables,
    )
}

#[test]
fn needs_nothing() {
    let config = load(&Flags::default(), &[]).unwrap();
    assert_eq!(config.bind.to_string(), "127.0.0.1:7444");
    assert_eq!(config.data_dir, PathBuf::from("atlas-data"));
    assert_eq!(config.origins.len(), SETTINGS.len());
    assert!(config.origins.iter().all(|setting| setting.origin == "default"));
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let file = "data_dir = '/file'\n[server]\nbind = '127.0.0.1:1'\n[worker]\nslots = 3\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, file).unwrap();
    let flags = Flags {
        data_dir: Some("/flag".into()),
        config: Some(path.clone()),
        bind: None,
    };
    let variables = [
        ("ATLAS_DATA_DIR", "/environment"),
        ("ATLAS_SERVER_BIND", "127.0.0.1:2"),
    ];
    let config = load(&flags, &variables).unwrap();
    assert_eq!(config.data_dir, PathBuf::from("/flag"));
    assert_eq!(config.bind.port(), 2);
    assert_eq!(config.worker_slots, 3);
    let origin = |key| {
        config
            .origins
            .iter()
            .find(|setting| setting.key == key)
            .unwrap()
            .origin
            .clone()
    };
    assert_eq!(origin("data_dir"), "flag --data-dir");
    assert_eq!(origin("server.bind"), "environment ATLAS_SERVER_BIND");
    assert_eq!(origin("worker.slots"), format!("{}:5", path.display()));
    assert_eq!(origin("log.level"), "default");
}

#[test]
fn every_mistake_is_reported_at_once_with_its_line() {
    let file = "[server]\nbind = '0.0.0.0:80'\n\n[fetch]\nallow_hosts = ['127.0.0.1/8']\nallow_host = 1\n[nosuch]\nx = 1\n";
    let error = with_file(file, &[("ATLAS_LOG_LEVEL", "loud")]).unwrap_err();
    assert_eq!(error.exit, Exit::Usage);
    for expected in [
        "5 mistake(s)",
        "config.toml:2: server.bind is `0.0.0.0:80`, which others can reach",
        "config.toml:5: fetch.allow_hosts",
        "config.toml:6: there is no setting `fetch.allow_host`; did you mean `fetch.allow_hosts`?",
        "config.toml:7: there is no section [nosuch]",
        "environment ATLAS_LOG_LEVEL: log.level is `loud`",
    ] {
        assert!(
            error.message.contains(expected),
            "{expected}\nis missing in\n{}",
            error.message
        );
    }
}

#[test]
fn broken_toml_is_reported_with_its_line() {
    let error = with_file("[server]\nbind = \n", &[]).unwrap_err();
    assert!(error.message.contains("config.toml:2:"), "{}", error.message);
}

#[test]
fn a_file_that_was_named_must_exist() {
    let flags = Flags {
        config: Some("/nowhere/config.toml".into()),
        ..Flags::default()
    };
    assert!(load(&flags, &[]).unwrap_err().message.contains("cannot be read"));
    load(&Flags::default(), &[("XDG_CONFIG_HOME", "/nowhere")]).unwrap();
}
