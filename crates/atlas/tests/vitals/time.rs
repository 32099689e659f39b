//! The clock on the wall is put forward, back, or to its beginning under a running server: nothing is told too soon,
//! too late or again because of it, and every check goes on.

use std::path::PathBuf;

use rstest::rstest;

use crate::support::{Door, PATIENCE, Receiver, Watched, deliveries, eventually, incidents};

#[rstest]
#[case::an_hour_forward("+1h")]
#[case::an_hour_back("-1h")]
#[case::a_year_forward("+1y")]
#[case::to_its_beginning("-56y")]
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_neither_hastens_nor_delays_anything(#[case] jump: &str) {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let watched = Watched::new().check(door.check()).channel(hook.channel("hook"));
    let atlas = watched.atlas();
    let shift = atlas.folder().join("shift");
    std::fs::write(&shift, "+0").unwrap();
    let atlas = atlas
        .with("LD_PRELOAD", library().to_str().unwrap())
        .with("FAKETIME_TIMESTAMP_FILE", shift.to_str().unwrap())
        .with("FAKETIME_NO_CACHE", "1")
        .with("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    eventually(PATIENCE, "it is known that it arrived", async || {
        let told = deliveries(&atlas, Door::NAME, "hook").await;
        told.iter().any(|delivery| delivery["state"] == "sent")
    })
    .await;

    std::fs::write(&shift, jump).unwrap();
    let looks = door.looks();
    eventually(PATIENCE, "it is looked at as before", async || {
        door.looks() > looks + 4
    })
    .await;
    // Reminders come after an hour, what is given up is a day or three old, and what is not heard of becomes stale.
    assert_eq!(hook.heard().len(), 1, "{:?}", hook.heard());
    assert_eq!(incidents(&atlas, Door::NAME).await[0]["state"], "firing");

    door.open();
    hook.hears("resolved").await;
    assert_eq!(server.terminate().await, 0);

    // The next process begins with another clock than the one before it ended with.
    std::fs::write(&shift, "+0").unwrap();
    let server = atlas.serve().await;
    door.close();
    eventually(PATIENCE, "the next one is told", async || {
        hook.accepted().len() == 3
    })
    .await;
    assert_eq!(hook.of_door().len(), 3);
    assert_eq!(server.terminate().await, 0);
}

/// What shifts the clock of a process, from Debian's package faketime.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found = folders.map(|folder| folder.join("faketime/libfaketime.so.1"));
    let found = found.find(|path| path.exists());
    found.expect("these tests need Debian's faketime, which `cargo xtask test` installs")
}
