//! The seven services, and from which values on they are worse than they should be.

use atlas_vitals::health::{CheckSettings, Climb, Descent, Flapping, Intermittent, Ladder, Limit};
use rstest::rstest;

use super::*;

fn check(config: &Config, name: &str) -> CheckSettings {
    let checks = &config.vitals.settings.checks;
    checks.iter().find(|check| check.name == name).unwrap().clone()
}

#[test]
fn everything_that_a_service_is_told_can_be_set() {
    let text = "[health.search]\nevery = '2m'\ndeadline = 5\ngrace = '10s'\ncritical = true\n\
                ladder = [1, 4, 9]\nup = { down = 5 }\ndown = [1, 2]\n\
                intermittent = { failures = 3, within = 8, until = 0 }\nflapping = [40, 20]\n\
                depends_on = ['disk_space', 'database']\n";
    let search = check(&config(text), "search");
    let expected = CheckSettings {
        deadline: Some(Duration::from_secs(5)),
        grace: Duration::from_secs(10),
        critical: true,
        ladder: Ladder {
            degraded: 1,
            critical: 4,
            down: 9,
        },
        up: Climb {
            degraded: 2,
            critical: 3,
            down: 5,
        },
        down: Descent {
            usual: 1,
            from_down: 2,
        },
        intermittent: Intermittent {
            failures: 3,
            within: 8,
            until: 0,
        },
        flapping: Flapping {
            start_percent: 40,
            stop_percent: 20,
        },
        depends_on: vec!["disk_space".to_owned(), "database".to_owned()],
        ..CheckSettings::new("search", search.kind, Duration::from_mins(2))
    };
    assert_eq!(search, expected);
}

#[test]
fn the_environment_sets_them_too() {
    let variables = [
        ("ATLAS_HEALTH_SEARCH_LADDER", "1,4,9"),
        ("ATLAS_HEALTH_SEARCH_UP", "down=5"),
        ("ATLAS_HEALTH_SEARCH_EVERY", "90"),
        ("ATLAS_HEALTH_API_SECONDS_WARN", "0.5"),
        ("ATLAS_ALERTS_GROUP_WAIT", "500ms"),
    ];
    let config = Place::new("").load_with(&variables).unwrap();
    let search = check(&config, "search");
    assert_eq!((search.ladder.degraded, search.up.down), (1, 5));
    assert_eq!(search.every, Duration::from_secs(90));
    let alerts = &config.vitals.settings.alerts;
    assert_eq!(alerts.timing.group_wait, Duration::from_millis(500));
    let ladder = origin(&config, "health.search.ladder");
    assert_eq!(ladder.origin, "environment ATLAS_HEALTH_SEARCH_LADDER");
    let told = Place::new("")
        .load_with(&[("ATLAS_HEALTH_SERCH_EVERY", "1m")])
        .unwrap_err();
    assert_told(&told, &["did you mean ATLAS_HEALTH_SEARCH_EVERY?"]);
}

#[rstest]
#[case::no_number(
    "[health.api]\nladder = [1, 2]\n",
    "config.toml:2: health.api.ladder is `1,2`; it must be whole numbers"
)]
#[case::other_name(
    "[health.api]\nladder = { up = 2 }\n",
    "config.toml:2: health.api.ladder is `up=2`"
)]
#[case::not_rising(
    "[health.api]\nladder = [3, 2, 6]\n",
    "config.toml:2: health.api.ladder: must rise"
)]
#[case::as_a_section(
    "[health.api.ladder]\ndegraded = 4\n",
    "config.toml:1: health.api.ladder: must rise"
)]
#[case::zero(
    "[health.api]\nup = [0, 3, 3]\n",
    "config.toml:2: health.api.up.degraded: must be 1 to 100"
)]
#[case::no_truth(
    "[health.api]\ncritical = 'maybe'\n",
    "config.toml:2: health.api.critical is `maybe`"
)]
#[case::longer_than_it_may(
    "[health.api]\nevery = '10s'\ndeadline = '11s'\n",
    "config.toml:3: health.api.deadline: must not be longer"
)]
#[case::no_time(
    "[health.api]\nevery = 0\n",
    "config.toml:2: health.api.every: must be more than zero"
)]
#[case::nobody(
    "[health.api]\ndepends_on = ['databas']\n",
    "config.toml:2: health.api.depends_on: there is no check `databas`"
)]
#[case::other_service(
    "[health.apis]\nevery = '1m'\n",
    "config.toml:1: there is no section [health.apis]"
)]
#[case::other_setting(
    "[health.api]\nevry = '1m'\n",
    "config.toml:2: there is no setting `health.api.evry`; did you mean `health.api.every`?"
)]
#[case::no_ladder_to_climb(
    "[health.disk_space]\nladder = [2, 3, 6]\n",
    "config.toml:2: there is no setting `health.disk_space.ladder`"
)]
#[case::too_often(
    "[health]\nmeasure_every = '1ms'\n",
    "config.toml:2: health.measure_every is `1ms`; it must be a length of time from 100ms to 1m"
)]
#[case::a_try_that_is_made_again_while_it_is_under_way(
    "[alerts]\nattempt_lease = '2s'\n",
    "config.toml:2: alerts.attempt_lease is `2s`; it must be a length of time from 2m10s to 1d"
)]
#[case::no_reminder(
    "[alerts]\nreminder = 0\n",
    "config.toml:2: alerts.reminder: `reminder` must be longer than nothing"
)]
fn a_mistake_is_told_with_its_line(#[case] text: &str, #[case] told: &str) {
    let refusal = refusal(text);
    assert_told(&refusal, &["1 mistake:", told]);
}

