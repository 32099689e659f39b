//! Canonical URLs: two addresses with one canonical form are one item.
//!
//! The canonical form is an identity, never an address to fetch: what is fetched is what was given.

use std::borrow::Cow;

use url::{Host, Url};

/// Query parameters that say where a reader came from, not what the page is. A trailing `*` is a prefix.
const TRACKING_PARAMETERS: &[&str] = &[
    "utm_*",
    "mtm_*",
    "pk_*",
    "piwik_*",
    "hsa_*",
    "oly_*",
    "vero_*",
    "_hs*",
    "__hs*",
    "at_*",
    "ns_*",
    "fb_*",
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "twclid",
    "ttclid",
    "yclid",
    "ysclid",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "wt_mc",
    "wt_zmc",
    "s_cid",
    "cmpid",
    "ncid",
    "xtor",
    "_ga",
    "_gl",
    "_openstat",
    "ref_src",
    "ref_url",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "srsltid",
    "spm",
    "smid",
    "smtyp",
    "__twitter_impression",
];

/// Parameters that only one site uses for tracking. `youtube.com` covers its subdomains too.
const SITE_PARAMETERS: &[(&str, &[&str])] = &[
    ("youtube.com", &["si", "feature", "pp", "ab_channel"]),
    ("youtu.be", &["si", "feature"]),
    ("twitter.com", &["s", "t"]),
    ("x.com", &["s", "t"]),
    ("open.spotify.com", &["si"]),
    ("medium.com", &["source", "sk"]),
    ("substack.com", &["r", "s", "isFreemail"]),
    ("reddit.com", &["share_id", "rdt"]),
];

/// An address in the form by which it is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CanonicalUrl(Url);

/// Why an address cannot be saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It does not parse.
    #[error("`{0}` is not a web address: {1}; write it like https://example.com/page")]
    Invalid(String, url::ParseError),
    /// It is not for the web.
    #[error("`{0}` has the scheme `{1}`; Atlas saves http and https addresses")]
    Scheme(String, String),
    /// It carries a user name or a password, which would end up in the library.
    #[error("the address of {0} carries a user name or password; save it without them")]
    Credentials(String),
}

/// Parses what a person typed or pasted. A missing scheme means `https`.
pub fn parse_web_url(text: &str) -> Result<Url, UrlError> {
    let text = text.trim();
    let with_scheme = if text.contains("://") || looks_like_scheme(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("https://{text}"))
    };
    let url = Url::parse(&with_scheme).map_err(|error| UrlError::Invalid(text.to_owned(), error))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlError::Scheme(text.to_owned(), url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials(
            url.host_str().unwrap_or_default().to_owned(),
        ));
    }
    Ok(url)
}

/// `mailto:x` and `javascript:x` have a scheme; `example.com:8080/x` and `localhost:80` have a port.
fn looks_like_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        !scheme.is_empty()
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'))
            && !rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

impl CanonicalUrl {
    /// The canonical form of `url`.
    pub fn of(url: &Url) -> Self {
        let mut url = url.clone();
        strip_presentation_host(&mut url);
        strip_amp(&mut url);
        strip_tracking(&mut url);
        if !url.fragment().is_some_and(is_route) {
            url.set_fragment(None);
        }
        // `https://example.com/a/` and `https://example.com/a` may differ, but a lone trailing dot or an
        // empty query never does; `Url` has already lowered the host and dropped the default port.
        if url.query() == Some("") {
            url.set_query(None);
        }
        Self(url)
    }

    /// The canonical form of the page at `url` that declares `declared` as its own address. A page may only
    /// speak for its own host: otherwise one page could take another site's place in the library.
    pub fn declared(url: &Url, declared: &str) -> Self {
        match url.join(declared) {
            Ok(own)
                if matches!(own.scheme(), "http" | "https")
                    && own.host_str() == url.host_str()
                    && !points_home(&own, url) =>
            {
                Self::of(&own)
            }
            _ => Self::of(url),
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, which jobs are grouped by.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl std::fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// Many broken templates declare the front page as the address of every page.
fn points_home(declared: &Url, page: &Url) -> bool {
    declared.path() == "/" && page.path() != "/"
}

/// `#/inbox` and `#!thread/1` name a page; `#section` names a place in it.
fn is_route(fragment: &str) -> bool {
    fragment.starts_with('/') || fragment.starts_with('!')
}

/// `m.`, `mobile.` and `amp.` in front of a host show the same pages in another dress.
fn strip_presentation_host(url: &mut Url) {
    let Some(Host::Domain(host)) = url.host() else {
        return;
    };
    for prefix in ["amp.", "m.", "mobile."] {
        if let Some(rest) = host.strip_prefix(prefix)
            && rest.contains('.')
        {
            let rest = rest.to_owned();
            // A name cut at a label border is a name.
            let _ = url.set_host(Some(&rest));
            return;
        }
    }
}

fn strip_amp(url: &mut Url) {
    let path = url.path();
    if let Some(rest) = path.strip_suffix("/amp/").or_else(|| path.strip_suffix("/amp")) {
        let rest = if rest.is_empty() {
            "/".to_owned()
        } else {
            rest.to_owned()
        };
        url.set_path(&rest);
    }
}

fn strip_tracking(url: &mut Url) {
    let Some(query) = url.query() else { return };
    let site = site_parameters(url.host_str().unwrap_or_default());
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty()
                && !is_tracking(name)
                && !site.contains(&name)
                && *pair != "amp"
                && *pair != "amp=1"
                && *pair != "outputType=amp"
        })
        .collect();
    let kept = kept.join("&");
    url.set_query((!kept.is_empty()).then_some(&kept));
}

fn is_tracking(name: &str) -> bool {
    TRACKING_PARAMETERS
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *pattern,
        })
}

