//! Says why there was no answer. The one place where errors of the client, of TLS, of the resolver and of
//! the policy become a [`FetchFault`] with a sentence for people.

use std::error::Error;
use std::io;
use std::time::Duration;

use atlas_domain::FetchFault;
use atlas_domain::url::UrlError;
use atlas_resilience::{PolicyError, Rejection};
use url::Url;

use super::address::RefusedAddress;
use super::resolve::ResolveError;

/// A longer message says nothing more: certificates may name thousands of hosts, and errors quote them.
const MESSAGE_LIMIT_CHARS: usize = 500;

/// Why one strategy brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    pub(super) fault: FetchFault,
    pub(super) message: String,
    pub(super) retry_after: Option<Duration>,
}

impl Failure {
    /// The message may quote the other side, so it is cut where it gets endless.
    pub(super) fn new(fault: FetchFault, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_LIMIT_CHARS) {
            message.truncate(end);
            message.push('…');
        }
        Self {
            fault,
            message,
            retry_after: None,
        }
    }

    /// The page's own address, or that of a redirect, is none that Atlas asks for.
    pub(super) fn of_address(error: &UrlError) -> Self {
        match error {
            UrlError::Scheme(_, scheme) => Self::new(
                FetchFault::UnsupportedScheme,
                format!("the scheme `{scheme}` leads outside the web"),
            ),
            UrlError::Credentials(host) => Self::new(
                FetchFault::Credentials,
                format!("the way leads to `{host}` with a user name or password, which Atlas does not send"),
            ),
            UrlError::TooLong(_) | UrlError::HostTooLong(_) => Self::new(
                FetchFault::AddressTooLong,
                format!("the way leads on, but {error}"),
            ),
            UrlError::Invalid(..) | UrlError::NoHost(_) => {
                Self::new(FetchFault::BadRedirect, error.to_string())
            }
        }
    }

    /// The time for the page went by before its host could use it: our own limits took most of it.
    pub(super) fn of_waiting(url: &Url) -> Self {
        let host = host_of(url);
        Self::new(
            FetchFault::HostBusy,
            format!("Atlas's limits for `{host}` left it too little time to answer"),
        )
    }

    /// No response came.
    pub(super) fn of_request(error: reqwest::Error, url: &Url) -> Self {
        let error = &error.without_url(); // which may carry secrets
        let host = host_of(url);
        if let Some(refused) = cause::<RefusedAddress>(error) {
            return Self::from(refused.clone());
        }
        if let Some(unresolved) = cause::<ResolveError>(error) {
            let fault = match unresolved {
                ResolveError::NotFound => FetchFault::NameNotFound,
                ResolveError::Failed(_) => FetchFault::DnsFailed,
            };
            return Self::new(fault, format!("`{host}` has no address: {unresolved}"));
        }
        if let Some(tls) = cause::<rustls::Error>(error) {
            let fault = if is_lasting(tls) {
                FetchFault::TlsFailed
            } else {
                FetchFault::ConnectFailed
            };
            return Self::new(fault, format!("no trusted connection to `{host}`: {tls}"));
        }
        let reason = deepest(error);
        if error.is_builder() {
            let message = format!("the address cannot be put into an HTTP request: {reason}");
            return Self::new(FetchFault::UnsupportedScheme, message);
        }
        if error.is_timeout() {
            return Self::new(
                FetchFault::Timeout,
                format!("`{host}` did not take the connection in time"),
            );
        }
        if error.is_connect() {
            let fault = match cause::<io::Error>(error).map(io::Error::kind) {
                Some(io::ErrorKind::ConnectionRefused) => FetchFault::ConnectRefused,
                Some(
                    io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkDown
                    | io::ErrorKind::AddrNotAvailable,
                ) => FetchFault::NoRoute,
                _ => FetchFault::ConnectFailed,
            };
            return Self::new(fault, format!("no connection to `{host}`: {reason}"));
        }
        if cause::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
            return Self::new(
                FetchFault::BadResponse,
                format!("`{host}` does not speak proper HTTP: {reason}"),
            );
        }
        Self::new(
            FetchFault::ConnectFailed,
            format!("the connection to `{host}` broke off: {reason}"),
        )
    }

    /// A response came, but not its whole body.
    pub(super) fn of_body(error: reqwest::Error, url: &Url) -> Self {
        let error = &error.without_url(); // which may carry secrets
        let host = host_of(url);
        let reason = deepest(error);
        let from_connection = cause::<hyper::Error>(error).is_some();
        match cause::<io::Error>(error).map(io::Error::kind) {
            _ if error.is_timeout() => Self::new(
                FetchFault::Timeout,
                format!("`{host}` did not send its answer in time"),
            ),
            Some(io::ErrorKind::UnexpectedEof) => Self::new(
                FetchFault::Truncated,
                format!("the answer of `{host}` ended too early: {reason}"),
            ),
            Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) if from_connection => Self::new(
                FetchFault::BadResponse,
                format!("`{host}` does not speak proper HTTP: {reason}"),
            ),
            // An error without a connection in its history comes from the decompressor.
            Some(_) if !from_connection => {
                let message = format!("the compression of the answer of `{host}` is damaged: {reason}");
                Self::new(FetchFault::Truncated, message)
            }
            _ => Self::new(
                FetchFault::Truncated,
                format!("the connection to `{host}` broke off within its answer: {reason}"),
            ),
        }
    }

    /// What the policy made of a request.
    pub(super) fn of_policy(error: PolicyError<Self>, url: &Url, scope: &str) -> Self {
        let host = host_of(url);
        match error {
            PolicyError::Inner(failure) => failure,
            PolicyError::Timeout { limit, .. } => Self::new(
                FetchFault::Timeout,
                format!("`{host}` gave no complete answer within {limit:?}"),
            ),
            PolicyError::DeadlineExceeded { .. } => {
                let message = format!("the time for one page was over before `{host}` had given its answer");
                Self::new(FetchFault::Timeout, message)
            }
            PolicyError::Rejected { policy, rejection } => Self::of_rejection(policy, rejection, url, scope),
        }
    }
}

