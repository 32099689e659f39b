//! A search index in a map: follows the change log as the real one does.

use std::collections::BTreeMap;

use atlas_domain::{ChangeOp, Cursor, ItemId};

use crate::fixture::Fixture;

/// What search would find, with its text and tags, after reading the change log up to the cursor.
#[derive(Debug, Default)]
pub(super) struct Index {
    cursor: Option<Cursor>,
    pub(super) entries: Entries,
}

pub(super) type Entries = BTreeMap<ItemId, (String, Vec<String>)>;

impl Index {
    pub(super) async fn follow(&mut self, library: &Fixture) {
        loop {
            let page = library.changes_after(self.cursor.as_ref(), 2).await.unwrap();
            if page.changes.is_empty() {
                return;
            }
            for change in page.changes {
                self.entries.remove(&change.item_id);
                if change.op == ChangeOp::Upsert {
                    for material in library
                        .index_material(vec![change.item_id])
                        .await
                        .unwrap()
                        .material
                    {
                        self.entries
                            .insert(material.item.id, (material.article.text, material.item.tags));
                    }
                }
            }
            self.cursor = Some(page.next);
        }
    }
}
