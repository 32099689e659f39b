//! What `atlas alert` understands, asks for and shows.

use atlas_app::views::alerts::{AlertDetail, AlertList, AlertQuery, Inbox, InboxQuery, SilenceRequest};
use atlas_domain::{Suppression, Timestamp};
use axum::Router;
use axum::extract::{Json, Query};
use axum::routing::{get, post};
use clap::Parser;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::cli::output::tests::captured;
use crate::cli::text::Look;
use crate::cli::{Cli, Command};

const PLAIN: Look = Look::PLAIN;

fn alert(id: &str) -> Value {
    json!({
        "id": id, "rule": "service_status", "service": "search", "severity": "critical", "state": "firing",
        "started_at": "2026-01-01T00:00:00Z", "resolved_at": null, "acknowledged": false,
        "summary": "search is down", "why": "the index did not answer", "labels": { "mount": "/data" },
        "flapping": false, "suppressed_by": [],
        "deliveries": [{
            "id": "973f8ee09f389561", "channel": "mail", "kind": "alert", "state": "waiting", "attempts": 2,
            "tells": ["firing"], "created_at": "2026-01-01T00:00:10Z", "last_error": "connection refused",
            "next_attempt_at": "2026-01-01T00:01:00Z",
        }],
    })
}

fn detail() -> AlertDetail {
    let mut detail = alert("984d50c79c9d7635");
    let more = json!({
        "fired_at": "2026-01-01T00:00:00Z", "end": null, "worst_severity": "critical",
        "runbook": "service-status", "command": "atlas status",
        "acknowledgement": {
            "by": "mara", "comment": "on it", "at": "2026-01-01T00:02:00Z", "severity": "critical",
        },
        "acknowledged": true, "escalation": 0,
        "notices": [
            {
                "channel": "mail", "kind": "firing", "severity": "critical", "at": "2026-01-01T00:00:00Z",
                "state": "delivering", "suppressed_by": null, "delivery": "973f8ee09f389561",
            },
            {
                "channel": "chat", "kind": "firing", "severity": "critical", "at": "2026-01-01T00:00:00Z",
                "state": "held", "suppressed_by": "silence", "delivery": null,
            },
        ],
        "timeline": [
            { "at": "2026-01-01T00:00:00Z", "event": "its condition began to hold" },
            { "at": "2026-01-01T00:02:00Z", "event": "taken on by mara: on it" },
        ],
    });
    let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) else {
        panic!("both are objects");
    };
    detail.extend(more);
    serde_json::from_value(Value::Object(detail.clone())).unwrap()
}

fn parse(line: &[&str]) -> Result<AlertCommand, String> {
    let cli = Cli::try_parse_from([&["atlas", "alert"], line].concat()).map_err(|error| error.to_string())?;
    match cli.command {
        Command::Routed(crate::cli::RoutedCommand::Alert(args)) => Ok(args.command),
        other => Err(format!("{other:?}")),
    }
}

#[rstest]
#[case(&["ls", "--all"], Access::Operations)]
#[case(&["ls", "--severity", "critical", "--service", "search", "--limit", "5"], Access::Operations)]
#[case(&["show", "3f2a"], Access::Operations)]
#[case(&["inbox", "--unread"], Access::Operations)]
#[case(&["rules", "disk_filling"], Access::Operations)]
#[case(&["silence", "ls"], Access::Operations)]
#[case(&["test", "mail"], Access::Operations)]
#[case(&["inbox", "--read"], Access::Server)]
#[case(&["ack", "3f2a", "--comment", "on it"], Access::Server)]
#[case(&["unack", "3f2a"], Access::Server)]
#[case(&["close", "3f2a"], Access::Server)]
#[case(&["silence", "add", "service=search", "--for", "2h", "--comment", "work"], Access::Server)]
#[case(&["silence", "end", "3"], Access::Server)]
fn looking_needs_no_server_and_deciding_does(#[case] line: &[&str], #[case] access: Access) {
    assert_eq!(parse(line).unwrap().access(), access);
}

