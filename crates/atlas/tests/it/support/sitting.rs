//! Somebody who sits at a terminal: sees what a command draws, and types.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

use super::terminal::{terminal, widen};
use super::{Atlas, eventually};

/// A command that runs on a terminal. Killed when dropped.
pub(crate) struct Sitting {
    child: Child,
    keys: File,
    /// The side of the command, to see in which mode it leaves the terminal.
    shown_on: File,
    drawn: Arc<Mutex<Vec<u8>>>,
}

impl Atlas {
    /// Starts a command on a terminal of so many columns, without colour.
    pub(crate) fn sit_at_terminal(&self, columns: u16, arguments: &[&str]) -> Sitting {
        let (watched, shown_on) = terminal(columns);
        let mut command = self.command(arguments);
        command
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .stdin(shown_on.try_clone().unwrap())
            .stdout(shown_on.try_clone().unwrap())
            .stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let (keys, drawn) = (watched.try_clone().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let all = Arc::clone(&drawn);
        // Not a task: nobody waits for the last byte.
        std::thread::spawn(move || draw_up(watched, &all));
        Sitting {
            child,
            keys,
            shown_on,
            drawn,
        }
    }
}

fn draw_up(mut watched: File, drawn: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = watched.read(&mut bytes) {
        drawn.lock().unwrap().extend(&bytes[..count]);
    }
}

impl Sitting {
    /// Everything that was drawn so far, with the sequences that place it.
    pub(crate) fn drawn(&self) -> String {
        String::from_utf8_lossy(&self.drawn.lock().unwrap()).into_owned()
    }

    /// Waits until these words have been drawn.
    pub(crate) async fn sees(&self, words: &str) {
        let seen = async || self.drawn().contains(words);
        eventually(Duration::from_mins(1), &format!("`{words}` is drawn"), seen).await;
    }

    /// Waits until these words are drawn as they stand. What stays the same between two pictures is not drawn again, so
    /// the terminal is made another width all the while, which has everything drawn.
    pub(crate) async fn sees_drawn_anew(&self, words: &str) {
        let mut columns = (80..100).cycle();
        let seen = async || {
            widen(self.shown_on.as_fd(), columns.next().unwrap());
            without_sequences(&self.drawn()).contains(words)
        };
        eventually(Duration::from_mins(1), &format!("`{words}` is drawn"), seen).await;
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Makes the terminal another width and types, so close together that the command hears of both at once.
    pub(crate) fn resizes_and_types(&mut self, columns: u16, keys: &str) {
        widen(self.shown_on.as_fd(), columns);
        // This terminal belongs to no session, so nobody else says it.
        self.signals(Signal::WINCH);
        self.types(keys);
    }

    /// SIGTERM, and no waiting.
    pub(crate) fn ask_to_end(&self) {
        self.signals(Signal::TERM);
    }

    fn signals(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it has ended; its exit code.
    pub(crate) async fn ended(&mut self) -> i32 {
        let child = &mut self.child;
        let has_ended = async || child.try_wait().unwrap().is_some();
        eventually(Duration::from_secs(30), "the command ends", has_ended).await;
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Whether what is typed is shown and comes line by line again, the cursor is there, and the page is gone.
    pub(crate) async fn has_its_terminal_back(&self) -> bool {
        self.sees("\u{1b}[?1049l").await;
        self.sees("\u{1b}[?25h").await;
        let modes = tcgetattr(self.shown_on.as_fd()).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }
}

/// What is drawn as words, with a space between them: over spaces the cursor is moved, which is a sequence too.
fn without_sequences(drawn: &str) -> String {
    let mut parts = drawn.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|letter: char| letter.is_ascii_alphabetic())
            .map_or(0, |at| at + 1);
        text.push(' ');
        text.push_str(&part[end..]);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Drop for Sitting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
