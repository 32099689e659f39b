//! What a reader sees of a hit.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::pattern::Pattern;

fn needles(words: &[&str]) -> Needles {
    let mut needles = Needles::default();
    for (number, word) in words.iter().enumerate() {
        needles.add(&Pattern::of(word), number);
    }
    needles
}

fn marked(text: &str, words: &[&str]) -> String {
    snippet(text, None, &needles(words)).marked("[", "]")
}

#[rstest]
#[case::word("The quick brown fox", &["quick"], "The [quick] brown fox")]
#[case::folded("Die Straße nach Köln", &["STRASSE", "koln"], "Die [Straße] nach [Köln]")]
#[case::phrase("no checker here, but the borrow checker", &["borrow checker"], "no checker here, but the [borrow checker]")]
#[case::japanese("昨日は日本語の本を読んだ。", &["日本語"], "昨日は[日本語]の本を読んだ。")]
#[case::chinese("机器学习正在改变世界", &["学习", "世界"], "机器[学习]正在改变[世界]")]
#[case::arabic("قرأت الكِتاب أمس", &["الكتاب"], "قرأت [الكِتاب] أمس")]
#[case::lines("one\n\n  two\tthree", &["two"], "one [two] three")]
#[case::no_match("only the beginning", &["absent"], "only the beginning")]
#[case::empty("", &["absent"], "")]
fn marks(#[case] text: &str, #[case] words: &[&str], #[case] expected: &str) {
    assert_eq!(marked(text, words), expected);
}

#[test]
fn shows_the_place_where_most_words_meet() {
    let text = format!(
        "alpha stands alone. {} here beta and alpha meet. {}",
        "filler ".repeat(80),
        "more ".repeat(80)
    );
    let snippet = marked(&text, &["alpha", "beta"]);
    assert!(snippet.contains("[beta] and [alpha] meet"), "{snippet}");
    assert!(snippet.starts_with('…') && snippet.ends_with('…'), "{snippet}");
}

#[test]
fn cuts_between_words() {
    let text = format!("{}needle {}", "abcdefg ".repeat(50), "hijklmn ".repeat(50));
    let snippet = snippet(&text, None, &needles(&["needle"])).plain();
    let words = snippet.trim_matches('…').split_whitespace();
    assert!(words.clone().count() > 20, "{snippet}");
    for word in words {
        assert!(
            ["abcdefg", "needle", "hijklmn"].contains(&word),
            "{word} in {snippet}"
        );
    }
}

#[test]
fn cuts_between_characters_where_there_are_no_spaces() {
    let text = format!(
        "{}東京タワー{}",
        "あいうえお".repeat(100),
        "かきくけこ".repeat(100)
    );
    let snippet = snippet(&text, None, &needles(&["東京"]));
    assert!(snippet.marked("[", "]").contains("[東京]タワー"));
    assert_eq!(
        snippet.plain().trim_matches('…').chars().count(),
        LENGTH_CHARACTERS
    );
}

proptest! {
    #[test]
    fn is_short_and_made_of_the_text(text in "(\\PC|[ \n]|abc ){0,600}", word in "abc|\\PC{1,3}") {
        let snippet = snippet(&text, None, &needles(&[&word]));
        let plain = snippet.plain();
        prop_assert!(plain.chars().count() <= LENGTH_CHARACTERS + 2, "{}", plain);
        // The text may hold an ellipsis itself, so leave them all out.
        let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '…').collect::<String>();
        prop_assert!(squeeze(&text).contains(&squeeze(&plain)));
    }
}
