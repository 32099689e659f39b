//! Letters and relays.

use std::net::SocketAddr;
use std::time::Duration;

use atlas_domain::Fate;
use atlas_net::notify::{Channel, Mailing, Relay};
use rstest::rstest;

use crate::support::{Sending, message, server, speak_smtp};

fn by_mail(relay: SocketAddr) -> Sending {
    let to = ["reader@mail.example", "second@mail.example"];
    Sending::by(Channel::Email {
        relay: Relay::new(&format!("smtp://{relay}"), None).unwrap(),
        mailing: Mailing::new("Atlas <atlas@mail.example>", &to).unwrap(),
    })
}

/// What a good relay says.
fn agree(command: &str) -> Option<&'static str> {
    Some(match command.split([' ', ':']).next().unwrap_or_default() {
        "EHLO" => "250-relay.example\r\n250 8BITMIME",
        "DATA" => "354 go on",
        "." => "250 2.0.0 queued as 4711",
        "QUIT" => "221 bye",
        "" => return None,
        _ => "250 ok",
    })
}

#[tokio::test]
async fn a_letter_is_handed_in_once_with_both_recipients() {
    let (relay, mut letters) = server(|stream, heard| speak_smtp(stream, heard, agree)).await;
    let receipt = by_mail(relay).send(&message()).await.unwrap();
    assert!(receipt.answer.contains("queued as 4711"), "{receipt:?}");
    let letter = letters.recv().await.unwrap();
    assert!(letter.contains("Message-ID: <d-17@mail.example>"), "{letter}");
    assert!(
        letter.contains("To: reader@mail.example, second@mail.example"),
        "{letter}"
    );
}

#[rstest]
#[case::mailbox_busy("RCPT", "450 4.2.1 try later", Fate::NotSent, Some(300))]
#[case::local_error("MAIL", "451 4.3.0 trouble", Fate::NotSent, Some(300))]
#[case::full("RCPT", "452 4.2.2 full", Fate::NotSent, Some(120))]
#[case::closing("MAIL", "421 4.7.0 too many", Fate::NotSent, Some(120))]
#[case::other_trouble("DATA", "454 4.0.0 later", Fate::NotSent, None)]
#[case::unknown_mailbox("RCPT", "550 5.1.1 nobody here", Fate::Refused, None)]
#[case::content(".", "554 5.7.1 looks like spam", Fate::Refused, None)]
#[case::content_later(".", "451 4.7.1 greylisted", Fate::NotSent, Some(300))]
#[tokio::test]
async fn what_the_relay_says_decides_what_becomes_of_a_letter(
    #[case] command: &'static str,
    #[case] answer: &'static str,
    #[case] fate: Fate,
    #[case] pause_secs: Option<u64>,
) {
    // The relay's script is a plain function: what differs from case to case is kept beside it.
    thread_local!(static DIFFERENT: std::cell::Cell<(&'static str, &'static str)> = const { std::cell::Cell::new(("", "")) });
    DIFFERENT.set((command, answer));
    let (relay, _letters) = server(|stream, heard| {
        speak_smtp(stream, heard, |command| {
            let (different, answer) = DIFFERENT.get();
            if command.starts_with(different) {
                Some(answer)
            } else {
                agree(command)
            }
        })
    })
    .await;
    let failure = by_mail(relay).send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, fate, "{failure:?}");
    assert_eq!(
        failure.retry_after,
        pause_secs.map(Duration::from_secs),
        "{failure:?}"
    );
    assert!(failure.message.contains(&answer[..3]), "{failure:?}");
}

#[tokio::test]
async fn a_relay_that_takes_the_connection_and_never_speaks_is_given_up() {
    let (relay, _) = server(|stream, _| async move {
        let _kept_open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let failure = by_mail(relay).send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::NotSent, "{failure:?}");
    assert!(failure.message.contains("did not answer"), "{failure:?}");
}

#[rstest]
#[case::stalls(Some(""))]
#[case::breaks_off(None)]
#[tokio::test]
async fn a_relay_that_is_lost_after_the_final_dot_may_have_the_letter(#[case] end: Option<&'static str>) {
    thread_local!(static END: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) });
    END.set(end);
    let (relay, mut letters) = server(|stream, heard| {
        speak_smtp(stream, heard, |command| {
            if command == "." { END.get() } else { agree(command) }
        })
    })
    .await;
    let failure = by_mail(relay).send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Unknown, "{failure:?}");
    assert!(letters.recv().await.is_some());
}

#[tokio::test]
async fn a_relay_that_breaks_off_before_the_text_has_nothing() {
    let (relay, _) = server(|stream, heard| {
        speak_smtp(stream, heard, |command| {
            if command == "DATA" { None } else { agree(command) }
        })
    })
    .await;
    let failure = by_mail(relay).send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::NotSent, "{failure:?}");
}

#[tokio::test]
async fn a_relay_that_must_offer_tls_and_does_not_is_told_of_with_the_way_out() {
    let (relay, _) = server(|stream, heard| speak_smtp(stream, heard, agree)).await;
    let to = ["reader@mail.example"];
    let sending = Sending::by(Channel::Email {
        relay: Relay::new(&format!("smtp://{relay}?tls=required"), None).unwrap(),
        mailing: Mailing::new("atlas@mail.example", &to).unwrap(),
    });
    let failure = sending.send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Refused);
    assert!(failure.message.contains("?tls=none"), "{failure:?}");
}

#[tokio::test]
async fn nobody_listens() {
    let failure = by_mail("127.0.0.1:9".parse().unwrap())
        .send(&message())
        .await
        .unwrap_err();
    assert_eq!(failure.fate, Fate::NotSent);
    assert!(
        failure.message.contains("no connection to the relay"),
        "{failure:?}"
    );
}
