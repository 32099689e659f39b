//! Which addresses are one page, and that the form is found once and for all.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::url::parse_web_url;

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
#[case::empty_query("https://example.com/a?", "https://example.com/a")]
#[case::site_rule(
    "https://www.youtube.com/watch?v=abc&si=xyz",
    "https://www.youtube.com/watch?v=abc"
)]
#[case::site_rule_behind_a_mobile_host(
    "https://m.youtube.com/watch?v=abc&si=xyz",
    "https://youtube.com/watch?v=abc"
)]
#[case::site_rule_elsewhere("https://example.com/?si=5", "https://example.com/?si=5")]
#[case::amp_path("https://example.com/news/amp/", "https://example.com/news")]
#[case::amp_path_twice("https://example.com/news/amp/amp", "https://example.com/news")]
#[case::nothing_but_amp("https://example.com/amp", "https://example.com/")]
#[case::amp_parameter("https://example.com/news?amp=1", "https://example.com/news")]
#[case::mobile_host("https://m.example.com/a", "https://example.com/a")]
#[case::mobile_host_twice("https://amp.m.example.com/a", "https://example.com/a")]
#[case::short_domain_stays("https://m.de/a", "https://m.de/a")]
#[case::complete_name("https://example.com./a", "https://example.com/a")]
#[case::order_of_parameters_stays("https://example.com/?b=1&a=2", "https://example.com/?b=1&a=2")]
#[case::international_name("https://bücher.example/", "https://xn--bcher-kva.example/")]
fn gives_one_form_to_one_page(#[case] given: &str, #[case] expected: &str) {
    assert_eq!(canonical(given), expected);
}

#[test]
fn is_never_a_place_for_a_password() {
    let url = Url::parse("https://anna:hunter2@example.com/a").unwrap();
    assert_eq!(CanonicalUrl::of(&url).as_str(), "https://example.com/a");
}

#[rstest]
#[case::many_parameters(format!("https://example.com/?{}", "utm_a=1&".repeat(1_000)))]
#[case::many_amps(format!("https://example.com/{}", "amp/".repeat(2_000)))]
fn the_longest_address_is_read_in_one_go(#[case] given: String) {
    assert_eq!(canonical(&given), "https://example.com/");
}

proptest! {
    #[test]
    fn is_its_own_canonical_form(
        dress in "((m|amp|mobile)\\.){0,3}",
        dot in "\\.{0,2}",
        path in "(/amp|/a|/){0,4}",
        query in "[a-z=&_]{0,30}",
        fragment in "[a-z/!]{0,8}",
    ) {
        let once = canonical(&format!("https://{dress}example.com{dot}/{path}?{query}#{fragment}"));
        prop_assert_eq!(canonical(&once), once.clone());
    }
}
