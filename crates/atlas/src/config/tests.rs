//! Where values come from, and what is said about mistakes.

use atlas_net::fetch::ARTICLE_PROCESSING;
use rstest::rstest;

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

/// Where a person has a home.
const HOME: (&str, &str) = ("HOME", "/home/reader");

fn message(loaded: Result<Config, CliError>) -> String {
    let error = loaded.unwrap_err();
    assert_eq!(error.exit, Exit::Usage, "{}", error.message);
    error.message
}

#[test]
fn needs_nothing() {
    let config = load(&Flags::default(), &[HOME]).unwrap();
    assert_eq!(config.bind.to_string(), "127.0.0.1:7444");
    assert_eq!(config.data_dir, PathBuf::from("/home/reader/.local/share/atlas"));
    assert_eq!(config.origins.len(), settings().count());
    assert!(config.origins.iter().all(|setting| setting.origin == "default"));
}

#[rstest]
#[case::systemd(&[HOME, ("STATE_DIRECTORY", "/var/lib/atlas")], "/var/lib/atlas")]
#[case::systemd_with_several(&[("STATE_DIRECTORY", "/var/lib/atlas:/var/lib/other")], "/var/lib/atlas")]
#[case::xdg(&[HOME, ("XDG_DATA_HOME", "/data")], "/data/atlas")]
#[case::a_relative_xdg_path_does_not_count(&[HOME, ("XDG_DATA_HOME", "data")], "/home/reader/.local/share/atlas")]
#[case::set_to_nothing_does_not_count(&[HOME, ("STATE_DIRECTORY", "")], "/home/reader/.local/share/atlas")]
fn the_library_lies_where_such_things_lie(#[case] variables: &[(&str, &str)], #[case] expected: &str) {
    let config = load(&Flags::default(), variables).unwrap();
    assert_eq!(config.data_dir, PathBuf::from(expected));
}

#[test]
fn without_a_home_the_library_is_put_nowhere_unasked() {
    let refusal = message(load(&Flags::default(), &[]));
    assert!(
        refusal.contains("--data-dir") && refusal.contains("ATLAS_DATA_DIR"),
        "{refusal}"
    );
    let named = Flags {
        data_dir: Some("/srv/atlas".into()),
        ..Flags::default()
    };
    assert_eq!(load(&named, &[]).unwrap().data_dir, PathBuf::from("/srv/atlas"));
    let needless = Flags {
        without_library: true,
        ..Flags::default()
    };
    load(&needless, &[]).unwrap();
}

#[test]
fn a_variable_that_nobody_reads_is_a_mistake_and_told_with_all_others() {
    let variables = [
        HOME,
        ("ATLAS_FETCH_ALOW_HOSTS", "wiki.home.example"),
        ("ATLAS_BIND", ""),
        ("ATLAS_QWERTZUIOP", "1"),
        ("ATLAS_WORKER_SLOTS", "0"),
    ];
    let refusal = message(load(&Flags::default(), &variables));
    for expected in [
        "4 mistakes:",
        "environment ATLAS_FETCH_ALOW_HOSTS: there is no such setting; did you mean ATLAS_FETCH_ALLOW_HOSTS?",
        "environment ATLAS_BIND: there is no such setting; did you mean ATLAS_SERVER_BIND?",
        "environment ATLAS_QWERTZUIOP: there is no such setting; `atlas config show` lists all",
        "environment ATLAS_WORKER_SLOTS: worker.slots is `0`",
    ] {
        assert!(refusal.contains(expected), "{expected}\nis missing in\n{refusal}");
    }
}

/// A command that asks a server needs to know no more than where it is.
#[rstest]
#[case::of_the_file("data_dir = '/srv/atlas'\n[alerts]\nremindr = '8h'\n", Some("/srv/atlas"))]
#[case::of_nobody("[healht]\nevery = '8h'\n", Some("/home/reader/.local/share/atlas"))]
#[case::of_a_file_that_is_no_toml("data_dir = '/srv/atlas'\n[alerts\n", None)]
fn where_the_library_lies_is_found_in_spite_of_mistakes(#[case] text: &str, #[case] place: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    let found = |flags: &Flags| Config::place_alone(flags, &Environment::of(&[HOME]));
    assert!(load(&flags, &[HOME]).is_err());
    assert_eq!(found(&flags), place.map(PathBuf::from));
    let named = Flags {
        data_dir: Some("/srv/other".into()),
        ..flags
    };
    assert_eq!(found(&named), Some(PathBuf::from("/srv/other")));
}

