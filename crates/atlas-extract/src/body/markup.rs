//! Takes leftover markup out of a text: blocks become lines, headings and links become Markdown, entities become
//! characters. No parser: a text keeps its own lines, which HTML would lose.

use std::borrow::Cow;

use super::tags::{Role, Tag, Tags};
use crate::quality::FormSignals;

/// Longer entities do not exist.
const MAX_ENTITY_BYTES: usize = 12;

/// A text without its markup.
#[derive(Debug, Default)]
pub(super) struct Stripped {
    /// Lines, with Markdown for headings and links.
    pub(super) text: String,
    passwords: u32,
    fields: u32,
}

impl Stripped {
    /// Adds the fields that stood in the text to what is known about its forms.
    pub(super) fn add_to(&self, forms: &mut FormSignals) {
        forms.main_passwords += self.passwords;
        forms.main_fields += self.fields;
        forms.account_fields += self.passwords;
    }
}

/// Takes the markup out of `text`.
pub(super) fn strip(text: &str) -> Stripped {
    match Stripper::run(text, true) {
        Ok(stripped) => stripped,
        // A `<style>` that never ends is a word in a text, and what follows is not its content.
        Err(Unended) => Stripper::run(text, false).unwrap_or_default(),
    }
}

/// An element without text of its own that was never closed.
struct Unended;

struct Stripper<'t> {
    done: Stripped,
    /// The address of the link that is open.
    link: Option<&'t str>,
}

impl<'t> Stripper<'t> {
    fn run(text: &'t str, drops_content: bool) -> Result<Stripped, Unended> {
        let mut stripper = Self {
            done: Stripped {
                text: String::with_capacity(text.len()),
                ..Stripped::default()
            },
            link: None,
        };
        let mut at = 0;
        let mut silent: Option<&str> = None;
        for tag in Tags::of(text) {
            match silent {
                Some(name) if tag.closes && tag.is(name) => silent = None,
                Some(_) => {
                    at = tag.end;
                    continue;
                }
                None => {
                    stripper.text(&text[at..tag.start]);
                    let is_silent = ["script", "style", "template", "svg", "noscript"]
                        .iter()
                        .any(|name| tag.is(name));
                    if is_silent && !tag.closes && drops_content {
                        silent = Some(tag.name);
                    }
                }
            }
            stripper.tag(text, tag);
            at = tag.end;
        }
        if silent.is_some() {
            return Err(Unended);
        }
        stripper.text(&text[at..]);
        stripper.end_link();
        Ok(stripper.done)
    }

    fn text(&mut self, text: &str) {
        self.done.text.push_str(&decode_entities(text));
    }

    fn tag(&mut self, text: &'t str, tag: Tag<'t>) {
        match tag.role {
            Role::Inline if tag.is("a") => {
                self.end_link();
                if !tag.closes && tag.attribute("href").is_some() {
                    self.link = Some(&text[tag.start..tag.end]);
                    self.done.text.push('[');
                }
            }
            Role::Comment | Role::Inline => {}
            Role::Block if tag.is("td") || tag.is("th") => self.done.text.push(' '),
            Role::Block | Role::Document | Role::Structure => self.block(tag),
        }
    }

    fn block(&mut self, tag: Tag<'_>) {
        self.end_link();
        if tag.is("input") {
            match tag.attribute("type").map(str::to_ascii_lowercase).as_deref() {
                Some("password") => self.done.passwords += 1,
                Some("email" | "text" | "tel") => self.done.fields += 1,
                _ => {}
            }
        }
        self.done.text.push('\n');
        if !tag.is("br") && !tag.is("li") && !tag.is("tr") {
            self.done.text.push('\n');
        }
        if !tag.closes && (tag.is("h1") || tag.is("h2") || tag.is("title")) {
            self.done.text.push_str("# ");
        }
    }

    fn end_link(&mut self) {
        let Some(tag) = self.link.take().and_then(|source| Tags::of(source).next()) else {
            return;
        };
        self.done.text.push_str("](");
        // White space would end the address, a bracket the link.
        let address = tag.attribute("href").unwrap_or_default();
        self.done
            .text
            .extend(address.chars().filter(|c| !c.is_whitespace() && *c != ')'));
        self.done.text.push(')');
    }
}

/// The text with the entities that texts hold as characters.
pub(super) fn decode_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        let from = &rest[at + 1..];
        let window = &from[..from.floor_char_boundary(MAX_ENTITY_BYTES)];
        let known = window
            .find(';')
            .and_then(|end| Some((entity(&window[..end])?, end)));
        rest = if let Some((c, end)) = known {
            decoded.push(c);
            &from[end + 1..]
        } else {
            decoded.push('&');
            from
        };
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

// The list reads as a paragraph, not as a column.
#[rustfmt::skip]
fn entity(name: &str) -> Option<char> {
    const NAMED: &[(&str, char)] = &[
        ("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", ' '), ("ndash", '–'),
        ("mdash", '—'), ("hellip", '…'), ("lsquo", '‘'), ("rsquo", '’'), ("ldquo", '“'), ("rdquo", '”'),
        ("laquo", '«'), ("raquo", '»'), ("bull", '•'), ("middot", '·'), ("copy", '©'), ("reg", '®'),
        ("times", '×'), ("euro", '€'), ("auml", 'ä'), ("ouml", 'ö'), ("uuml", 'ü'), ("Auml", 'Ä'), ("Ouml", 'Ö'),
        ("Uuml", 'Ü'), ("szlig", 'ß'), ("eacute", 'é'), ("egrave", 'è'), ("agrave", 'à'), ("ccedil", 'ç'),
        ("ntilde", 'ñ'), ("aacute", 'á'), ("iacute", 'í'), ("oacute", 'ó'), ("uacute", 'ú'), ("ecirc", 'ê'),
    ];
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::inline("The <b>heron</b> stood.", "The heron stood.")]
    #[case::lines("one<br>two<br/>three", "one\ntwo\nthree")]
    #[case::own_lines("one\ntwo <i>three</i>\n", "one\ntwo three\n")]
    #[case::heading("<h1>Herons</h1>They stand.", "\n\n# Herons\n\nThey stand.")]
    #[case::link("see <a href='/d e)'>the manual</a>.", "see [the manual](/de).")]
    #[case::anchor("see <a name=x>here</a>", "see here")]
    #[case::link_that_never_ends("see <a href=/d>the manual", "see [the manual](/d)")]
    #[case::script("a<script>if (b < c) { d('</p>') }</script>e", "a\n\n\n\ne")]
    #[case::script_that_never_ends("a <script> is a word here", "a \n\n is a word here")]
    #[case::comment("a<!-- b -->c", "ac")]
    #[case::entities(
        "Caf&eacute; &amp; &#8217; &#x263A; &unknown; & co",
        "Café & ’ ☺ &unknown; & co"
    )]
    #[case::no_tags("a < b > c", "a < b > c")]
    fn takes_markup_out(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(strip(text).text, expected);
    }

    #[test]
    fn fields_of_a_form_are_counted() {
        let stripped = strip("Mail <input type=email> word <INPUT TYPE='password'> <input type=submit>");
        assert_eq!((stripped.fields, stripped.passwords), (1, 1));
    }
}
