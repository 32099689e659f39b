//! Health, alerts and measurements: what one process wrote down, the next one goes on from.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, HealthStatus, NoticeState, Timestamp};
use atlas_store::{DatabaseServices, IncidentQuery, Ops, TimelineMark, VitalsRows};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{
    AlertSettings, Alerts, Answer, ChannelSettings, Effects, Input, MatchOp, NewSilence, Observation,
    RuleSet, StoredDelivery, StoredIncident, StoredMatcher, StoredNotice,
};
use atlas_vitals::health::{CheckKind, CheckResult, CheckSettings, HealthEngine, HealthInput, StoredCheck};
use atlas_vitals::metrics::{Flush, Measurements, Plan, Range, Sample, catalogue};

use crate::fixture::Fixture;

const SECOND: Duration = Duration::from_secs(1);

fn open(library: &Fixture) -> Ops {
    Ops::open(
        library.lock(),
        library.shared_clock(),
        &DatabaseServices::default(),
    )
    .unwrap()
}

fn mark(at_ms: u64) -> TimelineMark {
    TimelineMark {
        at_ms,
        wall: wall(Moment::from_millis(at_ms)),
        uptime_ms: at_ms + 5,
        boot_id: "a start".to_owned(),
    }
}

fn wall(now: Moment) -> Timestamp {
    Timestamp::from_millis(1_750_000_000_000 + now.millis() as i64)
}

fn rows(now: Moment, effects: &Effects) -> VitalsRows {
    VitalsRows {
        mark: mark(now.millis()),
        health: None,
        alerts: effects.changes.clone(),
        measured: Flush::default(),
    }
}

fn measured_until(now: Moment, measured: Flush) -> VitalsRows {
    VitalsRows {
        measured,
        ..rows(now, &Effects::default())
    }
}

fn settings() -> Arc<AlertSettings> {
    Arc::new(AlertSettings {
        rules: RuleSet::builtin(),
        channels: vec![ChannelSettings::new("owner", None)],
        ..AlertSettings::default()
    })
}

/// An engine whose steps are written down, one by one.
struct Written {
    ops: Ops,
    alerts: Alerts,
    now: Moment,
    attempts: Vec<atlas_vitals::alerts::Attempt>,
}

impl Written {
    fn new(library: &Fixture) -> Self {
        Self {
            ops: open(library),
            alerts: Alerts::new(settings()).unwrap(),
            now: Moment::from_millis(1_000),
            attempts: Vec::new(),
        }
    }

    async fn step(&mut self, input: Input) {
        let effects = self.alerts.step(self.now, wall(self.now), input);
        assert_eq!(effects.refused, None);
        self.ops.write_vitals(rows(self.now, &effects)).await.unwrap();
        self.attempts.extend(effects.attempts);
    }

    async fn is(&mut self, service: &str, status: HealthStatus) {
        let observation = Observation::plain(service, status, self.now);
        self.step(Input::Observed(vec![observation])).await;
    }

    async fn silence(&mut self, lasts: Duration) {
        let matcher = StoredMatcher {
            label: "service".to_owned(),
            op: MatchOp::Equal,
            value: "search".to_owned(),
        };
        self.step(Input::Silence(NewSilence {
            matchers: vec![matcher],
            from: self.now,
            until: self.now.after(lasts),
            author: "mara".to_owned(),
            comment: "a new disk comes".to_owned(),
            until_resolved: false,
        }))
        .await;
    }

    async fn wait(&mut self, seconds: u32) {
        self.now = self.now.after(SECOND * seconds);
        self.step(Input::Tick).await;
    }

    /// What the next process knows, told as rows.
    async fn of_the_next(&self) -> Vec<String> {
        let stored = self.ops.stored_alerts().await.unwrap();
        let (next, _) = Alerts::restore(settings(), stored, self.now, wall(self.now)).unwrap();
        told(&next)
    }
}

fn told(alerts: &Alerts) -> Vec<String> {
    let mut told: Vec<String> = alerts
        .everything()
        .iter()
        .map(|change| format!("{change:?}"))
        .collect();
    told.sort();
    told
}

