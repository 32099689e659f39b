//! The owner's own checks.

use atlas_app::vitals::{OwnCheck, QueriedFile};
use atlas_domain::ProbeTarget;
use atlas_vitals::health::{CheckKind, Limit, Worse};
use rstest::rstest;

use super::*;

const SECRET: &str = "aB3-dE6_gH9.jK2~";

#[test]
fn a_check_asks_over_http() {
    let text = "[[health.checks]]\nname = 'router'\nkind = 'http'\ntarget = \
     'https://router.home.example/status?key=5ec2e7'\n\
                every = '5m'\ncritical = true\nstatuses = [200, 204]\nbody_contains = 'up, and well'\n\
                json = { pointer = '/wan/0', value = 3 }\nslow_after = 2\ncertificate_days = 14\n\
                depends_on = ['system_resources']\nladder = [1, 2, 3]\n";
    let config = config(text);
    let settings = &config.vitals.settings;
    let check = settings.checks.last().unwrap();
    assert_eq!(
        (check.name.as_str(), check.every),
        ("router", Duration::from_mins(5))
    );
    assert!(check.critical && check.kind == CheckKind::PassFail && check.ladder.down == 3);
    assert_eq!(check.depends_on, ["system_resources"]);
    let OwnCheck::Ask(ProbeTarget::Http(probe)) = &settings.own["router"] else {
        panic!("{:?}", settings.own);
    };
    assert_eq!(probe.statuses, [200, 204]);
    assert_eq!(probe.body_contains.as_deref(), Some("up, and well"));
    assert_eq!(probe.json, Some(("/wan/0".to_owned(), "3".to_owned())));
    assert_eq!(
        (probe.slow_after, probe.certificate_days),
        (Some(Duration::from_secs(2)), Some(14))
    );
    let target = origin(&config, "health.checks.router.target");
    assert_eq!(target.value, "https://router.home.example/status?…");
    assert!(target.origin.ends_with("config.toml:4"), "{}", target.origin);
    assert_eq!(origin(&config, "health.checks.router.ladder").value, "1,2,3");
    assert!(!format!("{:?} {:?}", config.origins, config.vitals).contains("5ec2e7"));
}

#[rstest]
#[case::name("nas.home.example:445", "nas.home.example", 445)]
#[case::address("192.168.1.7:22", "192.168.1.7", 22)]
#[case::of_version_six("[fd00::7]:22", "fd00::7", 22)]
fn a_check_connects(#[case] target: &str, #[case] expected_host: &str, #[case] expected_port: u16) {
    let text = format!(
        "[[health.checks]]\nname = 'nas'\nkind = 'tcp'\ntarget = '{target}'\nwarn = 200\ncrit = 2000\n"
    );
    let settings = config(&text).vitals.settings;
    let expected = ProbeTarget::Tcp {
        host: expected_host.to_owned(),
        port: expected_port,
    };
    assert_eq!(settings.own["nas"], OwnCheck::Ask(expected));
    let check = settings.checks.last().unwrap();
    let warn = check.thresholds.unwrap().warn;
    assert_eq!(
        (warn, check.kind),
        (
            Some(Limit {
                enter: 200.0,
                exit: 180.0
            }),
            CheckKind::PassFail
        )
    );
}

#[test]
fn a_check_asks_for_a_name_or_runs_a_program() {
    let text = "[[health.checks]]\nname = 'dns'\nkind = 'dns'\ntarget = 'nas.home.example'\nexpected = \
     ['192.168.1.7', 'fd00::7']\n\n\
                [[health.checks]]\nname = 'raid'\nkind = 'command'\ntarget = '/usr/local/bin/check-raid'\narguments = ['--short', 'a,b']\n";
    let own = config(text).vitals.settings.own;
    let expected = ProbeTarget::Dns {
        name: "nas.home.example".to_owned(),
        expected: ["192.168.1.7", "fd00::7"]
            .map(|address| address.parse().unwrap())
            .to_vec(),
    };
    assert_eq!(own["dns"], OwnCheck::Ask(expected));
    let expected = ProbeTarget::Command {
        program: "/usr/local/bin/check-raid".into(),
        arguments: vec!["--short".to_owned(), "a,b".to_owned()],
    };
    assert_eq!(own["raid"], OwnCheck::Ask(expected));
}

