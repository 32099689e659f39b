//! `Relay`: the mail server that takes our messages, as its address says how: `smtps://user@mail.example:465`,
//! `smtp://mail.example:587?tls=required`. It knows no mail and opens no connection.

use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

/// Where mail is handed in.
#[derive(Clone)]
pub struct Relay {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
}

/// How the connection to a relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// By TLS from its first byte.
    Tls,
    /// By TLS that the relay must offer.
    StartTls,
    /// By TLS if the relay offers it, whoever it is: against those who listen, and not against those who pretend.
    IfOffered,
    /// Not at all: for a relay on the same machine.
    None,
}

/// An address that names no relay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// It is no address at all.
    #[error(
        "is no address of a mail relay; write it like smtp://user@mail.example:587 or smtps://mail.example"
    )]
    Malformed,
    /// Passwords do not belong into configuration.
    #[error("has a password in it; put it into a file of its own, and name that with `secret_file`")]
    Password,
    /// There is a word for TLS that means nothing.
    #[error("says `{0}`; after the question mark stands tls=required, tls=opportunistic or tls=none")]
    Query(String),
    /// A password or a user would travel for everybody to read.
    #[error("sends a password without TLS; only a relay on this machine may have that")]
    Unprotected,
    /// A password without a user, or the other way round.
    #[error("needs both a user name (before an @ in `url`) and a password (in `secret_file`), or neither")]
    Incomplete,
}

impl Relay {
    /// The relay at `address`, with the password for the user that it names.
    pub fn new(address: &str, password: Option<String>) -> Result<Self, RelayError> {
        let url = Url::parse(address).map_err(|_| RelayError::Malformed)?;
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(RelayError::Malformed),
        };
        if url.password().is_some() {
            return Err(RelayError::Password);
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(RelayError::Malformed);
        }
        let is_here = is_this_machine(&host);
        let (security, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Security::Tls, 465),
            ("smtp", None) if is_here => (Security::IfOffered, 25),
            ("smtp", None | Some("tls=required")) => (Security::StartTls, 587),
            ("smtp", Some("tls=opportunistic")) => (Security::IfOffered, 25),
            ("smtp", Some("tls=none")) => (Security::None, 25),
            ("smtp" | "smtps", Some(query)) => return Err(RelayError::Query(query.to_owned())),
            _ => return Err(RelayError::Malformed),
        };
        let user = Some(url.username()).filter(|user| !user.is_empty());
        let user = user.map(unescaped).transpose()?;
        if user.is_some() != password.is_some() {
            return Err(RelayError::Incomplete);
        }
        let is_protected = matches!(security, Security::Tls | Security::StartTls);
        if user.is_some() && !is_protected && !is_here {
            return Err(RelayError::Unprotected);
        }
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            security,
            user,
            password,
        })
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Relay({}:{}, {:?})", self.host, self.port, self.security)
    }
}

/// User names are addresses more often than not, and an @ in them is written as %40.
fn unescaped(user: &str) -> Result<String, RelayError> {
    let mut bytes = Vec::with_capacity(user.len());
    let mut rest = user.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).map_err(|_| RelayError::Malformed)?;
                let byte = u8::from_str_radix(digits, 16).map_err(|_| RelayError::Malformed)?;
                (byte, after)
            }
            (byte, after) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| RelayError::Malformed)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || IpAddr::from_str(host).is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PASSWORD: Option<&str> = Some("correct horse");

    #[rstest]
    #[case::tls("smtps://mail.example", Security::Tls, 465)]
    #[case::submission("smtp://mail.example", Security::StartTls, 587)]
    #[case::required("smtp://mail.example?tls=required", Security::StartTls, 587)]
    #[case::port("smtp://mail.example:2525", Security::StartTls, 2525)]
    #[case::here("smtp://localhost", Security::IfOffered, 25)]
    #[case::here_by_number("smtp://127.0.0.1:1025", Security::IfOffered, 1025)]
    #[case::plain("smtp://mail.example?tls=none", Security::None, 25)]
    fn the_address_says_how_it_is_reached(
        #[case] address: &str,
        #[case] security: Security,
        #[case] port: u16,
    ) {
        let relay = Relay::new(address, None).unwrap();
        assert_eq!((relay.security, relay.port), (security, port));
    }

    #[test]
    fn a_user_may_be_an_address_of_mail() {
        let relay = Relay::new(
            "smtps://reader%40mail.example@mail.example",
            PASSWORD.map(str::to_owned),
        )
        .unwrap();
        assert_eq!(relay.user.as_deref(), Some("reader@mail.example"));
    }

    #[rstest]
    #[case::other_scheme("https://mail.example", None, RelayError::Malformed)]
    #[case::no_host("smtp:mail.example", None, RelayError::Malformed)]
    #[case::path("smtp://mail.example/inbox", None, RelayError::Malformed)]
    #[case::password_in_it("smtps://reader:secret@mail.example", None, RelayError::Password)]
    #[case::query("smtp://mail.example?tls=maybe", None, RelayError::Query("tls=maybe".into()))]
    #[case::query_of_tls("smtps://mail.example?tls=none", None, RelayError::Query("tls=none".into()))]
    #[case::no_password("smtps://reader@mail.example", None, RelayError::Incomplete)]
    #[case::no_user("smtps://mail.example", PASSWORD, RelayError::Incomplete)]
    #[case::unprotected("smtp://reader@mail.example?tls=none", PASSWORD, RelayError::Unprotected)]
    #[case::perhaps(
        "smtp://reader@mail.example?tls=opportunistic",
        PASSWORD,
        RelayError::Unprotected
    )]
    fn what_cannot_work_or_would_tell_a_secret_is_refused(
        #[case] address: &str,
        #[case] password: Option<&str>,
        #[case] expected: RelayError,
    ) {
        assert_eq!(
            Relay::new(address, password.map(str::to_owned)).unwrap_err(),
            expected
        );
    }

    #[test]
    fn a_password_is_not_shown() {
        let relay = Relay::new("smtps://reader@mail.example", PASSWORD.map(str::to_owned)).unwrap();
        assert_eq!(format!("{relay:?}"), "Relay(mail.example:465, Tls)");
    }
}
