//! Who is told, and of how much: the next when nobody takes it on, nobody more than once of a great many, everybody of
//! what has nothing to do with what they know already; and where there is no way to anybody, that.

use serde_json::Value;

use crate::support::{
    Atlas, Door, Heard, PATIENCE, Receiver, Watched, deliveries, eventually, health_of, incidents,
    is_told_to_be,
};

/// Escalation is no row in a table: the others get a message, also when the server was started anew meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_on_is_sent_to_the_next_and_then_to_the_last() {
    let door = Door::open_one().await;
    let (first, second, third) = (Receiver::start(), Receiver::start(), Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(first.channel("first"))
        .channel(second.channel_with("second", "escalate_after = \"6s\""))
        .channel(third.channel_with("third", "escalate_after = \"8s\""))
        .atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    door.close();
    let at_once = first.hears("firing").await;
    arrived(&atlas, "first").await;
    assert_eq!(server.terminate().await, 0);
    let server = atlas.serve().await;
    let next = second.hears("escalated").await;
    let last = third.hears("escalated").await;
    assert!(
        at_once.at < next.at && next.at < last.at,
        "{at_once:?}\n{next:?}\n{last:?}"
    );
    arrived(&atlas, "second").await;
    arrived(&atlas, "third").await;
    door.open();
    for receiver in [&first, &second, &third] {
        receiver.hears("resolved").await;
        assert_eq!(receiver.of_door().len(), 2, "{:?}", receiver.of_door());
    }
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_takes_on_in_time_goes_no_further() {
    let (door, first, second) = (Door::open_one().await, Receiver::start(), Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(first.channel("first"))
        .channel(second.channel_with("second", "escalate_after = \"8s\""))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    first.hears("firing").await;
    let id = incidents(&atlas, Door::NAME).await[0]["id"].clone();
    let taken_on = atlas.run(&["alert", "ack", id.as_str().unwrap()]).await;
    assert_eq!(taken_on.code, 0, "{taken_on:?}");
    assert!(second.of_door().is_empty(), "it was taken on in time");
    // Once a second, and so for longer than the others would have waited.
    let looks = door.looks();
    eventually(PATIENCE, "it is looked at for a while", async || {
        door.looks() > looks + 10
    })
    .await;
    door.open();
    first.hears("resolved").await;
    assert_eq!(second.of_door().len(), 0, "{:?}", second.of_door());
    assert_eq!(server.terminate().await, 0);
}

/// A channel that is not there has sent nothing, and whoever asks hears that. Once there is one, it is told what is still
/// wrong.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_channel_nothing_counts_as_sent_until_there_is_one() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new().check(door.check()).atlas();
    let server = atlas.serve().await;
    door.close();
    let mut inbox = Value::Null;
    eventually(PATIENCE, "it is told on this machine", async || {
        inbox = atlas.json(&["alert", "inbox"]).await;
        inbox.to_string().contains(Door::NAME)
    })
    .await;
    let known = incidents(&atlas, Door::NAME).await;
    assert_eq!(known[0]["state"], "firing", "{known:?}");
    assert_eq!(known[0]["deliveries"], serde_json::json!([]), "{known:?}");
    for command in ["status", "doctor"] {
        let said = atlas.run(&[command]).await.stdout;
        assert!(said.contains("nobody outside this machine is told"), "{said}");
    }

    Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .write_for(&atlas);
    atlas.json(&["config", "reload"]).await;
    hook.hears("firing").await;
    door.open();
    hook.hears("resolved").await;
    assert_eq!(hook.of_door().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

/// What hangs together with a disk is held back while the disk has just become critical, and not for weeks.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_fails_beside_a_disk_that_has_long_been_critical_is_told() {
    let hook = Receiver::start();
    let atlas = Watched::new()
        .service(
            "disk_space",
            "every = \"1s\"\nwarn_least_free_gib = 2000000\ncrit_least_free_gib = 1000000",
        )
        .service(
            "search",
            "every = \"1s\"\ndeadline = \"900ms\"\ngrace = 0\nladder = [1, 2, 90]",
        )
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "search", "healthy").await;
    is_told_to_be(&atlas, "disk_space", "critical").await;
    hears(&hook, "disk_space").await;
    decide_about_search(&atlas, &["open", "--for", "1h"]).await;
    is_told_to_be(&atlas, "search", "critical").await;
    let begun = health_of(&atlas, "search").await.unwrap();
    assert_eq!(begun["blocked_by"], serde_json::json!(["disk_space"]), "{begun}");
    eventually(PATIENCE, "it is looked at again", async || {
        let search = health_of(&atlas, "search").await.unwrap_or_default();
        search["observed_at"] != begun["observed_at"]
    })
    .await;
    let told = hook.heard();
    assert!(
        told.iter()
            .all(|heard| heard.incidents("search").next().is_none()),
        "{told:?}"
    );
    decide_about_search(&atlas, &["auto"]).await;
    is_told_to_be(&atlas, "search", "healthy").await;
    assert_eq!(server.terminate().await, 0);
    a_day_passes(&atlas);

    let server = atlas.serve().await;
    is_told_to_be(&atlas, "search", "healthy").await;
    decide_about_search(&atlas, &["open", "--for", "1h"]).await;
    let told = hears(&hook, "search").await;
    assert_eq!(told.message["severity"], "critical", "{told:?}");
    let disk = health_of(&atlas, "disk_space").await.unwrap();
    assert_eq!(disk["status"], "critical", "it has been all the while: {disk}");
    assert_eq!(server.terminate().await, 0);
}

/// Somebody keeps searches away from the index, or lets them to it again.
async fn decide_about_search(atlas: &Atlas, decision: &[&str]) {
    let (word, more) = decision.split_first().unwrap();
    let command = [&["breaker", word, "search_operations", "index"], more].concat();
    let decided = atlas.run(&command).await;
    assert_eq!(decided.code, 0, "{decided:?}");
}

/// Two hundred at once, of as many services: a few messages, and every one of them is counted once.
#[tokio::test(flavor = "multi_thread")]
async fn a_great_many_at_once_are_a_few_messages_with_exact_counts() {
    const MANY: u64 = 200;
    const MESSAGES: usize = 10;
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let mut watched = Watched::new().channel(hook.channel_with(
        "hook",
        // Half of them at once, and the other half within the minute after.
        &format!(
            "min_severity = \"critical\"\nrate = {{ count = {}, per = \"1m\" }}",
            MESSAGES / 2
        ),
    ));
    for number in 0..MANY {
        let check = door.check_with("ladder = [1, 2, 90]");
        let check = check.replace("\"1s\"", "\"4s\"").replace("900ms", "3900ms");
        watched = watched.check(check.replace("name = \"a_door\"", &format!("name = \"door_{number}\"")));
    }
    let atlas = watched.atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "door_0", "healthy").await;
    door.close();
    let counted = || -> u64 {
        let heard = hook.heard();
        let counts = heard
            .iter()
            .map(|heard| heard.message["counts"]["critical"].as_u64().unwrap());
        counts.sum()
    };
    eventually(PATIENCE * 3, "every one is counted", async || counted() >= MANY).await;
    let messages = hook.heard().len();
    assert_eq!(counted(), MANY, "{messages} messages");
    assert!(messages <= MESSAGES, "{messages} messages");
    let listed = atlas.get("/api/v1/alerts?state=open&limit=500").await.unwrap();
    assert_eq!(listed["incidents"].as_array().unwrap().len() as u64, MANY);
    assert_eq!(server.terminate().await, 0);
}

/// Waits until it is known that a message about the door has arrived.
async fn arrived(atlas: &Atlas, channel: &str) {
    eventually(PATIENCE, &format!("{channel} has it"), async || {
        let told = deliveries(atlas, Door::NAME, channel).await;
        told.iter().any(|delivery| delivery["state"] == "sent")
    })
    .await;
}

/// Waits until a message says that a service is not as it should be.
async fn hears(hook: &Receiver, service: &str) -> Heard {
    let find = || {
        let mut heard = hook.heard().into_iter();
        heard.find(|heard| {
            heard
                .incidents(service)
                .any(|incident| incident["kind"] == "firing")
        })
    };
    eventually(PATIENCE, &format!("{service} is told"), async || find().is_some()).await;
    find().unwrap()
}

/// While nobody looks: as far as the next process knows, the machine was off since yesterday.
fn a_day_passes(atlas: &Atlas) {
    let script = "import sqlite3, sys\n\
                  file = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                  file.execute(\"UPDATE timeline SET boot_id = 'the start before', wall = wall - 86400000\")\n";
    let mut python = std::process::Command::new("/usr/bin/python3");
    let output = python
        .args(["-c", script])
        .arg(atlas.data_dir().join("ops.db"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
