//! Webhooks and receivers.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use atlas_domain::{Fate, Messenger};
use atlas_net::notify::{Channel, Shape, SigningSecret, Target};
use rstest::rstest;

use crate::support::{Sending, answer_http, message, server};

fn by_webhook(receiver: SocketAddr, shape: Shape) -> Sending {
    let target = Target::new(&format!("http://{receiver}/hook/secret-path"), shape);
    Sending::by(Channel::Webhook(target.unwrap()))
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn what_atlas_itself_writes_is_signed_and_can_be_told_from_its_repetition() {
    let (receiver, mut requests) = server(|stream, heard| answer_http(stream, heard, GOOD)).await;
    let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let sending = by_webhook(receiver, Shape::Atlas(Some(secret)));
    let receipt = sending.send(&message()).await.unwrap();
    assert_eq!(receipt.answer, "200 ok");
    let request = requests.recv().await.unwrap();
    for part in [
        "POST /hook/secret-path",
        "idempotency-key: d-17",
        "webhook-id: d-17",
        "webhook-signature: v1,",
    ] {
        assert!(request.contains(part), "{part}: {request}");
    }
    assert!(request.ends_with(r#"{"delivery":"d-17"}"#), "{request}");
}

#[rstest]
#[case::slack(
    Shape::Slack,
    r#"{"text":"*disk_space is critical*\nThe disk is full: &lt;97 %&gt; &amp; rising.\n"}"#
)]
#[case::discord(
    Shape::Discord,
    r#""content":"**disk_space is critical**\nThe disk is full: <97 %> & rising.\n""#
)]
#[case::telegram(Shape::Telegram { chat: "42".to_owned() }, r#""chat_id":"42""#)]
#[case::ntfy(Shape::Ntfy { token: Some("tk".to_owned()) }, "authorization: Bearer tk")]
#[case::ntfy_priority(Shape::Ntfy { token: None }, "priority: urgent")]
#[tokio::test]
async fn each_service_gets_what_it_understands(#[case] shape: Shape, #[case] part: &str) {
    let (receiver, mut requests) = server(|stream, heard| answer_http(stream, heard, GOOD)).await;
    by_webhook(receiver, shape).send(&message()).await.unwrap();
    let request = requests.recv().await.unwrap();
    assert!(request.contains(part), "{request}");
}

#[rstest]
#[case::down("500 Oops", "", Fate::NotSent, None)]
#[case::too_early("425 Too Early", "", Fate::NotSent, None)]
#[case::too_many("429 Slow down", "retry-after: 7\r\n", Fate::NotSent, Some(7))]
#[case::too_many_for_days("429 Slow down", "retry-after: 999999\r\n", Fate::NotSent, Some(3_600))]
#[case::too_many_no_time("429 Slow down", "", Fate::NotSent, Some(30))]
#[case::too_many_nonsense("429 Slow down", "retry-after: soon\r\n", Fate::NotSent, Some(30))]
#[case::gone("404 Not Found", "", Fate::Refused, None)]
#[case::forbidden("403 Forbidden", "", Fate::Refused, None)]
#[case::moved("302 Found", "location: /elsewhere\r\n", Fate::Refused, None)]
#[tokio::test]
async fn the_status_decides_what_becomes_of_a_message(
    #[case] status: &'static str,
    #[case] headers: &'static str,
    #[case] fate: Fate,
    #[case] pause_secs: Option<u64>,
) {
    thread_local!(static ANSWER: Cell<(&'static str, &'static str)> = const { Cell::new(("", "")) });
    ANSWER.set((status, headers));
    let (receiver, _) = server(|stream, heard| async move {
        let (status, headers) = ANSWER.get();
        answer_http(
            stream,
            heard,
            &format!("HTTP/1.1 {status}\r\n{headers}content-length: 3\r\n\r\nwhy"),
        )
        .await;
    })
    .await;
    let failure = by_webhook(receiver, Shape::Slack)
        .send(&message())
        .await
        .unwrap_err();
    assert_eq!(failure.fate, fate, "{failure:?}");
    assert_eq!(
        failure.retry_after,
        pause_secs.map(Duration::from_secs),
        "{failure:?}"
    );
    assert!(failure.message.contains(&status[..3]), "{failure:?}");
    assert!(!failure.message.contains("secret-path"), "{failure:?}");
}

