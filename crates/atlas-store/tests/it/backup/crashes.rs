//! The process ends, or waits, at a named step of a backup, a restore or a removal. What is left is no half backup and no
//! half library, and the next try works.

use std::path::Path;

use atlas_domain::Entropy;
use atlas_store::{BackupDestination, BackupRetention, DataDir, RetentionPolicy, VerifyDepth};
use rstest::rstest;

use super::{LARGE, World, order};
use crate::alone;
use crate::fixture::{DAY, commit_of, holder, rejected};

/// In the folder of the scenario.
const DESTINATION: &str = "backups";
const RESTORED: &str = "restored";
const STEP: &str = "step";

fn dies_at(step: &str, scenario: &str, folder: &Path) {
    std::fs::write(folder.join(STEP), step).unwrap();
    let output = alone::run(&[], &format!("backup::crashes::{scenario}"), folder);
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert_eq!(
        signal,
        Some(6),
        "it was to be aborted at {step}: {said}\n{complained}"
    );
}

/// From now on the step that the folder names ends this process.
fn arm() {
    let step = std::fs::read_to_string(STEP).unwrap();
    let (name, action) = step.split_once('=').unwrap_or((&step, "return"));
    fail::cfg(name, action).unwrap();
}

fn verify_all(destination: &BackupDestination, scratch: &Path) -> usize {
    let backups = destination.list().unwrap();
    for backup in &backups {
        let now = backup.manifest.as_ref().expect("half a backup").created_at;
        destination
            .verify(&backup.name, VerifyDepth::Everything, scratch, now)
            .unwrap();
    }
    backups.len()
}

#[rstest]
#[case::copied("backup::copied", 1)]
#[case::first_database_packed("backup::packed", 1)]
#[case::second_database_packed("backup::packed=1*off->return", 1)]
#[case::before_a_page_has_its_name("blob::before_rename", 1)]
#[case::page_taken("backup::page_taken", 1)]
#[case::before_it_has_its_name("backup::before_rename", 1)]
#[case::after_it_has_its_name("backup::after_rename", 2)]
#[tokio::test]
async fn a_backup_that_was_cut_short_is_none_and_the_next_one_works(
    #[case] step: &str,
    #[case] whole: usize,
) {
    let folder = tempfile::tempdir().unwrap();
    dies_at(step, "scenario_a_backup", folder.path());
    let destination = BackupDestination::at(folder.path().join(DESTINATION));
    let scratch = folder.path().join("scratch");
    assert_eq!(verify_all(&destination, &scratch), whole);

    let world = World::new().await;
    destination
        .create(&world.library, Some(&world.ops), order())
        .await
        .unwrap();
    assert_eq!(verify_all(&destination, &scratch), whole + 1);
    let left = super::files_below(destination.path());
    let is_debris = |file: &&std::path::PathBuf| {
        let path = file.to_string_lossy();
        path.contains(".making-") || path.ends_with(".tmp")
    };
    assert_eq!(left.iter().find(is_debris), None);
}

#[tokio::test]
#[ignore = "ends its process: `a_backup_that_was_cut_short_is_none_and_the_next_one_works` runs it in one of its own"]
async fn scenario_a_backup() {
    if !alone::runs_alone() {
        return;
    }
    let world = World::new().await;
    let destination = BackupDestination::at(DESTINATION);
    destination
        .create(&world.library, Some(&world.ops), order())
        .await
        .unwrap();
    world.library.clock.advance(DAY);
    let late = world.library.noise(LARGE);
    let saved = world.library.save_with_html("example.com/late", &late).await;
    assert!(saved.job.is_some());
    arm();
    let made = destination
        .create(&world.library, Some(&world.ops), order())
        .await;
    panic!("the step was not come to: {made:?}");
}

#[rstest]
#[case::a_page_placed("restore::page_placed", false)]
#[case::all_unpacked("restore::unpacked", false)]
#[case::first_file_named("restore::named", false)]
#[case::all_named("restore::named=1*off->return", true)]
#[tokio::test]
async fn a_restore_that_was_cut_short_is_no_library_and_can_be_begun_again(
    #[case] step: &str,
    #[case] is_whole: bool,
) {
    let folder = tempfile::tempdir().unwrap();
    dies_at(step, "scenario_a_restore", folder.path());
    let destination = BackupDestination::at(folder.path().join(DESTINATION));
    let to = DataDir::new(folder.path().join(RESTORED));
    let world = World::new().await;
    if !is_whole {
        let refused = open(&world, &to).err().expect("half a library was opened");
        assert!(
            refused.to_string().contains("a restore that was cut short"),
            "{refused}"
        );
        let name = &destination.list().unwrap()[0].name;
        destination
            .restore(name, &to, &holder(), world.library.now(), &Entropy::seeded(9))
            .unwrap();
    }
    let library = open(&world, &to).unwrap();
    library.check_integrity(&to).await.unwrap();
    let found = library.check_stored_bytes(100).await.unwrap();
    assert_eq!((found.files, found.missing, found.damaged), (1, 0, 0));
    library.close().await;
}

