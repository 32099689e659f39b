//! The HTTP client of a service. How long it waits for a name and for a connection are parts of the time for an
//! attempt, and a client has them for good: so it is made anew when that time is changed. It sends nothing by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atlas_resilience::Service;
use reqwest::Client;
use rustls::RootCertStore;

use super::address::AddressPolicy;
use super::client::{ClientError, build, trusted_roots};
use super::resolve::{GuardedResolver, Resolve};

/// The client of a service.
pub(super) struct LiveClient {
    plan: Plan,
    service: Arc<Service>,
    made: Mutex<Made>,
}

/// What every client of it is made from.
struct Plan {
    resolver: Arc<dyn Resolve>,
    addresses: Arc<AddressPolicy>,
    roots: RootCertStore,
}

struct Made {
    attempt_timeout: Duration,
    client: Client,
}

impl LiveClient {
    /// One that connects where `addresses` permits, by the times of `service`.
    pub(super) fn new(
        resolver: Arc<dyn Resolve>,
        addresses: Arc<AddressPolicy>,
        service: Arc<Service>,
    ) -> Result<Self, ClientError> {
        let roots = trusted_roots();
        let plan = Plan {
            resolver,
            addresses,
            roots,
        };
        let made = plan.make(service.settings().attempt_timeout)?;
        Ok(Self {
            plan,
            service,
            made: Mutex::new(made),
        })
    }

    /// The client by the times that hold now. Requests under way keep theirs.
    pub(super) fn now(&self) -> Client {
        let attempt_timeout = self.service.settings().attempt_timeout;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        // The parts were good enough for the first; should they be no more, its times are better than no client.
        if made.attempt_timeout != attempt_timeout
            && let Ok(other) = self.plan.make(attempt_timeout)
        {
            *made = other;
        }
        made.client.clone()
    }
}

impl Plan {
    /// A name is given up before a connection, and both before the attempt: else a resolver that never answers would
    /// look like a slow host.
    fn make(&self, attempt_timeout: Duration) -> Result<Made, ClientError> {
        let resolver = GuardedResolver {
            resolver: Arc::clone(&self.resolver),
            addresses: Arc::clone(&self.addresses),
            limit: attempt_timeout / 4,
        };
        let client = build(resolver, self.roots.clone(), attempt_timeout / 2)?;
        Ok(Made {
            attempt_timeout,
            client,
        })
    }
}
