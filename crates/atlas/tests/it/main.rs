//! The binary as its users meet it: real processes, a real local web server, real kills.

#![expect(
    clippy::unwrap_used,
    reason = "the whole crate is tests; clippy excepts only functions that are marked as such"
)]

mod access;
mod alerts;
mod answers;
mod backups;
mod breaker_kills;
mod breakers;
mod commands;
mod crashes;
mod database_breakers;
mod db_audit;
mod db_cleanup;
mod db_library;
mod disks;
mod guarded_calls;
mod held_index;
mod hostile_pages;
mod kills;
mod library_files;
mod measured;
mod outage;
mod own_checks;
mod policies;
mod sample_site;
mod storms;
mod story;
mod strategies;
mod supervised;
mod support;
mod terminal;
mod trouble;
mod watching;
