//! What somebody types at the live page, byte by byte. Sizes of the terminal are not heard of here: the terminal library
//! waits for both in one place, and where both come at once it may take the one and forget the other.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read, stdin};
use std::os::fd::AsFd;

use tokio::sync::mpsc;

use super::screen::refused;
use crate::error::CliError;

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const ESCAPE: u8 = 0x1b;
/// More than anybody types at once.
const BYTES_AT_ONCE: usize = 256;

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// To leave.
    Leave,
    /// To leave, as from any other command.
    Interrupt,
}

/// What somebody wants, as it is typed; the end when nothing can come any more. The thread that reads waits for the
/// terminal, and ends with the process.
pub(super) fn wishes() -> Result<mpsc::UnboundedReceiver<Wish>, CliError> {
    let mut keyboard = keyboard().map_err(|error| refused(&error))?;
    let (tell, told) = mpsc::unbounded_channel();
    // No task of the runtime: after a panic that would wait for the next key.
    std::thread::spawn(move || {
        let mut typed = [0; BYTES_AT_ONCE];
        loop {
            let count = match keyboard.read(&mut typed) {
                Ok(0) => return,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            if wish(&typed[..count]).is_some_and(|wish| tell.send(wish).is_err()) {
                return;
            }
        }
    });
    Ok(told)
}

/// Somebody may have led another file to where commands read; the terminal is there all the same.
fn keyboard() -> std::io::Result<File> {
    if stdin().is_terminal() {
        Ok(File::from(stdin().as_fd().try_clone_to_owned()?))
    } else {
        File::open("/dev/tty")
    }
}

/// The first wish among what was typed. Esc by itself is a key; with something behind it, it begins the sequence of
/// another key, in which letters mean nothing.
fn wish(typed: &[u8]) -> Option<Wish> {
    let mut rest = typed;
    loop {
        rest = match rest {
            [] => return None,
            [CTRL_C | CTRL_D, ..] => return Some(Wish::Interrupt),
            [b'q' | b'Q', ..] | [ESCAPE] | [ESCAPE, ESCAPE, ..] => return Some(Wish::Leave),
            [ESCAPE, b'[', sequence @ ..] => {
                let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte));
                end.map_or(&[], |end| &sequence[end + 1..])
            }
            [ESCAPE, b'O', _, rest @ ..] | [ESCAPE, _, rest @ ..] | [_, rest @ ..] => rest,
        };
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_letter(b"q", Some(Wish::Leave))]
    #[case::a_capital(b"Q", Some(Wish::Leave))]
    #[case::escape(b"\x1b", Some(Wish::Leave))]
    #[case::escape_twice(b"\x1b\x1b", Some(Wish::Leave))]
    #[case::control_c(b"\x03", Some(Wish::Interrupt))]
    #[case::control_d(b"\x04", Some(Wish::Interrupt))]
    #[case::another_letter(b"c", None)]
    #[case::enter(b"\r", None)]
    #[case::an_arrow(b"\x1b[A", None)]
    #[case::an_arrow_of_another_kind(b"\x1bOQ", None)]
    #[case::a_key_with_numbers(b"\x1b[1;5Q", None)]
    #[case::half_a_sequence(b"\x1b[1;", None)]
    #[case::with_alt(b"\x1bq", None)]
    #[case::after_others(b"xy\x1b[B\x1bOAq", Some(Wish::Leave))]
    #[case::a_letter_beyond_ascii("\u{e9}q".as_bytes(), Some(Wish::Leave))]
    #[case::nothing(b"", None)]
    fn keys_that_leave_and_keys_that_do_not(#[case] typed: &[u8], #[case] wanted: Option<Wish>) {
        assert_eq!(wish(typed), wanted);
    }
}
