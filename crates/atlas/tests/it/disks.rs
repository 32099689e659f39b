//! Disks that are full to the last byte, and disks that cannot be written to: real ones in memory, in a mount
//! namespace that nobody else sees. Each scenario runs in a process of its own inside one.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rstest::rstest;
use tokio::time::timeout;

use crate::support::{Atlas, Finished, Site, article, eventually, may_unshare};

/// A command that has not ended by then waits for something that never comes.
const PATIENCE: Duration = Duration::from_mins(1);
const MB: u64 = 1024 * 1024;

#[rstest]
#[case::full_with_a_reserve("disks::scenario_the_reserve_lets_a_server_start_and_work")]
#[case::full_while_serving("disks::scenario_the_reserve_is_given_back_when_a_write_needs_it")]
#[case::full_without_a_reserve("disks::scenario_a_server_comes_up_for_reading")]
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
    let Some((disk, atlas)) = disk(96 * MB, &[("RESERVE", "16"), ("FLOOR", "1")]) else {
        return;
    };
    let site = Site::start().await;
    let alpha = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    assert_eq!(alpha["outcome"], "stored", "{alpha}");
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
    assert_eq!(
        atlas.json(&["search", "alpha"]).await["hits"][0]["id"],
        alpha["id"]
    );
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
    let Some((disk, atlas)) = disk(96 * MB, &[("RESERVE", "16"), ("FLOOR", "0")]) else {
        return;
    };
    let site = Site::start().await;
    let server = atlas.serve().await;
    atlas.add(&site.put("/a", article("A", "alpha"))).await;
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
    let Some((disk, atlas)) = disk(32 * MB, &[("RESERVE", "0"), ("FLOOR", "0")]) else {
        return;
    };
    let site = Site::start().await;
    let alpha = atlas.add(&site.put("/a", article("A", "alpha"))).await;
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
    assert!(added.stderr.contains("the disk is full"), "{}", added.stderr);

    let server = atlas.serve().await;
    let status = atlas.json(&["status"]).await;
    assert_eq!(status["mode"], "read_only", "{status}");
    let told = status["degraded"][0]["message"].as_str().unwrap();
    assert!(
        told.contains("free some space") && told.contains("restart"),
        "{told}"
    );
    assert_eq!(
        atlas.json(&["search", "alpha"]).await["hits"][0]["id"],
        alpha["id"]
    );
    assert_eq!(
        atlas.json(&["show", alpha["id"].as_str().unwrap()]).await["state"],
        "stored"
    );
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
async fn scenario_a_command_gives_up_with_the_reason() {
    let Some((disk, atlas)) = disk(32 * MB, &[("RESERVE", "0"), ("FLOOR", "0")]) else {
        return;
    };
    let site = Site::start().await;
    atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let slow = site.put("/slow", article("Slow", "beta").after(Duration::from_secs(2)));
    let arguments = ["add", &slow];
    let (added, ()) = tokio::join!(within(atlas.run(&arguments)), async {
        // The item is saved, and its page is on the way.
        eventually(PATIENCE, "the page is asked for", async || site.requests() == 2).await;
        disk.fill();
    });
    assert_eq!(added.code, 1, "{added:?}");
    assert!(added.stderr.contains("the disk is full"), "{}", added.stderr);

    disk.free();
    let server = atlas.serve().await;
    assert_eq!(atlas.json(&["list"]).await["items"].as_array().unwrap().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk: `a_disk_that_takes_nothing_is_told_and_reading_goes_on` runs it in a namespace"]
async fn scenario_a_read_only_file_system_can_be_read() {
    let Some((disk, atlas)) = disk(64 * MB, &[("RESERVE", "0"), ("FLOOR", "0")]) else {
        return;
    };
    let site = Site::start().await;
    let alpha = atlas.add(&site.put("/a", article("A", "alpha"))).await;
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
        assert_eq!(
            atlas.json(&["search", "alpha"]).await["hits"][0]["id"],
            alpha["id"]
        );
        assert_eq!(
            atlas.json(&["show", alpha["id"].as_str().unwrap()]).await["state"],
            "stored"
        );
        assert_eq!(atlas.json(&["list"]).await["items"].as_array().unwrap().len(), 1);
        let status = atlas.json(&["status"]).await;
        assert_eq!(status["mode"], "read_only", "{status}");
        assert_eq!(status["degraded"][0]["code"], "read_only", "{status}");
        for arguments in [
            &["add", &other] as &[&str],
            &["tag", alpha["id"].as_str().unwrap(), "+x"],
        ] {
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

/// Atlas with its data on a disk of `size_bytes`; `None` outside of a namespace, where nothing may be mounted.
fn disk(size_bytes: u64, storage: &[(&str, &str)]) -> Option<(Disk, Atlas)> {
    // `cargo test -- --ignored` would run the scenarios on the real machine.
    if !std::env::args().any(|argument| argument == "--exact") {
        return None;
    }
    let atlas = storage.iter().fold(Atlas::new(), |atlas, (name, value)| {
        atlas.with(&format!("ATLAS_STORAGE_{name}_MB"), value)
    });
    Some((Disk::mount(atlas.data_dir(), size_bytes), atlas))
}

/// A disk in memory.
struct Disk(PathBuf);

impl Disk {
    fn mount(place: PathBuf, size_bytes: u64) -> Self {
        std::fs::create_dir(&place).unwrap();
        let options = format!("size={size_bytes},mode=700");
        run("mount", &["-t", "tmpfs", "-o", &options, "none"], &place);
        Self(place)
    }

    /// Takes every byte that is left.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        for block_bytes in [1024 * 1024, 4096, 1] {
            let block = vec![0x5a; block_bytes];
            while filler.write_all(&block).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn remount(&self, how: &str) {
        run("mount", &["-o", &format!("remount,{how}")], &self.0);
    }

    /// Every file with its content.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    let bytes = std::fs::read(&path).unwrap();
                    files.push((path, bytes));
                }
            }
        }
        files.sort();
        files
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.0);
    }
}

fn run(program: &str, arguments: &[&str], place: &Path) {
    let status = Command::new(program).args(arguments).arg(place).status().unwrap();
    assert!(
        status.success() || std::thread::panicking(),
        "{program} {arguments:?}"
    );
}

async fn within(running: impl Future<Output = Finished>) -> Finished {
    timeout(PATIENCE, running).await.expect("it ends by itself")
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
