//! Whether another form that a page names may be asked for, and whether what came is the same page. A page could
//! name anything, and what it names must not put another's text under its address.

use atlas_domain::url::{UrlError, check_web_url};
use atlas_domain::{CanonicalUrl, Strategy, is_same_site};
use url::Url;

/// Hosts that keep copies of AMP pages of everybody. The path says whose page it is.
const AMP_CACHES: &[&str] = &["cdn.ampproject.org", "bing-amp.com"];

/// Why a variant is not asked for, or not taken: a stable code and a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// What is known of a page once it was looked into.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// Where it was saved from.
    pub(crate) saved: Url,
    /// Where it was found, after redirects.
    pub(crate) found: Url,
    /// Where it says that it is.
    pub(crate) declared: Option<Url>,
}

/// The address of a variant, if it may be asked for.
pub(super) fn permitted(address: &str, page: &Page, strategy: Strategy) -> Result<Url, Refused> {
    let url = Url::parse(address)
        .map_err(|error| refused("bad_address", format!("the page names no address: {error}")))?;
    check_web_url(&url).map_err(|error| refused(code_of(&error), error.to_string()))?;
    check_place(&url, page, strategy)?;
    Ok(url)
}

/// Whether what came from `found` is the page, and not another's. A page in AMP says whose it is: where it does, that
/// must be this page; where it does not, only the site itself is believed.
pub(super) fn check_origin(
    found: &Url,
    declared: Option<&str>,
    page: &Page,
    strategy: Strategy,
) -> Result<(), Refused> {
    check_place(found, page, strategy)?;
    if strategy != Strategy::Amp {
        return Ok(());
    }
    let Some(declared) = declared.and_then(|declared| found.join(declared).ok()) else {
        if is_same_site(found, &page.found) {
            return Ok(());
        }
        return Err(refused(
            "other_page",
            "it does not say whose page it is".to_owned(),
        ));
    };
    let declared_page = identity(&declared);
    let own = [Some(&page.saved), Some(&page.found), page.declared.as_ref()];
    if own
        .into_iter()
        .flatten()
        .any(|url| identity(url) == declared_page)
    {
        return Ok(());
    }
    let place = atlas_domain::url::bare(&declared);
    Err(refused(
        "other_page",
        format!("it says that it is another page: {place}"),
    ))
}

fn check_place(url: &Url, page: &Page, strategy: Strategy) -> Result<(), Refused> {
    if [&page.saved, &page.found]
        .into_iter()
        .any(|own| without_fragment(own) == without_fragment(url))
    {
        return Err(refused("same_page", "it leads to the page itself".to_owned()));
    }
    if is_same_site(url, &page.found) || (strategy == Strategy::Amp && is_cached(url, &page.found)) {
        return Ok(());
    }
    let place = atlas_domain::url::bare(url);
    Err(refused(
        "other_site",
        format!("{place} is no place of the page's site, and was not believed"),
    ))
}

