//! A server that starts where nothing can be written, on a full disk or a read-only file system: it is looked after all
//! the same, people are told, and it leaves nothing behind. Real disks in memory, in a mount namespace that nobody else
//! sees; each scenario runs in a process of its own inside one.

use std::collections::BTreeSet;
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;
use tokio::time::Instant;

use crate::disks::{MB, SMALL_DISK, hears};
use crate::support::{
    Atlas, Disk, Door, Heard, PATIENCE, Receiver, Watched, deliveries, eventually, in_a_namespace, incidents,
    is_in_a_namespace, is_told_to_be,
};

#[rstest]
#[case::full("unwritable::scenario_a_disk_that_is_full_at_the_start_is_told_after_each_start_under_one_id")]
#[case::read_only("unwritable::scenario_a_read_only_file_system_at_the_start_is_told_and_so_is_its_end")]
#[case::told_before("unwritable::scenario_what_was_told_before_is_not_told_anew_and_its_end_is_told")]
#[case::reloaded("unwritable::scenario_a_reload_changes_who_is_told")]
#[case::operations_alone("unwritable::scenario_operations_alone_on_a_read_only_file_system_are_told")]
#[case::damaged("unwritable::scenario_a_damaged_library_that_nobody_can_write_to_is_told_once")]
fn a_server_that_starts_where_nothing_can_be_written_is_looked_after(#[case] scenario: &str) {
    in_a_namespace(scenario);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_server_that_starts_where_nothing_can_be_written_is_looked_after` runs it in a namespace"]
async fn scenario_a_disk_that_is_full_at_the_start_is_told_after_each_start_under_one_id() {
    if !is_in_a_namespace() {
        return;
    }
    let hook = Receiver::start();
    let atlas = on_a_small_disk(Watched::new().channel(hook.channel("hook")));
    let disk = Disk::mount(atlas.data_dir(), 64 * MB);
    has_served_well(&atlas, "disk_space").await;
    disk.fill();

    let begun = Instant::now();
    let server = atlas.serve().await;
    let told = hears(&hook, "disk_space", "firing").await;
    // With the settings that are built in these are 90 seconds.
    assert!(told.at - begun < Duration::from_secs(20), "{:?}", told.at - begun);
    assert_eq!(told.message["severity"], "critical");
    assert_shows(&atlas, "disk_space", &told).await;
    let health = atlas.get("/health").await.unwrap();
    assert_eq!(health["status"], "fail", "{health}");
    server.kill();

    let server = atlas.serve().await;
    eventually(PATIENCE, "it is told after the second start", async || {
        hook.heard().len() == 2
    })
    .await;
    let again = hook.heard().remove(1);
    assert_eq!(again.id(), told.id(), "a receiver knows the repetition");
    assert_eq!(again.message["incidents"][0]["id"], incident_of(&told));
    disk.free();
    let over = hears(&hook, "disk_space", "resolved").await;
    assert_eq!(over.message["incidents"][0]["id"], incident_of(&told));
    assert_eq!(server.terminate().await, 0);

    let server = atlas.serve().await;
    assert_eq!(atlas.json(&["status"]).await["mode"], "normal");
    let known = incidents(&atlas, "disk_space").await;
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!(known[0]["id"], incident_of(&told), "it was carried home");
    assert_eq!(known[0]["state"], "resolved");
    assert_eq!(server.terminate().await, 0);
    assert_eq!(different(&hook), 2, "{:?}", hook.heard());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_server_that_starts_where_nothing_can_be_written_is_looked_after` runs it in a namespace"]
async fn scenario_a_read_only_file_system_at_the_start_is_told_and_so_is_its_end() {
    if !is_in_a_namespace() {
        return;
    }
    let hook = Receiver::start();
    let atlas = on_a_small_disk(watching_the_database(&hook));
    let scratch = atlas.folder().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let atlas = atlas.with("TMPDIR", scratch.to_str().unwrap());
    let disk = Disk::mount(atlas.data_dir(), 64 * MB);
    has_served_well(&atlas, "database").await;
    let before = disk.files();
    disk.remount("ro");

    let server = atlas.serve().await;
    let told = hears(&hook, "database", "firing").await;
    let why = told.incidents("database").next().unwrap()["why"].to_string();
    assert!(why.contains("read-only"), "{why}");
    assert_shows(&atlas, "database", &told).await;
    server.kill();
    assert_eq!(disk.files(), before);
    let left: Vec<_> = std::fs::read_dir(&scratch).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");

    let server = atlas.serve().await;
    eventually(PATIENCE, "it is told after the second start", async || {
        hook.heard().len() == 2
    })
    .await;
    assert_eq!(hook.heard()[1].id(), told.id(), "a receiver knows the repetition");
    disk.remount("rw");
    assert_eq!(server.terminate().await, 0);

    // The next start knows what was told, because it could be written in the end.
    let server = atlas.serve().await;
    let over = hears(&hook, "database", "resolved").await;
    assert_eq!(over.message["incidents"][0]["id"], incident_of(&told));
    assert_eq!(server.terminate().await, 0);
    assert_eq!(different(&hook), 2, "{:?}", hook.heard());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_server_that_starts_where_nothing_can_be_written_is_looked_after` runs it in a namespace"]
async fn scenario_what_was_told_before_is_not_told_anew_and_its_end_is_told() {
    if !is_in_a_namespace() {
        return;
    }
    let (hook, door) = (Receiver::start(), Door::open_one().await);
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let disk = Disk::mount(atlas.data_dir(), 64 * MB);
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    door.close();
    let told = hook.hears("firing").await;
    eventually(PATIENCE, "it is written down that it was told", async || {
        let told = deliveries(&atlas, Door::NAME, "hook").await;
        told.iter().any(|delivery| delivery["state"] == "sent")
    })
    .await;
    server.kill(); // so that much of it stands in the log beside the file
    disk.remount("ro");

    let server = atlas.serve().await;
    let looks = door.looks();
    eventually(PATIENCE, "it is looked at often enough", async || {
        door.looks() >= looks + 4
    })
    .await;
    is_shown_to_be(&atlas, Door::NAME, "critical").await;
    assert_eq!(hook.of_door().len(), 1, "{:?}", hook.heard());
    door.open();
    let over = hook.hears("resolved").await;
    assert_eq!(over.message["incidents"][0]["id"], incident_of(&told));
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_server_that_starts_where_nothing_can_be_written_is_looked_after` runs it in a namespace"]
async fn scenario_a_reload_changes_who_is_told() {
    if !is_in_a_namespace() {
        return;
    }
    let (door, first, second) = (Door::open_one().await, Receiver::start(), Receiver::start());
    let atlas = Watched::new().channel(first.channel("first")).atlas();
    let disk = Disk::mount(atlas.data_dir(), 64 * MB);
    let server = atlas.serve().await;
    assert_eq!(server.terminate().await, 0);
    disk.remount("ro");

    let server = atlas.serve().await;
    Watched::new()
        .check(door.check())
        .channel(second.channel("second"))
        .write_for(&atlas);
    let reloaded = atlas.run(&["config", "reload"]).await;
    assert_eq!(reloaded.code, 0, "{reloaded:?}");
    is_shown_to_be(&atlas, Door::NAME, "healthy").await;
    door.close();
    second.hears("firing").await;
    door.open();
    second.hears("resolved").await;
    assert!(first.heard().is_empty());
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_server_that_starts_where_nothing_can_be_written_is_looked_after` runs it in a namespace"]
async fn scenario_operations_alone_on_a_read_only_file_system_are_told() {
    if !is_in_a_namespace() {
        return;
    }
    let hook = Receiver::start();
    let atlas = watching_the_database(&hook).atlas();
    let disk = Disk::mount(atlas.folder().join("disk"), 16 * MB);
    has_served_well(&atlas, "database").await;
    let (here, there) = (
        atlas.data_dir().join("ops.db"),
        atlas.folder().join("disk").join("ops.db"),
    );
    std::fs::copy(&here, &there).unwrap();
    std::fs::remove_file(&here).unwrap();
    std::os::unix::fs::symlink(&there, &here).unwrap();
    disk.remount("ro");

    let server = atlas.serve().await;
    let told = hears(&hook, "database", "firing").await;
    let why = told.incidents("database").next().unwrap()["why"].to_string();
    assert!(why.contains("read-only"), "{why}");
    assert_shows(&atlas, "database", &told).await;
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_server_that_starts_where_nothing_can_be_written_is_looked_after` runs it in a namespace"]
async fn scenario_a_damaged_library_that_nobody_can_write_to_is_told_once() {
    if !is_in_a_namespace() {
        return;
    }
    let hook = Receiver::start();
    let atlas = on_a_small_disk(watching_the_database(&hook));
    let disk = Disk::mount(atlas.data_dir(), 64 * MB);
    has_served_well(&atlas, "database").await;
    let library = atlas.data_dir().join("library.db");
    let size = std::fs::metadata(&library).unwrap().len() as usize;
    std::fs::write(&library, vec![0x5a; size]).unwrap();
    disk.remount("ro");

    let server = atlas.serve().await;
    let told = hears(&hook, "database", "firing").await;
    assert_eq!(told.message["severity"], "critical");
    assert_eq!(atlas.json(&["status"]).await["mode"], "ops_only");
    is_shown_to_be(&atlas, "database", "down").await;
    assert_eq!(hook.heard().len(), 1, "{:?}", hook.heard());
    assert_eq!(server.terminate().await, 0);
}

fn watching_the_database(hook: &Receiver) -> Watched {
    let database = "every = \"1s\"\ndeadline = \"900ms\"\ngrace = 0\nladder = [1, 2, 4]";
    Watched::new()
        .service("database", database)
        .channel(hook.channel("hook"))
}

/// Nothing is wrong with a small disk as long as it has room.
fn on_a_small_disk(watched: Watched) -> Atlas {
    let watched = watched.service("disk_space", SMALL_DISK);
    let atlas = watched
        .alerts("rules", "\"rules.toml\"")
        .atlas()
        .with("ATLAS_STORAGE_RESERVE_MB", "0")
        .with("ATLAS_STORAGE_FLOOR_MB", "0");
    let rules = atlas.folder().join("rules.toml");
    std::fs::write(rules, "off = [\"disk_last_gibibyte\"]\n").unwrap();
    atlas
}

/// There is a library, and a server that ended in good order has left what it knew.
async fn has_served_well(atlas: &Atlas, service: &str) {
    let server = atlas.serve().await;
    is_told_to_be(atlas, service, "healthy").await;
    assert_eq!(server.terminate().await, 0);
}

fn incident_of(told: &Heard) -> Value {
    told.message["incidents"][0]["id"].clone()
}

/// Whoever asks the server learns how its services are, what was told, and that none of it is kept.
async fn assert_shows(atlas: &Atlas, service: &str, told: &Heard) {
    let health = atlas.run(&["health"]).await;
    assert_eq!(health.code, 7, "{health:?}");
    assert!(health.stdout.contains(service), "{}", health.stdout);
    let status = atlas.json(&["status"]).await;
    assert_eq!(status["mode"], "read_only");
    let reasons = status["degraded"].as_array().unwrap();
    let is_told = |code: &str| reasons.iter().any(|reason| reason["code"] == code);
    assert!(is_told("read_only") && is_told("operations_not_kept"), "{status}");
    let shown = atlas.json(&["alert", "ls", "--service", service]).await;
    let mut shown_incidents = shown["incidents"].as_array().unwrap().iter();
    assert!(
        shown_incidents.any(|incident| incident["id"] == incident_of(told)),
        "{shown}"
    );
}

/// Asked by a command: where no socket can be made beside the data, it finds the one that was made elsewhere.
async fn is_shown_to_be(atlas: &Atlas, service: &str, expected: &str) {
    eventually(PATIENCE, &format!("{service} is {expected}"), async || {
        let status = atlas.json(&["status"]).await;
        let mut services = status["services"].as_array().unwrap().iter();
        services.any(|known| known["name"] == service && known["status"] == expected)
    })
    .await;
}

/// How many messages a receiver has got that knows repetitions: a server that ends before it has seen the answer sends
/// again.
fn different(hook: &Receiver) -> usize {
    let ids: BTreeSet<String> = hook.heard().iter().map(Heard::id).collect();
    ids.len()
}
