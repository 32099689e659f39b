//! Programs of the owner's that misbehave while they look at something: one that never ends, one whose answer is no
//! number. Neither ends the server, nor keeps another check from being told.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rstest::rstest;

use crate::support::{Door, PATIENCE, Receiver, Watched, eventually, health_of, is_told_to_be};

/// A program that can be changed while it is in use.
struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    fn that(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Self { folder };
        program.now(script);
        program
    }

    /// From the next run on.
    fn now(&self, script: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&new, PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::rename(&new, self.path()).unwrap();
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("look")
    }

    fn check(&self, name: &str) -> String {
        format!(
            "name = {name:?}\nkind = \"command\"\ntarget = {:?}\nevery = \"1s\"\ndeadline = \"900ms\"\n\
             critical = true\nladder = [1, 2, 90]\n",
            self.path()
        )
    }
}

/// It is given up and ended when its time is over, with what it has started, again and again; that it does not answer is told, and so is what
/// happens beside it.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_never_ends_is_ended_and_told_and_mutes_no_other() {
    let (other, hook) = (Door::open_one().await, Receiver::start());
    let hanging = Program::that("echo fine; exit 0");
    let runs = hanging.folder.path().join("runs");
    let atlas = Watched::new()
        .check(hanging.check(Door::NAME))
        .check(other.check().replace("name = \"a_door\"", "name = \"another\""))
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    is_told_to_be(&atlas, "another", "healthy").await;

    hanging.now(&format!("sleep 600 & echo $! >> '{}'; wait", runs.display()));
    hook.hears("firing").await;
    let hung = health_of(&atlas, Door::NAME).await.unwrap();
    assert_eq!(hung["outcome"], "no_answer", "{hung}");
    other.close();
    is_told_to_be(&atlas, "another", "critical").await;
    eventually(PATIENCE, "each is ended after its time", async || {
        let pids = std::fs::read_to_string(&runs).unwrap();
        let pids: Vec<&str> = pids.lines().collect();
        // The newest may be at it.
        let ended = pids.iter().rev().skip(1);
        pids.len() > 3 && ended.clone().all(|pid| !is_running(pid))
    })
    .await;
    hanging.now("echo fine; exit 0");
    hook.hears("resolved").await;
    assert_eq!(server.terminate().await, 0);
}

/// Not a number is no figure: it neither begins an incident nor ends one.
#[rstest]
#[case::infinite("SELECT 9e999")]
#[case::none("SELECT 0.0 / 0")]
#[case::a_word("SELECT 'NaN'")]
#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_is_no_number_says_nothing(#[case] statement: &str) {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let query = |statement: &str| {
        format!(
            "name = \"a_figure\"\nkind = \"sql\"\ntarget = {statement:?}\ndatabase = \"operations\"\nevery = \"1s\"\n\
             deadline = \"900ms\"\ncritical = true\nwarn = 5\ncrit = 10\n"
        )
    };
    let watched = |statement: &str| {
        Watched::new()
            .check(query(statement))
            .check(door.check())
            .channel(hook.channel("hook"))
    };
    let atlas = watched(statement).atlas();
    let server = atlas.serve().await;
    eventually(PATIENCE, "it cannot be evaluated", async || {
        let health = health_of(&atlas, "a_figure").await.unwrap_or_default();
        health["outcome"] == "unknown"
    })
    .await;
    door.close();
    hook.hears("firing").await;
    let figure = health_of(&atlas, "a_figure").await.unwrap();
    assert_eq!(
        (&figure["outcome"], &figure["status"]),
        (&"unknown".into(), &"unknown".into())
    );
    let told = hook.heard();
    assert!(
        told.iter()
            .all(|heard| heard.incidents("a_figure").next().is_none()),
        "{told:?}"
    );
    assert_eq!(server.terminate().await, 0);
}

/// What it prints beside is for people: no word of it is taken for a figure.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_prints_no_number_is_judged_by_how_it_ends() {
    let program = Program::that("echo NaN; exit 0");
    let atlas = Watched::new().check(program.check(Door::NAME)).atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    let looked = health_of(&atlas, Door::NAME).await.unwrap();
    assert!(looked["reason"].to_string().contains("NaN"), "{looked}");
    let measured = looked["observed"].as_str().unwrap();
    assert!(
        measured.ends_with(" ms"),
        "how long it took, and nothing else: {looked}"
    );
    program.now("echo NaN; exit 2");
    is_told_to_be(&atlas, Door::NAME, "critical").await;
    assert_eq!(server.terminate().await, 0);
}

/// One that has ended may still be listed, until somebody asks how.
fn is_running(pid: &str) -> bool {
    let stat = Path::new("/proc").join(pid).join("stat");
    std::fs::read_to_string(stat).is_ok_and(|stat| !stat.contains(") Z "))
}
