//! Operational state that is set aside while there is something to tell: what can be read is told by the next process,
//! under the ids it had, and the file stays as it was found.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, NoticeState, Timestamp};
use atlas_store::{DatabaseServices, InboxRecord, IncidentQuery, Ops, TimelineMark, VitalsRows};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{
    AlertSettings, Alerts, Answer, Attempt, ChannelSettings, DeliveryId, Input, Observation, RuleSet,
};
use rstest::rstest;

use crate::fixture::{Fixture, START, make_newer};

/// More than fit on one page of any table.
const MANY: usize = 120;
/// Its message was accepted.
const TOLD: &str = "s001";
/// Somebody has taken it on.
const TAKEN_ON: &str = "s002";
/// Its notice waits.
const LATE: &str = "s999";
const PAGE_BYTES: usize = 4_096;

fn open(library: &Fixture) -> Ops {
    let services = DatabaseServices::default();
    Ops::open(library.lock(), library.shared_clock(), &services).unwrap()
}

fn name(number: usize) -> String {
    format!("s{number:03}")
}

/// What is written was written in the hour before.
fn wall(now: Moment) -> Timestamp {
    START
        .before(Duration::from_hours(1))
        .after(now.since(Moment::ORIGIN))
}

fn settings() -> Arc<AlertSettings> {
    Arc::new(AlertSettings {
        rules: RuleSet::builtin(),
        channels: vec![ChannelSettings::new("owner", None)],
        ..AlertSettings::default()
    })
}

/// A server, as far as alerts go.
struct Server {
    ops: Ops,
    alerts: Alerts,
    now: Moment,
    attempts: Vec<Attempt>,
    /// How many of them were answered.
    answered: usize,
}

impl Server {
    /// Takes up what is stored, at the moment where the time line is.
    async fn start(library: &Fixture) -> Self {
        let ops = open(library);
        let now = match ops.timeline().await.unwrap() {
            Some(mark) => Moment::from_millis(mark.at_ms).after(Duration::from_secs(1)),
            // What begins anew has other ids than what was there before.
            None => Moment::from_millis(1_000 + aside(library).len() as u64 * 1_000_000),
        };
        let stored = ops.stored_alerts().await.unwrap();
        let (alerts, effects) = Alerts::restore(settings(), stored, now, wall(now)).unwrap();
        Self {
            ops,
            alerts,
            now,
            attempts: effects.attempts,
            answered: 0,
        }
    }

    async fn step(&mut self, input: Input) {
        let effects = self.alerts.step(self.now, wall(self.now), input);
        assert_eq!(effects.refused, None);
        let rows = VitalsRows {
            mark: TimelineMark {
                at_ms: self.now.millis(),
                wall: wall(self.now),
                uptime_ms: self.now.millis(),
                boot_id: "a start".to_owned(),
            },
            health: None,
            alerts: effects.changes,
            measured: atlas_vitals::metrics::Flush::default(),
        };
        self.ops.write_vitals(rows).await.unwrap();
        self.attempts.extend(effects.attempts);
    }

    async fn pass(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
        self.step(Input::Tick).await;
    }

    async fn find(&mut self, services: impl IntoIterator<Item = String>) {
        let now = self.now;
        let found = services
            .into_iter()
            .map(|name| Observation::plain(&name, HealthStatus::Critical, now));
        self.step(Input::Observed(found.collect())).await;
    }

    /// What messages were begun about: each service with their ids.
    fn told(&self) -> BTreeMap<String, BTreeSet<DeliveryId>> {
        let mut told: BTreeMap<String, BTreeSet<DeliveryId>> = BTreeMap::new();
        for attempt in &self.attempts {
            for entry in &attempt.message.worst {
                told.entry(entry.service.clone())
                    .or_default()
                    .insert(attempt.delivery);
            }
        }
        told
    }

    /// Whoever is told takes everything: what waits until older news has arrived goes on.
    async fn take_all(&mut self) {
        while let Some(attempt) = self.attempts.get(self.answered) {
            let delivery = attempt.delivery;
            self.answered += 1;
            self.step(Input::Answered {
                delivery,
                answer: Answer::Delivered,
                fraction: 0.5,
            })
            .await;
        }
    }

    /// Looks at everything again, for a minute.
    async fn goes_on(&mut self) -> BTreeMap<String, BTreeSet<DeliveryId>> {
        for _ in 0..4 {
            self.find((0..MANY).map(name).chain([LATE.to_owned()])).await;
            self.pass(15).await;
            self.take_all().await;
        }
        self.told()
    }
}

