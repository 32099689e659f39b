//! What a server does to look after itself, and work of its own that is large: it is counted nowhere, shown to nobody who
//! looks for their pages, declared while it lasts, and keeps no alarm for good.

use legacy_databases::rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::process::metrics;
use crate::support::{
    Atlas, Door, PATIENCE, Receiver, Site, Watched, article, eventually, health_of, incidents, is_told_to_be,
};

/// The word of the document that proves that search works.
const CANARY: &str = "atlasvitalscanary";

/// When a service was last looked at.
async fn looked_at(atlas: &Atlas, service: &str) -> Value {
    health_of(atlas, service).await.unwrap_or_default()["observed_at"].clone()
}

/// Waits until a service has been looked at so often from now on.
async fn is_looked_at(atlas: &Atlas, service: &str, times: usize) {
    let mut looks = vec![looked_at(atlas, service).await];
    eventually(PATIENCE, &format!("{service} is looked at"), async || {
        let look = looked_at(atlas, service).await;
        if looks.last() != Some(&look) {
            looks.push(look);
        }
        looks.len() > times
    })
    .await;
}

/// Requests of the server to itself say nothing of how others are served.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_asks_itself_is_in_no_count_of_requests() {
    let atlas = Watched::new().service("api", "every = \"1s\"").atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "api", "healthy").await;
    is_looked_at(&atlas, "api", 3).await;
    let counted = "atlas_http_requests_total{route=\"/api/v1/policies\"";
    let shown = metrics(&atlas, &server.address).await;
    assert!(!shown.contains(counted), "{shown}");

    atlas.get("/api/v1/policies").await.unwrap();
    let shown = metrics(&atlas, &server.address).await;
    let line = shown.lines().find(|line| line.starts_with(counted));
    assert!(
        line.is_some_and(|line| line.ends_with(" 1")),
        "somebody else's is counted: {line:?}"
    );
    assert_eq!(server.terminate().await, 0);
}

