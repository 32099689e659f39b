//! What people type, and what it means.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn parsed(text: &str) -> Vec<(bool, Operand)> {
    Query::parse(text)
        .unwrap()
        .clauses
        .into_iter()
        .map(|clause| (clause.excluded, clause.operand))
        .collect()
}

fn word(text: &str) -> Operand {
    Operand::Word(text.to_owned())
}

fn phrase(text: &str) -> Operand {
    Operand::Phrase(text.to_owned())
}

fn filter(field: FilterField, value: &str) -> Operand {
    Operand::Filter(field, value.to_owned())
}

#[test]
fn understands_words_phrases_prefixes_and_exclusions() {
    assert_eq!(
        parsed(r#"rust "borrow checker" -unsafe -"raw pointer" life*"#),
        [
            (false, word("rust")),
            (false, phrase("borrow checker")),
            (true, word("unsafe")),
            (true, phrase("raw pointer")),
            (false, Operand::Prefix("life".to_owned())),
        ]
    );
}

#[test]
fn understands_filters() {
    assert_eq!(
        parsed(r#"Tag:rust -site:example.com author:"Anna Schmidt" lang:de kind:forum is:partial"#),
        [
            (false, filter(FilterField::Tag, "rust")),
            (true, filter(FilterField::Site, "example.com")),
            (false, filter(FilterField::Author, "Anna Schmidt")),
            (false, filter(FilterField::Language, "de")),
            (false, filter(FilterField::Kind, "forum")),
            (false, filter(FilterField::State, "partial")),
        ]
    );
}

#[rstest]
#[case::unbalanced_quote(r#"a "never closed"#, &[(false, word("a")), (false, phrase("never closed"))])]
#[case::curly_quotes("“zwei Worte”", &[(false, phrase("zwei Worte"))])]
#[case::german_quotes("„zwei Worte“", &[(false, phrase("zwei Worte"))])]
#[case::corner_brackets("「日本語」", &[(false, phrase("日本語"))])]
#[case::quote_in_a_word(r#"a"b c"d"#, &[(false, word("a")), (false, phrase("b c")), (false, word("d"))])]
#[case::hyphen_inside("e-mail", &[(false, word("e-mail"))])]
#[case::address("https://example.com/a", &[(false, word("https://example.com/a"))])]
#[case::time("12:30", &[(false, word("12:30"))])]
#[case::path("C++::vector", &[(false, word("C++::vector"))])]
#[case::path_that_begins_like_a_field("kin::vector", &[(false, word("kin::vector"))])]
#[case::conference("re:invent", &[(false, word("re:invent"))])]
#[case::short_word("if:else", &[(false, word("if:else"))])]
#[case::label("Note: bring", &[(false, word("Note:")), (false, word("bring"))])]
#[case::label_like_a_field("Autor: Anna", &[(false, word("Autor:")), (false, word("Anna"))])]
#[case::quoted_field(r#""autor:quill""#, &[(false, phrase("autor:quill"))])]
#[case::emoji_tag("tag:🦀", &[(false, filter(FilterField::Tag, "🦀"))])]
#[case::lone_signs("rust - * \"\" && ()", &[(false, word("rust"))])]
#[case::two_minuses("--verbose", &[(true, word("-verbose"))])]
fn is_lenient_with(#[case] text: &str, #[case] expected: &[(bool, Operand)]) {
    assert_eq!(parsed(text), expected);
}

#[rstest]
#[case("")]
#[case("   ")]
#[case("\"")]
#[case("-")]
#[case("*")]
#[case("…!?")]
fn says_when_there_is_nothing_to_look_for(#[case] text: &str) {
    assert_eq!(Query::parse(text), Err(QueryError::Empty));
}

#[test]
fn names_the_values_that_a_closed_field_knows() {
    let message = Query::parse("kind:poem").unwrap_err().to_string();
    assert!(
        message.contains("kind:poem") && message.contains("forum"),
        "{message}"
    );
}

#[rstest]
#[case::letter_missing("autor:quill", "`autor` at character 1; did you mean `author`?")]
#[case::letter_too_many("tags:rust", "`tags` at character 1; did you mean `tag`?")]
#[case::letter_wrong("größe -kynd:forum", "`kynd` at character 8; did you mean `kind`?")]
#[case::letters_swapped("Stie:example.com", "`Stie` at character 1; did you mean `site`?")]
#[case::quoted_value(r#"autor:"Anna Schmidt""#, "`autor` at character 1; did you mean `author`?")]
fn takes_a_name_one_letter_off_for_a_mistyped_field(#[case] query: &str, #[case] expected: &str) {
    let refused = Query::parse(query).unwrap_err().to_string();
    assert!(refused.contains(expected), "{refused}");
    assert!(
        refused.contains("Known: tag, site, author, lang, kind, is"),
        "{refused}"
    );
    assert!(refused.ends_with("put them in quotes"), "{refused}");
}

#[rstest]
#[case::nothing_behind("rust tag:", "`tag:` at character 6 has no value")]
#[case::a_space_behind("tag: rust", "`tag:` at character 1 has no value")]
#[case::empty_quotes(r#"author:"""#, "`author:` at character 1 has no value")]
#[case::signs_alone("-site:...", "`site:` at character 2 has no value")]
fn refuses_a_field_without_a_value(#[case] query: &str, #[case] expected: &str) {
    let refused = Query::parse(query).unwrap_err().to_string();
    assert!(refused.starts_with(expected), "{refused}");
}

#[rstest]
#[case::another_name("rust language:de", Some("`language:` is no field"))]
#[case::excluded("rust -language:de", Some("`language:` is no field"))]
#[case::the_first_of_two("doi:10 isbn:9", Some("`doi:` is no field"))]
#[case::fields_that_exist("rust lang:de", None)]
#[case::an_address("https://example.com", None)]
#[case::a_label("Note: bring", None)]
fn has_a_hint_where_words_look_like_a_field(#[case] query: &str, #[case] expected: Option<&str>) {
    let hint = Query::parse(query).unwrap().hint();
    assert_eq!(hint.is_some(), expected.is_some(), "{hint:?}");
    assert!(hint.unwrap_or_default().starts_with(expected.unwrap_or_default()));
}

#[test]
fn refuses_a_pasted_book() {
    assert_eq!(
        Query::parse(&"a ".repeat(MOST_CLAUSES + 1)),
        Err(QueryError::TooLong)
    );
    assert_eq!(
        Query::parse(&"a".repeat(LONGEST_QUERY_BYTES + 1)),
        Err(QueryError::TooLong)
    );
    assert!(Query::parse(&"a ".repeat(MOST_CLAUSES)).is_ok());
}

proptest! {
    #[test]
    fn never_panics_and_never_returns_an_empty_query(text in "(\\PC|[-\"*: ]|tag:|is:){0,60}") {
        if let Ok(query) = Query::parse(&text) {
            prop_assert!(!query.clauses.is_empty());
        }
    }

    #[test]
    fn every_plain_word_becomes_a_clause(words in proptest::collection::vec("[a-z]{1,8}", 1..20)) {
        let expected: Vec<_> = words.iter().map(|text| (false, word(text))).collect();
        prop_assert_eq!(parsed(&words.join(" ")), expected);
    }
}

#[rstest]
#[case::a_state_that_is_never_indexed("is:queued")]
#[case::no_state("is:foo")]
fn offers_only_the_states_that_can_be_found(#[case] query: &str) {
    let refused = Query::parse(query).unwrap_err().to_string();
    assert!(refused.ends_with("expected one of: stored, partial"), "{refused}");
}
