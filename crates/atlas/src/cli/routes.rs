//! The paths of the routes that commands call, with everything foreign in them percent-encoded.

use url::form_urlencoded::{Serializer, byte_serialize};

pub(super) const ITEMS: &str = "/api/v1/items";
pub(super) const SEARCH: &str = "/api/v1/search";
pub(super) const EXPORT: &str = "/api/v1/export";
pub(super) const QUARANTINE: &str = "/api/v1/quarantine";
pub(super) const JOBS: &str = "/api/v1/jobs";
pub(super) const OUTCOMES: &str = "/api/v1/outcomes";
pub(super) const REPROCESS: &str = "/api/v1/reprocess";
pub(super) const STATUS: &str = "/api/v1/status";
pub(super) const BREAKERS: &str = "/api/v1/breakers";
pub(super) const POLICIES: &str = "/api/v1/policies";
pub(super) const RELOAD: &str = "/api/v1/config/reload";
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
