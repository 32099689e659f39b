//! The audit against databases of which the truth about every row is known. Failures name rows by what they are, never
//! by their text: whoever tunes the gate must not see it.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod features;
mod predecessor;
mod support;
mod truth;
