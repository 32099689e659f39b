//! What junk says of itself, in many languages, a file a kind of page. Lists only: in the folded form of
//! `text::fold`, which a test checks. A phrase alone never condemns a page; the rules say where it must stand.

mod account;
mod challenge;
mod consent;
mod errors;
mod function_words;
mod page_talk;
mod places;
mod reader;
mod remnants;
mod shells;

pub(super) use self::account::{ACCOUNT, READ_ON, PAYWALL};
pub(super) use self::challenge::{CHALLENGE, WAITING, CHALLENGE_MARKS, SHARED_CHALLENGE_MARKS};
pub(super) use self::consent::{CONSENT, CONSENT_BESIDE, CONSENT_TITLES, CONSENT_MARKS};
pub(super) use self::errors::{NOT_FOUND, BARE_NOT_FOUND, SERVER_ERROR, BARE_ERRORS, ERROR_ADVICE};
pub(super) use self::function_words::FUNCTION_WORDS;
pub(super) use self::page_talk::{ADDRESS, PAGE_TALK};
pub(super) use self::places::{NAVIGATION, ACCOUNT_FIELDS, PARKED, PARKED_BESIDE, PASSWORD_FIELDS};
pub(super) use self::reader::{READER_CONTROLS, READER_ONLY_CONTROLS, READER_PHRASES, READER_ONLY_PHRASES};
pub(super) use self::remnants::{FETCH_FAILED, FILLERS, NO_CONTENT, NOTHING_OF_PROGRAMS, NOTHING};
pub(super) use self::shells::{NEEDS_SCRIPT, LOADING, DEFAULT_TITLES, DEFAULT_SENTENCES, LISTING_COLUMNS};

#[cfg(test)]
pub(super) mod tests {
    use super::super::phrase_list::{Phrases, is_border};
    use super::super::text::fold;
    use super::*;

    /// Every list that is searched for in texts.
    pub(in crate::quality) const LISTS: [&Phrases; 29] = [
        &NOT_FOUND, &BARE_NOT_FOUND, &SERVER_ERROR, &BARE_ERRORS, &CHALLENGE, &WAITING, &ACCOUNT, &READ_ON,
        &CONSENT, &CONSENT_TITLES, &NEEDS_SCRIPT, &LOADING, &DEFAULT_TITLES, &DEFAULT_SENTENCES,
        &LISTING_COLUMNS, &PAYWALL, &NAVIGATION, &ACCOUNT_FIELDS, &PARKED, &PARKED_BESIDE, &PASSWORD_FIELDS, &ERROR_ADVICE, &FILLERS, &FETCH_FAILED, &NO_CONTENT,
        &PAGE_TALK, &FUNCTION_WORDS, &CONSENT_BESIDE, &ADDRESS,
    ];

    #[test]
    fn every_phrase_is_written_in_the_form_it_is_compared_in() {
        let controls = [READER_CONTROLS, READER_ONLY_CONTROLS, NOTHING_OF_PROGRAMS, NOTHING];
        for phrase in LISTS.iter().map(|phrases| phrases.list()).chain(controls).flatten() {
            assert_eq!(fold(phrase), *phrase);
        }
    }

    /// Where a phrase could begin inside itself, a search that goes on behind it and one that looks at every place
    /// would not find the same.
    #[test]
    fn no_phrase_begins_inside_itself() {
        for phrase in LISTS.iter().flat_map(|phrases| phrases.list()) {
            let begins_again = phrase.char_indices().skip(1).find(|(at, c)| {
                is_border(phrase[..*at].chars().next_back(), Some(*c)) && phrase.starts_with(&phrase[*at..])
            });
            assert_eq!(begins_again, None, "{phrase}");
        }
    }

    #[test]
    fn every_mark_is_in_lower_case_and_shared_marks_are_marks() {
        for mark in CHALLENGE_MARKS.iter().chain(CONSENT_MARKS) {
            assert_eq!(mark.to_ascii_lowercase(), *mark);
        }
        assert!(
            SHARED_CHALLENGE_MARKS
                .iter()
                .all(|mark| CHALLENGE_MARKS.contains(mark))
        );
        assert!(
            READER_ONLY_CONTROLS
                .iter()
                .all(|control| READER_CONTROLS.contains(control))
        );
    }
}
