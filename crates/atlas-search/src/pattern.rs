//! What a word or phrase of a query means in terms of the index: one term, a beginning, or terms in a row.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    InvertedIndexRangeQuery, PhrasePrefixQuery, PhraseQuery, Query as EngineQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use crate::schema::composed;
use crate::text::analyzer::term_of;
use crate::text::words::{Pieces, Shape};

/// Terms that a beginning may stand for, the first in their order: a single letter begins a large part of all terms
/// there are, and their documents are gathered before anybody can say stop.
const MOST_BEGUN: u64 = 10_000;
/// Terms that the open end of a sequence may stand for.
const MOST_ENDINGS: u32 = 1_000;

/// What a piece of query text means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// The index holds nothing of the kind.
    Nothing,
    /// One term. Stemming needs it as it was written.
    Term { term: String, written: String },
    /// Terms that begin like this.
    Beginning(String),
    /// Terms at these distances from the first.
    Sequence(Vec<(usize, String)>),
    /// A sequence that is one run of a script without spaces.
    Run(Vec<(usize, String)>),
    /// A sequence whose last term only begins like this.
    OpenSequence(Vec<(usize, String)>),
}

impl Pattern {
    pub(crate) fn of(text: &str) -> Self {
        let text = composed(text);
        let mut pieces: Vec<_> = Pieces::of(&text).enumerate().collect();
        // What follows a last character is unknown. If its pair with the one before is asked for, that is
        // enough; else any pair that it begins will do.
        let mut is_open = false;
        if let [.., (_, before), (_, last)] = pieces.as_slice()
            && last.shape == Shape::Last
        {
            is_open = before.shape != Shape::Pair;
            if !is_open {
                pieces.pop();
            }
        }
        let is_run = pieces.iter().all(|(_, piece)| piece.shape == Shape::Pair);
        let is_character = pieces.iter().all(|(_, piece)| piece.shape == Shape::Last);
        let written = pieces
            .first()
            .map(|(_, piece)| text[piece.range.clone()].to_owned());
        let mut terms: Vec<_> = pieces
            .into_iter()
            .filter_map(|(position, piece)| Some((position, term_of(&text[piece.range])?)))
            .collect();
        match terms.len() {
            0 => Self::Nothing,
            1 => match terms.swap_remove(0) {
                (_, term) if is_character => Self::Beginning(term),
                (_, term) => Self::Term {
                    written: written.unwrap_or_else(|| term.clone()),
                    term,
                },
            },
            _ if is_run => Self::Run(terms),
            _ if is_open => Self::OpenSequence(terms),
            _ => Self::Sequence(terms),
        }
    }

    /// The same, open at its end.
    pub(crate) fn into_beginning(self) -> Self {
        match self {
            Self::Term { term, .. } => Self::Beginning(term),
            Self::Sequence(terms) => Self::OpenSequence(terms),
            other => other,
        }
    }

    /// The pattern in one field; `None` if nothing could match.
    pub(crate) fn query(&self, field: Field) -> Option<Box<dyn EngineQuery>> {
        let in_field = |terms: &[(usize, String)]| {
            terms
                .iter()
                .map(|(distance, term)| (*distance, Term::from_field_text(field, term)))
                .collect()
        };
        Some(match self {
            Self::Nothing => return None,
            Self::Term { term, .. } => term_query(field, term),
            Self::Beginning(beginning) => {
                let mut query = InvertedIndexRangeQuery::new(
                    Bound::Included(Term::from_field_text(field, beginning)),
                    Bound::Excluded(Term::from_field_text(field, &format!("{beginning}{}", char::MAX))),
                );
                query.limit(MOST_BEGUN);
                Box::new(query)
            }
            Self::Sequence(terms) | Self::Run(terms) => {
                Box::new(PhraseQuery::new_with_offset(in_field(terms)))
            }
            Self::OpenSequence(terms) => {
                let mut query = PhrasePrefixQuery::new_with_offset(in_field(terms));
                query.set_max_expansions(MOST_ENDINGS);
                Box::new(query)
            }
        })
    }
}

/// Documents with `term` in `field`, ranked by BM25.
pub(crate) fn term_query(field: Field, term: &str) -> Box<dyn EngineQuery> {
    Box::new(TermQuery::new(
        Term::from_field_text(field, term),
        IndexRecordOption::WithFreqs,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(terms: &[(usize, &str)]) -> Vec<(usize, String)> {
        terms
            .iter()
            .map(|(distance, term)| (*distance, (*term).to_owned()))
            .collect()
    }

    #[test]
    fn text_becomes_the_terms_that_documents_have() {
        assert_eq!(Pattern::of("!"), Pattern::Nothing);
        let term = Pattern::Term {
            term: "strasse".to_owned(),
            written: "Straße".to_owned(),
        };
        assert_eq!(Pattern::of("(Straße)"), term);
        assert_eq!(
            Pattern::of("node.js"),
            Pattern::Sequence(at(&[(0, "node"), (1, "js")]))
        );
        assert_eq!(
            Pattern::of("日本語"),
            Pattern::Run(at(&[(0, "日本"), (1, "本語")]))
        );
        assert_eq!(
            Pattern::of("AI技術"),
            Pattern::Sequence(at(&[(0, "ai"), (1, "技術")]))
        );
        assert_eq!(Pattern::of("猫"), Pattern::Beginning("猫".to_owned()));
        // What follows the run is known, so its last character does stand alone.
        assert_eq!(
            Pattern::of("技術 AI"),
            Pattern::Sequence(at(&[(0, "技術"), (1, "術"), (2, "ai")]))
        );
        assert_eq!(
            Pattern::of("AI 猫"),
            Pattern::OpenSequence(at(&[(0, "ai"), (1, "猫")]))
        );
    }
}
