//! Alerts: incidents, silences, the inbox, the rules, and a test of a channel. Who decides, and what is refused, the use
//! cases say.

use atlas_app::views::alerts::{
    AckRequest, AlertDetail, AlertList, AlertQuery, ChannelTest, Inbox, InboxQuery, ReadReport, ReadRequest,
    RuleList, SilenceList, SilenceQuery, SilenceRequest, SilenceView,
};
use axum::extract::State;

use super::breakers::Nothing;
use super::{Answer, Shared};
use crate::extract::{Json, NoQuery, OptionalJson, Path, Query};

pub(crate) async fn list_alerts(State(app): Shared, Query(query): Query<AlertQuery>) -> Answer<AlertList> {
    Ok(Json(app.alerts(query).await?))
}

pub(crate) async fn show_alert(
    State(app): Shared,
    _: NoQuery,
    Path(id): Path<String>,
) -> Answer<AlertDetail> {
    Ok(Json(app.alert(&id).await?))
}

pub(crate) async fn acknowledge_alert(
    State(app): Shared,
    _: NoQuery,
    Path(id): Path<String>,
    OptionalJson(request): OptionalJson<AckRequest>,
) -> Answer<AlertDetail> {
    Ok(Json(app.acknowledge_alert(&id, request).await?))
}

pub(crate) async fn unacknowledge_alert(
    State(app): Shared,
    _: NoQuery,
    Path(id): Path<String>,
    _: OptionalJson<Nothing>,
) -> Answer<AlertDetail> {
    Ok(Json(app.unacknowledge_alert(&id).await?))
}

pub(crate) async fn close_alert(
    State(app): Shared,
    _: NoQuery,
    Path(id): Path<String>,
    _: OptionalJson<Nothing>,
) -> Answer<AlertDetail> {
    Ok(Json(app.close_alert(&id).await?))
}

pub(crate) async fn list_silences(
    State(app): Shared,
    Query(query): Query<SilenceQuery>,
) -> Answer<SilenceList> {
    Ok(Json(app.silences(&query).await?))
}

pub(crate) async fn add_silence(
    State(app): Shared,
    _: NoQuery,
    Json(request): Json<SilenceRequest>,
) -> Answer<SilenceView> {
    Ok(Json(app.silence(request).await?))
}

pub(crate) async fn end_silence(
    State(app): Shared,
    _: NoQuery,
    Path(number): Path<String>,
) -> Answer<SilenceView> {
    Ok(Json(app.end_silence(&number).await?))
}

pub(crate) async fn list_inbox(State(app): Shared, Query(query): Query<InboxQuery>) -> Answer<Inbox> {
    Ok(Json(app.inbox(query).await?))
}

pub(crate) async fn read_inbox(
    State(app): Shared,
    _: NoQuery,
    Json(request): Json<ReadRequest>,
) -> Answer<ReadReport> {
    Ok(Json(app.read_inbox(request).await?))
}

pub(crate) async fn list_rules(State(app): Shared, _: NoQuery) -> Answer<RuleList> {
    Ok(Json(app.rules().await?))
}

pub(crate) async fn test_channel(
    State(app): Shared,
    _: NoQuery,
    Path(name): Path<String>,
    _: OptionalJson<Nothing>,
) -> Answer<ChannelTest> {
    Ok(Json(app.try_channel(&name).await?))
}
