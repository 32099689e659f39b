//! What the settings of policies mean, whatever the service.

use rstest::rstest;

use super::*;
use crate::config::{Config, Environment, Flags};

fn with_file(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Flags {
        config: Some(path),
        ..Flags::default()
    };
    Config::load(&flags, &Environment::of(&[("HOME", "/home/reader")])).map_err(|error| error.message)
}

fn policy(config: &Config, service: &str) -> PolicySettings {
    config.policies.of(service).unwrap()
}

fn made(name: &str) -> PolicySettings {
    let service = CONFIGURABLE.iter().find(|service| service.name == name);
    (service.unwrap().policy)()
}

fn rules(policy: &PolicySettings) -> &BreakerSettings {
    &policy.breaker.as_ref().unwrap().default
}

#[test]
fn a_policy_that_is_taken_apart_and_put_together_is_the_same() {
    for service in CONFIGURABLE {
        let made = (service.policy)();
        assert_eq!(Numbers::of(&made).policy(&made), made, "{}", service.name);
    }
}

#[test]
fn without_configuration_every_policy_is_as_the_code_makes_it() {
    let config = with_file("").unwrap();
    for service in CONFIGURABLE {
        assert_eq!(
            policy(&config, service.name),
            (service.policy)(),
            "{}",
            service.name
        );
    }
}

/// A key that changed nothing would be a promise that nobody keeps.
#[test]
fn every_key_of_every_service_changes_its_policy() {
    for service in CONFIGURABLE {
        for key in service.keys() {
            let mut numbers = Numbers::of(&(service.policy)());
            if let Some(breaker) = &mut numbers.breaker {
                breaker.slow_percent = breaker.slow_percent.max(1); // else what is slow means nothing
            }
            let before = numbers.policy(&(service.policy)());
            let (least, most) = service.limits(key);
            let now = *(key.place)(&mut numbers).unwrap();
            let texts = if key.is_a_number() {
                [least, most].map(|number| number.to_string()).to_vec()
            } else if key.name == "retry_kind" {
                vec!["constant".to_owned(), "fibonacci".to_owned()]
            } else {
                vec!["true".to_owned(), "false".to_owned()]
            };
            let changes = texts.iter().any(|text| {
                let mut other = numbers.clone();
                other.set(service, key, text).unwrap();
                *(key.place)(&mut other).unwrap() != now && other.policy(&(service.policy)()) != before
            });
            assert!(changes, "{}.{}", service.name, key.name);
        }
    }
}

#[test]
fn every_value_that_holds_unless_another_is_set_could_be_set() {
    for (service, key, text) in rows() {
        let mut numbers = Numbers::of(&(service.policy)());
        let set = numbers.set(service, key, &text);
        assert_eq!(set, Ok(()), "{}.{}", service.name, key.name);
    }
}

#[test]
fn a_service_without_retries_has_no_settings_of_them() {
    let names = |service: &str| -> Vec<_> {
        let of_service = rows().into_iter().filter(|(known, ..)| known.name == service);
        of_service.map(|(_, key, _)| key.name).collect()
    };
    assert_eq!(
        names("background_processing"),
        [
            "open_after_failures",
            "open_at_percent",
            "window_calls",
            "open_secs",
            "open_cap_secs",
            "probes",
            "successes_to_close"
        ]
    );
    assert!(names("llm_operations").contains(&"retry_kind"));
    for service in ["api_calls", "notifications"] {
        assert!(!names(service).contains(&"attempts"), "nobody repeats {service}");
    }
}

