//! From text to the terms of the index: the same steps for documents, queries and snippets.
//!
//! `words` cuts, `fold` makes spellings equal, `stem` makes word forms equal, `analyzer` plugs the three
//! into the engine. A change to any of them changes what the index holds: raise `SCHEMA_VERSION` with it.

pub(crate) mod analyzer;
pub(crate) mod fold;
pub(crate) mod stem;
pub(crate) mod words;