/// A figure says itself how bad it is; a question that is answered with yes or no climbs the ladder.
#[rstest]
#[case::library("library", "", QueriedFile::Library, CheckKind::PassFail)]
#[case::operations("operations", "warn = 3\n", QueriedFile::Operations, CheckKind::Level)]
#[case::another("/srv/photos.db", "worse = 'below'\ncrit = 0\n", QueriedFile::At("/srv/photos.db".into()), CheckKind::Level)]
fn a_check_asks_a_database(
    #[case] database: &str,
    #[case] thresholds: &str,
    #[case] expected: QueriedFile,
    #[case] kind: CheckKind,
) {
    let text = format!(
        "[[health.checks]]\nname = 'q'\nkind = 'sql'\ntarget = \" SELECT ';' || count(*) FROM items; \
         \"\ndatabase = '{database}'\n{thresholds}"
    );
    let settings = config(&text).vitals.settings;
    let OwnCheck::Query(query) = &settings.own["q"] else {
        panic!("{:?}", settings.own);
    };
    assert_eq!(query.statement, "SELECT ';' || count(*) FROM items");
    assert_eq!(query.file, expected);
    let check = settings.checks.last().unwrap();
    assert_eq!(check.kind, kind);
    if thresholds.contains("below") {
        let thresholds = check.thresholds.unwrap();
        assert_eq!(thresholds.worse, Worse::Below);
        assert_eq!(
            thresholds.crit,
            Some(Limit {
                enter: 0.0,
                exit: 0.1
            })
        );
    }
}

#[test]
fn a_heartbeat_is_known_by_a_secret_that_nothing_shows() {
    let text =
        "[[health.checks]]\nname = 'backup'\nkind = 'heartbeat'\nevery = '1d'\nsecret_file = 'backup'\n";
    let config = Place::new(text)
        .with("backup", &format!("{SECRET}\n"))
        .load()
        .unwrap();
    let OwnCheck::Heartbeat { secret } = &config.vitals.settings.own["backup"] else {
        panic!("no heartbeat");
    };
    assert!(secret.is(SECRET));
    let shown = format!(
        "{:?} {:?} {:?}",
        config.origins, config.vitals, config.vitals.settings
    );
    assert!(!shown.contains(SECRET), "{shown}");
    assert_eq!(
        origin(&config, "health.checks.backup.secret_file").value,
        "backup"
    );
}

#[rstest]
#[case::empty("\n", 0o600, "which is empty")]
#[case::short("aB3-dE6_gH9\n", 0o600, "must hold 16 or more letters")]
#[case::of_other_characters("aB3-dE6_gH9.jK2/", 0o600, "must hold 16 or more letters")]
#[case::of_two_lines(
    "aB3-dE6_gH9.jK2\nzzzzzzzzzzzzzzzzzzz\n",
    0o600,
    "which holds more than one line"
)]
fn a_secret_that_does_not_do_is_told_without_it(
    #[case] content: &str,
    #[case] mode: u32,
    #[case] told: &str,
) {
    let text =
        "[[health.checks]]\nname = 'backup'\nkind = 'heartbeat'\nevery = '1d'\nsecret_file = 'backup'\n";
    let place = Place::new(text).with_mode("backup", content, mode);
    let refusal = place.load().unwrap_err();
    assert_told(
        &refusal,
        &[
            "1 mistake:",
            "config.toml:5: health.checks.backup.secret_file",
            told,
        ],
    );
    assert!(!refusal.contains("aB3"), "{refusal}");
}

