//! `atlas db cleanup` and `atlas db undo` on databases that somebody inherited: refused where it is not safe, identical
//! after a crash, and taken back byte for byte.

use std::path::{Path, PathBuf};

use atlas_store::maintenance::cleaning::TableHashes;
use atlas_store::maintenance::{Depth, Looking, Snapshot};
use legacy_databases::{Preset, Recipe, generate, rusqlite};
use rstest::rstest;
use serde_json::Value;

use crate::support::{Atlas, Finished};

fn database(atlas: &Atlas, preset: &str, rows: Option<u64>) -> PathBuf {
    let folder = atlas.folder().join("old");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{preset}.db"));
    let recipe = Preset::named(preset).unwrap().recipe(rows);
    generate(&Recipe { seed: 3, ..recipe }, &path, &mut |_| Ok(())).unwrap();
    path
}

fn holds(path: &Path) -> TableHashes {
    let snapshot = Snapshot::open(path, Looking::default()).unwrap();
    let integrity = snapshot.integrity(Depth::Full, 10).unwrap();
    assert_eq!(integrity.findings, Vec::<String>::new());
    TableHashes::of(&snapshot, &snapshot.tables().unwrap(), &mut |_| {}).unwrap()
}

async fn plan(atlas: &Atlas, path: &Path) -> Value {
    atlas.json(&["db", "cleanup", path.to_str().unwrap()]).await
}

/// The arguments that carry a plan out, whatever it takes.
fn apply(plan: &Value) -> Vec<String> {
    let mut arguments: Vec<String> = ["db", "cleanup", "--batch-rows", "20", "--apply"]
        .map(str::to_owned)
        .to_vec();
    arguments.push(plan["run"].as_str().unwrap().to_owned());
    for table in plan["tables"].as_array().unwrap() {
        arguments.push("--allow-table".to_owned());
        arguments.push(format!("{}=100%", table["name"].as_str().unwrap()));
    }
    arguments
}

async fn run(atlas: &Atlas, arguments: &[String]) -> Finished {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    atlas.run(&arguments).await
}

