//! Puts the limit between those who speak and the log: a layer that lets lines through or holds them back, and a task
//! that tells what was held back. The task speaks outside the layer: a line that begets a line would find it locked.

use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::limit::{HeldBack, Limit, WINDOW};

/// Lines of this target are never held back: they tell what was.
const OWN_TARGET: &str = "atlas::log";
/// How much of a line stands as an example.
const EXAMPLE_CHARS: usize = 300;

/// A place in the code that speaks, with how loudly it does.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    callsite: Identifier,
    level: Level,
    target: &'static str,
}

/// Shared by the layer and the task.
#[derive(Default)]
struct Shared {
    limit: Mutex<Limit<Place>>,
    holds_back: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Limit<Place>> {
        self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The layer. Details for whoever looks for a bug (`debug`, `trace`) pass it as they are.
#[derive(Clone, Default)]
pub(super) struct Limited(Arc<Shared>);

impl<S: Subscriber> Layer<S> for Limited {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() > Level::INFO || metadata.target() == OWN_TARGET {
            return true;
        }
        let place = Place {
            callsite: metadata.callsite(),
            level: *metadata.level(),
            target: metadata.target(),
        };
        let allowed = self
            .0
            .lock()
            .allows(&place, content_of(event), Instant::now(), || example_of(event));
        if !allowed {
            self.0.holds_back.notify_one();
        }
        allowed
    }
}

impl Limited {
    /// Tells what is held back, for as long as the process lives.
    pub(super) async fn tell(self) {
        loop {
            let due = self.0.lock().next_end();
            match due {
                Some(end) => {
                    sleep_until(end).await;
                    self.tell_until(Instant::now());
                }
                None => self.0.holds_back.notified().await,
            }
        }
    }

    /// Tells what is held back without waiting for the end of its minute.
    pub(super) fn tell_all(&self) {
        self.tell_until(Instant::now() + WINDOW);
    }

    fn tell_until(&self, now: Instant) {
        let held_back = self.0.lock().held_back_until(now);
        for (place, held_back) in held_back {
            say(&place, &held_back);
        }
    }
}

/// In a line as loud as those that it stands for. Its level has to be known when it is compiled.
fn say(place: &Place, held_back: &HeldBack) {
    let HeldBack {
        times,
        example,
        differ,
    } = held_back;
    let within_secs = WINDOW.as_secs();
    let what = if *differ {
        "said more like this, all different"
    } else {
        "said the same again"
    };
    macro_rules! at {
        ($level:expr) => {
            tracing::event!(
                target: OWN_TARGET, $level, of = place.target, times, within_secs, example,
                "{what}: {times} times more within {within_secs} s"
            )
        };
    }
    match place.level {
        Level::ERROR => at!(Level::ERROR),
        Level::WARN => at!(Level::WARN),
        _ => at!(Level::INFO),
    }
}

/// A number for everything that a line says.
fn content_of(event: &Event<'_>) -> u64 {
    let mut content = Hashed(DefaultHasher::new());
    event.record(&mut content);
    content.0.finish()
}

/// The line, roughly as it would have been.
fn example_of(event: &Event<'_>) -> String {
    let mut text = Text::default();
    event.record(&mut text);
    let line = if text.fields.is_empty() {
        text.message
    } else {
        format!("{}{}", text.message, text.fields)
    };
    line.chars().take(EXAMPLE_CHARS).collect()
}

struct Hashed(DefaultHasher);

impl fmt::Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

impl Visit for Hashed {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        field.name().hash(&mut self.0);
        let _ = write!(self, "{value:?}"); // to a number nothing fails
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        }; // to a string nothing fails
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use serde_json::Value;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// A log in memory.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn json(&self) -> Vec<Value> {
            let bytes = self.0.lock().unwrap().clone();
            let text = String::from_utf8(bytes).unwrap();
            text.lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }
    }

    /// Speaks into a limited log of JSON, and returns its lines. What was held back is told at its end.
    fn said(speak: impl FnOnce()) -> Vec<Value> {
        let (lines, limited) = (Lines::default(), Limited::default());
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .with_max_level(Level::DEBUG)
            .finish()
            .with(limited.clone());
        tracing::subscriber::with_default(subscriber, || {
            speak();
            limited.tell_all();
        });
        lines.json()
    }

    #[test]
    fn a_storm_is_ten_lines_and_one_that_tells_how_many_more() {
        let lines = said(|| {
            for _ in 0..5_000 {
                tracing::error!(path = "library.db", "the disk is broken");
            }
        });
        assert_eq!(lines.len(), 11);
        let shape = |line: &Value| {
            let keys: Vec<String> = line.as_object().unwrap().keys().cloned().collect();
            keys
        };
        assert_eq!(shape(&lines[0]), shape(&lines[10]), "all lines have one shape");
        assert_eq!(lines[0]["fields"]["message"], "the disk is broken");
        let told = &lines[10];
        assert_eq!(
            (&told["level"], &told["target"]),
            (&"ERROR".into(), &"atlas::log".into())
        );
        let fields = &told["fields"];
        assert_eq!(
            fields["message"],
            "said the same again: 4990 times more within 60 s"
        );
        assert_eq!(fields["times"], 4_990);
        assert_eq!(fields["example"], "the disk is broken path=\"library.db\"");
    }

    #[test]
    fn other_fields_make_another_line() {
        let lines = said(|| {
            for error in ["full", "broken"].repeat(20) {
                tracing::warn!(error, "not written");
            }
        });
        let of = |error: &str| {
            lines
                .iter()
                .filter(|line| line["fields"]["error"] == error)
                .count()
        };
        assert_eq!((of("full"), of("broken"), lines.len()), (10, 10, 22));
    }

    #[test]
    fn details_for_whoever_looks_for_a_bug_are_all_there() {
        let lines = said(|| {
            for _ in 0..50 {
                tracing::debug!("a step");
            }
        });
        assert_eq!(lines.len(), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_held_back_is_told_after_a_minute_without_another_line() {
        let (lines, limited) = (Lines::default(), Limited::default());
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .finish()
            .with(limited.clone());
        let _guard = tracing::subscriber::set_default(subscriber);
        let telling = tokio::spawn(limited.tell());
        for _ in 0..11 {
            tracing::info!("again");
        }
        tokio::time::sleep(WINDOW * 2).await;
        telling.abort();
        let told = lines.json().pop().unwrap();
        assert_eq!(
            told["fields"]["message"],
            "said the same again: 1 times more within 60 s"
        );
    }
}
