//! What the tests stand on: a web site to save from, and Atlas as a process with a data directory of its own.

mod process;
mod site;

pub(crate) use process::{Atlas, Serving};
pub(crate) use site::{Answer, Site, article};
