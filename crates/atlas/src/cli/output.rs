//! `Output`: standard output is data, standard error is talk. Whoever stops reading the data (`| head`) ends
//! it quietly. The only place in the command line that writes to either, beside the live page of `status --watch`.

use std::io::{ErrorKind, IsTerminal, Stdout, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::text::{Look, block, escaped_json, one_line};
use crate::error::{CliError, Exit};

/// Where answers and talk go.
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    look: Look,
    to_terminal: bool,
    data: Mutex<Data>,
    talk: Mutex<Box<dyn Write + Send>>,
}

struct Data {
    writer: Box<dyn Write + Send>,
    /// Nobody reads any more.
    closed: bool,
}

impl Output {
    /// To the standard streams. `json`: answers as JSON documents. `quiet`: no talk but errors. `colour`: ANSI
    /// sequences are wanted.
    pub(crate) fn new(json: bool, quiet: bool, colour: bool) -> Self {
        Self {
            json,
            quiet,
            look: Look {
                colour,
                width: columns_of(&std::io::stdout()),
            },
            to_terminal: std::io::stdout().is_terminal(),
            data: Mutex::new(Data {
                writer: Box::new(std::io::stdout()),
                closed: false,
            }),
            talk: Mutex::new(Box::new(std::io::stderr())),
        }
    }

    /// Prints an answer: as JSON, or as `render` shows it to people.
    pub(crate) fn answer(
        &self,
        answer: &impl Serialize,
        render: impl FnOnce(Look) -> String,
    ) -> Result<(), CliError> {
        if self.json {
            self.print(&as_json(answer)?)
        } else {
            self.print(&render(self.look))
        }
    }

    /// Prints a record as one line of JSON.
    pub(super) fn record(&self, record: &impl Serialize) -> Result<(), CliError> {
        self.print(&as_json_line(record)?)
    }

    /// Prints data, with a line end if it has none.
    pub(crate) fn print(&self, text: &str) -> Result<(), CliError> {
        let mut data = locked(&self.data);
        if data.closed || text.is_empty() {
            return Ok(());
        }
        let end = if text.ends_with('\n') { "" } else { "\n" };
        match write!(data.writer, "{text}{end}").and_then(|()| data.writer.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                data.closed = true;
                Ok(())
            }
            Err(error) => Err(CliError::new(
                Exit::Failure,
                format!("cannot write the answer: {error}"),
            )),
            Ok(()) => Ok(()),
        }
    }

    /// Says something beside the answer.
    pub(crate) fn say(&self, message: &str) {
        if !self.quiet {
            self.tell(message);
        }
    }

    /// Says something without which the answer would be misunderstood.
    pub(crate) fn warn(&self, message: &str) {
        self.tell(&format!("atlas: warning: {message}"));
    }

    /// Says that something went wrong.
    pub(crate) fn problem(&self, message: &str) {
        self.tell(&format!("atlas: {message}"));
    }

    /// A progress bar on standard error, or one that nobody sees where nobody would look at it. It takes itself
    /// away when it is dropped.
    pub(crate) fn progress(&self, total: Option<u64>) -> Progress {
        if self.quiet || self.json {
            return Progress(ProgressBar::hidden());
        }
        // A target that is not a terminal stays hidden by itself.
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = if total.is_some() {
            "{bar:30} {pos}/{len}  {elapsed}"
        } else {
            "{spinner} {pos}  {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Progress(bar)
    }

    /// A progress bar over rows, with what is done to them, their rate, and when it will be over.
    pub(crate) fn progress_in_rows(&self) -> Progress {
        let progress = self.progress(Some(0));
        let style = ProgressStyle::with_template("{msg}  {bar:20} {pos}/{len} rows  {per_sec}  {eta} left");
        if let Ok(style) = style {
            progress.0.set_style(style);
        }
        progress
    }

    /// Answers are JSON documents.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The data goes to a person's terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.to_terminal
    }

    /// The terminal understands ANSI sequences, and its owner wants them.
    pub(super) fn wants_colour(&self) -> bool {
        self.look.colour
    }

    /// Nobody reads the data any more: stop making it.
    pub(crate) fn is_closed(&self) -> bool {
        locked(&self.data).closed
    }

    fn tell(&self, message: &str) {
        // Nobody can be told that standard error is gone.
        let _ = writeln!(locked(&self.talk), "{}", block(message));
    }
}

