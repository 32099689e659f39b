//! The junk gate: is this page what a person would call the content?
//!
//! `observe` measures the parsed page (in the child process), `judge` decides on the measurements (in the
//! parent). Neither does I/O, and neither ever deletes anything: a verdict is advice with its reasons.

mod assess;
mod case;
mod fetch_signals;
mod garble;
mod judge;
mod layout;
mod observe;
mod observe_text;
mod phrase_list;
// Lists of phrases read as paragraphs, not as columns of one phrase a line.
#[rustfmt::skip]
mod phrases;
mod raw_text;
mod rules;
mod signals;
mod text;
mod walk;

pub use assess::{Assessment, assess};
pub use atlas_domain::Standing;
pub use fetch_signals::{FetchSignals, Landing};
pub use judge::{GATE_VERSION, judge};
pub use observe::{Observed, observe};
pub(crate) use observe_text::{ObservedText, TextCount};
pub use signals::{FormSignals, PageSignals};
pub(crate) use text::ends_sentence;

#[cfg(test)]
mod tests;
