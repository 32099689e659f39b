//! Finds the phrases of a list in a folded text, as whole words, in one pass. Knows no class of junk.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::words::{count_words, is_unspaced};

/// A list of phrases in folded form, compiled when it is first asked for.
pub(super) struct Phrases {
    list: &'static [&'static str],
    compiled: OnceLock<Compiled>,
}

struct Compiled {
    automaton: AhoCorasick,
    /// The number of words of each phrase.
    words: Vec<u32>,
}

impl Phrases {
    pub(super) const fn of(list: &'static [&'static str]) -> Self {
        Self {
            list,
            compiled: OnceLock::new(),
        }
    }

    /// The first phrase of the list that stands in the folded `text`.
    pub(super) fn first_in(&self, text: &str) -> Option<&'static str> {
        self.found_in(text).min().map(|index| self.list[index])
    }

    /// How many different phrases of the list stand in the folded `text`.
    pub(super) fn count_in(&self, text: &str) -> usize {
        let mut found: Vec<usize> = self.found_in(text).collect();
        found.sort_unstable();
        found.dedup();
        found.len()
    }

    /// The first phrase of the list that is all of the folded `text` but for at most `spare_words`.
    pub(super) fn filling(&self, text: &str, spare_words: u32) -> Option<&'static str> {
        let words = &self.compiled().words;
        let mut text_words = None;
        self.found_in(text)
            // Most texts hold no phrase at all, so their words are counted only then.
            .filter(|index| {
                *text_words.get_or_insert_with(|| count_words(text)) <= words[*index] + spare_words
            })
            .min()
            .map(|index| self.list[index])
    }

    /// How many words of the folded `text` stand in phrases of the list.
    pub(super) fn covered_words(&self, text: &str) -> u32 {
        let mut spans: Vec<(usize, usize)> = self
            .compiled()
            .automaton
            .find_overlapping_iter(text)
            .filter(|found| is_whole_words(text, found.start(), found.end()))
            .map(|found| (found.start(), found.end()))
            .collect();
        spans.sort_unstable();
        let mut covered_to = 0;
        spans
            .into_iter()
            .map(|(start, end)| {
                let from = start.max(covered_to).min(end);
                covered_to = covered_to.max(end);
                count_words(&text[from..end])
            })
            .sum()
    }

    /// The places in the list of the phrases in `text`, in the order of the text, again at every repetition.
    fn found_in(&self, text: &str) -> impl Iterator<Item = usize> {
        self.compiled()
            .automaton
            .find_overlapping_iter(text)
            .filter(|found| is_whole_words(text, found.start(), found.end()))
            .map(|found| found.pattern().as_usize())
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| Compiled {
            automaton: AhoCorasick::builder()
                // The texts are short: a table of all transitions would cost more memory than it saves time.
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(self.list)
                .expect("the lists are constants"),
            words: self.list.iter().map(|phrase| count_words(phrase)).collect(),
        })
    }

    #[cfg(test)]
    pub(super) fn list(&self) -> &'static [&'static str] {
        self.list
    }
}

/// Whether no word of `text` reaches over a border of what stands between `start` and `end`.
fn is_whole_words(text: &str, start: usize, end: usize) -> bool {
    let (before, phrase, after) = (&text[..start], &text[start..end], &text[end..]);
    is_border(before.chars().next_back(), phrase.chars().next())
        && is_border(after.chars().next(), phrase.chars().next_back())
}

