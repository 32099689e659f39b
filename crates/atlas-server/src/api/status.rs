//! The state of library and process: for people, for Prometheus, and as a check-up. These always answer, whatever
//! is broken.

use atlas_app::StatusView;
use atlas_app::views::DoctorReport;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::Shared;
use crate::extract::{Json, NoQuery};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) async fn show_status(State(app): Shared, _: NoQuery) -> Json<StatusView> {
    Json(app.status().await)
}

pub(crate) async fn run_doctor(State(app): Shared, _: NoQuery) -> Json<DoctorReport> {
    Json(app.doctor().await)
}

pub(crate) async fn show_metrics(State(app): Shared) -> impl IntoResponse {
    let status = app.status().await;
    let measured = match app.vitals() {
        Some(vitals) => vitals.measured().await.unwrap_or_default(),
        None => Vec::new(),
    };
    (
        [(header::CONTENT_TYPE, OPEN_METRICS)],
        app.metrics().render(&status, measured),
    )
}
