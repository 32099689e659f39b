//! Messages to receivers and mail servers that are down, silent, slow, rude or full: each arrives once, or is known not
//! to, and no channel keeps another waiting.

use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use crate::support::{
    Atlas, Door, Fault, Given, Heard, MailServer, Receiver, Relay, Reply, Security, USER, Watched,
    deliveries, eventually, incidents,
};

/// Longer than any attempt may take here.
const PATIENCE: Duration = Duration::from_secs(40);
/// An attempt, with the time that the server takes to notice.
const AN_ATTEMPT: Duration = Duration::from_secs(4);

#[rstest]
#[case::plainly(Security::None)]
#[case::from_the_middle_on(Security::StartTls)]
#[case::from_the_first_byte(Security::Tls)]
#[tokio::test(flavor = "multi_thread")]
async fn a_real_mail_server_takes_the_beginning_and_the_end(#[case] security: Security) {
    let (door, mail) = (Door::open_one().await, MailServer::up(security).await);
    let mut atlas = Watched::new()
        .check(door.check())
        .channel(mail.channel("mail"))
        .atlas();
    if security != Security::None {
        atlas = atlas.with("SSL_CERT_FILE", &mail.trusted());
    }
    let server = atlas.serve().await;
    door.close();
    mail.gets(1).await;
    door.open();
    let letters = mail.gets(2).await;
    assert_eq!(letters.len(), 2, "{letters:?}");
    let (beginning, end) = (&letters[0], &letters[1]);
    for letter in &letters {
        assert_eq!(letter.sender, "atlas@mail.example");
        assert_eq!(letter.recipients, ["reader@mail.example", "second@mail.example"]);
        assert_eq!(letter.is_protected, security != Security::None);
        assert_eq!(
            letter.user.as_deref(),
            (security != Security::None).then_some(USER)
        );
        assert_eq!(letter.defects, [] as [&str; 0]);
        assert!(letter.html.contains(Door::NAME), "{}", letter.html);
        assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
    }
    assert!(
        beginning.text.contains("CRITICAL a_door: a_door is critical"),
        "{}",
        beginning.text
    );
    assert!(
        beginning.text.contains("why: ") && beginning.text.contains("503"),
        "{}",
        beginning.text
    );
    assert!(beginning.text.contains("run: atlas status"), "{}", beginning.text);
    assert!(end.text.contains("RESOLVED a_door"), "{}", end.text);
    assert_ne!(beginning.header("Message-ID"), end.header("Message-ID"));
    assert!(!beginning.has_header("References"));
    assert_eq!(end.header("References"), beginning.header("Message-ID"));
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_down_gets_everything_once_when_it_is_back_and_no_other_channel_waits() {
    let (door, mut mail) = (Door::open_one().await, MailServer::down(Security::None));
    let hook = Receiver::start();
    let atlas = Watched::new()
        .check(door.check())
        .channel(mail.channel("mail"))
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    // Long enough that it is left alone, and tried again after that.
    eventually(
        PATIENCE,
        "the mail server is tried in vain again and again",
        async || {
            let tried = deliveries(&atlas, Door::NAME, "mail").await;
            tried
                .first()
                .is_some_and(|delivery| delivery["attempts"].as_u64() > Some(6))
        },
    )
    .await;
    assert!(mail.letters().is_empty());
    assert_eq!(
        hook.of_door().len(),
        1,
        "the other channel has what there is to tell"
    );

    mail.start().await;
    mail.gets(1).await;
    door.open();
    let letters = mail.gets(2).await;
    hook.hears("resolved").await;
    assert!(letters[0].text.contains("CRITICAL a_door"), "{}", letters[0].text);
    assert!(letters[1].text.contains("RESOLVED a_door"), "{}", letters[1].text);
    assert_eq!(letters.len(), 2, "each once");
    assert_eq!(hook.of_door().len(), 2);
    are_sent(&atlas, "mail", 2).await;
    assert_eq!(server.terminate().await, 0);
}

#[rstest]
#[case::never_speaks(Fault::NeverSpeaks, false)]
#[case::stalls_before_the_letter(Fault::StallsAt("DATA"), false)]
#[case::stalls_after_the_letter(Fault::StallsAt("."), true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_falls_silent_is_given_up_and_asked_again(
    #[case] fault: Fault,
    #[case] has_the_letter: bool,
) {
    let (door, relay, hook) = (
        Door::open_one().await,
        Relay::start(&[fault]).await,
        Receiver::start(),
    );
    let atlas = Watched::new()
        .check(door.check())
        .channel(relay.channel("mail"))
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    relay.is_spoken_to(2).await;
    let conversations = relay.conversations();
    let pause = conversations[1] - conversations[0];
    assert!(
        pause < AN_ATTEMPT + Duration::from_secs(6),
        "bounded, whatever the library does: {pause:?}"
    );
    let letters = relay.takes(1 + usize::from(has_the_letter)).await;
    let ids: Vec<&str> = letters.iter().map(Given::message_id).collect();
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "a repetition is told by its id: {ids:?}"
    );
    assert_eq!(server.terminate().await, 0);
}

