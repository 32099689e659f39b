//! What the tests stand on: a web site to save from, and Atlas as a process with a data directory of its own.

mod ailing_site;
mod disk;
mod eventually;
mod namespace;
mod process;
mod site;
mod sitting;
mod terminal;

pub(crate) use ailing_site::{ASKED_PAUSE, AilingSite, Trouble};
pub(crate) use disk::Disk;
pub(crate) use eventually::eventually;
pub(crate) use namespace::may_unshare;
pub(crate) use process::{Atlas, Finished, Serving};
pub(crate) use site::{Answer, Site, article};
pub(crate) use sitting::Sitting;