fn site_parameters(host: &str) -> &'static [&'static str] {
    SITE_PARAMETERS
        .iter()
        .find(|(site, _)| host == *site || host.strip_suffix(site).is_some_and(|rest| rest.ends_with('.')))
        .map_or(&[], |(_, parameters)| parameters)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn canonical(text: &str) -> String {
        CanonicalUrl::of(&parse_web_url(text).unwrap()).to_string()
    }

    #[rstest]
    #[case::scheme_and_host_case("HTTPS://Example.COM/Page", "https://example.com/Page")]
    #[case::default_port("https://example.com:443/a", "https://example.com/a")]
    #[case::other_port_stays("http://example.com:8080/a", "http://example.com:8080/a")]
    #[case::missing_scheme("example.com/a", "https://example.com/a")]
    #[case::missing_scheme_with_port("localhost:8080/a", "https://localhost:8080/a")]
    #[case::fragment("https://example.com/a#part-2", "https://example.com/a")]
    #[case::route_fragment("https://example.com/#/inbox", "https://example.com/#/inbox")]
    #[case::tracking(
        "https://example.com/a?utm_source=x&id=5&fbclid=y",
        "https://example.com/a?id=5"
    )]
    #[case::only_tracking("https://example.com/a?utm_source=x", "https://example.com/a")]
    #[case::site_rule(
        "https://www.youtube.com/watch?v=abc&si=xyz",
        "https://www.youtube.com/watch?v=abc"
    )]
    #[case::site_rule_elsewhere("https://example.com/?si=5", "https://example.com/?si=5")]
    #[case::amp_path("https://example.com/news/amp/", "https://example.com/news")]
    #[case::amp_parameter("https://example.com/news?amp=1", "https://example.com/news")]
    #[case::mobile_host("https://m.example.com/a", "https://example.com/a")]
    #[case::short_domain_stays("https://m.de/a", "https://m.de/a")]
    #[case::order_of_parameters_stays("https://example.com/?b=1&a=2", "https://example.com/?b=1&a=2")]
    #[case::international_name("https://bücher.example/", "https://xn--bcher-kva.example/")]
    fn gives_one_form_to_one_page(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(canonical(given), expected);
    }

    #[rstest]
    #[case("javascript:alert(1)")]
    #[case("ftp://example.com/")]
    #[case("file:///etc/passwd")]
    #[case("https://")]
    #[case("not a url at all")]
    fn refuses_what_is_not_a_web_address(#[case] given: &str) {
        assert!(parse_web_url(given).is_err());
    }

    #[test]
    fn refuses_credentials_without_repeating_them() {
        let error = parse_web_url("https://anna:hunter2@example.com/")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[rstest]
    #[case::own_page("https://example.com/a?x=1", "/a", "https://example.com/a")]
    #[case::another_site("https://example.com/a", "https://evil.example/a", "https://example.com/a")]
    #[case::front_page("https://example.com/a", "https://example.com/", "https://example.com/a")]
    #[case::garbage("https://example.com/a", "https://", "https://example.com/a")]
    fn follows_a_declared_address_only_within_its_site(
        #[case] page: &str,
        #[case] declared: &str,
        #[case] expected: &str,
    ) {
        let url = Url::parse(page).unwrap();
        assert_eq!(CanonicalUrl::declared(&url, declared).as_str(), expected);
    }

    proptest! {
        #[test]
        fn is_its_own_canonical_form(path in "[a-z/]{0,20}", query in "[a-z=&_]{0,30}", fragment in "[a-z/!]{0,8}") {
            let once = canonical(&format!("https://m.example.com/{path}?{query}#{fragment}"));
            prop_assert_eq!(canonical(&once), once.clone());
        }
    }
}
