//! Backups as their owner meets them: made beside a server or without one, listed, checked, restored where there is
//! nothing else left, and served from there.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Answer, Atlas, Site, article, eventually};

const PATIENCE: Duration = Duration::from_secs(30);

/// More than lies in the database, also compressed.
fn long_article(title: &str) -> Answer {
    let mut state = title.len() as u64;
    let noise: Vec<String> = (0..20_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            format!("{state:x} ")
        })
        .collect();
    article(title, title).with_comment(&noise.concat())
}

async fn with_pages(site: &Site) -> (Atlas, Vec<String>) {
    let atlas = Atlas::new();
    let mut ids = Vec::new();
    for title in ["alpha", "beta"] {
        let added = atlas
            .add(&site.put(&format!("/{title}"), long_article(title)))
            .await;
        ids.push(added["id"].as_str().unwrap().to_owned());
    }
    (atlas, ids)
}

fn path(atlas: &Atlas, name: &str) -> String {
    atlas.folder().join(name).to_str().unwrap().to_owned()
}

async fn create(atlas: &Atlas) -> Value {
    atlas.json(&["backup", "create"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_is_gone_is_served_again_from_its_backup() {
    let site = Site::start().await;
    let (atlas, ids) = with_pages(&site).await;
    let backups = path(&atlas, "elsewhere");
    let atlas = atlas.with("ATLAS_BACKUP_DESTINATION", &backups);
    let server = atlas.serve().await;
    let made = create(&atlas).await;
    assert_eq!(made["destination"], backups.as_str());
    assert_eq!(made["backup"]["left_out"], serde_json::json!([]));
    assert_eq!(made["backup"]["blobs"], 2, "{made}");
    assert_eq!(server.terminate().await, 0);
    std::fs::remove_dir_all(atlas.data_dir()).unwrap();

    let listed = atlas.json(&["backup", "ls"]).await;
    assert_eq!(listed["backups"][0]["name"], made["backup"]["name"]);
    let name = made["backup"]["name"].as_str().unwrap();
    let checked = atlas.json(&["backup", "verify", name]).await;
    assert_eq!(checked["rows"], made["backup"]["rows"]);
    let to = atlas.data_dir().to_str().unwrap().to_owned();
    let restored = atlas.json(&["backup", "restore", "latest", "--to", &to]).await;
    assert_eq!(restored["rows"], made["backup"]["rows"]);
    assert_eq!(restored["data_dir"], to.as_str());

    let server = atlas.serve().await;
    eventually(PATIENCE, "the index is built anew", async || {
        let found = atlas.json(&["search", "alpha"]).await;
        found["hits"][0]["id"] == ids[0].as_str()
    })
    .await;
    for id in &ids {
        assert_eq!(atlas.json(&["show", id]).await["state"], "stored");
    }
    let doctor = atlas.run(&["doctor", "--json"]).await;
    assert_eq!(doctor.code, 0, "{doctor:?}");
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_a_command_makes_one_and_says_that_one_disk_holds_both() {
    let site = Site::start().await;
    let (atlas, _) = with_pages(&site).await;
    let finished = atlas.run(&["backup", "create"]).await;
    assert_eq!(finished.code, 0, "{finished:?}");
    assert!(
        finished.stderr.contains("on the device of the data")
            && finished.stderr.contains("backup.destination"),
        "{}",
        finished.stderr
    );
    let name = finished.stdout.trim();
    assert!(
        atlas
            .data_dir()
            .join("backups")
            .join(name)
            .join("manifest.json")
            .exists()
    );
    let finished = atlas.run(&["backup", "ls"]).await;
    assert_eq!(finished.code, 0, "{finished:?}");
    assert!(finished.stdout.contains(name), "{}", finished.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_by_name_and_shows_in_the_list() {
    let site = Site::start().await;
    let (atlas, _) = with_pages(&site).await;
    let name = create(&atlas).await["backup"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = atlas
        .data_dir()
        .join("backups")
        .join(&name)
        .join("library.db.zst");
    let half = std::fs::read(&file).unwrap();
    std::fs::write(&file, &half[..half.len() / 2]).unwrap();
    let to = path(&atlas, "restored");
    for command in [
        &["backup", "verify", &name][..],
        &["backup", "restore", &name, "--to", &to],
    ] {
        let finished = atlas.run(command).await;
        assert_eq!(finished.code, 9, "{finished:?}");
        assert!(
            finished.stderr.contains("library.db.zst is truncated"),
            "{}",
            finished.stderr
        );
    }
    assert!(!std::path::Path::new(&to).exists());
    let listed = atlas.run(&["backup", "ls"]).await;
    assert_eq!(listed.code, 9, "{listed:?}");
    let latest = atlas.run(&["backup", "verify", "latest"]).await;
    assert_eq!(latest.code, 5, "{latest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_retention_does_not_keep_goes_when_the_next_one_is_made() {
    let site = Site::start().await;
    let (atlas, _) = with_pages(&site).await;
    let first = create(&atlas).await;
    let second = create(&atlas).await; // on the same day
    assert_eq!(second["removed"][0], first["backup"]["name"]);
    assert_eq!(
        atlas.json(&["backup", "ls"]).await["backups"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_refuses_what_is_in_use_and_no_library_begins_with_a_backup() {
    let site = Site::start().await;
    let (atlas, ids) = with_pages(&site).await;
    create(&atlas).await;
    let to = atlas.data_dir().to_str().unwrap().to_owned();
    let finished = atlas.run(&["backup", "restore", "latest", "--to", &to]).await;
    assert_eq!(finished.code, 1, "{finished:?}");
    assert!(finished.stderr.contains("is not empty"), "{}", finished.stderr);
    assert_eq!(atlas.json(&["show", &ids[0]]).await["state"], "stored");

    let nobody = Atlas::new();
    let finished = nobody.run(&["backup", "create"]).await;
    assert_eq!(finished.code, 5, "{finished:?}");
    assert!(!nobody.data_dir().exists());
    let listed = nobody.run(&["backup", "ls"]).await;
    assert_eq!(listed.code, 0, "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_file_is_all_that_it_takes_to_restore_a_library() {
    let site = Site::start().await;
    let (atlas, ids) = with_pages(&site).await;
    let (file, torn) = (path(&atlas, "library.tar"), path(&atlas, "torn.tar"));
    let made = atlas.json(&["backup", "create", "--single-file", &file]).await;
    let again = atlas.run(&["backup", "create", "--single-file", &file]).await;
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.stderr.contains("exists already"), "{again:?}");
    std::fs::remove_dir_all(atlas.data_dir()).unwrap();

    let listed = atlas.json(&["backup", "ls", "--from", &file]).await;
    assert_eq!(listed["backups"][0]["name"], made["backup"]["name"]);
    let checked = atlas.json(&["backup", "verify", "latest", "--from", &file]).await;
    assert_eq!(checked["blobs"], 2);
    let bytes = std::fs::read(&file).unwrap();
    for cut in [bytes.len() / 4, bytes.len() / 2] {
        std::fs::write(&torn, &bytes[..cut]).unwrap();
        let to = path(&atlas, "nowhere");
        let refused = atlas
            .run(&["backup", "restore", "latest", "--from", &torn, "--to", &to])
            .await;
        assert!(matches!(refused.code, 5 | 9), "{refused:?}");
        assert!(!std::path::Path::new(&to).join("library.db").exists());
    }
    let to = atlas.data_dir().to_str().unwrap().to_owned();
    let restored = atlas
        .json(&["backup", "restore", "latest", "--from", &file, "--to", &to])
        .await;
    assert_eq!(restored["rows"], made["backup"]["rows"]);
    for id in &ids {
        assert_eq!(atlas.json(&["show", id]).await["state"], "stored");
    }
    let left = std::fs::read_dir(atlas.folder()).unwrap().flatten();
    let debris: Vec<_> = left
        .filter(|entry| entry.file_name().to_string_lossy().starts_with('.'))
        .collect();
    assert!(debris.is_empty(), "{debris:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_up_names_a_backup_that_is_damaged_and_one_that_is_overdue() {
    let site = Site::start().await;
    let (atlas, _) = with_pages(&site).await;
    let made = create(&atlas).await;
    let told = async || {
        let doctor = atlas.run(&["doctor", "--json"]).await;
        let report: Value = serde_json::from_str(&doctor.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "backups").unwrap();
        (
            check["ok"].as_bool().unwrap(),
            check["message"].as_str().unwrap().to_owned(),
        )
    };
    let (ok, message) = told().await;
    assert!(ok, "{message}");
    let name = made["backup"]["name"].as_str().unwrap();
    std::fs::remove_file(atlas.data_dir().join("backups").join(name).join("manifest.json")).unwrap();
    let (ok, message) = told().await;
    assert!(!ok && message.contains(name), "{message}");
}
