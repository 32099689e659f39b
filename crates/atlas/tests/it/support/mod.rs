//! What the tests stand on: a web site to save from, and Atlas as a process with a data directory of its own.

mod eventually;
mod namespace;
mod process;
mod site;

pub(crate) use eventually::eventually;
pub(crate) use namespace::may_unshare;
pub(crate) use process::{Atlas, Finished, Serving};
pub(crate) use site::{Answer, Site, article};
