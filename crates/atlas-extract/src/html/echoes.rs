//! Takes out paragraphs that the first extractor found twice. Works on its HTML, where a paragraph is always
//! closed; it must not touch what an author repeats on purpose.

use std::collections::HashSet;

/// Shorter paragraphs repeat on purpose.
const MIN_ECHO_BYTES: usize = 80;
/// Longer runs of paragraphs are not compared with those before them.
const MAX_RUN: usize = 20;

/// The content of a page and the posts or comments below it, in one. Where the posts begin with what is the
/// content already, as the first post of a discussion does, it is said once.
pub(crate) fn joined(content: &str, comments: &str) -> String {
    let known: HashSet<&str> = paragraphs(content).map(str::trim).collect();
    let mut joined = without_echoes(content);
    let mut at_beginning = true;
    let rest = paragraphs(comments).filter(|paragraph| {
        let is_known = known.contains(paragraph.trim());
        at_beginning &= is_known || paragraph.len() < MIN_ECHO_BYTES;
        !(at_beginning && is_known && is_plain(paragraph))
    });
    joined.push_str(&without_echoes(&rest.collect::<String>()));
    joined
}

/// HTML without runs of paragraphs that only repeat the run before.
fn without_echoes(html: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for paragraph in paragraphs(html) {
        kept.push(paragraph);
        for length in 1..=MAX_RUN.min(kept.len() / 2) {
            let (before, run) = kept.split_at(kept.len() - length);
            let earlier = &before[before.len() - length..];
            let is_long = run.iter().any(|paragraph| paragraph.len() >= MIN_ECHO_BYTES);
            let repeats = |(a, b): (&&str, &&str)| is_plain(a) && a.trim() == b.trim();
            if is_long && run.iter().zip(earlier).rev().all(repeats) {
                kept.truncate(kept.len() - length);
                break;
            }
        }
    }
    kept.concat()
}

fn paragraphs(html: &str) -> impl Iterator<Item = &str> {
    html.split_inclusive("</p>")
}

/// Whether this is a paragraph and nothing else, so that it can go without tearing an element apart.
fn is_plain(paragraph: &str) -> bool {
    let paragraph = paragraph.trim();
    paragraph.starts_with("<p>") && paragraph.ends_with("</p>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(name: &str) -> String {
        format!("<p>{name} {}</p>", "a long sentence ".repeat(8))
    }

    #[test]
    fn a_long_paragraph_that_repeats_the_one_before_is_an_echo() {
        let long = long("a");
        assert_eq!(
            without_echoes(&format!("{long} {long}<p>b</p>{long}")),
            format!("{long}<p>b</p>{long}")
        );
        assert_eq!(
            without_echoes("<p>la la</p><p>la la</p>"),
            "<p>la la</p><p>la la</p>"
        );
    }

    #[test]
    fn a_post_of_several_paragraphs_is_an_echo_too() {
        let post = long("a") + "<p>Thanks!</p>" + &long("b");
        assert_eq!(
            without_echoes(&(post.clone() + &post + "<p>c</p>")),
            post + "<p>c</p>"
        );
    }

    #[test]
    fn an_element_around_paragraphs_is_never_torn() {
        let quote = format!("<blockquote>{}{}</blockquote>", long("a"), long("b"));
        let twice = quote.clone() + &quote;
        assert_eq!(without_echoes(&twice), twice);
    }

    #[test]
    fn the_first_post_is_said_once() {
        let first = long("first") + "<p>Thanks!</p>" + &long("second");
        let reply = long("reply");
        let comments = format!("<p>marsh_hen</p>{first}<p>old_splice</p>{reply}{}", long("first"));
        assert_eq!(
            joined(&first, &comments),
            format!("{first}<p>marsh_hen</p><p>old_splice</p>{reply}{}", long("first"))
        );
    }
}
