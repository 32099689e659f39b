//! Which hosts belong to one site: those below one domain that somebody has registered.
//!
//! It compares names only. Who answers at them is not its business.

use url::{Host, Url};

/// Whether the same people stand behind both addresses, as far as their hosts tell: `www.example.com` and
/// `amp.example.com` are one site, `a.github.io` and `b.github.io` are two. A literal address is a site of its own.
pub fn is_same_site(one: &Url, other: &Url) -> bool {
    match (one.host(), other.host()) {
        (Some(Host::Domain(one)), Some(Host::Domain(other))) => {
            let (one, other) = (one.trim_end_matches('.'), other.trim_end_matches('.'));
            one == other || registered(one).is_some_and(|domain| registered(other) == Some(domain))
        }
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The domain that was registered: one label below a suffix of the public list. A suffix that the list does not have
/// is one of a network at home, where every name stands for itself.
fn registered(host: &str) -> Option<&str> {
    let domain = psl::domain(host.as_bytes())?;
    if !domain.suffix().is_known() {
        return None;
    }
    std::str::from_utf8(domain.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::itself("https://example.com/a", "https://example.com/b", true)]
    #[case::below("https://www.example.com/a", "https://amp.example.com/a", true)]
    #[case::other_scheme_and_port("https://example.com/a", "http://m.example.com:8080/a", true)]
    #[case::with_a_dot("https://example.com./a", "https://www.example.com/a", true)]
    #[case::two_labels_of_suffix("https://a.example.co.uk/", "https://b.example.co.uk/", true)]
    #[case::same_suffix("https://one.co.uk/", "https://two.co.uk/", false)]
    #[case::tenants_of_a_host("https://a.github.io/", "https://b.github.io/", false)]
    #[case::tenant_and_host("https://a.github.io/", "https://github.io/", false)]
    #[case::other("https://example.com/", "https://example.org/", false)]
    #[case::only_ends_alike("https://example.com/", "https://notexample.com/", false)]
    #[case::one_address("http://127.0.0.1:1/", "http://127.0.0.1:2/", true)]
    #[case::two_addresses("http://127.0.0.1/", "http://127.0.0.2/", false)]
    #[case::address_and_name("http://127.0.0.1/", "http://example.com/", false)]
    #[case::at_home("http://one.lan/", "http://two.lan/", false)]
    #[case::no_host("data:text/html,x", "data:text/html,x", false)]
    fn hosts_of_one_registered_domain_are_one_site(
        #[case] one: &str,
        #[case] other: &str,
        #[case] same: bool,
    ) {
        let parsed = |text| Url::parse(text).unwrap();
        assert_eq!(is_same_site(&parsed(one), &parsed(other)), same);
        assert_eq!(is_same_site(&parsed(other), &parsed(one)), same);
    }
}