/// A server that dies with a message on its way about each of many services; returns their ids.
async fn one_that_dies(library: &Fixture) -> (Ops, BTreeMap<String, DeliveryId>) {
    one_that_dies_of(library, MANY).await
}

async fn one_that_dies_of(library: &Fixture, services: usize) -> (Ops, BTreeMap<String, DeliveryId>) {
    let mut server = Server::start(library).await;
    server.find((0..services).map(name)).await;
    server.pass(11).await;
    assert_eq!(server.attempts.len(), services);
    let told = server
        .told()
        .into_iter()
        .map(|(service, ids)| (service, *ids.first().unwrap()));
    let told: BTreeMap<String, DeliveryId> = told.collect();
    let answered = Input::Answered {
        delivery: told[TOLD],
        answer: Answer::Delivered,
        fraction: 0.5,
    };
    server.step(answered).await;
    let open = server.ops.incidents(IncidentQuery::open(200)).await.unwrap();
    let taken_on = open.iter().find(|record| record.incident.service == TAKEN_ON);
    let acknowledge = Input::Acknowledge {
        incident: taken_on.unwrap().incident.id,
        by: "mara".to_owned(),
        comment: String::new(),
    };
    server.step(acknowledge).await;
    server.find([LATE.to_owned()]).await;
    (server.ops, told)
}

/// The file that was set aside, alone.
fn aside(library: &Fixture) -> Vec<PathBuf> {
    let names = Ops::set_aside_files(library.dir()).unwrap();
    let names = names
        .into_iter()
        .filter(|name| !name.contains("-wal") && !name.contains("-shm"));
    names.map(|name| library.dir().path().join(name)).collect()
}

async fn words(ops: &Ops) -> Vec<InboxRecord> {
    let all = ops.inbox(true, None, 1_000).await.unwrap();
    all.into_iter()
        .filter(|record| record.row.title.contains("set aside"))
        .collect()
}

/// Who is told of by no message, and should be: of what was told before, or what somebody has taken on, nobody need hear.
fn untold<'a>(
    messages: &'a BTreeMap<String, DeliveryId>,
    told: &BTreeMap<String, BTreeSet<DeliveryId>>,
) -> Vec<&'a str> {
    let names = messages.keys().map(String::as_str);
    names
        .filter(|name| ![TOLD, TAKEN_ON].contains(name) && !told.contains_key(*name))
        .collect()
}

/// Writes noise over every page that holds a text.
fn spoil_pages_with(path: &Path, text: &str, pages: usize) {
    let bytes = std::fs::read(path).unwrap();
    let holds = |page: &&[u8]| page.windows(text.len()).any(|window| window == text.as_bytes());
    let found: Vec<usize> = (0..)
        .zip(bytes.chunks(PAGE_BYTES))
        .filter(|(_, page)| holds(page))
        .map(|(n, _)| n)
        .collect();
    assert!(!found.is_empty(), "no page holds {text}");
    for page in found.into_iter().take(pages) {
        spoil(path, page);
    }
}

fn spoil(path: &Path, page: usize) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    let mut random = fastrand_of(page);
    let noise: Vec<u8> = (0..PAGE_BYTES).map(|_| random()).collect();
    file.write_all_at(&noise, (page * PAGE_BYTES) as u64).unwrap();
}

/// A short sequence that looks like nothing.
fn fastrand_of(seed: usize) -> impl FnMut() -> u8 {
    let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    }
}

fn root_of(library: &Fixture, name: &str) -> usize {
    let root = library.ask_ops(&format!(
        "SELECT CAST(rootpage AS TEXT) FROM sqlite_schema WHERE name = '{name}'"
    ));
    root.parse::<usize>().unwrap() - 1
}

