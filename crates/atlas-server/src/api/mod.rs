//! The handlers, one file a noun. Each takes a request apart, calls one use case, and decides nothing itself.

use std::sync::Arc;

use atlas_app::App;
use axum::extract::State;

use crate::error::ApiError;
use crate::extract::Json;

pub(crate) mod alerts;
pub(crate) mod backups;
pub(crate) mod breakers;
pub(crate) mod configuration;
pub(crate) mod health;
pub(crate) mod heartbeats;
pub(crate) mod items;
pub(crate) mod jobs;
pub(crate) mod metrics;
pub(crate) mod quarantine;
pub(crate) mod search;
pub(crate) mod status;
pub(crate) mod upkeep;

/// What every handler gets.
type Shared = State<Arc<App>>;

/// What every handler that can fail answers.
type Answer<T> = Result<Json<T>, ApiError>;