/// Whether it is an address of a cache, of a page of the same site.
fn is_cached(url: &Url, page: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let is_cache = AMP_CACHES.iter().any(|cache| {
        host.strip_suffix(cache)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    // `/c/s/example.com/page`: what kind of copy, perhaps `s` for https, and whose.
    let mut parts = url.path().split('/').filter(|part| !part.is_empty()).skip(1);
    let owner = match parts.next() {
        Some("s") => parts.next(),
        other => other,
    };
    let owner = owner.and_then(|owner| Url::parse(&format!("https://{owner}/")).ok());
    is_cache && owner.is_some_and(|owner| is_same_site(&owner, page))
}

/// A page's identity, whether it was asked for with or without encryption and with or without a slash at its end.
fn identity(url: &Url) -> String {
    let canonical = CanonicalUrl::of(url).as_str().to_owned();
    let place = canonical
        .split_once("://")
        .map_or(canonical.as_str(), |(_, place)| place);
    place.trim_end_matches('/').to_owned()
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

fn refused(code: &'static str, message: String) -> Refused {
    Refused { code, message }
}

fn code_of(error: &UrlError) -> &'static str {
    match error {
        UrlError::Scheme(..) => "unsupported_scheme",
        UrlError::Credentials(_) => "credentials",
        UrlError::TooLong(_) | UrlError::HostTooLong(_) => "address_too_long",
        UrlError::Invalid(..) | UrlError::NoHost(_) => "bad_address",
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn page() -> Page {
        Page {
            saved: url("http://example.com/?p=7"),
            found: url("https://www.example.com/news/page"),
            declared: Some(url("https://example.com/news/the-page/")),
        }
    }

    #[rstest]
    #[case::below_the_page("https://www.example.com/news/page/amp")]
    #[case::host_of_the_site("https://amp.example.com/news/page")]
    #[case::cache("https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/page.amp")]
    #[case::cache_without_encryption("https://cdn.ampproject.org/v/example.com/page")]
    fn asks_where_the_site_itself_answers_for_it(#[case] address: &str) {
        assert_eq!(permitted(address, &page(), Strategy::Amp), Ok(url(address)));
    }

    #[rstest]
    #[case::other_site("https://elsewhere.example/page", "other_site")]
    #[case::private_address("http://10.0.0.1/admin", "other_site")]
    #[case::metadata("http://169.254.169.254/latest/meta-data", "other_site")]
    #[case::cache_of_another("https://x.cdn.ampproject.org/c/s/elsewhere.example/page", "other_site")]
    #[case::named_like_a_cache(
        "https://evilcdn.ampproject.org.example/c/s/www.example.com/page",
        "other_site"
    )]
    #[case::ends_like_a_cache("https://notbing-amp.com/c/s/www.example.com/page", "other_site")]
    #[case::itself("https://www.example.com/news/page#amp", "same_page")]
    #[case::file("file:///etc/passwd", "unsupported_scheme")]
    #[case::password("https://me:secret@www.example.com/amp", "credentials")]
    #[case::endless(&format!("https://www.example.com/{}", "a".repeat(9_000)), "address_too_long")]
    #[case::nonsense("http://", "bad_address")]
    fn asks_nowhere_else(#[case] address: &str, #[case] code: &str) {
        let refused = permitted(address, &page(), Strategy::Amp).unwrap_err();
        assert_eq!(refused.code, code, "{refused:?}");
        assert!(!refused.message.contains("secret"), "{refused:?}");
    }

    #[test]
    fn a_cache_is_for_amp_only() {
        let address = "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/news/page";
        assert_eq!(
            permitted(address, &page(), Strategy::Print).unwrap_err().code,
            "other_site"
        );
    }

    #[rstest]
    #[case::as_it_was_saved("https://amp.example.com/a", Some("http://example.com/?p=7"), None)]
    #[case::as_it_was_found("https://amp.example.com/a", Some("http://www.example.com/news/page/"), None)]
    #[case::as_it_says_itself("https://amp.example.com/a", Some("https://example.com/news/the-page"), None)]
    #[case::relative("https://www.example.com/news/page/amp", Some("/news/page"), None)]
    #[case::silent_on_the_site("https://amp.example.com/a", None, None)]
    #[case::other_page_of_the_site(
        "https://amp.example.com/a",
        Some("https://example.com/"),
        Some("other_page")
    )]
    #[case::other_site(
        "https://amp.example.com/a",
        Some("https://elsewhere.example/page"),
        Some("other_page")
    )]
    #[case::cache(
        "https://x.cdn.ampproject.org/c/s/example.com/a",
        Some("https://www.example.com/news/page"),
        None
    )]
    #[case::silent_cache("https://x.cdn.ampproject.org/c/s/example.com/a", None, Some("other_page"))]
    #[case::sent_elsewhere(
        "https://elsewhere.example/a",
        Some("https://www.example.com/news/page"),
        Some("other_site")
    )]
    #[case::sent_back("https://www.example.com/news/page", None, Some("same_page"))]
    fn a_page_in_amp_must_be_this_page(
        #[case] found: &str,
        #[case] declared: Option<&str>,
        #[case] refused: Option<&str>,
    ) {
        let checked = check_origin(&url(found), declared, &page(), Strategy::Amp);
        assert_eq!(checked.err().map(|refused| refused.code), refused);
    }

    #[test]
    fn a_page_for_printing_may_call_itself_what_it_likes_on_its_own_site() {
        let found = url("https://www.example.com/print/7");
        let checked = check_origin(&found, Some("/print/7"), &page(), Strategy::Print);
        assert_eq!(checked, Ok(()));
    }
}
