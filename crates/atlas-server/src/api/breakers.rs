//! Circuit breakers and policies: looking at them, and the owner's word on breakers.

use atlas_app::App;
use atlas_app::services::OverlayMode;
use atlas_app::services::view::{
    BreakerDecision, BreakerList, BreakerQuery, BreakerView, PolicyList, PolicyView,
};
use axum::extract::State;
use serde::Deserialize;

use super::{Answer, Shared};
use crate::extract::{Json, NoQuery, OptionalJson, Path, Query};

/// No fields: whoever sends one learns that it means nothing here.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A breaker by its service and scope.
type Name = Path<(String, String)>;

pub(crate) async fn list_breakers(
    State(app): Shared,
    Query(query): Query<BreakerQuery>,
) -> Answer<BreakerList> {
    Ok(Json(app.breakers(&query)?))
}

pub(crate) async fn show_breaker(
    State(app): Shared,
    _: NoQuery,
    Path((service, scope)): Name,
) -> Answer<BreakerView> {
    Ok(Json(app.breaker(&service, &scope)?))
}

pub(crate) async fn open_breaker(
    State(app): Shared,
    _: NoQuery,
    name: Name,
    OptionalJson(decision): OptionalJson<BreakerDecision>,
) -> Answer<BreakerView> {
    decide(&app, name, OverlayMode::ForcedOpen, decision).await
}

pub(crate) async fn disable_breaker(
    State(app): Shared,
    _: NoQuery,
    name: Name,
    OptionalJson(decision): OptionalJson<BreakerDecision>,
) -> Answer<BreakerView> {
    decide(&app, name, OverlayMode::Disabled, decision).await
}

pub(crate) async fn observe_breaker(
    State(app): Shared,
    _: NoQuery,
    name: Name,
    OptionalJson(decision): OptionalJson<BreakerDecision>,
) -> Answer<BreakerView> {
    decide(&app, name, OverlayMode::MetricsOnly, decision).await
}

pub(crate) async fn automate_breaker(
    State(app): Shared,
    _: NoQuery,
    name: Name,
    _: OptionalJson<Nothing>,
) -> Answer<BreakerView> {
    decide(&app, name, OverlayMode::Auto, BreakerDecision::default()).await
}

pub(crate) async fn reset_breaker(
    State(app): Shared,
    _: NoQuery,
    Path((service, scope)): Name,
    _: OptionalJson<Nothing>,
) -> Answer<BreakerView> {
    Ok(Json(app.reset_breaker(&service, &scope).await?))
}

pub(crate) async fn list_policies(State(app): Shared, _: NoQuery) -> Answer<PolicyList> {
    Ok(Json(app.policies()))
}

pub(crate) async fn show_policy(
    State(app): Shared,
    _: NoQuery,
    Path(name): Path<String>,
) -> Answer<PolicyView> {
    Ok(Json(app.policy(&name)?))
}

async fn decide(
    app: &App,
    Path((service, scope)): Name,
    mode: OverlayMode,
    decision: BreakerDecision,
) -> Answer<BreakerView> {
    Ok(Json(app.overlay_breaker(&service, &scope, mode, decision).await?))
}
