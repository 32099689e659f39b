//! The file in which the server keeps what it knows of health and alerts is damaged, newer or older: it is put aside
//! whole, told once, and begun anew with what can be read of it, or carried over; either way the server goes on telling.

use std::path::{Path, PathBuf};

use rstest::rstest;
use serde_json::Value;

use crate::support::{Atlas, Door, PATIENCE, Receiver, Reply, Watched, deliveries, eventually, incidents};

/// A message is on its way when the server is killed, and its file is harmed: it is told all the same, under its id where
/// that can still be read, and who looks into the log or the inbox knows what was not saved.
#[rstest]
#[case::truncated(Harm::CutInHalf)]
#[case::zeroed(Harm::Zeroed)]
#[case::noise_everywhere(Harm::Noise)]
#[case::noise_in_the_middle(Harm::NoiseInTheMiddle)]
#[case::noise_where_messages_lie(Harm::NoiseWhereMessagesLie)]
#[case::newer(Harm::Newer)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_is_told_or_named_when_the_file_cannot_be_used(#[case] harm: Harm) {
    let Pending {
        atlas,
        door,
        hook,
        id,
    } = with_a_message_on_its_way().await;
    let ops = atlas.data_dir().join("ops.db");
    work_in_the_log(&atlas);
    harm.do_to(&ops, &id);
    let harmed = std::fs::read(&ops).unwrap();
    hook.answers(Reply::status(204));

    let server = atlas.start(&["serve", "--bind", "127.0.0.1:0"]);
    let first = hook.hears("firing").await;
    is_known_to_have_arrived(&atlas).await;
    let aside = set_aside(&atlas);
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert!(
        std::fs::read(&aside[0]).unwrap() == harmed,
        "as it was, for whoever wants to look"
    );
    let words = words(&atlas).await;
    assert_eq!(words.len(), 1, "{words:#?}");
    door.open();
    hook.hears("resolved").await;
    assert_eq!(hook.accepted().len(), 2, "the beginning once, and the end");
    let ended = server.interrupt().await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);

    let log = ended.stderr;
    assert_eq!(log.matches("set aside and begun anew").count(), 1, "{log}");
    let why = words[0]["why"].as_str().unwrap();
    let name = aside[0].file_name().unwrap().to_str().unwrap();
    assert!(why.contains(name), "{why}");
    match harm {
        Harm::Newer => {
            assert_eq!(first.id(), id, "a receiver knows it again");
            assert!(why.contains(", 1 message, 1 notice"), "{why}");
        }
        Harm::NoiseWhereMessagesLie => {
            assert_ne!(first.id(), id, "it cannot be the same");
            assert!(why.contains("1 notice told in new messages"), "{why}");
        }
        Harm::Zeroed | Harm::Noise => assert!(why.contains("nothing of it could be read"), "{why}"),
        Harm::CutInHalf | Harm::NoiseInTheMiddle => {
            let is_named = log.contains("lost with a damaged ops.db")
                || why.contains("there may have been more")
                || why.contains("nothing of it could be read");
            assert!(first.id() == id || is_named, "{log}");
        }
    }
    let server = atlas.serve().await;
    assert_eq!(set_aside(&atlas).len(), 1, "once");
    assert_eq!(self::words(&atlas).await.len(), 1, "once");
    assert_eq!(server.terminate().await, 0);
}

