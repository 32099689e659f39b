//! `atlas db audit` as somebody meets it who has inherited databases: what is told, what is refused by name, and that nothing
//! is changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use legacy_databases::{Preset, generate, rusqlite};
use rstest::rstest;

use crate::support::Atlas;

/// A database as this preset makes it.
fn database(folder: &Path, preset: &str, rows: Option<u64>) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let path = folder.join(format!("{preset}.db"));
    let recipe = Preset::named(preset).unwrap().recipe(rows);
    generate(&recipe, &path, &mut |_| Ok(())).unwrap();
    path
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_told_once_bytes_are_explained_and_nothing_is_changed() {
    let atlas = Atlas::new();
    let folder = atlas.folder().join("old");
    let path = database(&folder, "predecessor-a", Some(300));
    let before = files(&folder);
    let report = atlas.json(&["db", "audit", path.to_str().unwrap()]).await;
    assert_eq!(files(&folder), before);
    assert_eq!(
        (
            &report["rows_total"],
            &report["rows_junk"],
            &report["rows_suspect"]
        ),
        (&300.into(), &300.into(), &0.into())
    );
    let reasons = report["by_reason"].as_object().unwrap();
    let met: u64 = reasons.values().map(|rows| rows["junk"].as_u64().unwrap()).sum();
    assert!(met >= 600, "each row meets two criteria: {reasons:?}");
    // Every byte of the file is somewhere.
    let bytes = report["bytes"].as_object().unwrap();
    let told: u64 = bytes.values().map(|bytes| bytes.as_u64().unwrap()).sum();
    assert_eq!(told, std::fs::metadata(&path).unwrap().len());
    let roles: BTreeMap<&str, &str> = report["files"][0]["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| {
            (
                table["name"].as_str().unwrap(),
                table["role"]["role"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(roles["content"], "content");
    assert_eq!(roles["search_index"], "copy");

    let shown = atlas.run(&["db", "audit", path.to_str().unwrap()]).await;
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(
        shown.stdout.contains("copies of content, by content_id"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains("300 rows judged: 300 junk, 0 suspect"),
        "{}",
        shown.stdout
    );
    assert!(!atlas.data_dir().exists(), "no library is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_one_report_and_what_is_no_database_is_named() {
    let atlas = Atlas::new();
    let folder = atlas.folder().join("old");
    database(&folder, "predecessor-segments", None);
    database(&folder, "mixed-inbox", Some(60));
    std::fs::write(folder.join("notes.txt"), "not a database").unwrap();
    let directory = folder.to_str().unwrap();
    let report = atlas.json(&["db", "audit", directory]).await;
    assert_eq!(report["files"].as_array().unwrap().len(), 2);
    assert_eq!(report["rows_total"], 251);
    assert!(report["bytes"]["predecessor-segments.db:transcript_segments"].is_u64());

    let notes = folder.join("notes.txt");
    let partly = atlas
        .run(&["db", "audit", directory, notes.to_str().unwrap()])
        .await;
    assert_eq!(partly.code, 3, "{partly:?}");
    assert!(
        partly.stderr.contains("notes.txt is not a SQLite database"),
        "{}",
        partly.stderr
    );
}

#[rstest]
#[case::missing(&["none.db"], 5, "there is no file")]
#[case::text(&["text.db"], 1, "is not a SQLite database")]
#[case::empty(&["empty.db"], 1, "is empty")]
#[case::no_databases(&["."], 1, "there is no SQLite database in the directory")]
#[case::no_library(&[], 5, "there is no library in")]
#[case::unknown_table(&["good.sqlite", "--table", "pages=ignore"], 2, "there is no table `pages`; there are: t")]
#[case::unknown_column(&["good.sqlite", "--table", "t=body:text"], 2, "no column `text`; it has: id, body")]
#[case::nonsense(&["good.sqlite", "--table", "t"], 2, "TABLE=ignore")]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_at_is_refused_by_name(
    #[case] arguments: &[&str],
    #[case] code: i32,
    #[case] told: &str,
) {
    let atlas = Atlas::new();
    let folder = atlas.folder().join("old");
    std::fs::create_dir_all(folder.join("nothing")).unwrap();
    std::fs::write(
        folder.join("text.db"),
        "a text that is no database, but long enough to be looked at",
    )
    .unwrap();
    std::fs::write(folder.join("empty.db"), "").unwrap();
    let good =
        rusqlite::Connection::open_with_flags(folder.join("good.sqlite"), rusqlite::OpenFlags::default())
            .unwrap();
    good.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)")
        .unwrap();
    drop(good);
    let place = |argument: &str| match argument {
        "." => folder.join("nothing").to_str().unwrap().to_owned(),
        name if name.contains('.') => folder.join(name).to_str().unwrap().to_owned(),
        other => other.to_owned(),
    };
    let arguments: Vec<String> = arguments.iter().map(|argument| place(argument)).collect();
    let mut all = vec!["db", "audit"];
    all.extend(arguments.iter().map(String::as_str));
    let finished = atlas.run(&all).await;
    assert_eq!(finished.code, code, "{finished:?}");
    assert!(finished.stderr.contains(told), "{}", finished.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_damaged_file_what_can_be_read_is_told() {
    let atlas = Atlas::new();
    let path = database(&atlas.folder().join("old"), "mixed-c", Some(200));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let finished = atlas.run(&["db", "audit", path.to_str().unwrap()]).await;
    assert_eq!(finished.code, 9, "{finished:?}");
    assert!(finished.stdout.contains("DAMAGED"), "{}", finished.stdout);
    assert!(finished.stdout.contains("rows judged"), "{}", finished.stdout);
    let refused = plan_and_apply(&atlas, &path).await;
    assert!(refused.contains("damaged"), "{refused}");
}

/// What a cleanup says about a file that it must not touch.
async fn plan_and_apply(atlas: &Atlas, path: &Path) -> String {
    let planned = atlas
        .run(&["db", "cleanup", path.to_str().unwrap(), "--json"])
        .await;
    let Ok(plan) = serde_json::from_str::<serde_json::Value>(&planned.stdout) else {
        return planned.stderr;
    };
    let run = plan["run"].as_str().unwrap();
    let applied = atlas
        .run(&["db", "cleanup", "--apply", run, "--allow-table", "content=100%"])
        .await;
    assert_ne!(applied.code, 0, "{applied:?}");
    applied.stderr
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_a_page_without_scripts_and_what_a_database_calls_itself_is_text() {
    let atlas = Atlas::new();
    let folder = atlas.folder().join("old");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("strange.db");
    let strange = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::default()).unwrap();
    strange
        .execute_batch(
            r#"CREATE TABLE "<script>alert(1)</script>" (id INTEGER PRIMARY KEY, url TEXT, content TEXT);
               INSERT INTO "<script>alert(1)</script>" VALUES (1, 'https://a.example/1', '   '), (2, 'https://a.example/2', '')"#,
        )
        .unwrap();
    drop(strange);
    let page = folder.join("report.html");
    let shown = atlas
        .run(&[
            "db",
            "audit",
            path.to_str().unwrap(),
            "--html",
            page.to_str().unwrap(),
        ])
        .await;
    assert_eq!(shown.code, 0, "{shown:?}");
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    assert!(html.contains("<strong>2</strong><span>junk</span>"), "{html}");
    for from_elsewhere in ["http://", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(from_elsewhere), "{from_elsewhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_databases_are_told_from_others() {
    let atlas = Atlas::new();
    let path = database(&atlas.folder().join("old"), "mixed-c", Some(60));
    let sound = atlas.json(&["db", "check", path.to_str().unwrap()]).await;
    assert_eq!(sound[0]["is_sound"], true, "{sound}");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[3 * 4096..4 * 4096].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let damaged = atlas.run(&["db", "check", path.to_str().unwrap()]).await;
    assert_eq!(damaged.code, 9, "{damaged:?}");
    assert!(damaged.stdout.contains("NOT SOUND"), "{}", damaged.stdout);
    let missing = atlas.run(&["db", "check", "/nowhere/at-all.db"]).await;
    assert_eq!(missing.code, 1, "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_without_rows_rows_without_files_and_remnants_of_fetches_are_told_apart() {
    const TEXT: &str = "The heron stood on the gate until the tide had gone, and the children who came along the dyke after \
        school stopped and waited with it. Nobody said a word. In the evening the warden wrote down that it had been there, \
        as it had been the day before, and that the water was low.";
    let atlas = Atlas::new();
    let root = atlas.folder().join("old/content");
    let put = |id: &str, text: &str| {
        let folder = root.join("article/2024/05/17").join(id);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("content.md"), text).unwrap();
        std::fs::write(folder.join("metadata.json"), "{}").unwrap();
    };
    put("00000000000000aa", TEXT); // named by a row
    put("ba7816bf8f01cfea", TEXT); // of the address `abc`
    put("00000000000000bb", TEXT); // nobody's
    put(
        "00000000000000cc",
        "404 Not Found\n\nThe requested URL was not found on this server.",
    );
    put("00000000000000dd", "  \n");
    std::os::unix::fs::symlink("/", root.join("everything")).unwrap();
    let path = atlas.folder().join("old/index.db");
    let index = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::default()).unwrap();
    index
        .execute_batch(&format!(
            "CREATE TABLE content_index (content_id TEXT PRIMARY KEY, url TEXT, file_path TEXT, search_text TEXT);
             INSERT INTO content_index VALUES
                 ('a', 'https://a.example/1', 'content/article/2024/05/17/00000000000000aa/content.md', '{TEXT}'),
                 ('b', 'abc', NULL, '{TEXT} It was low.'),
                 ('c', 'https://a.example/3', 'content/article/2024/05/17/00000000000000ff/content.md', '{TEXT} Really.');"
        ))
        .unwrap();
    drop(index);
    let report = atlas
        .json(&[
            "db",
            "audit",
            path.to_str().unwrap(),
            "--files",
            root.to_str().unwrap(),
        ])
        .await;
    let tree = &report["tree"];
    let files: Vec<u64> = ["with_row", "without_row", "failed", "empty", "other"]
        .iter()
        .map(|class| tree[*class]["files"].as_u64().unwrap())
        .collect();
    assert_eq!(files, [2, 1, 1, 1, 5], "{tree}");
    assert_eq!(
        (&tree["rows_with_place"], &tree["rows_without_file"]),
        (&2.into(), &1.into())
    );
    let shown = atlas
        .run(&[
            "db",
            "audit",
            path.to_str().unwrap(),
            "--files",
            root.to_str().unwrap(),
        ])
        .await;
    assert!(
        shown.stdout.contains("1 of 2 rows that name a file have lost it"),
        "{}",
        shown.stdout
    );
    let wrong = atlas
        .run(&[
            "db",
            "audit",
            path.to_str().unwrap(),
            "--files",
            path.to_str().unwrap(),
        ])
        .await;
    assert!(
        wrong.code == 2 && wrong.stderr.contains("is no directory"),
        "{wrong:?}"
    );
}
