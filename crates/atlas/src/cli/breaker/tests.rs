//! What `atlas breaker` asks for and shows.

use atlas_app::services::view::BreakerQuery;
use rstest::rstest;

use super::*;

fn breaker() -> BreakerView {
    BreakerView {
        service: "article_processing".to_owned(),
        scope: "example.com:443".to_owned(),
        state: "open".to_owned(),
        overlay: "auto".to_owned(),
        trips: 2,
        until: Some(atlas_domain::Timestamp::from_millis(1_767_225_600_000)),
        reason: "http_500".to_owned(),
        probe_due: false,
        since: atlas_domain::Timestamp::from_millis(1_767_225_000_000),
        overlay_since: None,
        overlay_until: None,
        overlay_reason: String::new(),
        failures_in_a_row: 0,
        probes: 0,
    }
}

#[test]
fn a_row_tells_what_is_not_called_until_when_and_why() {
    insta::assert_snapshot!(render(&[breaker()], Look::PLAIN), @"
    SERVICE             SCOPE            STATE  TRIPS  UNTIL                 REASON
    article_processing  example.com:443  open   2      2026-01-01T00:00:00Z  http_500
    ");
}

#[test]
fn what_a_person_decided_comes_before_what_the_breaker_thinks() {
    let decided = BreakerView {
        overlay: "forced_open".to_owned(),
        overlay_reason: "they asked".to_owned(),
        ..breaker()
    };
    assert_eq!(state(&decided), "forced_open (open)");
    assert_eq!(why(&decided), "they asked");
}

#[test]
fn a_decision_is_shown_with_its_own_end_and_reason() {
    let decided = BreakerView {
        overlay: "forced_open".to_owned(),
        overlay_until: Some(atlas_domain::Timestamp::from_millis(1_767_312_000_000)),
        ..breaker()
    };
    let for_good = BreakerView {
        overlay_until: None,
        overlay_reason: "they asked".to_owned(),
        ..decided.clone()
    };
    insta::assert_snapshot!(render(&[decided, for_good], Look::PLAIN), @"
    SERVICE             SCOPE            STATE               TRIPS  UNTIL                 REASON
    article_processing  example.com:443  forced_open (open)  2      2026-01-02T00:00:00Z  -
    article_processing  example.com:443  forced_open (open)  2      -                     they asked
    ");
}

#[test]
fn a_host_that_asked_for_a_pause_is_paused_and_not_simply_closed() {
    let paused = BreakerView {
        state: "closed".to_owned(),
        ..breaker()
    };
    assert_eq!(state(&paused), "paused");
    let well = BreakerView {
        until: None,
        ..paused
    };
    assert_eq!(state(&well), "closed");
}

#[rstest]
#[case("1", true)]
#[case("365d", true)]
#[case("0s", false)]
#[case("366d", false)]
fn a_decision_lasts_from_a_second_to_a_year(#[case] text: &str, #[case] fits: bool) {
    assert_eq!(decision_time(text).is_ok(), fits);
}

#[tokio::test]
async fn a_list_is_complete_however_many_pages_it_has() {
    use axum::extract::{Json, Query};

    let pages = async |Query(query): Query<BreakerQuery>| {
        let number: u32 = query.after.map_or(0, |after| after.parse().unwrap());
        let scope = format!("{}-{number}.example:443", query.state.unwrap());
        Json(BreakerList {
            breakers: vec![BreakerView { scope, ..breaker() }],
            next: (number < 2).then(|| (number + 1).to_string()),
            network_down_until: None,
            problem: String::new(),
        })
    };
    let router = axum::Router::new().route(routes::BREAKERS, axum::routing::get(pages));
    let (output, data, _) = crate::cli::output::tests::captured(true);
    let args = ListArgs {
        state: Some("open".to_owned()),
        ..ListArgs::default()
    };
    let exit = list(&args, &Client::InProcess(router), &output).await.unwrap();
    assert_eq!(exit, Exit::Ok);
    let told: serde_json::Value = serde_json::from_str(&data.text()).unwrap();
    let scopes = [0, 1, 2].map(|number| format!("open-{number}.example:443"));
    let listed: Vec<_> = told["breakers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|breaker| breaker["scope"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, scopes);
    assert!(told.get("next").is_none(), "{told}");
}

#[tokio::test]
async fn whoever_wants_it_closed_hears_of_the_two_ways_to_that() {
    let name = NameArgs {
        service: "article_processing".to_owned(),
        scope: "example.com:443".to_owned(),
    };
    let args = BreakerArgs {
        command: BreakerCommand::Close(name),
    };
    let (output, ..) = crate::cli::output::tests::captured(false);
    let client = Client::InProcess(axum::Router::new());
    let error = run(&args, &client, &output).await.unwrap_err();
    assert_eq!(error.exit, Exit::Usage);
    assert!(
        error
            .message
            .contains("breaker auto article_processing example.com:443"),
        "{error}"
    );
    assert!(
        error
            .message
            .contains("breaker reset article_processing example.com:443"),
        "{error}"
    );
}
