//! The languages that rows are written in, and how their sentences are put together.

/// A language of the stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    En,
    De,
    Fr,
    Es,
    It,
    Pt,
    Nl,
    Pl,
    Ru,
    Ja,
}

impl Language {
    pub(crate) const ALL: &'static [Self] = &[
        Self::En,
        Self::De,
        Self::Fr,
        Self::Es,
        Self::It,
        Self::Pt,
        Self::Nl,
        Self::Pl,
        Self::Ru,
        Self::Ja,
    ];

    /// Its two letters.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::It => "it",
            Self::Pt => "pt",
            Self::Nl => "nl",
            Self::Pl => "pl",
            Self::Ru => "ru",
            Self::Ja => "ja",
        }
    }

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::En => include_str!("../text/en.txt"),
            Self::De => include_str!("../text/de.txt"),
            Self::Fr => include_str!("../text/fr.txt"),
            Self::Es => include_str!("../text/es.txt"),
            Self::It => include_str!("../text/it.txt"),
            Self::Pt => include_str!("../text/pt.txt"),
            Self::Nl => include_str!("../text/nl.txt"),
            Self::Pl => include_str!("../text/pl.txt"),
            Self::Ru => include_str!("../text/ru.txt"),
            Self::Ja => include_str!("../text/ja.txt"),
        }
    }

    /// What ends a sentence.
    pub(crate) const fn stop(self) -> &'static str {
        match self {
            Self::Ja => "。",
            _ => ".",
        }
    }

    /// What stands between two sentences, and after the beginning of one.
    pub(crate) const fn space(self) -> &'static str {
        match self {
            Self::Ja => "",
            _ => " ",
        }
    }
}
