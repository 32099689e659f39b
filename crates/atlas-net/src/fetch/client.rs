//! Builds the one HTTP client of the process, with everything switched off that it would do by itself:
//! redirects, retries, proxies, cookies, referers. It connects only where [`GuardedResolver`] lets it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Client, ClientBuilder, redirect, retry};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use super::resolve::GuardedResolver;

/// Who asks. Sites may block it or answer it differently; pretending to be a browser is not ours to do.
const USER_AGENT: &str = concat!("Atlas/", env!("CARGO_PKG_VERSION"));

const ACCEPTED: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,application/pdf;q=0.9,*/*;q=0.8";

/// How long an idle connection is kept for the next page of the same host.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// More response headers than this, or longer ones, are a broken answer. The limits of the client itself;
/// what is kept of an answer is limited by `headers.rs`.
const HEADER_COUNT_LIMIT: usize = 256;
const HEADER_SIZE_LIMIT_BYTES: u32 = 256 * 1024;

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The TLS library offers no usable protocol version.
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    /// The client refused its settings.
    #[error("the HTTP client could not be set up")]
    Http(#[from] reqwest::Error),
}

/// The client. `connect_timeout` leaves time to try another address of the same name.
pub(crate) fn build(
    resolver: GuardedResolver,
    roots: RootCertStore,
    connect_timeout: Duration,
) -> Result<Client, ClientError> {
    Ok(builder(resolver, roots, connect_timeout)?.build()?)
}

/// The same, for whoever wants to know more of an answer than its pages need.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the seam behind which the HTTP client is made"
)]
pub(crate) fn builder(
    resolver: GuardedResolver,
    roots: RootCertStore,
    connect_timeout: Duration,
) -> Result<ClientBuilder, ClientError> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls(roots)?)
        .dns_resolver(resolver)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .user_agent(USER_AGENT)
        .default_headers(HeaderMap::from_iter([(
            ACCEPT,
            HeaderValue::from_static(ACCEPTED),
        )]))
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_CONNECTION)
        .http1_max_headers(HEADER_COUNT_LIMIT)
        .http1_ignore_invalid_headers_in_responses(true)
        .http2_max_header_list_size(HEADER_SIZE_LIMIT_BYTES);
    Ok(builder)
}

/// The certificate authorities that browsers trust, and those that the machine's owner added. Damaged
/// certificates of the machine are passed over: they can only make fewer sites trusted.
pub(crate) fn trusted_roots() -> RootCertStore {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests;
