//! The file in which the server keeps what it knows of health and alerts is damaged, newer or older: it is put aside
//! whole, told once, and begun anew, or carried over; either way the server goes on telling.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rstest::rstest;

use crate::support::{Atlas, Door, PATIENCE, Receiver, Watched, deliveries, eventually, incidents};

#[rstest]
#[case::truncated(Harm::CutInHalf)]
#[case::zeroed(Harm::Zeroed)]
#[case::noise(Harm::Noise)]
#[case::newer(Harm::Newer)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_is_put_aside_and_the_server_goes_on_telling(#[case] harm: Harm) {
    let (atlas, door, hook) = with_an_incident().await;
    let ops = atlas.data_dir().join("ops.db");
    harm.do_to(&ops);
    let harmed = std::fs::read(&ops).unwrap();

    let server = atlas.serve().await;
    let aside = set_aside(&atlas);
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert!(
        std::fs::read(&aside[0]).unwrap() == harmed,
        "as it was, for whoever wants to look"
    );
    assert_eq!(aside[0].metadata().unwrap().len(), harmed.len() as u64);
    // It fails still, which is news to a server that has forgotten everything.
    eventually(PATIENCE, "it is told anew", async || hook.accepted().len() == 2).await;
    door.open();
    hook.hears("resolved").await;
    assert_eq!(hook.of_door().len(), 3);
    assert_eq!(server.terminate().await, 0);

    let server = atlas.serve().await;
    assert_eq!(set_aside(&atlas).len(), 1, "once");
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

/// As it was before there were alerts.
const MAKE_OLDER: &str = "
known = ['writer_mark', 'process_run', 'index_guard', 'library_seen', 'breaker', 'breaker_set_aside', 'schema_migration']
names = [row[0] for row in file.execute(\"SELECT name FROM sqlite_master WHERE type = 'table'\")]
for name in names:
    if name not in known and not name.startswith('sqlite_'):
        file.execute(f'DROP TABLE {name}')
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
    eventually(PATIENCE, "it is known that it arrived", async || {
        let told = deliveries(&atlas, Door::NAME, "hook").await;
        told.iter().any(|delivery| delivery["state"] == "sent")
    })
    .await;
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

fn size_of(file: &Path) -> usize {
    std::fs::metadata(file).unwrap().len() as usize
}

/// What has happened to the file.
enum Harm {
    CutInHalf,
    Zeroed,
    Noise,
    Newer,
}

impl Harm {
    fn do_to(&self, file: &Path) {
        let (size, open) = (
            size_of(file),
            std::fs::OpenOptions::new().write(true).open(file).unwrap(),
        );
        let mut random = fastrand::Rng::with_seed(3);
        match self {
            Self::CutInHalf => open.set_len(size as u64 / 2).unwrap(),
            Self::Zeroed => open.write_all_at(&vec![0; size], 0).unwrap(),
            Self::Noise => {
                let noise: Vec<u8> = (0..size).map(|_| random.u8(..)).collect();
                open.write_all_at(&noise, 0).unwrap();
            }
            // `user_version` in SQLite's header, big-endian.
            Self::Newer => open.write_all_at(&99_u32.to_be_bytes(), 60).unwrap(),
        }
    }
}