async fn report(atlas: &Atlas, arguments: &[String]) -> Value {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    atlas.json(&arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_emptied_only_where_somebody_says_so_and_everything_comes_back() {
    let atlas = Atlas::new();
    let path = database(&atlas, "predecessor-a", Some(300));
    let (bytes, before) = (std::fs::read(&path).unwrap(), holds(&path));
    let plan = plan(&atlas, &path).await;
    assert_eq!(plan["rows"], 300);
    let name = plan["run"].as_str().unwrap();

    let refused = atlas.run(&["db", "cleanup", "--apply", name]).await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("300 of the 300 rows of `content`"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("--allow-table 'content=100%'"),
        "{}",
        refused.stderr
    );
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "not a byte is changed");
    assert!(!Path::new(plan["backup"].as_str().unwrap()).exists());

    let done = atlas
        .json(&["db", "cleanup", "--apply", name, "--allow-table", "content=100%"])
        .await;
    assert_eq!(
        (&done["removed"], &done["followed"], &done["kept"]),
        (&300.into(), &300.into(), &0.into())
    );
    assert_eq!(done["bytes_before"], bytes.len());
    assert!(done["bytes_after"].as_u64().unwrap() <= 24 * 1024, "{done}");
    assert_eq!(holds(Path::new(done["backup"].as_str().unwrap())), before);

    let undone = atlas.json(&["db", "undo", name]).await;
    assert_eq!(undone["restored"], 600);
    assert_eq!(undone["is_as_before"], true);
    assert_eq!(holds(&path), before);
    let again = atlas.run(&["db", "cleanup", "--apply", name]).await;
    assert!(
        again.code != 0 && again.stderr.contains("carried out already"),
        "{again:?}"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_variant_is_cleaned_up_and_taken_back(
    #[values(
        "mixed-a",
        "mixed-b",
        "mixed-c",
        "mixed-d",
        "mixed-segments",
        "mixed-search",
        "mixed-index",
        "mixed-inbox",
        "mixed-strange"
    )]
    preset: &str,
) {
    let atlas = Atlas::new();
    let path = database(&atlas, preset, Some(120));
    let before = holds(&path);
    let plan = plan(&atlas, &path).await;
    let done = report(&atlas, &apply(&plan)).await;
    assert_eq!(done["removed"], plan["rows"], "{done}");
    assert!(done["removed"].as_u64().unwrap() > 0, "{done}");
    assert_eq!(done["left"], serde_json::json!([]));
    let undone = atlas.json(&["db", "undo", plan["run"].as_str().unwrap()]).await;
    assert_eq!(undone["conflicts"], serde_json::json!([]));
    assert_eq!(undone["is_as_before"], true, "{undone}");
    assert_eq!(holds(&path), before);
}

#[rstest]
#[case::idle_on_a_log("PRAGMA journal_mode = WAL; SELECT count(*) FROM content")]
#[case::idle_with_a_journal("SELECT count(*) FROM content")]
#[case::writing("BEGIN IMMEDIATE")]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_process_has_open_is_left_alone(#[case] use_it: &str) {
    let atlas = Atlas::new();
    let path = database(&atlas, "mixed-c", Some(60));
    let planned = plan(&atlas, &path).await;
    let peer = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::default()).unwrap();
    for statement in use_it.split(';') {
        let mut statement = peer.prepare(statement).unwrap();
        let mut rows = statement.query([]).unwrap();
        while rows.next().unwrap().is_some() {}
    }
    let refused = run(&atlas, &apply(&planned)).await;
    assert_eq!(refused.code, 6, "{refused:?}");
    assert!(refused.stderr.contains("is in use by"), "{}", refused.stderr);
    let own = std::process::id().to_string();
    assert!(
        refused.stderr.contains(&own) || use_it.contains("BEGIN"),
        "{}",
        refused.stderr
    );
    if !peer.is_autocommit() {
        peer.execute_batch("COMMIT").unwrap();
    }
    peer.execute_batch("UPDATE content SET title = 'edited by its owner' WHERE rowid = 2")
        .unwrap();
    drop(peer);
    let done = report(&atlas, &apply(&planned)).await;
    assert_eq!(done["changed_since"], serde_json::json!(["content"]), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_edited_is_refused() {
    let atlas = Atlas::new();
    let path = database(&atlas, "mixed-c", Some(60));
    let before = std::fs::read(&path).unwrap();
    let planned = plan(&atlas, &path).await;
    let rows = Path::new(planned["plan"].as_str().unwrap()).with_file_name("rows.jsonl");
    let mut text = std::fs::read_to_string(&rows).unwrap();
    text.push_str(&text.lines().next().unwrap().replace("\"rowid\":", "\"rowid\":1"));
    std::fs::write(&rows, text).unwrap();
    let refused = run(&atlas, &apply(&planned)).await;
    assert!(
        refused.code != 0 && refused.stderr.contains("not those that were planned"),
        "{refused:?}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_row_comes_back_alone_and_what_is_in_the_way_is_told() {
    let atlas = Atlas::new();
    let path = database(&atlas, "predecessor-a", Some(40));
    let planned = plan(&atlas, &path).await;
    report(&atlas, &apply(&planned)).await;
    let name = planned["run"].as_str().unwrap();
    let one = atlas.json(&["db", "undo", name, "--row", "content:7"]).await;
    assert_eq!(
        (&one["restored"], &one["is_as_before"]),
        (&2.into(), &false.into())
    );
    let owner = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::default()).unwrap();
    owner
        .execute_batch("INSERT INTO content (id, title) VALUES (8, 'mine')")
        .unwrap();
    drop(owner);
    let all = atlas.run(&["db", "undo", name, "--json"]).await;
    assert_eq!(all.code, 3, "{all:?}");
    let all: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(all["conflicts"].as_array().unwrap().len(), 1, "{all}");
    assert_eq!(all["conflicts"][0]["key"], serde_json::json!({ "rowid": 8 }));
}

#[cfg(feature = "failpoints")]
#[rstest]
#[case("cleaning::backup_written=return")]
#[case("cleaning::in_vault=1*off->return")]
#[case("cleaning::vault_committed=return")]
#[case("cleaning::in_batch=1*off->return")]
#[case("cleaning::batch_committed=return")]
#[case("cleaning::compact_copied=return")]
#[tokio::test(flavor = "multi_thread")]
async fn a_cleanup_that_was_cut_short_at_a_step_comes_to_the_same_end(#[case] step: &str) {
    for preset in ["mixed-a", "mixed-d", "mixed-search"] {
        let (undisturbed, disturbed) = (Atlas::new(), Atlas::new());
        let (one, two) = (
            database(&undisturbed, preset, Some(100)),
            database(&disturbed, preset, Some(100)),
        );
        let planned = plan(&undisturbed, &one).await;
        report(&undisturbed, &apply(&planned)).await;

        let planned = plan(&disturbed, &two).await;
        let arguments = apply(&planned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let died = disturbed.run_with(&arguments, &[("FAILPOINTS", step)]).await;
        assert!(died.code < 0 || died.code == 134, "{step} in {preset}: {died:?}");
        holds_after_crash(&two);
        report(&disturbed, &apply(&planned)).await;
        assert_eq!(holds(&two), holds(&one), "{step} in {preset}");
    }
}

/// `ATLAS_ROUNDS` kills for all variants together; 20 without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_cleanup_that_is_killed_at_any_moment_comes_to_the_same_end() {
    const PRESETS: [&str; 5] = ["mixed-a", "mixed-b", "mixed-c", "mixed-d", "mixed-search"];
    let rounds = crate::kills::rounds(20);
    for (number, preset) in PRESETS.iter().enumerate() {
        let atlas = Atlas::new();
        let undisturbed = database(&atlas, preset, Some(60));
        let planned = plan(&atlas, &undisturbed).await;
        let began = tokio::time::Instant::now();
        report(&atlas, &apply(&planned)).await;
        let took = began.elapsed();
        for round in (number..rounds).step_by(PRESETS.len()) {
            let atlas = Atlas::new();
            let path = database(&atlas, preset, Some(60));
            let before = holds(&path);
            let planned = plan(&atlas, &path).await;
            let arguments = apply(&planned);
            // Spread over the whole run, the moments differ from round to round.
            let moment = took.mul_f64(((round as f64) * 0.618_034).fract() * 1.1);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let mut child = atlas.spawn(&arguments);
            tokio::time::sleep(moment).await;
            child.kill().unwrap();
            child.wait().unwrap();
            holds_after_crash(&path);
            let again = run(&atlas, &apply(&planned)).await;
            assert!(
                again.code == 0 || again.stderr.contains("carried out already"),
                "{preset} after {moment:?}: {again:?}"
            );
            assert_eq!(holds(&path), holds(&undisturbed), "{preset} after {moment:?}");
            let undone = atlas
                .json(&["db", "undo", planned["run"].as_str().unwrap()])
                .await;
            assert_eq!(
                undone["is_as_before"], true,
                "{preset} after {moment:?}: {undone}"
            );
            assert_eq!(holds(&path), before);
        }
    }
}

/// What a killed process leaves is sound, once SQLite has recovered it: looked at in a copy, so that the run has to do
/// that by itself.
fn holds_after_crash(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(path, &copy).unwrap();
    let journal = |path: &Path| PathBuf::from(format!("{}-journal", path.display()));
    if journal(path).exists() {
        std::fs::copy(journal(path), journal(&copy)).unwrap();
    }
    let opened = rusqlite::Connection::open_with_flags(&copy, rusqlite::OpenFlags::default()).unwrap();
    let sound: String = opened
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}

/// 256 MB, half of it in rows that go. What is held in memory does not grow with it.
#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_small_whatever_the_size_of_the_file() {
    const MOST_KIB: u64 = 100 * 1024;
    let atlas = Atlas::new();
    let path = atlas.folder().join("large.db");
    let made = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::default()).unwrap();
    made.execute_batch(
        "PRAGMA synchronous = OFF;
         CREATE TABLE content (id INTEGER PRIMARY KEY, url TEXT, content TEXT, raw BLOB);
         INSERT INTO content WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 512)
             SELECT i, 'https://site.example/' || i, CASE i % 2 WHEN 0 THEN ' ' ELSE 'The heron stood on the gate of the field '
                 || i || ' times, and nobody who came along the road in the morning could say what it had waited for there.' END,
                 randomblob(500000) FROM n;",
    )
    .unwrap();
    drop(made);
    let (planned, peak_kib) = watched(&atlas, &["db", "cleanup", path.to_str().unwrap(), "--json"]).await;
    assert!(peak_kib < MOST_KIB, "planning took {peak_kib} KiB");
    let planned: Value = serde_json::from_str(&planned).unwrap();
    assert_eq!(planned["rows"], 256, "{planned}");
    let mut arguments = apply(&planned);
    arguments.push("--json".to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (done, peak_kib) = watched(&atlas, &arguments).await;
    assert!(peak_kib < MOST_KIB, "the cleanup took {peak_kib} KiB");
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done["removed"], 256);
    assert!(
        done["bytes_after"].as_u64().unwrap() * 10 < done["bytes_before"].as_u64().unwrap() * 6,
        "{done}"
    );
}

