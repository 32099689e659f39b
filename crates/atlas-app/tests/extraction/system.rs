//! What the tests see and do from outside: processes in `/proc`, signals, and a parent that only speaks the wire.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child as StdChild, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A child process of this test run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) id: u32,
}

/// The living children that were started with this one argument.
pub(crate) fn children_tagged(tag: &str) -> Vec<Child> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| is_ours(*id) && argument(*id).as_deref() == Some(tag))
        .map(|id| Child { id })
        .collect()
}

/// Waits for what `look` looks for.
pub(crate) async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let polling = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), polling)
        .await
        .expect("it comes about")
}

impl Child {
    /// As the kernel does when memory runs out.
    pub(crate) fn kill(&self) {
        let status = Command::new("kill")
            .args(["-KILL", &self.id.to_string()])
            .status()
            .unwrap();
        assert!(status.success());
        // It may stay as a zombie until it is reaped, but it does nothing more.
        while !matches!(state(self.id), None | Some('Z' | 'X')) {
            std::thread::yield_now();
        }
    }

    /// Whether its extraction thread has used 50 ms of processor time: a faulty page needs none to reach its fault.
    pub(crate) fn is_hanging(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id))
            .into_iter()
            .flatten()
            .flatten();
        threads
            .filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok())
            .any(|stat| {
                let user_ticks = stat
                    .rsplit(") ")
                    .next()
                    .and_then(|rest| rest.split(' ').nth(11)?.parse::<u64>().ok());
                stat.contains("(extract)") && user_ticks.is_some_and(|ticks| ticks >= 5)
            })
    }
}

/// A parent that is nothing but a pipe.
pub(crate) struct Parent(StdChild);

impl Parent {
    /// Starts `program` and hands it one page, frame by frame.
    pub(crate) fn of(program: &str, tag: &str, page: &[u8]) -> Self {
        let mut command = Command::new(program);
        let mut child = command
            .arg(tag)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let frames: [&[u8]; 3] = [
            br#"{"memory_bytes":536870912,"cpu_secs":600,"max_page_bytes":100000}"#,
            br#"{"url":null,"content_type":null,"engine":"Selected"}"#,
            page,
        ];
        let pipe = child.stdin.as_mut().unwrap();
        for frame in frames {
            pipe.write_all(&u32::try_from(frame.len()).unwrap().to_le_bytes())
                .unwrap();
            pipe.write_all(frame).unwrap();
        }
        Self(child)
    }

    /// What a parent's death does. Gives how the child ended.
    pub(crate) fn close_pipe(mut self) -> ExitStatus {
        drop(self.0.stdin.take());
        let mut said = Vec::new();
        self.0.stdout.take().unwrap().read_to_end(&mut said).unwrap();
        assert!(!said.is_empty(), "it greeted");
        self.0.wait().unwrap()
    }
}

fn is_ours(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let mut after_name = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let alive = !matches!(after_name.next(), None | Some("" | "Z" | "X"));
    alive && after_name.next() == Some(std::process::id().to_string().as_str())
}

fn argument(id: u32) -> Option<String> {
    let command = fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let argument = command.split(|byte| *byte == 0).nth(1)?;
    String::from_utf8(argument.to_vec()).ok()
}

fn state(id: u32) -> Option<char> {
    fs::read_to_string(format!("/proc/{id}/stat"))
        .ok()?
        .rsplit(") ")
        .next()?
        .chars()
        .next()
}