#[test]
fn all_services_are_set_by_the_same_keys() {
    let text = "[api_calls]\nattempt_timeout_ms = 250\nat_once = 3\nper_scope = 2\nqueue = false\n\
                [search_operations]\nopen_after_failures = 0\nslow_ms = 90\nslow_percent = 10\nwindow_calls = 5\n\
                [database_operations]\nopen_secs = 2\nattempt_timeout_ms = 30000\n\
                [llm_operations]\nprobes = 4\nattempts = 2\nretry_kind = 'constant'\nretry_base_ms = 7\n\
                retry_cap_ms = 7\n";
    let config = with_file(text).unwrap();
    let api = policy(&config, "api_calls");
    assert_eq!(api.attempt_timeout, Duration::from_millis(250));
    let retry = policy(&config, "llm_operations").retry.unwrap();
    assert_eq!(retry.max_attempts, 2);
    assert_eq!(retry.transient.nominal(9), Some(Duration::from_millis(7)));
    let places = api.concurrency.unwrap();
    assert_eq!(
        (places.total.get(), places.per_scope.get(), places.queues),
        (3, 2, false)
    );
    let search = policy(&config, "search_operations");
    let trip = rules(&search).trip;
    let slow = trip.slow_calls.unwrap();
    assert_eq!(trip.consecutive_failures, None);
    assert_eq!(
        (slow.slower_than, slow.rate.percent),
        (Duration::from_millis(90), 10)
    );
    assert_eq!(slow.rate.min_calls, 5);
    let databases = policy(&config, "database_operations");
    assert_eq!(rules(&databases).open.base, Duration::from_secs(2));
    assert_eq!(
        databases.retry,
        made("database_operations").retry,
        "what is not set stays"
    );
    assert_eq!(databases.overall_timeout, Duration::from_secs(30), "one attempt");
    assert_eq!(rules(&policy(&config, "llm_operations")).probing.concurrent, 4);
}

#[test]
fn where_there_is_one_scope_all_places_are_for_it() {
    for at_once in [4, 64] {
        let config = with_file(&format!("[search_operations]\nat_once = {at_once}\n")).unwrap();
        let places = policy(&config, "search_operations").concurrency.unwrap();
        assert_eq!((places.total.get(), places.per_scope.get()), (at_once, at_once));
    }
}

#[test]
fn a_scope_can_have_a_breaker_of_its_own() {
    let text = "[api_calls]\nprobes = 2\n[api_calls.scopes.\"archive\"]\nopen_after_failures = 9\n\
                [background_processing.scopes.\"ingest_item\"]\nopen_secs = 7\n\
                [database_operations.scopes.\"ops.write\"]\nopen_cap_secs = 9\n";
    let config = with_file(text).unwrap();
    let api = policy(&config, "api_calls").breaker.unwrap();
    let archive = &api.scopes["archive"];
    assert_eq!(archive.trip.consecutive_failures, Some(9));
    assert_eq!(
        archive.probing.concurrent, 2,
        "what it does not say holds as for all"
    );
    assert_eq!(api.default.trip.consecutive_failures, Some(4));
    let background = policy(&config, "background_processing").breaker.unwrap();
    assert_eq!(background.scopes["ingest_item"].open.base, Duration::from_secs(7));
    let files = policy(&config, "database_operations").breaker.unwrap();
    assert_eq!(files.scopes["ops.write"].open.cap, Duration::from_secs(9));
    let shown = config
        .origins
        .iter()
        .find(|origin| origin.key == "api_calls.scopes.\"archive\".open_after_failures");
    assert!(shown.unwrap().origin.ends_with("config.toml:4"), "{shown:?}");
}

