//! What lies in the place of the library's files, or happens to them while a server runs: one clear message each,
//! the right exit code, and nothing harmed.

use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rstest::rstest;
use serde_json::Value;

use super::access::ask;
use super::crashes::drain;
use crate::support::{Answer, Atlas, Site, article, may_unshare};

/// Where SQLite's header keeps them, big-endian.
const USER_VERSION_AT: u64 = 60;
const APPLICATION_ID_AT: u64 = 68;

/// A library with one article, and nobody at work in it.
async fn library() -> (Atlas, PathBuf) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let path = atlas.data_dir().join("library.db");
    (atlas, path)
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

#[rstest]
#[case::of_a_newer_atlas(USER_VERSION_AT, 99, "newer Atlas")]
#[case::of_another_program(APPLICATION_ID_AT, 0x1234_5678, "a database of another program")]
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_this_atlas_does_not_know_is_refused_untouched(
    #[case] at: u64,
    #[case] value: u32,
    #[case] said: &str,
) {
    let (atlas, path) = library().await;
    overwrite(&path, at, &value.to_be_bytes());
    let before = std::fs::read(&path).unwrap();
    for arguments in [
        &["serve", "--bind", "127.0.0.1:0"] as &[&str],
        &["add", "https://example.com/"],
        &["list"],
    ] {
        let finished = atlas.run(arguments).await;
        assert_eq!(finished.code, 9, "{arguments:?}: {finished:?}");
        assert!(finished.stderr.contains(said), "{}", finished.stderr);
    }
    assert!(std::fs::read(&path).unwrap() == before, "it was written to");
    assert!(
        !atlas.data_dir().join("socket").exists(),
        "no socket stays behind"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_library_that_is_put_back_is_found_again_without_what_came_later() {
    let site = Site::start().await;
    let (atlas, path) = library().await;
    let older = atlas.folder().join("older.db");
    std::fs::copy(&path, &older).unwrap(); // nobody is at work in it: the log is empty
    for (address, word) in [("/b", "beta"), ("/c", "gamma")] {
        atlas.add(&site.put(address, article(word, word))).await;
    }
    std::fs::copy(&older, &path).unwrap();
    // Put back and outgrown: what is saved now takes the places of the log that the index has seen.
    for address in ["/d", "/e", "/f"] {
        atlas.add(&site.put(address, article(address, "delta"))).await;
    }
    for (word, found) in [("alpha", 1), ("beta", 0), ("gamma", 0), ("delta", 3)] {
        let reply = atlas.json(&["search", word]).await;
        assert_eq!(reply["total"], found, "{word}: {reply}");
    }
    assert_eq!(atlas.run(&["doctor"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_the_place_of_the_library_is_named() {
    let (atlas, path) = library().await;
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let finished = atlas.run(&["serve", "--bind", "127.0.0.1:0"]).await;
    assert_eq!(finished.code, 9, "{finished:?}");
    assert!(finished.stderr.contains("a directory"), "{}", finished.stderr);
    assert!(path.is_dir());
}

/// In a user namespace of its own even a privileged process has no power over file modes.
#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_may_not_be_read_is_a_matter_of_permission() {
    if !may_unshare("-U", "a_library_that_may_not_be_read_is_a_matter_of_permission") {
        return;
    }
    let (atlas, path) = library().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    let finished = atlas
        .run_in(&["unshare", "-U"], &["serve", "--bind", "127.0.0.1:0"])
        .await;
    assert_eq!(finished.code, 1, "{finished:?}");
    assert!(
        finished.stderr.contains("library.db: Permission denied"),
        "{}",
        finished.stderr
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(atlas.json(&["list"]).await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_turns_out_damaged_in_use_takes_nothing_in_and_says_so() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let sound = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let torn = atlas.add(&site.put("/b", long_article())).await;
    let torn = torn["id"].as_str().unwrap();
    let server = atlas.serve().await;
    drain(&atlas).await;
    // The last pages hold the end of the long text.
    let path = atlas.data_dir().join("library.db");
    let length = std::fs::metadata(&path).unwrap().len();
    overwrite(&path, length - 8 * 4096, &vec![0x5a; 8 * 4096]);

    let shown = atlas.run(&["show", torn]).await;
    assert_eq!(shown.code, 9, "{shown:?}");
    let status = atlas.json(&["status"]).await;
    assert_eq!(status["degraded"][0]["code"], "library_damaged", "{status}");
    let told = status["degraded"][0]["message"].as_str().unwrap();
    assert!(
        told.contains("library.db is damaged") && told.contains("backup"),
        "{told}"
    );
    let refused = atlas.run(&["add", &site.put("/c", article("C", "gamma"))]).await;
    assert_eq!(refused.code, 9, "{refused:?}");
    assert_eq!(atlas.run(&["doctor"]).await.code, 7);
    let ready = ask(&server, http::Method::GET, "/readyz", &[]).await;
    assert_eq!(ready.status(), 503);
    assert_eq!(
        atlas.json(&["search", "alpha"]).await["hits"][0]["id"],
        sound["id"],
        "what is sound is read on"
    );
    assert_eq!(atlas.json(&["list"]).await["items"].as_array().unwrap().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_damaged_library_without_a_server_is_that_it_is_damaged() {
    let (atlas, path) = library().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[8 * 4096..end].fill(0x5a); // the schema is sound
    std::fs::write(&path, &bytes).unwrap();
    let status = atlas.run(&["status"]).await;
    assert_eq!(status.code, 9, "{status:?}");
    let told = format!("{}{}", status.stdout, status.stderr);
    assert!(told.contains("library.db is damaged"), "{told}");
    assert!(!told.contains("none yet"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_that_vanishes_under_a_server_is_missed_and_never_made_anew() {
    let (atlas, path) = library().await;
    let server = atlas.serve().await;
    drain(&atlas).await;
    let away = path.with_extension("away");
    std::fs::rename(&path, &away).unwrap();
    let site = Site::start().await;
    let url = site.put("/b", article("B", "beta"));
    let added = atlas.run(&["add", &url]).await;
    assert_ne!(added.code, 0, "{added:?}");
    assert!(
        format!("{added:?}").contains("vanished while it was in use"),
        "{added:?}"
    );
    assert!(!path.exists(), "an empty library was made");
    let status = atlas.json(&["status"]).await;
    assert_eq!(status["degraded"][0]["code"], "library_displaced", "{status}");
    std::fs::rename(&away, &path).unwrap();
    assert_eq!(atlas.add(&url).await["outcome"], "stored", "it is back");
    assert_eq!(atlas.json(&["status"]).await["degraded"], serde_json::json!([]));
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_in_quick_succession_do_not_cost_the_index() {
    let (atlas, _) = library().await;
    for _ in 0..5 {
        let server = atlas.serve().await;
        drain(&atlas).await;
        atlas.json(&["search", "alpha"]).await;
        server.kill();
    }
    let server = atlas.serve().await;
    assert!(!atlas.data_dir().join("search.distrusted").exists());
    assert_eq!(atlas.json(&["status"]).await["previous_run_was_killed"], true);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_kills_three_processes_while_it_is_opened_is_set_aside() {
    let (atlas, _) = library().await;
    let crash = [("FAILPOINTS", "index::while_opening=return")];
    for _ in 0..3 {
        let died = atlas.run_with(&["serve", "--bind", "127.0.0.1:0"], &crash).await;
        assert_eq!(died.code, -1, "{died:?}");
    }
    let server = atlas.serve().await;
    assert!(atlas.data_dir().join("search.distrusted").exists());
    drain(&atlas).await;
    assert_eq!(atlas.json(&["search", "alpha"]).await["total"], 1);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_could_not_be_opened_for_a_reason_is_not_blamed_for_it() {
    let (atlas, _) = library().await;
    let lock = std::fs::File::open(atlas.data_dir().join("search/lock")).unwrap();
    lock.try_lock().unwrap();
    for _ in 0..5 {
        let refused = atlas.run(&["serve", "--bind", "127.0.0.1:0"]).await;
        assert_eq!(refused.code, 6, "{refused:?}");
    }
    drop(lock);
    let server = atlas.serve().await;
    assert!(!atlas.data_dir().join("search.distrusted").exists());
    let status = atlas.json(&["status"]).await;
    assert_eq!(
        status["previous_run_was_killed"], false,
        "they ended as they should"
    );
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_command_is_no_killed_server() {
    let (atlas, _) = library().await;
    assert_eq!(atlas.serve().await.terminate().await, 0);
    let crash = [("FAILPOINTS", "save::in_transaction=return")];
    let crashed = atlas.run_with(&["add", "https://example.com/x"], &crash).await;
    assert_eq!(crashed.code, -1, "{crashed:?}");
    let server = atlas.serve().await;
    assert_eq!(atlas.json(&["status"]).await["previous_run_was_killed"], false);
    assert_eq!(server.terminate().await, 0);
}

/// Its text alone takes dozens of pages of the database.
fn long_article() -> Answer {
    let mut random = fastrand::Rng::with_seed(9);
    let mut word = || -> String { (0..9).map(|_| random.lowercase()).collect() };
    let mut paragraphs = String::new();
    for _ in 0..400 {
        let sentence: Vec<String> = (0..60).map(|_| word()).collect();
        paragraphs.extend(["<p>The ", &sentence.join(" "), " is what this says.</p>"]);
    }
    Answer::page(format!(
        "<!doctype html><html lang=en><head><title>Long</title></head><body><main><article><h1>Long</h1>\
         {paragraphs}</article></main></body></html>"
    ))
}

/// The title of an article as its row keeps it: damaged, it is of the wrong kind, and the page of the file is sound.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_whose_row_is_damaged_is_named_and_all_others_are_exported() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let damaged = atlas
        .add(&site.put("/damaged", article("Damaged", "alpha")))
        .await;
    let sound = atlas.add(&site.put("/sound", article("Sound", "beta"))).await;
    let path = atlas.data_dir().join("library.db");
    let (kept, broken) = (br#""title":"Damaged""#, br#""title":[       ]"#);
    let bytes = std::fs::read(&path).unwrap();
    let places: Vec<usize> = (0..bytes.len() - kept.len())
        .filter(|&at| bytes[at..].starts_with(kept))
        .collect();
    assert!(!places.is_empty(), "the row is not in the file");
    for at in places {
        overwrite(&path, at as u64, broken);
    }
    let exported = atlas.run(&["export", "jsonl"]).await;
    assert_eq!(exported.code, 3, "{exported:?}");
    let ids: Vec<Value> = exported
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone())
        .collect();
    assert_eq!(ids, [sound["id"].clone()]);
    let named = damaged["id"].as_str().unwrap();
    assert!(exported.stderr.contains(named), "{}", exported.stderr);
    let listed = atlas.json(&["list"]).await;
    assert_eq!(listed["total"], 2, "its own row is sound: {listed}");
}

#[rstest]
#[case::gone(false)]
#[case::empty(true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_library_is_no_first_start(#[case] is_empty: bool) {
    let (atlas, path) = library().await;
    let kept = std::fs::read(&path).unwrap();
    if is_empty {
        std::fs::write(&path, "").unwrap();
    } else {
        std::fs::remove_file(&path).unwrap();
    }
    for arguments in [
        &["add", "https://example.com/"] as &[&str],
        &["list"],
        &["status"],
    ] {
        let finished = atlas.run(arguments).await;
        assert_eq!(finished.code, 9, "{arguments:?}: {finished:?}");
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(told.contains("put library.db back"), "{told}");
    }
    let server = atlas.serve().await;
    let ready = ask(&server, http::Method::GET, "/readyz", &[]).await;
    assert_eq!(ready.status(), 503, "it serves operations only");
    assert_eq!(server.terminate().await, 0);
    assert_eq!(path.exists(), is_empty, "a new library was begun");

    std::fs::write(&path, kept).unwrap();
    assert_eq!(atlas.json(&["search", "alpha"]).await["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_deleted_under_a_server_is_built_anew() {
    let (atlas, _) = library().await;
    let server = atlas.serve().await;
    drain(&atlas).await;
    std::fs::remove_dir_all(atlas.data_dir().join("search")).unwrap();
    let site = Site::start().await;
    atlas.add(&site.put("/b", article("B", "beta"))).await;
    for word in ["alpha", "beta"] {
        assert_eq!(atlas.json(&["search", word]).await["total"], 1, "{word}");
    }
    assert_eq!(atlas.run(&["doctor"]).await.code, 0, "right after a save");
    assert_eq!(atlas.json(&["status"]).await["degraded"], serde_json::json!([]));
    assert_eq!(server.terminate().await, 0);
}

/// In a user namespace of its own even a privileged process has no power over file modes.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_up_without_permission_to_write_says_so() {
    if !may_unshare("-U", "a_check_up_without_permission_to_write_says_so") {
        return;
    }
    let (atlas, path) = library().await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    let finished = atlas.run_in(&["unshare", "-U"], &["doctor"]).await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(finished.code, 7, "{finished:?}");
    assert!(
        finished.stdout.contains("permission to write is denied"),
        "{}",
        finished.stdout
    );
}
