//! Checks and channels of the owner's own, in the real server: who calls is known by its secret, and a changed file is
//! taken as a whole or not at all, while the server runs.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::access::ask;
use crate::support::{Answer, Atlas, Site, eventually};

const SECRET: &str = "a-secret-of-the-backup-7f3a";
const SOON: Duration = Duration::from_mins(1);

const BACKUP: &str = "[[health.checks]]\nname = \"backup\"\nkind = \"heartbeat\"\nevery = \"1h\"\n\
                      secret_file = \"backup-secret\"\n";

/// A configuration file that can be written again, with a secret beside it.
struct Configured {
    atlas: Atlas,
    path: PathBuf,
}

impl Configured {
    fn new(text: &str) -> Self {
        let atlas = Atlas::new();
        let path = atlas.folder().join("config.toml");
        let secret = atlas.folder().join("backup-secret");
        std::fs::write(&secret, SECRET).unwrap();
        std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
        let atlas = atlas.with("ATLAS_CONFIG", path.to_str().unwrap());
        let configured = Self { atlas, path };
        configured.write(text);
        configured
    }

    fn write(&self, text: &str) {
        std::fs::write(&self.path, text).unwrap();
    }

    async fn health(&self) -> Value {
        self.atlas.get("/api/v1/health").await.unwrap_or_default()
    }

    /// What is known of one check; null when there is none.
    async fn check(&self, name: &str) -> Value {
        let health = self.health().await;
        let services = health["services"].as_array().cloned().unwrap_or_default();
        services
            .into_iter()
            .find(|check| check["name"] == name)
            .unwrap_or_default()
    }
}

fn webhook(name: &str, url: &str) -> String {
    format!(
        "[[alerts.channels]]\nname = \"{name}\"\nkind = \"webhook\"\nformat = \"atlas\"\nurl = \"{url}\"\n"
    )
}

fn site_check(url: &str) -> String {
    format!("[[health.checks]]\nname = \"site\"\nkind = \"http\"\ntarget = \"{url}\"\nevery = \"5s\"\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_with_the_secret_is_well_and_is_remembered_over_a_restart() {
    let configured = Configured::new(BACKUP);
    let server = configured.atlas.serve().await;

    let wrong = ask(&server, Method::POST, "/heartbeat/guessed", &[]).await;
    assert_eq!(wrong.status(), StatusCode::NOT_FOUND);
    let right = ask(&server, Method::POST, &format!("/heartbeat/{SECRET}"), &[]).await;
    assert_eq!(right.status(), StatusCode::OK);
    eventually(SOON, "the call is seen", async || {
        configured.check("backup").await["status"] == "healthy"
    })
    .await;

    server.kill();
    let server = configured.atlas.serve().await;
    eventually(SOON, "the call is remembered", async || {
        configured.check("backup").await["outcome"] == "ok"
    })
    .await;
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_brings_channels_and_checks_and_a_mistake_brings_nothing() {
    let configured = Configured::new("");
    let server = configured.atlas.serve().await;
    eventually(SOON, "somebody looks", async || {
        configured.health().await["channels"] == json!([])
    })
    .await;
    let site = Site::start().await;
    let page = site.put("/page", Answer::page("all is well"));

    configured.write(&format!("{}{}", webhook("hook", &page), site_check(&page)));
    configured.atlas.json(&["config", "reload"]).await;
    let channels = configured.health().await["channels"].clone();
    assert_eq!(
        channels,
        json!([{"name": "hook", "kind": "webhook", "failing_since": null}])
    );
    eventually(SOON, "the check has run", async || {
        configured.check("site").await["status"] == "healthy"
    })
    .await;

    configured.write(&webhook("other", &page).replace("webhook", "pigeon"));
    let refused = configured.atlas.run(&["config", "reload"]).await;
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("pigeon"), "{refused:?}");
    assert_eq!(configured.health().await["channels"], channels);
    assert_eq!(configured.check("site").await["status"], "healthy");

    configured.write("");
    configured.atlas.json(&["config", "reload"]).await;
    assert_eq!(configured.health().await["channels"], json!([]));
    assert_eq!(configured.check("site").await, Value::Null);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_outside_hears_that_somebody_looks() {
    let site = Site::start().await;
    let page = site.put("/alive", Answer::page("heard"));
    let configured = Configured::new(&format!(
        "[health]\nsign_of_life_url = \"{page}\"\nsign_of_life_every = \"10s\"\n"
    ));
    let server = configured.atlas.serve().await;

    eventually(SOON, "signs of life arrive", async || site.requests() >= 2).await;

    assert_eq!(server.terminate().await, 0);
}
