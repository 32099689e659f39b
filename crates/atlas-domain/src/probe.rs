//! `ProbeTarget` and the `Prober` port: what a check of the owner's asks of the outside world, and what it finds.

use std::path::PathBuf;
use std::time::Duration;

use crate::fetch::PortFuture;
use crate::health::CheckOutcome;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeTarget {
    /// A request over HTTP.
    Http(Box<HttpProbe>),
    /// A connection.
    Tcp {
        /// To this host,
        host: String,
        /// at this port.
        port: u16,
    },
    /// A name.
    Dns {
        /// This one.
        name: String,
        /// What it must lead to; empty: anything.
        expected: Vec<std::net::IpAddr>,
    },
    /// A program that says by its exit code how things are: 0 well, 1 a warning, 2 critical, 3 unknown.
    Command {
        /// The program, by its whole path.
        program: PathBuf,
        /// What it is called with.
        arguments: Vec<String>,
    },
}

/// A request over HTTP, and what its answer must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProbe {
    /// The address.
    pub url: url::Url,
    /// Statuses that are well; empty: 200 to 299.
    pub statuses: Vec<u16>,
    /// A text that the body must contain.
    pub body_contains: Option<String>,
    /// A place in the body's JSON (RFC 6901) and the value there, as JSON writes it; a text also without quotes.
    pub json: Option<(String, String)>,
    /// An answer that takes longer is worth a warning.
    pub slow_after: Option<Duration>,
    /// A certificate that ends sooner is worth a warning.
    pub certificate_days: Option<u32>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeAnswer {
    /// What it says.
    pub outcome: CheckOutcome,
    /// How long the answer took, in milliseconds, if there was one.
    pub took_ms: Option<f64>,
    /// A sentence for people.
    pub message: String,
}

/// Asks what the owner wants to have asked.
pub trait Prober: Send + Sync {
    /// Asks once, for at most `limit`. Whatever happens is an answer.
    fn probe<'a>(
        &'a self,
        check: &'a str,
        target: &'a ProbeTarget,
        limit: Duration,
    ) -> PortFuture<'a, ProbeAnswer>;
}
