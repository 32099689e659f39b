//! The paths of the routes that commands call, with everything foreign in them percent-encoded.

use atlas_app::vitals::RangeQuery;
use atlas_domain::Timestamp;
use url::form_urlencoded::{Serializer, byte_serialize};

pub(super) const ITEMS: &str = "/api/v1/items";
pub(super) const SEARCH: &str = "/api/v1/search";
pub(super) const EXPORT: &str = "/api/v1/export";
pub(super) const QUARANTINE: &str = "/api/v1/quarantine";
pub(super) const JOBS: &str = "/api/v1/jobs";
pub(super) const OUTCOMES: &str = "/api/v1/outcomes";
pub(super) const REPROCESS: &str = "/api/v1/reprocess";
pub(super) const STATUS: &str = "/api/v1/status";
pub(super) const METRICS: &str = "/api/v1/metrics";
pub(super) const BREAKERS: &str = "/api/v1/breakers";
pub(super) const POLICIES: &str = "/api/v1/policies";
pub(super) const HEALTH: &str = "/api/v1/health";
pub(super) const ALERTS: &str = "/api/v1/alerts";
pub(super) const SILENCES: &str = "/api/v1/silences";
pub(super) const INBOX: &str = "/api/v1/inbox";
pub(super) const INBOX_READ: &str = "/api/v1/inbox/read";
pub(super) const RULES: &str = "/api/v1/rules";
pub(super) const CHANNELS: &str = "/api/v1/channels";
pub(super) const RELOAD: &str = "/api/v1/config/reload";
pub(super) const BACKUPS: &str = "/api/v1/backups";
pub(super) const AUDIT: &str = "/api/v1/audit";
pub(super) const FINDINGS: &str = "/api/v1/audit/findings";
pub(super) const VAULT: &str = "/api/v1/vault";
pub(super) const SCHEMAS: &str = "/api/v1/schemas";
pub(super) const COMPACT: &str = "/api/v1/compact";
pub(super) const CLEANUPS: &str = "/api/v1/cleanups";
pub(super) const DOCTOR: &str = "/api/v1/doctor";

/// An item, by its id or its address.
pub(super) fn item(name: &str) -> String {
    under(ITEMS, name)
}

/// Whatever `name` names in a collection.
pub(super) fn under(collection: &str, name: &str) -> String {
    // The form encoding writes a space as `+`, which means itself in a path.
    let name = byte_serialize(name.as_bytes())
        .collect::<String>()
        .replace('+', "%20");
    format!("{collection}/{name}")
}

/// Points out of the history of what is measured.
pub(super) fn range(query: &RangeQuery) -> String {
    let parameters = [
        ("series", Some(query.series.clone())),
        ("label", query.label.clone()),
        ("from", query.from.map(in_milliseconds)),
        ("until", query.until.map(in_milliseconds)),
        ("points", query.points.map(|points| points.to_string())),
        ("watch", query.watch.then(|| "true".to_owned())),
    ];
    with_query(&format!("{METRICS}/range"), parameters)
}

/// In the form of every time in the API.
fn in_milliseconds(at: Timestamp) -> String {
    let whole = at.to_string();
    let millis = at.as_millis().rem_euclid(1_000);
    format!("{}.{millis:03}Z", whole.trim_end_matches('Z'))
}

/// A path with those parameters that have a value.
pub(super) fn with_query<const N: usize>(path: &str, parameters: [(&str, Option<String>); N]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_segment_of_a_path() {
        assert_eq!(
            item("https://example.com/a b?c=d+e#f"),
            "/api/v1/items/https%3A%2F%2Fexample.com%2Fa%20b%3Fc%3Dd%2Be%23f"
        );
    }

    #[test]
    fn leaves_out_parameters_without_a_value() {
        let limit = Some("5".to_owned());
        assert_eq!(
            with_query(
                SEARCH,
                [
                    ("q", Some("\"a b\" & c".to_owned())),
                    ("limit", limit),
                    ("offset", None)
                ]
            ),
            "/api/v1/search?q=%22a+b%22+%26+c&limit=5"
        );
        assert_eq!(with_query(ITEMS, [("tag", None)]), "/api/v1/items");
    }
}
