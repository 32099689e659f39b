//! `Mailing`: makes a letter of a message, in plain text and HTML, threaded by what it tells of. It opens no
//! connection.

use atlas_domain::{Message, Severity, Timestamp};
use lettre::address::Envelope;
use lettre::message::header::{self, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes, MessageBuilder, MultiPart, SinglePart};

/// From whom to whom.
#[derive(Debug, Clone)]
pub struct Mailing {
    from: Mailbox,
    to: Vec<Mailbox>,
}

/// A mailing or a letter that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// That is no address.
    #[error(
        "`{0}` is no address of mail; write it like reader@mail.example or \"Reader <reader@mail.example>\""
    )]
    Address(String),
    /// There is nobody to write to.
    #[error("names nobody to write to")]
    Nobody,
    /// The library refused to make the letter.
    #[error("the letter cannot be written: {0}")]
    Letter(String),
}

/// A letter, ready to be handed in.
pub(super) struct Letter {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

impl Mailing {
    /// From one address to others.
    pub fn new<Address: AsRef<str>>(from: &str, to: &[Address]) -> Result<Self, MailError> {
        let parse = |text: &str| {
            text.parse::<Mailbox>()
                .map_err(|_| MailError::Address(text.to_owned()))
        };
        let to: Vec<_> = to
            .iter()
            .map(|address| parse(address.as_ref()))
            .collect::<Result<_, _>>()?;
        if to.is_empty() {
            return Err(MailError::Nobody);
        }
        Ok(Self {
            from: parse(from)?,
            to,
        })
    }

    /// The letter that carries `message`. The same message makes a letter of the same id at every try.
    pub(super) fn letter(&self, message: &Message, now: Timestamp) -> Result<Letter, MailError> {
        let refused = |error: &dyn std::fmt::Display| MailError::Letter(error.to_string());
        let id = |local: &str| format!("<{local}@{}>", self.from.email.domain());
        let to: Mailboxes = self.to.iter().cloned().collect();
        let mut letter = lettre::Message::builder()
            .from(self.from.clone())
            .mailbox(header::To::from(to))
            .date(now.into())
            .subject(one_line(&message.title))
            .message_id(Some(id(&message.delivery_id)));
        if let Some(first) = &message.follows {
            letter = letter.references(id(first)).in_reply_to(id(first));
        }
        letter = raw(letter, "Auto-Submitted", "auto-generated");
        if message.severity == Severity::Critical {
            letter = raw(letter, "Importance", "high");
        }
        let letter = match &message.html {
            Some(html) => letter.multipart(MultiPart::alternative_plain_html(
                message.text.clone(),
                html.clone(),
            )),
            None => letter.singlepart(
                SinglePart::builder()
                    .header(ContentType::TEXT_PLAIN)
                    .body(message.text.clone()),
            ),
        };
        let letter = letter.map_err(|error| refused(&error))?;
        Ok(Letter {
            envelope: letter.envelope().clone(),
            bytes: letter.formatted(),
        })
    }
}

fn raw(letter: MessageBuilder, name: &'static str, value: &str) -> MessageBuilder {
    let name = HeaderName::new_from_ascii_str(name);
    letter.raw_header(HeaderValue::new(name, value.to_owned()))
}

/// A line break in a title would begin a header of somebody else's choice.
fn one_line(title: &str) -> String {
    let plain = title
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character });
    plain.take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailing() -> Mailing {
        Mailing::new(
            "Atlas <atlas@mail.example>",
            &["reader@mail.example", "Second <second@mail.example>"],
        )
        .unwrap()
    }

    fn message() -> Message {
        Message {
            delivery_id: "d-17".to_owned(),
            follows: None,
            severity: Severity::Critical,
            title: "disk_space is critical".to_owned(),
            text: "The disk is full.\n".to_owned(),
            html: Some("<p>The disk is full.</p>".to_owned()),
            json: "{}".to_owned(),
            link: None,
        }
    }

    fn text_of(message: &Message) -> String {
        let letter = mailing()
            .letter(message, Timestamp::from_millis(1_750_000_000_000))
            .unwrap();
        String::from_utf8(letter.bytes).unwrap()
    }

    #[test]
    fn every_try_of_a_message_has_the_same_id() {
        let text = text_of(&message());
        assert!(text.contains("Message-ID: <d-17@mail.example>\r\n"), "{text}");
        assert_eq!(text.matches("Message-ID").count(), 1);
    }

    #[test]
    fn messages_about_one_thing_hang_together() {
        let first = text_of(&message());
        assert!(
            !first.contains("References") && !first.contains("In-Reply-To"),
            "{first}"
        );
        let later = text_of(&Message {
            delivery_id: "d-18".to_owned(),
            follows: Some("d-17".to_owned()),
            ..message()
        });
        for header in ["References", "In-Reply-To"] {
            assert!(
                later.contains(&format!("{header}: <d-17@mail.example>\r\n")),
                "{later}"
            );
        }
    }

    #[test]
    fn both_forms_are_in_it_the_plain_one_first() {
        let text = text_of(&message());
        let (plain, html) = (text.find("text/plain").unwrap(), text.find("text/html").unwrap());
        assert!(plain < html, "{text}");
        assert!(text.contains("multipart/alternative"), "{text}");
    }

    #[test]
    fn nobody_answers_it_by_machine_and_a_loud_one_says_so() {
        let text = text_of(&message());
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.contains("Importance: high\r\n"), "{text}");
    }

    #[test]
    fn a_title_begins_no_header_of_its_own() {
        let text = text_of(&Message {
            title: "fine\r\nBcc: everybody@mail.example\r\n\r\n<b>".to_owned(),
            ..message()
        });
        let headers = text.split("\r\n\r\n").next().unwrap();
        assert!(headers.lines().all(|line| !line.starts_with("Bcc")), "{headers}");
        assert!(
            headers.contains("Subject: fine  Bcc: everybody@mail.example"),
            "{headers}"
        );
    }

    #[test]
    fn what_is_no_address_is_named() {
        let error = Mailing::new("atlas@mail.example", &["reader at mail"]).unwrap_err();
        assert_eq!(error, MailError::Address("reader at mail".to_owned()));
        assert_eq!(
            Mailing::new("atlas@mail.example", &[] as &[&str]).unwrap_err(),
            MailError::Nobody
        );
    }
}
