//! Any bytes in any form: an answer, in time that grows with the length alone.

use proptest::prelude::*;
use rstest::rstest;

use super::super::{BodyForm, BodyInput, BodyKind, read_body};
use super::{Row, form_of};
use crate::{FetchSignals, judge};

fn kinds() -> impl Strategy<Value = BodyKind> {
    prop::sample::select(vec![BodyKind::Page, BodyKind::Article, BodyKind::Short])
}

/// Pieces of markup, Markdown and text, whole and torn.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<div class='x'>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<a href=\"/x\">",
        "</a>",
        "<html>",
        "<",
        ">",
        "&amp;",
        "&#x;",
        "&#99999999;",
        "[",
        "](",
        ")",
        "![",
        "http://",
        "https://a.example/",
        "```",
        "\n",
        "\r\n",
        "# ",
        "- ",
        "| ",
        "---",
        "> ",
        "1. ",
        "The heron stood. ",
        "鷺は立っていた。",
        "&lt;p&gt;",
        "{\"error\": 1}",
        "\u{FEFF}",
        "é",
        " ",
        "\0",
    ]);
    let piece = prop_oneof![
        8 => known.prop_map(|piece: &str| piece.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..6),
        2 => "\\PC{0,8}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_500,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(17),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_have_an_answer(body in pieces(), title in proptest::option::of("\\PC{0,40}"), kind in kinds()) {
        let input = BodyInput { body: &body, title: title.as_deref(), url: None, kind };
        let extracted = read_body(&input);
        prop_assert!(extracted.signals.stored.is_some());
        let signals = &extracted.signals;
        prop_assert!(signals.main_link_words <= signals.main_words);
        let verdict = judge(&FetchSignals::given(None), &extracted);
        prop_assert!(verdict.reasons.iter().all(|reason| reason.weight.is_finite()));
        prop_assert_eq!(read_body(&input), extracted);
    }
}

/// Where a search began again at every place, a megabyte of these would take hours.
#[rstest]
#[case::comments("<!--")]
#[case::tags("<p ")]
#[case::links("[](")]
#[case::brackets("[")]
#[case::pictures("[![")]
#[case::addresses("http://")]
#[case::fences("```\n")]
#[case::scripts("<script>")]
#[case::entities("&")]
#[case::lower_case_lines("a\n")]
#[case::open_links("<a href=x>")]
#[case::labels("- [b](/c)\n")]
fn a_megabyte_of_beginnings_is_read_in_one_pass(#[case] beginning: &str) {
    let body = format!("x {}", beginning.repeat(1_000_000 / beginning.len()));
    let _ = Row::page(&body).judged();
}

#[test]
fn what_is_not_utf_8_is_still_text() {
    let text =
        "Le héron est resté sur la barrière toute la matinée, et il ne nous a jamais regardés. ".repeat(8);
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let read = read_body(&BodyInput {
        body: &latin,
        title: None,
        url: None,
        kind: BodyKind::Article,
    });
    assert!(read.article.text.contains("héron"), "{}", read.article.text);
    assert_eq!(judge(&FetchSignals::given(None), &read).class, None);
}

#[test]
fn a_page_that_was_stored_as_text_is_not_what_it_once_declared() {
    let body = "<html><head><meta charset=iso-8859-1><title>Straße</title></head><body><p>Die Straße führt übers Moor, \
        und niemand geht sie gern, wenn es dunkel wird.</p></body></html>";
    let read = Row::page(body).read();
    assert!(
        read.article.text.contains("führt übers Moor"),
        "{}",
        read.article.text
    );
    assert_eq!(read.diagnostics.charset, "UTF-8");
}

#[test]
fn escaped_markup_is_markup() {
    let body =
        "&lt;p&gt;The heron stood on the gate.&lt;/p&gt;&lt;p&gt;It waited &amp;amp; looked.&lt;/p&gt;";
    assert_eq!(form_of(body), BodyForm::Fragment);
    assert_eq!(
        Row::page(body).read().article.text,
        "The heron stood on the gate.\nIt waited & looked."
    );
}

#[test]
fn all_of_a_fragment_is_content() {
    let read = Row::page("<p>One short line.</p><ul><li><a href='/a'>A link</a></li></ul>")
        .titled("Notes")
        .read();
    assert_eq!(read.article.text, "One short line.\nA link");
    assert_eq!(read.article.title.as_deref(), Some("Notes"));
    assert_eq!(read.article.links[0].url, "https://marsh.example/a");
}

#[test]
fn markdown_is_read_without_its_marks() {
    let read =
        Row::page("# Herons\n\nThey *stand* in [the pond](https://pond.example/).\n\n- one\n- two\n").read();
    assert_eq!(read.article.text, "Herons\nThey *stand* in the pond.\none\ntwo");
    assert_eq!(read.article.title.as_deref(), Some("Herons"));
    assert_eq!(read.signals.main_link_words, 2);
    assert_eq!(read.signals.headings, ["Herons"]);
}
