//! The engine as a whole, driven the way the application drives it: rows are committed, messages are sent after that,
//! and answers come back.

mod delivering;
mod ending;
mod mending;
mod messages;
mod notifying;
mod pacing;
mod people;
mod properties;
mod repeating;
mod restarts;
mod storm;
mod suppressing;
mod world;

pub(super) use messages::{message_about, message_of};
