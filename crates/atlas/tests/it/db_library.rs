//! `atlas db` on the library itself, beside the server that works with it: audited by the gate that judges what is fetched,
//! cleaned without anything being deleted, gone on with after a crash, and taken back.

use std::time::Duration;

use legacy_databases::rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::support::{Answer, Atlas, Site, article, eventually};

const DEADLINE: Duration = Duration::from_mins(1);
const LOGIN: &str = "<html><title>Sign in</title><form><input type=text name=user>\
    <input type=password name=password></form><p>Please sign in to go on.</p></html>";

/// A library of articles, of which the last ones turn out to be junk: what they were made from is a login page, and the gate
/// that took them in knew less.
async fn library_with_junk(articles: usize, junk: usize) -> (Atlas, Vec<String>) {
    let (atlas, site) = (Atlas::new(), Site::start().await);
    let server = atlas.serve().await;
    let mut items = Vec::new();
    for n in 0..articles {
        let url = site.put(
            &format!("/{n}"),
            article(&format!("Title {n}"), &format!("word{n}")),
        );
        items.push(atlas.add(&url).await["id"].as_str().unwrap().to_owned());
    }
    let wall = site.put("/login", Answer::page(LOGIN));
    assert_eq!(atlas.add(&wall).await["outcome"], "rejected");
    server.terminate().await;
    let sql = open(&atlas);
    let changed = sql
        .execute(
            "UPDATE snapshot SET body_hash = (SELECT body_hash FROM snapshot JOIN item ON item.id = item_id
                 WHERE item.state = 'rejected')
             WHERE item_id IN (SELECT id FROM item WHERE state = 'stored' AND user_id = 1 ORDER BY id DESC LIMIT ?1)",
            [junk],
        )
        .unwrap();
    assert_eq!(changed, junk);
    sql.execute("UPDATE judgement SET gate_version = 1", []).unwrap();
    (atlas, items)
}

fn open(atlas: &Atlas) -> Connection {
    Connection::open_with_flags(
        atlas.data_dir().join("library.db"),
        OpenFlags::SQLITE_OPEN_READ_WRITE,
    )
    .unwrap()
}

/// What there is to be known of every item, but for when it was last touched.
fn items(atlas: &Atlas) -> Vec<String> {
    let sql = open(atlas);
    let mut rows = sql
        .prepare(
            "SELECT json_array(hex(uuid), url, state, reason, message, title, duplicate_of, document_id, keep_always,
                 saved_at, trashed_at) FROM item WHERE user_id = 1 ORDER BY id",
        )
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

async fn states(atlas: &Atlas) -> Vec<String> {
    let list = atlas.json(&["list", "--all"]).await;
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["state"].as_str().unwrap().to_owned())
        .collect()
}

