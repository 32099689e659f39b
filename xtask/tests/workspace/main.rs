//! What must hold for the repository as a whole: which crate may use which, what documents may name, what
//! form files have. Each rule is a function from text to findings, tried on examples, then on the repository.

mod confinement;
mod documents;
mod edges;
mod markdown;
mod repository;
mod runbooks;
mod rust_files;
mod sql;
mod unit;
