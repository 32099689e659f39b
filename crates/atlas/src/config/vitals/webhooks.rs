//! Webhooks: their addresses, and the form that whoever waits there understands. An address may be a secret itself, so
//! none is ever told.

use atlas_net::notify::{Shape, SigningSecret, Target};
use url::Url;

use super::reading::Reading;
use super::secret::{Folder, web_url, web_url_in_file};
use super::written::Written;

/// Where Telegram is, unless a server of one's own stands in for it.
const TELEGRAM: &str = "https://api.telegram.org";

/// How a message can be written for a webhook.
const FORMATS: [(&str, Format); 5] = [
    ("atlas", Format::Atlas),
    ("slack", Format::Slack),
    ("discord", Format::Discord),
    ("ntfy", Format::Ntfy),
    ("telegram", Format::Telegram),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Atlas,
    Slack,
    Discord,
    Ntfy,
    Telegram,
}

/// The address and the form.
pub(super) fn read(reading: &mut Reading<'_>, folder: &Folder) -> Option<Target> {
    let format = match reading.written("format") {
        Some(_) => reading.word("format", &FORMATS)?,
        None => Format::Atlas,
    };
    match format {
        Format::Atlas => {
            let (url, secret) = (url_of(reading), folder.secret_of(reading).ok()?);
            let secret = secret.map(|secret| SigningSecret::parse(&secret)).transpose();
            let secret = secret.map_err(|error| {
                reading.mistake(
                    "secret_file",
                    format!("names a file whose content is no secret: it {error}"),
                );
            });
            target(reading, &url?, Shape::Atlas(secret.ok()?))
        }
        Format::Ntfy => {
            let (url, token) = (url_of(reading), folder.secret_of(reading).ok()?);
            target(reading, &url?, Shape::Ntfy { token })
        }
        Format::Telegram => telegram(reading, folder),
        Format::Slack => secret_address(reading, folder, Shape::Slack),
        Format::Discord => secret_address(reading, folder, Shape::Discord),
    }
}

fn url_of(reading: &mut Reading<'_>) -> Option<Url> {
    let url = reading.needed("url", "\"https://ntfy.example/atlas\"")?;
    web_url(url).map_err(|what| reading.mistake("url", what)).ok()
}

/// The address is the secret: it stands in a file of its own, or here.
fn secret_address(reading: &mut Reading<'_>, folder: &Folder, shape: Shape) -> Option<Target> {
    let has_url = reading.has("url");
    let secret = folder.secret_of(reading).ok()?;
    if secret.is_none() && !has_url {
        let _ = reading.written("url"); // it could be set
        reading.missing(
            "secret_file",
            "\"webhook.secret\": a file with the address to call",
        );
        return None;
    }
    let url = match (&secret, has_url) {
        (Some(_), true) => {
            let _ = reading.written("url");
            reading.mistake("url", "and `secret_file` both say the address; leave one out");
            return None;
        }
        (Some(secret), false) => {
            let _ = reading.written("url");
            let url = web_url_in_file(secret);
            url.map_err(|what| reading.mistake("secret_file", what)).ok()?
        }
        (None, _) => url_of(reading)?,
    };
    target(reading, &url, shape)
}

/// The token of the bot is part of the path.
fn telegram(reading: &mut Reading<'_>, folder: &Folder) -> Option<Target> {
    let chat = reading.written("chat").map(Written::compact);
    if chat.is_none() {
        reading.missing("chat", "\"123456789\"");
    }
    let base = if reading.has("url") {
        url_of(reading)
    } else {
        let _ = reading.written("url");
        Url::parse(TELEGRAM).ok()
    };
    if !reading.has("secret_file") {
        reading.missing(
            "secret_file",
            "\"telegram.secret\": a file with the token of the bot",
        );
    }
    let token = folder.secret_of(reading).ok()??;
    let is_of_tokens = |character: char| character.is_ascii_alphanumeric() || ":-_".contains(character);
    if !token.chars().all(is_of_tokens) {
        reading.mistake(
            "secret_file",
            "names a file whose content is no token, like 123456789:AbC-dEf",
        );
        return None;
    }
    let base = base?;
    let path = format!("{}/bot{token}/sendMessage", base.path().trim_end_matches('/'));
    let mut url = base;
    url.set_path(&path);
    target(reading, &url, Shape::Telegram { chat: chat? })
}

fn target(reading: &mut Reading<'_>, url: &Url, shape: Shape) -> Option<Target> {
    let target = Target::new(url.as_str(), shape);
    // What it says of the address may be a secret, and has been looked at.
    target
        .map_err(|_| reading.mistake("url", "cannot be called"))
        .ok()
}
