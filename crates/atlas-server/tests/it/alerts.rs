//! Alerts over HTTP: a real process that looks after a library, in which a disk is said to be full.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atlas_app::vitals::{Machine, OwnFiles, Vitals, VitalsParts, VitalsSettings};
use atlas_domain::{
    Entropy, KnownChannel, Message, Messenger, PortFuture, ProbeAnswer, ProbeTarget, Prober, Receipt,
    SendFailure, SystemClock,
};
use atlas_store::{DatabaseServices, Ops};
use atlas_vitals::metrics::{Sample, catalogue::machine};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::fixture::TestApp;

/// Nobody outside.
struct Nobody;

impl Messenger for Nobody {
    fn channels(&self) -> Vec<KnownChannel> {
        Vec::new()
    }

    fn send<'a>(
        &'a self,
        _channel: &'a str,
        _message: &'a Message,
    ) -> PortFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(std::future::pending())
    }
}

impl Prober for Nobody {
    fn probe<'a>(
        &'a self,
        _check: &'a str,
        _target: &'a ProbeTarget,
        _limit: Duration,
    ) -> PortFuture<'a, ProbeAnswer> {
        Box::pin(std::future::pending())
    }
}

/// A library that is looked after. No service of it is checked: what is told comes from what the test measures.
struct Watched {
    app: TestApp,
    vitals: Vitals,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Watched {
    async fn start() -> Self {
        let app = TestApp::open();
        let settings = VitalsSettings {
            checks: Vec::new(),
            ..VitalsSettings::default()
        };
        let ops = Ops::open(app.lock(), Arc::new(SystemClock), &DatabaseServices::default()).unwrap();
        let nowhere = Path::new("/nonexistent");
        let parts = VitalsParts {
            ops: ops.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(Entropy::seeded(7)),
            machine: Machine::new(nowhere, nowhere, settings.measure_every),
            places: Vec::new(),
            probes: [].into(),
            prober: Arc::new(Nobody),
            files: OwnFiles {
                library: nowhere.join("library.db"),
                operations: nowhere.join("ops.db"),
            },
            limits: watch::channel(settings.limits.clone()).0,
            messenger: Arc::new(Nobody),
        };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let vitals = Vitals::start(settings, parts, stop.clone(), &tasks)
            .await
            .unwrap();
        app.app.keep_operations(ops);
        app.app.look_after(vitals.clone());
        Self {
            app,
            vitals,
            stop,
            tasks,
        }
    }

    /// Says how much space is left at these mounts. What follows from it is written when this returns.
    async fn left(&self, mounts: &[(&'static str, f64)]) {
        let mut sample = Sample::of("test", Duration::from_secs(10));
        for (mount, bytes) in mounts {
            sample.add_for(&machine::MOUNT_AVAILABLE, *mount, *bytes);
        }
        self.vitals.record(sample).await.unwrap();
        self.vitals.health().await.unwrap(); // answered after it
    }

    /// Two disks are full.
    async fn in_trouble() -> Self {
        let watched = Self::start().await;
        watched.left(&[("/data", 1_000.0), ("/backup", 2_000.0)]).await;
        watched
    }

    async fn get(&self, path: &str) -> Value {
        self.app.get(path).await.json()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.app.post(path, body).await.json()
    }

    async fn incident(&self, mount: &str) -> Value {
        let list = self.get("/api/v1/alerts").await;
        let incidents = list["incidents"].as_array().unwrap();
        incidents
            .iter()
            .find(|incident| incident["labels"]["mount"] == mount)
            .unwrap()
            .clone()
    }

    async fn path_of(&self, mount: &str) -> String {
        format!(
            "/api/v1/alerts/{}",
            self.incident(mount).await["id"].as_str().unwrap()
        )
    }

    async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn silence() -> Value {
    json!({ "matchers": ["mount=/data"], "for": "2h", "comment": "a new disk comes on Friday" })
}

#[tokio::test]
async fn what_is_wrong_is_listed_with_what_scripts_rely_on() {
    let watched = Watched::in_trouble().await;
    let incident = watched.incident("/data").await;
    let id = incident["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 16);
    assert_eq!(
        [
            &incident["rule"],
            &incident["service"],
            &incident["severity"],
            &incident["state"]
        ],
        [
            &json!("disk_last_gibibyte"),
            &json!("disk_space"),
            &json!("critical"),
            &json!("firing")
        ]
    );
    assert_eq!(
        [
            &incident["acknowledged"],
            &incident["resolved_at"],
            &incident["deliveries"]
        ],
        [&json!(false), &json!(null), &json!([])]
    );
    assert!(incident["started_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(incident["summary"], "less than 1 GiB is left at /data");
    watched.end().await;
}

#[tokio::test]
async fn the_list_is_narrowed_and_turned_page_by_page() {
    let watched = Watched::in_trouble().await;
    for (path, expected) in [
        ("/api/v1/alerts?severity=critical&service=disk_space", 2),
        ("/api/v1/alerts?severity=warning", 0),
        ("/api/v1/alerts?service=search", 0),
        ("/api/v1/alerts?limit=1", 1),
    ] {
        let list = watched.get(path).await;
        assert_eq!(
            list["incidents"].as_array().unwrap().len(),
            expected,
            "{path}: {list}"
        );
    }
    let first = watched.get("/api/v1/alerts?limit=1").await;
    let next = first["next"].as_str().unwrap();
    let second = watched.get(&format!("/api/v1/alerts?limit=1&after={next}")).await;
    assert_ne!(first["incidents"][0]["id"], second["incidents"][0]["id"]);
    assert_eq!(second.get("next"), None);
    watched.end().await;
}

#[tokio::test]
async fn an_incident_is_shown_by_the_first_digits_that_no_other_has() {
    let watched = Watched::in_trouble().await;
    let path = watched.path_of("/data").await;
    let whole = watched.get(&path).await;
    // Two random ids of sixteen digits do not begin with the same eight.
    let begun = watched.get(&path[..path.len() - 8]).await;
    assert_eq!(begun["id"], whole["id"]);
    assert_eq!(whole["runbook"], "docs/guide/runbooks.md#disk-space");
    assert!(whole["timeline"].as_array().unwrap().len() >= 2, "{whole}");
    assert!(
        whole["notices"].as_array().unwrap().is_empty(),
        "there is no channel"
    );
    watched.end().await;
}

#[tokio::test]
async fn an_incident_is_taken_on_given_back_and_closed() {
    let watched = Watched::in_trouble().await;
    let path = watched.path_of("/data").await;
    let taken = watched
        .post(
            &format!("{path}/ack"),
            &json!({ "by": "mara", "comment": "on it" }),
        )
        .await;
    assert_eq!(taken["acknowledged"], true);
    assert_eq!(
        (
            &taken["acknowledgement"]["by"],
            &taken["acknowledgement"]["comment"]
        ),
        (&json!("mara"), &json!("on it"))
    );
    assert_eq!(taken["suppressed_by"], json!(["acknowledged"]));
    let given_back = watched.app.act(&format!("{path}/unack")).await.json();
    assert_eq!(
        (&given_back["acknowledged"], &given_back["suppressed_by"]),
        (&json!(false), &json!([]))
    );
    let again = watched.app.act(&format!("{path}/ack")).await.json();
    assert_eq!(
        (&again["acknowledgement"]["by"], &again["replaced"]),
        (&json!("owner"), &Value::Null)
    );
    let other = watched
        .post(&format!("{path}/ack"), &json!({ "by": "zoe" }))
        .await;
    assert_eq!(
        (&other["acknowledgement"]["by"], &other["replaced"]["by"]),
        (&json!("zoe"), &json!("owner"))
    );
    let closed = watched.app.act(&format!("{path}/close")).await.json();
    assert_eq!(
        (&closed["state"], &closed["end"]),
        (&json!("resolved"), &json!("closed"))
    );
    let detail = watched
        .app
        .act(&format!("{path}/ack"))
        .await
        .refuses(409, "conflict");
    assert!(detail.contains("is over"), "{detail}");
    let open = watched.get("/api/v1/alerts").await;
    let all = watched.get("/api/v1/alerts?state=all").await;
    let ids = |list: &Value| -> Vec<Value> {
        let incidents = list["incidents"].as_array().unwrap();
        incidents.iter().map(|incident| incident["id"].clone()).collect()
    };
    assert!(!ids(&open).contains(&closed["id"]), "{open}");
    assert!(ids(&all).contains(&closed["id"]), "{all}");
    watched.end().await;
}

#[tokio::test]
async fn a_silence_is_made_seen_and_ended() {
    let watched = Watched::in_trouble().await;
    let made = watched.post("/api/v1/silences", &silence()).await;
    assert_eq!((&made["number"], &made["state"]), (&json!(1), &json!("active")));
    assert_eq!(made["matchers"], json!(["mount=/data"]));
    assert_eq!(
        watched.incident("/data").await["suppressed_by"],
        json!(["silence"])
    );
    assert_eq!(watched.incident("/backup").await["suppressed_by"], json!([]));
    let listed = watched.get("/api/v1/silences").await;
    assert_eq!(listed["silences"].as_array().unwrap().len(), 1);
    let ended = watched.app.delete("/api/v1/silences/1").await.json();
    assert_eq!(
        (&ended["state"], &ended["ended_early"]),
        (&json!("ended"), &json!(true))
    );
    assert_eq!(watched.get("/api/v1/silences").await["silences"], json!([]));
    let all = watched.get("/api/v1/silences?all=true").await;
    assert_eq!(all["silences"].as_array().unwrap().len(), 1);
    watched
        .app
        .delete("/api/v1/silences/1")
        .await
        .refuses(404, "not_found");
    let unknown = json!({ "matchers": ["mont=/data"], "for": "2h", "comment": "a new disk" });
    let refused = watched.app.post("/api/v1/silences", &unknown).await;
    let detail = refused.refuses(400, "invalid_request");
    assert!(
        detail.contains("no incident has a label `mont`") && detail.contains("mount"),
        "{detail}"
    );
    assert_eq!(watched.incident("/data").await["suppressed_by"], json!([]));
    watched.end().await;
}

#[rstest]
#[case::of_nothing("matchers", json!([]), "`matchers`")]
#[case::of_no_matcher("matchers", json!(["search"]), "service=search")]
#[case::of_no_list("matchers", json!("service=search"), "matchers")]
#[case::of_no_pattern("matchers", json!(["mount=~("]), "pattern")]
#[case::of_no_length("for", json!("soon"), "such as \"90s\"")]
#[case::too_long("for", json!("31d"), "30 days")]
#[case::with_two_ends("until", json!("2100-01-01T00:00:00Z"), "not both")]
#[case::at_no_time("from", json!("tomorrow"), "from")]
#[case::without_a_reason("comment", json!(""), "`comment`")]
#[case::with_a_typo("untl", json!("2h"), "untl")]
#[tokio::test]
async fn a_silence_that_makes_no_sense_is_refused_by_its_field(
    #[case] field: &str,
    #[case] value: Value,
    #[case] told: &str,
) {
    let watched = Watched::start().await;
    let mut asked = silence();
    asked[field] = value;
    let detail = watched
        .app
        .post("/api/v1/silences", &asked)
        .await
        .refuses(400, "invalid_request");
    assert!(detail.contains(told), "{detail}");
    watched.end().await;
}

#[tokio::test]
async fn the_inbox_tells_everything_until_it_is_read() {
    let watched = Watched::in_trouble().await;
    let inbox = watched.get("/api/v1/inbox?unread=true").await;
    assert_eq!(inbox["unread"], 2, "{inbox}");
    let newest = inbox["notices"][0]["number"].as_i64().unwrap();
    assert_eq!(inbox["notices"][0]["kind"], "firing");
    let page = watched.get("/api/v1/inbox?limit=1").await;
    let rest = watched
        .get(&format!("/api/v1/inbox?limit=1&after={}", page["next"]))
        .await;
    assert_ne!(page["notices"][0]["number"], rest["notices"][0]["number"]);
    let read = watched
        .post("/api/v1/inbox/read", &json!({ "up_to": newest }))
        .await;
    assert_eq!(read, json!({ "read": 2, "unread": 0 }));
    assert_eq!(
        watched.get("/api/v1/inbox?unread=true").await["notices"],
        json!([])
    );
    let detail = watched
        .app
        .post("/api/v1/inbox/read", &json!({ "up_to": 0 }))
        .await
        .refuses(400, "invalid_request");
    assert!(detail.contains("`up_to`"), "{detail}");
    watched.end().await;
}

#[tokio::test]
async fn the_rules_in_force_are_told_with_their_reasons() {
    let watched = Watched::start().await;
    let rules = watched.get("/api/v1/rules").await;
    let rules = rules["rules"].as_array().unwrap();
    let rule = rules
        .iter()
        .find(|rule| rule["name"] == "disk_last_gibibyte")
        .unwrap();
    assert_eq!(rule["origin"], "built_in");
    assert_eq!(
        rule["condition"],
        "mount_available < 1073741824, until >= 2147483648"
    );
    assert!(
        rules
            .iter()
            .all(|rule| !rule["reason"].as_str().unwrap().is_empty())
    );
    watched.end().await;
}

#[tokio::test]
async fn the_status_tells_what_is_wrong_and_who_is_told() {
    let watched = Watched::in_trouble().await;
    let status = watched.get("/api/v1/status").await;
    assert_eq!(
        status["alerts"],
        json!({ "open": 2, "critical": 2, "unacknowledged": 2, "unread": 2, "channels": [] })
    );
    let report = watched.get("/api/v1/doctor").await;
    let checks = report["checks"].as_array().unwrap();
    let channels = checks.iter().find(|check| check["name"] == "channels").unwrap();
    assert_eq!(channels["ok"], true);
    assert!(
        channels["message"].as_str().unwrap().contains("none is set up"),
        "{channels}"
    );
    watched.end().await;
}

#[rstest]
#[case("/api/v1/alerts?state=closed", 400, "invalid_request", "`open`")]
#[case("/api/v1/alerts?severity=loud", 400, "invalid_request", "critical")]
#[case("/api/v1/alerts?limit=501", 400, "invalid_request", "`limit`")]
#[case("/api/v1/alerts?limit=0", 400, "invalid_request", "`limit`")]
#[case("/api/v1/alerts?after=here", 400, "invalid_cursor", "here")]
#[case("/api/v1/alerts?servce=search", 400, "invalid_request", "servce")]
#[case("/api/v1/alerts/search", 400, "invalid_request", "sixteen hexadecimal digits")]
#[case(
    "/api/v1/alerts/0123456789abcdef0",
    400,
    "invalid_request",
    "sixteen hexadecimal digits"
)]
#[case("/api/v1/alerts/0123456789abcdef", 404, "not_found", "incident")]
#[case("/api/v1/inbox?unread=maybe", 400, "invalid_request", "unread")]
#[case("/api/v1/rules?name=x", 400, "invalid_request", "name")]
#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_by_its_field(
    #[case] path: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] told: &str,
) {
    let watched = Watched::start().await;
    let detail = watched.app.get(path).await.refuses(status, code);
    assert!(detail.contains(told), "{detail}");
    watched.end().await;
}

#[tokio::test]
async fn where_nobody_looks_after_it_a_decision_is_refused_and_looking_works() {
    let watched = Watched::in_trouble().await;
    let path = watched.path_of("/data").await;
    let app = watched.app.reopened(|_| {});
    let detail = app
        .act(&format!("{path}/ack"))
        .await
        .refuses(503, "not_monitored");
    assert!(detail.contains("atlas serve"), "{detail}");
    app.post("/api/v1/silences", &silence())
        .await
        .refuses(503, "not_monitored");
    app.post("/api/v1/inbox/read", &json!({ "up_to": 1 }))
        .await
        .refuses(503, "not_monitored");
    assert_eq!(app.get(&path).await.json()["rule"], "disk_last_gibibyte");
    assert_eq!(app.get("/api/v1/inbox").await.json()["unread"], 2);
    assert!(
        !app.get("/api/v1/rules").await.json()["rules"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    watched.stop.cancel();
    watched.tasks.close();
    watched.tasks.wait().await;
}

#[tokio::test]
async fn where_nothing_was_ever_kept_there_is_nothing_to_look_at() {
    TestApp::ops_only()
        .get("/api/v1/alerts")
        .await
        .refuses(503, "no_library");
}