/// A file that is whole but not of this build, or damaged where nothing lies that matters, costs nothing at all.
#[rstest]
#[case::newer(|_: &Fixture, path: &Path| make_newer(path))]
#[case::of_another_build(|library: &Fixture, _: &Path| {
    library.damage_ops("UPDATE schema_migration SET hash = zeroblob(32) WHERE version = 2");
})]
#[case::newer_with_more_columns(|library: &Fixture, path: &Path| {
    library.raw_ops().execute_batch(
        "ALTER TABLE delivery ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';
         ALTER TABLE incident ADD COLUMN colour TEXT;
         UPDATE incident SET body = json_set(body, '$.colour', 'red');
         PRAGMA wal_checkpoint(TRUNCATE)",
    ).unwrap();
    make_newer(path);
})]
#[case::measurements(|library: &Fixture, path: &Path| spoil(path, root_of(library, "metric_row")))]
#[case::index_of_incidents(|library: &Fixture, path: &Path| spoil(path, root_of(library, "incident_open")))]
#[case::index_of_messages(|library: &Fixture, path: &Path| spoil(path, root_of(library, "delivery_with_something_left")))]
#[case::keys_of_notices(|library: &Fixture, path: &Path| spoil(path, root_of(library, "sqlite_autoindex_notice_1")))]
#[case::keys_of_incidents(|library: &Fixture, path: &Path| spoil(path, root_of(library, "sqlite_autoindex_incident_1")))]
#[tokio::test]
async fn what_can_be_read_is_told_under_its_id_and_nothing_is_told_twice(#[case] harm: fn(&Fixture, &Path)) {
    let library = Fixture::new();
    let (ops, messages) = one_that_dies(&library).await;
    ops.close().await;
    let path = library.dir().ops_db();
    harm(&library, &path);
    let harmed = std::fs::read(&path).unwrap();

    let mut server = Server::start(&library).await;
    let kept = aside(&library);
    assert_eq!(kept.len(), 1);
    assert!(std::fs::read(&kept[0]).unwrap() == harmed, "as it was found");
    let told = server.goes_on().await;
    for (service, id) in &messages {
        let ids = told.get(service);
        if service == TOLD {
            assert_eq!(ids, None, "it was told before");
        } else {
            assert_eq!(ids, Some(&BTreeSet::from([*id])), "{service}");
        }
    }
    assert_eq!(told[LATE].len(), 1, "what had waited is told once");
    let open = server.ops.incidents(IncidentQuery::open(200)).await.unwrap();
    assert_eq!(open.len(), MANY + 1);
    let acknowledged = open
        .iter()
        .filter(|record| record.incident.acknowledged.is_some());
    let acknowledged: Vec<&str> = acknowledged
        .map(|record| record.incident.service.as_str())
        .collect();
    assert_eq!(acknowledged, [TAKEN_ON]);
    let record = open
        .iter()
        .find(|record| record.incident.service == TOLD)
        .unwrap();
    assert_eq!(
        record.notices[0].state,
        NoticeState::Sent,
        "what was told is known"
    );
    assert_eq!(record.deliveries.len(), 1);
    let words = words(&server.ops).await;
    assert_eq!(words.len(), 1, "{words:#?}");
    assert!(
        !server.ops.is_put_back().await.unwrap(),
        "it was in its place all the time"
    );
    let why = &words[0].row.why;
    let name = kept[0].file_name().unwrap().to_str().unwrap();
    assert!(
        why.contains(name) && why.contains("saved: 121 incidents, 119 messages"),
        "{why}"
    );
    assert!(
        !why.contains("lost:") && !why.contains("may have been more"),
        "{why}"
    );
}

/// Of a page that is gone, its own rows are lost, and what the rows of others say of them is made good.
#[rstest]
#[case::messages("delivery")]
#[case::notices("notice")]
#[case::incidents("incident")]
#[case::the_tree_of_messages("root delivery")]
#[case::the_tree_of_notices("root notice")]
#[case::the_tree_of_incidents("root incident")]
#[case::the_time_line("root timeline")]
#[case::what_alerts_remember("root alert_memory")]
#[tokio::test]
async fn a_page_that_is_gone_costs_nobody_a_message(#[case] place: &str) {
    let library = Fixture::new();
    let (ops, messages) = one_that_dies(&library).await;
    let open = ops.incidents(IncidentQuery::open(200)).await.unwrap();
    let ids: BTreeMap<String, String> = open
        .into_iter()
        .map(|record| (record.incident.service, record.incident.id.to_string()))
        .collect();
    ops.close().await;
    let path = library.dir().ops_db();
    match place {
        "delivery" => spoil_pages_with(&path, &format!("{{\"id\":\"{}\"", messages["s050"]), 1),
        "incident" => spoil_pages_with(&path, &format!("{{\"id\":\"{}\"", ids["s050"]), 1),
        "notice" => spoil_pages_with(&path, &format!("{{\"incident\":\"{}\"", ids["s050"]), 1),
        root => spoil(&path, root_of(&library, root.trim_start_matches("root "))),
    }

    let mut server = Server::start(&library).await;
    assert_eq!(aside(&library).len(), 1, "it shows");
    let told = server.goes_on().await;
    assert_eq!(untold(&messages, &told), Vec::<&str>::new());
    assert!(told.contains_key(LATE));
    let same = messages
        .iter()
        .filter(|(service, id)| told.get(*service).is_some_and(|ids| ids.contains(id)))
        .count();
    let least = match place {
        "root delivery" => 0,
        _ => MANY - 10,
    };
    assert!(same >= least, "{same} of them under their own id");
    // Where an incident is lost, it is a new one that is told.
    let twice: Vec<_> = told.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(twice.is_empty() || place.contains("incident"), "{twice:?}");
    assert_eq!(words(&server.ops).await.len(), 1);
}

