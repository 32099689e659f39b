//! Makes databases shaped like those of Atlas's predecessor, and says what is true of every row. For tests and
//! measurements: it must share no phrase with the gate that it measures, and no crate of Atlas is built on it.

mod conversation;
mod draft;
mod error;
mod fill;
mod forms;
mod generate;
mod good;
mod interface;
mod jottings;
mod junk;
mod kind;
mod language;
mod making;
mod past;
mod piece;
mod presets;
mod prose;
mod random;
mod recipe;
mod remnants;
mod schema;
mod shapes;
mod stock;
mod strange;
mod stream;
mod truth;
mod voice;

/// For tests that play another program which has such a database open.
pub use rusqlite;

pub use error::GenerateError;
pub use generate::{Summary, Tell, generate, generate_with_truth};
pub use kind::{Kind, Label};
pub use presets::Preset;
pub use recipe::{Journal, Recipe, Shape, mixed_shares};
pub use truth::{Truth, Twist};
