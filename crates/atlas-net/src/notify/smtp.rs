//! Hands one letter to a relay. Step by step, so that it is known how far a conversation had come when it broke off:
//! once the text is on its way, the relay may have the letter.
//!
//! A letter to several people is one delivery, and the relay answers for each of them. It goes to those whom the relay
//! takes (RFC 5321, section 3.3: one accepted recipient is enough), and the receipt names the others with the
//! reason. Nobody tries those again, also not one who is only put off: a second letter under the same delivery would
//! come to everybody again, and what follows, such as the end of an alarm, would wait for one mailbox that is full
//! for days. Whoever wants each person tried until they have it sets up a channel for each. Where the relay takes
//! nobody, the letter has not been sent, and is tried again if any of them may be taken later.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_domain::{Fate, Missed, Receipt, SendFailure};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;

use super::failure::{not_sent, not_yet, refused, unknown};
use super::mail::Letter;
use super::relay::{Relay, Security};

/// A relay that asks for a pause seldom says how long.
const PAUSE: Duration = Duration::from_mins(2);
/// It closes the connection, whatever it was asked.
const CLOSING: u16 = 421;
/// It has no room: for any letter, unless it says so of one recipient.
const NO_ROOM: u16 = 452;

/// Hands `letter` to `relay`. The caller bounds the time; `handed_over` says whether the text had begun to travel.
pub(super) async fn send(
    relay: &Relay,
    letter: &Letter,
    handed_over: &AtomicBool,
) -> Result<Receipt, SendFailure> {
    let mut connection = connect(relay).await?;
    let outcome = hand_over(&mut connection, relay, letter, handed_over).await;
    if outcome.is_ok() {
        // The letter is theirs: whether they hear our goodbye changes nothing.
        let _ = connection.quit().await;
    } else {
        connection.abort().await;
    }
    outcome
}

async fn connect(relay: &Relay) -> Result<AsyncSmtpConnection, SendFailure> {
    let failed = |error: &Error| {
        let reason = deepest(error);
        let advice = if reason.contains("certificate") {
            "; a certificate of your own must be signed by an authority that this machine trusts, and one that is \
             nobody's is taken with ?tls=opportunistic behind the address"
        } else {
            ""
        };
        not_sent(format!(
            "no connection to the relay `{}`: {reason}{advice}",
            relay.host
        ))
    };
    let takes_any = relay.security == Security::IfOffered;
    let tls = TlsParameters::builder(relay.host.clone())
        // Whoever could show a wrong certificate could as well offer no TLS, and have the letter in clear. No password
        // is sent like this, but to this machine.
        .dangerous_accept_invalid_certs(takes_any)
        .dangerous_accept_invalid_hostnames(takes_any)
        .build()
        .map_err(|error| failed(&error))?;
    let hello = ClientId::default();
    let at_once = (relay.security == Security::Tls).then(|| tls.clone());
    let server = (relay.host.as_str(), relay.port);
    let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &hello, at_once, None)
        .await
        .map_err(|error| failed(&error))?;
    let wants_tls = match relay.security {
        Security::StartTls if !connection.can_starttls() => {
            connection.abort().await;
            return Err(refused(format!(
                "the relay `{}` offers no TLS; add ?tls=none to its address if that is right",
                relay.host
            )));
        }
        Security::StartTls => true,
        Security::IfOffered => connection.can_starttls(),
        Security::Tls | Security::None => false,
    };
    if wants_tls {
        connection
            .starttls(tls, &hello)
            .await
            .map_err(|error| failed(&error))?;
    }
    if let (Some(user), Some(password)) = (&relay.user, &relay.password) {
        let credentials = Credentials::new(user.clone(), password.clone());
        connection
            .auth(DEFAULT_MECHANISMS, &credentials)
            .await
            .map_err(|error| of_answer(&error, relay, "the user name and password"))?;
    }
    Ok(connection)
}

async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    relay: &Relay,
    letter: &Letter,
    handed_over: &AtomicBool,
) -> Result<Receipt, SendFailure> {
    let sender = letter.envelope.from().cloned();
    connection
        .command(Mail::new(sender, Vec::new()))
        .await
        .map_err(|error| of_answer(&error, relay, "the sender"))?;
    let missed = name_recipients(connection, relay, letter).await?;
    connection
        .command(Data)
        .await
        .map_err(|error| of_answer(&error, relay, "the letter"))?;
    handed_over.store(true, Ordering::Relaxed);
    match connection.message(&letter.bytes).await {
        Ok(response) => Ok(Receipt {
            answer: told(&response),
            missed,
        }),
        Err(error) if error.status().is_some() => Err(of_answer(&error, relay, "the letter")),
        Err(error) => Err(unknown(format!(
            "the relay `{}` was lost before it said whether it has the letter: {}",
            relay.host,
            deepest(&error)
        ))),
    }
}

/// Tells the relay whom the letter is for. Returns those whom it does not take, if it takes others.
async fn name_recipients(
    connection: &mut AsyncSmtpConnection,
    relay: &Relay,
    letter: &Letter,
) -> Result<Vec<Missed>, SendFailure> {
    let (mut missed, mut may_come_later) = (Vec::new(), false);
    let recipients = letter.envelope.to();
    for recipient in recipients {
        let named = connection.command(Rcpt::new(recipient.clone(), Vec::new()));
        let Err(error) = named.await else {
            continue;
        };
        let failure = of_recipient(&error, relay, &format!("the recipient {recipient}"));
        match failure.fate {
            Fate::Refused => {}
            Fate::NotYet => may_come_later = true,
            // This is not about the recipient: the relay closes, or is gone.
            Fate::NotSent | Fate::Unknown | Fate::HeldBack => return Err(failure),
        }
        missed.push(Missed {
            who: recipient.to_string(),
            why: failure.message,
        });
    }
    if missed.len() < recipients.len() {
        return Ok(missed);
    }
    let reasons: Vec<String> = missed.into_iter().map(|missed| missed.why).collect();
    let reasons = reasons.join("; ");
    Err(if may_come_later {
        not_yet(reasons)
    } else {
        refused(reasons)
    })
}

/// The relay said no to a recipient. Only with 421 does it speak of itself.
fn of_recipient(error: &Error, relay: &Relay, what: &str) -> SendFailure {
    let failure = of_answer(error, relay, what);
    let closes = error.status().is_none_or(|status| u16::from(status) == CLOSING);
    if closes || failure.fate == Fate::Refused {
        failure
    } else {
        not_yet(failure.message)
    }
}

/// The relay said no to `what`, or said nothing any more.
fn of_answer(error: &Error, relay: &Relay, what: &str) -> SendFailure {
    let host = &relay.host;
    let Some(status) = error.status() else {
        return not_sent(format!("the relay `{host}` was lost: {}", deepest(error)));
    };
    let message = format!(
        "the relay `{host}` does not take {what}: {status} {}",
        deepest(error)
    );
    if error.is_permanent() {
        return refused(message);
    }
    match u16::from(status) {
        // A busy mailbox, or a grey list, which looks at the sender or the text: another letter may well be taken.
        450 | 451 => not_yet(message),
        CLOSING | NO_ROOM => SendFailure {
            retry_after: Some(PAUSE),
            ..not_sent(message)
        },
        _ => not_sent(message),
    }
}

fn told(response: &Response) -> String {
    let words: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), words.join(" "))
}

/// The reason behind the reason.
fn deepest(error: &Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}
