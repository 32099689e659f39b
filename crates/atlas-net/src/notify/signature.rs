//! Signs what is sent by the scheme of Standard Webhooks (standardwebhooks.com), so that receivers verify it with
//! libraries that exist: HMAC-SHA256 over `id.timestamp.body`.

use atlas_domain::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The shortest secret that the scheme allows, and the longest.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// How secrets are written: this, then base64.
const SECRET_PREFIX: &str = "whsec_";

/// A secret shared with a receiver. It is never shown.
#[derive(Clone)]
pub struct SigningSecret(ring::hmac::Key);

/// A text that is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is not written as secrets are.
    #[error(
        "must be `whsec_` and base64 of {} to {} random bytes; `echo whsec_$(head -c 32 /dev/urandom | base64)` makes one",
        SECRET_BYTES.start(),
        SECRET_BYTES.end()
    )]
    Malformed,
}

impl SigningSecret {
    /// Reads one, as it is written everywhere: `whsec_` and base64.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.trim().strip_prefix(SECRET_PREFIX);
        let bytes = encoded
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .filter(|bytes| SECRET_BYTES.contains(&bytes.len()))
            .ok_or(SecretError::Malformed)?;
        Ok(Self(ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &bytes)))
    }

    /// The headers that go with `body`.
    pub(super) fn headers(&self, id: &str, at: Timestamp, body: &[u8]) -> [(&'static str, String); 3] {
        let seconds = (at.as_millis() / 1_000).to_string();
        let mut signed = ring::hmac::Context::with_key(&self.0);
        for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
            signed.update(part);
        }
        let signature = format!("v1,{}", STANDARD.encode(signed.sign()));
        [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", seconds),
            ("webhook-signature", signature),
        ]
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// The example of the scheme's specification.
    #[test]
    fn the_example_of_the_scheme_is_signed_as_it_says() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let headers = secret.headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp::from_millis(1_614_265_330_000),
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(headers[1].1, "1614265330");
    }

    #[rstest]
    #[case::nothing("")]
    #[case::no_prefix("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    #[case::too_short("whsec_c2hvcnQ=")]
    #[case::no_base64("whsec_this is no base64, whatever it is")]
    fn what_is_no_secret_is_refused_with_the_way_to_make_one(#[case] text: &str) {
        let error = SigningSecret::parse(text).unwrap_err().to_string();
        assert!(error.contains("/dev/urandom"), "{error}");
        assert!(text.is_empty() || !error.contains(text), "{error}");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let shown = format!("{:?}", SigningSecret::parse(text).unwrap());
        assert_eq!(shown, "SigningSecret(…)");
    }
}
