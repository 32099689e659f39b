//! Finding items by their titles alone, without the index: word forms, accents and ranks are beyond it.

use atlas_domain::{ItemId, UserId};
use rusqlite::{Connection, Row, params_from_iter, types::Value};

use super::Library;
use crate::error::StoreError;
use crate::sqlite::Column;

/// Which titles to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TitleQuery {
    /// Each must occur in the title, also inside of a word. Of letters beyond ASCII, capital ones are others.
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

impl Library {
    /// Those of the items that search finds whose titles fit, the newest first. It looks at one title after the other
    /// until there are enough: to drop the future ends it.
    pub async fn titles_like(&self, user: UserId, query: TitleQuery) -> Result<Vec<TitleHit>, StoreError> {
        self.db.read(move |sql| titles_like(sql, user, &query)).await
    }
}

fn titles_like(sql: &Connection, user: UserId, query: &TitleQuery) -> Result<Vec<TitleHit>, StoreError> {
    let has = "AND ifnull(title, '') LIKE ? ESCAPE '\\'".repeat(query.words.len());
    let has_not = "AND ifnull(title, '') NOT LIKE ? ESCAPE '\\'".repeat(query.excluded.len());
    // In the order of the table: by an index of the user's items all of them would be sorted first.
    let mut statement = sql.prepare(&format!(
        "SELECT uuid, ifnull(title, '') AS title, url FROM item NOT INDEXED
         WHERE user_id = ? AND trashed_at IS NULL AND state IN ('stored', 'partial') {has} {has_not}
         ORDER BY id DESC LIMIT ?"
    ))?;
    let patterns = query
        .words
        .iter()
        .chain(&query.excluded)
        .map(|word| anywhere(word));
    let parameters = std::iter::once(Value::from(user.0))
        .chain(patterns)
        .chain([Value::from(query.limit)]);
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        match hit(row) {
            Ok(hit) => hits.push(hit),
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

/// The pattern of a text with `word` in it, whatever signs are in that.
fn anywhere(word: &str) -> Value {
    let mut pattern = String::from("%");
    for character in word.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern.into()
}
