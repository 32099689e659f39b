//! The languages that `lang:` takes: the two-letter codes of ISO 639-1 with their English names. Whether any page
//! has a language is not known here.

use crate::query::QueryError;
use crate::text::fold::fold;

/// Shorter texts are codes, and a code that is one letter off is another language.
const SHORTEST_MISTYPED_CHARS: usize = 4;

const LANGUAGES: &str = "\
    aa Afar; ab Abkhazian; ae Avestan; af Afrikaans; ak Akan; am Amharic; an Aragonese; ar Arabic; as Assamese; \
    av Avaric; ay Aymara; az Azerbaijani; ba Bashkir; be Belarusian; bg Bulgarian; bi Bislama; bm Bambara; \
    bn Bengali; bo Tibetan; br Breton; bs Bosnian; ca Catalan; ce Chechen; ch Chamorro; co Corsican; cr Cree; \
    cs Czech; cu Church Slavic; cv Chuvash; cy Welsh; da Danish; de German; dv Divehi; dz Dzongkha; ee Ewe; \
    el Greek; en English; eo Esperanto; es Spanish; et Estonian; eu Basque; fa Persian; ff Fulah; fi Finnish; \
    fj Fijian; fo Faroese; fr French; fy Western Frisian; ga Irish; gd Scottish Gaelic; gl Galician; gn Guarani; \
    gu Gujarati; gv Manx; ha Hausa; he Hebrew; hi Hindi; ho Hiri Motu; hr Croatian; ht Haitian Creole; \
    hu Hungarian; hy Armenian; hz Herero; ia Interlingua; id Indonesian; ie Interlingue; ig Igbo; ii Sichuan Yi; \
    ik Inupiaq; io Ido; is Icelandic; it Italian; iu Inuktitut; ja Japanese; jv Javanese; ka Georgian; kg Kongo; \
    ki Kikuyu; kj Kuanyama; kk Kazakh; kl Greenlandic; km Khmer; kn Kannada; ko Korean; kr Kanuri; ks Kashmiri; \
    ku Kurdish; kv Komi; kw Cornish; ky Kyrgyz; la Latin; lb Luxembourgish; lg Ganda; li Limburgish; ln Lingala; \
    lo Lao; lt Lithuanian; lu Luba-Katanga; lv Latvian; mg Malagasy; mh Marshallese; mi Maori; mk Macedonian; \
    ml Malayalam; mn Mongolian; mr Marathi; ms Malay; mt Maltese; my Burmese; na Nauru; nb Norwegian Bokmål; \
    nd North Ndebele; ne Nepali; ng Ndonga; nl Dutch; nn Norwegian Nynorsk; no Norwegian; nr South Ndebele; \
    nv Navajo; ny Nyanja; oc Occitan; oj Ojibwa; om Oromo; or Odia; os Ossetian; pa Punjabi; pi Pali; pl Polish; \
    ps Pashto; pt Portuguese; qu Quechua; rm Romansh; rn Rundi; ro Romanian; ru Russian; rw Kinyarwanda; \
    sa Sanskrit; sc Sardinian; sd Sindhi; se Northern Sami; sg Sango; si Sinhala; sk Slovak; sl Slovenian; \
    sm Samoan; sn Shona; so Somali; sq Albanian; sr Serbian; ss Swati; st Southern Sotho; su Sundanese; sv Swedish; \
    sw Swahili; ta Tamil; te Telugu; tg Tajik; th Thai; ti Tigrinya; tk Turkmen; tl Tagalog; tn Tswana; to Tongan; \
    tr Turkish; ts Tsonga; tt Tatar; tw Twi; ty Tahitian; ug Uyghur; uk Ukrainian; ur Urdu; uz Uzbek; ve Venda; \
    vi Vietnamese; vo Volapük; wa Walloon; wo Wolof; xh Xhosa; yi Yiddish; yo Yoruba; za Zhuang; zh Chinese; zu Zulu";

/// The code of the language that `value` names, by code or by English name, in any case.
pub(crate) fn code_of(value: &str) -> Option<&'static str> {
    let wanted = fold(value.trim());
    languages()
        .find(|(code, name)| *code == wanted || fold(name) == wanted)
        .map(|(code, _)| code)
}

/// The refusal of a `value` that names no language.
pub(crate) fn unknown(value: &str) -> QueryError {
    QueryError::UnknownLanguage {
        value: value.to_owned(),
        meant: meant_by(value),
        codes: languages().map(|(code, _)| code).collect::<Vec<_>>().join(", "),
    }
}

/// `en` for `en-US`, whose region no page is filed under, and the name that is one letter off.
fn meant_by(value: &str) -> Option<String> {
    let wanted = fold(value.trim());
    let primary = wanted.split(['-', '_']).next().and_then(code_of);
    primary.map(str::to_owned).or_else(|| {
        (wanted.chars().count() >= SHORTEST_MISTYPED_CHARS)
            .then(|| {
                languages()
                    .map(|(_, name)| fold(name))
                    .find(|name| strsim::damerau_levenshtein(&wanted, name) <= 1)
            })
            .flatten()
    })
}

fn languages() -> impl Iterator<Item = (&'static str, &'static str)> {
    LANGUAGES
        .split("; ")
        .filter_map(|language| language.split_once(' '))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::code("de", Some("de"))]
    #[case::code_in_capitals("DE", Some("de"))]
    #[case::name("german", Some("de"))]
    #[case::name_of_two_words("Western Frisian", Some("fy"))]
    #[case::name_without_accents("volapuk", Some("vo"))]
    #[case::the_first("aa", Some("aa"))]
    #[case::the_last("zulu", Some("zu"))]
    #[case::region("de-AT", None)]
    #[case::nonsense("xx", None)]
    #[case::nothing("", None)]
    fn knows_codes_and_names(#[case] value: &str, #[case] expected: Option<&str>) {
        assert_eq!(code_of(value), expected);
    }

    #[test]
    fn each_language_has_a_code_of_two_letters_and_the_codes_are_in_order() {
        let codes: Vec<_> = languages().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), LANGUAGES.matches(';').count() + 1);
        assert!(codes.iter().all(|code| code.len() == 2));
        assert!(codes.is_sorted_by(|one, next| one < next), "{codes:?}");
    }

    #[rstest]
    #[case::misspelt_name("germn", Some("german"))]
    #[case::region("pt_BR", Some("pt"))]
    #[case::another_code("xx", None)]
    #[case::name_in_another_language("deutsch", None)]
    fn guesses_only_what_is_close(#[case] value: &str, #[case] expected: Option<&str>) {
        assert_eq!(meant_by(value).as_deref(), expected);
    }
}
