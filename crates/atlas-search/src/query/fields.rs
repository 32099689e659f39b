//! The fields that filters name, and what stands before a colon without being one. Knows nothing of values.

use std::fmt;

/// Shorter names are never taken for mistyped ones: `if:` is one letter from `is:`, and half of all short words are.
const SHORTEST_MISTYPED_CHARS: usize = 3;

/// A field that a filter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterField {
    /// `tag:` one of the owner's tags.
    Tag,
    /// `site:` the host, one of its parent domains, or the publication's name.
    Site,
    /// `author:` words of an author's name.
    Author,
    /// `lang:` a language, by its English name or its BCP 47 primary subtag.
    Language,
    /// `kind:` the kind of page.
    Kind,
    /// `is:` where the item stands.
    State,
}

impl FilterField {
    const ALL: [Self; 6] = [
        Self::Tag,
        Self::Site,
        Self::Author,
        Self::Language,
        Self::Kind,
        Self::State,
    ];

    /// The field at the beginning of `text`, and what follows its colon.
    pub(super) fn leading(text: &str) -> Option<(Self, &str)> {
        let (name, rest) = text.split_once(':')?;
        let field = Self::ALL
            .into_iter()
            .find(|field| field.name().eq_ignore_ascii_case(name))?;
        Some((field, rest))
    }

    /// The field that a wrong `name` probably means: one letter is missing, wrong or too many, or two are swapped.
    pub(super) fn meant_by(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let is_long_enough = |name: &str| name.chars().count() >= SHORTEST_MISTYPED_CHARS;
        Self::ALL.into_iter().find(|field| {
            is_long_enough(&name)
                && is_long_enough(field.name())
                && strsim::damerau_levenshtein(&name, field.name()) <= 1
        })
    }

    /// The names of all fields, for people.
    pub(super) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Site => "site",
            Self::Author => "author",
            Self::Language => "lang",
            Self::Kind => "kind",
            Self::State => "is",
        }
    }
}

impl fmt::Display for FilterField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The word at the beginning of `text` that stands like the name of a field and is none. Addresses, times, paths
/// and labels (`http://`, `12:30`, `std::vec`, `Note: this`) do not stand like one.
pub(super) fn unknown_name(text: &str) -> Option<&str> {
    let (name, rest) = text.split_once(':')?;
    let is_word = !name.is_empty() && name.chars().all(char::is_alphabetic);
    let has_value = rest.starts_with(|c: char| c.is_alphanumeric() || super::is_quote(c));
    (is_word && has_value && FilterField::leading(text).is_none()).then_some(name)
}