#[test]
fn mistakes_come_in_the_order_of_their_lines_and_each_on_one() {
    let text = "[alerts]\nreminder = 'soon\\nand often'\n\n[healht]\nx = 1\n\n[server]\nbind = \"a\\nb\"\n\n\
                [[alerts.channel]]\nname = 'x'\n\n[health.system_resources]\nladder = 1\nevrey = '5s'\n";
    let refusal = message(with_file(text, &[HOME]));
    let lines: Vec<_> = refusal
        .lines()
        .skip(1)
        .map(|line| {
            line.split_once("config.toml:")
                .unwrap()
                .1
                .split_once(": ")
                .unwrap()
        })
        .collect();
    let numbers: Vec<usize> = lines.iter().map(|(number, _)| number.parse().unwrap()).collect();
    assert_eq!(numbers, [2, 4, 8, 10, 14, 15], "{refusal}");
    for (line, hint) in [
        (1, "there is no section [healht]; did you mean [health]?"),
        (2, r"server.bind is `a\nb`"),
        (
            3,
            "`alerts.channel` is no setting; did you mean [[alerts.channels]]?",
        ),
        (
            4,
            "there is no setting `health.system_resources.ladder`; `atlas config show` lists all",
        ),
        (5, "did you mean `health.system_resources.every`?"),
    ] {
        assert!(lines[line].1.contains(hint), "{hint}: {}", lines[line].1);
    }
}

#[test]
fn a_section_that_is_written_as_a_value_is_told_as_that() {
    let refusal = message(with_file("alerts = 'x'\n", &[HOME]));
    assert!(refusal.contains("write its settings under [alerts]"), "{refusal}");
}

#[test]
fn variables_of_others_and_of_the_projects_own_tools_are_let_alone() {
    let variables = [
        HOME,
        ("ATLASSIAN_TOKEN", "x"),
        ("ATLAS_ROUNDS", "10"),
        ("ATLAS_CACHE_DIR", "/cache"),
    ];
    load(&Flags::default(), &variables).unwrap();
}

#[test]
fn how_long_things_are_kept_can_be_set() {
    let file = "[retention]\ntrash_days = 365\nrejected_days = 1\nattempts_days = 2\njobs_days = 3\n\
                unused_bytes_hours = 5\nvault_days = 6\ncleanups_days = 4\n";
    let config = with_file(file, &[HOME]).unwrap();
    let day = Duration::from_hours(24);
    let expected = RetentionPolicy {
        trash: 365 * day,
        rejected_snapshots: day,
        attempts: 2 * day,
        ended_jobs: 3 * day,
        vault: 6 * day,
        cleanups: 4 * day,
        blob_grace: Duration::from_hours(5),
        ..RetentionPolicy::default()
    };
    assert_eq!(config.retention, expected);
    let defaults = load(&Flags::default(), &[HOME]).unwrap();
    assert_eq!(defaults.retention, RetentionPolicy::default());
}

