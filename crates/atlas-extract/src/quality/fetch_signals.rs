//! `FetchSignals`: what the way a page was answered says about it. Reads a snapshot's facts; never its bytes.

use atlas_domain::{Snapshot, Strategy};
use serde::{Deserialize, Serialize};
use url::Url;

/// Facts about a page's answer, for the junk gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchSignals {
    /// The HTTP status; 200 for HTML that was given.
    pub status: u16,
    /// Where it was asked for; empty when unknown.
    pub requested_url: String,
    /// Where the answer came from; empty when unknown.
    pub final_url: String,
    /// What kind of place was asked for, when its address says so.
    pub requested: Option<Landing>,
    /// What kind of place redirects led to, when it is another place than was asked for.
    pub landed: Option<Landing>,
    /// `Content-Type` as it was sent.
    pub content_type: Option<String>,
    /// Response headers that only robot checks send, or that go with a refusal.
    pub challenge_headers: Vec<String>,
    /// The HTML was given along by whoever saved the page: there was no answer to look at.
    pub given_html: bool,
}

/// A kind of place on a site that is not content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Landing {
    /// The front page, asked for by a deeper address.
    Root,
    /// A place to log in or register.
    Login,
    /// A consent dialogue's own page.
    Consent,
    /// An error page with its own address.
    NotFound,
    /// A robot check's own page.
    Challenge,
    /// A reader service's own page.
    Reader,
}

impl FetchSignals {
    /// The signals of a stored answer.
    pub fn of(snapshot: &Snapshot) -> Self {
        let given_html = snapshot.strategy == Strategy::GivenHtml;
        Self {
            status: snapshot.status,
            content_type: snapshot.content_type.clone(),
            challenge_headers: challenge_headers(snapshot.status, &snapshot.headers),
            given_html,
            ..Self::between(&snapshot.url, &snapshot.final_url)
        }
    }

    /// The signals of a page that is only a file, perhaps with the address it once had.
    pub fn given(url: Option<&str>) -> Self {
        let url = url.unwrap_or_default();
        Self {
            status: 200,
            given_html: true,
            ..Self::between(url, url)
        }
    }

    pub(super) fn between(requested_url: &str, final_url: &str) -> Self {
        let requested = Url::parse(requested_url).ok();
        let reached = Url::parse(final_url).ok();
        Self {
            requested: requested.as_ref().and_then(place),
            landed: match (&requested, &reached) {
                (Some(requested), Some(reached)) => landing(requested, reached),
                _ => None,
            },
            requested_url: requested_url.to_owned(),
            final_url: final_url.to_owned(),
            ..Self::default()
        }
    }
}

fn landing(requested: &Url, reached: &Url) -> Option<Landing> {
    if requested.host_str() == reached.host_str() && requested.path() == reached.path() {
        return None;
    }
    let root = reached.path() == "/" && reached.query().is_none() && requested.path().len() > 1;
    place(reached).or(root.then_some(Landing::Root))
}

/// What an address says about itself. Only whole path parts and host labels count: `/blog/login-security` and
/// `authority.example` are ordinary addresses.
fn place(url: &Url) -> Option<Landing> {
    let host = url.host_str()?;
    if let Some((_, landing)) = GATE_HOSTS.iter().find(|(gate, _)| is_within(host, gate)) {
        return Some(*landing);
    }
    if READER_PLACES
        .iter()
        .any(|(reader, path)| is_within(host, reader) && url.path().starts_with(path))
    {
        return Some(Landing::Reader);
    }
    let label = host.split('.').next().unwrap_or_default();
    if host.matches('.').count() >= 2 {
        match label {
            "login" | "signin" | "accounts" | "auth" | "sso" | "idp" => return Some(Landing::Login),
            "consent" | "consent2" | "cmp" => return Some(Landing::Consent),
            _ => {}
        }
    }
    path_place(url)
}

fn path_place(url: &Url) -> Option<Landing> {
    let mut parts = url.path_segments()?.filter(|part| !part.is_empty()).rev();
    let last = stem(parts.next()?);
    let before = parts.next().map(stem).unwrap_or_default();
    let listed = |names: &[&str]| names.contains(&last.as_str());
    if listed(LOGIN_PATHS) || (ACCOUNT_PATHS.contains(&before.as_str()) && listed(ACCOUNT_ACTIONS)) {
        Some(Landing::Login)
    } else if listed(&["consent", "cookieconsent", "collectconsent", "privacygate"]) {
        Some(Landing::Consent)
    } else if listed(&[
        "404",
        "notfound",
        "pagenotfound",
        "error",
        "error404",
        "500",
        "410",
    ]) {
        Some(Landing::NotFound)
    } else {
        None
    }
}

