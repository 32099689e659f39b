//! What becomes of what cannot be written at first.

use std::sync::Arc;

use atlas_domain::time::ManualClock;
use atlas_domain::{Clock, DeliveryKind, NoticeKind, Timestamp};
use atlas_store::{DataDir, DataDirLock, DatabaseServices, Holder};
use atlas_vitals::alerts::{AlertSettings, Change, Counts, InboxRow, Message};
use atlas_vitals::metrics::{Measurements, Sample, StoredMeasurements, catalogue};
use tempfile::TempDir;

use super::*;
use crate::test_app::FrozenTime;
use crate::vitals::timeline::Boot;

const WALL: Timestamp = Timestamp::from_millis(1_750_000_000_000);

struct World {
    time: FrozenTime,
    clock: Arc<dyn Clock>,
    line: Timeline,
    health: HealthEngine,
    alerts: Alerts,
    lock: DataDirLock,
    _folder: TempDir,
}

impl World {
    fn new() -> Self {
        let time = FrozenTime::begin();
        let folder = tempfile::tempdir().unwrap();
        let holder = Holder {
            pid: 1,
            purpose: "test".to_owned(),
            socket: None,
        };
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(WALL));
        Self {
            time,
            line: Timeline::resume(None, Boot::default(), Arc::clone(&clock)),
            health: HealthEngine::new(Vec::new(), 7, Moment::ORIGIN, WALL).unwrap(),
            alerts: Alerts::new(Arc::new(AlertSettings::default())).unwrap(),
            lock: DataDir::new(folder.path().join("data")).lock(&holder).unwrap(),
            clock,
            _folder: folder,
        }
    }

    fn ops(&self) -> Ops {
        Ops::open(&self.lock, Arc::clone(&self.clock), &DatabaseServices::default()).unwrap()
    }

    fn known(&self) -> Known<'_> {
        Known {
            line: &self.line,
            health: &self.health,
            alerts: &self.alerts,
        }
    }
}

fn inbox(ordinal: u32) -> Change {
    Change::Inbox(InboxRow {
        incident: "00000000000000cd".parse().unwrap(),
        ordinal,
        kind: NoticeKind::Firing,
        severity: Severity::Critical,
        title: String::new(),
        why: String::new(),
        wall: WALL,
        suppressed_by: None,
    })
}

fn attempt(delivery: &str, severity: Severity) -> Attempt {
    let delivery = delivery.parse().unwrap();
    Attempt {
        delivery,
        channel: Arc::from("mail"),
        number: 1,
        message: Message {
            delivery,
            kind: DeliveryKind::Alert,
            title: String::new(),
            severity,
            at: WALL,
            counts: Counts::default(),
            worst: Vec::new(),
            more: 0,
            follows: None,
            link: None,
            host: None,
        },
    }
}

fn effects(changes: Vec<Change>, attempts: Vec<Attempt>) -> Effects {
    Effects {
        changes,
        attempts,
        refused: None,
    }
}

#[tokio::test]
async fn what_could_not_be_written_is_written_later_and_then_the_rest_is_sent() {
    let world = World::new();
    let broken = world.ops();
    broken.close().await;
    let mut keeping = Keeping::begin(broken, world.line.now());
    let warning = attempt("00000000000000aa", Severity::Warning);
    let critical = attempt("00000000000000bb", Severity::Critical);

    let step = effects(vec![inbox(1)], vec![warning.clone(), critical.clone()]);
    assert_eq!(keeping.carry_out(step, &world.known()).await, [critical]);
    // What is tried again meanwhile is the same message.
    let step = effects(vec![inbox(2)], vec![warning.clone()]);
    assert_eq!(keeping.carry_out(step, &world.known()).await, []);

    keeping.ops = world.ops();
    assert_eq!(keeping.carry_out(Effects::default(), &world.known()).await, []);
    world.time.pass(WRITE_AGAIN).await;
    assert!(keeping.next_due() <= world.line.now());
    assert_eq!(
        keeping.carry_out(Effects::default(), &world.known()).await,
        [warning]
    );

    let told = keeping.ops.inbox(true, None, 10).await.unwrap();
    let ordinals: Vec<u32> = told.iter().map(|record| record.row.ordinal).collect();
    assert_eq!(ordinals, [2, 1]);
}

