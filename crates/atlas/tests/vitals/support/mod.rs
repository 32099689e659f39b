//! What these tests stand on: Atlas as a process, services that fail on demand, and receivers that behave or do not.

mod certificate;
mod door;
mod filling;
mod mail_server;
mod receiver;
mod relay;
mod scenario;
mod told;
mod watched;

// Of the other tests of the binary.
#[path = "../../it/support/disk.rs"]
mod disk;
#[path = "../../it/support/eventually.rs"]
mod eventually;
#[path = "../../it/support/namespace.rs"]
mod namespace;
#[path = "../../it/support/process.rs"]
#[expect(dead_code, reason = "what the other tests need of it")]
mod process;
#[path = "../../it/support/site.rs"]
#[expect(dead_code, reason = "what the other tests need of it")]
mod site;

use std::time::Duration;

pub(crate) use certificate::Certificate;
pub(crate) use disk::Disk;
pub(crate) use door::Door;
pub(crate) use eventually::eventually;
pub(crate) use filling::fill_to_percent;
pub(crate) use mail_server::{MailServer, Security, USER};
use namespace::may_unshare;
pub(crate) use process::{Atlas, Serving};
pub(crate) use receiver::{Heard, Receiver, Reply};
pub(crate) use relay::{Fault, Given, Relay};
pub(crate) use scenario::{in_a_namespace, is_in_a_namespace};
pub(crate) use site::{Answer, Site, article};
pub(crate) use told::{deliveries, health_of, incidents, is_told_to_be, status_of};
pub(crate) use watched::Watched;

/// No healthy machine, however busy, takes longer to tell of a service that fails, or that works again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