/// The end of what was told is told as well, though the message with the beginning is lost.
#[tokio::test]
async fn an_end_whose_beginning_is_lost_tells_both() {
    let library = Fixture::new();
    let (ops, messages) = one_that_dies(&library).await;
    ops.close().await;
    let path = library.dir().ops_db();
    spoil_pages_with(&path, &format!("{{\"id\":\"{}\"", messages["s050"]), 1);
    let mut server = Server::start(&library).await;
    server.pass(30).await;
    server.take_all().await;
    server.pass(1).await;
    server.take_all().await;
    (server.attempts, server.answered) = (Vec::new(), 0);
    let now = server.now;
    let well = (0..MANY).map(|number| Observation::plain(&name(number), HealthStatus::Healthy, now));
    server.step(Input::Observed(well.collect())).await;
    server.pass(700).await;
    server.take_all().await;
    let told = server.told();
    let untold: Vec<String> = (0..MANY)
        .map(name)
        .filter(|name| !told.contains_key(name))
        .collect();
    assert!(untold.is_empty(), "{untold:?}");
}

/// What is of no use to anybody is set aside all the same, and the server begins anew.
#[rstest]
#[case::zeroed(|bytes: &mut Vec<u8>| bytes.fill(0))]
#[case::noise(|bytes: &mut Vec<u8>| {
    let mut random = fastrand_of(3);
    for byte in bytes.iter_mut() {
        *byte = random();
    }
})]
#[case::first_page(|bytes: &mut Vec<u8>| bytes[..PAGE_BYTES].fill(0x5a))]
#[case::a_few_bytes(|bytes: &mut Vec<u8>| bytes.truncate(100))]
#[case::empty(Vec::clear)]
#[tokio::test]
async fn a_file_of_which_nothing_can_be_read_is_told_of_once(#[case] harm: fn(&mut Vec<u8>)) {
    let library = Fixture::new();
    let (ops, _) = one_that_dies(&library).await;
    ops.close().await;
    let path = library.dir().ops_db();
    let mut bytes = std::fs::read(&path).unwrap();
    harm(&mut bytes);
    std::fs::write(&path, &bytes).unwrap();

    for start in ["the first", "the second"] {
        let mut server = Server::start(&library).await;
        let kept = aside(&library);
        assert_eq!(kept.len(), 1, "{start}");
        assert!(std::fs::read(&kept[0]).unwrap() == bytes, "as it was found");
        assert_eq!(words(&server.ops).await.len(), 1, "{start}");
        server.goes_on().await;
        server.ops.close().await;
    }
}

/// Wherever the file is cut off, or noise lies in it, the next process starts and can write.
#[tokio::test]
async fn no_damage_keeps_a_server_from_starting() {
    let library = Fixture::new();
    let (ops, messages) = one_that_dies(&library).await;
    ops.close().await;
    let path = library.dir().ops_db();
    let whole = std::fs::read(&path).unwrap();
    let pages = whole.len() / PAGE_BYTES;
    let mut saved = 0;
    for part in 1..8 {
        for cut in [true, false] {
            let mut bytes = whole.clone();
            if cut {
                bytes.truncate(pages * part / 8 * PAGE_BYTES + part * 100);
            } else {
                let mut random = fastrand_of(part);
                let from = pages * part / 8 * PAGE_BYTES + 300;
                bytes[from..]
                    .iter_mut()
                    .take(8 * PAGE_BYTES)
                    .for_each(|byte| *byte = random());
            }
            std::fs::write(&path, &bytes).unwrap();
            let mut server = Server::start(&library).await;
            assert_eq!(words(&server.ops).await.len(), 1, "{part} {cut}");
            let told = server.goes_on().await;
            let same = messages
                .iter()
                .filter(|(service, id)| told.get(*service).is_some_and(|ids| ids.contains(id)));
            saved += same.count();
            if !cut {
                assert_eq!(untold(&messages, &told), Vec::<&str>::new(), "{part}");
            }
            server.ops.close().await;
            for file in aside(&library) {
                std::fs::remove_file(file).unwrap();
            }
        }
    }
    assert!(saved > 7 * MANY, "of 14 files, only {saved} messages were saved");
}

