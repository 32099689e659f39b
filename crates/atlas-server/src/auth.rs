//! Who may ask over TCP: the one rule, laid over every route and over requests that meet none.
//!
//! It must not excuse a route from the checks of Host and Origin, make or hand out a token, say how close a wrong
//! one came, answer a browser's CORS question, or put a token into a log or an answer.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::error::ApiError;

/// What a supervisor may see without a token.
const WITHOUT_TOKEN: [&str; 2] = ["/livez", "/readyz"];
/// Below it, one part that is a secret of its own, and opens nothing else.
const HEARTBEAT: &str = "/heartbeat/";
/// What a browser calls a server on its own machine.
const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a request over TCP must show.
pub struct AccessRule {
    token: String,
    hosts: Vec<String>,
}

impl AccessRule {
    /// Whoever knows `token` may ask, under the names of loopback and of the `bound` address. An empty token
    /// opens nothing.
    pub fn new(token: &str, bound: SocketAddr) -> Self {
        let bound = match bound.ip() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let mut hosts = LOOPBACK_HOSTS.map(str::to_owned).to_vec();
        hosts.push(bound);
        Self {
            token: token.trim().to_owned(),
            hosts,
        }
    }

    fn check(&self, request: &Request) -> Result<(), ApiError> {
        let host = self.check_host(request)?;
        check_origin(request.headers(), &host)?;
        if needs_no_token(request.uri().path()) {
            return Ok(());
        }
        self.check_token(request.headers())
    }

    /// A page whose name was made to point here (DNS rebinding) still sends its own name.
    fn check_host(&self, request: &Request) -> Result<Authority, ApiError> {
        let host = only(request.headers(), &header::HOST)
            .and_then(|host| host.to_str().ok())
            .and_then(|host| host.parse::<Authority>().ok());
        let target = request.uri().authority();
        host.filter(|host| self.is_ours(host) && target.is_none_or(|target| target == host))
            .ok_or_else(|| {
                let detail =
                    "the header Host does not name this server; call it by the address it listens on";
                ApiError::new(StatusCode::FORBIDDEN, "wrong_host", detail)
            })
    }

    fn is_ours(&self, host: &Authority) -> bool {
        let has_user = host.as_str().contains('@');
        !has_user
            && self
                .hosts
                .iter()
                .any(|ours| ours.eq_ignore_ascii_case(host.host()))
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let given = only(headers, &header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        match given {
            Some(given) if !self.token.is_empty() && is_equal(given.as_bytes(), self.token.as_bytes()) => {
                Ok(())
            }
            _ => {
                let detail =
                    "send `Authorization: Bearer TOKEN`; the file `token` in the data directory has it";
                Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", detail))
            }
        }
    }
}

impl fmt::Debug for AccessRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRule")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

fn needs_no_token(path: &str) -> bool {
    let secret = path.strip_prefix(HEARTBEAT);
    let is_heartbeat = secret.is_some_and(|secret| !secret.is_empty() && !secret.contains('/'));
    WITHOUT_TOKEN.contains(&path) || is_heartbeat
}

/// Lets a request pass that keeps the rule.
pub(crate) async fn guard(
    State(rule): State<Arc<AccessRule>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    rule.check(&request)?;
    Ok(next.run(request).await)
}

/// A browser says which page a request comes from. Another port of this machine is another site, too.
fn check_origin(headers: &HeaderMap, host: &Authority) -> Result<(), ApiError> {
    let is_ours = |origin: &HeaderValue| {
        origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(scheme, origin)| {
                matches!(scheme, "http" | "https") && origin.eq_ignore_ascii_case(host.as_str())
            })
    };
    let is_same_site = |site: &HeaderValue| matches!(site.as_bytes(), b"same-origin" | b"none");
    if headers.get_all(header::ORIGIN).iter().all(is_ours)
        && headers.get_all(SEC_FETCH_SITE).iter().all(is_same_site)
    {
        return Ok(());
    }
    let detail = "pages of other sites may not call this server";
    Err(ApiError::new(StatusCode::FORBIDDEN, "foreign_origin", detail))
}

