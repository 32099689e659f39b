//! Death of the server at each step from a finding to a message that is known to have arrived, and at random: no
//! incident is lost and no end, and what is sent twice has the same id. A restart in good order repeats nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{
    Atlas, Door, Heard, PATIENCE, Receiver, Serving, Watched, deliveries, eventually, incidents,
    is_told_to_be,
};

/// The server dies at a step that it has survived so often before, and is started again.
#[rstest]
fn no_death_at_a_named_step_loses_or_repeats_a_message(
    #[values("vitals::commit", "vitals::send", "vitals::sent")] step: &str,
    #[values(0, 1)] survived: u32,
) {
    run(a_story_with_a_death_at(step, survived));
}

/// The steps that write come often: at the start, at each look that finds another level, before each message and after.
#[rstest]
fn no_death_before_anything_is_written_loses_or_repeats_a_message(#[values(2, 3, 4, 5, 6, 8)] survived: u32) {
    run(a_story_with_a_death_at("vitals::commit", survived));
}

fn run(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.unwrap().block_on(story);
}

async fn a_story_with_a_death_at(step: &str, survived: u32) {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let crash = format!("{step}={survived}*off->return");
    door.close();
    let mut server = Mortal {
        atlas: &atlas,
        serving: atlas.begin_to_serve(&[("FAILPOINTS", &crash)]),
        deaths: 0,
    };
    server
        .lives_until("the beginning is told", async || was_told(&hook, "firing"))
        .await;
    door.open();
    server
        .lives_until("the end is told", async || was_told(&hook, "resolved"))
        .await;
    server
        .lives_until("it is known that both arrived", async || {
            all_arrived(&atlas).await
        })
        .await;
    assert_eq!(server.deaths, 1, "it was to die at {step}");
    assert_nothing_lost_nor_repeated(&hook, 2, server.deaths);
}

/// Rounds: `ATLAS_ROUNDS`, 10 without it. The moments come from a fixed sequence.
#[tokio::test(flavor = "multi_thread")]
async fn random_kills_lose_no_beginning_and_no_end() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let mut random = fastrand::Rng::with_seed(11);
    let kills = rounds();
    for _ in 0..kills {
        let server = atlas.begin_to_serve(&[]);
        if random.bool() {
            door.close();
        } else {
            door.open();
        }
        tokio::time::sleep(Duration::from_millis(random.u64(200..4_000))).await;
        server.kill();
    }
    door.open();
    let server = atlas.serve().await;
    eventually(PATIENCE, "everything is over", async || {
        let all = incidents(&atlas, Door::NAME).await;
        !all.is_empty() && all.iter().all(|incident| incident["state"] == "resolved")
    })
    .await;
    eventually(PATIENCE, "everything is told", async || {
        let all = deliveries(&atlas, Door::NAME, "hook").await;
        all.iter().all(|delivery| delivery["state"] == "sent")
    })
    .await;
    let told = assert_nothing_lost_nor_repeated(&hook, 0, kills);
    let known: BTreeSet<String> = incidents(&atlas, Door::NAME).await.iter().map(id_of).collect();
    assert!(told.is_subset(&known), "told and forgotten: {told:?}, {known:?}");
    assert_eq!(server.terminate().await, 0);
}

/// While something fires, while it is silenced, and while nobody looks: a restart is no news.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_good_order_tells_nothing_new_and_forgets_nothing() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    eventually(PATIENCE, "it is known that it arrived", async || {
        all_arrived(&atlas).await
    })
    .await;
    let before = incidents(&atlas, Door::NAME).await;
    assert_eq!(server.terminate().await, 0);

    for _ in 0..2 {
        let (server, looks) = (atlas.serve().await, door.looks());
        eventually(PATIENCE, "it is looked at again", async || {
            door.looks() > looks + 3
        })
        .await;
        assert_eq!(hook.of_door().len(), 1, "a restart is no news");
        let after = incidents(&atlas, Door::NAME).await;
        assert_eq!(after.len(), 1);
        for field in ["id", "started_at", "state", "severity"] {
            assert_eq!(after[0][field], before[0][field], "{field}");
        }
        assert_eq!(server.terminate().await, 0);
    }

    let server = atlas.serve().await;
    let silence = json!({ "matchers": ["service=a_door"], "for": "1h", "comment": "known" });
    door.open();
    hook.hears("resolved").await;
    let made = atlas.post("/api/v1/silences", &silence).await.unwrap();
    assert_eq!(server.terminate().await, 0);

    let server = atlas.serve().await;
    door.close();
    is_told_to_be(&atlas, Door::NAME, "critical").await;
    let looks = door.looks();
    eventually(PATIENCE, "it is looked at for a while", async || {
        door.looks() > looks + 2
    })
    .await;
    assert_eq!(hook.of_door().len(), 2, "still silenced after a restart: {made}");
    assert_eq!(server.terminate().await, 0);
}

