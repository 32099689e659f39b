//! Much at once, and much again and again: one cause is one notice, noise is few, and what is really worse gets through.

use serde_json::json;

use crate::support::{
    Atlas, Door, Heard, PATIENCE, Receiver, Watched, eventually, incidents, is_told_to_be, status_of,
};

/// What depends on something that fails shows it, and is not told beside it.
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_together_with_all_that_needs_it_is_one_notice() {
    let (parent, hook) = (Door::open_one().await, Receiver::start());
    let mut watched = Watched::new().check(parent.check()).channel(hook.channel("hook"));
    for n in 1..=5 {
        let child = parent.check_with("ladder = [2, 3, 90]\ndepends_on = [\"a_door\"]");
        watched = watched.check(child.replace("name = \"a_door\"", &format!("name = \"child_{n}\"")));
    }
    let atlas = watched.atlas();
    let server = atlas.serve().await;
    for n in 1..=5 {
        is_told_to_be(&atlas, &format!("child_{n}"), "healthy").await;
    }
    parent.close();
    hook.hears("firing").await;
    for n in 1..=5 {
        is_told_to_be(&atlas, &format!("child_{n}"), "critical").await;
    }
    let looks = parent.looks();
    eventually(PATIENCE, "all are looked at again", async || {
        parent.looks() > looks + 12
    })
    .await;
    assert_eq!(hook.heard().len(), 1, "{:?}", hook.heard());
    parent.open();
    hook.hears("resolved").await;
    for n in 1..=5 {
        is_told_to_be(&atlas, &format!("child_{n}"), "healthy").await;
    }
    let told: Vec<_> = hook.heard().iter().map(Heard::kinds).collect();
    assert_eq!(told, [["firing"], ["resolved"]]);
    assert_eq!(server.terminate().await, 0);
}

/// What comes and goes is told, but not each time; a failure that stays is told all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_and_goes_is_told_a_few_times_and_a_real_failure_gets_through() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let check = door
        .check_with("ladder = [2, 3, 5]")
        .replace("\"1s\"", "\"500ms\"")
        .replace("900ms", "450ms");
    let atlas = Watched::new()
        .check(check)
        .channel(hook.channel_with("hook", ""))
        .atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    for _ in 0..8 {
        for is_open in [false, true] {
            let looks = door.looks();
            if is_open {
                door.open();
            } else {
                door.close();
            }
            eventually(PATIENCE, "it is looked at", async || door.looks() > looks).await;
        }
    }
    is_told_to_be(&atlas, Door::NAME, "degraded").await;
    hook.hears("firing").await;
    let notices = hook.of_door().len();
    assert!((1..=3).contains(&notices), "{notices} notices");
    door.close();
    is_told_to_be(&atlas, Door::NAME, "down").await;
    eventually(PATIENCE, "the real failure is told", async || {
        hook.of_door()
            .iter()
            .any(|heard| heard.message["severity"] == "critical")
    })
    .await;
    assert_eq!(server.terminate().await, 0);
}

/// Taken on as a warning, it is spoken of again when it is critical.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_as_a_warning_is_told_when_it_gets_critical() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let slow = door.check_with("ladder = [1, 8, 90]");
    let atlas = Watched::new()
        .check(slow)
        .channel(hook.channel_with("hook", ""))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    let warning = hook.hears("firing").await;
    assert_eq!(warning.message["severity"], "warning");
    acknowledge(&atlas).await;
    assert_eq!(
        status_of(&atlas, Door::NAME).await,
        "degraded",
        "it was taken on before it got worse"
    );
    let worse = hook.hears("worse").await;
    assert_eq!(worse.message["severity"], "critical");
    assert_eq!(worse.message["follows"], warning.message["delivery_id"]);
    door.open();
    hook.hears("resolved").await;
    assert_eq!(hook.of_door().len(), 3);
    assert_eq!(server.terminate().await, 0);
}

async fn acknowledge(atlas: &Atlas) {
    let known = incidents(atlas, Door::NAME).await;
    let route = format!("/api/v1/alerts/{}/ack", known[0]["id"].as_str().unwrap());
    atlas
        .post(&route, &json!({ "by": "reader", "comment": "on it" }))
        .await
        .unwrap();
    assert_eq!(incidents(atlas, Door::NAME).await[0]["acknowledged"], true);
}
