//! The strategy that asks the page's own host, and follows its redirects. Each hop is judged and guarded by
//! itself: the HTTP client follows nothing.

use std::sync::Arc;

use atlas_domain::url::check_web_url;
use atlas_domain::{FetchRequest, PortFuture, Strategy};
use atlas_resilience::{Call, Deadline, PolicyError, Service};
use url::{Host, Url};

use super::address::AddressPolicy;
use super::cascade::{Answer, FetchStrategy, Tried};
use super::exchange::{Exchange, Reply};
use super::failure::Failure;
use super::judge::judge;
use super::way::{Asking, Way};

/// Whether a hop that failed in passing is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// As its policy says.
    Repeatedly,
    /// It is only another copy: whoever wants it has the page's own tries.
    Once,
}

/// Asks the page's own host.
#[derive(Clone)]
pub(super) struct Direct {
    pub(super) exchange: Arc<Exchange>,
    pub(super) service: Arc<Service>,
    pub(super) addresses: Arc<AddressPolicy>,
    pub(super) redirect_limit: usize,
}

impl FetchStrategy for Direct {
    fn strategy(&self) -> Strategy {
        Strategy::Direct
    }

    fn try_fetch<'a>(&'a self, request: &'a FetchRequest, deadline: Deadline) -> PortFuture<'a, Tried> {
        Box::pin(async move {
            let mut way = Way::default();
            match self
                .follow(request.url.clone(), deadline, &mut way, Asked::Repeatedly)
                .await
            {
                Ok(answer) => Tried::Answered(answer, way.into_hops()),
                Err(failure) => Tried::Failed(failure, way.into_hops()),
            }
        })
    }
}

impl Direct {
    /// From `http` to `https` and back is allowed: nothing secret is ever sent, and many sites still
    /// redirect either way.
    pub(super) async fn follow(
        &self,
        mut url: Url,
        deadline: Deadline,
        way: &mut Way,
        asked: Asked,
    ) -> Result<Answer, Failure> {
        loop {
            match self.hop(&url, deadline, way, asked).await? {
                Reply::Answer(answer) => return Ok(answer),
                Reply::Redirect { target, .. } => url = target,
            }
        }
    }

    /// Asks one address. An address that may not be asked is recorded too: it is where the way ended.
    pub(super) async fn hop(
        &self,
        url: &Url,
        deadline: Deadline,
        way: &mut Way,
        asked: Asked,
    ) -> Result<Reply, Failure> {
        let asking = Asking::start();
        let permitted = self.judge(url).and_then(|()| way.enter(url, self.redirect_limit));
        let reply = match permitted {
            Ok(()) => self.ask(url, deadline, way, (asked, &asking)).await,
            Err(failure) => Err(failure),
        };
        way.record(url, asking, reply.as_ref());
        reply
    }

    async fn ask(
        &self,
        url: &Url,
        deadline: Deadline,
        way: &Way,
        (asked, asking): (Asked, &Asking),
    ) -> Result<Reply, Failure> {
        let scope = scope(url);
        let policy = self.service.policy();
        let call = match asked {
            Asked::Repeatedly => Call::repeatable(&scope, deadline),
            Asked::Once => Call::once(&scope, deadline),
        };
        let answer = policy.run(call, judge, async |_attempt_deadline| {
            let request = asking.begin();
            let end = self.exchange.run(url).await;
            request.end(end.as_ref());
            end
        });
        answer.await.map_err(|error| match error {
            // The host was never given the time that an answer may take: that is not its fault.
            PolicyError::DeadlineExceeded { .. } if way.was_mostly_waiting(asking) => {
                Failure::of_waiting(url)
            }
            error => Failure::of_policy(error, url, &scope),
        })
    }

    /// Literal addresses are judged here, since the client does not ask its resolver about them; names are
    /// judged by the resolver.
    fn judge(&self, url: &Url) -> Result<(), Failure> {
        check_web_url(url).map_err(|error| Failure::of_address(&error))?;
        match url.host() {
            Some(Host::Ipv4(address)) => self.addresses.check_literal(address.into())?,
            Some(Host::Ipv6(address)) => self.addresses.check_literal(address.into())?,
            Some(Host::Domain(_)) | None => {}
        }
        Ok(())
    }
}

/// The host and port: what is treated gently, and what stands or falls by itself.
pub(super) fn scope(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    format!(
        "{}:{}",
        host.trim_end_matches('.'),
        url.port_or_known_default().unwrap_or_default()
    )
}
