//! Items: saving, looking, trash, tags, export, processing again.

use serde_json::json;

use crate::fixture::{NOBODY, TestApp, encoded};

const PAGE: &str = "https://example.com/page";

#[tokio::test]
async fn saving_acknowledges_each_address_in_order() {
    let app = TestApp::open();
    let request = json!({"items": [{"url": PAGE, "tags": ["later"]}, {"url": "ftp://example.com/"}]});

    let report = app.post("/api/v1/items", &request).await.json();

    assert_eq!(report["items"][0]["outcome"], "queued");
    assert_eq!(report["items"][1]["outcome"], "rejected");
    assert_eq!(report["items"][1]["reason"], "invalid_url");
    let id = report["items"][0]["id"].as_str().unwrap();
    let item = app.get(&format!("/api/v1/items/{id}")).await.json();
    assert_eq!((&item["url"], &item["tags"]), (&json!(PAGE), &json!(["later"])));
}

#[tokio::test]
async fn an_address_that_cannot_be_kept_costs_its_neighbours_nothing() {
    let app = TestApp::open();
    app.break_blobs();
    // Random enough not to be compressed into a row.
    let mut noise = 7_u64;
    let page: String = (0..400_000)
        .map(|_| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            char::from(b' ' + (noise % 94) as u8)
        })
        .collect();
    let request = json!({"items": [
        {"url": "https://example.com/1"},
        {"url": "https://example.com/2", "html": page},
        {"url": "https://example.com/3"},
    ]});

    let report = app.post("/api/v1/items", &request).await.json();

    let outcomes: Vec<&str> = (0..3)
        .map(|n| report["items"][n]["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["queued", "failed", "queued"], "{report}");
    assert_eq!(report["items"][1]["reason"], "io_failed");
    assert_ne!(report["items"][1]["message"], "");
    assert!(app.worker_was_woken().await, "two of them wait for it");
    assert_eq!(app.get("/api/v1/items").await.json()["total"], 2);
}

#[tokio::test]
async fn saving_keeps_the_order_of_the_addresses() {
    let app = TestApp::open();
    let urls: Vec<String> = (0..250).map(|n| format!("https://example.com/{n}")).collect();
    let items: Vec<_> = urls.iter().map(|url| json!({"url": url})).collect();
    let report = app.post("/api/v1/items", &json!({"items": items})).await.json();
    let told: Vec<&str> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["url"].as_str().unwrap())
        .collect();
    assert_eq!(told, urls);
    let newest = app.get("/api/v1/items?limit=1").await.json();
    assert_eq!(newest["items"][0]["url"], "https://example.com/249");
}

#[tokio::test]
async fn saving_takes_the_bytes_of_a_page_and_refuses_what_is_none() {
    let app = TestApp::open();
    let request = json!({"items": [
        {"url": "https://example.com/1", "html_base64": "PG1ldGEgY2hhcnNldD1sYXRpbjE+Y2Fm6Q=="},
        {"url": "https://example.com/2", "html_base64": "nothing of the kind"},
    ]});
    let report = app.post("/api/v1/items", &request).await.json();
    assert_eq!(report["items"][0]["outcome"], "queued");
    assert_eq!(report["items"][1]["outcome"], "rejected");
    assert_eq!(report["items"][1]["reason"], "invalid_html");
}

#[tokio::test]
async fn saving_takes_pages_of_many_megabytes() {
    let app = TestApp::open();
    let html = "a".repeat(9_000_000);
    let request = json!({"items": [{"url": PAGE, "html": html}]});
    let report = app.post("/api/v1/items", &request).await.json();
    assert_eq!(report["items"][0]["outcome"], "queued");
}

#[tokio::test(start_paused = true)]
async fn saving_waits_for_outcomes_as_long_as_it_is_asked_to() {
    let app = TestApp::open();
    let begun = tokio::time::Instant::now();
    let request = json!({"items": [{"url": PAGE}], "wait_secs": 3_600});
    let report = app.post("/api/v1/items", &request).await.json();
    assert_eq!(report["items"][0]["outcome"], "queued");
    assert_eq!(begun.elapsed().as_secs(), 3_600);
}

#[tokio::test]
async fn saving_is_refused_below_the_disk_floor_and_reading_goes_on() {
    let app = TestApp::open().reopened(|parts| parts.floor_bytes = u64::MAX);
    let request = json!({"items": [{"url": PAGE}]});
    app.post("/api/v1/items", &request)
        .await
        .refuses(507, "disk_full");
    assert_eq!(app.get("/api/v1/items").await.json()["total"], 0);
}

#[tokio::test]
async fn a_process_that_only_reads_refuses_to_save() {
    let app = TestApp::open().reopened(|parts| parts.mode = atlas_app::Mode::ReadOnly);
    let request = json!({"items": [{"url": PAGE}]});
    app.post("/api/v1/items", &request)
        .await
        .refuses(409, "read_only");
}

