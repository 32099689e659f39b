//! The task as a whole, on a real file for operational state; what looks and what sends is scripted, and time passes
//! only when a test says so.

mod looking;
mod maintaining;
mod own_checks;
mod ranges;
mod reloading;
mod telling;
mod world;
