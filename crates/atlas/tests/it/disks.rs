//! Disks that are full to the last byte, and disks that cannot be written to: real ones in memory, in a mount
//! namespace that nobody else sees. Each scenario runs in a process of its own inside one.

use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::Duration;

use rstest::rstest;
use tokio::time::timeout;

use crate::support::{Atlas, Disk, Finished, Site, article, eventually, may_unshare};

/// A command that has not ended by then waits for something that never comes.
const PATIENCE: Duration = Duration::from_mins(1);
/// As in the configuration, and as Atlas tells sizes.
const MB: u64 = 1_000_000;

#[rstest]
#[case::full_with_a_reserve("disks::scenario_the_reserve_lets_a_server_start_and_work")]
#[case::full_while_serving("disks::scenario_the_reserve_is_given_back_when_a_write_needs_it")]
#[case::full_without_a_reserve("disks::scenario_a_server_comes_up_for_reading")]
#[case::full_under_a_server("disks::scenario_saving_pauses_and_goes_on_by_itself_when_there_is_room_again")]
#[case::full_under_a_command("disks::scenario_a_command_gives_up_with_the_reason")]
#[case::read_only("disks::scenario_a_read_only_file_system_can_be_read")]
fn a_disk_that_takes_nothing_is_told_and_reading_goes_on(#[case] scenario: &str) {
    if !may_unshare("-Urm", scenario) {
        return;
    }
    let output = Command::new("unshare")
        .arg("-Urm")
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            scenario,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_that_takes_nothing_is_told_and_reading_goes_on` runs it in a namespace"]
async fn scenario_the_reserve_lets_a_server_start_and_work() {
    let Some((alpha, site, atlas, disk)) = Scenario::on_disk_of(96 * MB)
        .with_reserve_mb(16)
        .with_floor_mb(1)
        .begin()
        .await
    else {
        return;
    };
    let server = atlas.serve().await;
    let reserve = std::fs::metadata(atlas.data_dir().join("reserve")).unwrap();
    assert_eq!(reserve.len(), 16 * MB);
    assert!(reserve.blocks() * 512 >= 16 * MB, "a hole is no reserve");
    assert_eq!(atlas.json(&["status"]).await["degraded"], serde_json::json!([]));
    assert_eq!(server.terminate().await, 0);

    disk.fill();
    let server = atlas.serve().await;
    assert!(!atlas.data_dir().join("reserve").exists());
    assert_eq!(degradations(&atlas).await, ["reserve_spent"]);
    assert_eq!(atlas.json(&["search", "alpha"]).await["hits"][0]["id"], alpha);
    let beta = atlas.add(&site.put("/b", article("B", "beta"))).await;
    assert_eq!(
        beta["outcome"], "stored",
        "the reserve leaves room to work: {beta}"
    );
    assert_eq!(server.terminate().await, 0);

    disk.free();
    let server = atlas.serve().await;
    assert!(atlas.data_dir().join("reserve").exists(), "made again");
    assert!(degradations(&atlas).await.is_empty());
    assert_eq!(atlas.run(&["doctor"]).await.code, 0);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_that_takes_nothing_is_told_and_reading_goes_on` runs it in a namespace"]
async fn scenario_the_reserve_is_given_back_when_a_write_needs_it() {
    let Some((_, site, atlas, disk)) = Scenario::on_disk_of(96 * MB).with_reserve_mb(16).begin().await else {
        return;
    };
    let server = atlas.serve().await;
    assert!(atlas.data_dir().join("reserve").exists());
    disk.fill();
    for n in 0..6 {
        let page = article(&format!("Page {n}"), &format!("beta{n}")).with_comment(&noise(n));
        let saved = atlas.add(&site.put(&format!("/{n}"), page)).await;
        assert_eq!(saved["outcome"], "stored", "{saved}");
    }
    assert!(!atlas.data_dir().join("reserve").exists());
    assert_eq!(degradations(&atlas).await, ["reserve_spent"]);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_that_takes_nothing_is_told_and_reading_goes_on` runs it in a namespace"]
async fn scenario_a_server_comes_up_for_reading() {
    let Some((alpha, site, atlas, disk)) = Scenario::on_disk_of(32 * MB).begin().await else {
        return;
    };
    let other = site.put("/b", article("B", "beta"));
    // What a machine that was switched off leaves: the index of the log, which reading needs, must be made anew.
    let _ = std::fs::remove_file(atlas.data_dir().join("library.db-shm"));
    let _ = std::fs::remove_file(atlas.data_dir().join("ops.db-shm"));
    disk.fill();

    assert_eq!(
        within(atlas.run(&["search", "alpha", "--json"])).await.code,
        0,
        "without a server"
    );
    let added = within(atlas.run(&["add", "--wait", &other])).await;
    assert_eq!(added.code, 1, "{added:?}");
    assert_one_complaint(&added, "the disk is full");

    let server = atlas.serve().await;
    let status = atlas.json(&["status"]).await;
    assert_eq!(status["mode"], "read_only", "{status}");
    let told = status["degraded"][0]["message"].as_str().unwrap();
    assert!(
        told.contains("free some space") && told.contains("restart"),
        "{told}"
    );
    assert_eq!(atlas.json(&["search", "alpha"]).await["hits"][0]["id"], alpha);
    assert_eq!(atlas.json(&["show", &alpha]).await["state"], "stored");
    let refused = within(atlas.run(&["add", &other])).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(format!("{refused:?}").contains("the disk is full"), "{refused:?}");
    let doctor = atlas.run(&["doctor"]).await;
    assert_eq!(doctor.code, 7, "{doctor:?}");
    assert!(doctor.stdout.contains("the disk is full"), "{}", doctor.stdout);
    assert_eq!(server.terminate().await, 0);

    disk.free();
    let server = atlas.serve().await;
    assert_eq!(atlas.json(&["status"]).await["mode"], "normal");
    assert_eq!(atlas.add(&other).await["outcome"], "stored");
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_that_takes_nothing_is_told_and_reading_goes_on` runs it in a namespace"]
async fn scenario_saving_pauses_and_goes_on_by_itself_when_there_is_room_again() {
    let Some((alpha, site, atlas, disk)) = Scenario::on_disk_of(32 * MB).begin().await else {
        return;
    };
    let other = site.put("/b", article("B", "beta"));
    let server = atlas.serve().await;
    for scope in ["library.read", "library.write", "ops.read", "ops.write"] {
        assert_eq!(state_of(&atlas, scope).await, "closed", "{scope}");
    }
    disk.fill();

    let failed = within(atlas.run(&["add", &other])).await;
    assert_told_that_the_disk_is_full(&failed);
    assert_eq!(state_of(&atlas, "library.write").await, "open");
    let refused = within(atlas.run(&["add", &other])).await;
    assert_told_that_the_disk_is_full(&refused);
    assert_eq!(atlas.json(&["search", "alpha"]).await["hits"][0]["id"], alpha);
    assert_eq!(atlas.json(&["show", &alpha]).await["state"], "stored");
    let told = atlas.json(&["status"]).await["degraded"][0].clone();
    assert_eq!(told["code"], "saving_paused", "{told}");
    assert!(
        told["message"].as_str().unwrap().contains("the disk is full"),
        "{told}"
    );
    for scope in ["library.read", "ops.read", "ops.write"] {
        assert_eq!(state_of(&atlas, scope).await, "closed", "{scope}");
    }

    disk.free();
    eventually(PATIENCE, "it closes although nobody saves", async || {
        state_of(&atlas, "library.write").await == "closed"
    })
    .await;
    assert_eq!(atlas.add(&other).await["outcome"], "stored");
    assert!(degradations(&atlas).await.is_empty());
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_that_takes_nothing_is_told_and_reading_goes_on` runs it in a namespace"]
async fn scenario_a_command_gives_up_with_the_reason() {
    let Some((_, site, atlas, disk)) = Scenario::on_disk_of(32 * MB).begin().await else {
        return;
    };
    let slow = site.put("/slow", article("Slow", "beta").after(Duration::from_secs(2)));
    let arguments = ["add", &slow];
    let (added, ()) = tokio::join!(within(atlas.run(&arguments)), async {
        // The item is saved, and its page is on the way.
        eventually(PATIENCE, "the page is asked for", async || site.requests() == 2).await;
        disk.fill();
    });
    assert_eq!(added.code, 1, "{added:?}");
    assert_one_complaint(&added, "the disk is full");

    disk.free();
    let server = atlas.serve().await;
    assert_eq!(atlas.json(&["list"]).await["items"].as_array().unwrap().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_that_takes_nothing_is_told_and_reading_goes_on` runs it in a namespace"]
async fn scenario_a_read_only_file_system_can_be_read() {
    let Some((alpha, site, atlas, disk)) = Scenario::on_disk_of(64 * MB).begin().await else {
        return;
    };
    let other = site.put("/b", article("B", "beta"));
    let before = disk.files();
    disk.remount("ro");

    for has_server in [false, true] {
        let server = if has_server {
            // Its environment is not that of the commands, and it cannot write down where it listens.
            let elsewhere = [("TMPDIR", "/var/tmp")];
            Some(atlas.serve_with(&elsewhere).await)
        } else {
            None
        };
        assert_eq!(atlas.json(&["search", "alpha"]).await["hits"][0]["id"], alpha);
        assert_eq!(atlas.json(&["show", &alpha]).await["state"], "stored");
        assert_eq!(atlas.json(&["list"]).await["items"].as_array().unwrap().len(), 1);
        let status = atlas.json(&["status"]).await;
        assert_eq!(status["mode"], "read_only", "{status}");
        assert_eq!(status["degraded"][0]["code"], "read_only", "{status}");
        for arguments in [&["add", &other] as &[&str], &["tag", &alpha, "+x"]] {
            let refused = within(atlas.run(arguments)).await;
            assert_eq!(refused.code, 1, "{refused:?}");
            assert!(format!("{refused:?}").contains("is read-only"), "{refused:?}");
        }
        let doctor = atlas.run(&["doctor"]).await;
        assert_eq!(doctor.code, 7, "{doctor:?}");
        assert!(doctor.stdout.contains("is read-only"), "{}", doctor.stdout);
        if let Some(server) = server {
            let second = atlas.run(&["serve", "--bind", "127.0.0.1:0"]).await;
            assert_eq!(second.code, 6, "{second:?}");
            assert_eq!(server.terminate().await, 0);
        }
    }

    disk.remount("rw");
    assert_eq!(disk.files(), before);
    assert_eq!(atlas.add(&other).await["outcome"], "stored");
}

/// How a scenario begins; without more words, with neither a reserve nor a floor.
struct Scenario {
    disk_bytes: u64,
    reserve_mb: u64,
    floor_mb: u64,
}

impl Scenario {
    fn on_disk_of(disk_bytes: u64) -> Self {
        Self {
            disk_bytes,
            reserve_mb: 0,
            floor_mb: 0,
        }
    }

    fn with_reserve_mb(mut self, reserve_mb: u64) -> Self {
        self.reserve_mb = reserve_mb;
        self
    }

    fn with_floor_mb(mut self, floor_mb: u64) -> Self {
        self.floor_mb = floor_mb;
        self
    }

    /// Saves a page on a new disk. Returns its item and what the rest of the scenario needs; `None` outside of a
    /// namespace, where nothing may be mounted. The disk is the last, so that it goes first: no folder can be removed
    /// under a mount.
    async fn begin(self) -> Option<(String, Site, Atlas, Disk)> {
        // `cargo test -- --ignored` would run the scenarios on the real machine.
        if !std::env::args().any(|argument| argument == "--exact") {
            return None;
        }
        let atlas = Atlas::new()
            .with("ATLAS_STORAGE_RESERVE_MB", &self.reserve_mb.to_string())
            .with("ATLAS_STORAGE_FLOOR_MB", &self.floor_mb.to_string());
        let disk = Disk::mount(atlas.data_dir(), self.disk_bytes);
        let site = Site::start().await;
        let saved = atlas.add(&site.put("/a", article("A", "alpha"))).await;
        assert_eq!(saved["outcome"], "stored", "{saved}");
        Some((saved["id"].as_str().unwrap().to_owned(), site, atlas, disk))
    }
}

async fn within(running: impl Future<Output = Finished>) -> Finished {
    timeout(PATIENCE, running).await.expect("it ends by itself")
}

/// Whoever runs a command hears what is wrong once, and in words that are meant for people.
fn assert_one_complaint(finished: &Finished, about: &str) {
    let complaints: Vec<&str> = finished
        .stderr
        .lines()
        .filter(|line| line.contains(about))
        .collect();
    assert!(
        complaints.len() == 1 && complaints[0].starts_with("atlas: "),
        "{}",
        finished.stderr
    );
    assert!(!finished.stderr.contains("ERROR"), "{}", finished.stderr);
    assert!(
        !finished.stderr.contains("interrupted"),
        "nobody did: {}",
        finished.stderr
    );
}

/// Also whoever is turned away because it failed for others reads why.
fn assert_told_that_the_disk_is_full(finished: &Finished) {
    assert_eq!(finished.code, 1, "{finished:?}");
    assert!(
        format!("{finished:?}").contains("the disk is full"),
        "{finished:?}"
    );
}

async fn state_of(atlas: &Atlas, scope: &str) -> String {
    let shown = atlas
        .json(&["breaker", "show", "database_operations", scope])
        .await;
    shown["state"].as_str().unwrap().to_owned()
}

async fn degradations(atlas: &Atlas) -> Vec<String> {
    let status = atlas.json(&["status"]).await;
    let reasons = status["degraded"].as_array().unwrap();
    reasons
        .iter()
        .map(|reason| reason["code"].as_str().unwrap().to_owned())
        .collect()
}

/// So much that a page does not fit into a row, and does not compress.
fn noise(seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..200_000).map(|_| random.alphanumeric()).collect()
}
