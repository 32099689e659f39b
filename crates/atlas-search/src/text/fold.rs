//! Folding: lower case, no accents, one form for characters that people type in several ways.
//!
//! Only marks that readers treat as optional go (Latin, Greek, Cyrillic, Hebrew, Arabic). Vowel signs of
//! Indic scripts and the voicing marks of kana are letters to their readers, and stay.

use unicode_normalization::UnicodeNormalization;

/// The folded form of `text`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folded form of `text` to `folded`.
pub(crate) fn fold_into(text: &str, folded: &mut String) {
    if text.is_ascii() {
        folded.extend(text.chars().map(|c| c.to_ascii_lowercase()));
        return;
    }
    let letters = text
        .nfkd()
        .filter(|&c| !is_optional(c))
        .flat_map(char::to_lowercase);
    let mut spelled = String::with_capacity(text.len());
    letters.for_each(|c| push_plain(c, &mut spelled));
    // Compatibility decomposition took Hangul and kana apart too: put them together again.
    folded.extend(spelled.nfc());
}

/// Characters that readers leave out: accents, vowel points, and what only guides layout.
fn is_optional(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}'             // combining accents
        | '\u{0591}'..='\u{05bd}' | '\u{05bf}' | '\u{05c1}'..='\u{05c2}' | '\u{05c4}'..='\u{05c5}' | '\u{05c7}'
        | '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{06d6}'..='\u{06dc}'
        | '\u{06df}'..='\u{06e4}' | '\u{06e7}'..='\u{06e8}' | '\u{06ea}'..='\u{06ed}' // Arabic vowel points
        | '\u{0640}'                        // tatweel stretches a word
        | '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' // soft hyphen, joiners, direction
    )
}

/// Letters that no decomposition takes apart, in the spelling that people use for them.
fn push_plain(c: char, spelled: &mut String) {
    match c {
        'ß' => spelled.push_str("ss"),
        'æ' => spelled.push_str("ae"),
        'œ' => spelled.push_str("oe"),
        'þ' => spelled.push_str("th"),
        'ø' => spelled.push('o'),
        'ł' => spelled.push('l'),
        'đ' | 'ð' => spelled.push('d'),
        'ħ' => spelled.push('h'),
        'ı' => spelled.push('i'),
        'ς' => spelled.push('σ'),
        'ة' => spelled.push('ه'),
        'ى' | 'ی' => spelled.push('ي'),
        'ک' => spelled.push('ك'),
        other => spelled.push(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::case("HTML", "html")]
    #[case::german("Müßiggänger", "mussigganger")]
    #[case::capital_sharp_s("STRAẞE", "strasse")]
    #[case::french("Événement ŒUVRE", "evenement oeuvre")]
    #[case::decomposed("E\u{301}te\u{301}", "ete")]
    #[case::turkish("İstanbul ılık", "istanbul ilik")]
    #[case::polish("Łódź", "lodz")]
    #[case::greek("Ὀδυσσεύς", "οδυσσευσ")]
    #[case::russian("Ёлка", "елка")]
    #[case::arabic_points("مُحَمَّد", "محمد")]
    #[case::arabic_tatweel("كتـــاب", "كتاب")]
    #[case::arabic_alef("أحمد إلى آخر", "احمد الي اخر")]
    #[case::hebrew_points("שָׁלוֹם", "שלום")]
    #[case::full_width("ＡＢＣ１２３", "abc123")]
    #[case::half_width_kana("ｶﾞｷﾞ", "ガギ")]
    #[case::kana_keeps_its_voice("が", "が")]
    #[case::hangul("한국어", "한국어")]
    #[case::hindi_keeps_its_vowels("हिन्दी", "हिन्दी")]
    #[case::thai_keeps_its_vowels("ที่นี่", "ที่นี่")]
    #[case::soft_hyphen("Donau\u{ad}dampf", "donaudampf")]
    fn gives_one_form_to_one_word(#[case] written: &str, #[case] expected: &str) {
        assert_eq!(fold(written), expected);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }
    }
}