#[rstest]
#[case::per_scope(
    "[api_calls]\nper_scope = 9\n",
    "config.toml:2: api_calls.per_scope is more than at_once"
)]
#[case::timeouts(
    "[notifications]\nattempt_timeout_ms = 20001\n",
    "config.toml:2: notifications.attempt_timeout_ms is longer than overall_timeout_ms"
)]
#[case::kind(
    "[llm_operations]\nretry_kind = 'random'\n",
    "config.toml:2: llm_operations.retry_kind is `random`; it must be one of constant,"
)]
#[case::truth(
    "[api_calls]\nqueue = 3\n",
    "config.toml:2: api_calls.queue is `3`; it must be true or false"
)]
#[case::limits_of_its_own(
    "[search_operations]\noverall_timeout_ms = 801\n",
    "search_operations.overall_timeout_ms is `801`; it must be a whole number from 560 to 800"
)]
#[case::no_time_for_what_stands_in(
    "[search_operations]\nattempt_timeout_ms = 341\n",
    "config.toml:2: search_operations.attempt_timeout_ms is `341`; it must be a whole number from 100 to 340"
)]
#[case::no_time_left_for_what_stands_in(
    "[search_operations]\nattempt_timeout_ms = 201\noverall_timeout_ms = 660\n",
    "config.toml:2: search_operations.attempt_timeout_ms leaves less than 460 ms of overall_timeout_ms"
)]
#[case::nothing_could_be_slow(
    "[llm_operations]\nslow_ms = 60001\n",
    "config.toml:2: llm_operations.slow_ms is longer than the 60000 ms that an attempt may take"
)]
#[case::nothing_could_be_slow_any_more(
    "[llm_operations]\nattempt_timeout_ms = 29999\n",
    "default: llm_operations.slow_ms is longer than the 29999 ms that an attempt may take"
)]
#[case::no_page_could_be_slow(
    "[article_processing]\nslow_ms = 20001\nslow_percent = 50\n",
    "config.toml:2: article_processing.slow_ms is longer than the 20000 ms that an attempt may take"
)]
#[case::nothing_of_one_scope_could_be_slow(
    "[api_calls.scopes.\"archive\"]\nslow_percent = 50\nslow_ms = 5001\n",
    "config.toml:3: archive: slow_ms is longer than the 5000 ms that an attempt may take"
)]
#[case::no_read_would_end(
    "[database_operations]\nattempt_timeout_ms = 99\n",
    "database_operations.attempt_timeout_ms is `99`; it must be a whole number from 100 to"
)]
#[case::writes_wait_for_each_other(
    "[database_operations]\nslow_percent = 50\n",
    "config.toml:2: there is no setting `database_operations.slow_percent`"
)]
#[case::nobody_repeats_them(
    "[api_calls]\nattempts = 3\n",
    "config.toml:2: there is no setting `api_calls.attempts`"
)]
#[case::not_of_this_service(
    "[notifications]\nattempts = 3\n",
    "config.toml:2: there is no setting `notifications.attempts`"
)]
#[case::no_breaker(
    "[api_calls.scopes.\"archive\"]\nat_once = 3\n",
    "config.toml:2: `at_once` is no setting of a scope"
)]
#[case::one_scope_only(
    "[search_operations.scopes.\"index\"]\nprobes = 3\n",
    "there is no section [search_operations.scopes]"
)]
#[case::no_kind_of_job(
    "[background_processing.scopes.\"ingest\"]\nprobes = 3\n",
    "config.toml:2: `ingest` is no kind of job; there are: ingest_item,"
)]
#[case::no_file(
    "[database_operations.scopes.\"library\"]\nprobes = 3\n",
    "`library` is no file with its direction"
)]
#[case::no_scope(
    "[api_calls.scopes.\"a b\"]\nprobes = 3\n",
    "config.toml:2: `a b` is no scope"
)]
#[case::apart_it_does_not_fit(
    "[api_calls.scopes.\"archive\"]\nprobes = 3\nopen_secs = 901\n",
    "config.toml:3: archive: open_secs is longer than open_cap_secs"
)]
#[case::the_limit_is_the_one_that_is_set(
    "[api_calls.scopes.\"archive\"]\nprobes = 3\nopen_cap_secs = 59\n",
    "config.toml:2: archive: open_secs is longer than open_cap_secs"
)]
fn a_mistake_is_told_with_its_line_and_the_key_that_is_at_fault(#[case] text: &str, #[case] told: &str) {
    let refusal = with_file(text).unwrap_err();
    assert!(refusal.contains(told), "{told}\nis missing in\n{refusal}");
    assert!(refusal.contains("1 mistake:"), "{refusal}");
}

#[test]
fn what_is_slow_need_not_fit_where_nothing_looks_at_it() {
    let config = with_file("[api_calls]\nattempt_timeout_ms = 250\nslow_ms = 9000\n");
    assert_eq!(
        policy(&config.unwrap(), "api_calls").attempt_timeout.as_millis(),
        250
    );
}

/// The limits of single keys say what is possible at all, so each must be possible.
#[test]
fn the_index_may_be_given_all_the_time_that_what_stands_in_for_it_leaves() {
    for (attempt, overall) in [(340, 800), (100, 560), (100, 800)] {
        let text = format!(
            "[search_operations]\nattempt_timeout_ms = {attempt}\noverall_timeout_ms = {overall}\nslow_ms = 90\n"
        );
        assert!(with_file(&text).is_ok(), "{attempt} of {overall}");
    }
}

/// What the guide shows must work as it stands.
#[test]
fn the_examples_of_the_guide_can_be_used() {
    let guide = include_str!("../../../../../docs/guide/configuration.md");
    let examples: Vec<_> = guide
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        // With files beside them: the tests of health and alerts have these.
        .filter(|example| !example.contains("\"secrets/"))
        .collect();
    assert!(examples.len() >= 3, "{examples:?}");
    for example in examples {
        let refusal = with_file(example).err();
        assert_eq!(refusal, None, "{example}");
    }
}

