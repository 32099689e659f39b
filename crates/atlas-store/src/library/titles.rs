//! Finding items by their titles alone, without the index: word forms and ranks are beyond it.

use atlas_domain::{ItemId, UserId};
use rusqlite::{Connection, Row};

use super::Library;
use crate::error::StoreError;
use crate::sqlite::Column;

/// Which titles to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TitleQuery {
    /// Each must occur in the title, also inside of a word.
    pub words: Vec<String>,
    /// None of them may.
    pub excluded: Vec<String>,
    /// At most so many items.
    pub limit: u32,
}

/// An item whose title fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleHit {
    /// Which.
    pub item_id: ItemId,
    /// Its title.
    pub title: String,
    /// The address as it was given.
    pub url: String,
}

/// One form for what people type in several ways, so that one text holds another when the index would say so.
pub type Folding = fn(&str) -> String;

impl Library {
    /// Those of the items that search finds whose titles fit, the newest first. Titles and words are compared as
    /// `folded`. It looks at one title after the other until there are enough: to drop the future ends it.
    pub async fn titles_like(
        &self,
        user: UserId,
        query: TitleQuery,
        folded: Folding,
    ) -> Result<Vec<TitleHit>, StoreError> {
        let query = Folded::of(&query, folded);
        self.db.read(move |sql| titles_like(sql, user, &query)).await
    }
}

/// A query, ready to be compared.
struct Folded {
    words: Vec<String>,
    excluded: Vec<String>,
    limit: usize,
    folding: Folding,
}

impl Folded {
    fn of(query: &TitleQuery, folded: Folding) -> Self {
        let all = |words: &[String]| words.iter().map(|word| folded(word)).collect();
        Self {
            words: all(&query.words),
            excluded: all(&query.excluded),
            limit: query.limit as usize,
            folding: folded,
        }
    }

    fn fits(&self, title: &str) -> bool {
        let title = (self.folding)(title);
        self.words.iter().all(|word| title.contains(word.as_str()))
            && !self.excluded.iter().any(|word| title.contains(word.as_str()))
    }
}

fn titles_like(sql: &Connection, user: UserId, query: &Folded) -> Result<Vec<TitleHit>, StoreError> {
    // In the order of the table: by an index of the user's items all of them would be sorted first.
    let mut statement = sql.prepare_cached(
        "SELECT uuid, ifnull(title, '') AS title, url FROM item NOT INDEXED
         WHERE user_id = ? AND trashed_at IS NULL AND state IN ('stored', 'partial') ORDER BY id DESC",
    )?;
    let mut rows = statement.query([user.0])?;
    let mut hits = Vec::new();
    while hits.len() < query.limit
        && let Some(row) = rows.next()?
    {
        match hit(row) {
            Ok(hit) if query.fits(&hit.title) => hits.push(hit),
            Ok(_other) => {}
            // Lists and exports name it; whoever searches wants the others.
            Err(error) => drop(StoreError::from(error).of_one_row()?),
        }
    }
    Ok(hits)
}

fn hit(row: &Row<'_>) -> rusqlite::Result<TitleHit> {
    Ok(TitleHit {
        item_id: ItemId::read(row, "uuid")?,
        title: row.get("title")?,
        url: row.get("url")?,
    })
}
