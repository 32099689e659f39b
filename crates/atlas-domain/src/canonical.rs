//! Canonical URLs: two addresses with one canonical form are one item.
//!
//! The canonical form is an identity, never an address to fetch: what is fetched is what was given.

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

/// An address in the form by which it is recognised. It never carries a user name or a password.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CanonicalUrl(Url);

impl CanonicalUrl {
    /// The canonical form of `url`. Canonical forms are their own canonical form.
    pub fn of(url: &Url) -> Self {
        let mut url = url.clone();
        strip_credentials(&mut url);
        strip_presentation_host(&mut url);
        strip_amp(&mut url);
        strip_tracking(&mut url);
        if !url.fragment().is_some_and(is_route) {
            url.set_fragment(None);
        }
        // `https://example.com/a/` and `https://example.com/a` may differ, but an empty query never makes
        // another page; `Url` has already lowered the host and dropped the default port.
        if url.query() == Some("") {
            url.set_query(None);
        }
        Self(url)
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

/// `#/inbox` and `#!thread/1` name a page; `#section` names a place in it.
fn is_route(fragment: &str) -> bool {
    fragment.starts_with('/') || fragment.starts_with('!')
}

fn strip_credentials(url: &mut Url) {
    // Only addresses without a host refuse this, and they have no credentials either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

/// `m.`, `mobile.` and `amp.` in front of a host show the same pages in another dress; a dot at its end says
/// only that the name is complete.
fn strip_presentation_host(url: &mut Url) {
    let Some(Host::Domain(host)) = url.host() else {
        return;
    };
    let mut name = host.trim_end_matches('.');
    while let Some(rest) = ["amp.", "m.", "mobile."]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .filter(|rest| rest.contains('.'))
    {
        name = rest;
    }
    if name.len() < host.len() {
        let name = name.to_owned();
        // A name cut at a label border is a name.
        let _ = url.set_host(Some(&name));
    }
}

fn strip_amp(url: &mut Url) {
    let path = url.path();
    let mut rest = path;
    while let Some(shorter) = rest.strip_suffix("/amp/").or_else(|| rest.strip_suffix("/amp")) {
        rest = shorter;
    }
    if rest.len() < path.len() {
        let rest = rest.to_owned();
        url.set_path(&rest); // the URL crate puts the `/` in place of nothing
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
mod tests;
