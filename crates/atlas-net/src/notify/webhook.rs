//! Sends webhooks. The address that the owner named is trusted as it stands; where it redirects to is judged like any
//! page's. What comes back is read to a limit: only its status matters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_domain::{Message, Receipt, SendFailure, Timestamp};
use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Client, Response};
use url::{Host, Url};

use super::failure::{not_sent, refused, unknown};
use super::shape::{Shape, Target, Written};
use crate::fetch::{
    AddressPolicy, ClientError, GuardedResolver, Resolve, build_client, headers, trusted_roots,
};

/// A receiver that moved has one new address, seldom two.
const REDIRECT_LIMIT: usize = 3;
/// How much of an answer is read, for people who look for a reason in it.
const ANSWER_LIMIT_BYTES: usize = 1_000;
/// How long that may take.
const READING_LIMIT: Duration = Duration::from_secs(1);
/// A receiver that is asked too often and does not say how long it wants to be left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// Sends webhooks.
pub(super) struct Sender {
    client: Client,
    /// Judges redirects: what the owner trusts for pages.
    addresses: AddressPolicy,
}

impl Sender {
    pub(super) fn new<'a>(
        targets: impl Iterator<Item = &'a Target>,
        addresses: &AddressPolicy,
        resolver: Arc<dyn Resolve>,
        attempt_timeout: Duration,
    ) -> Result<Self, ClientError> {
        let named = targets.map(|target| target.host().to_owned());
        let guarded = GuardedResolver {
            resolver,
            addresses: Arc::new(addresses.clone().trusting(named)),
            limit: attempt_timeout / 4,
        };
        Ok(Self {
            client: build_client(guarded, trusted_roots(), attempt_timeout / 2)?,
            addresses: addresses.clone(),
        })
    }

    pub(super) async fn send(
        &self,
        target: &Target,
        message: &Message,
        now: Timestamp,
        handed_over: &AtomicBool,
    ) -> Result<Receipt, SendFailure> {
        let written = target.write(message);
        let mut url = target.url.clone();
        for _ in 0..=REDIRECT_LIMIT {
            let response = self
                .post(target, &url, &written, message, now, handed_over)
                .await?;
            match response.status().as_u16() {
                // These two alone keep method and body (RFC 9110, section 15.4).
                307 | 308 => url = self.redirected(target, &url, &response)?,
                _ => return judged(target, response, now).await,
            }
        }
        Err(refused(format!("`{}` redirects without end", target.host())))
    }

    async fn post(
        &self,
        target: &Target,
        url: &Url,
        written: &Written,
        message: &Message,
        now: Timestamp,
        handed_over: &AtomicBool,
    ) -> Result<Response, SendFailure> {
        let mut request = self.client.post(url.clone()).body(written.body.clone());
        request = request.header(ACCEPT, "*/*"); // no page is wanted, only a status
        let is_named = is_as_good_as(url, &target.url);
        for (name, value) in &written.headers {
            // Nothing secret travels to anybody whom the owner has not named; behind another port may sit another.
            if is_named || *name != "authorization" {
                request = request.header(*name, value);
            }
        }
        if let Shape::Atlas(Some(secret)) = &target.shape {
            for (name, value) in secret.headers(&message.delivery_id, now, &written.body) {
                request = request.header(name, value);
            }
        }
        // Where the request breaks off cannot be seen from here: from now on the receiver may have it.
        handed_over.store(true, Ordering::Relaxed);
        request.send().await.map_err(|error| of_request(error, target))
    }

    /// Where a receiver has moved to.
    fn redirected(&self, target: &Target, url: &Url, response: &Response) -> Result<Url, SendFailure> {
        let bad = |problem: &str| refused(format!("`{}` redirects {problem}", target.host()));
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|place| place.to_str().ok());
        let place = location
            .and_then(|place| url.join(place).ok())
            .ok_or_else(|| bad("to no usable address"))?;
        if !matches!(place.scheme(), "http" | "https")
            || (url.scheme() == "https" && place.scheme() == "http")
        {
            return Err(bad("out of the protected web"));
        }
        if place.host_str() != target.url.host_str() {
            let judged = match place.host() {
                Some(Host::Ipv4(address)) => self.addresses.check_literal(address.into()),
                Some(Host::Ipv6(address)) => self.addresses.check_literal(address.into()),
                _ => Ok(()),
            };
            judged.map_err(|error| bad(&format!("where it must not: {error}")))?;
        }
        Ok(place)
    }
}

/// The same receiver; or the same host by TLS, where it was named without.
fn is_as_good_as(url: &Url, named: &Url) -> bool {
    let is_upgrade =
        (named.scheme(), named.port()) == ("http", None) && (url.scheme(), url.port()) == ("https", None);
    url.origin() == named.origin() || (is_upgrade && url.host_str() == named.host_str())
}

async fn judged(target: &Target, mut response: Response, now: Timestamp) -> Result<Receipt, SendFailure> {
    let status = response.status();
    let pause = headers::retry_after(response.headers(), now);
    let words = beginning_of(&mut response).await;
    if status.is_success() {
        return Ok(Receipt::of_all(format!("{} {words}", status.as_u16()).trim()));
    }
    if status.is_redirection() {
        // Where to is not told: the address may be a secret.
        return Err(refused(format!(
            "`{}` answered {} and sends on to another address, which is not followed: only 307 and 308 keep a message \
             whole. Give the channel the address that it has now",
            target.host(),
            status.as_u16()
        )));
    }
    let message = match words.as_str() {
        "" => format!("`{}` answered {}", target.host(), status.as_u16()),
        words => format!("`{}` answered {}: {words}", target.host(), status.as_u16()),
    };
    match status.as_u16() {
        408 | 425 | 500..=599 if pause.is_none() => Err(not_sent(message)),
        408 | 425 | 429 | 500..=599 => Err(SendFailure {
            retry_after: Some(pause.unwrap_or(PAUSE)),
            ..not_sent(message)
        }),
        _ => Err(refused(message)),
    }
}

/// The answer was given with its status: a body that is slow, endless or broken changes nothing.
async fn beginning_of(response: &mut Response) -> String {
    let mut body = Vec::new();
    // The whole has so long, not each byte.
    let _ = tokio::time::timeout(READING_LIMIT, async {
        while body.len() < ANSWER_LIMIT_BYTES {
            let Ok(Some(chunk)) = response.chunk().await else {
                return;
            };
            body.extend_from_slice(&chunk);
        }
    })
    .await;
    body.truncate(ANSWER_LIMIT_BYTES);
    let text = String::from_utf8_lossy(&body);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_request(error: reqwest::Error, target: &Target) -> SendFailure {
    let error = error.without_url(); // whose path may be a secret
    let host = target.host();
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    if error.is_connect() {
        return not_sent(format!("no connection to `{host}`: {reason}"));
    }
    if error.is_builder() {
        return refused(format!("the request to `{host}` cannot be made: {reason}"));
    }
    unknown(format!("the connection to `{host}` broke off: {reason}"))
}