/// A reminder is due so long after the beginning, whatever restarts are between.
#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_comes_when_it_would_have_come_without_a_restart() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let pause = Duration::from_secs(8);
    let atlas = Watched::new()
        .alerts("reminder_critical", "\"8s\"")
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    let beginning = hook.hears("firing").await;
    eventually(PATIENCE, "it is known that it arrived", async || {
        all_arrived(&atlas).await
    })
    .await;
    assert_eq!(server.terminate().await, 0);
    let server = atlas.serve().await;
    let reminder = hook.hears("reminder").await;
    let waited = reminder.at - beginning.at;
    assert!(
        waited + Duration::from_millis(500) > pause,
        "too soon: {waited:?}"
    );
    assert!(waited < pause * 2, "counted anew: {waited:?}");
    assert_eq!(server.terminate().await, 0);
}

/// A server that is started again when it dies.
struct Mortal<'a> {
    atlas: &'a Atlas,
    serving: Serving,
    deaths: usize,
}

impl Mortal<'_> {
    async fn lives_until(&mut self, what: &str, mut condition: impl AsyncFnMut() -> bool) {
        eventually(PATIENCE, what, async || {
            if !self.serving.runs() {
                self.deaths += 1;
                assert_eq!(self.deaths, 1, "it dies once, on purpose");
                self.serving = self.atlas.begin_to_serve(&[]);
            }
            condition().await
        })
        .await;
    }
}

fn was_told(hook: &Receiver, kind: &str) -> bool {
    hook.accepted()
        .iter()
        .any(|heard| heard.kinds().iter().any(|known| known == kind))
}

async fn all_arrived(atlas: &Atlas) -> bool {
    let all = deliveries(atlas, Door::NAME, "hook").await;
    !all.is_empty() && all.iter().all(|delivery| delivery["state"] == "sent")
}

/// Returns the incidents that were told. `messages` of 0: however many there are.
fn assert_nothing_lost_nor_repeated(hook: &Receiver, messages: usize, deaths: usize) -> BTreeSet<String> {
    let heard = hook.of_door();
    let mut by_id: BTreeMap<String, Vec<&Heard>> = BTreeMap::new();
    for heard in &heard {
        by_id.entry(heard.id()).or_default().push(heard);
    }
    for repeated in by_id.values() {
        assert!(
            repeated.iter().all(|heard| heard.message == repeated[0].message),
            "word for word"
        );
    }
    let repetitions = heard.len() - by_id.len();
    assert!(
        repetitions <= deaths,
        "{repetitions} repetitions after {deaths} deaths: {heard:?}"
    );
    assert!(messages == 0 || by_id.len() == messages, "{:?}", by_id.keys());

    let (mut open, mut told) = (BTreeSet::new(), BTreeSet::new());
    for incident in heard.iter().flat_map(|heard| heard.incidents(Door::NAME)) {
        let id = id_of(incident);
        match incident["kind"].as_str().unwrap() {
            "resolved" => {
                assert!(told.contains(&id), "an end without a beginning: {incident}");
                open.remove(&id);
            }
            "fired_and_resolved" => drop(told.insert(id)),
            _ => {
                told.insert(id.clone());
                open.insert(id);
            }
        }
    }
    assert!(open.is_empty(), "a beginning without an end: {open:?}");
    told
}

fn id_of(incident: &Value) -> String {
    incident["id"].as_str().unwrap().to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment how long to go on"
)]
fn rounds() -> usize {
    let rounds = std::env::var("ATLAS_ROUNDS").ok();
    rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(10)
}
