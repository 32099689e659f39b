//! A restored library has what the backup had, begins a new life, and costs nothing that was there.

use std::sync::Arc;

use atlas_domain::{Clock, Entropy};
use atlas_store::{BackupError, DataDir, DatabaseServices, Library, Ops};
use rstest::rstest;

use super::{World, files_below};
use crate::fixture::{Fixture, OWNER, holder};

fn open(world: &World, to: &DataDir) -> Library {
    let lock = to.lock(&holder()).unwrap();
    let clock = Arc::clone(&world.library.clock) as Arc<dyn Clock>;
    Library::open(
        &lock,
        clock,
        Arc::new(Entropy::seeded(4)),
        &DatabaseServices::default(),
    )
    .unwrap()
}

#[tokio::test]
async fn what_comes_back_is_what_was_there_under_a_new_epoch() {
    let world = World::new().await;
    let (item, page) = world.page("example.com/kept", 300_000).await;
    let name = world.create().await.unwrap().name;
    world.page("example.com/later", 300_000).await;
    let (to, restored) = world.restore(&name).unwrap();
    assert_eq!(restored.blobs, 2);
    assert_eq!(restored.path, to.path());

    let library = open(&world, &to);
    let (before, after) = (world.library.identity(), library.identity());
    assert_eq!(before.library, after.library);
    assert_ne!(
        before.epoch, after.epoch,
        "what follows the change log must begin anew"
    );
    assert_eq!(library.item(OWNER, item.id).await.unwrap(), item);
    assert_eq!(
        library.blob(page).await.unwrap(),
        world.library.blob(page).await.unwrap()
    );
    let found = library.check_stored_bytes(1_000).await.unwrap();
    assert_eq!((found.files, found.missing, found.damaged), (2, 0, 0));
    library.check_integrity(&to).await.unwrap();
    library.close().await;
}

#[tokio::test]
async fn every_table_but_the_identity_and_the_audit_has_the_same_rows() {
    let world = World::new().await;
    let first = world.create().await.unwrap();
    let (to, _) = world.restore(&first.name).unwrap();
    let library = open(&world, &to);
    let again = world
        .destination()
        .create(&library, None, super::order())
        .await
        .unwrap();
    library.close().await;
    let (before, after) = (&first.databases["library.db"], &again.databases["library.db"]);
    assert_eq!(before.schema_version, after.schema_version);
    for (table, figures) in &before.tables {
        let changes = ["library", "audit", "sqlite_sequence"].contains(&table.as_str());
        assert_eq!(figures == &after.tables[table], !changes, "{table}");
    }
    assert_eq!(
        after.tables["audit"].rows,
        before.tables["audit"].rows + 1,
        "the restore is told"
    );
}

#[tokio::test]
async fn restored_operational_state_knows_that_it_is_old_however_young_the_copy_is() {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let (to, _) = world.restore(&name).unwrap();
    let lock = to.lock(&holder()).unwrap();
    let clock = Arc::clone(&world.library.clock) as Arc<dyn Clock>;
    let ops = Ops::open(&lock, clock, &DatabaseServices::default()).unwrap();
    assert!(ops.is_put_back().await.unwrap());
    let run = ops.begin_run("1.0.0").await.unwrap();
    assert_eq!(
        ops.previous_run_ended(run).await.unwrap(),
        Some(true),
        "nobody killed it"
    );
    ops.close().await;
}

#[rstest]
#[case::anything("notes.txt")]
#[case::a_library("library.db")]
#[case::blobs_alone("blobs")]
#[tokio::test]
async fn a_directory_that_is_not_empty_is_refused_and_not_touched(#[case] there: &str) {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let to = world.elsewhere.path().join("restored");
    std::fs::create_dir(&to).unwrap();
    std::fs::write(to.join(there), b"mine").unwrap();
    let error = world.restore(&name).unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)), "{error}");
    assert_eq!(files_below(&to), [std::path::Path::new(there)]);
    assert_eq!(std::fs::read(to.join(there)).unwrap(), b"mine");
}

#[tokio::test]
async fn the_library_in_use_is_never_a_place_to_restore_to() {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let error = world
        .destination()
        .restore(
            &name,
            world.library.dir(),
            &holder(),
            world.library.now(),
            &Entropy::seeded(9),
        )
        .unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)), "{error}");
    world.library.save("example.com/after").await;
}

#[tokio::test]
async fn an_empty_directory_that_was_there_stays_when_the_restore_fails() {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let page = world
        .files()
        .into_iter()
        .find(|file| file.starts_with("pool"))
        .unwrap();
    std::fs::remove_file(world.destination().path().join(page)).unwrap();
    let to = world.elsewhere.path().join("restored");
    std::fs::create_dir(&to).unwrap();
    world.restore(&name).unwrap_err();
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 0);
}

/// A server that is started there before somebody begins it again would take its place.
#[tokio::test]
async fn what_a_killed_restore_has_left_is_no_library_and_can_be_begun_again() {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let to = DataDir::new(world.elsewhere.path().join("restored"));
    std::fs::create_dir(to.path()).unwrap();
    for (file, bytes) in [
        ("restoring", "x"),
        ("lock", "{}"),
        ("library.db.part", "half"),
        ("ops.db", "half"),
    ] {
        std::fs::write(to.path().join(file), bytes).unwrap();
    }
    {
        let lock = to.lock(&holder()).unwrap();
        let clock = Arc::clone(&world.library.clock) as Arc<dyn Clock>;
        let opened = Library::open(
            &lock,
            clock,
            Arc::new(Entropy::seeded(4)),
            &DatabaseServices::default(),
        );
        let error = opened.err().expect("half a library was opened");
        assert!(
            error.to_string().contains("a restore that was cut short"),
            "{error}"
        );
    }
    world.restore(&name).unwrap();
    let library = open(&world, &to);
    assert_eq!(
        library.changes_after(None, 100).await.unwrap().changes.len(),
        world.library.all_changes().await.len()
    );
    library.close().await;
    let left = files_below(to.path());
    assert!(
        left.iter()
            .all(|file| file.extension().is_none_or(|ending| ending != "part")),
        "{left:?}"
    );
    assert!(!to.path().join("restoring").exists());
}

/// Also while the library that it is of does not exist any more.
#[tokio::test]
async fn a_backup_needs_nothing_of_the_library_that_it_is_of() {
    let world = World::new().await;
    let (item, _) = world.page("example.com/kept", 10).await;
    let name = world.create().await.unwrap().name;
    world.ops.close().await;
    let World {
        library, elsewhere, ..
    } = world;
    let now = library.now();
    drop(library);
    let world_is_gone = Fixture::new();
    let to = DataDir::new(elsewhere.path().join("restored"));
    atlas_store::BackupDestination::at(elsewhere.path().join("backups"))
        .restore(&name, &to, &holder(), now, &Entropy::seeded(9))
        .unwrap();
    let lock = to.lock(&holder()).unwrap();
    let library = Library::open(
        &lock,
        world_is_gone.shared_clock(),
        Arc::new(Entropy::seeded(4)),
        &DatabaseServices::default(),
    )
    .unwrap();
    assert_eq!(library.item(OWNER, item.id).await.unwrap().title, item.title);
    library.close().await;
}
