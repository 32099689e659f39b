//! A file's past: pages that once held saved pages, and are free now. A table is filled before all others and dropped
//! after them.

use rusqlite::Connection;

use crate::draft;
use crate::error::GenerateError;
use crate::generate::number;
use crate::kind::Kind;
use crate::random::Random;
use crate::recipe::Recipe;

const TABLE: &str = "page_cache";

/// Fills the pages that will be free.
pub(crate) fn live(
    recipe: &Recipe,
    connection: &Connection,
    random: &mut Random,
) -> Result<(), GenerateError> {
    if recipe.free_pages == 0 {
        return Ok(());
    }
    // The table's own page is one of them.
    let goal = number(connection, "PRAGMA page_count")? + recipe.free_pages;
    connection.execute_batch(&format!("CREATE TABLE {TABLE} (url TEXT, html TEXT); BEGIN"))?;
    let mut insertion = connection.prepare(&format!("INSERT INTO {TABLE} VALUES (?, ?)"))?;
    let page = draft::write(Kind::InterfaceHtml, Some(60_000), random).body;
    loop {
        let missing = goal.saturating_sub(number(connection, "PRAGMA page_count")?);
        if missing == 0 {
            break;
        }
        // So much that the goal is neither missed nor passed by many pages.
        let bytes = (missing * u64::from(recipe.page_size) * 9 / 10).clamp(200, 60_000) as usize;
        let text: String = page.chars().take(bytes).collect();
        insertion.execute(("https://cache.example/", text))?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Frees them.
pub(crate) fn forget(recipe: &Recipe, connection: &Connection) -> Result<(), GenerateError> {
    if recipe.free_pages > 0 {
        connection.execute_batch(&format!("DROP TABLE {TABLE}"))?;
    }
    Ok(())
}
