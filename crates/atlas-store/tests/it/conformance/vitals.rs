//! Health, alerts and measurements: what one process wrote down, the next one goes on from.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, HealthStatus, Timestamp};
use atlas_store::{DatabaseServices, IncidentQuery, Ops, TimelineMark, VitalsRows};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{
    AlertSettings, Alerts, Answer, ChannelSettings, Effects, Input, Observation, RuleSet,
};
use atlas_vitals::health::{CheckKind, CheckResult, CheckSettings, HealthEngine, HealthInput};
use atlas_vitals::metrics::{Measurements, Plan, Range, Sample, catalogue};

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
    assert!(engine.ops.sweep_alerts(later, later).await.unwrap() > 0);
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
        Some(without),
        "a check that is gone is forgotten"
    );
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
            ops.write_metrics(flush.clone()).await.unwrap();
            ops.write_metrics(flush).await.unwrap();
            measured.flushed();
        }
    }
    ops.write_metrics(measured.flush_all(now)).await.unwrap();
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
