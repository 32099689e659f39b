//! Decides which addresses may be connected to. Pure: it resolves no names and opens no connections, so
//! whoever uses it must connect to the very address that was judged.

mod ranges;

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;
use url::Host;

/// Public addresses, plus what the owner allowed by name or network. Allowing one thing loosens nothing
/// for the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    names: HashSet<String>,
    networks: Vec<IpNet>,
}

/// An address that is not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{host}` leads to {address}, {reason}, and Atlas does not connect there; if it is yours and you trust \
     it, add `{host}` to the setting `fetch.allow_hosts`"
)]
pub struct RefusedAddress {
    /// The name or the literal address that was asked for.
    pub host: String,
    /// The address behind it.
    pub address: IpAddr,
    /// What kind of address that is.
    pub reason: &'static str,
}

/// An entry of an allow-list that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowEntryError {
    /// There is nothing in it.
    #[error("an entry is empty; write a name like home.example or a network like 192.168.1.0/24")]
    Empty,
    /// It is a whole address of a page.
    #[error("`{0}` is a URL; write only its host, without scheme and path")]
    Url(String),
    /// It has a port.
    #[error("`{0}` has a port; write only the host, every port of it is allowed")]
    Port(String),
    /// It has a wildcard.
    #[error("`{0}` has a wildcard; write each name in full, or the network the names lead to")]
    Wildcard(String),
    /// The part before or after the slash is wrong.
    #[error(
        "`{0}` is not a network; write an address and the length of its prefix, like 192.168.1.0/24 or fd00::/8"
    )]
    Network(String),
    /// The address has bits beyond the prefix, so one of the two is not what was meant.
    #[error(
        "`{given}` names an address inside a network; write {network} for the whole network or {address} for one address"
    )]
    HostBits {
        /// As written.
        given: String,
        /// The network it lies in.
        network: IpNet,
        /// The address alone.
        address: IpAddr,
    },
    /// It is neither a name nor an address.
    #[error("`{0}` is neither a host name nor an address")]
    Name(String),
}

impl AddressPolicy {
    /// Public addresses and these: names (with whatever they lead to), addresses, networks. All mistakes
    /// are reported at once.
    pub fn allowing<Entry: AsRef<str>>(
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Self, Vec<AllowEntryError>> {
        let mut policy = Self::default();
        let mut errors = Vec::new();
        for entry in entries {
            match parse_entry(entry.as_ref()) {
                Ok(Allowed::Name(name)) => _ = policy.names.insert(name),
                Ok(Allowed::Network(network)) => policy.networks.push(network),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            Ok(policy)
        } else {
            Err(errors)
        }
    }

    /// These hosts too, which the owner has named elsewhere.
    #[must_use]
    pub(crate) fn trusting(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.names.extend(hosts.into_iter().map(|host| bare_name(&host)));
        self
    }

    /// Judges an address that stands in a URL. An IPv4 address in IPv6 clothes is refused whatever it is:
    /// nobody writes one by hand except to get past a check.
    pub fn check_literal(&self, address: IpAddr) -> Result<(), RefusedAddress> {
        match ranges::refusal(address) {
            Some(reason) if !self.allows(address) => Err(RefusedAddress {
                host: address.to_string(),
                address,
                reason,
            }),
            _ => Ok(()),
        }
    }

    /// Keeps of the addresses of a name those that may be connected to. An error when none is left.
    pub fn check_resolved(&self, name: &str, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, RefusedAddress> {
        if self.names.contains(bare_name(name).as_str()) {
            return Ok(addresses);
        }
        let mut permitted = Vec::with_capacity(addresses.len());
        let mut refused = None;
        for address in addresses.into_iter().map(|address| address.to_canonical()) {
            // Networks without IPv4 reach it through a translator: what counts is where that leads.
            let judged = ranges::behind_translator(address).map_or(address, IpAddr::V4);
            match ranges::refusal(judged) {
                Some(reason) if !self.allows(judged) => _ = refused.get_or_insert((address, reason)),
                _ => permitted.push(address),
            }
        }
        match refused {
            Some((address, reason)) if permitted.is_empty() => Err(RefusedAddress {
                host: bare_name(name),
                address,
                reason,
            }),
            _ => Ok(permitted),
        }
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

enum Allowed {
    Name(String),
    Network(IpNet),
}

fn parse_entry(entry: &str) -> Result<Allowed, AllowEntryError> {
    let entry = entry.trim();
    let given = || entry.to_owned();
    if entry.is_empty() {
        return Err(AllowEntryError::Empty);
    }
    if entry.contains("://") {
        return Err(AllowEntryError::Url(given()));
    }
    if entry.contains('*') {
        return Err(AllowEntryError::Wildcard(given()));
    }
    if entry.contains('/') {
        return parse_network(entry).map(Allowed::Network);
    }
    let unbracketed = entry
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(entry);
    if let Ok(address) = unbracketed.parse::<IpAddr>() {
        return Ok(Allowed::Network(address.into()));
    }
    if entry.contains(':') {
        return Err(AllowEntryError::Port(given()));
    }
    match Host::parse(entry) {
        Ok(Host::Domain(name)) => Ok(Allowed::Name(bare_name(&name))),
        Ok(Host::Ipv4(address)) => Ok(Allowed::Network(IpAddr::V4(address).into())),
        Ok(Host::Ipv6(_)) | Err(_) => Err(AllowEntryError::Name(given())),
    }
}

fn parse_network(entry: &str) -> Result<IpNet, AllowEntryError> {
    let network: IpNet = entry
        .parse()
        .map_err(|_| AllowEntryError::Network(entry.to_owned()))?;
    if network.trunc() == network {
        Ok(network)
    } else {
        Err(AllowEntryError::HostBits {
            given: entry.to_owned(),
            network: network.trunc(),
            address: network.addr(),
        })
    }
}

/// `Home.Example.` and `home.example` are the same name.
fn bare_name(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