#[tokio::test]
async fn listing_filters_and_turns_pages() {
    let app = TestApp::open();
    app.store("https://example.com/1", "one").await;
    app.store("https://example.com/2", "two").await;
    app.save("https://example.com/3").await;

    let first = app.get("/api/v1/items?state=stored&limit=1").await.json();
    assert_eq!(
        (&first["total"], &first["items"][0]["url"]),
        (&json!(2), &json!("https://example.com/2"))
    );
    let next = first["next"].as_str().unwrap();
    let second = app
        .get(&format!("/api/v1/items?state=stored&limit=1&after={next}"))
        .await
        .json();
    assert_eq!(second["items"][0]["url"], "https://example.com/1");
    assert_eq!(second["next"], json!(null));
}

#[tokio::test]
async fn listing_names_the_words_it_knows() {
    let detail = TestApp::open()
        .get("/api/v1/items?state=lost")
        .await
        .refuses(400, "invalid_request");
    assert!(
        detail.contains("`lost`") && detail.contains("quarantined"),
        "{detail}"
    );
}

#[tokio::test]
async fn an_item_is_known_by_its_id_and_by_its_address() {
    let app = TestApp::open();
    let item = app.store(PAGE, "some words").await;

    let by_id = app.get(&format!("/api/v1/items/{}", item.id)).await.json();
    let by_address = app
        .get(&format!(
            "/api/v1/items/{}",
            encoded("https://example.com/page?utm_source=x")
        ))
        .await
        .json();

    assert_eq!(by_id, by_address);
    assert_eq!(by_id["document"]["article"]["markdown"], "some words");
    assert_eq!(by_id["why"]["judgement"]["verdict"]["decision"], "accept");
}

#[tokio::test]
async fn an_unknown_item_is_not_found() {
    let app = TestApp::open();
    for path in [
        format!("/api/v1/items/{NOBODY}"),
        format!("/api/v1/items/{}", encoded(PAGE)),
    ] {
        app.get(&path).await.refuses(404, "not_found");
        app.delete(&path).await.refuses(404, "not_found");
        app.act(&format!("{path}/restore"))
            .await
            .refuses(404, "not_found");
        app.post(&format!("{path}/tags"), &json!({"add": ["x"]}))
            .await
            .refuses(404, "not_found");
    }
}

#[tokio::test]
async fn what_is_neither_id_nor_address_is_refused() {
    let path = format!("/api/v1/items/{}", encoded("ftp://example.com/"));
    TestApp::open().get(&path).await.refuses(400, "invalid_request");
}

#[tokio::test]
async fn an_item_goes_to_the_trash_and_comes_back() {
    let app = TestApp::open();
    let path = format!("/api/v1/items/{}", app.store(PAGE, "words").await.id);

    assert!(app.delete(&path).await.json()["trashed_at"].is_string());
    assert_eq!(app.get("/api/v1/items").await.json()["total"], 0);
    assert_eq!(app.get("/api/v1/items?trashed=true").await.json()["total"], 1);

    let back = app.act(&format!("{path}/restore")).await.json();
    assert_eq!(back["trashed_at"], json!(null));
    assert_eq!(app.get("/api/v1/items").await.json()["total"], 1);
}

#[tokio::test]
async fn tags_are_added_and_removed() {
    let app = TestApp::open();
    let path = format!("/api/v1/items/{}/tags", app.store(PAGE, "words").await.id);

    let tagged = app.post(&path, &json!({"add": ["b", "a"]})).await.json();
    assert_eq!(tagged["tags"], json!(["a", "b"]));
    let changed = app
        .post(&path, &json!({"add": ["c"], "remove": ["a"]}))
        .await
        .json();
    assert_eq!(changed["tags"], json!(["b", "c"]));
    app.post(&path, &json!({"add": ["two\nlines"]}))
        .await
        .refuses(400, "invalid_request");
}

#[tokio::test]
async fn an_export_gives_every_item_whole_exactly_once() {
    let app = TestApp::open();
    for n in 0..60 {
        app.save(&format!("https://example.com/{n}")).await;
    }
    let first = app.get("/api/v1/export").await.json();
    let next = first["next"].as_str().unwrap();
    let second = app.get(&format!("/api/v1/export?after={next}")).await.json();
    assert_eq!(second["next"], json!(null));

    let mut urls: Vec<String> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|item| item["url"].as_str().unwrap().to_owned())
        .collect();
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), 60);
    assert!(first["items"][0]["why"]["audit"].is_array());
}

#[tokio::test]
async fn an_export_refuses_a_cursor_it_did_not_give() {
    let answer = TestApp::open().get("/api/v1/export?after=yesterday").await;
    assert!(answer.refuses(400, "invalid_cursor").contains("yesterday"));
    let answer = TestApp::open().get("/api/v1/items?after=yesterday").await;
    assert!(answer.refuses(400, "invalid_cursor").contains("yesterday"));
}

