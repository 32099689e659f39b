//! Letters and relays.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Fate;
use atlas_net::notify::{Channel, Mailing, Relay};
use rstest::rstest;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_rustls::TlsAcceptor;

use crate::support::{Sending, message, server, speak_smtp, speak_smtp_after_greeting};

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
#[case::mailbox_busy("RCPT", "450 4.2.1 try later", Fate::NotYet, None)]
#[case::grey_list("MAIL", "451 4.7.1 come again", Fate::NotYet, None)]
#[case::mailbox_full("RCPT", "452 4.2.2 full", Fate::NotYet, None)]
#[case::relay_full("MAIL", "452 4.3.1 full", Fate::NotSent, Some(120))]
#[case::closing("MAIL", "421 4.7.0 too many", Fate::NotSent, Some(120))]
#[case::closing_at_a_recipient("RCPT", "421 4.3.2 shutting down", Fate::NotSent, Some(120))]
#[case::other_trouble("DATA", "454 4.0.0 later", Fate::NotSent, None)]
#[case::unknown_mailbox("RCPT", "550 5.1.1 nobody here", Fate::Refused, None)]
#[case::content(".", "554 5.7.1 looks like spam", Fate::Refused, None)]
#[case::content_later(".", "451 4.7.1 greylisted", Fate::NotYet, None)]
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

/// One who is refused, or put off, keeps nobody else from being told, and is named.
#[rstest]
#[case::for_good("550 5.1.1 nobody of that name")]
#[case::for_now("450 4.2.1 mailbox busy")]
#[case::for_want_of_room("452 4.2.2 mailbox full")]
#[tokio::test]
async fn a_letter_reaches_those_whom_the_relay_takes_and_names_the_others(#[case] answer: &'static str) {
    thread_local!(static SECOND: std::cell::Cell<&'static str> = const { std::cell::Cell::new("") });
    SECOND.set(answer);
    let (relay, mut letters) = server(|stream, heard| {
        speak_smtp(stream, heard, |command| {
            if command.starts_with("RCPT TO:<second@") {
                Some(SECOND.get())
            } else {
                agree(command)
            }
        })
    })
    .await;
    let sending = by_mail(relay);
    let receipt = sending.send(&message()).await.unwrap();
    assert!(receipt.answer.contains("queued as 4711"), "{receipt:?}");
    assert_eq!(receipt.missed.len(), 1, "{receipt:?}");
    assert_eq!(receipt.missed[0].who, "second@mail.example");
    assert!(receipt.missed[0].why.contains(&answer[..3]), "{receipt:?}");
    assert!(receipt.misses().contains("second@mail.example"), "{receipt:?}");
    assert!(letters.recv().await.is_some());
}

/// Nobody is taken: if one of them may be later, the letter is tried again, else it is not.
#[rstest]
#[case::one_may_be_later("450 4.2.1 busy", Fate::NotYet)]
#[case::nobody_ever("551 5.1.6 moved away", Fate::Refused)]
#[tokio::test]
async fn a_letter_that_the_relay_takes_for_nobody_has_not_been_sent(
    #[case] second: &'static str,
    #[case] fate: Fate,
) {
    thread_local!(static SECOND: std::cell::Cell<&'static str> = const { std::cell::Cell::new("") });
    SECOND.set(second);
    let (relay, mut letters) = server(|stream, heard| {
        speak_smtp(stream, heard, |command| {
            if command.starts_with("RCPT TO:<second@") {
                Some(SECOND.get())
            } else if command.starts_with("RCPT") {
                Some("550 5.1.1 nobody of that name")
            } else {
                agree(command)
            }
        })
    })
    .await;
    let failure = by_mail(relay).send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, fate, "{failure:?}");
    assert!(
        failure.message.contains("reader@") && failure.message.contains("second@"),
        "{failure:?}"
    );
    assert!(letters.try_recv().is_err());
}

/// A busy mailbox says nothing of the relay: however often it is tried, everything else still goes there at once.
#[tokio::test]
async fn a_recipient_that_is_put_off_is_no_pause_of_the_channel() {
    let (relay, _letters) = server(|stream, heard| {
        speak_smtp(stream, heard, |command| {
            if command.starts_with("RCPT") {
                Some("450 4.2.1 busy")
            } else {
                agree(command)
            }
        })
    })
    .await;
    let sending = by_mail(relay);
    for _ in 0..20 {
        let failure = sending.send(&message()).await.unwrap_err();
        assert_eq!(
            (failure.fate, failure.retry_after),
            (Fate::NotYet, None),
            "{failure:?}"
        );
    }
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

/// A relay that offers TLS with a certificate that nobody has signed, as mail servers do after their installation.
async fn relay_with_a_certificate_of_its_own() -> (SocketAddr, UnboundedReceiver<String>) {
    let made = rcgen::generate_simple_self_signed(["relay.example".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    server(move |mut stream, heard| {
        let acceptor = acceptor.clone();
        async move {
            // Byte by byte, so that nothing of the handshake is taken for commands.
            let _ = stream.write_all(b"220 relay.example\r\n").await;
            for answer in ["250-relay.example\r\n250 STARTTLS\r\n", "220 go on\r\n"] {
                while stream.read_u8().await.is_ok_and(|byte| byte != b'\n') {}
                let _ = stream.write_all(answer.as_bytes()).await;
            }
            if let Ok(stream) = acceptor.accept(stream).await {
                speak_smtp_after_greeting(stream, heard, agree).await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_relay_of_this_machine_needs_no_certificate_that_somebody_has_signed() {
    let (relay, mut letters) = relay_with_a_certificate_of_its_own().await;
    let receipt = by_mail(relay).send(&message()).await.unwrap();
    assert!(receipt.answer.contains("queued as 4711"), "{receipt:?}");
    assert!(
        letters
            .recv()
            .await
            .unwrap()
            .contains("Message-ID: <d-17@mail.example>")
    );
}

#[tokio::test]
async fn a_relay_that_must_prove_who_it_is_and_cannot_is_told_of_with_the_way_out() {
    let (relay, mut letters) = relay_with_a_certificate_of_its_own().await;
    let sending = Sending::by(Channel::Email {
        relay: Relay::new(&format!("smtp://{relay}?tls=required"), None).unwrap(),
        mailing: Mailing::new("atlas@mail.example", &["reader@mail.example"]).unwrap(),
    });
    let failure = sending.send(&message()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::NotSent, "{failure:?}");
    assert!(failure.message.contains("?tls=opportunistic"), "{failure:?}");
    assert!(letters.try_recv().is_err(), "nobody gets the letter");
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
