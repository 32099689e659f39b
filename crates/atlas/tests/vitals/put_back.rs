//! An older copy of what the server knows is put back: what it wanted to have sent long ago is not sent, what was open
//! then is closed, and what is wrong now is found and told anew. A directory that was only moved loses nothing.

use std::path::Path;
use std::process::Command;

use rstest::rstest;

use crate::support::{Atlas, Door, PATIENCE, Receiver, Reply, Watched, deliveries, eventually, incidents};

/// A server that was killed while it tried to tell of an incident, and the message that did not arrive.
async fn killed_with_a_message_on_its_way() -> (Atlas, Door, Receiver, String) {
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
    (atlas, door, hook, id)
}

#[derive(Clone, Copy)]
enum Return {
    /// The one file, beside what later servers have left.
    OfTheFile,
    /// Everything, after a few hours.
    OfTheDirectory,
}

#[rstest]
#[case::the_file(Return::OfTheFile)]
#[case::the_directory(Return::OfTheDirectory)]
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_from_a_copy_is_not_sent_and_what_is_wrong_now_is_told(#[case] what: Return) {
    let (atlas, door, hook, id) = killed_with_a_message_on_its_way().await;
    let (data, copy) = (atlas.data_dir(), atlas.folder().join("copy"));
    shell(&format!("cp -a '{}' '{}'", data.display(), copy.display()));
    hook.answers(Reply::status(204));
    let server = atlas.serve().await;
    hook.hears("firing").await;
    door.open();
    hook.hears("resolved").await;
    assert_eq!(server.terminate().await, 0);
    let before = hook.accepted().len();

    let (data, copy) = (data.display(), copy.display());
    match what {
        Return::OfTheFile => shell(&format!(
            "rm '{data}'/ops.db*; cp -a '{copy}'/ops.db* '{data}'; rm '{data}'/ops.db-shm"
        )),
        Return::OfTheDirectory => {
            age(&atlas.folder().join("copy").join("ops.db"));
            shell(&format!("rm -r '{data}'; cp -a '{copy}' '{data}'"));
        }
    }
    let server = atlas.start(&["serve", "--bind", "127.0.0.1:0"]);
    let looks = door.looks();
    eventually(PATIENCE, "it is looked at", async || door.looks() > looks + 3).await;
    let old = incidents(&atlas, Door::NAME).await;
    assert_eq!(old.len(), 1, "{old:#?}");
    let id_of_incident = old[0]["id"].as_str().unwrap();
    let old = atlas
        .get(&format!("/api/v1/alerts/{id_of_incident}"))
        .await
        .unwrap();
    assert_eq!(old["end"], "removed", "{old:#}");
    let states = deliveries(&atlas, Door::NAME, "hook").await;
    assert!(
        states
            .iter()
            .all(|delivery| delivery["state"] == "expired_by_restore"),
        "{states:#?}"
    );
    assert_eq!(hook.accepted().len(), before, "nothing old is sent");

    door.close();
    let anew = eventually_newer(&hook, before).await;
    assert_ne!(anew, id, "a message of its own");
    let ended = server.interrupt().await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(
        ended
            .stderr
            .matches("ops.db is an older copy that was put back")
            .count(),
        1,
        "{}",
        ended.stderr
    );
}

/// It is a copy too, but no old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_was_moved_loses_no_message() {
    let (atlas, _door, hook, id) = killed_with_a_message_on_its_way().await;
    let data = atlas.data_dir();
    let data = data.display();
    shell(&format!(
        "cp -a '{data}' '{data}-moved' && rm -r '{data}' && cp -a '{data}-moved' '{data}'"
    ));
    hook.answers(Reply::status(204));
    let server = atlas.serve().await;
    let first = hook.hears("firing").await;
    assert_eq!(first.id(), id);
    assert_eq!(server.terminate().await, 0);
}

async fn eventually_newer(hook: &Receiver, before: usize) -> String {
    eventually(PATIENCE, "what is wrong now is told", async || {
        hook.accepted().len() > before
    })
    .await;
    hook.accepted()[before].id()
}

/// As if it had been left three hours ago.
fn age(file: &Path) {
    let script = "import sqlite3, sys; file = sqlite3.connect(sys.argv[1], isolation_level=None); \
                  file.execute('UPDATE timeline SET wall = wall - 10800000')";
    let output = Command::new("/usr/bin/python3")
        .args(["-c", script])
        .arg(file)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn shell(script: &str) {
    let output = Command::new("/bin/sh").args(["-ec", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
}
