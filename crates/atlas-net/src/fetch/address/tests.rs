//! Every form in which an address that is not public can be written or resolved.

use rstest::rstest;
use url::Url;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The address in a URL as the fetcher sees it: through the URL parser.
fn literal(host: &str) -> IpAddr {
    match Url::parse(&format!("http://{host}/")).unwrap().host().unwrap() {
        Host::Ipv4(address) => address.into(),
        Host::Ipv6(address) => address.into(),
        Host::Domain(name) => panic!("{name} was taken for a name"),
    }
}

fn home() -> AddressPolicy {
    AddressPolicy::allowing(["127.0.0.0/8", "home.example", "::1/128"]).unwrap()
}

#[rstest]
#[case::loopback("127.0.0.1")]
#[case::anywhere_in_loopback("127.8.9.10")]
#[case::decimal("2130706433")]
#[case::octal("0177.0.0.1")]
#[case::hexadecimal("0x7f.0x0.0x0.0x1")]
#[case::one_hexadecimal_number("0x7f000001")]
#[case::short("127.1")]
#[case::trailing_dot("127.0.0.1.")]
#[case::full_width_digits("１２７.０.０.１")]
#[case::percent_encoded("%31%32%37.0.0.1")]
#[case::unspecified("0.0.0.0")]
#[case::zero("0")]
#[case::this_network("0.1.2.3")]
#[case::ten("10.0.0.1")]
#[case::private_172("172.16.0.1")]
#[case::private_172_end("172.31.255.255")]
#[case::private_192("192.168.0.1")]
#[case::carrier("100.64.0.1")]
#[case::carrier_end("100.127.255.255")]
#[case::link_local("169.254.1.1")]
#[case::metadata("169.254.169.254")]
#[case::protocol_assignments("192.0.0.1")]
#[case::documentation_1("192.0.2.1")]
#[case::documentation_2("198.51.100.1")]
#[case::documentation_3("203.0.113.1")]
#[case::benchmark("198.19.255.255")]
#[case::relay("192.88.99.1")]
#[case::multicast("224.0.0.1")]
#[case::multicast_end("239.255.255.255")]
#[case::reserved("240.0.0.1")]
#[case::broadcast("255.255.255.255")]
#[case::v6_loopback("[::1]")]
#[case::v6_unspecified("[::]")]
#[case::v6_compatible("[::127.0.0.1]")]
#[case::v6_mapped_loopback("[::ffff:127.0.0.1]")]
#[case::v6_mapped_hexadecimal("[::ffff:7f00:1]")]
#[case::v6_mapped_private("[::ffff:10.0.0.1]")]
#[case::v6_mapped_public("[::ffff:93.184.216.34]")]
#[case::v6_mapped_long_form("[0:0:0:0:0:ffff:a9fe:a9fe]")]
#[case::nat64_loopback("[64:ff9b::7f00:1]")]
#[case::nat64_private("[64:ff9b::10.0.0.1]")]
#[case::nat64_public("[64:ff9b::93.184.216.34]")]
#[case::nat64_local("[64:ff9b:1::a00:1]")]
#[case::nat64_local_end("[64:ff9b:1:ffff:ffff:ffff:ffff:ffff]")]
#[case::six_to_four("[2002:7f00:1::]")]
#[case::six_to_four_private("[2002:a00:1::1]")]
#[case::teredo("[2001:0:4136:e378:8000:63bf:3fff:fdd2]")]
#[case::teredo_of_loopback("[2001::80ff:fffe]")]
#[case::v6_benchmark("[2001:2::1]")]
#[case::orchid("[2001:20::1]")]
#[case::v6_documentation("[2001:db8::1]")]
#[case::v6_documentation_2("[3fff::1]")]
#[case::unique_local("[fc00::1]")]
#[case::unique_local_2("[fd12:3456::1]")]
#[case::v6_metadata("[fd00:ec2::254]")]
#[case::v6_link_local("[fe80::1]")]
#[case::site_local("[fec0::1]")]
#[case::v6_multicast("[ff02::1]")]
#[case::discard("[100::1]")]
#[case::segment_routing("[5f00::1]")]
#[case::unassigned("[4000::1]")]
fn refuses_a_literal_that_is_not_public(#[case] host: &str) {
    let refused = AddressPolicy::default().check_literal(literal(host)).unwrap_err();
    assert_eq!(refused.address, literal(host));
}

#[rstest]
#[case("93.184.216.34")]
#[case("1.1.1.1")]
#[case::below_private("172.15.255.255")]
#[case::above_private("172.32.0.0")]
#[case::below_carrier("100.63.255.255")]
#[case::above_carrier("100.128.0.0")]
#[case::below_benchmark("198.17.255.255")]
#[case::above_benchmark("198.20.0.0")]
#[case::below_multicast("223.255.255.255")]
#[case::above_loopback("128.0.0.0")]
#[case("[2606:2800:220:1:248:1893:25c8:1946]")]
#[case("[2001:4860:4860::8888]")]
#[case::below_six_to_four("[2001:ffff::1]")]
#[case::above_six_to_four("[2003::1]")]
fn permits_a_public_literal(#[case] host: &str) {
    assert_eq!(AddressPolicy::default().check_literal(literal(host)), Ok(()));
}

