//! The address ranges that are not the public internet, from the IANA special-purpose registries
//! (RFC 6890 and its successors). A table and two questions; no policy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// Why an address is not public; `None` when it is.
pub(super) fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4
            .iter()
            .find(|(network, _)| network.contains(&address))
            .map(|(_, reason)| *reason),
        IpAddr::V6(address) => V6
            .iter()
            .find(|(network, _)| network.contains(&address))
            .map(|(_, reason)| *reason)
            .or_else(|| (!PUBLIC_V6.contains(&address)).then_some("a reserved address")),
    }
}

/// The IPv4 address that a NAT64 translator connects to for this address (RFC 6052, well-known prefix).
pub(super) fn behind_translator(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let [.., a, b, c, d] = address.octets();
    NAT64.contains(&address).then_some(Ipv4Addr::new(a, b, c, d))
}

/// Everything that the registry of IPv6 space assigns to the public internet.
const PUBLIC_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// The first match names the reason, so an address stands before the range it lies in.
const V4: &[(Ipv4Net, &str)] = &[
    (
        v4([169, 254, 169, 254], 32),
        "the metadata service of a cloud machine",
    ),
    // In public space, but reachable only from inside the cloud that owns it.
    (
        v4([168, 63, 129, 16], 32),
        "the metadata service of a cloud machine",
    ),
    (v4([0, 0, 0, 0], 8), "this machine itself"),
    (v4([10, 0, 0, 0], 8), "a private address"),
    (v4([100, 64, 0, 0], 10), "an address inside a provider's network"),
    (v4([127, 0, 0, 0], 8), "this machine itself"),
    (v4([169, 254, 0, 0], 16), "a link-local address"),
    (v4([172, 16, 0, 0], 12), "a private address"),
    (v4([192, 0, 0, 0], 24), "a reserved address"),
    (v4([192, 0, 2, 0], 24), "an address for documentation"),
    (v4([192, 88, 99, 0], 24), "a reserved address"),
    (v4([192, 168, 0, 0], 16), "a private address"),
    (v4([198, 18, 0, 0], 15), "an address for benchmarks"),
    (v4([198, 51, 100, 0], 24), "an address for documentation"),
    (v4([203, 0, 113, 0], 24), "an address for documentation"),
    (v4([224, 0, 0, 0], 4), "a multicast address"),
    (v4([255, 255, 255, 255], 32), "the broadcast address"),
    (v4([240, 0, 0, 0], 4), "a reserved address"),
];

/// What lies outside [`PUBLIC_V6`] is refused anyway; those that are listed have a reason of their own.
const V6: &[(Ipv6Net, &str)] = &[
    (
        v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128),
        "the metadata service of a cloud machine",
    ),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 127), "this machine itself"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "an IPv4 address in disguise"),
    (
        v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
        "an IPv4 address in disguise",
    ),
    (NAT64, "an IPv4 address in disguise"),
    (
        v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
        "an IPv4 address in disguise",
    ),
    (
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32),
        "an IPv4 address in disguise",
    ),
    (
        v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
        "an IPv4 address in disguise",
    ),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "a reserved address"),
    (
        v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
        "an address for documentation",
    ),
    (
        v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
        "an address for documentation",
    ),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "a private address"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "a link-local address"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "a private address"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "a multicast address"),
];

const fn v4(octets: [u8; 4], prefix_length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), prefix_length)
}

const fn v6(segments: [u16; 8], prefix_length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix_length)
}
