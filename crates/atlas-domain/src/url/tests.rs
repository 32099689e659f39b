//! What is taken for a web address, and that no refusal tells a secret.

use rstest::rstest;

use super::*;

fn refusal(text: &str) -> UrlError {
    parse_web_url(text).unwrap_err()
}

#[rstest]
#[case("javascript:alert(1)")]
#[case("ftp://example.com/")]
#[case("file:///etc/passwd")]
#[case("https://")]
#[case("not a url at all")]
#[case::zone_id("http://[fe80::1%eth0]/")]
#[case::escaped_zone_id("http://[fe80::1%25eth0]/")]
#[case::number_too_large("http://4294967296/")]
fn refuses_what_is_not_a_web_address(#[case] given: &str) {
    assert!(parse_web_url(given).is_err());
}

#[rstest]
#[case::dot(".")]
#[case::dots("..")]
#[case::dot_with_scheme("https://./")]
#[case::only_dots("http://../page")]
fn a_host_of_dots_is_none(#[case] given: &str) {
    assert!(parse_web_url(given).is_err());
}

#[rstest]
#[case("x")]
#[case("Notes.md")]
#[case("export.json")]
fn a_lone_word_or_the_name_of_a_file_is_no_host_unless_it_says_so(#[case] given: &str) {
    assert!(refusal(given).to_string().contains(&format!("http://{given}")));
    assert!(parse_web_url(&format!("http://{given}")).is_ok());
}

#[rstest]
#[case("example.com")]
#[case("localhost")]
#[case("example:8080")]
#[case("example/page")]
#[case("example.com/notes.md")]
#[case("[::1]")]
fn a_missing_scheme_means_https(#[case] given: &str) {
    assert_eq!(parse_web_url(given).unwrap().scheme(), "https");
}

#[rstest]
#[case::credentials("https://anna:hunter2@example.com/")]
#[case::only_a_token("https://hunter2@example.com/")]
#[case::another_scheme("ftp://anna:hunter2@example.com/")]
#[case::no_scheme("anna:hunter2@example.com/")]
#[case::digits_in_front("anna:1hunter2@example.com/")]
#[case::unreadable_host("https://anna:hunter2@[bad/")]
#[case::a_slash_in_the_password("https://anna:x/hunter2@example.com/")]
#[case::a_scheme_in_the_password("anna:x://hunter2@example.com/")]
#[case::backslashes(r"https:\\anna:hunter2@[bad/")]
#[case::no_slashes("https:anna:hunter2@[bad/")]
fn refuses_credentials_without_repeating_them(#[case] given: &str) {
    let error = refusal(given);
    assert!(
        !format!("{error} {error:?} {}", concealed(given)).contains("hunter2"),
        "{error}"
    );
}

#[rstest]
#[case::plain("anna:hunter2@example.com/a?b#c")]
#[case::an_at_sign_in_the_password("anna:hunt@er2@example.com")]
#[case::a_slash_in_the_password("anna:x/hunter2@example.com")]
#[case::a_scheme_in_the_password("anna:x://hunter2@example.com/")]
fn a_name_before_a_password_is_not_told_as_a_scheme(#[case] given: &str) {
    assert_eq!(refusal(given), UrlError::Credentials("example.com".to_owned()));
}

#[rstest]
#[case::mail("mailto:anna@example.com", "mailto")]
#[case::a_scheme_with_slashes("ftp://anna:hunter2@example.com/", "ftp")]
fn a_scheme_is_told_as_one(#[case] given: &str, #[case] expected: &str) {
    assert!(matches!(refusal(given), UrlError::Scheme(_, scheme) if scheme == expected));
}

#[rstest]
#[case::in_the_path("example.com/@anna/a:b@c")]
#[case::behind_a_port("localhost:8080/@anna")]
fn an_at_sign_that_no_name_stands_before_is_no_secret(#[case] given: &str) {
    assert_eq!(parse_web_url(given).unwrap().as_str(), format!("https://{given}"));
}

#[rstest]
#[case::at_the_limit(URL_LIMIT_BYTES, true)]
#[case::one_byte_more(URL_LIMIT_BYTES + 1, false)]
#[case::endless(100_000, false)]
fn an_address_has_a_longest_length(#[case] length_bytes: usize, #[case] fits: bool) {
    let start = "https://example.com/";
    let given = format!("{start}{}", "x".repeat(length_bytes - start.len()));
    match parse_web_url(&given) {
        Ok(url) => assert!(fits && url.as_str() == given),
        Err(error) => assert_eq!((error, fits), (UrlError::TooLong(length_bytes), false)),
    }
}

#[test]
fn what_counts_is_the_length_as_it_is_sent() {
    let given = format!("https://example.com/{}", "ü".repeat(2_000));
    assert_eq!(refusal(&given), UrlError::TooLong(20 + 2_000 * "%C3%BC".len()));
}

#[rstest]
#[case::at_the_limit(253, "", true)]
#[case::complete_name(253, ".", true)]
#[case::one_byte_more(254, "", false)]
#[case::endless(8_000, "", false)]
fn a_host_has_a_longest_length(#[case] length_bytes: usize, #[case] dot: &str, #[case] fits: bool) {
    let labels = "a.".repeat(length_bytes / 2);
    let host = if length_bytes % 2 == 1 {
        format!("{labels}a")
    } else {
        format!("a{labels}").trim_end_matches('.').to_owned()
    };
    assert_eq!(host.len(), length_bytes);
    match parse_web_url(&format!("https://{host}{dot}/")) {
        Ok(_) => assert!(fits),
        Err(error) => assert_eq!((error, fits), (UrlError::HostTooLong(length_bytes), false)),
    }
}

#[test]
fn a_refusal_repeats_only_the_beginning_of_an_address() {
    let message = refusal(&format!("ftp://example.com/{}", "x".repeat(5_000))).to_string();
    assert!(message.len() < 400, "{} bytes", message.len());
}

#[rstest]
#[case(
    "https://anna:hunter2@example.com:8080/a/b?token=hunter2#hunter2",
    "https://example.com:8080/a/b"
)]
#[case("http://[2001:db8::1]/", "http://[2001:db8::1]/")]
#[case(
    "https://archive.example/web/2/https%3A%2F%2Fexample.com%2Fa%3Ftoken%3Dhunter2",
    "https://archive.example/web/2/https%3A%2F%2Fexample.com%2Fa…"
)]
#[case(
    "https://archive.example/https%3a%2f%2fexample.com%2fa%3fb%3F",
    "https://archive.example/https%3a%2f%2fexample.com%2fa…"
)]
#[case("data:text/html,hunter2", "data:…")]
fn a_record_tells_where_and_no_secrets(#[case] given: &str, #[case] expected: &str) {
    assert_eq!(bare(&Url::parse(given).unwrap()), expected);
}

#[test]
fn a_record_is_not_endless() {
    let url = Url::parse(&format!("https://example.com/{}", "ü".repeat(1_000))).unwrap();
    assert_eq!(bare(&url).chars().count(), 301);
}
