//! Turns names into addresses that may be connected to. The HTTP client gets only judged addresses, so
//! there is no second look-up that could answer differently.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::PortFuture;
use reqwest::dns::{Addrs, Name, Resolving};
use tokio::time::timeout;

use super::address::AddressPolicy;

/// The outside world's knowledge of names.
pub trait Resolve: Send + Sync {
    /// Every address of that name.
    fn resolve<'a>(&'a self, name: &'a str) -> PortFuture<'a, Result<Vec<IpAddr>, ResolveError>>;
}

/// A name has no addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// It does not exist.
    #[error("the name does not exist")]
    NotFound,
    /// Whether it exists could not be found out.
    #[error("{0}")]
    Failed(String),
}

/// Asks the machine, which knows `/etc/hosts`, the local network and DNS.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> PortFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        Box::pin(async move {
            match tokio::net::lookup_host((spelled_for_the_machine(name), 0)).await {
                Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
                Err(error) => Err(classify(&error)),
            }
        })
    }
}

/// `localhost.` and `anything.localhost` are this machine too (RFC 6761, section 6.3), but not every machine
/// knows that, and some ask DNS, where anybody can answer.
fn spelled_for_the_machine(name: &str) -> &str {
    let bare = name.strip_suffix('.').unwrap_or(name);
    if bare.rsplit('.').next() == Some("localhost") {
        "localhost"
    } else {
        name
    }
}

/// The standard library keeps the resolver's error code to itself; its text is all there is. These are the
/// texts of "no such name" and "no address for this name" in glibc, musl and the BSDs.
fn classify(error: &io::Error) -> ResolveError {
    const MISSING: &[&str] = &[
        "Name or service not known",
        "No address associated with",
        "Name does not resolve",
        "Name has no usable address",
        "nodename nor servname provided",
    ];
    let text = error.to_string();
    if MISSING.iter().any(|missing| text.contains(missing)) {
        ResolveError::NotFound
    } else {
        ResolveError::Failed(text)
    }
}

/// Stands between the HTTP client and the names: resolves, judges, and hands over what is left.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) addresses: Arc<AddressPolicy>,
    /// How long a look-up may take. It must be over before the client gives the connection up: that would look as if
    /// the host were slow, where most likely our own network is down.
    pub(crate) limit: Duration,
}

impl reqwest::dns::Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self {
            resolver,
            addresses,
            limit,
        } = self.clone();
        Box::pin(async move {
            let name = name.as_str();
            let found = timeout(limit, resolver.resolve(name))
                .await
                .map_err(|_elapsed| {
                    ResolveError::Failed(format!("no answer about the name within {limit:?}"))
                })??;
            if found.is_empty() {
                return Err(ResolveError::NotFound.into());
            }
            let permitted = addresses.check_resolved(name, found)?;
            // Port 0 means the port of the URL.
            Ok(Box::new(permitted.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("failed to lookup address information: Name or service not known", true)]
    #[case(
        "failed to lookup address information: No address associated with hostname",
        true
    )]
    #[case("failed to lookup address information: Name does not resolve", true)]
    #[case(
        "failed to lookup address information: Temporary failure in name resolution",
        false
    )]
    #[case("failed to lookup address information: Try again", false)]
    fn tells_a_missing_name_from_a_resolver_in_trouble(#[case] text: &str, #[case] missing: bool) {
        assert_eq!(
            classify(&io::Error::other(text)) == ResolveError::NotFound,
            missing
        );
    }

    #[rstest]
    #[case("localhost")]
    #[case("localhost.")]
    #[case("app.localhost")]
    #[tokio::test]
    async fn the_machine_knows_itself(#[case] name: &str) {
        let addresses = Resolve::resolve(&SystemResolver, name).await.unwrap();
        assert!(
            !addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback),
            "{addresses:?}"
        );
    }
}