async fn hits(atlas: &Atlas, word: &str) -> usize {
    let found = atlas.json(&["search", word]).await;
    found["hits"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_that_the_gate_knows_by_now_leaves_for_the_quarantine_and_comes_back() {
    let (atlas, _) = library_with_junk(6, 2).await;
    let before = items(&atlas);
    let _server = atlas.serve().await;
    let report = atlas.json(&["db", "audit"]).await;
    assert_eq!(
        (&report["rows_total"], &report["rows_junk"]),
        (&json!(6), &json!(2)),
        "{report}"
    );
    assert_eq!(report["by_reason"]["login_wall"]["rows"], 2);
    assert!(report["bytes"]["document"].as_u64().unwrap() > 0);
    let findings = atlas.json(&["db", "findings"]).await;
    assert_eq!(findings["findings"].as_array().unwrap().len(), 2);

    let plan = atlas.json(&["db", "cleanup"]).await;
    assert_eq!(
        (&plan["state"], &plan["percent"], &plan["allow_percent"]),
        (&json!("planned"), &json!(34), &json!(34))
    );
    let run = plan["id"].as_str().unwrap();
    let refused = atlas.run(&["db", "cleanup", "--apply", run]).await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("allow_percent"), "{refused:?}");
    assert_eq!(hits(&atlas, "word5").await, 1);

    let done = atlas
        .json(&["db", "cleanup", "--apply", run, "--allow", "40%"])
        .await;
    assert_eq!(
        (&done["state"], &done["steps"]),
        (&json!("applied"), &json!({"done": 2})),
        "{done}"
    );
    assert_eq!(hits(&atlas, "word5").await, 0);
    assert_eq!(hits(&atlas, "word3").await, 1);
    let quarantine = atlas.json(&["quarantine", "ls"]).await;
    assert_eq!(quarantine["total"], 2);

    let undone = atlas.json(&["db", "undo", run]).await;
    assert_eq!(
        (&undone["undone"], &undone["cleanup"]["state"]),
        (&json!(2), &json!("undone"))
    );
    assert_eq!(hits(&atlas, "word5").await, 1);
    assert_eq!(items(&atlas), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_the_command_does_the_work_itself_and_takes_one_item_back() {
    let (atlas, ids) = library_with_junk(6, 2).await;
    let plan = atlas.json(&["db", "cleanup"]).await;
    let run = plan["id"].as_str().unwrap();
    let done = atlas
        .json(&["db", "cleanup", "--apply", run, "--allow", "100"])
        .await;
    assert_eq!(done["steps"]["done"], 2, "{done}");
    let undone = atlas.json(&["db", "undo", run, "--row", &ids[5]]).await;
    assert_eq!(
        (&undone["undone"], &undone["cleanup"]["steps"]["undone"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(hits(&atlas, "word5").await, 1);
    assert_eq!(hits(&atlas, "word4").await, 0);
    let runs = atlas.json(&["db", "runs", "--library"]).await;
    assert_eq!(runs["cleanups"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_changes_nothing_and_is_a_page_too() {
    let (atlas, _) = library_with_junk(4, 1).await;
    let before = items(&atlas);
    let page = atlas.folder().join("audit.html");
    let audited = atlas
        .run(&["db", "audit", "--html", page.to_str().unwrap()])
        .await;
    assert_eq!(audited.code, 0, "{audited:?}");
    assert!(audited.stdout.contains("login_wall"), "{}", audited.stdout);
    assert!(std::fs::read_to_string(page).unwrap().contains("login_wall"));
    assert_eq!(items(&atlas), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_becomes_a_duplicate_of_the_better_one() {
    let (atlas, ids) = library_with_junk(4, 0).await;
    // As a restore, or two pages that came to say the same, leave it.
    open(&atlas)
        .execute_batch(
            "UPDATE document SET (content_hash, text, metadata, markdown, html, word_count) =
                 (SELECT content_hash, text, metadata, markdown, html, word_count FROM document WHERE id = (SELECT min(document_id) FROM item WHERE user_id = 1))
             WHERE id = (SELECT max(document_id) FROM item WHERE user_id = 1);",
        )
        .unwrap();
    atlas.json(&["tag", &ids[3], "+later"]).await;
    let plan = atlas.json(&["db", "cleanup"]).await;
    let run = plan["id"].as_str().unwrap();
    let done = atlas
        .json(&["db", "cleanup", "--apply", run, "--allow", "100"])
        .await;
    assert_eq!(done["steps"]["done"], 1, "{done}");
    let mut now = states(&atlas).await;
    now.sort();
    assert_eq!(now, ["duplicate", "rejected", "stored", "stored", "stored"]);
    let list = atlas.json(&["list", "--tag", "later", "--all"]).await;
    assert!(
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|item| item["state"] == "stored"),
        "{list}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_goes_on_with_its_cleanup_when_it_starts_again() {
    let (atlas, _) = library_with_junk(45, 44).await;
    let plan = atlas.json(&["db", "cleanup"]).await;
    let path = format!("/api/v1/cleanups/{}", plan["id"].as_str().unwrap());
    // After the first and after the second batch of twenty.
    for crash in ["1*off->return", "return"] {
        let crash = format!("cleanup::between_batches={crash}");
        let mut server = atlas.serve_with(&[("FAILPOINTS", &crash)]).await;
        atlas
            .post(&format!("{path}/apply"), &json!({"allow_percent": 100}))
            .await;
        server.ended().await;
    }
    let _server = atlas.serve().await;
    eventually(DEADLINE, "the cleanup comes to its end", async || {
        let cleanup = atlas.get(&path).await.unwrap_or_default();
        cleanup["state"] == "applied" && cleanup["steps"] == json!({"done": 44})
    })
    .await;
    let now = states(&atlas).await;
    assert_eq!(now.iter().filter(|state| *state == "quarantined").count(), 44);
    assert_eq!(hits(&atlas, "word0").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_and_searches_beside_a_cleanup_neither_fails_nor_loses_anything() {
    let (atlas, ids) = library_with_junk(45, 40).await;
    let plan = atlas.json(&["db", "cleanup"]).await;
    let path = format!("/api/v1/cleanups/{}", plan["id"].as_str().unwrap());
    let _server = atlas.serve().await;
    let begun = atlas
        .post(&format!("{path}/apply"), &json!({"allow_percent": 100}))
        .await
        .unwrap();
    assert_eq!(begun["state"], "applying", "{begun}");
    let mut tags = 0;
    loop {
        let tag = json!({"add": [format!("tag{tags}")]});
        let tagged = atlas
            .post(&format!("/api/v1/items/{}/tags", ids[0]), &tag)
            .await
            .unwrap();
        assert_eq!(tagged["state"], "stored", "{tagged}");
        tags += 1;
        let found = atlas.get("/api/v1/search?q=word0").await.unwrap();
        assert_eq!(found["hits"].as_array().map(Vec::len), Some(1), "{found}");
        let cleanup = atlas.get(&path).await.unwrap();
        if cleanup["state"] != "applying" {
            assert_eq!(
                (&cleanup["state"], &cleanup["steps"]),
                (&json!("applied"), &json!({"done": 40}))
            );
            break;
        }
    }
    let item = atlas.get(&format!("/api/v1/items/{}", ids[0])).await.unwrap();
    assert_eq!(item["tags"].as_array().map(Vec::len), Some(tags), "{item}");
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_take_no_path_and_say_what_is_wrong() {
    let (atlas, _) = library_with_junk(2, 1).await;
    let _server = atlas.serve().await;
    let told = |answer: Option<Value>| answer.unwrap()["detail"].as_str().unwrap_or_default().to_owned();
    let named = atlas.post("/api/v1/audit", &json!({"path": "/etc/passwd"})).await;
    assert!(told(named).contains("unknown field `path`"));
    let early = atlas.post("/api/v1/cleanups", &json!({})).await;
    assert!(told(early).contains("has not been audited yet"));
    let unknown = atlas.get("/api/v1/cleanups/nonsense").await;
    assert!(told(unknown).contains("no name of a cleanup"));
    let missing = atlas
        .get("/api/v1/cleanups/01890a5d-ac96-774b-bcce-b302099a8057")
        .await
        .unwrap();
    assert_eq!(missing["code"], "not_found", "{missing}");
    let command = atlas.run(&["db", "cleanup", "--files", "."]).await;
    assert_eq!(command.code, 2, "{command:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_from_the_trash_is_listed_and_restored() {
    let (atlas, ids) = library_with_junk(2, 0).await;
    atlas.json(&["rm", &ids[0]]).await;
    let sql = open(&atlas);
    sql.execute("UPDATE item SET trashed_at = 1 WHERE trashed_at IS NOT NULL", [])
        .unwrap();
    drop(sql);
    let _server = atlas.serve().await;
    eventually(DEADLINE, "the trash is emptied", async || {
        let vault = atlas.get("/api/v1/vault").await.unwrap_or_default();
        vault["items"][0]["id"] == ids[0].as_str()
    })
    .await;
    assert_eq!(hits(&atlas, "word0").await, 0);
    let listed = atlas.run(&["list", "--deleted"]).await;
    assert!(listed.stdout.contains(&ids[0]), "{listed:?}");
    atlas.json(&["restore", &ids[0]]).await;
    assert_eq!(hits(&atlas, "word0").await, 1);
    let empty = atlas.run(&["list", "--deleted"]).await;
    assert!(empty.stderr.contains("nothing was deleted"), "{empty:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn free_space_is_given_back_and_versions_are_told() {
    let (atlas, _) = library_with_junk(1, 0).await;
    let sql = open(&atlas);
    sql.execute_batch(
        "CREATE TABLE filler (bytes BLOB);
         INSERT INTO filler SELECT randomblob(4000) FROM (
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000) SELECT n FROM n);
         DROP TABLE filler;",
    )
    .unwrap();
    drop(sql);
    let compacted = atlas.json(&["db", "compact"]).await;
    let size = |name: &str| compacted[name].as_u64().unwrap();
    assert!(size("before_bytes") > 8_000_000, "{compacted}");
    assert!(size("after_bytes") < 2_500_000, "{compacted}");
    let before = atlas.json(&["db", "migrate", "--dry-run"]).await;
    assert_eq!(before["files"][0]["pending"], json!([]), "{before}");
    let _server = atlas.serve().await;
    assert_eq!(atlas.json(&["db", "migrate"]).await, before);
}
