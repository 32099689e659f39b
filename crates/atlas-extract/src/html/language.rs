//! The language of a text: what the page declares, unless the text itself says otherwise.

use whatlang::Lang;

/// Below this the detector guesses, and the declaration is the better guess.
const MIN_DETECTABLE_CHARS: usize = 200;
/// Enough to be sure; a book need not be read to its end.
const SAMPLE_CHARS: usize = 5_000;

/// The primary subtag of the language of `text` on a page that declares `declared`.
pub(crate) fn decide(text: &str, declared: Option<&str>) -> Option<String> {
    let declared = declared.and_then(primary_subtag);
    let sample: String = text.chars().take(SAMPLE_CHARS).collect();
    let detected = whatlang::detect(&sample);
    match (declared, detected) {
        (declared, Some(found)) if found.is_reliable() && sample.chars().count() >= MIN_DETECTABLE_CHARS => {
            Some(agreement(declared, found.lang()))
        }
        (Some(declared), _) => Some(declared),
        // One script, one language: short Japanese or Thai is certain enough.
        (None, Some(found)) if found.is_reliable() => Some(two_letters(found.lang()).to_owned()),
        _ => None,
    }
}

/// Keeps the declared name where it is a finer or equal word for what was detected.
fn agreement(declared: Option<String>, detected: Lang) -> String {
    let detected = two_letters(detected);
    match declared {
        Some(declared) if detected == "no" && matches!(declared.as_str(), "nb" | "nn") => declared,
        _ => detected.to_owned(),
    }
}

/// `de` for `de-AT` and `DE_at`.
fn primary_subtag(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let is_tag = matches!(primary.len(), 2 | 3) && primary.chars().all(|c| c.is_ascii_lowercase());
    (is_tag && primary != "und").then_some(primary)
}

/// ISO 639-1 code of what the detector names by ISO 639-3.
fn two_letters(lang: Lang) -> &'static str {
    match lang {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "no",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GERMAN: &str = "Die Bibliothek öffnet am Morgen, und die ersten Leser warten schon vor der Tür. Sie haben ihre \
        Bücher dabei und sprechen leise über das, was sie gestern gelesen haben. Drinnen riecht es nach Papier und Staub.";

    #[rstest]
    #[case::declared(GERMAN, Some("de-AT"), Some("de"))]
    #[case::wrongly_declared(GERMAN, Some("en"), Some("de"))]
    #[case::undeclared(GERMAN, None, Some("de"))]
    #[case::too_short_to_contradict("Guten Tag", Some("nl_BE"), Some("nl"))]
    #[case::nonsense_declared("Hm.", Some("english please"), None)]
    #[case::own_script("図書館では毎日たくさんの本が読まれています。", None, Some("ja"))]
    #[case::nothing("", None, None)]
    fn decides(#[case] text: &str, #[case] declared: Option<&str>, #[case] expected: Option<&str>) {
        assert_eq!(decide(text, declared).as_deref(), expected);
    }
}
