//! Every shape of the predecessor's databases: a third of the rows goes, with all that depends on them, and comes back.

use atlas_store::maintenance::cleaning::Vault;
use atlas_store::maintenance::{Key, Reference};
use legacy_databases::{Preset, generate};
use rstest::rstest;

use super::{RUN, doomed, hashes, hold, removal, remove, vault};
use crate::maintenance::Place;

#[rstest]
fn all_of_every_variant_can_be_undone(
    #[values(
        "mixed-a",
        "mixed-b",
        "mixed-c",
        "mixed-d",
        "mixed-segments",
        "mixed-search",
        "mixed-podcasts",
        "mixed-index",
        "mixed-inbox",
        "mixed-strange"
    )]
    name: &str,
) {
    let place = Place::empty();
    let recipe = Preset::named(name).unwrap().recipe(Some(90));
    generate(&recipe, &place.path(), &mut |_| Ok(())).unwrap();
    let mut held = hold(&place);
    let before = held
        .back_up(&place.beside("copy.db"), &mut |_| {})
        .unwrap()
        .hashes;
    let tables = held.look().tables().unwrap();
    let main = tables
        .iter()
        .filter(|table| table.holds_records())
        .max_by_key(|table| table.rows)
        .unwrap()
        .clone();
    let references: Vec<Reference> = tables
        .iter()
        .filter(|table| {
            table.holds_records() && table.columns.iter().any(|column| column.name == "content_id")
        })
        .filter(|table| table.name != main.name)
        .map(|table| Reference {
            child: table.name.clone(),
            child_column: "content_id".to_owned(),
            parent: main.name.clone(),
            parent_column: main
                .primary_key()
                .first()
                .map_or("rowid".to_owned(), |name| (*name).to_owned()),
        })
        .collect();
    let mut number = 0;
    let third = std::cell::RefCell::new(&mut number);
    let rows = doomed(&held, &main.name, |_: &Key| {
        let mut number = third.borrow_mut();
        **number += 1;
        **number % 3 == 0
    });
    let removed = remove(&held, &place, &rows, &references);
    assert!(removed.rows > 0, "{removed:?}");

    let left = Vault::open(&vault(&place))
        .unwrap()
        .subtracted_from(&before)
        .unwrap();
    held.verify(&left).unwrap();
    held.compact(&place.beside("small.db"), &tables, &left).unwrap();
    let undone = held
        .undo(
            &removal(&held, &references),
            &vault(&place),
            RUN,
            None,
            &mut |_| {},
        )
        .unwrap();
    assert_eq!(undone.conflicts, []);
    assert_eq!(before.difference(&hashes(&held)), None);
    held.verify(&before).unwrap();
}
