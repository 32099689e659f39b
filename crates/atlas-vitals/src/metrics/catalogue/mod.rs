//! The catalogue: every series there is. Its names are the vocabulary that rules, pages and exports share; a value
//! whose definition is not listed here has no place to go.

pub mod machine;
pub mod service;

use super::Definition;

/// Every definition, in the order in which people read them.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    machine::ALL.iter().chain(service::ALL).copied()
}

/// The definition of that name.
pub fn find(name: &str) -> Option<&'static Definition> {
    definitions().find(|definition| definition.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::metrics::Kind;

    /// What the budget for disk and memory was reckoned with.
    const SERIES_WITH_HISTORY_AT_MOST: usize = 300;

    #[test]
    fn no_two_series_have_one_name() {
        let names: BTreeSet<&str> = definitions().map(|definition| definition.name).collect();

        assert_eq!(names.len(), definitions().count());
    }

    #[test]
    fn names_are_words_without_prefix_unit_or_total() {
        for definition in definitions() {
            let name = definition.name;
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert!(!name.starts_with("atlas_"), "{name}");
            // An export adds the unit, and then to a counter that it is a total.
            match definition
                .unit
                .suffix()
                .filter(|_| definition.kind != Kind::Counter)
            {
                Some(suffix) => assert!(!name.ends_with(suffix), "{name} repeats its unit"),
                None => assert!(!name.ends_with("_total"), "{name}"),
            }
            assert!(
                !definition.help.is_empty() && !definition.help.ends_with('.'),
                "{name}"
            );
        }
    }

    #[test]
    fn a_ratio_is_never_a_counter() {
        for definition in definitions() {
            assert!(
                definition.kind != Kind::Counter || definition.unit != crate::metrics::Unit::Ratio,
                "{}",
                definition.name
            );
        }
    }

    #[test]
    fn the_series_with_a_history_stay_within_the_budget() {
        let count: usize = definitions()
            .filter(|definition| definition.is_kept)
            .map(Definition::series_at_most)
            .sum();

        assert!(count <= SERIES_WITH_HISTORY_AT_MOST, "{count} series");
    }

    #[test]
    fn a_definition_is_found_by_its_name() {
        assert_eq!(find("memory_available"), Some(&machine::MEMORY_AVAILABLE));
        assert_eq!(find("no_such_series"), None);
    }
}
