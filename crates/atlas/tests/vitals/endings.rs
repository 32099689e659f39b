//! Ends: what is over is brought before nobody else, and what was told of a channel is over with that channel.

use crate::support::{Atlas, Door, PATIENCE, Receiver, Reply, Watched, eventually, incidents, is_told_to_be};

/// The first channel takes nothing, so the end of what nobody watches any more is not delivered yet. It is over all the
/// same: what goes on is sent to the next, and it is not.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_watches_any_more_goes_no_further() {
    const OTHER: &str = "b_door";
    let (one, other) = (Door::open_one().await, Door::open_one().await);
    let (first, second) = (Receiver::start(), Receiver::start());
    first.answers(Reply::status(500));
    let other_check = other.check().replace(Door::NAME, OTHER);
    let watched = || {
        Watched::new()
            .check(other_check.clone())
            .channel(first.channel("first"))
            .channel(second.channel_with("second", "escalate_after = \"8s\""))
    };
    let atlas = watched().check(one.check()).atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    is_told_to_be(&atlas, OTHER, "healthy").await;
    one.close();
    first.hears_at_least(1).await;
    is_told_to_be(&atlas, Door::NAME, "critical").await;
    other.close();
    is_told_to_be(&atlas, OTHER, "critical").await;
    watched().write_for(&atlas);
    atlas.json(&["config", "reload"]).await;

    eventually(PATIENCE, "the other is sent to the next", async || {
        second
            .heard()
            .iter()
            .any(|heard| heard.incidents(OTHER).next().is_some())
    })
    .await;
    assert!(second.of_door().is_empty(), "{:?}", second.of_door());
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_taken_out_while_nothing_runs_takes_its_alarms_with_it() {
    let (door, first, second) = (Door::open_one().await, Receiver::start(), Receiver::start());
    first.answers(Reply::status(404));
    let watched = || {
        Watched::new()
            .check(door.check())
            .channel(second.channel("second"))
    };
    let atlas = watched().channel(first.channel("first")).atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    door.close();
    eventually(
        PATIENCE,
        "it is told that the messages are given up",
        async || {
            rules_that_fire(&atlas)
                .await
                .contains(&"notifier_gave_up".to_owned())
        },
    )
    .await;
    assert_eq!(server.terminate().await, 0);

    watched().write_for(&atlas);
    let server = atlas.serve().await;
    eventually(PATIENCE, "nothing is told of it any more", async || {
        rules_that_fire(&atlas).await.is_empty()
    })
    .await;
    let ended = incidents(&atlas, "notifications").await;
    let mut why = Vec::new();
    for incident in &ended {
        let shown = atlas
            .json(&["alert", "show", incident["id"].as_str().unwrap()])
            .await;
        why.push(shown["end"].clone());
    }
    assert!(why.contains(&"removed".into()), "{why:?} {ended:?}");
    door.open();
    assert_eq!(server.terminate().await, 0);
}

/// Those about channels.
async fn rules_that_fire(atlas: &Atlas) -> Vec<String> {
    let all = incidents(atlas, "notifications").await;
    let firing = all.iter().filter(|incident| incident["state"] == "firing");
    firing
        .map(|incident| incident["rule"].as_str().unwrap().to_owned())
        .collect()
}
