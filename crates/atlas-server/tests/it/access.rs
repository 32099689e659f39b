//! Who may ask: every route against every way to ask for it.

use axum::body::Body;
use axum::http::{Request, request};
use rstest::rstest;

use crate::fixture::{Answer, HOST, TOKEN, TestApp};

/// How a request presents itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Stranger,
    Impostor,
    Owner,
    OwnerOfAnotherHost,
    OwnerFromAnotherSite,
}

impl As {
    fn dress(self, request: request::Builder) -> request::Builder {
        let host = match self {
            Self::OwnerOfAnotherHost => "atlas.attacker.example:7444",
            _ => HOST,
        };
        let request = request.header("host", host);
        let request = match self {
            Self::OwnerFromAnotherSite => request.header("origin", "https://attacker.example"),
            _ => request,
        };
        match self {
            Self::Stranger => request,
            Self::Impostor => request.header("authorization", "Bearer guessed"),
            _ => request.header("authorization", format!("Bearer {TOKEN}")),
        }
    }

    async fn ask(self, app: &TestApp, method: &str, path: &str) -> Answer {
        let request = Request::builder().method(method).uri(path);
        app.send_guarded(self.dress(request).body(Body::empty()).unwrap())
            .await
    }
}

fn is_refused(answer: &Answer) -> bool {
    matches!(answer.status.as_u16(), 401 | 403)
}

#[rstest]
#[tokio::test]
async fn a_route_answers_only_to_its_owner(
    #[values(
        "GET /metrics",
        "POST /api/v1/items",
        "GET /api/v1/items",
        "GET /api/v1/items/x",
        "DELETE /api/v1/items/x",
        "POST /api/v1/items/x/restore",
        "POST /api/v1/items/x/tags",
        "GET /api/v1/search",
        "GET /api/v1/export",
        "GET /api/v1/quarantine",
        "POST /api/v1/quarantine/x/keep",
        "POST /api/v1/quarantine/x/drop",
        "GET /api/v1/jobs",
        "GET /api/v1/jobs/x",
        "POST /api/v1/jobs/x/retry",
        "POST /api/v1/jobs/x/cancel",
        "POST /api/v1/reprocess",
        "GET /api/v1/status",
        "GET /api/v1/doctor",
        "GET /api/v1/alerts",
        "GET /api/v1/alerts/x",
        "POST /api/v1/alerts/x/ack",
        "POST /api/v1/alerts/x/unack",
        "POST /api/v1/alerts/x/close",
        "GET /api/v1/silences",
        "POST /api/v1/silences",
        "DELETE /api/v1/silences/1",
        "GET /api/v1/inbox",
        "POST /api/v1/inbox/read",
        "GET /api/v1/rules",
        "POST /api/v1/channels/x/test",
        "GET /api/v1/vault",
        "GET /api/v1/audit",
        "POST /api/v1/audit",
        "GET /api/v1/audit/findings",
        "GET /api/v1/cleanups",
        "POST /api/v1/cleanups",
        "GET /api/v1/cleanups/x",
        "GET /api/v1/cleanups/x/items",
        "POST /api/v1/cleanups/x/apply",
        "POST /api/v1/cleanups/x/undo",
        "POST /api/v1/cleanups/x/acknowledge",
        "POST /api/v1/compact",
        "GET /api/v1/schemas",
        "GET /api/v1/backups",
        "POST /api/v1/backups",
        "POST /api/v1/backups/x/verify"
    )]
    route: &str,
    #[values(
        As::Stranger,
        As::Impostor,
        As::Owner,
        As::OwnerOfAnotherHost,
        As::OwnerFromAnotherSite
    )]
    who: As,
) {
    let (method, path) = route.split_once(' ').unwrap();
    let answer = who.ask(&TestApp::ops_only(), method, path).await;
    match who {
        As::Stranger | As::Impostor => {
            answer.refuses(401, "unauthorized");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
        As::OwnerOfAnotherHost => drop(answer.refuses(403, "wrong_host")),
        As::OwnerFromAnotherSite => drop(answer.refuses(403, "foreign_origin")),
        As::Owner => {
            assert!(!is_refused(&answer), "{answer:?}");
            let is_known = answer.status != 405 && !answer.body.contains("\"unknown_route\"");
            assert!(is_known, "no such route: {answer:?}");
        }
    }
}

#[rstest]
#[case(As::Stranger, None)]
#[case(As::Impostor, None)]
#[case(As::Owner, None)]
#[case(As::OwnerOfAnotherHost, Some("wrong_host"))]
#[case(As::OwnerFromAnotherSite, Some("foreign_origin"))]
#[tokio::test]
async fn health_is_open_to_all_on_this_machine(
    #[case] who: As,
    #[case] refused: Option<&str>,
    #[values("/livez", "/readyz")] path: &str,
) {
    let answer = who.ask(&TestApp::open(), "GET", path).await;
    match refused {
        Some(code) => drop(answer.refuses(403, code)),
        None => assert_eq!(answer.status, 200),
    }
}

#[rstest]
#[case::unknown("GET", "/api/v1/nothing")]
#[case::root("GET", "/")]
#[case::wrong_method("PUT", "/api/v1/items")]
#[case::nearly_health("GET", "/livez/")]
#[case::encoded_health("GET", "/%6civez")]
#[tokio::test]
async fn what_is_no_route_is_guarded_like_one(#[case] method: &str, #[case] path: &str) {
    let app = TestApp::open();
    As::Stranger
        .ask(&app, method, path)
        .await
        .refuses(401, "unauthorized");
    assert!(!is_refused(&As::Owner.ask(&app, method, path).await));
}

/// The predecessor had a route that minted keys for whoever asked.
#[rstest]
#[tokio::test]
async fn no_route_mints_keys(
    #[values("GET", "POST", "PUT")] method: &str,
    #[values(
        "/api/v1/token",
        "/api/v1/tokens",
        "/api/v1/keys",
        "/api/v1/api-keys",
        "/api/v1/auth/token",
        "/auth/token",
        "/token",
        "/login"
    )]
    path: &str,
) {
    let app = TestApp::open();
    As::Stranger
        .ask(&app, method, path)
        .await
        .refuses(401, "unauthorized");
    As::Owner
        .ask(&app, method, path)
        .await
        .refuses(404, "unknown_route");
}

