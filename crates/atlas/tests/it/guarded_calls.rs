//! That the breakers of the running binary are in use, judge hosts and not pages, and are silent where nothing is
//! wrong.

use serde_json::Value;

use crate::support::{Answer, Atlas, Site, article};

const HOSTILE: &str = "<html><head><meta name=\"atlas-fault\" content=\"panic\"></head><body>x</body></html>";

fn breaker_of<'a>(list: &'a Value, site: &Site) -> Option<&'a Value> {
    let host = site.url("");
    let host = host.trim_start_matches("http://");
    let mut views = list["breakers"].as_array().unwrap().iter();
    views.find(|view| view["scope"] == host)
}

#[tokio::test(flavor = "multi_thread")]
async fn d12_pages_that_cannot_be_extracted_say_nothing_about_their_host() {
    let (atlas, site) = (Atlas::new(), Site::start().await);
    let _server = atlas.serve().await;
    for number in 0..6 {
        let bad = site.put(
            &format!("/bad{number}"),
            Answer::page(format!("{HOSTILE}<!-- {number} -->")),
        );
        let entry = atlas.add(&bad).await;
        assert_eq!(entry["outcome"], "failed", "{entry}");
    }
    let list = atlas.json(&["breaker", "ls", "--all"]).await;
    let breaker = breaker_of(&list, &site).unwrap();
    assert_eq!(breaker["state"], "closed");
    assert_eq!(breaker["failures_in_a_row"], 0);
    let good = atlas
        .add(&site.put("/good", article("On Lights", "lighthouse")))
        .await;
    assert_eq!(good["outcome"], "stored", "{good}");
}

#[tokio::test]
async fn d17_a_system_that_has_done_nothing_yet_reports_nothing_degraded() {
    let atlas = Atlas::new();
    let _server = atlas.serve().await;
    let status = atlas.get("/api/v1/status").await.unwrap();
    assert_eq!(status["degraded"], serde_json::json!([]), "{status}");
    for field in ["open", "half_open", "decided"] {
        assert_eq!(status["breakers"][field], 0, "{status}");
    }
    let list = atlas.json(&["breaker", "ls", "--all"]).await;
    let breakers = list["breakers"].as_array().unwrap();
    assert!(breakers.iter().all(|view| view["state"] == "closed"), "{list}");
    assert!(list["network_down_until"].is_null(), "{list}");
    assert_eq!(atlas.run(&["doctor"]).await.code, 0);
}

/// That nothing else can call out is checked where it is forbidden: `clippy.toml`, `deny.toml`, and the tests of the
/// workspace.
#[tokio::test]
async fn d18_a_page_is_fetched_through_the_policy_of_its_service() {
    let (atlas, site) = (Atlas::new(), Site::start().await);
    let _server = atlas.serve().await;
    let entry = atlas
        .add(&site.put("/page", article("On Lights", "lighthouse")))
        .await;
    assert_eq!(entry["outcome"], "stored", "{entry}");
    let list = atlas.json(&["breaker", "ls", "--all"]).await;
    let breaker = breaker_of(&list, &site).expect("its breaker was passed");
    assert_eq!(breaker["service"], "article_processing");
}