#[rstest]
#[case::nothing_to_silence(&["silence", "add", "--for", "2h", "--comment", "work"])]
#[case::without_an_end(&["silence", "add", "service=search", "--comment", "work"])]
#[case::with_two_ends(&["silence", "add", "a=b", "--for", "2h", "--until", "2026-03-01T12:00:00Z", "--comment", "c"])]
#[case::without_a_reason(&["silence", "add", "service=search", "--for", "2h"])]
#[case::too_long(&["silence", "add", "service=search", "--for", "31d", "--comment", "work"])]
#[case::no_time(&["silence", "add", "service=search", "--until", "tomorrow", "--comment", "work"])]
#[case::no_severity(&["ls", "--severity", "loud"])]
#[case::no_number(&["silence", "end", "first"])]
#[case::no_id(&["show", ""])]
fn what_makes_no_sense_is_refused_before_anybody_is_asked(#[case] line: &[&str]) {
    assert!(parse(line).is_err());
}

#[tokio::test]
async fn a_silence_is_asked_for_as_it_was_given() {
    let given = std::sync::Arc::new(std::sync::Mutex::new(None));
    let seen = std::sync::Arc::clone(&given);
    let answer = async move |Json(request): Json<SilenceRequest>| {
        *seen.lock().unwrap() = Some(request.clone());
        Json(json!({
            "number": 3, "state": "active", "matchers": request.matchers, "from": "2026-01-01T00:00:00Z",
            "until": "2026-01-01T02:00:00Z", "author": "owner", "comment": request.comment,
            "until_resolved": request.until_resolved,
        }))
    };
    let client = Client::InProcess(Router::new().route(routes::SILENCES, post(answer)));
    let line = [
        "silence",
        "add",
        "service=search",
        "severity!=critical",
        "--for",
        "2h",
        "--comment",
        "work",
        "--until-resolved",
    ];
    let args = AlertArgs {
        command: parse(&line).unwrap(),
    };
    let (output, data, _) = captured(false);
    assert_eq!(run(&args, &client, &output).await.unwrap(), Exit::Ok);
    let request = given.lock().unwrap().clone().unwrap();
    assert_eq!(request.matchers, ["service=search", "severity!=critical"]);
    assert_eq!(request.lasts.unwrap().0.as_secs(), 7_200);
    assert!(request.until_resolved);
    insta::assert_snapshot!(data.text(), @r"
    Silence  3
    State    active
    What     service=search severity!=critical
    From     2026-01-01T00:00:00Z
    Until    2026-01-01T02:00:00Z, or all is well
    By       owner
    Why      work
    ");
}

#[test]
fn a_row_tells_what_is_wrong_and_how_loudly() {
    let list: AlertList =
        serde_json::from_value(json!({ "incidents": [alert("984d50c79c9d7635")] })).unwrap();
    insta::assert_snapshot!(incidents::render(&list.incidents, PLAIN), @r"
    ID                SEVERITY  STATE   SERVICE  SINCE                 WHAT
    984d50c79c9d7635  critical  firing  search   2026-01-01T00:00:00Z  search is down
    ");
}

#[test]
fn one_incident_is_told_with_its_messages_and_its_history() {
    insta::assert_snapshot!(incidents::render_one(&detail(), PLAIN), @r"
    Incident  984d50c79c9d7635
    What      search is down
    Why       the index did not answer
    State     firing, acknowledged
    Severity  critical
    Service   search
    Rule      service_status
    Labels    mount=/data
    Since     2026-01-01T00:00:00Z
    Fired     2026-01-01T00:00:00Z
    Taken on  by mara at 2026-01-01T00:02:00Z: on it
    Run       atlas status
    Read      service-status

    Messages
      CHANNEL  TELLS   STATE    TRIES  NEXT TRY              LAST ERROR
      mail     firing  waiting  2      2026-01-01T00:01:00Z  connection refused

    Not sent yet
      chat: firing is held, kept back by silence

    What happened
      2026-01-01T00:00:00Z  its condition began to hold
      2026-01-01T00:02:00Z  taken on by mara: on it
    ");
}

#[test]
fn what_a_channel_may_not_carry_yet_says_until_when() {
    let mut detail = detail();
    detail.alert.suppressed_by = vec![Suppression::RateLimit];
    detail.notices[1].suppressed_by = Some(Suppression::RateLimit);
    detail.notices[1].held_until = Some(Timestamp::from_millis(1_767_225_660_000));
    let shown = incidents::render_one(&detail, PLAIN);
    for told in [
        "State         firing, acknowledged, rate_limit\n",
        "Kept back by  rate_limit until 2026-01-01T00:01:00Z\n",
        "chat: firing is held, kept back by rate_limit until 2026-01-01T00:01:00Z\n",
    ] {
        assert!(shown.contains(told), "{shown}");
    }
}

#[tokio::test]
async fn a_list_is_complete_however_many_pages_it_has_unless_it_is_limited() {
    let pages = async |Query(query): Query<AlertQuery>| {
        let number: u64 = query.after.map_or(0, |after| after.parse().unwrap());
        Json(json!({
            "incidents": [alert(&format!("{number:016x}"))],
            "next": (number < 2).then(|| (number + 1).to_string()),
        }))
    };
    let client = Client::InProcess(Router::new().route(routes::ALERTS, get(pages)));
    for (limit, expected) in [(None, 3), (Some(2), 2)] {
        let (output, data, _) = captured(true);
        let args = incidents::ListArgs {
            limit,
            ..incidents::ListArgs::default()
        };
        incidents::list(&args, &client, &output).await.unwrap();
        let told: Value = serde_json::from_str(&data.text()).unwrap();
        assert_eq!(told["incidents"].as_array().unwrap().len(), expected, "{told}");
    }
}

#[tokio::test]
async fn only_what_was_shown_is_marked_as_read() {
    let pages = async |Query(query): Query<InboxQuery>| {
        assert!(query.unread);
        let number = query.after.unwrap_or(9) - 1;
        Json(json!({
            "notices": [{
                "number": number, "incident": "984d50c79c9d7635", "kind": "firing", "severity": "warning",
                "title": "search is degraded", "why": "it took 900 ms", "at": "2026-01-01T00:00:00Z",
                "suppressed_by": "silence", "read_at": null,
            }],
            "unread": 3,
            "next": (number > 6).then_some(number),
        }))
    };
    let read = async |Json(request): Json<Value>| {
        assert_eq!(request, json!({ "up_to": 8 }));
        Json(json!({ "read": 3, "unread": 0 }))
    };
    let router = Router::new()
        .route(routes::INBOX, get(pages))
        .route(routes::INBOX_READ, post(read));
    let (output, data, talk) = captured(false);
    let args = inbox::InboxArgs {
        read: true,
        ..inbox::InboxArgs::default()
    };
    inbox::run(&args, &Client::InProcess(router), &output)
        .await
        .unwrap();
    assert_eq!(data.text().lines().count(), 1 + 3, "{}", data.text());
    assert!(talk.text().contains("0 unread"), "{}", talk.text());
}

#[test]
fn the_inbox_says_what_was_kept_from_the_channels() {
    let inbox: Inbox = serde_json::from_value(json!({
        "notices": [{
            "number": 1, "incident": "984d50c79c9d7635", "kind": "firing", "severity": "warning",
            "title": "search is degraded", "why": "it took 900 ms", "at": "2026-01-01T00:00:00Z",
            "suppressed_by": "silence", "read_at": null,
        }],
        "unread": 1,
    }))
    .unwrap();
    insta::assert_snapshot!(inbox::render(&inbox.notices, PLAIN), @r"
         WHEN                  SEVERITY  NEWS    INCIDENT          WHAT
    new  2026-01-01T00:00:00Z  warning   firing  984d50c79c9d7635  search is degraded: it took 900 ms [kept from the channels by silence]
    ");
}

#[tokio::test]
async fn a_message_that_did_not_arrive_is_a_failure_in_the_receivers_words() {
    let refuse = async || {
        let problem = json!({ "code": "not_delivered", "detail": "the relay said: 550 no such user" });
        (http::StatusCode::UNPROCESSABLE_ENTITY, Json(problem))
    };
    let router = Router::new().route("/api/v1/channels/mail/test", post(refuse));
    let (output, ..) = captured(false);
    let args = AlertArgs {
        command: parse(&["test", "mail"]).unwrap(),
    };
    let error = run(&args, &Client::InProcess(router), &output).await.unwrap_err();
    assert_eq!(error.exit, Exit::Failure);
    assert!(error.message.contains("550 no such user"), "{error}");
}

#[tokio::test]
async fn a_rule_that_does_not_exist_is_not_found() {
    let rules = async || Json(json!({ "rules": [] }));
    let router = Router::new().route(routes::RULES, get(rules));
    let (output, ..) = captured(false);
    let args = rules::RulesArgs {
        name: Some("nothing".to_owned()),
    };
    let error = rules::run(&args, &Client::InProcess(router), &output)
        .await
        .unwrap_err();
    assert_eq!(error.exit, Exit::NotFound);
}
