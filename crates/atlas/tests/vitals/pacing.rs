//! How much a channel is told at once, what says that it is not told more, and what it is told first when it works again.

use serde_json::Value;

use crate::support::{
    Atlas, Door, Heard, PATIENCE, Receiver, Reply, Watched, deliveries, eventually, incidents, is_told_to_be,
};

/// Four are four. The fifth says on every page why it is not told, and until when.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_channel_may_carry_is_told_at_once_and_the_rest_says_until_when_it_waits() {
    let hook = Receiver::start();
    let channel = hook.channel_with(
        "hook",
        "min_severity = \"critical\"\nrate = { count = 4, per = \"1h\" }",
    );
    let mut watched = Watched::new()
        .alerts("update_interval", "\"1h\"")
        .channel(channel);
    let mut doors = Vec::new();
    for number in 1..=5 {
        let door = Door::open_one().await;
        watched = watched.check(named(&door, &format!("door_{number}")));
        doors.push(door);
    }
    let atlas = watched.atlas();
    let server = atlas.serve().await;
    for (number, door) in (1..=5).zip(&doors) {
        let service = format!("door_{number}");
        is_told_to_be(&atlas, &service, "healthy").await;
        door.close();
        if number < 5 {
            hears_about(&hook, &service).await;
        }
    }
    let mut held = Value::Null;
    eventually(PATIENCE, "the fifth is held back", async || {
        held = incidents(&atlas, "door_5")
            .await
            .into_iter()
            .next()
            .unwrap_or_default();
        held["suppressed_by"] == serde_json::json!(["rate_limit"])
    })
    .await;
    assert_eq!(hook.heard().len(), 4, "{:?}", hook.heard());
    let shown = atlas
        .run(&["alert", "show", held["id"].as_str().unwrap()])
        .await
        .stdout;
    assert!(shown.contains("Kept back by  rate_limit until 2"), "{shown}");
    assert!(
        shown.contains("hook: firing is held, kept back by rate_limit until 2"),
        "{shown}"
    );
    let listed = atlas.run(&["alert", "ls"]).await.stdout;
    assert!(listed.contains("firing, rate_limit"), "{listed}");
    let status = atlas.run(&["status"]).await.stdout;
    assert!(
        status.contains("hook has carried as much as it may until 2"),
        "{status}"
    );
    assert_eq!(server.terminate().await, 0);
}

/// What is over by the time its receiver is back is told beside what came after it, and soon that it is over, however
/// long updates wait.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_of_the_receiver_what_is_older_is_told_at_once_and_soon_that_it_is_over() {
    let (old, new, hook) = (Door::open_one().await, Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(named(&old, "older"))
        .check(named(&new, "newer"))
        .alerts("update_interval", "\"1h\"")
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    for service in ["older", "newer"] {
        is_told_to_be(&atlas, service, "healthy").await;
    }
    hook.answers(Reply::status(503));
    old.close();
    hears_about(&hook, "older").await;
    old.open();
    is_over(&atlas, "older").await;
    new.close();
    eventually(PATIENCE, "the newer one is tried, in vain", async || {
        let tried = deliveries(&atlas, "newer", "hook").await;
        tried.iter().any(|delivery| delivery["state"] == "waiting")
    })
    .await;
    hook.answers(Reply::status(204));
    let mut told = Vec::new();
    eventually(PATIENCE, "all is told", async || {
        told = accepted(&hook);
        told.len() >= 3
    })
    .await;
    told[..2].sort(); // whichever of them was tried when the receiver was back
    assert_eq!(told, ["newer firing", "older firing", "older resolved"]);
    assert_eq!(server.terminate().await, 0);
}

fn named(door: &Door, name: &str) -> String {
    door.check()
        .replace(&format!("{:?}", Door::NAME), &format!("{name:?}"))
}

/// Waits until a message about a service has come, accepted or not.
async fn hears_about(hook: &Receiver, service: &str) {
    eventually(PATIENCE, &format!("{service} is told of"), async || {
        let heard = hook.heard();
        heard
            .iter()
            .any(|heard| heard.incidents(service).next().is_some())
    })
    .await;
}

async fn is_over(atlas: &Atlas, service: &str) {
    eventually(PATIENCE, "it is over", async || {
        let known = incidents(atlas, service).await;
        known
            .first()
            .is_some_and(|incident| incident["state"] == "resolved")
    })
    .await;
}

/// What the receiver took, in its order: which service, and what of it.
fn accepted(hook: &Receiver) -> Vec<String> {
    let heard = hook.heard();
    let accepted = heard.iter().filter(|heard| heard.reply.accepts());
    accepted.flat_map(entries).collect()
}

fn entries(heard: &Heard) -> Vec<String> {
    let of = |service: &'static str| {
        heard
            .incidents(service)
            .map(move |entry| format!("{service} {}", entry["kind"].as_str().unwrap()))
    };
    of("older").chain(of("newer")).collect()
}
