//! The configuration is read again while the server runs: a bad one changes nothing and says why, a good one changes who
//! is told and what is looked at, and what is no longer looked at is not left open.

use serde_json::json;

use crate::support::{
    Door, PATIENCE, Receiver, Reply, Watched, eventually, incidents, is_told_to_be, status_of,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_reload_keeps_the_old_configuration_and_says_everything_that_is_wrong() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let good = || Watched::new().check(door.check()).channel(hook.channel("hook"));
    let atlas = good().atlas();
    let server = atlas.serve().await;
    let bad = good()
        .service("search", "depends_on = [\"search\"]")
        .service("disk_space", "crit_used_percent = 95\ncrit_used_percent_exit = 97")
        .with("[[alerts.quiet_hours]]\nname = \"night\"\nfrom = \"23:00\"\nuntil = \"06:00\"\nzone = \"Mars/Olympus\"")
        .alerts("rules", "\"rules.toml\"");
    std::fs::write(atlas.folder().join("rules.toml"), "off = [\"no_such_rule\"]\n").unwrap();
    bad.write_for(&atlas);

    let reloaded = atlas.run(&["config", "reload"]).await;
    assert_ne!(reloaded.code, 0, "{reloaded:?}");
    for part in [
        "search",
        "crit_used_percent_exit",
        "Mars/Olympus",
        "no_such_rule",
        "atlas.toml:",
    ] {
        assert!(reloaded.stderr.contains(part), "{part}: {}", reloaded.stderr);
    }
    let refused = atlas.run(&["serve", "--bind", "127.0.0.1:0"]).await;
    assert_eq!(refused.code, 2, "nor does a start with it: {refused:?}");
    server.hang_up();

    door.close();
    hook.hears("firing").await;
    door.open();
    hook.hears("resolved").await;
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_reload_changes_who_is_told_and_what_is_looked_at() {
    let (door, first, second) = (Door::open_one().await, Receiver::start(), Receiver::start());
    let atlas = Watched::new().channel(first.channel("first")).atlas();
    let server = atlas.serve().await;
    Watched::new()
        .check(door.check())
        .channel(second.channel("second"))
        .write_for(&atlas);
    let reloaded = atlas.run(&["config", "reload"]).await;
    assert_eq!(reloaded.code, 0, "{reloaded:?}");
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    door.close();
    second.hears("firing").await;
    door.open();
    second.hears("resolved").await;
    assert!(first.heard().is_empty());
    assert_eq!(server.terminate().await, 0);
}

/// A channel that comes along while the server runs is one of those that are told, from then on and as all others.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_added_by_a_reload_is_told_beside_those_that_stay() {
    let (door, first, second) = (Door::open_one().await, Receiver::start(), Receiver::start());
    let watched = || Watched::new().check(door.check()).channel(first.channel("first"));
    let atlas = watched().atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    watched().channel(second.channel("second")).write_for(&atlas);
    assert_eq!(atlas.run(&["config", "reload"]).await.code, 0);
    door.close();
    for hook in [&first, &second] {
        let beginning = hook.hears("firing").await;
        assert!(beginning.incidents(Door::NAME).next().is_some());
    }
    door.open();
    for hook in [&first, &second] {
        hook.hears("resolved").await;
        assert_eq!(hook.of_door().len(), 2);
    }
    assert_eq!(server.terminate().await, 0);
}

/// How long a channel may ask to be left alone is read again with the channels, also for what keeps the pause.
#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_longest_pause_holds_from_the_reload_on() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let watched = |longest: &str| {
        Watched::new()
            .alerts("retry_after_cap", longest)
            .check(door.check())
            .channel(hook.channel("hook"))
    };
    let atlas = watched("\"1h\"").atlas();
    let server = atlas.serve().await;
    watched("\"1s\"").write_for(&atlas);
    assert_eq!(atlas.run(&["config", "reload"]).await.code, 0);
    hook.answers_next([Reply::with(429, "retry-after: 86400")]);
    door.close();
    hook.hears("firing").await;
    assert_eq!(hook.of_door().len(), 2, "it asked for a day");
    assert_eq!(server.terminate().await, 0);
}

/// What fires and is taken out of the configuration is closed, with the reason, and not left open for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_is_taken_out_while_it_fails_closes_as_removed() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    Watched::new().channel(hook.channel("hook")).write_for(&atlas);
    assert_eq!(atlas.run(&["config", "reload"]).await.code, 0);
    let end = hook.hears("resolved").await;
    assert_eq!(end.incidents(Door::NAME).next().unwrap()["end"], json!("removed"));
    assert_eq!(status_of(&atlas, Door::NAME).await, "");
    assert_eq!(server.terminate().await, 0);
}

/// The same for a rule of one's own.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_deleted_while_it_fires_closes_as_removed() {
    let hook = Receiver::start();
    let watched = Watched::new()
        .alerts("rules", "\"rules.toml\"")
        .channel(hook.channel("hook"));
    let atlas = watched.atlas();
    let rules = atlas.folder().join("rules.toml");
    std::fs::write(&rules, ALWAYS).unwrap();
    let server = atlas.serve().await;
    hook.hears("firing").await;
    std::fs::write(&rules, "").unwrap();
    assert_eq!(atlas.run(&["config", "reload"]).await.code, 0);
    let end = hook.hears("resolved").await;
    assert_eq!(end.incidents(Door::NAME).next().unwrap()["end"], json!("removed"));
    eventually(PATIENCE, "it is kept as such", async || {
        let known = incidents(&atlas, Door::NAME).await;
        known.len() == 1 && known[0]["state"] == "resolved"
    })
    .await;
    assert_eq!(server.terminate().await, 0);
}

const ALWAYS: &str = r#"
[[metric]]
name = "always"
service = "a_door"
severity = "critical"
when = [{ series = "mount_total", op = ">=", threshold = 1 }]
summary = "there is a disk at {mount}"
runbook = "disk-space"
reason = "A rule that holds wherever there is a disk."
"#;
