//! Wrong use and damage: one clear message each, the right exit code, nothing harmed.

use std::time::Duration;

use rstest::rstest;

use crate::support::{Atlas, Site, article, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_is_told_who_has_the_data_directory() {
    let atlas = Atlas::new();
    let _server = atlas.serve().await;
    let second = atlas.run(&["serve", "--bind", "127.0.0.1:0"]).await;
    assert_eq!(second.code, 6, "{second:?}");
    assert!(second.stderr.contains("in use by process"), "{}", second.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_port_is_named_and_nothing_is_left_locked() {
    let atlas = Atlas::new();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = atlas.run(&["serve", "--bind", &address]).await;
    assert_eq!(finished.code, 6, "{finished:?}");
    assert!(
        finished.stderr.contains(&address) && finished.stderr.contains("--bind"),
        "{}",
        finished.stderr
    );
    let _server = atlas.serve().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_bind_and_other_mistakes_are_refused_together() {
    let atlas = Atlas::new().with("ATLAS_WORKER_SLOTS", "many");
    let finished = atlas.run(&["serve", "--bind", "0.0.0.0:7444"]).await;
    assert_eq!(finished.code, 2);
    assert!(
        finished.stderr.contains("loopback") && finished.stderr.contains("ATLAS_WORKER_SLOTS"),
        "{}",
        finished.stderr
    );
    assert!(!atlas.data_dir().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_where_there_is_no_library_says_how_to_begin() {
    let finished = Atlas::new().run(&["search", "x"]).await;
    assert_eq!(finished.code, 5);
    assert!(finished.stderr.contains("atlas add"), "{}", finished.stderr);
}

#[rstest]
#[case::reading(&["status"])]
#[case::writing(&["tag", "https://example.com/", "+x"])]
#[case::serving(&["serve", "--bind", "127.0.0.1:0"])]
#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_can_hold_no_library_is_named_with_what_to_do(#[case] command: &[&str]) {
    let atlas = Atlas::new();
    std::fs::write(atlas.folder().join("notes.txt"), "mine").unwrap();
    let file = atlas.folder().join("notes.txt").display().to_string();
    for place in [
        file.clone(),
        format!("{file}/below"),
        "/dev/null".to_owned(),
        "/proc/atlas".to_owned(),
    ] {
        let finished = atlas.run(&[command, &["--data-dir", &place]].concat()).await;
        if place == "/proc/atlas" && command == ["status"] {
            assert_eq!(finished.code, 5, "nothing is there yet: {finished:?}");
            continue;
        }
        assert!([1, 2].contains(&finished.code), "{finished:?}");
        assert!(
            finished.stderr.contains(&place) && finished.stderr.contains("with --data-dir"),
            "{}",
            finished.stderr
        );
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_library_leaves_a_server_with_operations_only() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let path = atlas.data_dir().join("library.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[4096..end].fill(0x5a);
    std::fs::write(&path, &bytes).unwrap();

    let command = atlas.run(&["add", "https://example.com/"]).await;
    assert_eq!(command.code, 9, "{command:?}");
    assert!(
        command.stderr.contains("library.db is damaged"),
        "{}",
        command.stderr
    );

    let server = atlas.serve().await;
    let status = atlas.json(&["status"]).await;
    assert_eq!(status["mode"], "ops_only");
    assert_eq!(status["degraded"][0]["code"], "library_unavailable");
    assert_eq!(atlas.run(&["list"]).await.code, 9);
    assert_eq!(server.terminate().await, 0);
    assert_eq!(
        std::fs::read(&path).unwrap(),
        bytes,
        "the damaged file was not touched"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_of_a_newer_atlas_is_refused_untouched() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let path = atlas.data_dir().join("library.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes()); // user_version in the file header
    std::fs::write(&path, &bytes).unwrap();
    let finished = atlas.run(&["add", "https://example.com/"]).await;
    assert_eq!(finished.code, 9, "{finished:?}");
    assert!(finished.stderr.contains("newer Atlas"), "{}", finished.stderr);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_explained_and_costs_the_good_input_nothing() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let good = site.put("/a", article("A", "alpha"));
    let finished = atlas
        .run(&[
            "add",
            "--wait",
            &good,
            "javascript:alert(1)",
            "ftp://example.com/x",
        ])
        .await;
    assert_eq!(finished.code, 3, "{finished:?}");
    assert!(
        finished.stdout.contains("stored") && finished.stdout.contains("javascript"),
        "{}",
        finished.stdout
    );
    assert_eq!(atlas.run(&["add", "javascript:alert(1)"]).await.code, 1);
    assert_eq!(
        atlas
            .run(&["show", "00000000-0000-7000-8000-000000000000"])
            .await
            .code,
        5
    );
    assert_eq!(atlas.run(&["frobnicate"]).await.code, 2);
    assert_eq!(atlas.run(&["add", "/no/such/file"]).await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_causes_no_work_does_not_do_that_of_others() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let item = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    // A command that crashes at its first claim leaves its work behind.
    let left = site.put("/b", article("B", "beta"));
    let crashed = atlas
        .run_with(&["add", &left], &[("FAILPOINTS", "lease::in_transaction=return")])
        .await;
    assert_eq!(crashed.code, -1, "{crashed:?}");
    let tagged = atlas.run(&["tag", item["id"].as_str().unwrap(), "+kept"]).await;
    assert_eq!(tagged.code, 0, "{tagged:?}");
    assert_eq!(
        atlas.json(&["show", &left]).await["state"],
        "queued",
        "it waits for a server"
    );
    assert_eq!(atlas.json(&["list", "--tag", "kept"]).await["total"], 1);
}

const SOON: Duration = Duration::from_secs(30);

/// Without the second signal it would wait for the page, as long as its grace lasts, and then end with 0.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_twice_ends_at_once_and_loses_nothing() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let url = site.put("/slow", article("Slow", "snail").after(Duration::from_mins(1)));
    let mut server = atlas.serve().await;
    assert_eq!(atlas.run(&["add", &url]).await.code, 0);
    eventually(SOON, "the page is asked for", async || site.requests() == 1).await;
    server.ask_to_end();
    let socket = atlas.data_dir().join("socket");
    eventually(SOON, "the first signal is heard", async || !socket.exists()).await;
    server.ask_to_end();
    assert_eq!(server.ended().await, 130);

    site.put("/slow", article("Slow", "snail"));
    let server = atlas.serve().await;
    eventually(SOON, "the page is stored after all", async || {
        atlas.json(&["show", &url]).await["state"] == "stored"
    })
    .await;
    let shown = atlas.json(&["show", "--why", &url]).await;
    assert_eq!(shown["why"]["attempts"][0]["end"], "lost");
    assert_eq!(server.terminate().await, 0);
}

/// Opening the index stands for whatever takes long in a start, like a migration.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_end_while_it_starts_does_so_at_once_and_in_good_order() {
    let atlas = Atlas::new();
    for _ in 0..3 {
        let mut server = atlas.begin_to_serve(&[("FAILPOINTS", "index::while_opening=sleep(120000)")]);
        let socket = atlas.data_dir().join("socket");
        eventually(SOON, "the server has its socket", async || socket.exists()).await;
        server.ask_to_end();
        assert_eq!(server.ended_within(SOON).await, 0);
        assert!(!socket.exists(), "no socket stays behind");
    }
    let server = atlas.serve().await;
    let status = atlas.json(&["status"]).await;
    assert_eq!(status["previous_run_was_killed"], false);
    let distrusted = atlas.data_dir().join("search.distrusted");
    assert!(!distrusted.exists(), "the index is not blamed");
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_say_where_it_listens_ends_in_good_order() {
    let atlas = Atlas::new();
    let fault = [("FAILPOINTS", "serve::announce=return")];
    let failed = atlas.run_with(&["serve", "--bind", "127.0.0.1:0"], &fault).await;
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(!atlas.data_dir().join("socket").exists());
    let server = atlas.serve().await;
    assert_eq!(atlas.json(&["status"]).await["previous_run_was_killed"], false);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_lies_elsewhere_is_found_from_any_environment() {
    let atlas = Atlas::new();
    let scratch = atlas.folder().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let long = atlas.folder().join("x".repeat(100));
    let atlas = atlas.with("ATLAS_DATA_DIR", long.to_str().unwrap());
    let server = atlas.serve_with(&[("TMPDIR", scratch.to_str().unwrap())]).await;
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
    // What a full disk leaves: a lock that names nobody.
    std::fs::write(long.join("lock"), "").unwrap();
    let tagged = atlas.run(&["tag", "https://example.com/", "+x"]).await;
    assert_eq!(tagged.code, 5, "the server has no such item: {tagged:?}");
    assert_eq!(server.terminate().await, 0);
}

/// A copy keeps the lock of the original, which names the server of that.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_library_is_not_served_by_the_server_of_the_original() {
    let (site, original) = (Site::start().await, Atlas::new());
    original.add(&site.put("/a", article("A", "alpha"))).await;
    let server = original.serve().await;
    let copy = original.folder().join("copy");
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(original.data_dir().join("lock"), copy.join("lock")).unwrap();
    let listed = original
        .run_with(&["list"], &[("ATLAS_DATA_DIR", copy.to_str().unwrap())])
        .await;
    assert_eq!(listed.code, 5, "there is no library: {listed:?}");
    assert_eq!(server.terminate().await, 0);
}
