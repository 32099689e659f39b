//! Atlas on a terminal: a real one, that nobody looks at.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::Stdio;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::Atlas;

impl Atlas {
    /// Runs a command to its end with its answer on a terminal of so many columns. What is on it then, line by line.
    pub(crate) async fn run_on_terminal(&self, columns: u16, arguments: &[&str]) -> Vec<String> {
        let (mut watched, shown_on) = terminal(columns);
        let mut command = self.command(arguments);
        command
            .env("NO_COLOR", "1")
            .stdout(shown_on)
            .stderr(Stdio::null());
        let shown = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            drop(command); // with its side of the terminal: when the child has ended, so has the terminal
            let mut bytes = Vec::new();
            // That nobody writes to it any more is an error of the device, after everything that was written.
            let _ = watched.read_to_end(&mut bytes);
            assert_eq!(child.wait().unwrap().code(), Some(0));
            String::from_utf8(bytes).unwrap()
        });
        let shown = shown.await.unwrap();
        shown.lines().map(str::to_owned).collect()
    }
}

/// Both sides of a terminal: whoever looks at it, and what a process writes to.
pub(super) fn terminal(columns: u16) -> (File, File) {
    let watched = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&watched).unwrap();
    unlockpt(&watched).unwrap();
    let name = ptsname(&watched, Vec::new()).unwrap();
    let shown_on = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    widen(shown_on.as_fd(), columns);
    (File::from(watched), File::from(shown_on))
}

/// Makes a terminal so many columns wide.
pub(super) fn widen(terminal: BorrowedFd<'_>, columns: u16) {
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).unwrap();
}