impl Failure {
    /// The host was not asked.
    fn of_rejection(policy: &str, rejection: Rejection, url: &Url, scope: &str) -> Self {
        let host = host_of(url);
        let (fault, message, retry_after) = match rejection {
            Rejection::TooFast { retry_in } => (FetchFault::HostBusy, None, Some(retry_in)),
            Rejection::TooMany => (FetchFault::HostBusy, None, None),
            Rejection::CircuitOpen { retry_in, .. } => {
                // It is kept for longer than it says how long: when the page comes next is in its job.
                let time = retry_in.map_or(" until somebody decides otherwise", |_| "");
                let message = format!(
                    "{scope} is left alone{time}: {rejection}; see `atlas breaker show {policy} {scope}`"
                );
                (FetchFault::CircuitOpen, Some(message), retry_in)
            }
            Rejection::NetworkDown { retry_in } => (
                FetchFault::NetworkDown,
                Some(rejection.to_string()),
                Some(retry_in),
            ),
        };
        let message =
            message.unwrap_or_else(|| format!("Atlas's limit for `{host}` is used up: {rejection}"));
        Self {
            retry_after,
            ..Self::new(fault, message)
        }
    }
}

impl From<RefusedAddress> for Failure {
    fn from(refused: RefusedAddress) -> Self {
        Self::new(FetchFault::RefusedAddress, refused.to_string())
    }
}

/// Whether the other side cannot be trusted or cannot agree with us, today as tomorrow. Everything else that ends a
/// handshake is a server in trouble, or something on the way to it.
fn is_lasting(tls: &rustls::Error) -> bool {
    use rustls::{AlertDescription as Alert, Error, InvalidMessage};
    match tls {
        Error::InvalidCertificate(_)
        | Error::NoCertificatesPresented
        | Error::UnsupportedNameType
        | Error::PeerIncompatible(_)
        | Error::NoApplicationProtocol
        // It does not speak TLS at all.
        | Error::InvalidMessage(InvalidMessage::InvalidContentType) => true,
        Error::AlertReceived(alert) => matches!(
            alert,
            Alert::HandshakeFailure
                | Alert::ProtocolVersion
                | Alert::InsufficientSecurity
                | Alert::InappropriateFallback
                | Alert::UnrecognisedName
                | Alert::NoApplicationProtocol
                | Alert::MissingExtension
                | Alert::UnsupportedExtension
                | Alert::IllegalParameter
                | Alert::AccessDenied
                | Alert::BadCertificate
                | Alert::CertificateRequired
        ),
        _ => false,
    }
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// The first error of that type among the causes.
fn cause<'a, Kind: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a Kind> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// What the innermost error says: the outer ones repeat the URL and name layers of the client.
fn deepest(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The error and its causes, outermost first. An `io::Error` hides the error it was made from: its
/// `source` is already the source of that one.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let hidden = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        hidden
            .map(|hidden| hidden as &(dyn Error + 'static))
            .or_else(|| error.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_no_address_even_where_the_error_has_no_cause_to_tell() {
        let mut answer = http::Response::new("");
        *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        let error = reqwest::Response::from(answer).error_for_status().unwrap_err();
        let place = error.url().unwrap().host_str().unwrap().to_owned();
        assert!(
            error.to_string().contains(&place),
            "the case is the one that leaks"
        );
        let url = Url::parse("https://example.com/").unwrap();
        let message = Failure::of_request(error, &url).message;
        assert!(!message.contains(&place), "{message}");
    }

    #[test]
    fn a_host_that_is_left_alone_is_named_with_its_port_and_the_command_that_tells_more() {
        let refused = |retry_in| PolicyError::Rejected {
            policy: "article_processing",
            rejection: Rejection::CircuitOpen {
                cause: atlas_resilience::breaker::RefusalCause::Open,
                retry_in,
            },
        };
        let url = Url::parse("https://example.com/page").unwrap();
        let message = |retry_in| Failure::of_policy(refused(retry_in), &url, "example.com:443").message;
        for rest_secs in [42, 18_000] {
            assert_eq!(
                message(Some(Duration::from_secs(rest_secs))),
                "example.com:443 is left alone: the circuit breaker is open; see `atlas breaker show \
                 article_processing example.com:443`",
                "it is kept, and how long that is from now on would soon be wrong"
            );
        }
        assert!(message(None).contains("is left alone until somebody decides otherwise:"));
    }

    #[test]
    fn a_message_that_quotes_the_other_side_is_not_endless() {
        let failure = Failure::new(FetchFault::TlsFailed, "ü".repeat(100_000));
        assert_eq!(failure.message.chars().count(), MESSAGE_LIMIT_CHARS + 1);
    }
}
