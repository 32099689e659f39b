//! A backup that is not what was written is refused by the name of what is wrong.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use atlas_store::{BackupError, VerifyDepth};
use rstest::rstest;

use super::World;

/// What is wrong with the backup, where, and how that is said.
fn truncate(path: &Path) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
}

fn flip(path: &Path) {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, middle).unwrap();
    file.write_all_at(&[byte[0] ^ 1], middle).unwrap();
}

fn remove(path: &Path) {
    std::fs::remove_file(path).unwrap();
}

fn claim_another_count(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let changed = text.replacen("\"rows\": 2", "\"rows\": 3", 1);
    assert_ne!(text, changed);
    std::fs::write(path, changed).unwrap();
}

fn page(world: &World, _name: &str) -> PathBuf {
    world
        .files()
        .into_iter()
        .find(|file| file.starts_with("pool"))
        .unwrap()
}

fn library(_world: &World, name: &str) -> PathBuf {
    Path::new(name).join("library.db.zst")
}

fn ops(_world: &World, name: &str) -> PathBuf {
    Path::new(name).join("ops.db.zst")
}

fn list(_world: &World, name: &str) -> PathBuf {
    Path::new(name).join("blobs.list.zst")
}

fn manifest(_world: &World, name: &str) -> PathBuf {
    Path::new(name).join("manifest.json")
}

#[rstest]
#[case::truncated_library(library, truncate, "library.db.zst is truncated")]
#[case::truncated_ops(ops, truncate, "ops.db.zst is truncated")]
#[case::truncated_list(list, truncate, "blobs.list.zst is truncated")]
#[case::truncated_manifest(manifest, truncate, "manifest.json is damaged")]
#[case::truncated_page(page, truncate, "is damaged")]
#[case::flipped_library(library, flip, "library.db.zst is damaged: its bytes have another hash")]
#[case::flipped_ops(ops, flip, "ops.db.zst is damaged: its bytes have another hash")]
#[case::flipped_list(list, flip, "blobs.list.zst is damaged: its bytes have another hash")]
#[case::flipped_page(page, flip, "is damaged")]
#[case::missing_library(library, remove, "library.db.zst is missing")]
#[case::missing_ops(ops, remove, "ops.db.zst is missing")]
#[case::missing_list(list, remove, "blobs.list.zst is missing")]
#[case::missing_manifest(manifest, remove, "manifest.json is missing")]
#[case::missing_page(page, remove, "is missing")]
#[case::another_manifest(
    manifest,
    claim_another_count,
    "manifest.json is damaged: it does not say what was written"
)]
#[tokio::test]
async fn a_backup_that_is_not_what_was_written_is_refused_by_name(
    #[case] file: fn(&World, &str) -> PathBuf,
    #[case] damage: fn(&Path),
    #[case] said: &str,
) {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let file = file(&world, &name);
    damage(&world.destination().path().join(&file));
    let error = world.verify(&name).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, BackupError::Unusable { .. }), "{message}");
    assert!(message.contains(said), "{message}");
    if file.starts_with("pool") {
        let page = file.file_name().unwrap().to_str().unwrap();
        assert!(message.contains(page), "{message}");
    }
    let listed = world.destination().list().unwrap();
    assert_eq!(
        listed[0].problem.as_deref(),
        Some(message.as_str()),
        "it is remembered"
    );
    let error = world.restore(&name).unwrap_err();
    assert_eq!(error.to_string(), message, "a restore says the same");
    assert!(
        !world.elsewhere.path().join("restored").exists(),
        "and leaves nothing"
    );
}

#[rstest]
#[case::of_the_manifest("\"format\": 1", "\"format\": 2", "its format is 2, this one knows up to 1")]
#[tokio::test]
async fn a_backup_of_a_newer_atlas_is_refused_as_such(
    #[case] from: &str,
    #[case] to: &str,
    #[case] said: &str,
) {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let path = world.destination().path().join(&name).join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap().replacen(from, to, 1);
    std::fs::write(&path, text).unwrap();
    for error in [
        world.verify(&name).unwrap_err(),
        world.restore(&name).unwrap_err(),
    ] {
        assert!(matches!(error, BackupError::Newer { .. }), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_quick_look_misses_no_page_but_reads_none() {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let quick = |world: &World| {
        world.destination().verify(
            &name,
            VerifyDepth::Databases,
            &world.elsewhere.path().join("scratch"),
            world.library.now(),
        )
    };
    let page = world.destination().path().join(page(&world, &name));
    flip(&page);
    quick(&world).unwrap();
    remove(&page);
    assert!(quick(&world).unwrap_err().to_string().contains("is missing"));
}

#[tokio::test]
async fn a_check_leaves_nothing_of_what_it_has_unpacked() {
    let world = World::new().await;
    let name = world.create().await.unwrap().name;
    let before = world.files();
    world.verify(&name).unwrap();
    assert_eq!(world.files(), before);
    assert!(super::files_below(&world.elsewhere.path().join("scratch")).is_empty());
}

#[rstest]
#[case::unknown("2020-01-01T00-00-00Z")]
#[case::above("../backups")]
#[case::a_path("/etc")]
#[case::the_pool("pool")]
#[case::unfinished(".making-2026-01-01T00-00-00Z")]
#[case::nothing("")]
#[tokio::test]
async fn a_name_is_never_a_path(#[case] name: &str) {
    let world = World::new().await;
    world.create().await.unwrap();
    std::fs::create_dir(world.destination().path().join(".making-2026-01-01T00-00-00Z")).unwrap();
    for error in [world.verify(name).unwrap_err(), world.restore(name).unwrap_err()] {
        assert!(matches!(error, BackupError::NotFound { .. }), "{error}");
    }
}
