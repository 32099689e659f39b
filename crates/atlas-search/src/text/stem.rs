//! Stemming by language, so that "pages" finds "page".
//!
//! A document's language is known when it is indexed; a query's is not. So stems live in fields of their own
//! beside the exact words, each tagged with its language, and a query word asks for its stem in every
//! language that the index holds. An exact word is found whatever its language; a stem only adds to it.

use std::borrow::Cow;

use frostem::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use crate::text::fold::fold_into;

/// Makes the stem terms of one language.
#[derive(Clone, Copy)]
pub(crate) struct LanguageStemmer {
    language: &'static str,
    stemmer: Stemmer,
}

impl LanguageStemmer {
    /// The stemmer for a BCP 47 primary subtag, if there is one.
    pub(crate) fn of(language: &str) -> Option<Self> {
        let (language, algorithm) = match language {
            "ar" => ("ar", Algorithm::Arabic),
            "da" => ("da", Algorithm::Danish),
            "de" => ("de", Algorithm::German),
            "el" => ("el", Algorithm::Greek),
            "en" => ("en", Algorithm::English),
            "es" => ("es", Algorithm::Spanish),
            "fi" => ("fi", Algorithm::Finnish),
            "fr" => ("fr", Algorithm::French),
            "hu" => ("hu", Algorithm::Hungarian),
            "it" => ("it", Algorithm::Italian),
            "nl" => ("nl", Algorithm::Dutch),
            "nb" | "nn" | "no" => ("no", Algorithm::Norwegian),
            "pt" => ("pt", Algorithm::Portuguese),
            "ro" => ("ro", Algorithm::Romanian),
            "ru" => ("ru", Algorithm::Russian),
            "sv" => ("sv", Algorithm::Swedish),
            "tr" => ("tr", Algorithm::Turkish),
            _ => return None,
        };
        Some(Self {
            language,
            stemmer: Stemmer::new(algorithm),
        })
    }

    /// Writes the stem term of `word` into `term`. Stems first, folds second: the rules look at accents.
    pub(crate) fn stem_into(self, word: &str, term: &mut String) {
        let lower: Cow<'_, str> = if word.is_ascii() && !word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Borrowed(word)
        } else {
            Cow::Owned(word.nfc().collect::<String>().to_lowercase())
        };
        term.clear();
        term.push_str(self.language);
        term.push(':');
        fold_into(&self.stemmer.stem(&lower), term);
    }

    /// The stem term of `word`.
    pub(crate) fn stem(self, word: &str) -> String {
        let mut term = String::new();
        self.stem_into(word, &mut term);
        term
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "Pages", "page")]
    #[case("en", "running", "runs")]
    #[case("de", "Häuser", "Haus")]
    #[case("fr", "événements", "événement")]
    #[case("ru", "книги", "книга")]
    #[case("ar", "كِتَاب", "كتاب")]
    fn forms_of_a_word_share_a_stem(#[case] language: &str, #[case] one: &str, #[case] other: &str) {
        let stemmer = LanguageStemmer::of(language).unwrap();
        assert_eq!(stemmer.stem(one), stemmer.stem(other));
    }

    #[test]
    fn stems_of_two_languages_never_meet() {
        let stem = |language| LanguageStemmer::of(language).unwrap().stem("gift");
        assert_ne!(stem("en"), stem("de"));
    }

    #[test]
    fn a_language_without_rules_has_no_stemmer() {
        assert!(LanguageStemmer::of("ja").is_none());
    }
}