/// The header's value if it was sent exactly once: of two, a proxy may have looked at the other.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Takes the same time wherever the difference lies. The length of a token is no secret.
fn is_equal(given: &[u8], expected: &[u8]) -> bool {
    let difference = given.iter().zip(expected).fold(0, |difference, (left, right)| {
        std::hint::black_box(difference | (left ^ right))
    });
    given.len() == expected.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use rstest::rstest;

    use super::*;

    fn rule() -> AccessRule {
        AccessRule::new("secret-token\n", "127.0.0.9:7444".parse().unwrap())
    }

    fn request(target: &str, headers: &[(&str, &str)]) -> Request {
        let mut builder = Request::builder().uri(target);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Body::empty()).unwrap()
    }

    fn code(result: Result<(), ApiError>) -> String {
        match result {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.code().to_owned(),
        }
    }

    #[rstest]
    #[case::loopback("127.0.0.1:7444", "ok")]
    #[case::without_port("localhost", "ok")]
    #[case::upper_case("LOCALHOST:1", "ok")]
    #[case::ipv6("[::1]:7444", "ok")]
    #[case::bound("127.0.0.9:7444", "ok")]
    #[case::rebound_name("atlas.attacker.example:7444", "wrong_host")]
    #[case::suffix("localhost.attacker.example", "wrong_host")]
    #[case::user("localhost@attacker.example", "wrong_host")]
    #[case::hidden_user("attacker.example@localhost", "wrong_host")]
    #[case::other_address("127.0.0.8:7444", "wrong_host")]
    #[case::nothing("", "wrong_host")]
    fn knows_its_own_names(#[case] host: &str, #[case] expected: &str) {
        assert_eq!(
            code(rule().check(&request("/livez", &[("host", host)]))),
            expected
        );
    }

    #[rstest]
    #[case::missing(&[])]
    #[case::twice(&[("host", "localhost"), ("host", "attacker.example")])]
    fn refuses_a_request_without_one_host(#[case] headers: &[(&str, &str)]) {
        assert_eq!(code(rule().check(&request("/livez", headers))), "wrong_host");
    }

    #[test]
    fn refuses_a_target_that_contradicts_its_host() {
        let request = request("http://attacker.example/livez", &[("host", "localhost")]);
        assert_eq!(code(rule().check(&request)), "wrong_host");
    }

    #[rstest]
    #[case::own("origin", "http://localhost:7444", "ok")]
    #[case::own_behind_tls("origin", "https://localhost:7444", "ok")]
    #[case::other_port("origin", "http://localhost:3000", "foreign_origin")]
    #[case::other_site("origin", "https://attacker.example", "foreign_origin")]
    #[case::sandboxed("origin", "null", "foreign_origin")]
    #[case::other_scheme("origin", "file://localhost:7444", "foreign_origin")]
    #[case::same_origin("sec-fetch-site", "same-origin", "ok")]
    #[case::typed("sec-fetch-site", "none", "ok")]
    #[case::same_site("sec-fetch-site", "same-site", "foreign_origin")]
    #[case::cross_site("sec-fetch-site", "cross-site", "foreign_origin")]
    fn refuses_what_other_pages_send(#[case] name: &str, #[case] value: &str, #[case] expected: &str) {
        let request = request("/livez", &[("host", "localhost:7444"), (name, value)]);
        assert_eq!(code(rule().check(&request)), expected);
    }

    #[rstest]
    #[case::right("Bearer secret-token", "ok")]
    #[case::scheme_in_any_case("bearer secret-token", "ok")]
    #[case::wrong("Bearer secret-tokeN", "unauthorized")]
    #[case::beginning("Bearer secret", "unauthorized")]
    #[case::longer("Bearer secret-token-and-more", "unauthorized")]
    #[case::empty("Bearer ", "unauthorized")]
    #[case::other_scheme("Basic secret-token", "unauthorized")]
    #[case::bare("secret-token", "unauthorized")]
    fn wants_the_whole_token(#[case] authorization: &str, #[case] expected: &str) {
        let request = request(
            "/metrics",
            &[("host", "localhost"), ("authorization", authorization)],
        );
        assert_eq!(code(rule().check(&request)), expected);
    }

    #[test]
    fn an_empty_token_opens_nothing() {
        let rule = AccessRule::new("", "127.0.0.1:7444".parse().unwrap());
        let request = request("/metrics", &[("host", "localhost"), ("authorization", "Bearer ")]);
        assert_eq!(code(rule.check(&request)), "unauthorized");
    }

    #[test]
    fn does_not_print_its_token() {
        assert!(!format!("{:?}", rule()).contains("secret"));
    }
}
