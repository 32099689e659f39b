//! From a parsed query to the engine's query, and to the needles that snippets mark.
//!
//! Words rank (BM25, summed over fields) and one of them must match; phrases and filters must match. All
//! terms of all words stand in one flat list, which the engine goes through as one union.

use std::collections::BTreeSet;

use atlas_domain::UserId;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query as EngineQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use crate::error::SearchError;
use crate::languages;
use crate::needles::Needles;
use crate::pattern::{Pattern, term_query};
use crate::query::{Clause, FilterField, Operand, Query, QueryError};
use crate::schema::Fields;
use crate::text::fold::fold;
use crate::text::stem::LanguageStemmer;

const TITLE_WEIGHT: f32 = 4.0;
const ABOUT_WEIGHT: f32 = 2.0;
const BODY_WEIGHT: f32 = 1.0;
/// What another form of a word is worth against the word itself, which scores for both.
const STEM_SHARE: f32 = 0.5;
/// What an unbroken run of a script without spaces is worth against its pairs.
const RUN_WEIGHT: f32 = 4.0;
/// A run of more pairs is likely a sentence, of which no document holds every pair in a row.
const MOST_PAIRS_OF_A_WORD: usize = 3;

/// A query, ready to run.
pub(crate) struct Compiled {
    pub(crate) query: Box<dyn EngineQuery>,
    pub(crate) needles: Needles,
    /// Nothing in the query ranks: the order is another one.
    pub(crate) unranked: bool,
}

/// Compiles `query` so that it finds documents of `user` only.
pub(crate) fn compile(
    query: &Query,
    user: UserId,
    searcher: &Searcher,
    fields: &Fields,
) -> Result<Compiled, SearchError> {
    let languages = languages_in_use(searcher, fields.language)?;
    let mut compiler = Compiler {
        fields,
        stemmers: languages
            .iter()
            .filter_map(|language| LanguageStemmer::of(language))
            .collect(),
        languages,
        ranking: Vec::new(),
        binding: Vec::new(),
        needles: Needles::default(),
    };
    for (number, clause) in query.clauses.iter().enumerate() {
        compiler.add(clause, number)?;
    }
    let owner = owner_filter(user, searcher, fields.user_id)?;
    Ok(compiler.finish(query, owner))
}

struct Compiler<'a> {
    fields: &'a Fields,
    stemmers: Vec<LanguageStemmer>,
    /// Those that documents of the index have.
    languages: BTreeSet<String>,
    ranking: Vec<Box<dyn EngineQuery>>,
    binding: Vec<EngineClause>,
    needles: Needles,
}

impl Compiler<'_> {
    fn add(&mut self, clause: &Clause, number: usize) -> Result<(), QueryError> {
        match &clause.operand {
            Operand::Word(word) if !clause.excluded => {
                for part in parts_of_word(word) {
                    self.add_word(part, number);
                }
            }
            Operand::Word(text) | Operand::Phrase(text) => {
                let pattern = Pattern::of(text);
                if !clause.excluded {
                    self.needles.add(&pattern, number);
                }
                self.bind(clause.excluded, self.anywhere(&pattern));
            }
            Operand::Prefix(beginning) => {
                let pattern = Pattern::of(beginning).into_beginning();
                if clause.excluded {
                    self.bind(true, self.anywhere(&pattern));
                } else {
                    self.needles.add(&pattern, number);
                    self.ranking.extend(self.anywhere(&pattern));
                }
            }
            Operand::Filter(field, value) => self.bind(clause.excluded, self.filter(*field, value)?),
        }
        Ok(())
    }

    fn add_word(&mut self, word: &str, number: usize) {
        let pattern = Pattern::of(word);
        match &pattern {
            Pattern::Term { written, .. } => {
                self.needles.add(&pattern, number);
                self.ranking.extend(self.anywhere(&pattern));
                for stemmer in &self.stemmers {
                    let stem = stemmer.stem(written);
                    for (field, weight) in [
                        (self.fields.title_stem, TITLE_WEIGHT),
                        (self.fields.body_stem, BODY_WEIGHT),
                    ] {
                        self.ranking
                            .push(boosted(term_query(field, &stem), weight * STEM_SHARE));
                    }
                    self.needles.add_stem(stem, number);
                }
            }
            Pattern::Run(terms) if terms.len() > MOST_PAIRS_OF_A_WORD => {
                let whole = self
                    .anywhere(&pattern)
                    .into_iter()
                    .map(|query| boosted(query, RUN_WEIGHT));
                self.ranking.extend(whole);
                for (_, term) in terms {
                    let pair = Pattern::Term {
                        term: term.clone(),
                        written: term.clone(),
                    };
                    self.needles.add(&pair, number);
                    self.ranking.extend(self.anywhere(&pair));
                }
            }
            _ => {
                self.needles.add(&pattern, number);
                self.ranking.extend(self.anywhere(&pattern));
            }
        }
    }

    /// The pattern in each field that free text looks into.
    fn anywhere(&self, pattern: &Pattern) -> Vec<Box<dyn EngineQuery>> {
        [
            (self.fields.title, TITLE_WEIGHT),
            (self.fields.about, ABOUT_WEIGHT),
            (self.fields.body, BODY_WEIGHT),
        ]
        .into_iter()
        .filter_map(|(field, weight)| Some(boosted(pattern.query(field)?, weight)))
        .collect()
    }

    fn filter(&self, field: FilterField, value: &str) -> Result<Vec<Box<dyn EngineQuery>>, QueryError> {
        let words = |field| Pattern::of(value).query(field);
        let exact = |field| Some(term_query(field, &fold(value)));
        let alternatives = match field {
            FilterField::Tag => vec![exact(self.fields.tag)],
            FilterField::Site => vec![exact(self.fields.host), words(self.fields.site)],
            FilterField::Author => vec![words(self.fields.author)],
            FilterField::Language => vec![Some(term_query(self.fields.language, &self.language(value)?))],
            FilterField::Kind => vec![exact(self.fields.page_type)],
            FilterField::State => vec![exact(self.fields.state)],
        };
        Ok(alternatives
            .into_iter()
            .flatten()
            .map(|query| constant(query, 0.0))
            .collect())
    }

    /// The code that documents are filed under. What pages declare goes beyond every list, so a code that some
    /// document has is good, too.
    fn language(&self, value: &str) -> Result<String, QueryError> {
        if let Some(code) = languages::code_of(value) {
            return Ok(code.to_owned());
        }
        let code = fold(value);
        if self.languages.contains(&code) {
            Ok(code)
        } else {
            Err(languages::unknown(value))
        }
    }

    /// One of `alternatives` must match, or none may.
    fn bind(&mut self, excluded: bool, mut alternatives: Vec<Box<dyn EngineQuery>>) {
        if excluded {
            // To exclude, the engine asks about documents that a phrase has already passed, which its own
            // assertions forbid. A union may be asked; one of a single query would be taken apart again.
            let again: Vec<_> = alternatives.iter().map(|query| query.box_clone()).collect();
            alternatives.extend(again);
        }
        let occur = if excluded { Occur::MustNot } else { Occur::Must };
        self.binding
            .push((occur, Box::new(BooleanQuery::union(alternatives))));
    }

    fn finish(self, query: &Query, owner: Option<EngineClause>) -> Compiled {
        let asks_for = |kind: fn(&Operand) -> bool| {
            query
                .clauses
                .iter()
                .any(|clause| !clause.excluded && kind(&clause.operand))
        };
        let words = asks_for(|operand| matches!(operand, Operand::Word(_) | Operand::Prefix(_)));
        let phrases = asks_for(|operand| matches!(operand, Operand::Phrase(_)));
        let filters = asks_for(|operand| matches!(operand, Operand::Filter(..)));
        let mut clauses = self.binding;
        if !words && !phrases && !filters {
            clauses.push((Occur::Must, constant(Box::new(AllQuery), 0.0)));
        }
        clauses.extend(self.ranking.into_iter().map(|query| (Occur::Should, query)));
        clauses.extend(owner);
        // Beside a phrase, which must match, words only rank. Words that no term came of match nothing.
        let least_matching_words = usize::from(words && !phrases);
        let query = BooleanQuery::with_minimum_required_clauses(clauses, least_matching_words);
        Compiled {
            query: Box::new(query),
            needles: self.needles,
            unranked: !words && !phrases,
        }
    }
}

