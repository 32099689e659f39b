//! The strategy that asks the page's own host, and follows its redirects. Each hop is judged and guarded by
//! itself: the HTTP client follows nothing.

use std::collections::HashSet;
use std::sync::Arc;

use atlas_domain::{FetchFault, FetchRequest, PortFuture, Strategy};
use atlas_resilience::{Deadline, Policy};
use url::{Host, Url};

use super::address::AddressPolicy;
use super::cascade::{Answer, FetchStrategy, Tried};
use super::exchange::{Exchange, Reply};
use super::failure::Failure;

/// Asks the page's own host.
pub(super) struct Direct {
    pub(super) exchange: Arc<Exchange>,
    pub(super) policy: Policy,
    pub(super) addresses: Arc<AddressPolicy>,
    pub(super) redirect_limit: usize,
}

impl FetchStrategy for Direct {
    fn strategy(&self) -> Strategy {
        Strategy::Direct
    }

    fn try_fetch<'a>(&'a self, request: &'a FetchRequest, deadline: Deadline) -> PortFuture<'a, Tried> {
        Box::pin(async move {
            match self.follow(request.url.clone(), deadline).await {
                Ok(answer) => Tried::Answered(answer),
                Err(failure) => Tried::Failed(failure),
            }
        })
    }
}

impl Direct {
    /// From `http` to `https` and back is allowed: nothing secret is ever sent, and many sites still
    /// redirect either way. Any other scheme is refused.
    async fn follow(&self, mut url: Url, deadline: Deadline) -> Result<Answer, Failure> {
        let mut visited = HashSet::new();
        loop {
            remove_credentials(&mut url);
            self.judge(&url)?;
            if visited.len() > self.redirect_limit {
                return Err(redirect_loop(
                    &url,
                    &format!("after more than {} redirects", self.redirect_limit),
                ));
            }
            if !visited.insert(without_fragment(&url)) {
                return Err(redirect_loop(&url, "in a circle"));
            }
            let scope = scope(&url);
            let hop = self
                .policy
                .run(&scope, deadline, |_attempt_deadline| self.exchange.run(&url));
            match hop.await.map_err(|error| Failure::of_policy(error, &url))? {
                Reply::Answer(answer) => return Ok(answer),
                Reply::Redirect(target) => url = target,
            }
        }
    }

    /// Literal addresses are judged here, since the client does not ask its resolver about them; names are
    /// judged by the resolver.
    fn judge(&self, url: &Url) -> Result<(), Failure> {
        if !matches!(url.scheme(), "http" | "https") {
            let message = format!("the scheme `{}` leads outside the web", url.scheme());
            return Err(Failure::new(FetchFault::UnsupportedScheme, message));
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.addresses.check_literal(address.into())?,
            Some(Host::Ipv6(address)) => self.addresses.check_literal(address.into())?,
            Some(Host::Domain(_)) | None => {}
        }
        Ok(())
    }
}

/// The host and port: what is treated gently, and what stands or falls by itself.
fn scope(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!(
        "{}:{}",
        host.strip_suffix('.').unwrap_or(host),
        url.port_or_known_default().unwrap_or_default()
    )
}

fn redirect_loop(url: &Url, how: &str) -> Failure {
    let host = url.host_str().unwrap_or_default();
    Failure::new(
        FetchFault::RedirectLoop,
        format!("the redirects end {how}, at `{host}`"),
    )
}

/// A user name or password in an address would be sent, and kept in the library.
fn remove_credentials(url: &mut Url) {
    // Only addresses without a host refuse this, and they have no credentials either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}
