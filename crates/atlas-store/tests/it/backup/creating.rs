//! What is in a backup, and what it leaves alone.

use atlas_store::{BackupError, BackupOrder, StoreError};

use super::{LARGE, World};

#[tokio::test]
async fn a_backup_holds_both_databases_and_the_pages_in_files_and_says_what_proves_them() {
    let world = World::new().await;
    let manifest = world.create().await.unwrap();
    assert_eq!(manifest.name, "2026-01-01T00-00-00Z");
    assert_eq!(manifest.program, "1.2.3");
    assert_eq!(&manifest.library, world.library.identity());
    assert_eq!(manifest.databases["library.db"].tables["item"].rows, 2);
    assert_eq!(manifest.databases["ops.db"].tables["process_run"].rows, 1);
    assert_eq!(
        (manifest.blobs.count, manifest.blobs.size_bytes),
        (1, LARGE as u64)
    );
    assert!(manifest.left_out.is_empty());
    let listed = world.destination().list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].manifest.as_ref(), Some(&manifest));
    assert_eq!(
        listed[0].checked_at,
        Some(world.library.now()),
        "it was read again"
    );
    assert_eq!(listed[0].problem, None);
    let checked = world.verify(&manifest.name).unwrap();
    assert_eq!(checked.blobs, 1);
}

#[tokio::test]
async fn pages_are_shared_by_all_backups_of_a_destination() {
    let world = World::new().await;
    world.create().await.unwrap();
    let (_, second) = world.page("example.com/second", LARGE).await;
    let manifest = world.create().await.unwrap();
    assert_eq!(manifest.name, "2026-01-01T00-00-00Z-2", "of the same second");
    assert_eq!(manifest.blobs.count, 2);
    let pool: Vec<_> = world
        .files()
        .into_iter()
        .filter(|file| file.starts_with("pool"))
        .collect();
    assert_eq!(pool.len(), 2);
    assert!(pool.iter().any(|file| file.ends_with(second.to_string())));
    world.verify("2026-01-01T00-00-00Z").unwrap();
    world.verify(&manifest.name).unwrap();
}

#[tokio::test]
async fn a_page_in_the_pool_is_not_trusted_but_read_and_a_damaged_one_is_replaced() {
    let world = World::new().await;
    let first = world.create().await.unwrap();
    let page = world
        .files()
        .into_iter()
        .find(|file| file.starts_with("pool"))
        .unwrap();
    let page = world.destination().path().join(page);
    let mut bytes = std::fs::read(&page).unwrap();
    bytes[LARGE / 2] ^= 1;
    std::fs::write(&page, &bytes).unwrap();
    assert!(world.verify(&first.name).is_err());
    world.create().await.unwrap();
    world.verify(&first.name).unwrap();
}

#[tokio::test]
async fn a_page_that_the_library_has_lost_is_named_and_costs_no_more_than_itself() {
    let world = World::new().await;
    let (_, lost) = world.page("example.com/lost", LARGE).await;
    let name = lost.to_string();
    std::fs::remove_file(world.library.dir().blobs().join(&name[..2]).join(&name)).unwrap();
    let manifest = world.create().await.unwrap();
    assert_eq!(manifest.left_out, [format!("stored content {lost} is missing")]);
    assert_eq!(manifest.blobs.count, 1);
    world.verify(&manifest.name).unwrap();
}

/// A pool that has it still is where it comes from.
#[tokio::test]
async fn a_page_that_only_the_pool_has_left_stays_in_the_backup() {
    let world = World::new().await;
    let (_, lost) = world.page("example.com/lost", LARGE).await;
    world.create().await.unwrap();
    let name = lost.to_string();
    std::fs::remove_file(world.library.dir().blobs().join(&name[..2]).join(&name)).unwrap();
    let manifest = world.create().await.unwrap();
    assert!(manifest.left_out.is_empty());
    assert_eq!(manifest.blobs.count, 2);
}

#[tokio::test]
async fn damaged_operational_state_is_left_out_and_named() {
    let world = World::new().await;
    world.ops.close().await;
    let path = world.library.dir().ops_db();
    let size_bytes = std::fs::metadata(&path).unwrap().len();
    assert!(size_bytes > 8_192);
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0x5a; size_bytes as usize - 4_096], 4_096).unwrap();
    let manifest = world.create().await.unwrap();
    assert!(!manifest.databases.contains_key("ops.db"));
    assert!(
        manifest.left_out[0].starts_with("operational state: "),
        "{:?}",
        manifest.left_out
    );
    world.verify(&manifest.name).unwrap();
    world.restore(&manifest.name).unwrap();
}

#[tokio::test]
async fn a_damaged_library_makes_no_backup_and_leaves_nothing() {
    let world = World::new().await;
    world.create().await.unwrap();
    let before = world.files();
    world.library.tear("audit");
    let error = world.create().await.unwrap_err();
    assert!(
        matches!(error, BackupError::Store(StoreError::Corrupt { .. })),
        "{error}"
    );
    assert_eq!(world.files(), before);
}

#[tokio::test]
async fn where_there_is_no_room_nothing_is_begun() {
    let world = World::new().await;
    let order = BackupOrder {
        floor_bytes: u64::MAX / 2,
        ..super::order()
    };
    let error = world
        .destination()
        .create(&world.library, None, order)
        .await
        .unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, BackupError::NoRoom { .. }), "{said}");
    assert!(said.contains("choose another place"), "{said}");
    assert_eq!(world.files(), [std::path::Path::new("lock")]);
}

#[tokio::test]
async fn one_backup_at_a_time_goes_to_a_destination() {
    let world = World::new().await;
    let destination = world.destination();
    let (library, order) = (&world.library, super::order());
    let (one, other) = tokio::join!(
        destination.create(library, None, order.clone()),
        destination.create(library, None, order)
    );
    let failed = [one, other]
        .into_iter()
        .filter_map(Result::err)
        .collect::<Vec<_>>();
    assert!(
        failed.iter().all(|error| matches!(error, BackupError::InUse(_))),
        "{failed:?}"
    );
    assert!(failed.len() < 2, "none was made");
}

#[tokio::test]
async fn what_is_saved_meanwhile_is_wholly_in_it_or_not_at_all() {
    let world = World::new().await;
    let destination = world.destination();
    let saving = async {
        for n in 0..50 {
            world.library.save(&format!("example.com/{n}")).await;
        }
    };
    let (made, ()) = tokio::join!(destination.create(&world.library, None, super::order()), saving);
    let tables = &made.unwrap().databases["library.db"].tables;
    let rows = |table: &str| tables[table].rows;
    assert_eq!(rows("item"), rows("item_address"));
    assert_eq!(rows("item"), rows("job"));
}

#[tokio::test]
async fn the_library_itself_is_not_changed() {
    let world = World::new().await;
    let before = (world.library.file_pages(), world.library.all_changes().await);
    world.create().await.unwrap();
    assert_eq!(
        (world.library.file_pages(), world.library.all_changes().await),
        before
    );
    world.library.save("example.com/after").await;
}