/// Apostrophes join what people look for apart: `l'homme`, `page's`. The single letters they leave over say
/// nothing, unless there is nothing else.
fn parts_of_word(word: &str) -> Vec<&str> {
    let parts: Vec<&str> = word
        .split(['\'', '\u{2019}'])
        .filter(|part| !part.is_empty())
        .collect();
    let says_more = |part: &&str| part.chars().nth(1).is_some();
    if parts.iter().any(says_more) {
        parts.into_iter().filter(says_more).collect()
    } else {
        parts
    }
}

fn boosted(query: Box<dyn EngineQuery>, weight: f32) -> Box<dyn EngineQuery> {
    Box::new(BoostQuery::new(query, weight))
}

fn constant(query: Box<dyn EngineQuery>, score: f32) -> Box<dyn EngineQuery> {
    Box::new(ConstScoreQuery::new(query, score))
}

/// The languages that documents of the index have.
fn languages_in_use(searcher: &Searcher, language: Field) -> Result<BTreeSet<String>, SearchError> {
    let mut languages = BTreeSet::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(language)?;
        let mut terms = index.terms().stream()?;
        while terms.advance() {
            languages.insert(String::from_utf8_lossy(terms.key()).into_owned());
        }
    }
    Ok(languages)
}

/// A part of a query, and whether it must hold.
type EngineClause = (Occur, Box<dyn EngineQuery>);

/// Keeps other people's documents out. `None` when there are none: a filter that lets everything pass only costs
/// time. Where the canary is all there is besides, it alone is kept out: to pass over one document costs next to
/// nothing.
fn owner_filter(
    user: UserId,
    searcher: &Searcher,
    user_id: Field,
) -> Result<Option<EngineClause>, SearchError> {
    let (own, canary) = (
        Term::from_field_i64(user_id, user.0),
        Term::from_field_i64(user_id, UserId::CANARY.0),
    );
    let of = |term| constant(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0);
    let mut has_canary = false;
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(user_id)?;
        let owned = index.doc_freq(&own)?;
        if owned == segment.max_doc() {
            continue;
        }
        if user == UserId::CANARY || owned + index.doc_freq(&canary)? != segment.max_doc() {
            return Ok(Some((Occur::Must, of(own))));
        }
        has_canary = true;
    }
    Ok(has_canary.then(|| (Occur::MustNot, of(canary))))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("rust", &["rust"])]
    #[case::elision("l'homme", &["homme"])]
    #[case::curly("qu’il", &["qu", "il"])]
    #[case::possessive("page's", &["page"])]
    #[case::only_letters("'n'", &["n"])]
    fn apostrophes_part_words(#[case] word: &str, #[case] expected: &[&str]) {
        assert_eq!(parts_of_word(word), expected);
    }
}
