//! Asks an address of the web, and compares the answer with what it must be.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Clock, HttpProbe, ProbeTarget, Timestamp};
use reqwest::header::{ACCEPT, LOCATION};
use reqwest::tls::TlsInfo;
use reqwest::{Client, Response};
use tokio::time::Instant;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Finding;
use crate::fetch::{AddressPolicy, ClientError, GuardedResolver, Resolve, client_builder, trusted_roots};

/// How much of an answer is read.
const BODY_LIMIT_BYTES: usize = 1_000_000;
/// The probe's own deadline comes before this; the client wants a limit of its own.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
const A_DAY: Duration = Duration::from_hours(24);

pub(super) struct Asker {
    client: Client,
    clock: Arc<dyn Clock>,
}

impl Asker {
    pub(super) fn new<'a>(
        targets: impl Iterator<Item = &'a ProbeTarget>,
        resolver: Arc<dyn Resolve>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let named = targets.filter_map(|target| match target {
            ProbeTarget::Http(probe) => probe.url.host_str().map(str::to_owned),
            _ => None,
        });
        let guarded = GuardedResolver {
            resolver,
            addresses: Arc::new(AddressPolicy::default().trusting(named)),
            limit: CONNECT_LIMIT,
        };
        Ok(Self {
            client: client_builder(guarded, trusted_roots(), CONNECT_LIMIT)?
                .tls_info(true)
                .build()?,
            clock,
        })
    }

    pub(super) async fn ask(&self, probe: &HttpProbe) -> Finding {
        let host = probe.url.host_str().unwrap_or_default();
        let begun_at = Instant::now();
        // Whatever is there is to answer: it need be no page.
        let request = self.client.get(probe.url.clone()).header(ACCEPT, "*/*");
        let sent = request.send().await;
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => return Finding::no_answer(format!("`{host}`: {}", deepest(error))),
        };
        let certificate = probe.certificate_days.and_then(|days| {
            let shown = response.extensions().get::<TlsInfo>()?.peer_certificate()?;
            ends_within(shown, days, self.clock.now())
        });
        let status = response.status().as_u16();
        let is_well = match probe.statuses.as_slice() {
            [] => (200..300).contains(&status),
            statuses => statuses.contains(&status),
        };
        if !is_well {
            return Finding::crit(format!("`{host}` answered {status}{}", where_to(&response)));
        }
        if probe.body_contains.is_some() || probe.json.is_some() {
            let body = match body_of(&mut response).await {
                Ok(body) => body,
                Err(problem) => return Finding::no_answer(format!("`{host}`: {problem}")),
            };
            if let Some(problem) = wrong_in(&body, probe) {
                return Finding::crit(format!("`{host}` answered {status}, but {problem}"));
            }
        }
        let took = begun_at.elapsed();
        if let Some(warning) = certificate {
            return Finding::warn(format!("the certificate of `{host}` {warning}"));
        }
        match probe.slow_after {
            Some(limit) if took > limit => Finding::warn(format!(
                "`{host}` took {:.1} s, and {:.1} s are slow",
                took.as_secs_f64(),
                limit.as_secs_f64()
            )),
            _ => Finding::ok(format!("`{host}` answered {status}")),
        }
    }
}

/// A check asks what it was told to ask: where it is sent on to is said, not followed.
fn where_to(response: &Response) -> String {
    let place = response
        .headers()
        .get(LOCATION)
        .and_then(|place| place.to_str().ok());
    place.map_or(String::new(), |place| {
        let place: String = place.chars().take(200).collect();
        format!(" and sends on to {place}; check that address, or take the status in")
    })
}

/// What is wrong with a body, if anything is.
fn wrong_in(body: &[u8], probe: &HttpProbe) -> Option<String> {
    if let Some(text) = &probe.body_contains
        && !String::from_utf8_lossy(body).contains(text)
    {
        return Some(format!("its body has no `{text}`"));
    }
    let (place, expected) = probe.json.as_ref()?;
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) else {
        return Some("its body is no JSON".to_owned());
    };
    let Some(found) = json.pointer(place) else {
        return Some(format!("there is nothing at `{place}`"));
    };
    let written = found.to_string();
    let is_as_expected = found.as_str() == Some(expected) || written == *expected;
    (!is_as_expected).then(|| {
        let found: String = written.chars().take(100).collect();
        format!("at `{place}` stands {found}, and not {expected}")
    })
}

async fn body_of(response: &mut Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while body.len() < BODY_LIMIT_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(deepest(error)),
        }
    }
    body.truncate(BODY_LIMIT_BYTES);
    Ok(body)
}

/// What is to be said of a certificate that ends in fewer than `days`.
fn ends_within(certificate: &[u8], days: u32, now: Timestamp) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let ends_at = Timestamp::from_millis(certificate.validity().not_after.timestamp().saturating_mul(1_000));
    let left = ends_at.since(now);
    (left < A_DAY * days).then(|| format!("ends on {ends_at}, in {} days", left.as_secs() / A_DAY.as_secs()))
}

fn deepest(error: reqwest::Error) -> String {
    let error = error.without_url(); // which may carry secrets
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_ends_soon_is_told_with_its_day() {
        // rcgen's own certificates last to the year 4096.
        let made = rcgen::generate_simple_self_signed(["site.test".to_owned()]).unwrap();
        let end = Timestamp::from_millis(67_090_118_400_000);
        let before = |days: u32| end.before(A_DAY * days);
        assert_eq!(ends_within(made.cert.der(), 14, before(15)), None);
        let warning = ends_within(made.cert.der(), 14, before(13)).unwrap();
        assert_eq!(warning, "ends on 4096-01-01T00:00:00Z, in 13 days");
    }
}