/// A word ends at a space; in scripts without spaces, and before Korean particles, anywhere.
pub(super) fn is_border(outside: Option<char>, inside: Option<char>) -> bool {
    let joins = |c: char| is_unspaced(c) || matches!(u32::from(c), 0xAC00..=0xD7A3);
    outside.is_none_or(|c| c == ' ' || joins(c)) || inside.is_some_and(joins)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::super::phrases::tests::LISTS;
    use super::super::text::fold;
    use super::*;

    #[rstest]
    #[case::whole_words("page not found", true)]
    #[case::inside_a_longer_word("page not founded", false)]
    #[case::between_other_words("sorry page not found here", true)]
    #[case::only_the_second_time("page not founded or not found", true)]
    fn phrases_are_whole_words(#[case] text: &str, #[case] found: bool) {
        assert_eq!(Phrases::of(&["not found"]).first_in(text).is_some(), found);
    }

    #[test]
    fn phrases_without_spaces_match_inside_a_sentence() {
        let phrases = Phrases::of(&["ページが見つかりません"]);
        assert!(
            phrases
                .first_in(&fold("お探しのページが見つかりません。"))
                .is_some()
        );
    }

    #[test]
    fn the_order_of_the_list_decides_not_that_of_the_text() {
        let phrases = Phrases::of(&["sign in", "sign in here", "log in"]);
        assert_eq!(phrases.first_in("log in or sign in here"), Some("sign in"));
        assert_eq!(phrases.count_in("log in or sign in here or log in"), 3);
    }

    #[rstest]
    #[case::all_of_it("sign in", 0, Some("sign in"))]
    #[case::too_much_besides("sign in now", 0, None)]
    #[case::spare_word("sign in now", 1, Some("sign in"))]
    #[case::longer_phrase_leaves_less("please sign in here", 1, Some("sign in here"))]
    fn a_phrase_fills_a_text_but_for_spare_words(
        #[case] text: &str,
        #[case] spare_words: u32,
        #[case] expected: Option<&str>,
    ) {
        let phrases = Phrases::of(&["sign in", "sign in here"]);
        assert_eq!(phrases.filling(text, spare_words), expected);
    }

    #[rstest]
    #[case::none("the heron stands", 0)]
    #[case::one("sign in now", 2)]
    #[case::overlapping("please sign in here now", 3)]
    #[case::several("log in or sign in", 4)]
    #[case::repeated("log in log in", 4)]
    fn counts_the_words_that_stand_in_phrases(#[case] text: &str, #[case] expected: u32) {
        let phrases = Phrases::of(&["sign in", "in here", "log in"]);
        assert_eq!(phrases.covered_words(text), expected);
    }

    /// What `Phrases` must agree with: a search for each phrase on its own.
    fn is_in(text: &str, phrase: &str) -> bool {
        text.match_indices(phrase).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + phrase.len()..].chars().next();
            is_border(before, phrase.chars().next()) && is_border(after, phrase.chars().next_back())
        })
    }

    /// Phrases of all lists, whole, torn, run together and among other words.
    fn text_of_phrases() -> impl Strategy<Value = String> {
        let phrases: Vec<&'static str> = LISTS.iter().flat_map(|list| list.list()).copied().collect();
        let phrase = prop::sample::select(phrases);
        let torn = (phrase.clone(), any::<prop::sample::Index>(), any::<bool>()).prop_map(
            |(phrase, index, keeps_end)| {
                let cut = phrase.floor_char_boundary(index.index(phrase.len() + 1));
                if keeps_end { &phrase[cut..] } else { &phrase[..cut] }.to_owned()
            },
        );
        let part = prop_oneof![
            6 => phrase.prop_map(str::to_owned),
            3 => torn,
            2 => "[a-c 見안й]{0,4}",
            1 => "\\PC{0,6}".prop_map(|text| fold(&text)),
        ];
        let gap = prop_oneof![4 => Just(" "), 1 => Just(""), 1 => Just("s")];
        prop::collection::vec((part, gap), 0..6)
            .prop_map(|parts| parts.iter().map(|(part, gap)| part.clone() + gap).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2_000,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(11),
            ..ProptestConfig::default()
        })]

        #[test]
        fn one_pass_finds_what_a_search_for_each_phrase_finds(
            text in text_of_phrases(),
            spare_words in 0_u32..6,
        ) {
            let words = count_words(&text);
            for phrases in LISTS {
                let found: Vec<_> = phrases.list().iter().copied().filter(|phrase| is_in(&text, phrase)).collect();
                let filling = found.iter().copied().find(|phrase| words <= count_words(phrase) + spare_words);
                prop_assert_eq!(phrases.first_in(&text), found.first().copied());
                prop_assert_eq!(phrases.count_in(&text), found.len());
                prop_assert_eq!(phrases.filling(&text, spare_words), filling);
            }
        }
    }
}
