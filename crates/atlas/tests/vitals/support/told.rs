//! What a running server says of itself: how its services are, which incidents there are, and what became of messages.

use serde_json::Value;

use super::{Atlas, PATIENCE, eventually};

/// How a service is, with everything that is known of it; `None` while the server does not say.
pub(crate) async fn health_of(atlas: &Atlas, service: &str) -> Option<Value> {
    let health = atlas.get("/api/v1/health").await?;
    let services = health["services"].as_array()?;
    services.iter().find(|known| known["name"] == service).cloned()
}

/// The status of a service; empty while the server does not say.
pub(crate) async fn status_of(atlas: &Atlas, service: &str) -> String {
    let health = health_of(atlas, service).await.unwrap_or_default();
    health["status"].as_str().unwrap_or_default().to_owned()
}

/// Waits until a service is so.
pub(crate) async fn is_told_to_be(atlas: &Atlas, service: &str, status: &str) {
    eventually(PATIENCE, &format!("{service} is {status}"), async || {
        status_of(atlas, service).await == status
    })
    .await;
}

/// Every incident of a service, open or over; none while the server does not say.
pub(crate) async fn incidents(atlas: &Atlas, service: &str) -> Vec<Value> {
    let route = format!("/api/v1/alerts?state=all&limit=500&service={service}");
    let Some(all) = atlas.get(&route).await else {
        return Vec::new();
    };
    let all = all["incidents"].as_array().unwrap_or_else(|| panic!("{all}"));
    all.iter()
        .filter(|incident| incident["service"] == service)
        .cloned()
        .collect()
}

/// What became of the messages about a service through a channel.
pub(crate) async fn deliveries(atlas: &Atlas, service: &str, channel: &str) -> Vec<Value> {
    let incidents = incidents(atlas, service).await;
    let all = incidents
        .iter()
        .flat_map(|incident| incident["deliveries"].as_array().unwrap());
    all.filter(|delivery| delivery["channel"] == channel)
        .cloned()
        .collect()
}
