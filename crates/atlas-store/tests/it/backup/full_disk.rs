//! A disk that takes no more, at each step of a backup: one in memory, in a mount namespace that nobody else sees. It has
//! bytes enough for the look at the room before, and no place for one more file.

use std::path::Path;
use std::process::Command;

use atlas_store::{BackupDestination, BackupError, StoreError};

use super::{LARGE, World, files_below, order};
use crate::alone;
use crate::fixture::DAY;

const SCENARIO: &str = "backup::full_disk::scenario_a_disk_that_takes_no_more";

#[test]
#[expect(
    clippy::print_stderr,
    reason = "a test that does not run must not look like one that passed"
)]
fn a_full_disk_costs_the_backup_that_was_begun_and_nothing_else() {
    let tried = Command::new("unshare").args(["-Urm", "true"]).output();
    if !tried.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED {SCENARIO}: this machine forbids `unshare -Urm`");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = alone::run(&["unshare", "-Urm"], SCENARIO, folder.path());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
#[ignore = "mounts a disk: `a_full_disk_costs_the_backup_that_was_begun_and_nothing_else` runs it in a namespace"]
async fn scenario_a_disk_that_takes_no_more() {
    if !alone::runs_alone() {
        return;
    }
    let world = World::new().await;
    let disk = Path::new("disk");
    std::fs::create_dir(disk).unwrap();
    mount("size=200m,mode=700", disk);
    let destination = BackupDestination::at(disk.join("backups"));
    let create = || destination.create(&world.library, Some(&world.ops), order());
    let first = create().await.unwrap();
    world.library.clock.advance(DAY);
    world.page("example.com/late", LARGE).await;
    let before = files_below(disk);
    let used = 1 + before.len() + folders_below(disk); // the disk itself is one
    let (mut failed, mut full) = (0, 0);
    for files in used.. {
        mount(&format!("remount,nr_inodes={files}"), disk);
        let Err(error) = create().await else { break };
        failed += 1;
        full += usize::from(matches!(error, BackupError::Store(StoreError::Full(_))));
        assert_eq!(files_below(disk), before, "{error}");
        assert!(failed < 100, "{error}");
    }
    assert!(
        failed >= 5 && full >= 3,
        "{failed} tries failed, {full} of them for want of room"
    );
    let backups = destination.list().unwrap();
    assert_eq!(backups.len(), 2);
    for backup in backups {
        let depth = atlas_store::VerifyDepth::Everything;
        destination
            .verify(&backup.name, depth, Path::new("scratch"), world.library.now())
            .unwrap();
    }
    assert!(
        destination
            .list()
            .unwrap()
            .iter()
            .any(|backup| backup.name == first.name)
    );
}

fn folders_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_dir())
        .map(|path| 1 + folders_below(&path))
        .sum()
}

fn mount(options: &str, place: &Path) {
    let status = Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "none"])
        .arg(place)
        .status()
        .unwrap();
    assert!(status.success(), "{options}");
}