fn open(world: &World, to: &DataDir) -> Result<atlas_store::Library, atlas_store::StoreError> {
    let lock = to.lock(&holder()).unwrap();
    atlas_store::Library::open(
        &lock,
        world.library.shared_clock(),
        std::sync::Arc::new(Entropy::seeded(4)),
        &atlas_store::DatabaseServices::default(),
    )
}

#[tokio::test]
#[ignore = "ends its process: `a_restore_that_was_cut_short_is_no_library_and_can_be_begun_again` runs it in one of its own"]
async fn scenario_a_restore() {
    if !alone::runs_alone() {
        return;
    }
    let world = World::new().await;
    let destination = BackupDestination::at(DESTINATION);
    let name = destination
        .create(&world.library, Some(&world.ops), order())
        .await
        .unwrap()
        .name;
    arm();
    let to = DataDir::new(RESTORED);
    let restored = destination.restore(&name, &to, &holder(), world.library.now(), &Entropy::seeded(9));
    panic!("the step was not come to: {restored:?}");
}

#[tokio::test]
async fn a_backup_that_was_only_partly_removed_is_none_any_more() {
    let folder = tempfile::tempdir().unwrap();
    dies_at("backup::half_removed", "scenario_a_removal", folder.path());
    let destination = BackupDestination::at(folder.path().join(DESTINATION));
    let scratch = folder.path().join("scratch");
    assert_eq!(verify_all(&destination, &scratch), 1);
    let world = World::new().await;
    destination.create(&world.library, None, order()).await.unwrap();
    assert_eq!(verify_all(&destination, &scratch), 2);
}

#[tokio::test]
#[ignore = "ends its process: `a_backup_that_was_only_partly_removed_is_none_any_more` runs it in one of its own"]
async fn scenario_a_removal() {
    if !alone::runs_alone() {
        return;
    }
    let world = World::new().await;
    let destination = BackupDestination::at(DESTINATION);
    for _ in 0..2 {
        destination.create(&world.library, None, order()).await.unwrap();
        world.library.clock.advance(DAY);
    }
    arm();
    let retention = BackupRetention {
        hourly: 0,
        daily: 1,
        weekly: 0,
        monthly: 0,
        budget_bytes: None,
    };
    let library = world.library.identity().library;
    let pruned = destination.prune(library, retention, world.library.now());
    panic!("the step was not come to: {pruned:?}");
}

#[test]
fn nothing_is_collected_while_a_backup_is_made_and_everything_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = alone::run(
        &[],
        "backup::crashes::scenario_a_collector_beside_a_backup",
        folder.path(),
    );
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What goes away after the copy must still be there when its turn comes.
#[tokio::test]
#[ignore = "stops at a step: `nothing_is_collected_while_a_backup_is_made_and_everything_after_it` runs it"]
async fn scenario_a_collector_beside_a_backup() {
    if !alone::runs_alone() {
        return;
    }
    let world = World::new().await;
    world.library.save("example.com/junk").await;
    let lease = world.library.claim().await;
    let snapshot = world
        .library
        .snapshot(&lease, 200, &world.library.noise(LARGE))
        .await;
    let commit = commit_of(&lease, &snapshot, rejected());
    world.library.commit(&lease, commit).await.unwrap();
    world.library.clock.advance(91 * DAY);
    let policy = RetentionPolicy::default();
    world.library.sweep_retention(policy).await.unwrap();

    let step = "backup::copied";
    fail::cfg(step, "pause").unwrap();
    let destination = world.destination();
    let collecting = async {
        let removed = world.library.collect_blobs(policy).await.unwrap();
        fail::remove(step);
        removed
    };
    let (made, removed) = tokio::join!(destination.create(&world.library, None, order()), collecting);
    assert_eq!(removed, 0);
    made.unwrap();
    assert_eq!(
        world.library.collect_blobs(policy).await.unwrap(),
        1,
        "the pause has ended"
    );
}
