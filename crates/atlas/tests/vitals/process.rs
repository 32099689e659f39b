//! The server itself in trouble: checks that hang, a machine that says little of itself, hardly any processor, and a
//! second server on the same data.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{
    Atlas, Door, PATIENCE, Receiver, Site, Watched, eventually, health_of, in_a_namespace, is_in_a_namespace,
    is_told_to_be, status_of,
};

/// One check that gets no answer from the start keeps no other from being looked at and told.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_hangs_from_the_start_is_down_and_mutes_no_other() {
    let (hanging, door, hook) = (Door::open_one().await, Door::open_one().await, Receiver::start());
    hanging.hang();
    let atlas = Watched::new()
        .check(hanging.check().replace(Door::NAME, "a_hanging_one"))
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, Door::NAME, "healthy").await;
    door.close();
    hook.hears("firing").await;
    is_told_to_be(&atlas, "a_hanging_one", "critical").await;
    let hung = health_of(&atlas, "a_hanging_one").await.unwrap();
    assert_eq!(hung["outcome"], "no_answer", "{hung}");
    assert_eq!(atlas.get("/api/v1/status").await.unwrap()["mode"], "normal");
    assert_eq!(server.terminate().await, 0);
}

/// What cannot be evaluated, because the check itself is wrong, neither begins an incident nor ends one.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_cannot_be_made_says_so_and_ends_nothing() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("look");
    let put = |text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let new = folder.path().join("new");
        std::fs::write(&new, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(&new, &program).unwrap();
    };
    put("echo broken; exit 2");
    let look = format!(
        "name = \"a_door\"\nkind = \"command\"\ntarget = {program:?}\nevery = \"1s\"\ncritical = true\n\
         ladder = [1, 2, 90]\n"
    );
    let atlas = Watched::new().check(look).channel(hook.channel("hook")).atlas();
    let server = atlas.serve().await;
    hook.hears("firing").await;
    put("echo what; exit 3"); // unknown, as monitoring programs say it
    eventually(PATIENCE, "it cannot be evaluated", async || {
        let health = health_of(&atlas, Door::NAME).await.unwrap_or_default();
        health["outcome"] == "unknown"
    })
    .await;
    std::fs::remove_file(&program).unwrap();
    eventually(PATIENCE, "nor can it be run", async || {
        let health = health_of(&atlas, Door::NAME).await.unwrap_or_default();
        health["reason"].to_string().contains("cannot be started")
    })
    .await;
    assert_eq!(hook.of_door().len(), 1, "not to know is no end");
    put("echo fine; exit 0");
    hook.hears("resolved").await;
    drop(door);
    assert_eq!(server.terminate().await, 0);
}

#[test]
fn what_the_machine_does_not_say_is_absent_and_not_zero() {
    in_a_namespace("process::scenario_a_machine_that_says_little_of_itself");
}

/// Without pressure figures, without control groups, and with files of the machine missing, the rest is measured.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "hides files of the machine: `what_the_machine_does_not_say_is_absent_and_not_zero` runs it in a namespace"]
async fn scenario_a_machine_that_says_little_of_itself() {
    if !is_in_a_namespace() {
        return;
    }
    let hide = "mount -t tmpfs none /proc/pressure; mount -t tmpfs none /sys/fs/cgroup; \
                mount --bind /dev/null /proc/diskstats; mount --bind /dev/null /proc/vmstat";
    let hidden = Command::new("/bin/sh").args(["-c", hide]).output().unwrap();
    assert!(hidden.stderr.is_empty(), "{hidden:?}");
    let atlas = Watched::new()
        .service("system_resources", "every = \"1s\"")
        .atlas();
    let server = atlas.serve().await;
    is_told_to_be(&atlas, "system_resources", "healthy").await;
    let shown = metrics(&atlas, &server.address).await;
    assert!(shown.contains("atlas_memory_used"), "{shown}");
    for absent in ["pressure_some", "pressure_full", "cgroup_memory", "disk_read"] {
        assert!(!shown.contains(&format!("\natlas_{absent}")), "{absent}: {shown}");
    }
    assert_eq!(server.terminate().await, 0);
}

/// Two servers on one data directory would tell everything twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_data_refuses_and_tells_nothing() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    let second = atlas.run(&["serve", "--bind", "127.0.0.1:0"]).await;
    assert_eq!(second.code, 6, "{second:?}");
    door.close();
    hook.hears("firing").await;
    door.open();
    hook.hears("resolved").await;
    assert_eq!(hook.of_door().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

/// A processor that is busy with everything else makes checks late, which is no failure of what they look at.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_hardly_any_processor_is_late_and_cries_no_wolf() {
    let (site, hook) = (Site::start().await, Receiver::start());
    site.put("/", crate::support::Answer::page("open"));
    let look = format!(
        "name = \"a_door\"\nkind = \"http\"\ntarget = {:?}\nevery = \"2s\"\ndeadline = \"2s\"\ncritical = true\n",
        site.url("/")
    );
    let atlas = Watched::new()
        .service("database", "every = \"2s\"\ndeadline = \"2s\"")
        .service("api", "every = \"2s\"\ndeadline = \"2s\"")
        .check(look)
        .channel(hook.channel_with("hook", ""))
        .atlas();
    let server = atlas.serve().await;
    let yields = format!("chrt --all-tasks --idle --pid 0 {}", pid_of_server(&atlas));
    // A thread that ends while all are gone through makes it fail.
    eventually(PATIENCE, "every thread gives way", async || {
        let status = Command::new("/bin/sh").args(["-c", &yields]).status();
        status.unwrap().success()
    })
    .await;
    let busy = Busy::on_every_core();
    let looks = site.requests();
    eventually(PATIENCE, "it is looked at all the same", async || {
        site.requests() > looks + 3
    })
    .await;
    for service in [Door::NAME, "database", "api"] {
        assert_ne!(status_of(&atlas, service).await, "down", "{service}");
    }
    drop(busy);
    for service in [Door::NAME, "database", "api"] {
        is_told_to_be(&atlas, service, "healthy").await;
    }
    assert_eq!(server.terminate().await, 0);
}

/// As the lock says it.
fn pid_of_server(atlas: &Atlas) -> u64 {
    let text = std::fs::read_to_string(atlas.data_dir().join("lock")).unwrap();
    let holder: serde_json::Value = serde_json::from_str(&text).unwrap();
    holder["pid"].as_u64().unwrap()
}

/// Threads that do nothing but keep the processor busy.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn on_every_core() -> Self {
        let goes_on = Arc::new(AtomicBool::new(true));
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..cores {
            let goes_on = Arc::clone(&goes_on);
            std::thread::spawn(move || while goes_on.load(Ordering::Relaxed) {});
        }
        Self(goes_on)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Everything that is measured, as Prometheus reads it.
pub(crate) async fn metrics(atlas: &Atlas, address: &str) -> String {
    let (token, address) = (atlas.token(), address.to_owned());
    let output = tokio::task::spawn_blocking(move || {
        let script = "import sys, urllib.request as web\n\
                      ask = web.Request(sys.argv[1], headers={'Authorization': 'Bearer ' + sys.argv[2]})\n\
                      print(web.urlopen(ask).read().decode())\n";
        let mut python = Command::new("/usr/bin/python3");
        python
            .args(["-c", script, &format!("http://{address}/metrics"), &token])
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