#[tokio::test]
async fn where_nothing_has_changed_only_the_minute_is_written() {
    let world = World::new();
    let ops = world.ops();
    let mut keeping = Keeping::begin(ops.clone(), world.line.now());
    keeping.carry_out(Effects::default(), &world.known()).await;
    let first = ops.timeline().await.unwrap().unwrap();

    world.time.pass(KEEP_EVERY / 2).await;
    keeping.carry_out(Effects::default(), &world.known()).await;
    assert_eq!(ops.timeline().await.unwrap().unwrap(), first);

    world.time.pass(KEEP_EVERY / 2).await;
    keeping.carry_out(Effects::default(), &world.known()).await;
    assert!(ops.timeline().await.unwrap().unwrap().at_ms > first.at_ms);
}

fn measured(world: &World) -> Flush {
    let now = world.line.now();
    let mut measurements = Measurements::begin(now, KEEP_EVERY, None, StoredMeasurements::default());
    let mut sample = Sample::of("test", KEEP_EVERY);
    sample.add(&catalogue::machine::MEMORY_USED, 0.5);
    measurements.record(now, world.line.wall(), sample);
    measurements.flush_all(now)
}

#[tokio::test]
async fn what_is_measured_takes_the_minute_with_it() {
    let world = World::new();
    let ops = world.ops();
    let mut keeping = Keeping::begin(ops.clone(), world.line.now());
    keeping.carry_out(Effects::default(), &world.known()).await;

    world.time.pass(Duration::from_mins(1)).await;
    assert!(keeping.keep(measured(&world), &world.known()).await);
    let minute = ops.timeline().await.unwrap().unwrap();
    assert_eq!(minute.at_ms, world.line.now().millis());
    assert!(!ops.stored_measurements().await.unwrap().series.is_empty());

    world.time.pass(Duration::from_secs(59)).await;
    keeping.carry_out(Effects::default(), &world.known()).await;
    assert_eq!(ops.timeline().await.unwrap().unwrap(), minute);
}

#[tokio::test]
async fn measurements_that_could_not_be_written_are_not_taken_for_written() {
    let world = World::new();
    let broken = world.ops();
    broken.close().await;
    let mut keeping = Keeping::begin(broken, world.line.now());
    assert!(!keeping.keep(measured(&world), &world.known()).await);

    keeping.ops = world.ops();
    assert!(keeping.keep(measured(&world), &world.known()).await);
}

/// Whatever the writer does, it is asked for one thing at a time: what it was asked for comes with everything that came
/// about since.
#[tokio::test]
async fn while_the_writer_says_nothing_nothing_else_is_handed_to_it() {
    let world = World::new();
    let ops = world.ops();
    let mut keeping = Keeping::begin(ops.clone(), world.line.now());
    let (answer, of_writer) = tokio::sync::oneshot::channel::<()>();
    keeping.under_way = Some(tokio::spawn(async {
        let _ = of_writer.await;
        Ok(())
    }));
    let critical = attempt("00000000000000bb", Severity::Critical);
    let step = effects(vec![inbox(1)], vec![critical.clone()]);
    assert_eq!(keeping.carry_out(step, &world.known()).await, [critical]);
    for ordinal in 2..5 {
        world.time.pass(WRITE_AGAIN).await;
        let step = effects(vec![inbox(ordinal)], Vec::new());
        keeping.carry_out(step, &world.known()).await;
        assert!(!keeping.keep(Flush::default(), &world.known()).await);
    }
    assert!(ops.inbox(true, None, 10).await.unwrap().is_empty());

    answer.send(()).unwrap();
    while keeping
        .under_way
        .as_ref()
        .is_some_and(|write| !write.is_finished())
    {
        world.time.others_turn().await;
    }
    world.time.pass(WRITE_AGAIN).await;
    keeping.carry_out(Effects::default(), &world.known()).await;
    assert_eq!(ops.inbox(true, None, 10).await.unwrap().len(), 4);
    assert!(keeping.under_way.is_none());
}

/// The request stays with the writer when the time for it is up.
#[tokio::test]
async fn what_takes_too_long_is_still_under_way() {
    let world = World::new();
    let mut keeping = Keeping::begin(world.ops(), world.line.now());
    // Time passes before the writer, which is another thread, can have answered.
    let known = world.known();
    let (released, ()) = tokio::join!(
        keeping.carry_out(effects(vec![inbox(1)], Vec::new()), &known),
        world.time.pass(WRITE_LIMIT)
    );
    assert_eq!(released, []);
    if let Some(write) = keeping.under_way.take() {
        assert!(write.await.unwrap().is_ok(), "it was not thrown away");
    }
    assert_eq!(keeping.ops.inbox(true, None, 10).await.unwrap().len(), 1);
}