/// The document by which search is looked at comes back with an index that is built anew, and is nobody's page.
#[tokio::test(flavor = "multi_thread")]
async fn the_canary_survives_a_new_index_and_is_on_no_list_in_no_count_and_in_no_search() {
    let site = Site::start().await;
    let atlas = Watched::new().service("search", "every = \"1s\"").atlas();
    let server = atlas.serve().await;
    let added = atlas
        .add(&site.put("/lights", article("On Lights", "lighthouse")))
        .await;
    assert_eq!(added["outcome"], "stored", "{added}");
    search_is_proved(&atlas).await;
    assert_eq!(server.terminate().await, 0);
    std::fs::remove_dir_all(atlas.data_dir().join("search")).unwrap();

    let server = atlas.serve().await;
    search_is_proved(&atlas).await;
    let hits = async |word: &str| {
        let found = atlas.get(&format!("/api/v1/search?q={word}")).await.unwrap();
        found["hits"]
            .as_array()
            .unwrap_or_else(|| panic!("{found}"))
            .len()
    };
    assert_eq!((hits("lighthouse").await, hits(CANARY).await), (1, 0));
    let listed = atlas.get("/api/v1/items").await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    let status = atlas.get("/api/v1/status").await.unwrap();
    let items = status["items"].as_object().unwrap().values();
    assert_eq!(items.filter_map(Value::as_u64).sum::<u64>(), 1, "{status}");
    assert_eq!(
        (&status["documents"], &status["index"]["documents"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(server.terminate().await, 0);
}

/// Waits for a look of this very process that found the canary.
async fn search_is_proved(atlas: &Atlas) {
    is_looked_at(atlas, "search", 1).await;
    eventually(PATIENCE, "the canary is found", async || {
        let health = health_of(atlas, "search").await.unwrap_or_default();
        health["outcome"] == "ok" && health["reason"] == "what is in the library is found"
    })
    .await;
}

/// Processing a whole library again is declared before it begins, for minutes and no longer, and is over with its end.
#[tokio::test(flavor = "multi_thread")]
async fn processing_many_items_again_is_maintenance_until_it_is_done() {
    let site = Site::start().await;
    let atlas = Watched::new().atlas();
    let server = atlas.serve().await;
    let added = atlas
        .add(&site.put("/lights", article("On Lights", "lighthouse")))
        .await;
    assert_eq!(added["outcome"], "stored", "{added}");
    let kind = ["background_processing", "reprocess_item"];
    let decide = async |what: &str| {
        let done = atlas.run(&["breaker", what, kind[0], kind[1]]).await;
        assert_eq!(done.code, 0, "{done:?}");
    };
    assert!(maintenance(&atlas).await.is_empty());

    decide("open").await; // so that the work does not end before anybody has looked
    let asked = atlas.post("/api/v1/reprocess", &json!({})).await.unwrap();
    assert_eq!(asked["enqueued"], 1, "{asked}");
    let declared = maintenance(&atlas).await;
    assert_eq!(declared.len(), 1, "{declared:?}");
    assert_eq!(
        (&declared[0]["name"], &declared[0]["is_now"]),
        (&json!("reprocess"), &json!(true))
    );
    let covered = health_of(&atlas, "content_pipeline").await.unwrap();
    assert_eq!(covered["maintenance"], "reprocess", "{covered}");
    let minutes = minutes_between(&declared[0]["from"], &declared[0]["until"]);
    assert!(
        minutes <= 5,
        "it ends by itself, should nobody end it: {declared:?}"
    );

    decide("auto").await;
    eventually(PATIENCE, "it is over", async || {
        maintenance(&atlas).await.is_empty()
    })
    .await;
    assert_eq!(server.terminate().await, 0);
}

/// F24: audits, cleanups of the library and their undos, one after another, while the database is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_cleanup_that_runs_raises_no_false_alarm_of_the_database() {
    let (site, hook) = (Site::start().await, Receiver::start());
    let atlas = Watched::new()
        .service("database", "every = \"1s\"")
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    for n in 0..24 {
        let page = article(&format!("Page {n}"), &format!("word{n}"));
        let added = atlas.add(&site.put(&format!("/{n}"), page)).await;
        assert_eq!(added["outcome"], "stored", "{added}");
    }
    assert_eq!(server.terminate().await, 0);
    make_copies(&atlas);

    let server = atlas.serve().await;
    is_told_to_be(&atlas, "database", "healthy").await;
    let (mut looks, mut rounds) = (vec![looked_at(&atlas, "database").await], 0);
    while looks.len() <= 5 {
        let post = async |path: &str, body: Value| atlas.post(path, &body).await.unwrap();
        post("/api/v1/audit", json!({"wait_secs": 60})).await;
        let plan = post("/api/v1/cleanups", json!({})).await;
        let run = format!("/api/v1/cleanups/{}", plan["id"].as_str().unwrap());
        let apply = json!({"allow_percent": 100, "wait_secs": 60});
        let done = post(&format!("{run}/apply"), apply).await;
        assert_eq!(done["steps"], json!({"done": 23}), "{done}");
        let undone = post(&format!("{run}/undo"), json!({})).await;
        assert_eq!(undone["undone"], 23, "{undone}");
        let look = looked_at(&atlas, "database").await;
        if looks.last() != Some(&look) {
            looks.push(look);
        }
        rounds += 1;
        assert!(rounds < 500, "the database is not looked at any more");
    }
    let health = health_of(&atlas, "database").await.unwrap();
    assert_eq!(health["status"], "healthy", "{health}");
    assert_eq!(incidents(&atlas, "database").await, Vec::<Value>::new());
    assert!(hook.heard().is_empty(), "{:?}", hook.heard());
    assert_eq!(server.terminate().await, 0);
}

/// All items come to have the content of one, as a restore that went wrong would leave them.
fn make_copies(atlas: &Atlas) {
    let path = atlas.data_dir().join("library.db");
    let sql = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let first = "(SELECT min(document_id) FROM item WHERE user_id = 1)";
    let columns = "content_hash, text, metadata, markdown, html, word_count";
    sql.execute_batch(&format!(
        "UPDATE document SET ({columns}) = (SELECT {columns} FROM document WHERE id = {first})
         WHERE id IN (SELECT document_id FROM item WHERE user_id = 1)"
    ))
    .unwrap();
}

async fn maintenance(atlas: &Atlas) -> Vec<Value> {
    let health = atlas.get("/api/v1/health").await.unwrap();
    health["maintenance"].as_array().unwrap().clone()
}

fn minutes_between(from: &Value, until: &Value) -> i64 {
    let at = |moment: &Value| moment.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    at(until).duration_since(at(from)).as_mins()
}

/// What is planned in the configuration holds from the first look of a start on. What it held back is told once it is
/// over and something is still wrong.
#[tokio::test(flavor = "multi_thread")]
async fn maintenance_of_the_configuration_holds_back_from_the_start_and_what_still_fails_is_told_after_it() {
    let (door, other, hook) = (Door::open_one().await, Door::open_one().await, Receiver::start());
    let plan = "[[health.maintenance]]\nname = \"move\"\nreason = \"the server gets a new shelf\"\n\
                checks = [\"a_door\"]\ndays = [\"daily\"]\nfrom = \"00:00\"\nuntil = \"00:00\"\n";
    let watched = || {
        Watched::new()
            .check(door.check())
            .check(other.check().replace(Door::NAME, "another_door"))
            .channel(hook.channel("hook"))
    };
    door.close();
    other.close();
    let atlas = watched().with(plan).atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "critical").await;
    eventually(PATIENCE, "what is not covered is told", async || {
        let heard = hook.heard();
        heard
            .iter()
            .any(|heard| heard.incidents("another_door").next().is_some())
    })
    .await;
    eventually(PATIENCE, "what is covered is held back", async || {
        let known = incidents(&atlas, Door::NAME).await;
        known
            .iter()
            .any(|incident| incident["suppressed_by"] == json!(["maintenance"]))
    })
    .await;
    assert!(hook.of_door().is_empty(), "{:?}", hook.of_door());

    watched().write_for(&atlas);
    assert_eq!(atlas.run(&["config", "reload"]).await.code, 0);
    hook.hears("firing").await;
    assert_eq!(hook.of_door().len(), 1);
    assert_eq!(server.terminate().await, 0);
}

/// Damage that a look found before a restart is told by the process after it, which has not looked yet.
#[tokio::test(flavor = "multi_thread")]
async fn damage_that_a_process_before_found_is_told_from_the_first_look_on() {
    let hook = Receiver::start();
    let atlas = Watched::new()
        .service("database", "every = \"1s\"")
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "database", "healthy").await;
    assert_eq!(server.terminate().await, 0);
    remember_damage(&atlas);

    let server = atlas.serve().await;
    is_told_to_be(&atlas, "database", "critical").await;
    let health = health_of(&atlas, "database").await.unwrap();
    let reason = health["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("a page is used twice; it was found at 2026-"),
        "{reason}"
    );
    eventually(PATIENCE, "it is told", async || {
        let heard = hook.heard();
        heard
            .iter()
            .any(|heard| heard.incidents("database").next().is_some())
    })
    .await;
    assert_eq!(server.terminate().await, 0);
}

/// As a look leaves it behind that has found damage: a real one would end the start, which looks through small files.
fn remember_damage(atlas: &Atlas) {
    let script = "import sqlite3, sys\n\
                  library = sqlite3.connect(sys.argv[1] + '/library.db').execute('SELECT uuid, epoch FROM library').fetchone()\n\
                  ops = sqlite3.connect(sys.argv[1] + '/ops.db', isolation_level=None)\n\
                  ops.execute('INSERT INTO file_check VALUES (1, ?, ?, 1767225600000, ?)', (*library, 'a page is used twice'))\n";
    let output = std::process::Command::new("/usr/bin/python3")
        .args(["-c", script])
        .arg(atlas.data_dir())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
