//! The configuration of the running server: reading it again. It never tells values.

use atlas_app::Reconfigured;
use axum::extract::State;

use super::{Answer, Shared};
use crate::extract::{Json, NoQuery};

pub(crate) async fn reload_configuration(State(app): Shared, _: NoQuery) -> Answer<Reconfigured> {
    Ok(Json(app.reconfigure().await?))
}