/// What was told, and fails still, is no news.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_before_a_newer_atlas_had_the_file_is_not_told_again() {
    let (atlas, door, hook) = with_an_incident().await;
    let before = incidents_while_served(&atlas).await;
    Harm::Newer.do_to(&atlas.data_dir().join("ops.db"), "");

    let (server, looks) = (atlas.serve().await, door.looks());
    eventually(PATIENCE, "it is looked at again", async || {
        door.looks() > looks + 4
    })
    .await;
    assert_eq!(set_aside(&atlas).len(), 1);
    assert_eq!(hook.of_door().len(), 1, "no news");
    let after = incidents(&atlas, Door::NAME).await;
    assert_eq!(after.len(), 1, "{after:#?}");
    for field in ["id", "started_at", "state", "severity", "deliveries"] {
        assert_eq!(after[0][field], before[0][field], "{field}");
    }
    door.open();
    hook.hears("resolved").await;
    assert_eq!(hook.of_door().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

/// Of which nothing can be read tells nothing of what was told before: what fails still is news.
#[rstest]
#[case::zeroed(Harm::Zeroed)]
#[case::noise(Harm::Noise)]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_forgotten_everything_goes_on_telling(#[case] harm: Harm) {
    let (atlas, door, hook) = with_an_incident().await;
    harm.do_to(&atlas.data_dir().join("ops.db"), "");

    let server = atlas.serve().await;
    eventually(PATIENCE, "it is told anew", async || hook.accepted().len() == 2).await;
    door.open();
    hook.hears("resolved").await;
    assert_eq!(hook.of_door().len(), 3);
    assert_eq!(server.terminate().await, 0);
}

/// What an older Atlas left behind is carried over with all that is known.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_older_atlas_is_carried_over() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    for _ in 0..2 {
        assert_eq!(atlas.serve().await.terminate().await, 0);
    }
    assert_eq!(in_python(&atlas, MAKE_OLDER), "2 runs, version 3");

    let server = atlas.serve().await;
    assert!(set_aside(&atlas).is_empty());
    door.close();
    hook.hears("firing").await;
    assert_eq!(incidents(&atlas, Door::NAME).await.len(), 1);
    assert_eq!(server.terminate().await, 0);
    let now = in_python(&atlas, "");
    assert!(
        now.starts_with("3 runs, version ") && !now.ends_with(" 3"),
        "{now}"
    );
}

