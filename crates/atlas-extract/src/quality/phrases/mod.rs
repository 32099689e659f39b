//! What junk says of itself, in many languages, a file a kind of page. Lists only: in the folded form of
//! `text::fold`, which a test checks. A phrase alone never condemns a page; the rules say where it must stand.

mod account;
mod challenge;
mod consent;
mod errors;
mod reader;
mod shells;

pub(super) use self::account::{ACCOUNT, READ_ON};
pub(super) use self::challenge::{CHALLENGE, WAITING, CHALLENGE_MARKS, SHARED_CHALLENGE_MARKS};
pub(super) use self::consent::{CONSENT, CONSENT_TITLES, CONSENT_MARKS};
pub(super) use self::errors::{NOT_FOUND, BARE_NOT_FOUND, SERVER_ERROR, BARE_ERRORS};
pub(super) use self::reader::{READER_CONTROLS, READER_ONLY_CONTROLS};
pub(super) use self::shells::{NEEDS_SCRIPT, LOADING, DEFAULT_TITLES, DEFAULT_SENTENCES};

#[cfg(test)]
mod tests {
    use super::super::text::fold;
    use super::*;

    #[test]
    fn every_phrase_is_written_in_the_form_it_is_compared_in() {
        let lists = [
            NOT_FOUND,
            BARE_NOT_FOUND,
            SERVER_ERROR,
            BARE_ERRORS,
            CHALLENGE,
            WAITING,
            ACCOUNT,
            CONSENT,
            CONSENT_TITLES,
            NEEDS_SCRIPT,
            LOADING,
            READER_CONTROLS,
            READER_ONLY_CONTROLS,
            DEFAULT_TITLES,
            DEFAULT_SENTENCES,
            READ_ON,
        ];
        for phrase in lists.into_iter().flatten() {
            assert_eq!(fold(phrase), *phrase);
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
