//! Bounds the attributes of a tag in the source: the tokenizer compares each with all before it, so their number
//! must be known before it reads them.
//!
//! Follows the source as a tokenizer would, but builds nothing and changes nothing else.

/// Attributes of one element.
pub(crate) const MAX_ATTRIBUTES: usize = 256;

/// Elements whose content is text, whatever it looks like.
const RAW_TEXT: &[&str] = &[
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript",
];

/// The source without the attributes after the first 256 of a tag; `None` where no tag has more.
pub(crate) fn without_excess(source: &str) -> Option<String> {
    let mut kept = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = source[at..].find('<') {
        let start = at + found + 1;
        let rest = &source[start..];
        if rest.starts_with("!--") {
            at = rest
                .find("-->")
                .map_or(source.len(), |end| start + end + "-->".len());
        } else if rest
            .trim_start_matches('/')
            .starts_with(|c: char| c.is_ascii_alphabetic())
        {
            let tag = Tag::read(source, start);
            if let Some(excess) = tag.excess {
                kept.push_str(&source[copied..excess]);
                copied = tag.end;
            }
            at = if rest.starts_with('/') {
                tag.end
            } else {
                after_raw_text(source, &tag)
            };
        } else {
            at = start;
        }
    }
    (copied > 0).then(|| kept + &source[copied..])
}

/// A tag from behind its `<`.
struct Tag<'a> {
    name: &'a str,
    /// Where the attributes begin that are too many.
    excess: Option<usize>,
    /// Where its `>` stands, or the end of the source.
    end: usize,
}

impl<'a> Tag<'a> {
    fn read(source: &'a str, start: usize) -> Self {
        let bytes = source.as_bytes();
        let skip = |from: usize, part: fn(u8) -> bool| {
            bytes[from..]
                .iter()
                .position(|byte| !part(*byte))
                .map_or(bytes.len(), |length| from + length)
        };
        let name_start = skip(start, |byte| byte == b'/');
        let name_end = skip(name_start, |byte| !is_space(byte) && !matches!(byte, b'/' | b'>'));
        let mut tag = Self {
            name: &source[name_start..name_end],
            excess: None,
            end: bytes.len(),
        };
        let mut at = name_end;
        for count in 0.. {
            at = skip(at, |byte| is_space(byte) || byte == b'/');
            match bytes.get(at) {
                None => return tag,
                Some(b'>') => {
                    tag.end = at;
                    return tag;
                }
                Some(_) if count == MAX_ATTRIBUTES => tag.excess = Some(at),
                Some(_) => {}
            }
            // The first character belongs to the name whatever it is, even `=`.
            at = skip(at + 1, |byte| {
                !is_space(byte) && !matches!(byte, b'/' | b'>' | b'=')
            });
            let equals = skip(at, is_space);
            if bytes.get(equals) == Some(&b'=') {
                let value = skip(equals + 1, is_space);
                at = match bytes.get(value) {
                    Some(b'"') => (skip(value + 1, |byte| byte != b'"') + 1).min(bytes.len()),
                    Some(b'\'') => (skip(value + 1, |byte| byte != b'\'') + 1).min(bytes.len()),
                    _ => skip(value, |byte| !is_space(byte) && byte != b'>'),
                };
            }
        }
        tag
    }
}

/// Where to read on behind a start tag: behind its text, if that is not markup.
fn after_raw_text(source: &str, tag: &Tag<'_>) -> usize {
    if !RAW_TEXT.iter().any(|raw| tag.name.eq_ignore_ascii_case(raw)) {
        return tag.end;
    }
    let is_end_tag = |at: usize| {
        source
            .get(at + 2..at + 2 + tag.name.len())
            .is_some_and(|name| name.eq_ignore_ascii_case(tag.name))
    };
    source[tag.end..]
        .match_indices("</")
        .map(|(at, _)| tag.end + at)
        .find(|at| is_end_tag(*at))
        .unwrap_or(source.len())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0C | b'\r')
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use rstest::rstest;

    use super::*;

    fn attributes(count: usize) -> String {
        let mut attributes = String::new();
        for index in 0..count {
            let _ = write!(attributes, " a{index}='>'");
        }
        attributes
    }

    #[test]
    fn drops_what_is_too_much_and_nothing_else() {
        let source = format!("<p>a<b{}>c</b><i{}>d</i>", attributes(1_000), attributes(300));
        let expected = format!("<p>a<b{} >c</b><i{} >d</i>", attributes(256), attributes(256));
        assert_eq!(without_excess(&source), Some(expected));
    }

    #[rstest]
    #[case::just_enough(format!("<p{}>a", attributes(256)))]
    #[case::several(format!("<p{0}><p{0}>", attributes(200)))]
    #[case::long_value(format!("<p title=\"{}\">", "a ".repeat(1_000)))]
    #[case::script(format!("<script>if (a<b{}) {{}}</script>", " && c".repeat(1_000)))]
    #[case::comment(format!("<!-- <p{}> -->", attributes(300)))]
    #[case::no_tag(format!("1 <2{}", attributes(300)))]
    #[case::broken("<p a='".to_owned())]
    #[case::odd("</ <p =a / = > <!x <? </p a>".to_owned())]
    fn leaves_everything_else_alone(#[case] source: String) {
        assert_eq!(without_excess(&source), None);
    }

    #[test]
    fn a_tag_that_never_ends_is_cut_too() {
        let source = format!("é<p{}", attributes(300));
        assert_eq!(without_excess(&source), Some(format!("é<p{} ", attributes(256))));
    }
}