#[tokio::test]
async fn no_answer_shows_the_token() {
    let app = TestApp::open();
    for path in [
        "/metrics",
        "/api/v1/status",
        "/api/v1/doctor",
        "/readyz",
        "/api/v1/search",
        "/nowhere",
    ] {
        let answer = As::Owner.ask(&app, "GET", path).await;
        assert!(!format!("{answer:?}").contains(TOKEN), "{path}");
    }
}

#[tokio::test]
async fn no_other_site_is_ever_let_in() {
    let app = TestApp::open();
    let preflight = As::OwnerFromAnotherSite
        .dress(Request::builder().method("OPTIONS").uri("/api/v1/items"))
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .unwrap();
    let answers = [
        app.send_guarded(preflight).await,
        As::OwnerFromAnotherSite.ask(&app, "GET", "/api/v1/items").await,
        As::Owner.ask(&app, "GET", "/api/v1/items").await,
    ];
    assert_eq!(
        answers[0].refuses(403, "foreign_origin"),
        answers[1].refuses(403, "foreign_origin")
    );
    for answer in answers {
        let granted = answer
            .headers
            .keys()
            .any(|name| name.as_str().starts_with("access-control"));
        assert!(!granted, "{answer:?}");
    }
}

#[tokio::test]
async fn the_unix_socket_needs_no_token_and_no_host() {
    let answer = TestApp::open().get("/api/v1/items").await;
    assert_eq!(answer.json()["total"], 0);
}
