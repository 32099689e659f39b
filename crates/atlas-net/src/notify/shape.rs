//! `Target` and `Shape`: where a webhook goes, and how a message is written for the service that waits there. Pure.

use atlas_domain::url::check_web_url;
use atlas_domain::{Message, Severity};
use serde_json::json;
use url::Url;

use super::signature::SigningSecret;

/// The longest text that Discord takes, in characters.
const DISCORD_LIMIT_CHARS: usize = 2_000;
/// The longest text that Telegram takes, in characters.
const TELEGRAM_LIMIT_CHARS: usize = 4_096;
/// The longest message that ntfy takes without making a file of it, in bytes.
const NTFY_LIMIT_BYTES: usize = 4_000;

/// Where a webhook goes.
#[derive(Clone)]
pub struct Target {
    pub(super) url: Url,
    pub(super) shape: Shape,
}

/// How a message is written.
#[derive(Debug, Clone)]
pub enum Shape {
    /// As one JSON object with everything, signed if there is a secret.
    Atlas(Option<SigningSecret>),
    /// For an incoming webhook of Slack, and what speaks its language.
    Slack,
    /// For a webhook of Discord.
    Discord,
    /// For a topic of ntfy.
    Ntfy {
        /// Where the topic is protected.
        token: Option<String>,
    },
    /// For a bot of Telegram.
    Telegram {
        /// The chat.
        chat: String,
    },
}

/// A webhook that cannot be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no address of the web.
    #[error("is no address of the web: {0}")]
    Url(String),
}

/// A request, as it is sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Target {
    /// The address and the shape. A secret that belongs into the address (Telegram's bot token) is put in before.
    pub fn new(address: &str, shape: Shape) -> Result<Self, TargetError> {
        let url = Url::parse(address).map_err(|error| TargetError::Url(error.to_string()))?;
        check_web_url(&url).map_err(|error| TargetError::Url(error.to_string()))?;
        Ok(Self { url, shape })
    }

    /// The host, for messages: the rest of the address may be a secret.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(super) fn write(&self, message: &Message) -> Written {
        let title = &message.title;
        // The text begins with the title, for those who see nothing else.
        let text = message.text.strip_prefix(title.as_str()).unwrap_or(&message.text);
        let text = text.trim_start();
        let mut headers = vec![("idempotency-key", message.delivery_id.clone())];
        let body = match &self.shape {
            Shape::Atlas(_) => return Written::json(headers, message.json.clone().into_bytes()),
            Shape::Slack => json!({ "text": format!("*{}*\n{}", escaped(title), escaped(text)) }),
            Shape::Discord => json!({
                "content": cut_chars(&format!("**{title}**\n{text}"), DISCORD_LIMIT_CHARS),
                // A title with @everyone in it must not wake everyone.
                "allowed_mentions": { "parse": [] },
            }),
            Shape::Telegram { chat } => json!({
                "chat_id": chat,
                "text": cut_chars(&format!("{title}\n\n{text}"), TELEGRAM_LIMIT_CHARS),
                "link_preview_options": { "is_disabled": true },
            }),
            Shape::Ntfy { token } => {
                headers.extend(ntfy_headers(message, token.as_deref()));
                let body = cut_bytes(text, NTFY_LIMIT_BYTES).as_bytes().to_vec();
                return Written { headers, body };
            }
        };
        Written::json(headers, body.to_string().into_bytes())
    }
}

impl Written {
    fn json(mut headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Self {
        headers.push(("content-type", "application/json".to_owned()));
        Self { headers, body }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({})", self.host())
    }
}

/// Headers are ASCII: ntfy reads RFC 2047 in a title.
fn ntfy_headers(message: &Message, token: Option<&str>) -> Vec<(&'static str, String)> {
    let (priority, tag) = match message.severity {
        Severity::Critical => ("urgent", "rotating_light"),
        Severity::Warning => ("default", "warning"),
        Severity::Info => ("low", "white_check_mark"),
    };
    let mut headers = vec![
        ("title", encoded_word(&message.title)),
        ("priority", priority.to_owned()),
        ("tags", tag.to_owned()),
    ];
    headers.extend(message.link.as_ref().map(|link| ("click", link.clone())));
    headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
    headers
}

fn encoded_word(text: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let plain: String = text.chars().filter(|character| !character.is_control()).collect();
    if plain.is_ascii() {
        plain
    } else {
        format!("=?UTF-8?B?{}?=", STANDARD.encode(plain))
    }
}

/// The three characters that mean something to Slack.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn cut_chars(text: &str, limit_chars: usize) -> String {
    if text.chars().count() <= limit_chars {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(limit_chars - 1).collect();
    cut.push('…');
    cut
}

fn cut_bytes(text: &str, limit_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(limit_bytes)]
}
