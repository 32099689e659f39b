//! Names of tables and columns as parts of statements. Values never come this way: they are bound.

use super::table::Table;

/// A name in quotation marks, whatever it contains.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table as what is read from. An index could be taken for it, and be out of step with it.
pub(super) fn itself(table: &Table) -> String {
    let name = quoted(&table.name);
    let tree = table.indexes.iter().find(|index| index.primary_key);
    match tree.filter(|_| table.without_rowid) {
        Some(tree) => format!("main.{name} INDEXED BY {}", quoted(&tree.name)),
        None => format!("main.{name} NOT INDEXED"),
    }
}