/// A value that nobody understands fits nothing: only that is told.
#[test]
fn an_unreadable_value_brings_no_other_mistakes_with_it() {
    let told = refusal("[health.api]\nevery = 'often'\ndeadline = '1m'\n");
    assert_told(&told, &["1 mistake:", "health.api.every is `often`"]);
}

#[rstest]
#[case::distance(
    "[health.system_resources]\nprocessor_warn = 75\n",
    "health.system_resources.processor_warn_exit",
    "70"
)]
#[case::decimals("[health.api]\nseconds_warn = 2.5\n", "health.api.seconds_warn_exit", "2")]
#[case::too_small_for_the_distance(
    "[health.api]\nseconds_warn = 0.5\n",
    "health.api.seconds_warn_exit",
    "0.375"
)]
#[case::free_space_in_proportion(
    "[health.disk_space]\nwarn_free_gib = 60\n",
    "health.disk_space.warn_free_gib_exit",
    "66"
)]
#[case::given(
    "[health.api]\nseconds_warn_exit = 0.1\n",
    "health.api.seconds_warn_exit",
    "0.1"
)]
fn where_a_level_ends_follows_where_it_begins(#[case] text: &str, #[case] key: &str, #[case] expected: &str) {
    assert_eq!(origin(&config(text), key).value, expected);
}

#[test]
fn free_space_is_set_in_gibibytes_and_kept_in_bytes() {
    let config = config("[health.disk_space]\ncrit_least_free_gib = 2\ncrit_least_free_gib_exit = 3\n");
    let limit = config.vitals.settings.limits.disk.crit.least_free_bytes;
    let gib = 1_073_741_824.0;
    assert_eq!(
        limit,
        Limit {
            enter: 2.0 * gib,
            exit: 3.0 * gib
        }
    );
}

#[test]
fn the_levels_of_a_disk_are_told_with_every_other_mistake() {
    let text = "[health.disk_space]\nwarn_used_percent = 97\ncrit_free_gib = 60\ncrit_least_free_gib = 5\n\n\
                [health.api]\nevery = 'often'\n";
    let expected = [
        "3 mistakes:",
        "config.toml:2: health.disk_space.warn_used_percent begins at 97",
        "config.toml:3: health.disk_space.warn_free_gib begins at 50",
        "config.toml:7: health.api.every is `often`",
    ];
    assert_told(&refusal(text), &expected);
}

#[rstest]
#[case::more_than_all(
    "[health.system_resources]\nmemory_crit = 101\n",
    "config.toml:2: health.system_resources.memory_crit is `101`; it must be a number above 0 and up to 100"
)]
#[case::nothing(
    "[health.api]\nseconds_warn = 0\n",
    "config.toml:2: health.api.seconds_warn is `0`"
)]
#[case::no_number(
    "[health.api]\nseconds_warn = 'nan'\n",
    "config.toml:2: health.api.seconds_warn is `nan`"
)]
#[case::free_space_ends_above(
    "[health.disk_space]\ncrit_free_gib = 20\ncrit_free_gib_exit = 10\n",
    "config.toml:3: health.disk_space.crit_free_gib_exit ends at 10 and must end above 20, where it begins"
)]
#[case::an_end_that_no_longer_fits(
    "[health.api]\nseconds_crit_exit = 6\n",
    "config.toml:2: health.api.seconds_crit_exit ends at 6 and must end below 5"
)]
#[case::critical_before_the_warning(
    "[health.background_processing]\nready_crit = 50\n",
    "config.toml:2: health.background_processing.ready_warn begins at 100 and must not begin after \
     critical, at 50"
)]
#[case::a_disk_that_is_critical_before_the_warning(
    "[health.disk_space]\ncrit_used_percent = 80\n",
    "config.toml:2: health.disk_space.warn_used_percent begins at 85 and must not begin after critical, at 80"
)]
#[case::a_disk_with_less_left_at_the_warning(
    "[health.disk_space]\nwarn_free_gib = 10\ncrit_free_gib = 30\n",
    "config.toml:2: health.disk_space.warn_free_gib begins at 10 and must not begin after critical, at 30"
)]
#[case::next_to_nothing_left_at_the_warning(
    "[health.disk_space]\ncrit_least_free_gib = 6\n",
    "config.toml:2: health.disk_space.warn_least_free_gib begins at 5 and must not begin after critical, at 6"
)]
fn values_that_do_not_fit_are_told_with_their_line(#[case] text: &str, #[case] told: &str) {
    assert_told(&refusal(text), &["1 mistake:", told]);
}
