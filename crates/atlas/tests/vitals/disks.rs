//! Disks that are nearly full, full, or taken away from under a server, and a library that is damaged: whoever must know
//! hears of it all the same. Real disks in memory, in a mount namespace that nobody else sees; each scenario runs in a
//! process of its own inside one.

use std::process::Command;
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;
use tokio::time::Instant;

use crate::support::{
    Atlas, Disk, Door, Heard, PATIENCE, Receiver, Watched, eventually, fill_to_percent, health_of,
    in_a_namespace, incidents, is_in_a_namespace, is_told_to_be,
};

pub(crate) const MB: u64 = 1_000_000;
/// A disk of a few megabytes would always be in its last gibibyte.
pub(crate) const SMALL_DISK: &str =
    "every = \"1s\"\ncrit_least_free_gib = 0.0002\nwarn_least_free_gib = 0.0004\n";

#[rstest]
#[case::nearly_full_at_the_start("disks::scenario_a_disk_that_is_nearly_full_at_the_start_is_told")]
#[case::nearly_full_later("disks::scenario_a_disk_that_fills_is_told_and_so_is_its_end")]
#[case::full_under_everything(
    "disks::scenario_a_disk_without_a_byte_left_is_told_although_nothing_can_be_written"
)]
#[case::full_under_the_library("disks::scenario_a_full_disk_under_the_library_alone_is_told")]
#[case::full_under_operations("disks::scenario_a_full_disk_under_operations_alone_is_told")]
fn a_disk_in_trouble_is_told(#[case] scenario: &str) {
    in_a_namespace(scenario);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_in_trouble_is_told` runs it in a namespace"]
async fn scenario_a_disk_that_is_nearly_full_at_the_start_is_told() {
    if !is_in_a_namespace() {
        return;
    }
    let hook = Receiver::start();
    let atlas = watching_the_disk(&hook);
    let _disk = Disk::mount(atlas.data_dir(), 256 * MB);
    let server = atlas.serve().await;
    assert_eq!(server.terminate().await, 0);
    fill_to_percent(&atlas.data_dir(), 96.3);
    let begun = Instant::now();
    let server = atlas.serve().await;
    let told = hears_of_disk(&hook, "firing").await;
    // With the settings that are built in these are 90 and 120 seconds.
    assert!(told.at - begun < Duration::from_secs(20), "{:?}", told.at - begun);
    is_told_to_be(&atlas, "disk_space", "critical").await;
    assert_tells_what_to_do(&told, &atlas);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_in_trouble_is_told` runs it in a namespace"]
async fn scenario_a_disk_that_fills_is_told_and_so_is_its_end() {
    if !is_in_a_namespace() {
        return;
    }
    let hook = Receiver::start();
    let atlas = watching_the_disk(&hook);
    let disk = Disk::mount(atlas.data_dir(), 256 * MB);
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "disk_space", "healthy").await;
    assert!(of_disk(&hook).is_empty(), "a disk with room is no news");
    fill_to_percent(&atlas.data_dir(), 96.3);
    let told = hears_of_disk(&hook, "firing").await;
    assert_tells_what_to_do(&told, &atlas);
    disk.free();
    hears_of_disk(&hook, "resolved").await;
    assert_eq!(of_disk(&hook).len(), 2);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_in_trouble_is_told` runs it in a namespace"]
async fn scenario_a_disk_without_a_byte_left_is_told_although_nothing_can_be_written() {
    if !is_in_a_namespace() {
        return;
    }
    let hook = Receiver::start();
    let atlas = watching_the_disk(&hook)
        .with("ATLAS_STORAGE_RESERVE_MB", "0")
        .with("ATLAS_STORAGE_FLOOR_MB", "0");
    let disk = Disk::mount(atlas.data_dir(), 64 * MB);
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "disk_space", "healthy").await;
    disk.fill();
    let told = hears_of_disk(&hook, "firing").await;
    disk.free();
    hears_of_disk(&hook, "resolved").await;
    assert_is_recorded(&atlas, &told).await;
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_in_trouble_is_told` runs it in a namespace"]
async fn scenario_a_full_disk_under_the_library_alone_is_told() {
    if !is_in_a_namespace() {
        return;
    }
    one_file_on_a_full_disk("library.db", "database").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_in_trouble_is_told` runs it in a namespace"]
async fn scenario_a_full_disk_under_operations_alone_is_told() {
    if !is_in_a_namespace() {
        return;
    }
    one_file_on_a_full_disk("ops.db", Door::NAME).await;
}

/// One of the files lies on a disk of its own, which has no room left. What is told is told all the same.
async fn one_file_on_a_full_disk(file: &str, service: &str) {
    let (hook, door) = (Receiver::start(), Door::open_one().await);
    let atlas = Watched::new()
        .service(
            "database",
            "every = \"1s\"\ndeadline = \"900ms\"\ngrace = 0\nladder = [1, 2, 90]",
        )
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let disk = Disk::mount(atlas.folder().join("disk"), 16 * MB);
    let server = atlas.serve().await;
    assert_eq!(server.terminate().await, 0);
    let (here, there) = (
        atlas.data_dir().join(file),
        atlas.folder().join("disk").join(file),
    );
    std::fs::copy(&here, &there).unwrap();
    std::fs::remove_file(&here).unwrap();
    std::os::unix::fs::symlink(&there, &here).unwrap();

    let server = atlas.serve().await;
    is_told_to_be(&atlas, service, "healthy").await;
    disk.fill();
    door.close();
    let told = hears(&hook, service, "firing").await;
    disk.free();
    door.open();
    hears(&hook, service, "resolved").await;
    assert_is_recorded(&atlas, &told).await;
    assert_eq!(server.terminate().await, 0);
}

/// Somebody else holds the library's lock: the database does not answer, and that is told without the library.
#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_somebody_else_has_locked_is_told_until_it_is_free() {
    let hook = Receiver::start();
    let atlas = watching_the_database(&hook);
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "database", "healthy").await;
    let lock = Lock::on(&atlas.data_dir().join("library.db"));
    let told = hears(&hook, "database", "firing").await;
    drop(lock);
    hears(&hook, "database", "resolved").await;
    assert_is_recorded(&atlas, &told).await;
    assert_eq!(server.terminate().await, 0);
}

/// The file is not where it was: what would be written would be lost.
#[rstest]
#[case::deleted(false)]
#[case::replaced(true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_is_taken_away_from_under_a_server_is_told(#[case] is_replaced: bool) {
    let hook = Receiver::start();
    let atlas = watching_the_database(&hook);
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "database", "healthy").await;
    let library = atlas.data_dir().join("library.db");
    std::fs::remove_file(&library).unwrap();
    if is_replaced {
        std::fs::write(&library, "something else").unwrap();
    }
    let told = hears(&hook, "database", "firing").await;
    let why = told.incidents("database").next().unwrap()["why"].to_string();
    assert!(why.contains("library.db"), "{why}");
    drop(server);
}

/// With a damaged library the server looks after itself all the same, and says so once.
#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_is_damaged_at_the_start_is_one_critical_notice() {
    let hook = Receiver::start();
    let atlas = watching_the_database(&hook);
    let server = atlas.serve().await;
    assert_eq!(server.terminate().await, 0);
    let library = atlas.data_dir().join("library.db");
    let size = std::fs::metadata(&library).unwrap().len() as usize;
    std::fs::write(&library, vec![0x5a; size]).unwrap();

    let server = atlas.serve().await;
    let told = hears(&hook, "database", "firing").await;
    assert_eq!(told.message["severity"], "critical");
    assert_eq!(atlas.json(&["status"]).await["mode"], "ops_only");
    let health = atlas.get("/health").await.unwrap();
    assert_eq!(health["status"], "fail", "{health}");
    let database = health_of(&atlas, "database").await.unwrap();
    assert!(
        ["critical", "down"].contains(&database["status"].as_str().unwrap()),
        "{database}"
    );
    // Looked at often enough that a second notice would have come.
    let looks = database["observed_at"].clone();
    eventually(PATIENCE, "it is looked at again", async || {
        let database = health_of(&atlas, "database").await.unwrap_or_default();
        database["observed_at"] != looks && database["status"] == "down"
    })
    .await;
    assert_eq!(hook.heard().len(), 1, "{:?}", hook.heard());
    assert_eq!(server.terminate().await, 0);
}

fn watching_the_disk(hook: &Receiver) -> Atlas {
    let watched = Watched::new()
        .service("disk_space", SMALL_DISK)
        .channel(hook.channel("hook"));
    let watched = watched.alerts("rules", "\"rules.toml\"");
    let atlas = watched.atlas();
    std::fs::write(
        atlas.folder().join("rules.toml"),
        "off = [\"disk_last_gibibyte\"]\n",
    )
    .unwrap();
    atlas
}

fn watching_the_database(hook: &Receiver) -> Atlas {
    let database = "every = \"1s\"\ndeadline = \"900ms\"\ngrace = 0\nladder = [1, 2, 4]";
    Watched::new()
        .service("database", database)
        .channel(hook.channel("hook"))
        .atlas()
}

async fn hears_of_disk(hook: &Receiver, kind: &str) -> Heard {
    hears(hook, "disk_space", kind).await
}

pub(crate) async fn hears(hook: &Receiver, service: &str, kind: &str) -> Heard {
    let find = || {
        let mut heard = hook.heard().into_iter();
        heard.find(|heard| heard.incidents(service).any(|incident| incident["kind"] == kind))
    };
    eventually(PATIENCE, &format!("{kind} of {service} is told"), async || {
        find().is_some()
    })
    .await;
    find().unwrap()
}

fn of_disk(hook: &Receiver) -> Vec<Heard> {
    let mut heard = hook.heard();
    heard.retain(|heard| heard.incidents("disk_space").next().is_some());
    heard
}

/// Which disk, how full, how much is left, and what to do.
fn assert_tells_what_to_do(told: &Heard, atlas: &Atlas) {
    let incident = told.incidents("disk_space").next().unwrap();
    let text = incident.to_string();
    assert_eq!(told.message["severity"], "critical");
    let mount = atlas.data_dir();
    for part in [mount.to_str().unwrap(), "96.", "% used", "free"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for field in ["runbook", "command"] {
        assert!(!incident[field].as_str().unwrap().is_empty(), "{field}: {text}");
    }
}

/// What went out while nothing could be written is written down later.
async fn assert_is_recorded(atlas: &Atlas, told: &Heard) {
    let told: Vec<&Value> = told.message["incidents"].as_array().unwrap().iter().collect();
    let (id, service) = (&told[0]["id"], told[0]["service"].as_str().unwrap());
    eventually(PATIENCE, "it is written down", async || {
        let known = incidents(atlas, service).await;
        known
            .iter()
            .any(|incident| incident["id"] == *id && incident["state"] == "resolved")
    })
    .await;
}

/// A lock that keeps everybody else from writing, held by another program.
struct Lock(std::process::Child);

impl Lock {
    fn on(file: &std::path::Path) -> Self {
        use std::io::{BufRead, BufReader};
        let script = "import sqlite3, sys\n\
                      file = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)\n\
                      file.execute('BEGIN IMMEDIATE')\n\
                      print('locked', flush=True)\n\
                      sys.stdin.read()\n";
        let mut program = Command::new("/usr/bin/python3")
            .args(["-c", script])
            .arg(file)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(program.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert_eq!(said, "locked\n");
        Self(program)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
