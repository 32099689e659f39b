//! `atlas status --watch`: a page on the terminal that follows a running server. It looks, and changes nothing; that
//! somebody watches is all that the server learns.

mod draw;
mod keys;
mod looking;
mod picture;
mod screen;

#[cfg(test)]
mod tests;

use std::time::Duration;

use atlas_domain::{Clock, SystemClock, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use self::draw::Page;
use self::keys::{Wish, wishes};
use self::picture::{Picture, Silence};
use self::screen::Screen;
use crate::cli::output::Output;
use crate::client::Client;
use crate::error::{CliError, Exit};

const EVERY: Duration = Duration::from_secs(1);

/// What a look came to.
type Found = Result<Picture, String>;

/// Until somebody leaves. A server that goes away is waited for.
pub(super) async fn run(client: &Client, output: &Output) -> Result<Exit, CliError> {
    if !output.is_terminal() {
        let message = "`--watch` draws on a terminal, and standard output is none; `atlas status` says the same once, \
                       and `atlas status --watch --json` a line each time";
        return Err(CliError::new(Exit::Usage, message));
    }
    if matches!(client, Client::InProcess(_)) {
        let message = "no server runs on this library, so nobody looks after it: start one with `atlas serve`; \
                       `atlas status` says what there is";
        return Err(CliError::new(Exit::Unreachable, message));
    }
    let mut screen = Screen::open()?;
    follow(client, &mut screen, output.wants_colour()).await
}

async fn follow(client: &Client, screen: &mut Screen, colour: bool) -> Result<Exit, CliError> {
    let clock = SystemClock;
    let (columns, of_columns) = watch::channel(screen.columns());
    let (mut wishes, mut resizes) = (wishes()?, Screen::resizes()?);
    let mut found = look_again_and_again(client.clone(), of_columns);
    let mut seen = Seen::begin(clock.now());
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        screen.show(&seen.page(clock.now(), colour))?;
        tokio::select! {
            biased;
            wish = wishes.recv() => match wish {
                Some(Wish::Interrupt) => return Ok(Exit::Interrupted),
                Some(Wish::Leave) | None => return Ok(Exit::Ok),
            },
            Some(()) = resizes.recv() => { columns.send_replace(screen.columns()); }
            found = found.recv() => match found {
                Some(found) => seen.take(found, clock.now()),
                None => return Err(CliError::unexpected()),
            },
            _ = ticks.tick() => {} // the clock goes on while nobody answers
        }
    }
}

/// A look that takes long delays the next one, never the page. It ends when nobody takes what it finds.
fn look_again_and_again(client: Client, columns: watch::Receiver<u16>) -> mpsc::Receiver<Found> {
    let (tell, told) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let columns = *columns.borrow();
            let found = looking::look(&client, columns, SystemClock.now()).await;
            if tell.send(found).await.is_err() {
                return;
            }
        }
    });
    told
}

/// What was seen so far.
struct Seen {
    picture: Option<Picture>,
    answered_at: Timestamp,
    silence: Option<Silence>,
}

impl Seen {
    fn begin(now: Timestamp) -> Self {
        Self {
            picture: None,
            answered_at: now,
            silence: None,
        }
    }

    fn take(&mut self, found: Found, now: Timestamp) {
        match found {
            Ok(picture) => {
                self.picture = Some(picture);
                self.answered_at = now;
                self.silence = None;
            }
            Err(why) => {
                self.silence = Some(Silence {
                    since: self.answered_at,
                    why,
                });
            }
        }
    }

    fn page(&self, now: Timestamp, colour: bool) -> Page<'_> {
        Page {
            picture: self.picture.as_ref(),
            silence: self.silence.as_ref(),
            now,
            colour,
        }
    }
}

#[cfg(test)]
mod seeing {
    use super::*;
    use crate::cli::output::tests::captured;

    #[test]
    fn a_server_is_silent_since_its_last_answer_and_until_the_next() {
        let at = Timestamp::from_millis;
        let mut seen = Seen::begin(at(0));
        seen.take(Ok(Picture::default()), at(1_000));
        for now in [2_000, 60_000] {
            seen.take(Err("no answer within 5 s".to_owned()), at(now));
            assert_eq!(
                seen.silence.as_ref().map(|silence| silence.since),
                Some(at(1_000))
            );
            assert!(seen.picture.is_some(), "the last picture stays");
        }
        seen.take(Ok(Picture::default()), at(61_000));
        assert_eq!(seen.silence, None);
        seen.take(Err(String::new()), at(62_000));
        assert_eq!(seen.silence.map(|silence| silence.since), Some(at(61_000)));
    }

    #[tokio::test]
    async fn what_is_no_terminal_is_not_drawn_on() {
        let client = Client::InProcess(axum::Router::new());
        let error = run(&client, &captured(false).0).await.unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(
            error.message.contains("`atlas status` says the same once"),
            "{}",
            error.message
        );
    }
}