#[test]
fn keeps_only_the_public_addresses_of_a_name() {
    let addresses = ["10.0.0.1", "93.184.216.34", "::1", "2606:2800::1"]
        .map(ip)
        .to_vec();
    let kept = AddressPolicy::default().check_resolved("mixed.example", addresses);
    assert_eq!(kept, Ok(vec![ip("93.184.216.34"), ip("2606:2800::1")]));
}

#[test]
fn refuses_a_name_that_leads_only_inside_and_tells_how_to_allow_it() {
    let refused = AddressPolicy::default()
        .check_resolved("NAS.example.", vec![ip("192.168.1.7")])
        .unwrap_err();
    let message = refused.to_string();
    for part in [
        "`nas.example`",
        "192.168.1.7",
        "a private address",
        "fetch.allow_hosts",
    ] {
        assert!(message.contains(part), "no {part} in: {message}");
    }
}

#[rstest]
#[case::mapped_private("::ffff:10.0.0.1", None)]
#[case::mapped_public("::ffff:93.184.216.34", Some("93.184.216.34"))]
#[case::translated_private("64:ff9b::10.0.0.1", None)]
#[case::translated_metadata("64:ff9b::169.254.169.254", None)]
#[case::translated_public("64:ff9b::93.184.216.34", Some("64:ff9b::93.184.216.34"))]
#[case::six_to_four("2002:5db8:d822::1", None)]
fn judges_a_resolved_address_by_where_it_leads(#[case] resolved: &str, #[case] kept: Option<&str>) {
    let judged = AddressPolicy::default().check_resolved("site.example", vec![ip(resolved)]);
    assert_eq!(judged.ok(), kept.map(|address| vec![ip(address)]));
}

#[rstest]
#[case("127.0.0.1", true)]
#[case("127.0.0.2", true)]
#[case("[::1]", true)]
#[case::another_private_range("10.0.0.1", false)]
#[case::neighbour("[::2]", false)]
#[case::disguise_of_what_is_allowed("[::ffff:127.0.0.1]", false)]
fn an_allowed_network_loosens_nothing_else(#[case] host: &str, #[case] permitted: bool) {
    assert_eq!(home().check_literal(literal(host)).is_ok(), permitted);
}

#[rstest]
#[case("home.example", true)]
#[case("HOME.Example.", true)]
#[case::subdomain("nas.home.example", false)]
#[case::suffix("nothome.example", false)]
#[case::longer("home.example.evil.example", false)]
fn an_allowed_name_may_lead_anywhere_and_no_other_name_may(#[case] name: &str, #[case] permitted: bool) {
    assert_eq!(
        home().check_resolved(name, vec![ip("10.1.2.3")]).is_ok(),
        permitted
    );
}

#[test]
fn an_allowed_network_holds_for_names_that_lead_there() {
    assert_eq!(
        home()
            .check_resolved("localhost", vec![ip("::1"), ip("127.0.0.1")])
            .unwrap()
            .len(),
        2
    );
}

#[rstest]
#[case::network("192.168.1.0/24", "192.168.1.9")]
#[case::address("192.168.1.9", "192.168.1.9")]
#[case::v6_network("fd00::/8", "[fd12::1]")]
#[case::v6_address("fd12::1", "[fd12::1]")]
#[case::bracketed("[fd12::1]", "[fd12::1]")]
#[case::spaces("  10.0.0.1  ", "10.0.0.1")]
#[case::as_lax_as_the_url_parser("0x7f000001", "127.0.0.1")]
fn reads_networks_and_addresses(#[case] entry: &str, #[case] host: &str) {
    assert_eq!(
        AddressPolicy::allowing([entry])
            .unwrap()
            .check_literal(literal(host)),
        Ok(())
    );
}

#[rstest]
#[case("nas", "nas")]
#[case::international("bücher.example", "xn--bcher-kva.example")]
#[case::absolute("home.example.", "home.example")]
fn reads_names(#[case] entry: &str, #[case] name: &str) {
    let policy = AddressPolicy::allowing([entry]).unwrap();
    assert!(policy.check_resolved(name, vec![ip("10.0.0.1")]).is_ok());
}

#[rstest]
#[case("", "empty")]
#[case("http://home.example/", "URL")]
#[case("home.example:8080", "port")]
#[case("[::1]:80", "port")]
#[case("*.home.example", "wildcard")]
#[case("10.0.0.0/33", "not a network")]
#[case("10.0.0/8", "not a network")]
#[case("home.example/24", "not a network")]
#[case("127.0.0.1/8", "127.0.0.0/8")]
#[case("two words", "neither a host name nor an address")]
#[case("256.0.0.1", "neither a host name nor an address")]
fn says_what_is_wrong_with_an_entry(#[case] entry: &str, #[case] expected: &str) {
    let errors = AddressPolicy::allowing([entry]).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().contains(expected), "{}", errors[0]);
}

#[test]
fn reports_all_wrong_entries_at_once() {
    assert_eq!(
        AddressPolicy::allowing(["*.a", "ok.example", "b:1"])
            .unwrap_err()
            .len(),
        2
    );
}
