//! Hands one letter to a relay. Step by step, so that it is known how far a conversation had come when it broke off:
//! once the text is on its way, the relay may have the letter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_domain::{Receipt, SendFailure};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;

use super::failure::{not_sent, refused, unknown};
use super::mail::Letter;
use super::relay::{Relay, Security};

/// A relay that asks for a pause seldom says how long.
const PAUSE: Duration = Duration::from_mins(2);
/// A recipient on a grey list is let through after some minutes.
const GREY_LIST_PAUSE: Duration = Duration::from_mins(5);

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
        not_sent(format!(
            "no connection to the relay `{}`: {}",
            relay.host,
            deepest(error)
        ))
    };
    let tls = TlsParameters::new(relay.host.clone()).map_err(|error| failed(&error))?;
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
    for recipient in letter.envelope.to() {
        // One who is refused must not keep the others from being told; but a letter that reaches nobody has failed.
        connection
            .command(Rcpt::new(recipient.clone(), Vec::new()))
            .await
            .map_err(|error| of_answer(&error, relay, &format!("the recipient {recipient}")))?;
    }
    connection
        .command(Data)
        .await
        .map_err(|error| of_answer(&error, relay, "the letter"))?;
    handed_over.store(true, Ordering::Relaxed);
    match connection.message(&letter.bytes).await {
        Ok(response) => Ok(Receipt {
            answer: told(&response),
        }),
        Err(error) if error.status().is_some() => Err(of_answer(&error, relay, "the letter")),
        Err(error) => Err(unknown(format!(
            "the relay `{}` was lost before it said whether it has the letter: {}",
            relay.host,
            deepest(&error)
        ))),
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
    let retry_after = match u16::from(status) {
        450 | 451 => Some(GREY_LIST_PAUSE),
        421 | 452 => Some(PAUSE),
        _ => None,
    };
    if error.is_permanent() {
        return refused(message);
    }
    SendFailure {
        retry_after,
        ..not_sent(message)
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
