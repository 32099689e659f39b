//! What a running server measures of itself, as whoever watches it reads it.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use crate::support::{Atlas, Site, article, eventually};

/// The machine is looked at every ten seconds.
const TWO_LOOKS: Duration = Duration::from_secs(30);

/// Series by which built-in rules judge, and which every server has from its start on. The others need something that
/// has not happened here: a breaker that is open, a disk that fills up, a message that cannot be sent, a hundred
/// requests within minutes; or a kernel that tells of pressure.
const NEEDED_BY_RULES: [&str; 15] = [
    "atlas_mount_used_ratio{mount=\"",
    "atlas_mount_available_bytes{mount=\"",
    "atlas_memory_used_ratio ",
    "atlas_cpu_used_ratio ",
    "atlas_load_per_core{minutes=\"15\"} ",
    "atlas_starts_last_ten_minutes ",
    "atlas_database_wal_bytes{database=\"library\"} ",
    "atlas_database_longest_read_seconds{database=\"library\"} ",
    "atlas_database_free_share_ratio{database=\"library\"} ",
    "atlas_database_pages{database=\"library\"} ",
    "atlas_database_damaged{database=\"library\"} 0",
    "atlas_jobs{state=\"ready\"} ",
    "atlas_queue_oldest_ready_seconds ",
    "atlas_ingest_success_age_seconds ",
    "atlas_library_junk_ratio 0",
];

async fn metrics(atlas: &Atlas) -> String {
    let stream = UnixStream::connect(atlas.data_dir().join("socket"))
        .await
        .unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("/metrics").header("host", "localhost");
    let answer = sender
        .send_request(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_records_what_the_built_in_rules_judge_by() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let server = atlas.serve().await;
    for number in 0..10 {
        let page = article(&format!("Page {number}"), &format!("word{number}"));
        let added = atlas.add(&site.put(&format!("/{number}"), page)).await;
        assert_eq!(added["outcome"], "stored", "{added}");
    }
    let counted = metrics(&atlas).await;
    assert!(
        counted.contains("atlas_items{state=\"stored\"} 10\n"),
        "{counted}"
    );
    server.terminate().await;

    let _server = atlas.serve().await;
    let (mut missing, mut text) = (Vec::new(), String::new());
    eventually(TWO_LOOKS, "everything is measured", async || {
        text = metrics(&atlas).await;
        let is_missing = |series: &&&str| !text.lines().any(|line| line.starts_with(**series));
        missing = NEEDED_BY_RULES.iter().filter(is_missing).collect();
        missing.is_empty()
    })
    .await;
    assert!(missing.is_empty(), "{missing:?} in:\n{text}");
    assert!(
        text.contains("atlas_items{state=\"stored\"} 10\n"),
        "the canary is no item"
    );
}
