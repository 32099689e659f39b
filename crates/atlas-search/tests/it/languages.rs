//! An exact word is found in every language, however it is spelled; other forms where there are rules.

use rstest::rstest;

use crate::library::{Library, document, text_in};

#[rstest]
#[case::german_umlaut("de", "Die Müllabfuhr kommt.", "müllabfuhr")]
#[case::german_without_umlaut("de", "Die Müllabfuhr kommt.", "Mullabfuhr")]
#[case::german_sharp_s("de", "Eine lange Straße.", "strasse")]
#[case::german_written_out("de", "Eine lange STRASSE.", "Straße")]
#[case::french("fr", "Un événement majeur", "evenement")]
#[case::french_elision("fr", "Voici l’école", "l'ecole")]
#[case::french_elided_or_not("fr", "une école", "l'école")]
#[case::spanish("es", "El niño corre", "nino")]
#[case::polish("pl", "Łódź to miasto", "lodz")]
#[case::russian("ru", "Зелёный чай", "зеленый")]
#[case::greek("el", "Η Αθήνα", "αθηνα")]
#[case::turkish("tr", "İstanbul güzel", "istanbul")]
#[case::vietnamese("vi", "Tiếng Việt", "tieng viet")]
#[case::arabic("ar", "قرأت الكِتابَ أمس", "الكتاب")]
#[case::arabic_with_points("ar", "قرأت الكتاب أمس", "الكِتابَ")]
#[case::hebrew("he", "שָׁלוֹם לכולם", "שלום")]
#[case::hindi("hi", "हिन्दी भाषा सुंदर है", "भाषा")]
#[case::japanese("ja", "昨日は図書館で本を読みました。", "図書館")]
#[case::japanese_kana("ja", "新しいコンピューターを買った", "コンピューター")]
#[case::japanese_one_character("ja", "黒猫がいる", "猫")]
#[case::japanese_last_character("ja", "これは黒猫", "猫")]
#[case::chinese("zh", "机器学习正在改变世界", "学习")]
#[case::chinese_phrase("zh", "机器学习正在改变世界", "\"正在改变\"")]
#[case::korean("ko", "도서관에서 책을 읽었다", "도서관")]
#[case::thai("th", "ฉันชอบอ่านหนังสือ", "หนังสือ")]
#[case::mixed("ja", "最新のAI技術について", "AI技術")]
#[case::full_width("ja", "ＲＵＳＴ入門", "rust")]
#[case::unknown_language("xx", "Qapla' batlh je", "qapla")]
fn finds_the_word(#[case] language: &str, #[case] body: &str, #[case] query: &str) {
    let other = text_in(language, 2, "unrelated 無関係 غير ذلك");
    let library = Library::with([text_in(language, 1, body), other]);
    let found = library.search(query);
    assert_eq!(library.titles(query), [format!("{language} 1")]);
    assert!(
        found.hits[0].snippet.parts.iter().any(|part| part.hit),
        "{:?}",
        found.hits[0].snippet
    );
}

#[rstest]
#[case::plural("en", "Two pages of notes", "page")]
#[case::singular("en", "One page of notes", "pages")]
#[case::verb("en", "She was running late", "run")]
#[case::german("de", "Viele Häuser am See", "Haus")]
#[case::french("fr", "Des événements récents", "événement")]
#[case::russian("ru", "Новые книги", "книга")]
#[case::turkish("tr", "Kitaplar burada", "kitap")]
fn finds_other_forms_of_the_word(#[case] language: &str, #[case] body: &str, #[case] query: &str) {
    let library = Library::with([text_in(language, 1, body), text_in("ja", 2, "無関係")]);
    assert_eq!(library.titles(query), [format!("{language} 1")]);
}

#[test]
fn the_word_itself_ranks_above_its_other_forms() {
    let library = Library::with([
        document(1, "Other form", "we are connecting things here"),
        document(2, "Exact", "we are connected to things here"),
    ]);
    assert_eq!(library.titles("connected"), ["Exact", "Other form"]);
}

#[test]
fn a_phrase_asks_for_the_exact_words() {
    let library = Library::with([
        document(1, "Plural", "yellow pages"),
        document(2, "Singular", "yellow page"),
    ]);
    assert_eq!(library.titles("\"yellow page\""), ["Singular"]);
    assert_eq!(library.titles("\"page\""), ["Singular"]);
}

#[test]
fn a_document_of_unknown_language_is_stemmed_as_english() {
    let mut unknown = document(1, "Unknown", "Two pages");
    unknown.language = None;
    assert_eq!(Library::with([unknown]).titles("page"), ["Unknown"]);
}

#[test]
fn a_short_run_is_found_as_a_whole_and_a_question_by_its_parts() {
    let library = Library::with([
        text_in("ja", 1, "東京都の天気は晴れです。"),
        text_in("ja", 2, "京都の寺を見た。"),
        text_in("ja", 3, "東京で会いましょう。"),
    ]);
    assert_eq!(library.titles("東京都"), ["ja 1"]);
    assert_eq!(library.sorted_titles("京都"), ["ja 1", "ja 2"]);
    assert_eq!(library.titles("明日の東京都の天気はどうですか")[0], "ja 1");
}