#[test]
fn mistakes_about_all_and_about_single_scopes_are_told_together() {
    let text = "[api_calls]\nprobes = 0\n[api_calls.scopes.\"archive\"]\nprobes = 101\n\
                [llm_operations]\nopen_secs = 0\n";
    let refusal = with_file(text).unwrap_err();
    for told in [
        "3 mistakes:",
        "config.toml:2: api_calls.probes is `0`",
        "config.toml:4: probes is `101`",
        "config.toml:6: llm_operations.open_secs is `0`",
    ] {
        assert!(refusal.contains(told), "{told}\nis missing in\n{refusal}");
    }
}

/// What a policy calls its settings is not what they are called here.
#[test]
fn whatever_a_breaker_complains_of_has_a_key() {
    let mut numbers = Numbers::of(&made("api_calls"));
    let service = CONFIGURABLE
        .iter()
        .find(|service| service.name == "api_calls")
        .unwrap();
    let breaker = numbers.breaker.as_mut().unwrap();
    (breaker.open_secs, breaker.open_cap_secs) = (0, 0);
    (breaker.probes, breaker.successes, breaker.pause_secs) = (0, 0, 0);
    (breaker.percent, breaker.window_calls) = (101, 0);
    numbers.attempt_timeout_ms = 0;
    let at_fault: Vec<_> = numbers
        .misfits(service)
        .into_iter()
        .map(|(key, _)| key.name)
        .collect();
    for key in [
        "attempt_timeout_ms",
        "open_at_percent",
        "window_calls",
        "open_secs",
        "open_cap_secs",
        "probes",
        "successes_to_close",
        "pause_secs",
    ] {
        assert!(at_fault.contains(&key), "{key} is missing in {at_fault:?}");
    }
}

/// The guide prints them once more, for people.
#[test]
fn the_guide_tells_every_value_that_holds_unless_another_is_set() {
    let guide = include_str!("../../../../../docs/guide/configuration.md");
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().replace('`', "")).collect()
    };
    let head = guide
        .lines()
        .find(|line| line.starts_with("| | `article_processing`"));
    let head = cells(head.unwrap());
    let of_pages = ["per_host", "burst", "interval_ms"]; // in a table of their own
    let told: Vec<_> = guide
        .lines()
        .map(cells)
        .filter(|row| row.len() == head.len())
        .collect();
    for service in CONFIGURABLE {
        let column = head.iter().position(|name| name == service.name).unwrap();
        for key in keys::KEYS.iter().filter(|key| !of_pages.contains(&key.name)) {
            let row = told.iter().find(|row| row[0] == key.name).unwrap();
            let value = row[column].split(',').next().unwrap();
            let (_, _, made) = rows()
                .into_iter()
                .find(|(of, known, _)| of.name == service.name && known.name == key.name)
                .unwrap_or((service, key, String::new()));
            assert_eq!(value, made, "{}.{}", service.name, key.name);
        }
    }
}

/// What cannot be set bends to what can.
#[test]
fn the_shortest_and_the_longest_times_can_be_set_for_every_service() {
    for time in ["1", "86400"] {
        let section = |service: &Configurable| {
            format!("[{}]\nopen_secs = {time}\nopen_cap_secs = {time}\n", service.name)
        };
        let text: String = CONFIGURABLE.iter().map(section).collect();
        let config = with_file(&text).unwrap();
        for service in CONFIGURABLE {
            assert_eq!(policy(&config, service.name).faults(), [], "{}", service.name);
        }
    }
}

#[test]
fn the_environment_sets_policies_too() {
    let variables = [
        ("HOME", "/home/reader"),
        ("ATLAS_SEARCH_OPERATIONS_SLOW_MS", "90"),
        ("ATLAS_API_CALLS_PROBES", "0"),
    ];
    let refusal = Config::load(&Flags::default(), &Environment::of(&variables)).unwrap_err();
    let told = "environment ATLAS_API_CALLS_PROBES: api_calls.probes is `0`";
    assert!(refusal.message.contains(told), "{}", refusal.message);
    let config = Config::load(&Flags::default(), &Environment::of(&variables[..2])).unwrap();
    let slow = rules(&policy(&config, "search_operations"))
        .trip
        .slow_calls
        .unwrap();
    assert_eq!(slow.slower_than, Duration::from_millis(90));
}
