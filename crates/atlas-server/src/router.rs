//! Every route of the server, on one page, and what lies over all of them.
//!
//! A handler belongs in `api/`, one file a noun. Nothing here, and no route, makes or hands out a token.

use std::sync::Arc;

use atlas_app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::{
    alerts, backups, breakers, configuration, health, heartbeats, items, jobs, metrics, quarantine, search,
    status, upkeep,
};
use crate::auth::{AccessRule, guard};
use crate::error::ApiError;
use crate::intake::{Intake, take_body};
use crate::layers::{answer_panic, limit_time, observe};

const BODY_LIMIT_BYTES: usize = 1024 * 1024;
/// Addresses may come with the HTML of their pages.
const ADD_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// The routes without a guard: for the Unix socket, whose file mode is the guard, and for calls within the process.
pub fn router(app: Arc<App>) -> Router {
    dress(routes(), app, None)
}

/// The routes behind `rule`: for TCP.
pub fn guarded_router(app: Arc<App>, rule: AccessRule) -> Router {
    dress(routes(), app, Some(rule))
}

fn routes() -> Router<Arc<App>> {
    let intake = Intake::up_to(BODY_LIMIT_BYTES);
    let intake_of_pages = intake.but_up_to(ADD_LIMIT_BYTES);
    let prompt = Router::new()
        .route("/livez", get(health::show_liveness))
        .route("/readyz", get(health::show_readiness))
        .route("/health", get(health::show_health_check))
        .route("/api/v1/health", get(health::show_health))
        .route(
            "/heartbeat/{secret}",
            get(heartbeats::take_heartbeat).post(heartbeats::take_heartbeat),
        )
        .route("/metrics", get(status::show_metrics))
        .route("/api/v1/status", get(status::show_status))
        .route("/api/v1/metrics", get(metrics::list_series))
        .route("/api/v1/metrics/range", get(metrics::show_range))
        .route("/api/v1/items", get(items::list_items))
        .route("/api/v1/items/{id}", get(items::show_item))
        .route("/api/v1/items/{id}", delete(items::remove_item))
        .route("/api/v1/items/{id}/restore", post(items::restore_item))
        .route("/api/v1/items/{id}/tags", post(items::tag_item))
        .route("/api/v1/vault", get(items::list_vault))
        .route("/api/v1/export", get(items::export_items))
        .route("/api/v1/search", get(search::search_items))
        .route("/api/v1/quarantine", get(quarantine::list_quarantine))
        .route("/api/v1/quarantine/{id}/keep", post(quarantine::keep_item))
        .route("/api/v1/quarantine/{id}/drop", post(quarantine::drop_item))
        .route("/api/v1/outcomes", get(jobs::show_outcomes))
        .route("/api/v1/jobs", get(jobs::list_jobs))
        .route("/api/v1/jobs/{id}", get(jobs::show_job))
        .route("/api/v1/jobs/{id}/retry", post(jobs::retry_job))
        .route("/api/v1/jobs/{id}/cancel", post(jobs::cancel_job))
        .route("/api/v1/config/reload", post(configuration::reload_configuration))
        .route("/api/v1/alerts", get(alerts::list_alerts))
        .route("/api/v1/alerts/{id}", get(alerts::show_alert))
        .route("/api/v1/alerts/{id}/ack", post(alerts::acknowledge_alert))
        .route("/api/v1/alerts/{id}/unack", post(alerts::unacknowledge_alert))
        .route("/api/v1/alerts/{id}/close", post(alerts::close_alert))
        .route("/api/v1/silences", get(alerts::list_silences))
        .route("/api/v1/silences", post(alerts::add_silence))
        .route("/api/v1/silences/{number}", delete(alerts::end_silence))
        .route("/api/v1/inbox", get(alerts::list_inbox))
        .route("/api/v1/inbox/read", post(alerts::read_inbox))
        .route("/api/v1/rules", get(alerts::list_rules))
        .route("/api/v1/channels/{name}/test", post(alerts::test_channel))
        .route("/api/v1/breakers", get(breakers::list_breakers))
        .route("/api/v1/breakers/{service}/{scope}", get(breakers::show_breaker))
        .route(
            "/api/v1/breakers/{service}/{scope}/open",
            post(breakers::open_breaker),
        )
        .route(
            "/api/v1/breakers/{service}/{scope}/disable",
            post(breakers::disable_breaker),
        )
        .route(
            "/api/v1/breakers/{service}/{scope}/observe",
            post(breakers::observe_breaker),
        )
        .route(
            "/api/v1/breakers/{service}/{scope}/auto",
            post(breakers::automate_breaker),
        )
        .route(
            "/api/v1/breakers/{service}/{scope}/reset",
            post(breakers::reset_breaker),
        )
        .route("/api/v1/schemas", get(upkeep::list_schemas))
        .route("/api/v1/audit", get(upkeep::show_audit))
        .route("/api/v1/audit/findings", get(upkeep::list_findings))
        .route("/api/v1/cleanups", get(upkeep::list_cleanups))
        .route("/api/v1/cleanups/{id}", get(upkeep::show_cleanup))
        .route("/api/v1/cleanups/{id}/items", get(upkeep::list_cleanup_items))
        .route(
            "/api/v1/cleanups/{id}/acknowledge",
            post(upkeep::acknowledge_cleanup),
        )
        .route("/api/v1/policies", get(breakers::list_policies))
        .route("/api/v1/policies/{name}", get(breakers::show_policy))
        .route_layer(from_fn(limit_time))
        .route_layer(from_fn_with_state(intake.clone(), take_body));
    // These take as long as their caller asks for, or as the size of the library demands.
    let patient = Router::new()
        .route("/api/v1/reprocess", post(items::reprocess_items))
        .route("/api/v1/doctor", get(status::run_doctor))
        .route("/api/v1/audit", post(upkeep::start_audit))
        .route("/api/v1/compact", post(upkeep::compact_library))
        .route("/api/v1/cleanups", post(upkeep::plan_cleanup))
        .route("/api/v1/cleanups/{id}/apply", post(upkeep::apply_cleanup))
        .route("/api/v1/cleanups/{id}/undo", post(upkeep::undo_cleanup))
        .route("/api/v1/backups", get(backups::list_backups))
        .route("/api/v1/backups", post(backups::create_backup))
        .route("/api/v1/backups/{name}/verify", post(backups::verify_backup))
        .route_layer(from_fn_with_state(intake, take_body));
    let saving = Router::new()
        .route("/api/v1/items", post(items::add_items))
        .route_layer(from_fn_with_state(intake_of_pages, take_body));
    prompt.merge(patient).merge(saving)
}

/// Lays over every route, and over requests that meet none, what none may go without. The last layer is the
/// outermost.
fn dress(routes: Router<Arc<App>>, app: Arc<App>, rule: Option<AccessRule>) -> Router {
    let mut dressed = routes
        .fallback(refuse_unknown_route)
        .method_not_allowed_fallback(refuse_method)
        .layer(DefaultBodyLimit::disable()); // bodies have been taken in before
    if let Some(rule) = rule {
        dressed = dressed.layer(from_fn_with_state(Arc::new(rule), guard));
    }
    dressed
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

async fn refuse_unknown_route(uri: Uri) -> ApiError {
    let detail = format!(
        "there is no route `{}`; an address used as an id must be percent-encoded",
        uri.path()
    );
    ApiError::new(StatusCode::NOT_FOUND, "unknown_route", detail)
}

async fn refuse_method(method: Method, uri: Uri) -> ApiError {
    let detail = format!(
        "`{}` does not take {method}; the header Allow says what it takes",
        uri.path()
    );
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

#[cfg(test)]
mod tests;
