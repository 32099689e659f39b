//! The cleanup of a database that belongs to somebody else: a plan from an audit, carried out as it stands, and taken back
//! on wish. Judges nothing: that is the audit's, and moves no row itself: that is the store's.
//!
//! A run is a directory: the plan with its rows, the verified copy, the vault with every row that went, and how far it
//! came. Whoever goes on after a crash needs no more.

mod apply;
mod ceiling;
mod compact;
mod error;
mod plan;
mod report;
mod run;
mod undo;

pub use apply::{ApplyOrder, apply};
pub use ceiling::{Allowance, Ceiling};
pub use compact::compact;
pub use error::CleanupError;
pub use plan::{Plan, PlanOrder, PlannedRow, PlannedTable, Wanted, plan};
pub use report::{CleanedTable, CleanupReport, Left};
pub use run::{Run, RunState, RunView, Stage, runs};
pub use undo::{Selected, UndoReport, undo};

/// Is told what is done, how many rows of how many.
pub type Watch<'w> = dyn FnMut(&str, u64, u64) + 'w;
