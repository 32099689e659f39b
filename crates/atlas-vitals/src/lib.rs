//! Vitals: what is measured, how the services are, and who has to be told. Everything here decides from data that it is
//! given, `(state, input, now) -> effects`: it reads no clock, opens no file but the kernel's own figures, and sends
//! nothing.

pub mod alerts;
pub mod health;
pub mod metrics;
mod moment;

pub use moment::Moment;
