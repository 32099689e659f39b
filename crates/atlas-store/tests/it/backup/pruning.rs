//! Old backups go, and with them the pages that only they had. The newest sound one never does.

use std::sync::Arc;

use atlas_domain::Entropy;
use atlas_store::{BackupRetention, DataDir, DatabaseServices, Library, Pruned};

use super::{LARGE, World};
use crate::fixture::{DAY, commit_of, holder, rejected};

fn only(daily: u32) -> BackupRetention {
    BackupRetention {
        hourly: 0,
        daily,
        weekly: 0,
        monthly: 0,
        budget_bytes: None,
    }
}

fn prune(world: &World, retention: BackupRetention) -> Pruned {
    let library = world.library.identity().library;
    world
        .destination()
        .prune(library, retention, world.library.now())
        .unwrap()
}

fn names(world: &World) -> Vec<String> {
    let backups = world.destination().list().unwrap();
    backups.into_iter().map(|backup| backup.name).collect()
}

/// A page that the library lets go of after the first of three daily backups.
async fn three_days() -> World {
    let world = World::new().await;
    let lease = {
        world.library.save("example.com/junk").await;
        world.library.claim().await
    };
    let snapshot = world
        .library
        .snapshot(&lease, 200, &world.library.noise(LARGE))
        .await;
    world
        .library
        .commit(&lease, commit_of(&lease, &snapshot, rejected()))
        .await
        .unwrap();
    world.create().await.unwrap();
    world.library.clock.advance(91 * DAY);
    world
        .library
        .sweep_retention(atlas_store::RetentionPolicy::default())
        .await
        .unwrap();
    world.create().await.unwrap();
    world.library.clock.advance(DAY);
    world.create().await.unwrap();
    world
}

#[tokio::test]
async fn what_the_retention_does_not_keep_goes_with_the_pages_that_only_it_had() {
    let world = three_days().await;
    assert_eq!(names(&world).len(), 3, "the newest first: {:?}", names(&world));
    let pruned = prune(&world, only(2));
    assert_eq!(pruned.backups, ["2026-01-01T00-00-00Z"]);
    assert_eq!(pruned.blobs, 1);
    assert_eq!(names(&world), ["2026-04-03T00-00-00Z", "2026-04-02T00-00-00Z"]);
    for name in names(&world) {
        world.verify(&name).unwrap();
    }
    assert_eq!(
        prune(&world, only(2)),
        Pruned::default(),
        "there is nothing left to do"
    );
}

#[tokio::test]
async fn the_last_sound_backup_stays_whatever_is_said() {
    let world = three_days().await;
    let nothing = BackupRetention {
        budget_bytes: Some(1),
        ..only(0)
    };
    let newest = names(&world).remove(0);
    std::fs::remove_file(world.destination().path().join(&newest).join("ops.db.zst")).unwrap();
    world.verify(&newest).unwrap_err();
    let pruned = prune(&world, nothing);
    assert!(pruned.over_budget);
    assert_eq!(
        names(&world),
        ["2026-04-02T00-00-00Z"],
        "the newest one is damaged"
    );
    world.verify("2026-04-02T00-00-00Z").unwrap();
}

#[tokio::test]
async fn a_budget_takes_the_oldest_first_and_no_more_than_needed() {
    let world = three_days().await;
    let whole = world.destination().size_bytes();
    let retention = BackupRetention {
        budget_bytes: Some(whole - 1),
        ..only(9)
    };
    let pruned = prune(&world, retention);
    assert_eq!(pruned.backups, ["2026-01-01T00-00-00Z"]);
    assert!(!pruned.over_budget);
}

#[tokio::test]
async fn backups_of_another_library_stay_with_their_pages() {
    let world = World::new().await;
    let dir = DataDir::new(world.elsewhere.path().join("other"));
    let lock = dir.lock(&holder()).unwrap();
    let (entropy, services) = (Arc::new(Entropy::seeded(5)), DatabaseServices::default());
    let other = Library::open(&lock, world.library.shared_clock(), entropy, &services).unwrap();
    let foreign = world
        .destination()
        .create(&other, None, super::order())
        .await
        .unwrap();
    other.close().await;
    world.library.clock.advance(DAY);
    world.create().await.unwrap();
    let pruned = prune(&world, only(1));
    assert_eq!(pruned, Pruned::default());
    world.verify(&foreign.name).unwrap();
}

#[tokio::test]
async fn while_a_backup_cannot_be_read_no_page_goes() {
    let world = three_days().await;
    let name = "2026-04-02T00-00-00Z";
    std::fs::write(world.destination().path().join(name).join("manifest.json"), b"{").unwrap();
    let pruned = prune(&world, only(1));
    assert_eq!(pruned.backups, ["2026-01-01T00-00-00Z"]);
    assert_eq!(pruned.blobs, 0);
    assert!(
        names(&world).contains(&name.to_owned()),
        "somebody has to look at it"
    );
}