/// What was on its way when an older Atlas was killed is told by this one, under its id.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_atlas_had_on_its_way_is_told_under_its_id() {
    let Pending {
        atlas,
        door,
        hook,
        id,
    } = with_a_message_on_its_way().await;
    assert_eq!(in_python(&atlas, MAKE_A_LITTLE_OLDER), "1 runs, version 4");
    hook.answers(Reply::status(204));

    let server = atlas.serve().await;
    let first = hook.hears("firing").await;
    assert_eq!(first.id(), id, "a receiver knows it again");
    assert!(set_aside(&atlas).is_empty());
    is_known_to_have_arrived(&atlas).await;
    assert_eq!(words(&atlas).await.len(), 0, "there is nothing to say of it");
    assert_eq!(incidents(&atlas, Door::NAME).await.len(), 1);
    door.open();
    hook.hears("resolved").await;
    assert_eq!(hook.accepted().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

/// As it was when there were alerts, and nobody called by himself.
const MAKE_A_LITTLE_OLDER: &str = "
for name in ['heartbeat', 'file_check', 'file_life']:
    file.execute(f'DROP TABLE IF EXISTS {name}')
file.execute('ALTER TABLE breaker DROP COLUMN open_since')
file.execute('DELETE FROM schema_migration WHERE version > 4')
file.execute('PRAGMA user_version = 4')
";

/// As it was before there were alerts.
const MAKE_OLDER: &str = "
known = ['writer_mark', 'process_run', 'index_guard', 'library_seen', 'breaker', 'breaker_set_aside', 'schema_migration']
names = [row[0] for row in file.execute(\"SELECT name FROM sqlite_master WHERE type = 'table'\")]
for name in names:
    if name not in known and not name.startswith('sqlite_'):
        file.execute(f'DROP TABLE {name}')
file.execute('ALTER TABLE breaker DROP COLUMN open_since')
file.execute('DELETE FROM schema_migration WHERE version > 3')
file.execute('PRAGMA user_version = 3')
";

/// Does something to the file, and says how many runs it knows and of which version it is.
fn in_python(atlas: &Atlas, script: &str) -> String {
    let script = format!(
        "import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
{script}
runs = file.execute('SELECT count(*) FROM process_run').fetchone()[0]
version = file.execute('PRAGMA user_version').fetchone()[0]
print(f'{{runs}} runs, version {{version}}')
"
    );
    let mut python = std::process::Command::new("/usr/bin/python3");
    let output = python
        .args(["-c", &script])
        .arg(atlas.data_dir().join("ops.db"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A server that was killed while it tried to tell of an incident.
struct Pending {
    atlas: Atlas,
    door: Door,
    hook: Receiver,
    /// The message that did not arrive.
    id: String,
}

async fn with_a_message_on_its_way() -> Pending {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    hook.answers(Reply::status(503));
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    let id = hook.hears_at_least(1).await[0].id();
    server.kill();
    Pending {
        atlas,
        door,
        hook,
        id,
    }
}

async fn is_known_to_have_arrived(atlas: &Atlas) {
    eventually(PATIENCE, "it is known that it arrived", async || {
        let told = deliveries(atlas, Door::NAME, "hook").await;
        told.iter().any(|delivery| delivery["state"] == "sent")
    })
    .await;
}

/// What the inbox says of a file that was set aside.
async fn words(atlas: &Atlas) -> Vec<Value> {
    let inbox = atlas.get("/api/v1/inbox?limit=500").await.unwrap();
    let all = inbox["notices"].as_array().unwrap_or_else(|| panic!("{inbox}"));
    let is_word = |notice: &&Value| notice["title"].as_str().unwrap().contains("set aside");
    all.iter().filter(is_word).cloned().collect()
}

/// The incidents of a server that is started for that alone.
async fn incidents_while_served(atlas: &Atlas) -> Vec<Value> {
    let server = atlas.serve().await;
    let found = incidents(atlas, Door::NAME).await;
    assert_eq!(server.terminate().await, 0);
    found
}

/// What a killed server has left in the log comes into the file, so that the harm meets it there.
fn work_in_the_log(atlas: &Atlas) {
    in_python(
        atlas,
        "file.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()",
    );
}

/// A server that has told of an incident and is not running.
async fn with_an_incident() -> (Atlas, Door, Receiver) {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    is_known_to_have_arrived(&atlas).await;
    assert_eq!(server.terminate().await, 0);
    (atlas, door, hook)
}

fn set_aside(atlas: &Atlas) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(atlas.data_dir()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("ops.db.set-aside-") && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .collect()
}

/// What has happened to the file.
enum Harm {
    CutInHalf,
    Zeroed,
    Noise,
    NoiseInTheMiddle,
    NoiseWhereMessagesLie,
    Newer,
}

const PAGE_BYTES: usize = 4_096;

impl Harm {
    /// `id` is that of a message.
    fn do_to(&self, file: &Path, id: &str) {
        let mut bytes = std::fs::read(file).unwrap();
        let size = bytes.len();
        let mut random = fastrand::Rng::with_seed(3);
        match self {
            Self::CutInHalf => bytes.truncate(size / 2),
            Self::Zeroed => bytes.fill(0),
            Self::Noise => random.fill(&mut bytes),
            Self::NoiseInTheMiddle => random.fill(&mut bytes[size / 3..size * 2 / 3]),
            Self::NoiseWhereMessagesLie => {
                let text = format!("{{\"id\":\"{id}\"");
                let holds =
                    |page: &&mut [u8]| page.windows(text.len()).any(|window| window == text.as_bytes());
                bytes
                    .chunks_mut(PAGE_BYTES)
                    .filter(holds)
                    .for_each(|page| random.fill(page));
            }
            // `user_version` in SQLite's header, big-endian.
            Self::Newer => bytes[60..64].copy_from_slice(&99_u32.to_be_bytes()),
        }
        std::fs::write(file, bytes).unwrap();
    }
}
