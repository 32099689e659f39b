//! Extraction in child processes: a page that hangs, eats memory or overflows the stack ends its child and
//! nothing else.
//!
//! The parent's side is `ExtractorPool`, the child's is `run_child`. Nothing here looks into pages.

mod child;
mod failure;
#[cfg(feature = "failpoints")]
mod faults;
mod limits;
mod pool;
mod process;
mod protocol;

pub use child::run_child;
pub use failure::{ExtractFailure, ExtractFault};
pub use limits::PoolLimits;
pub use pool::{ExtractionSlot, ExtractorPool};
pub use process::ChildCommand;