/// What a command prints, and the most memory that it was seen to hold.
async fn watched(atlas: &Atlas, arguments: &[&str]) -> (String, u64) {
    let mut child = atlas.spawn(arguments);
    let mut stdout = child.stdout.take().unwrap();
    let reading = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut text).unwrap();
        text
    });
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    while child.try_wait().unwrap().is_none() {
        // It only grows, so that the last look before the end says nearly all.
        let status = std::fs::read_to_string(&status_file).unwrap_or_default();
        let held = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let held = held.and_then(|held| held.trim().trim_end_matches(" kB").trim().parse().ok());
        peak_kib = peak_kib.max(held.unwrap_or(0));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    (reading.await.unwrap(), peak_kib)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_of_atlas_is_no_foreign_file_and_an_unknown_run_is_named() {
    let atlas = Atlas::new();
    let site = crate::support::Site::start().await;
    atlas
        .add(&site.put("/heron", crate::support::article("heron", "heron")))
        .await;
    let library = atlas.data_dir().join("library.db");
    let refused = atlas.run(&["db", "cleanup", library.to_str().unwrap()]).await;
    assert!(
        refused.code != 0 && refused.stderr.contains("is a database of Atlas"),
        "{refused:?}"
    );
    let audited = atlas.run(&["db", "audit"]).await;
    assert_eq!(audited.code, 0, "{audited:?}");
    for arguments in [
        ["db", "undo", "nothing"].as_slice(),
        &["db", "cleanup", "--apply", "nothing"],
    ] {
        let unknown = atlas.run(arguments).await;
        assert_eq!(unknown.code, 5, "{unknown:?}");
        assert!(
            unknown.stderr.contains("there is no run `nothing`"),
            "{}",
            unknown.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_compacted_without_a_row_being_touched() {
    let atlas = Atlas::new();
    let path = database(&atlas, "mixed-a", Some(300));
    let sql = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::default()).unwrap();
    sql.execute_batch("CREATE TABLE filler AS SELECT zeroblob(1000000) AS bytes; DROP TABLE filler;")
        .unwrap();
    drop(sql);
    let before = holds(&path);
    let size = std::fs::metadata(&path).unwrap().len();
    let compacted = atlas.json(&["db", "compact", path.to_str().unwrap()]).await;
    assert_eq!(compacted["before_bytes"], size);
    assert!(
        compacted["after_bytes"].as_u64().unwrap() + 900_000 < size,
        "{compacted}"
    );
    assert_eq!(holds(&path), before);
    let missing = atlas.run(&["db", "compact", "none.db"]).await;
    assert_eq!(missing.code, 1, "{missing:?}");
}
