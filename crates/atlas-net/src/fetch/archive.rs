//! The strategy that asks the archive which the owner has named. It asks once, and never follows the archive back to
//! the page itself: that one was asked before.

mod template;

use std::sync::Arc;

use atlas_domain::url::check_web_url;
use atlas_domain::{FetchFault, is_same_site};
use atlas_resilience::{Call, Deadline, Service};
use url::Url;

use super::cascade::Answer;
use super::direct::{Asked, Direct};
use super::exchange::{Exchange, Reply};
use super::failure::Failure;
use super::judge::judge;
use super::way::{Asking, Way};

pub use self::template::{ArchiveTemplate, ArchiveTemplateError};

/// The part of its service that the archive is.
const SCOPE: &str = "archive";

/// The archive, and how it is asked.
pub(super) struct Archive {
    pub(super) template: ArchiveTemplate,
    /// Connects wherever the archive's own host leads, since its owner is trusted to know.
    pub(super) exchange: Arc<Exchange>,
    pub(super) service: Arc<Service>,
    /// Asks wherever the archive sends us to, as it would for any page.
    pub(super) elsewhere: Direct,
}

impl Archive {
    /// The copy of `page`, and where it was asked for.
    pub(super) async fn ask(&self, page: &Url, deadline: Deadline, way: &mut Way) -> Result<Answer, Failure> {
        let mut url = self.address_of(page)?;
        loop {
            let reply = if self.template.is_of_archive(&url) {
                self.hop(&url, deadline, way).await?
            } else if is_same_site(&url, page) {
                return Err(Failure::new(
                    FetchFault::BadRedirect,
                    "the archive has no copy: it sends on to the page itself",
                ));
            } else {
                self.elsewhere.hop(&url, deadline, way, Asked::Once).await?
            };
            match reply {
                Reply::Answer(answer) => return Ok(answer),
                Reply::Redirect { target, .. } => url = target,
            }
        }
    }

    /// Where the copy of `page` is.
    pub(super) fn address_of(&self, page: &Url) -> Result<Url, Failure> {
        let url = self.template.address_of(page).map_err(|error| {
            let message = format!("the address of the archive's copy cannot be read: {error}");
            Failure::new(FetchFault::BadRedirect, message)
        })?;
        check_web_url(&url).map_err(|error| Failure::of_address(&error))?;
        Ok(url)
    }

    async fn hop(&self, url: &Url, deadline: Deadline, way: &mut Way) -> Result<Reply, Failure> {
        let asking = Asking::start();
        let reply = match way.enter(url, self.elsewhere.redirect_limit) {
            Ok(()) => self.request(url, deadline, &asking).await,
            Err(failure) => Err(failure),
        };
        way.record(url, asking, reply.as_ref());
        reply
    }

    async fn request(&self, url: &Url, deadline: Deadline, asking: &Asking) -> Result<Reply, Failure> {
        let policy = self.service.policy();
        let answer = policy.run(Call::once(SCOPE, deadline), judge, async |_attempt_deadline| {
            let request = asking.begin();
            let end = self.exchange.run(url).await;
            request.end(end.as_ref());
            end
        });
        answer
            .await
            .map_err(|error| Failure::of_policy(error, url, SCOPE))
    }
}
