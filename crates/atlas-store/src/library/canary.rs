//! The canary: one document that nobody saved, by which a server finds out whether what is saved is found. It belongs
//! to nobody, and takes the way of every other document from the commit on: library, change log, index.

use atlas_domain::{Article, ChangeOp, ItemId, SnapshotId, Strategy, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::documents::StoredArticle;
use super::items::read_item;
use super::{Conclusion, IngestCommit, Library};
use crate::error::StoreError;
use crate::sqlite::Lane;
use crate::tx::Tx;

/// The name of nobody.
const NAME: &str = "atlas:canary";
/// An address that nothing can have.
const ADDRESS: &str = "https://canary.atlas.invalid/";

impl Library {
    /// Sees that there is a canary that is found by `word`, which no page contains. Returns whether it was made just
    /// now: the index has yet to follow then.
    pub async fn keep_canary(&self, word: &str) -> Result<bool, StoreError> {
        if self.db.read(has_canary).await? {
            return Ok(false);
        }
        let article = Article {
            title: Some(word.to_owned()),
            text: word.to_owned(),
            markdown: word.to_owned(),
            word_count: 1,
            ..Article::default()
        };
        let stored = StoredArticle::of(&article)?;
        self.write(Lane::Interactive, move |tx| {
            if has_canary(tx.sql)? {
                return Ok(false);
            }
            tx.insert_canary(&article, &stored)?;
            Ok(true)
        })
        .await
    }
}

fn has_canary(sql: &Connection) -> Result<bool, StoreError> {
    let found = sql
        .prepare_cached(
            "SELECT 1 FROM item WHERE user_id = ?1 AND state = 'stored' AND trashed_at IS NULL LIMIT 1",
        )?
        .query_row([UserId::CANARY.0], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

impl Tx<'_> {
    fn insert_canary(&self, article: &Article, stored: &StoredArticle) -> Result<(), StoreError> {
        let (item, snapshot) = (
            ItemId::generate(self.now, self.entropy),
            SnapshotId::generate(self.now, self.entropy),
        );
        let now = self.now.as_millis();
        self.sql.execute(
            "INSERT INTO user (id, name, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (UserId::CANARY.0, NAME, now),
        )?;
        self.sql.execute(
            "INSERT INTO item (uuid, user_id, url, canonical_url, state, saved_at, updated_at)
             VALUES (?1, ?2, ?3, ?3, 'stored', ?4, ?4)",
            (item.as_bytes(), UserId::CANARY.0, ADDRESS, now),
        )?;
        // Of no bytes: there is nothing to keep, to sweep or to miss.
        self.sql.execute(
            "INSERT INTO snapshot (uuid, item_id, body_hash, size_bytes, url, final_url, status, content_type, headers,
                 strategy, steps, fetched_at) VALUES (?1, ?2, NULL, 0, ?3, ?3, 200, NULL, '[]', ?4, '[]', ?5)",
            (
                snapshot.as_bytes(),
                self.item_row(item)?,
                ADDRESS,
                Strategy::GivenHtml.as_str(),
                now,
            ),
        )?;
        let commit = IngestCommit {
            item_id: item,
            snapshot_id: Some(snapshot),
            verdict: None,
            addresses: Vec::new(),
            conclusion: Conclusion::Content {
                article: Box::new(article.clone()),
                partial: false,
            },
            rejudged: false,
            given_html: None,
        };
        self.insert_document(&read_item(self.sql, UserId::CANARY, item)?, &commit, stored)?;
        self.log_change(item, ChangeOp::Upsert)
    }
}
