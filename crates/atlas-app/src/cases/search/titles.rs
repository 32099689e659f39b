//! The second level of search: titles, as the library has them. It knows words as they stand there, nothing else of the
//! query language; what it cannot tell it does not answer.

use atlas_search::{FilterField, Operand, Query, SearchRequest, fold};
use atlas_store::{TitleHit, TitleQuery};

use super::{Found, NoAnswer, Understood};
use crate::app::App;
use crate::views::SearchHit;

/// What ends a sentence or a clause, or encloses one: it belongs to no word.
const PUNCTUATION: [char; 8] = ['.', ',', ';', ':', '!', '?', '(', ')'];

impl App {
    pub(super) async fn ask_titles(
        &self,
        request: &SearchRequest,
        query: &Query,
    ) -> Result<Understood, NoAnswer> {
        let last = request.offset + request.limit;
        // One more tells whether there is a next page. They are not counted: that would take a look at all titles.
        let wanted = title_query(query, last + 1).map_err(NoAnswer::Field)?;
        let library = self.library().map_err(NoAnswer::Library)?;
        let titles = library.titles_like(request.user, wanted, fold).await;
        let titles = titles.map_err(|error| NoAnswer::Library(error.into()))?;
        if titles.is_empty() && self.searching.last_answers.to(request).is_some() {
            return Err(NoAnswer::NoTitle);
        }
        Ok(Ok(Found {
            total: titles.len() as u64,
            hits: titles
                .into_iter()
                .take(last)
                .skip(request.offset)
                .map(hit)
                .collect(),
            ..Found::default()
        }))
    }
}

/// Or the first field of the query: titles hold none, and to leave a restriction out would find what was not asked for.
fn title_query(query: &Query, limit: usize) -> Result<TitleQuery, FilterField> {
    let mut titles = TitleQuery {
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
        ..TitleQuery::default()
    };
    for clause in &query.clauses {
        let text = match &clause.operand {
            Operand::Word(text) | Operand::Phrase(text) | Operand::Prefix(text) => text,
            Operand::Filter(field, _) => return Err(*field),
        };
        let word = text.trim().trim_matches(PUNCTUATION).to_owned();
        if clause.excluded {
            titles.excluded.push(word);
        } else {
            titles.words.push(word);
        }
    }
    Ok(titles)
}

fn hit(hit: TitleHit) -> SearchHit {
    SearchHit {
        id: hit.item_id.to_string(),
        title: hit.title,
        url: hit.url,
        score: 0.0,
        snippet: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles_for(query: &str) -> Result<(Vec<String>, Vec<String>), FilterField> {
        let titles = title_query(&Query::parse(query).unwrap(), 1)?;
        Ok((titles.words, titles.excluded))
    }

    #[test]
    fn words_phrases_and_beginnings_are_looked_for_as_they_stand() {
        let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            titles_for("bread, \"rye starter\" sour* C++ -yeast"),
            Ok((texts(&["bread", "rye starter", "sour", "C++"]), texts(&["yeast"])))
        );
    }

    #[test]
    fn a_restriction_is_not_left_out() {
        assert_eq!(titles_for("bread tag:later"), Err(FilterField::Tag));
        assert_eq!(titles_for("bread -site:example.com"), Err(FilterField::Site));
    }
}
