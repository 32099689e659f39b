//! Webhooks and receivers.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use atlas_domain::{Fate, Messenger};
use atlas_net::notify::{Channel, Shape, SigningSecret, Target};
use rstest::rstest;

use crate::support::{LONGEST_PAUSE, Sending, answer_http, message, server};

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
        "accept: */*",
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

/// What a message says begins with its title, for those who see nothing else.
#[rstest]
#[case::slack(Shape::Slack)]
#[case::discord(Shape::Discord)]
#[case::telegram(Shape::Telegram { chat: "42".to_owned() })]
#[case::ntfy(Shape::Ntfy { token: None })]
#[tokio::test]
async fn a_title_is_said_once(#[case] shape: Shape) {
    let (receiver, mut requests) = server(|stream, heard| answer_http(stream, heard, GOOD)).await;
    let mut message = message();
    message.text = format!("{}\n\n{}", message.title, message.text);
    by_webhook(receiver, shape).send(&message).await.unwrap();

    let request = requests.recv().await.unwrap();
    assert_eq!(request.matches(&message.title).count(), 1, "{request}");
    assert!(request.contains("The disk is full"), "{request}");
}

#[rstest]
#[case::down("500 Oops", "", Fate::NotSent, None)]
#[case::too_early("425 Too Early", "", Fate::NotSent, None)]
#[case::too_many("429 Slow down", "retry-after: 7\r\n", Fate::NotSent, Some(7))]
#[case::too_many_for_days("429 Slow down", "retry-after: 999999\r\n", Fate::NotSent, Some(600))]
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
async fn a_redirect_that_is_not_followed_says_so_without_the_address() {
    const MOVED: &str =
        "HTTP/1.1 302 Found\r\nlocation: http://elsewhere.example/5ec2e7\r\ncontent-length: 0\r\n\r\n";
    let (receiver, _) = server(|stream, heard| answer_http(stream, heard, MOVED)).await;
    let failure = by_webhook(receiver, Shape::Slack)
        .send(&message())
        .await
        .unwrap_err();
    assert!(failure.message.contains("is not followed"), "{failure:?}");
    assert!(!failure.message.contains("5ec2e7"), "{failure:?}");
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

/// Behind another port of the same host may sit somebody else: the message goes there, the owner's token does not.
#[tokio::test]
async fn a_redirect_to_another_port_gets_the_message_and_no_token() {
    thread_local!(static ELSEWHERE: Cell<u16> = const { Cell::new(0) });
    let (elsewhere, mut to_elsewhere) = server(|stream, heard| answer_http(stream, heard, GOOD)).await;
    ELSEWHERE.set(elsewhere.port());
    let (receiver, mut to_receiver) = server(|stream, heard| async move {
        let port = ELSEWHERE.get();
        answer_http(
            stream,
            heard,
            &format!("HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:{port}/\r\ncontent-length: 0\r\n\r\n"),
        )
        .await;
    })
    .await;
    let shape = Shape::Ntfy {
        token: Some("tk_5ec2e7".to_owned()),
    };
    by_webhook(receiver, shape).send(&message()).await.unwrap();
    assert!(to_receiver.recv().await.unwrap().contains("tk_5ec2e7"));
    let request = to_elsewhere.recv().await.unwrap();
    assert!(request.contains("The disk is full"), "{request}");
    assert!(!request.contains("tk_5ec2e7"), "{request}");
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

    let before = sending.notifier.replace(channels, LONGEST_PAUSE).unwrap();
    sending.send(&message()).await.unwrap();
    assert!(to_new.recv().await.is_some());

    sending.notifier.put_back(before);
    sending.send(&message()).await.unwrap();
    assert!(to_old.recv().await.is_some());
    assert!(to_new.try_recv().is_err());
}

/// Whoever decides what is sent learns of a change a moment later.
#[tokio::test]
async fn while_channels_change_those_that_will_be_gone_are_reached_too() {
    let (old, mut to_old) = server(|stream, heard| answer_http(stream, heard, GOOD)).await;
    let (new, mut to_new) = server(|stream, heard| answer_http(stream, heard, GOOD)).await;
    let sending = by_webhook(old, Shape::Slack);
    let target = Target::new(&format!("http://localhost:{}/hook", new.port()), Shape::Slack);
    let channels = [("another".to_owned(), Channel::Webhook(target.unwrap()))];

    let before = sending.notifier.add(channels.into(), LONGEST_PAUSE).unwrap();
    sending.send(&message()).await.unwrap();
    sending.notifier.send("another", &message()).await.unwrap();
    assert!(to_old.recv().await.is_some() && to_new.recv().await.is_some());

    sending.notifier.put_back(before);
    let gone = sending.notifier.send("another", &message()).await.unwrap_err();
    assert_eq!(gone.fate, Fate::Refused, "{gone:?}");
}

/// What the circuit breaker keeps is bounded as well: nobody who asks for a day silences a channel for it.
#[tokio::test]
async fn a_channel_is_left_alone_no_longer_than_the_owner_allows_also_after_that_was_changed() {
    let (receiver, mut requests) = server(|stream, heard| {
        answer_http(
            stream,
            heard,
            "HTTP/1.1 429 Slow down\r\nretry-after: 86400\r\ncontent-length: 0\r\n\r\n",
        )
    })
    .await;
    let sending = by_webhook(receiver, Shape::Slack);
    let target = Target::new(&format!("http://{receiver}/hook"), Shape::Slack);
    let channels = [("owner".to_owned(), Channel::Webhook(target.unwrap()))].into();
    let three = Duration::from_secs(3);
    drop(sending.notifier.replace(channels, three).unwrap());

    let asked = sending.send(&message()).await.unwrap_err();
    assert_eq!((asked.fate, asked.retry_after), (Fate::NotSent, Some(three)));
    let held = sending.send(&message()).await.unwrap_err();
    assert_eq!(held.fate, Fate::HeldBack, "{held:?}");
    assert!(held.retry_after.unwrap() <= three, "{held:?}");
    let why = "before that: `127.0.0.1` answered 429";
    assert!(
        held.message.contains(why),
        "nothing else says it any more: {held:?}"
    );
    assert!(requests.recv().await.is_some());
    assert!(requests.try_recv().is_err(), "it was asked once");
}

#[tokio::test]
async fn channels_are_known_by_name_and_kind_and_a_channel_that_went_is_refused() {
    let sending = by_webhook("127.0.0.1:9".parse().unwrap(), Shape::Slack);
    let known = sending.notifier.channels();
    assert_eq!((known[0].name.as_str(), known[0].kind), ("owner", "webhook"));

    drop(sending.notifier.replace([].into(), LONGEST_PAUSE).unwrap());

    assert_eq!(sending.notifier.channels(), []);
    let failure = sending.send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Refused);
}
