//! The tables of each of the predecessor's files. Says what there was, not what is put into it.

mod atlas;
mod capture;
mod search;

use crate::recipe::Shape;
use crate::schema::{Fts, Schema};

const KEY: &str = "INTEGER PRIMARY KEY";
const AUTO: &str = "INTEGER PRIMARY KEY AUTOINCREMENT";
const TEXT: &str = "TEXT";
const INT: &str = "INTEGER";

/// The tables of a shape; of [`Shape::Strange`], none.
pub(crate) fn schema(shape: Shape) -> Schema {
    match shape {
        Shape::AtlasA => atlas::variant_a(),
        Shape::AtlasB => atlas::variant_b(),
        Shape::AtlasC => atlas::variant_c(),
        Shape::AtlasD => atlas::variant_d(),
        Shape::Segments => search::segments(),
        Shape::Enhanced => search::enhanced(),
        Shape::Podcasts => capture::podcasts(),
        Shape::Index => search::index(),
        Shape::Inbox => capture::inbox(),
        Shape::Strange => Schema {
            tables: Vec::new(),
            fts: Vec::new(),
            indexes: Vec::new(),
        },
    }
}

fn perhaps(name: &'static str, table: &'static str, columns: &'static [&'static str]) -> Fts {
    Fts {
        name,
        table,
        columns,
        is_external: true,
        is_certain: false,
    }
}

fn certainly(name: &'static str, table: &'static str, columns: &'static [&'static str]) -> Fts {
    Fts {
        is_certain: true,
        ..perhaps(name, table, columns)
    }
}