#[rstest]
#[case::of_its_owner(0o600, false)]
#[case::of_a_group(0o640, false)]
#[case::of_everybody(0o644, true)]
fn a_secret_that_everybody_may_read_is_taken_and_told(#[case] mode: u32, #[case] is_told: bool) {
    let text =
        "[[health.checks]]\nname = 'backup'\nkind = 'heartbeat'\nevery = '1d'\nsecret_file = 'backup'\n";
    let place = Place::new(text).with_mode("backup", SECRET, mode);
    let config = place.load().unwrap();
    let told = config.secrets_open_to_everybody();
    assert_eq!(
        told.iter().any(|path| path.ends_with("backup")),
        is_told,
        "{told:?}"
    );
}

#[rstest]
#[case::no_name("kind = 'tcp'\ntarget = 'a:1'\n", "config.toml:1: health.checks needs `name`")]
#[case::name_of_a_service(
    "name = 'api'\nkind = 'tcp'\ntarget = 'a:1'\n",
    "config.toml:2: health.checks.api.name is that of a service"
)]
#[case::bad_name(
    "name = 'My NAS'\nkind = 'tcp'\ntarget = 'a:1'\n",
    "config.toml:2: health.checks.\"My NAS\".name must be up to 64 small letters"
)]
#[case::no_kind("name = 'c'\ntarget = 'a:1'\n", "config.toml:1: health.checks.c needs `kind`")]
#[case::other_kind(
    "name = 'c'\nkind = 'ping'\n",
    "config.toml:3: health.checks.c.kind is `ping`; it must be one of http, tcp, dns, command, sql, heartbeat"
)]
#[case::no_target(
    "name = 'c'\nkind = 'http'\n",
    "config.toml:1: health.checks.c needs `target`, like \"http"
)]
#[case::no_address(
    "name = 'c'\nkind = 'http'\ntarget = 'router'\n",
    "config.toml:4: health.checks.c.target must be an address of the web"
)]
#[case::password(
    "name = 'c'\nkind = 'http'\ntarget = 'http://a:5ec2e7@b/'\n",
    "config.toml:4: health.checks.c.target must be an address of the web"
)]
#[case::no_port(
    "name = 'c'\nkind = 'tcp'\ntarget = 'nas'\n",
    "config.toml:4: health.checks.c.target is `nas`; it must be a host with a port"
)]
#[case::no_program(
    "name = 'c'\nkind = 'command'\ntarget = 'check-raid'\n",
    "config.toml:4: health.checks.c.target is `check-raid`; it must be the whole path"
)]
#[case::two_statements(
    "name = 'c'\nkind = 'sql'\ntarget = 'SELECT 1; DROP TABLE items'\ndatabase = 'library'\n",
    "config.toml:4: health.checks.c.target must be one statement"
)]
#[case::no_question(
    "name = 'c'\nkind = 'sql'\ntarget = 'DELETE FROM items'\ndatabase = 'library'\n",
    "config.toml:4: health.checks.c.target must be one statement"
)]
#[case::no_database(
    "name = 'c'\nkind = 'sql'\ntarget = 'SELECT 1'\n",
    "config.toml:1: health.checks.c needs `database`"
)]
#[case::other_database(
    "name = 'c'\nkind = 'sql'\ntarget = 'SELECT 1'\ndatabase = 'photos.db'\n",
    "config.toml:5: health.checks.c.database is `photos.db`"
)]
#[case::heartbeat_without_secret(
    "name = 'c'\nkind = 'heartbeat'\nevery = '1h'\n",
    "config.toml:1: health.checks.c needs `secret_file`"
)]
#[case::of_another_kind(
    "name = 'c'\nkind = 'tcp'\ntarget = 'a:1'\nstatuses = [200]\n",
    "config.toml:5: health.checks.c: `statuses` is no setting of a check of the kind tcp; there are: \
     name, kind, every"
)]
#[case::misspelt(
    "name = 'c'\nkind = 'tcp'\ntarget = 'a:1'\nevry = 3\n",
    "config.toml:5: health.checks.c: `evry` is no setting of a check of the kind tcp; did you mean `every`?"
)]
#[case::bad_status(
    "name = 'c'\nkind = 'http'\ntarget = 'http://a/'\nstatuses = [99]\n",
    "config.toml:5: health.checks.c.statuses is `99`"
)]
#[case::bad_json(
    "name = 'c'\nkind = 'http'\ntarget = 'http://a/'\njson = { pointer = 'wan', value = 1 }\n",
    "config.toml:5: health.checks.c.json must be like"
)]
#[case::no_certificate(
    "name = 'c'\nkind = 'http'\ntarget = 'http://a/'\ncertificate_days = 3\n",
    "config.toml:5: health.checks.c.certificate_days needs an https address"
)]
#[case::bad_address(
    "name = 'c'\nkind = 'dns'\ntarget = 'a'\nexpected = ['b']\n",
    "config.toml:5: health.checks.c.expected names `b`, which is no address"
)]
#[case::ends_on_the_wrong_side(
    "name = 'c'\nkind = 'tcp'\ntarget = 'a:1'\nwarn = 5\nwarn_exit = 6\n",
    "config.toml:6: health.checks.c.warn_exit ends at 6 and must end below 5"
)]
#[case::misordered(
    "name = 'c'\nkind = 'tcp'\ntarget = 'a:1'\nwarn = 5\ncrit = 4\n",
    "config.toml:5: health.checks.c.warn begins at 5 and must not begin after critical, at 4"
)]
#[case::end_alone(
    "name = 'c'\nkind = 'tcp'\ntarget = 'a:1'\ncrit_exit = 4\n",
    "config.toml:5: health.checks.c.crit_exit says where `crit` ends, which is not set"
)]
#[case::ladder_beside_thresholds(
    "name = 'c'\nkind = 'sql'\ntarget = 'SELECT 1'\ndatabase = 'library'\nwarn = 5\nladder = [1, 2, 3]\n",
    "config.toml:7: health.checks.c.ladder is for checks without thresholds"
)]
#[case::circle(
    "name = 'c'\nkind = 'tcp'\ntarget = 'a:1'\ndepends_on = ['c']\n",
    "config.toml:5: health.checks.c.depends_on: depends on itself: c -> c"
)]
#[case::no_time(
    "name = 'c'\nkind = 'tcp'\ntarget = 'a:1'\nevery = '1m'\ndeadline = '2m'\n",
    "config.toml:6: health.checks.c.deadline: must not be longer than `every`"
)]
fn a_mistake_about_a_check_is_told_with_its_line(#[case] text: &str, #[case] told: &str) {
    let refusal = refusal(&format!("[[health.checks]]\n{text}"));
    assert_told(&refusal, &["1 mistake:", told]);
    assert!(!refusal.contains("5ec2e7"), "{refusal}");
}

#[test]
fn checks_have_names_and_secrets_of_their_own() {
    let check = |name: &str| {
        format!(
            "[[health.checks]]\nname = '{name}'\nkind = 'heartbeat'\nevery = '1d'\nsecret_file = 'backup'\n"
        )
    };
    let place = Place::new(&[check("a"), check("a"), check("b")].concat()).with("backup", SECRET);
    let told = place.load().unwrap_err();
    assert_told(
        &told,
        &[
            "config.toml:7: health.checks.a.name is that of another check",
            "config.toml:15: health.checks.b.secret_file holds the secret of another check",
        ],
    );
    assert!(!told.contains(SECRET), "{told}");
}

/// The mistake is in the check, not in what refers to it.
#[test]
fn others_may_refer_to_a_check_with_a_mistake() {
    let text = "[health.search]\ndepends_on = ['nas']\n\n[[health.checks]]\nname = 'nas'\nkind = 'tpc'\n\n\
                [[health.maintenance]]\nname = 'm'\nchecks = ['nas']\ndays = 'daily'\nfrom = '01:00'\nuntil = '02:00'\n";
    assert_told(
        &refusal(text),
        &["1 mistake:", "config.toml:6: health.checks.nas.kind is `tpc`"],
    );
}