/// What a killed process has left lies in the log, to a large part.
#[rstest]
#[case::newer(None)]
#[case::cut_off(Some(PAGE_BYTES * 3))]
#[case::emptied(Some(0))]
#[tokio::test]
async fn what_lies_in_the_log_is_saved_and_the_log_is_left_as_it_is(#[case] cut: Option<usize>) {
    let library = Fixture::new();
    let (ops, messages) = one_that_dies_of(&library, 8).await;
    let path = library.dir().ops_db();
    let log = path.with_file_name("ops.db-wal");
    if cut.is_none() {
        let sql = library.raw_ops();
        sql.pragma_update(None, "user_version", 99).unwrap();
    }
    let (mut left, left_log) = (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    ops.close().await;
    drop(ops);
    left.truncate(cut.unwrap_or(left.len()));
    std::fs::write(&path, &left).unwrap();
    std::fs::write(&log, &left_log).unwrap();

    let mut server = Server::start(&library).await;
    let kept = aside(&library);
    assert_eq!(kept.len(), 1);
    assert!(std::fs::read(&kept[0]).unwrap() == left, "as it was found");
    let kept_log = kept[0].to_str().unwrap().to_owned() + "-wal";
    assert!(std::fs::read(kept_log).unwrap() == left_log, "so was the log");
    let told = server.goes_on().await;
    let same = messages
        .iter()
        .filter(|(service, id)| told.get(*service).is_some_and(|ids| ids.contains(id)));
    if cut.is_none() {
        assert_eq!(same.count(), 7, "{:?}", words(&server.ops).await);
    }
    assert_eq!(words(&server.ops).await.len(), 1);
}

/// What an older copy wanted to have sent is old, also where the copy is of another version.
#[tokio::test]
async fn an_older_copy_that_is_set_aside_is_known_as_one() {
    let library = Fixture::new();
    let (ops, _) = one_that_dies_of(&library, 4).await;
    ops.begin_run("1.0.0").await.unwrap();
    ops.close().await;
    let path = library.dir().ops_db();
    let copy = std::fs::read(&path).unwrap();
    let ops = open(&library);
    ops.begin_run("1.0.0").await.unwrap();
    ops.close().await;
    std::fs::write(&path, copy).unwrap();
    make_newer(&path);

    let ops = open(&library);
    assert!(ops.is_put_back().await.unwrap());
    let words = words(&ops).await;
    assert!(words[0].row.why.contains("older copy"), "{words:#?}");
}

/// Wherever a process dies that puts a file aside, the next one ends with the same.
#[rstest]
#[case::before_anything(|_: &Path, _: &Path| {})]
#[case::the_new_one_half_made(|fresh: &Path, _: &Path| std::fs::write(fresh, [0x5a; 5_000]).unwrap())]
#[case::a_workshop_is_left(|fresh: &Path, _: &Path| {
    let workshop = fresh.with_file_name("ops.db.salvage");
    std::fs::create_dir(&workshop).unwrap();
    std::fs::write(workshop.join("wreck.db"), "left").unwrap();
})]
#[tokio::test]
async fn a_death_on_the_way_is_made_good(#[case] leave: fn(&Path, &Path)) {
    let library = Fixture::new();
    let (ops, messages) = one_that_dies(&library).await;
    ops.close().await;
    let path = library.dir().ops_db();
    make_newer(&path);
    leave(&path.with_file_name("ops.db.new"), &path);
    let mut server = Server::start(&library).await;
    assert_eq!(aside(&library).len(), 1);
    let told = server.goes_on().await;
    let same = messages
        .iter()
        .filter(|(service, id)| told.get(*service).is_some_and(|ids| ids.contains(id)));
    assert_eq!(same.count(), MANY - 1);
    for leftover in ["ops.db.new", "ops.db.salvage"] {
        assert!(!path.with_file_name(leftover).exists(), "{leftover}");
    }
}

/// Between the two renames there is no file in its place, and the log of the old one may still be in its.
#[tokio::test]
async fn a_death_between_the_two_files_leaves_the_new_one() {
    let library = Fixture::new();
    let (ops, messages) = one_that_dies(&library).await;
    ops.close().await;
    let path = library.dir().ops_db();
    std::fs::rename(&path, path.with_file_name("ops.db.new")).unwrap();
    std::fs::write(path.with_file_name("ops.db.set-aside-17"), "old").unwrap();
    std::fs::write(path.with_file_name("ops.db-wal"), "log of the old").unwrap();
    let mut server = Server::start(&library).await;
    let log = std::fs::read(path.with_file_name("ops.db.set-aside-17-wal")).unwrap();
    assert_eq!(log, b"log of the old");
    let told = server.goes_on().await;
    assert_eq!(told.len(), messages.len(), "one was told before, one had waited");
}
