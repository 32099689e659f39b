//! The last answer of the index to each of some questions, for when nothing else answers. They are never taken for
//! new: whoever gets one is told how old it is. Nothing is kept beyond the process.

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use atlas_search::SearchRequest;

use super::Found;

const QUESTIONS: usize = 256;
/// Hits in all, of about one KB each.
const MOST_HITS: u64 = 5_120;

pub(super) struct LastAnswers(Cache<SearchRequest, Remembered, Hits>);

#[derive(Clone)]
struct Remembered {
    found: Found,
    at: Instant,
}

/// An answer weighs as much as it has hits.
#[derive(Clone)]
struct Hits;

impl LastAnswers {
    pub(super) fn remember(&self, question: SearchRequest, found: Found) {
        let at = Instant::now();
        self.0.insert(question, Remembered { found, at });
    }

    pub(super) fn to(&self, question: &SearchRequest) -> Option<Found> {
        let Remembered { found, at } = self.0.get(question)?;
        Some(Found {
            age: at.elapsed(),
            ..found
        })
    }
}

impl Default for LastAnswers {
    fn default() -> Self {
        Self(Cache::with_weighter(QUESTIONS, MOST_HITS, Hits))
    }
}

impl Weighter<SearchRequest, Remembered> for Hits {
    fn weight(&self, _question: &SearchRequest, answer: &Remembered) -> u64 {
        // At least what makes 256 of them fill the cache.
        (answer.found.hits.len() as u64).max(MOST_HITS / QUESTIONS as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use atlas_domain::UserId;

    use super::*;

    fn question(query: String) -> SearchRequest {
        SearchRequest {
            query,
            user: UserId::OWNER,
            limit: 20,
            offset: 0,
        }
    }

    fn answer(total: u64) -> Found {
        Found {
            total,
            ..Found::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_answer_to_the_same_question_is_kept_with_its_age() {
        let answers = LastAnswers::default();
        let asked = question("rye".to_owned());
        answers.remember(asked.clone(), answer(1));
        answers.remember(asked.clone(), answer(2));
        tokio::time::advance(Duration::from_secs(3)).await;
        let last = answers.to(&asked).unwrap();
        assert_eq!((last.total, last.age), (2, Duration::from_secs(3)));
        let next_page = SearchRequest { offset: 20, ..asked };
        assert!(answers.to(&next_page).is_none());
    }

    #[tokio::test]
    async fn there_are_never_more_than_fit() {
        let answers = LastAnswers::default();
        for number in 0..10 * QUESTIONS as u64 {
            answers.remember(question(number.to_string()), answer(number));
        }
        assert!(answers.0.len() <= QUESTIONS, "{}", answers.0.len());
        assert!(answers.0.len() > QUESTIONS / 2, "{}", answers.0.len());
    }
}
