//! Whatever happens to an index, it holds what a map would hold.

use std::collections::BTreeMap;

use atlas_domain::ItemId;
use atlas_search::IndexOp;
use proptest::prelude::*;

use crate::library::{Library, cursor, document, id, open};

#[derive(Debug, Clone)]
enum Step {
    /// Puts (a word) or removes, in one batch.
    Apply(Vec<(u8, Option<u8>)>),
    Clear,
    ReleaseWriter,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let batch = proptest::collection::vec((0..12_u8, proptest::option::weighted(0.7, 0..5_u8)), 0..8);
    let step = prop_oneof![
        8 => batch.prop_map(Step::Apply),
        1 => Just(Step::Clear),
        1 => Just(Step::ReleaseWriter),
        2 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..12)
}

fn word(number: u8) -> String {
    format!("word{number}")
}

fn operation((item, content): (u8, Option<u8>)) -> IndexOp {
    match content {
        Some(content) => IndexOp::Put(Box::new(document(item, "Title", &word(content)))),
        None => IndexOp::Remove(id(item)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn an_index_equals_its_model(steps in steps()) {
        let mut library = Library::new();
        let mut model: BTreeMap<ItemId, u8> = BTreeMap::new();
        let mut watermark = None;
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Apply(changes) => {
                    let place = cursor(&number.to_string());
                    let batch: Vec<_> = changes.iter().copied().map(operation).collect();
                    library.index.apply(&batch, &place).unwrap();
                    watermark = Some(place);
                    for (item, content) in changes {
                        match content {
                            Some(content) => model.insert(id(item), content),
                            None => model.remove(&id(item)),
                        };
                    }
                }
                Step::Clear => {
                    library.index.clear().unwrap();
                    model.clear();
                    watermark = None;
                }
                Step::ReleaseWriter => library.index.release_writer().unwrap(),
                Step::Reopen => {
                    let Library { index, directory } = library;
                    drop(index);
                    let opened = open(&directory).unwrap();
                    prop_assert_eq!(&opened.resume, &watermark);
                    library = Library { index: opened.index, directory };
                }
            }
        }

        let reader = library.index.reader();
        let mut ids = Vec::new();
        reader.for_each_id(|item_id| ids.push(item_id)).unwrap();
        ids.sort();
        prop_assert_eq!(ids, model.keys().copied().collect::<Vec<_>>());
        prop_assert_eq!(reader.count(), model.len() as u64);
        prop_assert_eq!(reader.watermark(), watermark);
        for content in 0..5 {
            let mut found: Vec<_> = library.search(&word(content)).hits.iter().map(|hit| hit.item_id).collect();
            found.sort();
            let expected: Vec<_> = model.iter().filter(|(_, held)| **held == content).map(|(item, _)| *item).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