/// Says on standard error why the command failed: for where there is no [`Output`].
pub(crate) fn complain(message: &str) {
    // If nobody listens, the exit code still tells.
    let _ = writeln!(std::io::stderr(), "{}", block(message));
}

/// An answer as a JSON document for people and programs.
pub(crate) fn as_json(answer: &impl Serialize) -> Result<String, CliError> {
    serde_json::to_string_pretty(answer)
        .map(escaped_json)
        .map_err(|error| unwritable(&error))
}

/// A record as one line of JSON.
pub(crate) fn as_json_line(record: &impl Serialize) -> Result<String, CliError> {
    serde_json::to_string(record)
        .map(escaped_json)
        .map_err(|error| unwritable(&error))
}

/// A progress bar that vanishes.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// So many more are done.
    pub(crate) fn advance(&self, done: u64) {
        self.0.inc(done);
    }
}

impl Progress {
    /// What is done, and how far it is.
    pub(crate) fn tell(&self, what: &str, done: u64, total: u64) {
        self.0.set_message(one_line(what));
        self.0.set_length(total);
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// How wide the terminal is that the data goes to, if it goes to one that knows.
fn columns_of(data: &Stdout) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(data).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

fn unwritable(error: &serde_json::Error) -> CliError {
    CliError::new(
        Exit::Failure,
        format!("the answer cannot be written as JSON: {error}"),
    )
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    /// What was written so far.
    #[derive(Clone, Default)]
    pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

    impl Written {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(locked(&self.0).clone()).unwrap()
        }
    }

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            locked(&self.0).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output with its data and its talk.
    pub(crate) fn captured(json: bool) -> (Output, Written, Written) {
        let (data, talk) = (Written::default(), Written::default());
        (to(json, false, Box::new(data.clone()), talk.clone()), data, talk)
    }

    fn to(json: bool, quiet: bool, data: Box<dyn Write + Send>, talk: Written) -> Output {
        Output {
            json,
            quiet,
            look: Look::PLAIN,
            to_terminal: false,
            data: Mutex::new(Data {
                writer: data,
                closed: false,
            }),
            talk: Mutex::new(Box::new(talk)),
        }
    }

    #[test]
    fn json_is_one_document_and_nothing_else() {
        let (output, data, talk) = captured(true);
        output.answer(&["a"], |_| "for people".to_owned()).unwrap();
        output.say("talk");
        assert_eq!(data.text(), "[\n  \"a\"\n]\n");
        assert_eq!(talk.text(), "talk\n");
    }

    #[test]
    fn whatever_is_said_or_told_as_json_cannot_steer_a_terminal() {
        let (output, data, talk) = captured(true);
        let hostile = "a\u{9b}2J\u{202e}b";
        output.answer(&[hostile], |_| String::new()).unwrap();
        output.record(&hostile).unwrap();
        output.say(hostile);
        output.problem(hostile);
        assert_eq!(
            data.text(),
            "[\n  \"a\\u009b2J\\u202eb\"\n]\n\"a\\u009b2J\\u202eb\"\n"
        );
        assert_eq!(talk.text(), "a2Jb\natlas: a2Jb\n");
    }

    #[test]
    fn quiet_silences_talk_but_not_errors() {
        let (data, talk) = (Written::default(), Written::default());
        let output = to(false, true, Box::new(data.clone()), talk.clone());
        output.say("talk");
        output.problem("it failed");
        assert_eq!(talk.text(), "atlas: it failed\n");
        assert_eq!(data.text(), "");
    }

    #[test]
    fn a_reader_that_leaves_ends_the_data_quietly() {
        let output = to(
            false,
            false,
            Box::new(Broken(ErrorKind::BrokenPipe)),
            Written::default(),
        );
        assert!(!output.is_closed());
        output.print("unread").unwrap();
        assert!(output.is_closed());
        output.print("unread as well").unwrap();
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let output = to(
            false,
            false,
            Box::new(Broken(ErrorKind::StorageFull)),
            Written::default(),
        );
        assert_eq!(output.print("lost").unwrap_err().exit, Exit::Failure);
    }
}