#[tokio::test]
async fn a_redirect_to_an_address_that_is_not_allowed_is_not_followed() {
    let (receiver, mut requests) = server(|stream, heard| {
        answer_http(
            stream,
            heard,
            "HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.2:1/hook\r\ncontent-length: 0\r\n\r\n",
        )
    })
    .await;
    let failure = by_webhook(receiver, Shape::Slack)
        .send(&message())
        .await
        .unwrap_err();
    assert_eq!(failure.fate, Fate::Refused, "{failure:?}");
    assert!(failure.message.contains("127.0.0.2"), "{failure:?}");
    assert!(requests.recv().await.is_some());
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let (receiver, _) = server(|stream, heard| async move {
        let body = "x".repeat(4_000_000);
        answer_http(
            stream,
            heard,
            &format!("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n{body}"),
        )
        .await;
    })
    .await;
    let receipt = by_webhook(receiver, Shape::Slack).send(&message()).await.unwrap();
    assert!(receipt.answer.len() < 2_000);
}

#[rstest]
#[case::silent(true)]
#[case::hangs_up(false)]
#[tokio::test]
async fn a_receiver_that_takes_the_request_and_gives_no_answer_may_have_it(#[case] stays: bool) {
    thread_local!(static STAYS: Cell<bool> = const { Cell::new(false) });
    STAYS.set(stays);
    let (receiver, _) = server(|mut stream, _| async move {
        use tokio::io::AsyncReadExt;
        let _ = stream.read(&mut [0; 4_096]).await;
        if STAYS.get() {
            std::future::pending::<()>().await;
        }
    })
    .await;
    let failure = by_webhook(receiver, Shape::Slack)
        .send(&message())
        .await
        .unwrap_err();
    assert_eq!(failure.fate, Fate::Unknown, "{failure:?}");
}

#[tokio::test]
async fn nobody_listens() {
    let failure = by_webhook("127.0.0.1:9".parse().unwrap(), Shape::Slack)
        .send(&message())
        .await
        .unwrap_err();
    assert_eq!(failure.fate, Fate::NotSent, "{failure:?}");
    assert!(failure.message.contains("no connection"), "{failure:?}");
}

#[tokio::test]
async fn other_channels_take_the_place_of_all_that_were_and_can_be_put_back() {
    let (old, mut to_old) = server(|stream, heard| answer_http(stream, heard, GOOD)).await;
    let (new, mut to_new) = server(|stream, heard| answer_http(stream, heard, GOOD)).await;
    let sending = by_webhook(old, Shape::Slack);
    // A name that only the new channels bring along, and that the client of the old ones would not trust.
    let target = Target::new(&format!("http://localhost:{}/hook", new.port()), Shape::Slack);
    let channels = [("owner".to_owned(), Channel::Webhook(target.unwrap()))].into();

    let before = sending.notifier.replace(channels).unwrap();
    sending.send(&message()).await.unwrap();
    assert!(to_new.recv().await.is_some());

    sending.notifier.put_back(before);
    sending.send(&message()).await.unwrap();
    assert!(to_old.recv().await.is_some());
    assert!(to_new.try_recv().is_err());
}

#[tokio::test]
async fn channels_are_known_by_name_and_kind_and_a_channel_that_went_is_refused() {
    let sending = by_webhook("127.0.0.1:9".parse().unwrap(), Shape::Slack);
    let known = sending.notifier.channels();
    assert_eq!((known[0].name.as_str(), known[0].kind), ("owner", "webhook"));

    drop(sending.notifier.replace([].into()).unwrap());

    assert_eq!(sending.notifier.channels(), []);
    let failure = sending.send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Refused);
}