/// Nothing is kept for no time, or for longer than can be reckoned with.
#[rstest]
fn a_senseless_retention_is_refused(
    #[values(
        "trash_days",
        "rejected_days",
        "attempts_days",
        "jobs_days",
        "vault_days",
        "cleanups_days",
        "unused_bytes_hours"
    )]
    key: &str,
    #[values("0", "-1", "36501", "9223372036854775807", "'always'")] value: &str,
) {
    let refusal = message(with_file(&format!("[retention]\n{key} = {value}\n"), &[HOME]));
    assert!(
        refusal.contains(&format!("config.toml:2: retention.{key}")),
        "{refusal}"
    );
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
        ..Flags::default()
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
    let error = with_file(file, &[HOME, ("ATLAS_LOG_LEVEL", "loud")]).unwrap_err();
    assert_eq!(error.exit, Exit::Usage);
    for expected in [
        "5 mistakes:",
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
    let error = with_file("[server]\nbind = \n", &[HOME]).unwrap_err();
    assert!(error.message.contains("config.toml:2:"), "{}", error.message);
}

#[test]
fn a_file_that_was_named_must_exist() {
    let flags = Flags {
        config: Some("/nowhere/config.toml".into()),
        ..Flags::default()
    };
    assert!(message(load(&flags, &[HOME])).contains("cannot be read"));
    load(&Flags::default(), &[HOME, ("XDG_CONFIG_HOME", "/nowhere")]).unwrap();
}

/// The configuration file `name` in a folder, made by `make`, and what is said about it.
fn told_about(name: &str, make: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    make(&path);
    let flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    message(load(&flags, &[HOME]))
}

#[test]
fn what_is_no_regular_file_is_not_read() {
    let endless = |path: &Path| std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    let silent = |path: &Path| {
        let here = rustix::fs::CWD;
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(here, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    };
    let folder = |path: &Path| std::fs::create_dir(path).unwrap();
    for told in [
        told_about("endless", endless),
        told_about("silent", silent),
        told_about("folder", folder),
    ] {
        assert!(told.contains("is no regular file"), "{told}");
    }
}

#[test]
fn a_file_that_is_too_long_or_no_text_is_not_understood() {
    let huge = |path: &Path| std::fs::File::create(path).unwrap().set_len(1 << 30).unwrap();
    let told = told_about("huge", huge);
    assert!(told.contains("huge: is longer than 1000000 bytes"), "{told}");
    let told = told_about("binary", |path| std::fs::write(path, b"a = \"\xff\"").unwrap());
    assert!(told.contains("binary: is no UTF-8 text"), "{told}");
}

#[test]
fn a_host_can_have_a_breaker_of_its_own() {
    let text = "[article_processing]\nopen_secs = 60\nprobes = 2\n\n\
                [article_processing.hosts.\"Example.com\"]\nopen_secs = 600\n\n\
                [article_processing.hosts.\"localhost:8080\"]\nopen_after_failures = 0\nopen_at_percent = 0\n";
    let config = with_file(text, &[HOME]).unwrap();
    let scopes = config
        .policies
        .of(ARTICLE_PROCESSING)
        .unwrap()
        .breaker
        .unwrap()
        .scopes;
    let of = |scope: &str| scopes[scope].clone();
    for scope in ["example.com:80", "example.com:443"] {
        assert_eq!(of(scope).open.base.as_secs(), 600, "{scope}");
        assert_eq!(
            of(scope).probing.concurrent,
            2,
            "what it does not say holds as for all"
        );
    }
    let local = of("localhost:8080");
    assert_eq!(
        (local.trip.consecutive_failures, local.trip.failure_rate),
        (None, None),
        "it never opens"
    );
    assert_eq!(scopes.len(), 3);
    let shown = config
        .origins
        .iter()
        .find(|origin| origin.key.contains("localhost:8080"))
        .unwrap();
    assert!(shown.origin.ends_with("config.toml:9"), "{}", shown.origin);
}

#[rstest]
#[case::unknown_key(
    "[article_processing.hosts.\"a.b\"]\nburst = 3\n",
    "config.toml:2: `burst` is no setting of a host"
)]
#[case::wrong_value(
    "[article_processing.hosts.\"a.b\"]\nprobes = 0\n",
    "config.toml:2: probes is `0`"
)]
#[case::no_section(
    "[article_processing.hosts]\n\"a.b\" = 3\n",
    "config.toml:2: `a.b` must be a section"
)]
#[case::no_host(
    "[article_processing.hosts.\"http://a.b/\"]\nprobes = 1\n",
    "`http://a.b/` is no host"
)]
#[case::does_not_fit(
    "[article_processing.hosts.\"a.b\"]\nopen_cap_secs = 1\n",
    "a.b: open_secs is longer than open_cap_secs"
)]
fn a_mistake_about_a_host_is_told_with_its_line(#[case] text: &str, #[case] told: &str) {
    let refusal = message(with_file(text, &[HOME]));
    assert!(refusal.contains(told), "{refusal}");
}

#[rstest]
#[case(
    "[article_processing]\nopen_secs = 60\nopen_cap_secs = 30\n",
    "config.toml:2: article_processing.open_secs is longer than open_cap_secs"
)]
#[case(
    "[article_processing]\nretry_base_ms = 60000\n",
    "config.toml:2: article_processing.retry_base_ms is longer than retry_cap_ms"
)]
#[case(
    "[fetch]\nattempt_timeout_secs = 600\n",
    "config.toml:2: fetch.attempt_timeout_secs is longer than fetch.overall_timeout_secs"
)]
#[case(
    "[fetch]\nattempt_timeout_secs = 46\narchive_url = 'https://archive.example/{url}'\n",
    "config.toml:2: fetch.attempt_timeout_secs is longer than three quarters of fetch.overall_timeout_secs"
)]
fn settings_that_do_not_fit_together_are_a_mistake(#[case] text: &str, #[case] told: &str) {
    let refusal = message(with_file(text, &[HOME]));
    assert!(refusal.contains(told), "{refusal}");
}

#[test]
fn a_probe_may_take_as_long_as_any_attempt() {
    let config = with_file("[fetch]\nattempt_timeout_secs = 60\n", &[HOME]).unwrap();
    let breaker = config.policies.of(ARTICLE_PROCESSING).unwrap().breaker.unwrap();
    assert_eq!(breaker.default.probing.max_age, Duration::from_mins(2));
}