#[rstest]
#[case::not_now("RCPT", "450 4.2.0 try again")]
#[case::no_room("MAIL", "452 4.3.1 full")]
#[case::too_busy("DATA", "421 4.3.2 busy")]
#[case::after_the_letter(".", "451 4.3.0 something failed")]
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_says_not_now_is_asked_again(
    #[case] command: &'static str,
    #[case] answer: &'static str,
) {
    let relay = Relay::start(&[Fault::Answers(command, answer), Fault::Answers(command, answer)]).await;
    let door = Door::open_one().await;
    let atlas = Watched::new()
        .check(door.check())
        .channel(relay.channel("mail"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    let letters = relay.takes(1).await;
    assert_eq!(relay.conversations().len(), 3);
    assert_eq!(letters.len(), 1);
    assert_eq!(server.terminate().await, 0);
}

/// A refusal is believed: the message goes through the channel that stands in, the owner hears that the first one
/// fails, and nobody is asked again and again.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_mail_server_refuses_goes_through_the_channel_that_stands_in() {
    let (door, relay, hook) = (Door::open_one().await, Relay::start(&[]).await, Receiver::start());
    relay.always(Fault::Answers("RCPT", "550 5.1.1 nobody of that name"));
    let atlas = Watched::new()
        .check(door.check())
        .channel(relay.channel("mail") + "failover = \"hook\"\n")
        .channel(hook.channel_with("hook", "min_severity = \"critical\"\nescalate_after = \"1d\""))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    let told = deliveries(&atlas, Door::NAME, "mail").await;
    assert_eq!(told[0]["state"], "dead", "{told:?}");
    assert_eq!(told[0]["attempts"], 1, "{told:?}");
    door.open();
    hook.hears("resolved").await;
    assert!(relay.letters().is_empty());
    assert_eq!(server.terminate().await, 0);
}

/// One address that the mail server does not take keeps nobody else from being told. That somebody misses what is told
/// is an incident, once, until a message reaches everybody again.
#[rstest]
#[case::for_good("550 5.1.1 nobody of that name")]
#[case::for_now("450 4.2.1 mailbox busy")]
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_address_keeps_the_others_from_nothing_and_is_told_once(#[case] answer: &'static str) {
    let (door, relay, hook) = (Door::open_one().await, Relay::start(&[]).await, Receiver::start());
    relay.always(Fault::AnswersTo("<second@mail.example>", answer));
    let both = "to = [\"reader@mail.example\", \"second@mail.example\"]";
    let channel = relay
        .channel("mail")
        .replace("to = \"reader@mail.example\"", both);
    let atlas = Watched::new()
        .check(door.check())
        .channel(channel)
        .channel(hook.channel_with("hook", ""))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    relay.takes(1).await;
    eventually(PATIENCE, "that somebody missed it is told", async || {
        let heard = hook.heard();
        heard
            .iter()
            .any(|heard| heard.message.to_string().contains("notifier_missed_somebody"))
    })
    .await;
    door.open();
    relay.takes(2).await;
    for delivery in are_sent(&atlas, "mail", 2).await {
        assert_eq!(delivery["attempts"], 1, "{delivery}");
        let said = delivery["last_error"].to_string();
        assert!(
            said.contains("second@mail.example") && !said.contains("reader@mail.example"),
            "{said}"
        );
    }
    assert_eq!(incidents(&atlas, "notifications").await.len(), 1);

    relay.always(Fault::None);
    door.close();
    relay.takes(3).await;
    eventually(PATIENCE, "it is over", async || {
        let known = incidents(&atlas, "notifications").await;
        known.len() == 1 && known[0]["state"] == "resolved"
    })
    .await;
    assert_eq!(relay.letters().len(), 3, "each once");
    assert_eq!(server.terminate().await, 0);
}

/// The connection is lost between the end of a letter and the answer to it: nobody knows, so it is sent again with the
/// same id, and a mail program shows it once.
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_unknown_fate_is_sent_again_under_its_id() {
    let (door, relay) = (
        Door::open_one().await,
        Relay::start(&[Fault::ClosesAt(".")]).await,
    );
    let atlas = Watched::new()
        .check(door.check())
        .channel(relay.channel("mail"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    let letters = relay.takes(2).await;
    assert_eq!(letters[0].message_id(), letters[1].message_id());
    door.open();
    let letters = relay.takes(3).await;
    assert_ne!(letters[2].message_id(), letters[0].message_id());
    assert!(
        letters[2].text.contains(letters[0].message_id()),
        "it hangs together with the first"
    );
    assert_eq!(server.terminate().await, 0);
}

/// Whatever a receiver does three times, the fourth time it works, and it has the message once, or knows repetitions by
/// their id.
#[rstest]
#[case::fails(Reply::status(500))]
#[case::bad_gateway(Reply::status(502))]
#[case::is_silent(Reply::Silence)]
#[case::breaks_off(Reply::Reset)]
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_in_trouble_is_asked_again_until_it_accepts(#[case] reply: Reply) {
    let (door, hook, other) = (Door::open_one().await, Receiver::start(), Receiver::start());
    hook.answers_next(vec![reply; 3]);
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .channel(other.channel("other"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    other.hears("firing").await;
    hook.hears("firing").await;
    let tried = hook.of_door();
    assert_eq!(tried.len(), 4);
    assert!(tried.iter().all(|heard| heard.id() == tried[0].id()), "{tried:?}");
    assert!(
        tried.iter().all(|heard| heard.message == tried[0].message),
        "word for word"
    );
    let key = format!("idempotency-key: {}", tried[0].id());
    assert!(tried.iter().all(|heard| heard.head.contains(&key)), "{tried:?}");
    door.open();
    hook.hears("resolved").await;
    other.hears("resolved").await;
    assert_eq!(hook.of_door().len(), 5);
    assert_eq!(other.of_door().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

/// The status is the answer, whatever becomes of the body.
#[rstest]
#[case::that_never_ends(Reply::SlowBody)]
#[case::of_a_gigabyte(Reply::Body(1_000_000_000))]
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_a_body_is_not_read_to_its_end(#[case] reply: Reply) {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    hook.answers(reply);
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    door.open();
    hook.hears("resolved").await;
    assert_eq!(
        hook.of_door().len(),
        2,
        "each was taken as accepted the first time"
    );
    assert!(
        hook.body_bytes() < 100_000_000,
        "{} bytes were taken",
        hook.body_bytes()
    );
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_without_an_address_keeps_no_other_waiting() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let nowhere = "name = \"nowhere\"\nkind = \"webhook\"\nurl = \"http://nowhere.invalid/hook\"\n";
    let atlas = Watched::new()
        .check(door.check())
        .channel(nowhere)
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    eventually(PATIENCE, "it is tried again", async || {
        let told = deliveries(&atlas, Door::NAME, "nowhere").await;
        told.iter()
            .any(|delivery| delivery["attempts"].as_u64() > Some(1))
    })
    .await;
    door.open();
    hook.hears("resolved").await;
    assert_eq!(server.terminate().await, 0);
}

/// What a receiver asks for is kept, up to the longest time that the owner allows, here two seconds. What makes no
/// sense is as if it had asked for nothing in particular.
#[rstest]
#[case::seconds(Reply::with(429, "retry-after: 1"), 1_000)]
#[case::absurd(Reply::with(429, "retry-after: 99999999999999999999"), 2_000)]
#[case::long(Reply::with(429, "retry-after: 86400"), 2_000)]
#[case::a_date_far_away(Reply::with(429, "retry-after: Fri, 31 Dec 2100 23:59:59 GMT"), 2_000)]
#[case::a_date_in_the_past(Reply::with(429, "retry-after: Sun, 06 Nov 1994 08:49:37 GMT"), 0)]
#[case::negative(Reply::with(429, "retry-after: -5"), 0)]
#[case::missing(Reply::status(429), 0)]
#[case::with_another_status(Reply::with(503, "retry-after: 2"), 2_000)]
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_a_pause_gets_it_within_bounds(
    #[case] reply: Reply,
    #[case] at_least_ms: u64,
) {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    hook.answers_next([reply]);
    let atlas = Watched::new()
        .alerts("retry_after_cap", "\"2s\"")
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    hook.hears("firing").await;
    let tried = hook.of_door();
    assert_eq!(tried.len(), 2);
    let pause = tried[1].at - tried[0].at;
    assert!(pause >= Duration::from_millis(at_least_ms), "{pause:?}");
    assert!(pause < Duration::from_secs(10), "{pause:?}");
    assert_eq!(server.terminate().await, 0);
}

/// Where the owner sends messages is trusted as it stands; where that leads to is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_an_address_that_is_not_allowed_is_not_followed() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let inside = Receiver::absent_on("127.0.0.2");
    inside.appear();
    hook.answers(Reply::with(307, &format!("location: {}", inside.url())));
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas()
        .with("ATLAS_FETCH_ALLOW_HOSTS", "127.0.0.1");
    let server = atlas.serve().await;
    door.close();
    eventually(PATIENCE, "it is given up", async || {
        let told = deliveries(&atlas, Door::NAME, "hook").await;
        told.iter().any(|delivery| delivery["state"] == "dead")
    })
    .await;
    assert!(inside.heard().is_empty());
    assert_eq!(server.terminate().await, 0);
}

/// The end of what was told is told, also if the receiver was away when it ended, and the server restarted meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_while_the_receiver_is_down_is_told_after_a_restart() {
    let (door, hook) = (Door::open_one().await, Receiver::start());
    let atlas = Watched::new()
        .check(door.check())
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    door.close();
    let beginning = hook.hears("firing").await;
    hook.answers(Reply::status(503));
    door.open();
    hook.hears_at_least(3).await; // the end, in vain
    assert_eq!(server.terminate().await, 0);

    hook.answers(Reply::status(204));
    let server = atlas.serve().await;
    let end = hook.hears("resolved").await;
    assert_eq!(end.message["follows"], beginning.message["delivery_id"]);
    let ends: Vec<String> = hook.of_door()[1..].iter().map(Heard::id).collect();
    assert!(
        ends.iter().all(|id| *id == end.id()),
        "one message, tried again: {ends:?}"
    );
    assert_eq!(hook.accepted().len(), 2);
    assert_eq!(server.terminate().await, 0);
}

/// Waits until the server knows of so many messages about the door that they were taken, and of no others.
async fn are_sent(atlas: &Atlas, channel: &str, count: usize) -> Vec<Value> {
    let mut told = Vec::new();
    eventually(PATIENCE, "every message is known to be sent", async || {
        told = deliveries(atlas, Door::NAME, channel).await;
        told.len() == count && told.iter().all(|delivery| delivery["state"] == "sent")
    })
    .await;
    told
}

/// Line breaks, headers and markup in a reason, and a megabyte of it: what comes from outside stays text.
#[rstest]
#[case::line_breaks("fine\r\nBcc: everybody@mail.example\r\n\r\nno more headers")]
#[case::markup("<script>alert(1)</script><img src=x onerror=alert(1)>&amp;")]
#[case::a_megabyte(&"long ".repeat(200_000))]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_says_of_itself_stays_text_in_every_message(#[case] said: &str) {
    let (door, mail, hook) = (
        Door::open_one().await,
        MailServer::up(Security::None).await,
        Receiver::start(),
    );
    let program = door.program_that_says(said);
    let atlas = Watched::new()
        .check(program)
        .channel(mail.channel("mail"))
        .channel(hook.channel("hook"))
        .atlas();
    let server = atlas.serve().await;
    let (letter, heard) = (mail.gets(1).await.remove(0), hook.hears("firing").await);
    assert!(!letter.has_header("Bcc"), "{letter:?}");
    assert_eq!(letter.recipients, ["reader@mail.example", "second@mail.example"]);
    assert_eq!(letter.defects, [] as [&str; 0]);
    assert!(!letter.header("Subject").contains(['\r', '\n']));
    assert!(
        !letter.html.contains("<script") && !letter.html.contains("<img"),
        "{}",
        letter.html
    );
    assert!(letter.bytes < 300_000, "{} bytes", letter.bytes);
    assert!(heard.message.to_string().len() <= 64 * 1024);
    assert_eq!(server.terminate().await, 0);
}