#[tokio::test]
async fn the_next_process_knows_of_alerts_what_this_one_knew() {
    let library = Fixture::new();
    let mut engine = Written::new(&library);
    engine.is("search", HealthStatus::Degraded).await;
    engine.is("api", HealthStatus::Down).await;
    assert_eq!(engine.of_the_next().await, told(&engine.alerts));
    engine.wait(60).await;
    let first = engine.attempts.remove(0);
    engine
        .step(Input::Answered {
            delivery: first.delivery,
            answer: Answer::Delivered,
            fraction: 0.5,
        })
        .await;
    engine.is("api", HealthStatus::Healthy).await;
    engine.wait(600).await;
    assert!(!engine.attempts.is_empty(), "there is more to tell");
    let incidents = engine.ops.incidents(IncidentQuery::all(10)).await.unwrap();
    assert_eq!(incidents.len(), 2);
    assert!(
        incidents.iter().all(|record| !record.deliveries.is_empty()),
        "{incidents:#?}"
    );
    let open = engine.ops.incidents(IncidentQuery::open(10)).await.unwrap();
    assert_eq!(open.len(), 1);
    let id = open[0].incident.id;
    assert_eq!(engine.ops.incident(id).await.unwrap().unwrap(), open[0]);
}

/// How alerts lay in version 7 of the schema: by their ids.
const ROWS_BY_ID: &str = "
    CREATE TABLE incident_by_id (
        id TEXT PRIMARY KEY, state TEXT NOT NULL, severity TEXT NOT NULL, began_at INTEGER NOT NULL,
        fired INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO incident_by_id SELECT id, state, severity, began_at, fired, body FROM incident;
    DROP TABLE incident;
    ALTER TABLE incident_by_id RENAME TO incident;
    CREATE INDEX incident_by_time ON incident (began_at);
    CREATE INDEX incident_open ON incident (id) WHERE state <> 'resolved';
    CREATE TABLE notice_by_id (
        incident TEXT NOT NULL, channel TEXT NOT NULL, ordinal INTEGER NOT NULL, state TEXT NOT NULL,
        made_at INTEGER NOT NULL, delivery TEXT, body TEXT NOT NULL, PRIMARY KEY (incident, channel, ordinal)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO notice_by_id SELECT incident, channel, ordinal, state, made_at, delivery, body FROM notice;
    DROP TABLE notice;
    ALTER TABLE notice_by_id RENAME TO notice;
    CREATE INDEX notice_with_something_left ON notice (incident)
        WHERE state IN ('waiting', 'held', 'delivering', 'dead');
    CREATE INDEX notice_by_time ON notice (made_at);";
const THE_STEP: &str = include_str!("../../../migrations/ops/0008_alert_rows.sql");

#[tokio::test]
async fn alerts_that_lay_by_their_ids_are_all_still_there() {
    let library = Fixture::new();
    let mut engine = Written::new(&library);
    engine.is("search", HealthStatus::Degraded).await;
    engine.is("api", HealthStatus::Down).await;
    engine.wait(60).await;
    let records = engine.ops.incidents(IncidentQuery::all(10)).await.unwrap();
    assert_eq!(records.len(), 2);
    let known = engine.of_the_next().await;
    engine.ops.close().await;
    library.damage_ops(ROWS_BY_ID);
    library.damage_ops(THE_STEP);
    engine.ops = open(&library);
    assert_eq!(
        engine.ops.incidents(IncidentQuery::all(10)).await.unwrap(),
        records
    );
    assert_eq!(engine.of_the_next().await, known);
}

#[tokio::test]
async fn what_became_of_a_notice_is_known_although_its_text_is_of_before() {
    let library = Fixture::new();
    let mut engine = Written::new(&library);
    engine.is("api", HealthStatus::Down).await;
    engine.wait(60).await;
    let first = engine.attempts.remove(0);
    engine
        .step(Input::Answered {
            delivery: first.delivery,
            answer: Answer::Delivered,
            fraction: 0.5,
        })
        .await;
    let records = engine.ops.incidents(IncidentQuery::all(10)).await.unwrap();
    let states: Vec<NoticeState> = records[0].notices.iter().map(|notice| notice.state).collect();
    assert_eq!(states, [NoticeState::Sent]);
}

#[tokio::test]
async fn the_inbox_has_everything_once_and_is_read_up_to_a_row() {
    let library = Fixture::new();
    let mut engine = Written::new(&library);
    engine.is("search", HealthStatus::Degraded).await;
    engine.is("api", HealthStatus::Down).await;
    engine.wait(600).await;
    // After a time in which nothing could be written, all of it is written again.
    let everything = VitalsRows {
        mark: mark(engine.now.millis()),
        health: None,
        alerts: engine.alerts.everything(),
        measured: Flush::default(),
    };
    engine.ops.write_vitals(everything).await.unwrap();
    let inbox = engine.ops.inbox(true, None, 10).await.unwrap();
    assert_eq!(inbox.len(), 2, "{inbox:#?}");
    assert_eq!(engine.ops.read_inbox(inbox[1].id).await.unwrap(), 1);
    let unread = engine.ops.inbox(true, None, 10).await.unwrap();
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].id, inbox[0].id);
    assert_eq!(engine.ops.inbox(false, None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_over_and_old_is_let_go_and_nothing_else() {
    let library = Fixture::new();
    let mut engine = Written::new(&library);
    engine.is("search", HealthStatus::Degraded).await;
    engine.is("api", HealthStatus::Down).await;
    engine.wait(60).await;
    for attempt in std::mem::take(&mut engine.attempts) {
        engine
            .step(Input::Answered {
                delivery: attempt.delivery,
                answer: Answer::Delivered,
                fraction: 0.5,
            })
            .await;
    }
    let later = wall(engine.now).after(SECOND * 1_000);
    assert!(engine.ops.sweep_alerts(later, later, later).await.unwrap() > 0);
    let left = engine.ops.incidents(IncidentQuery::all(10)).await.unwrap();
    assert_eq!(left.len(), 2, "open incidents stay, however old");
    assert!(
        left.iter().all(|record| record.deliveries.is_empty()),
        "what was sent is gone"
    );
    let known = engine.of_the_next().await;
    assert!(known.iter().any(|row| row.contains("search")), "{known:#?}");
}

#[tokio::test]
async fn silences_that_ended_long_ago_are_let_go_but_for_the_newest() {
    let library = Fixture::new();
    let mut engine = Written::new(&library);
    for lasts in [100, 200, 5_000, 300] {
        engine.silence(SECOND * lasts).await;
    }
    engine.step(Input::EndSilence(2)).await;
    engine.wait(1_000).await;
    let sweep = async |engine: &Written, before: Timestamp| {
        engine.ops.sweep_alerts(before, before, before).await.unwrap();
        let left = engine.ops.silences().await.unwrap();
        left.iter().map(|silence| silence.number).collect::<Vec<_>>()
    };
    assert_eq!(sweep(&engine, wall(Moment::ORIGIN)).await, [4, 3, 2, 1]);
    // A calendar that is years ahead takes away none that still holds; the next is numbered after the newest.
    let years_ahead = wall(engine.now).after(SECOND * 100_000_000);
    assert_eq!(sweep(&engine, years_ahead).await, [4, 3]);
    engine.wait(5_000).await;
    assert_eq!(sweep(&engine, wall(engine.now)).await, [4]);
    let stored = engine.ops.stored_alerts().await.unwrap();
    (engine.alerts, _) = Alerts::restore(settings(), stored, engine.now, wall(engine.now)).unwrap();
    engine.silence(SECOND).await;
    assert_eq!(sweep(&engine, wall(engine.now)).await, [5]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_costs_itself_alone() {
    let library = Fixture::new();
    let mut engine = Written::new(&library);
    engine.is("search", HealthStatus::Degraded).await;
    engine.is("api", HealthStatus::Down).await;
    engine.ops.close().await;
    let sql = library.raw_ops();
    let changed = sql
        .execute(
            "UPDATE incident SET body = '{}' WHERE json_extract(body, '$.service') = 'api'",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(sql);
    let stored = open(&library).stored_alerts().await.unwrap();
    let services: Vec<_> = stored
        .incidents
        .iter()
        .map(|incident| incident.service.as_str())
        .collect();
    assert_eq!(services, ["search"]);
}

/// What may have arrived and was refused after that is told once more, also by the next process.
#[tokio::test]
async fn what_may_have_arrived_and_was_given_up_comes_back_in_the_next_process() {
    let library = Fixture::new();
    let mut engine = Written::new(&library);
    let answered = |delivery, answer| Input::Answered {
        delivery,
        answer,
        fraction: 0.0,
    };
    engine.is("search", HealthStatus::Down).await;
    engine.wait(60).await;
    let given_up = engine.attempts[0].delivery;
    let reason = "the connection broke off".to_owned();
    engine.step(answered(given_up, Answer::Unknown { reason })).await;
    engine.wait(60).await;
    let reason = "404".to_owned();
    engine.step(answered(given_up, Answer::Refused { reason })).await;
    assert_eq!(engine.of_the_next().await, told(&engine.alerts));

    let stored = engine.ops.stored_alerts().await.unwrap();
    let ours = |notice: &&StoredNotice| notice.delivery == Some(given_up);
    assert_eq!(
        stored.notices.iter().filter(ours).count(),
        1,
        "{:?}",
        stored.notices
    );
    (engine.alerts, _) = Alerts::restore(settings(), stored, engine.now, wall(engine.now)).unwrap();
    engine.attempts.clear();
    engine.is("api", HealthStatus::Down).await;
    engine.wait(60).await;
    let next = engine.attempts[0].delivery;
    engine.step(answered(next, Answer::Delivered)).await;
    engine.wait(1).await;

    let sent: Vec<_> = engine.attempts.iter().map(|attempt| attempt.delivery).collect();
    assert!(sent.contains(&given_up), "{sent:?}");
}

fn checks(names: &[&str]) -> Vec<CheckSettings> {
    names
        .iter()
        .map(|name| CheckSettings::new(*name, CheckKind::PassFail, SECOND * 10))
        .collect()
}

#[tokio::test]
async fn the_next_process_knows_of_health_what_this_one_knew() {
    let library = Fixture::new();
    let ops = open(&library);
    assert_eq!(ops.stored_health().await.unwrap(), None);
    assert_eq!(ops.timeline().await.unwrap(), None);
    let now = Moment::from_millis(50_000);
    let mut health = HealthEngine::new(checks(&["disk", "mine"]), 7, now, wall(now)).unwrap();
    for check in ["disk", "mine"] {
        let result =
            CheckResult::new(CheckOutcome::Crit, "it fails", SECOND, wall(now)).with_value(97.0, "%");
        let check = check.to_owned();
        health.step(now, wall(now), HealthInput::Result { check, result });
    }
    let stored = health.stored(now);
    let write = |health, changed: &[&str]| VitalsRows {
        mark: mark(50_000),
        health: Some((
            health,
            changed
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<BTreeSet<_>>(),
        )),
        alerts: Vec::new(),
        measured: Flush::default(),
    };
    ops.write_vitals(write(stored.clone(), &["disk", "mine"]))
        .await
        .unwrap();
    assert_eq!(ops.stored_health().await.unwrap(), Some(stored.clone()));
    assert_eq!(ops.timeline().await.unwrap(), Some(mark(50_000)));
    let mut without = stored;
    without.checks.retain(|check| check.name == "disk");
    ops.write_vitals(write(without.clone(), &[])).await.unwrap();
    assert_eq!(
        ops.stored_health().await.unwrap(),
        Some(without.clone()),
        "a check that is gone is forgotten"
    );
    ops.write_vitals(measured_until(Moment::from_millis(60_000), Flush::default()))
        .await
        .unwrap();
    without.at_ms = 60_000;
    assert_eq!(
        ops.stored_health().await.unwrap(),
        Some(without),
        "whatever is written says that somebody has looked"
    );
}

#[tokio::test]
async fn what_belongs_to_no_check_cannot_be_read_and_costs_no_check_anything() {
    let library = Fixture::new();
    let ops = open(&library);
    let now = Moment::from_millis(50_000);
    let mut health = HealthEngine::new(checks(&["disk", "mine"]), 7, now, wall(now)).unwrap();
    for check in ["disk", "mine"] {
        let result = CheckResult::new(CheckOutcome::Crit, "it fails", SECOND, wall(now));
        let check = check.to_owned();
        health.step(now, wall(now), HealthInput::Result { check, result });
    }
    let stored = health.stored(now);
    let names = ["disk", "mine"].map(str::to_owned).into_iter().collect();
    let rows = VitalsRows {
        health: Some((stored.clone(), names)),
        ..rows(now, &Effects::default())
    };
    ops.write_vitals(rows).await.unwrap();
    ops.close().await;
    library.damage_ops("UPDATE health SET body = '{' WHERE name = ''");

    let left = open(&library).stored_health().await.unwrap().unwrap();
    assert_eq!(left.checks, stored.checks);
    assert_eq!(left.at_ms, 50_000, "the time line says when that was");
}

/// Rows as an earlier version wrote them. Whoever adds a field says what it is where it is missing; these stay as they are.
#[test]
fn rows_of_an_earlier_version_can_be_read() {
    let check: StoredCheck = serde_json::from_str(
        r#"{"name":"disk","base":"critical","stale":false,"since_ms":5,"heard_at_ms":9,"silent_for_ms":0,
        "passed_at_ms":null,"onset_ms":[4,3],"recent":[{"outcome":"crit","soft_failure":true}],"failures_in_a_row":3,
        "intermittent":false,"change_bits":5,"change_last":"crit",
        "flapping":{"since_ms":1,"changes":7,"worst":"down","worst_told":"degraded"},"told":"critical","held_at_ms":null,
        "verdict":"crit","last":{"outcome":"crit","value":97.5,"unit":"%","message":"full","took_ms":3,
        "observed_at":"2025-06-15T15:06:40Z"},"last_error":null,"history":[{"at_ms":5,"wall":"2025-06-15T15:06:40Z","from":"healthy",
        "to":"critical","cause":"failing","message":"full"}],"maintenance":[{"from_ms":1,"until_ms":2}]}"#,
    )
    .unwrap();
    assert_eq!((check.told, check.recent.len()), (HealthStatus::Critical, 1));
    let incident: StoredIncident = serde_json::from_str(
        r#"{"id":"00000000000000cd","fingerprint":"r{}","rule":"r","service":"s","labels":{"mount":"data"},
        "state":"firing","since":1,"last_seen":2,"severity":"warning","level":1,"worst_severity":"critical",
        "worst_level":2,"began":1,"began_wall":"2025-06-15T15:06:40Z","summary":"s","why":"w","runbook":"r",
        "acknowledged":{"severity":"warning","by":"mara","comment":"","wall":"2025-06-15T15:06:40Z"},"escalation":0,"inbox":1,
        "lines":[{"channel":"mail","fate":"sent","ordinals":1,"arrived":1}]}"#,
    )
    .unwrap();
    assert_eq!(incident.lines[0].channel, "mail");
    let notice: StoredNotice = serde_json::from_str(
        r#"{"incident":"00000000000000cd","channel":"mail","ordinal":1,"kind":"firing","severity":"warning","level":1,
        "at":1,"wall":"2025-06-15T15:06:40Z","state":"waiting"}"#,
    )
    .unwrap();
    assert_eq!(notice.delivery, None);
    let delivery: StoredDelivery = serde_json::from_str(
        r#"{"id":"00000000000000ab","channel":"mail","sequence":1,"kind":"alert","severity":"warning","created":1,
        "created_wall":"2025-06-15T15:06:40Z","state":"waiting","attempts":1,"due":2,"may_have_arrived":false,"last_error":"",
        "message":{"delivery":"00000000000000ab","kind":"alert","title":"t","severity":"warning","at":"2025-06-15T15:06:40Z",
        "counts":{"critical":0,"warning":1,"info":0,"resolved":0,"fired_and_resolved":0},"worst":[
        {"incident":"00000000000000cd","kind":"firing","severity":"warning","service":"s","rule":"r","summary":"s",
        "why":"w","since":"2025-06-15T15:06:40Z","ended":null,"end":null,"runbook":"r","command":null}],"more":0,
        "follows":null,"link":null}}"#,
    )
    .unwrap();
    assert_eq!(delivery.message.worst.len(), 1);
}

#[tokio::test]
async fn measurements_come_back_and_take_no_more_room_than_their_ring() {
    let library = Fixture::new();
    let ops = open(&library);
    let mut now = Moment::from_millis(0);
    let mut measured = Measurements::begin(now, SECOND * 10, None, ops.stored_measurements().await.unwrap());
    for _ in 0..60 {
        let mut sample = Sample::of("test", SECOND * 10);
        sample.add(&catalogue::machine::MEMORY_USED, 0.5);
        measured.record(now, wall(now), sample);
        now = now.after(SECOND * 10);
        if measured.due(now).flush {
            let flush = measured.flush(now, wall(now));
            // Whoever does not know whether it was written writes again.
            for _ in 0..2 {
                ops.write_vitals(measured_until(now, flush.clone()))
                    .await
                    .unwrap();
            }
            measured.flushed();
        }
    }
    let rest = measured.flush_all(now);
    ops.write_vitals(measured_until(now, rest)).await.unwrap();
    measured.flushed();
    let series = ops.stored_measurements().await.unwrap().series;
    assert!(
        series.iter().any(|series| series.name == "memory_used"),
        "{series:?}"
    );
    let range = Range {
        from: wall(Moment::ORIGIN),
        to: wall(now),
        points_at_most: 100,
    };
    let plan = Plan::choose(range, wall(now));
    let packed = ops.metric_rows(&plan).await.unwrap();
    let id = measured.series("memory_used", None).unwrap();
    let past = plan.answer(id, packed.clone(), Vec::new());
    let counted: usize = past.points.iter().flatten().count();
    assert!(counted >= 9, "{past:?}");
    assert!(packed.len() <= 12, "{} rows", packed.len());
}
