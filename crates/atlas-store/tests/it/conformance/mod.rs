//! What every engine behind the store must do, use case by use case.

mod blobs;
mod breakers;
mod caused;
mod changes;
mod crowds;
mod damaged;
mod dead_letters;
mod duplicates;
mod ingest;
mod jobs;
mod leases;
mod listing;
mod opening;
mod ops;
mod ownership;
mod quarantine;
mod reach;
mod recovery;
mod retention;
mod saving;
mod tags;
mod titles;
mod trash;
mod unreadable;
mod waking;
