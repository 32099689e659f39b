//! Messages to programs.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use atlas_domain::{Fate, Message};
use atlas_net::notify::{Channel, Command};
use rstest::rstest;

use crate::support::{Sending, message};

fn script(directory: &Path, text: &str) -> Channel {
    let program = directory.join("take");
    std::fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    Channel::Command(Command {
        program,
        arguments: vec!["first; not a shell".to_owned()],
    })
}

#[tokio::test]
async fn a_program_gets_the_message_and_nothing_else_of_ours() {
    let directory = tempfile::tempdir().unwrap();
    let channel = script(
        directory.path(),
        r#"cat; echo " $1 $ATLAS_DELIVERY_ID $ATLAS_SEVERITY $HOME""#,
    );
    let receipt = Sending::by(channel).send(&message()).await.unwrap();
    assert_eq!(
        receipt.answer,
        r#"{"delivery":"d-17"} first; not a shell d-17 critical"#
    );
}

#[rstest]
#[case::not_now("echo later >&2; exit 75", Fate::NotSent, "later")]
#[case::never("echo broken >&2; exit 3", Fate::Refused, "ended with 3: broken")]
#[case::killed("kill -9 $$", Fate::Unknown, "signal")]
#[case::hangs("exec sleep 600", Fate::Unknown, "did not answer")]
#[tokio::test]
async fn how_a_program_ends_decides_what_becomes_of_a_message(
    #[case] text: &str,
    #[case] fate: Fate,
    #[case] told: &str,
) {
    let directory = tempfile::tempdir().unwrap();
    let failure = Sending::by(script(directory.path(), text))
        .send(&message())
        .await
        .unwrap_err();
    assert_eq!(failure.fate, fate, "{failure:?}");
    assert!(failure.message.contains(told), "{failure:?}");
}

/// It prints more than a pipe holds before it reads a word.
#[tokio::test]
async fn a_program_may_talk_before_it_listens() {
    let directory = tempfile::tempdir().unwrap();
    let channel = script(
        directory.path(),
        "echo taken; head -c 300000 /dev/zero; cat > \"$(dirname \"$0\")/got\"",
    );
    let long = Message {
        json: format!("\"{}\"", "x".repeat(300_000)),
        ..message()
    };
    let receipt = Sending::by(channel).send(&long).await.unwrap();
    assert!(receipt.answer.starts_with("taken"), "{receipt:?}");
    let got = std::fs::read_to_string(directory.path().join("got")).unwrap();
    assert!(got == long.json, "{} bytes", got.len());
}

/// A script that is given up takes what it waits for with it.
#[tokio::test]
async fn a_program_that_is_given_up_leaves_nobody_behind() {
    let directory = tempfile::tempdir().unwrap();
    let pids = directory.path().join("pids");
    let channel = script(
        directory.path(),
        &format!("sleep 7777 & echo $! > '{}'; wait", pids.display()),
    );
    let failure = Sending::by(channel).send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Unknown, "{failure:?}");
    let child = std::fs::read_to_string(&pids).unwrap();
    let stat = format!("/proc/{}/stat", child.trim());
    let is_running = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
    let ended = tokio::time::timeout(Duration::from_secs(5), async {
        while is_running() {
            tokio::task::yield_now().await;
        }
    });
    assert!(ended.await.is_ok(), "what it has started lives on");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let channel = Channel::Command(Command {
        program: "/nowhere/take".into(),
        arguments: Vec::new(),
    });
    let failure = Sending::by(channel).send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Refused);
    assert!(failure.message.contains("/nowhere/take"), "{failure:?}");
}