#[tokio::test]
async fn reprocessing_enqueues_what_has_stored_bytes() {
    let app = TestApp::open();
    let item = app.store(PAGE, "words").await;
    app.save("https://example.com/not-yet-fetched").await;

    let report = app.post("/api/v1/reprocess", &json!({})).await.json();

    assert_eq!((&report["enqueued"], &report["done"]), (&json!(1), &json!(0)));
    assert_eq!(report["items"].as_array().unwrap().len(), 1);
    assert_eq!(report["items"][0]["url"], PAGE);
    assert_eq!(report["items"][0]["outcome"], "queued");
    let jobs = app.get("/api/v1/jobs?kind=reprocess_item").await.json();
    assert_eq!(jobs["jobs"][0]["item_id"], item.id.to_string());
}

#[tokio::test]
async fn reprocessing_everything_must_be_asked_for() {
    let app = TestApp::open();
    app.act("/api/v1/reprocess")
        .await
        .refuses(415, "unsupported_media_type");
    // A misspelled field must not mean everything.
    let detail = app
        .post("/api/v1/reprocess", &json!({"item": [PAGE]}))
        .await
        .refuses(400, "invalid_request");
    assert!(detail.contains("`item`"), "{detail}");
    app.post("/api/v1/reprocess", &json!({"items": [PAGE], "state": "stored"}))
        .await
        .refuses(400, "invalid_request");
}

#[tokio::test]
async fn reprocessing_tells_what_became_of_each_that_was_named() {
    let app = TestApp::open();
    let (a, b) = (
        app.store("https://example.com/a", "words of a").await,
        app.store("https://example.com/b", "words of b").await,
    );
    let names = json!({"items": [a.id.to_string(), "nope", b.url, "https://example.com/unknown", ""]});

    let report = app.post("/api/v1/reprocess", &names).await.json();

    let told: Vec<(&str, &str)> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["outcome"].as_str().unwrap(),
                item["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("queued", ""),
            ("failed", "not_found"),
            ("queued", ""),
            ("failed", "not_found"),
            ("failed", "invalid_request")
        ]
    );
    assert_eq!(report["enqueued"], 2);
    assert_eq!(report["items"][1]["url"], "nope");
    assert!(app.worker_was_woken().await);
}

#[tokio::test]
async fn a_large_library_is_processed_again_page_by_page() {
    let app = TestApp::open();
    app.store("https://example.com/first", "words of the first").await;
    for n in 0..500 {
        app.save(&format!("https://example.com/{n}")).await; // nothing to look at again yet
    }
    let newest = app.post("/api/v1/reprocess", &json!({})).await.json();
    assert_eq!((&newest["enqueued"], &newest["items"]), (&json!(0), &json!([])));
    let rest = json!({"after": newest["next"]});
    let oldest = app.post("/api/v1/reprocess", &rest).await.json();
    assert_eq!((&oldest["enqueued"], &oldest["next"]), (&json!(1), &json!(null)));
    assert_eq!(oldest["items"][0]["url"], "https://example.com/first");
    app.post("/api/v1/reprocess", &json!({"items": [PAGE], "after": "1"}))
        .await
        .refuses(400, "invalid_request");
}

#[tokio::test]
async fn a_page_that_fetching_could_not_use_is_refused_and_not_fetched_instead() {
    let app = TestApp::open().reopened(|parts| parts.html_limit_bytes = 100);
    let long = "x".repeat(101);
    let report = app
        .post(
            "/api/v1/items",
            &json!({"items": [{"url": PAGE, "html": ""}, {"url": PAGE, "html": long}]}),
        )
        .await
        .json();
    for (n, reason) in [(0, "empty_page"), (1, "too_large")] {
        let refused = &report["items"][n];
        assert_eq!(
            (&refused["outcome"], &refused["reason"], &refused["id"]),
            (&json!("rejected"), &json!(reason), &json!(null))
        );
    }
    assert_eq!(app.get("/api/v1/jobs").await.json()["total"], 0);
}

#[tokio::test]
async fn what_is_beyond_the_limit_of_a_page_is_refused_with_the_limit() {
    let app = TestApp::open();
    for (path, most) in [
        ("items", 500),
        ("quarantine", 500),
        ("jobs", 1_000),
        ("search?q=x&", 200),
    ] {
        let separator = if path.ends_with('&') { "" } else { "?" };
        for beyond in [0, most + 1] {
            let path = format!("/api/v1/{path}{separator}limit={beyond}");
            let detail = app.get(&path).await.refuses(400, "invalid_request");
            assert!(detail.contains(&format!("from 1 to {most}")), "{path}: {detail}");
        }
        app.get(&format!("/api/v1/{path}{separator}limit={most}"))
            .await
            .json();
    }
}