/// A path part without its extension, hyphens and case: `Sign-In.aspx` is `signin`.
fn stem(part: &str) -> String {
    let part = part.split_once('.').map_or(part, |(stem, _)| stem);
    part.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn challenge_headers(status: u16, headers: &[(String, String)]) -> Vec<String> {
    let refused = matches!(status, 401 | 403 | 405 | 429 | 503);
    headers
        .iter()
        .filter(|(name, value)| match name.as_str() {
            "cf-mitigated" | "x-amzn-waf-action" => true,
            "x-sucuri-block" | "x-datadome" | "x-dd-b" | "x-iinfo" | "x-px-block" | "x-kpsdk-ct" => refused,
            "server" => refused && value.to_ascii_lowercase().contains("ddos-guard"),
            _ => false,
        })
        .map(|(name, value)| format!("{name}: {value}"))
        .collect()
}

/// Hosts whose pages are never content.
const GATE_HOSTS: &[(&str, Landing)] = &[
    ("consent.youtube.com", Landing::Consent),
    ("consent.google.com", Landing::Consent),
    ("consent.yahoo.com", Landing::Consent),
    ("guce.yahoo.com", Landing::Consent),
    ("guce.advertising.com", Landing::Consent),
    ("accounts.google.com", Landing::Login),
    ("login.microsoftonline.com", Landing::Login),
    ("geo.captcha-delivery.com", Landing::Challenge),
    ("validate.perfdrive.com", Landing::Challenge),
    ("challenges.cloudflare.com", Landing::Challenge),
];

/// Where reader services keep their own lists and menus.
const READER_PLACES: &[(&str, &str)] = &[
    ("instapaper.com", "/u"),
    ("instapaper.com", "/read"),
    ("instapaper.com", "/liked"),
    ("instapaper.com", "/archive"),
    ("getpocket.com", "/my-list"),
    ("getpocket.com", "/saves"),
    ("getpocket.com", "/home"),
    ("getpocket.com", "/a/"),
    ("feedly.com", "/i/"),
    ("inoreader.com", "/feed"),
    ("inoreader.com", "/folder"),
    ("app.raindrop.io", "/"),
    ("read.readwise.io", "/"),
    ("theoldreader.com", "/feeds"),
    ("newsblur.com", "/folder"),
];

/// Last path parts that name a place to log in, register or ask for a password.
const LOGIN_PATHS: &[&str] = &[
    "login",
    "signin",
    "logon",
    "signup",
    "register",
    "registration",
    "wplogin",
    "wpsignup",
    "forgotpassword",
    "passwordreset",
    "resetpassword",
    "lostpassword",
    "passwordforgotten",
    "sendpassword",
    "createaccount",
    "anmelden",
    "anmeldung",
    "registrieren",
    "connexion",
    "inscription",
    "seconnecter",
    "iniciarsesion",
    "registro",
    "accedi",
    "registrati",
    "inloggen",
    "aanmelden",
    "entrar",
    "cadastro",
    "logowanie",
    "rejestracja",
    "userlogin",
    "memberlogin",
    "useraccess",
    "sso",
];

/// Path parts before an account's action.
const ACCOUNT_PATHS: &[&str] = &[
    "user", "users", "account", "accounts", "auth", "member", "members", "customer", "password", "session",
];
const ACCOUNT_ACTIONS: &[&str] = &[
    "new", "create", "password", "reset", "forgot", "email", "edit", "recover", "login",
];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::login(
        "https://a.example/story",
        "https://a.example/login?next=/story",
        Some(Landing::Login)
    )]
    #[case::login_host("https://a.example/story", "https://login.a.example/", Some(Landing::Login))]
    #[case::front_page("https://a.example/2020/story", "https://a.example/", Some(Landing::Root))]
    #[case::error_page(
        "https://a.example/story",
        "https://a.example/404.html",
        Some(Landing::NotFound)
    )]
    #[case::consent(
        "https://youtube.com/watch?v=1",
        "https://consent.youtube.com/m?c=1",
        Some(Landing::Consent)
    )]
    #[case::moved("https://a.example/story", "https://www.a.example/2020/story", None)]
    #[case::story_about_logins("https://a.example/p/1", "https://a.example/p/login-security", None)]
    #[case::same_place("https://a.example/login", "https://a.example/login?x=1", None)]
    fn says_where_redirects_led(#[case] from: &str, #[case] to: &str, #[case] landed: Option<Landing>) {
        assert_eq!(FetchSignals::between(from, to).landed, landed);
    }

    #[test]
    fn a_host_that_only_ends_alike_is_another_host() {
        assert!(!is_within("notinstapaper.com", "instapaper.com"));
        assert!(is_within("www.instapaper.com", "instapaper.com"));
    }

    #[test]
    fn a_protection_header_counts_only_with_a_refusal() {
        let headers = vec![("x-datadome".to_owned(), "protected".to_owned())];
        assert!(challenge_headers(200, &headers).is_empty());
        assert_eq!(challenge_headers(403, &headers), ["x-datadome: protected"]);
    }
}
