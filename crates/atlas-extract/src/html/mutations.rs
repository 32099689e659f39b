//! Pages of the corpus, damaged: whatever happens to a page on its way, extraction gives an answer, soon, and of
//! a size in proportion to the page.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rstest::rstest;

use super::tests::{extract_on_a_small_stack, package, page};
use super::*;

/// An unoptimised build on a busy machine; a quadratic step takes minutes on the pages below.
const PATIENCE: Duration = Duration::from_secs(30);

/// Text, Markdown, HTML and links of an article may each be somewhat longer than the page...
const MAX_GROWTH: usize = 12;
/// ...and a short page needs some room in any case.
const FREE_BYTES: usize = 64 * 1024;

fn corpus() -> Vec<Vec<u8>> {
    let root = package().join("../../corpus");
    let mut pages = Vec::new();
    for folder in ["extract", "gate"] {
        let folder = fs::read_dir(root.join(folder)).expect("the corpus is there");
        let mut paths: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        let is_page = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "html");
        pages.extend(
            paths
                .into_iter()
                .filter(is_page)
                .map(|path| fs::read(path).expect("a readable page")),
        );
    }
    assert!(pages.len() > 40, "{} pages", pages.len());
    pages
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is how long real work takes"
)]
fn answer_size(bytes: Vec<u8>) -> usize {
    let started = Instant::now();
    let found = extract_on_a_small_stack(bytes);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    for form in [&found.article.text, &found.article.markdown, &found.article.html] {
        assert!(
            !form.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')),
            "{form:?}"
        );
    }
    serde_json::to_string(&found).expect("an answer is JSON").len()
}

#[derive(Debug, Clone)]
enum Mutation {
    CutAt(prop::sample::Index),
    Zero(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, &'static [u8]),
    Repeat(prop::sample::Index, usize),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::CutAt(at) => bytes.truncate(at.index(bytes.len())),
            Self::Zero(at) => {
                let at = at.index(bytes.len());
                bytes[at] = 0;
            }
            Self::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Self::Insert(at, inserted) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, inserted.iter().copied());
            }
            Self::Repeat(at, length) => {
                let start = at.index(bytes.len());
                let part = bytes[start..(start + length).min(bytes.len())].repeat(4);
                bytes.splice(start..start, part);
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = || any::<prop::sample::Index>();
    let inserted = prop::sample::select(vec![
        b"<".as_slice(),
        b">",
        b"\"",
        b"<!--",
        b"<script>",
        b"<noscript>",
        b"<pre>",
        b"<table><tr><th>",
        b"</body>",
        b"<base href=//x/>",
        b"&#x202E;&#0;&#8;",
        b"\xFF\xFE",
        b"\xED\xA0\x80",
        b"\xC3",
        b"\0\0\0\0",
        b"<div id=data-preloaded data-preloaded='{\"topic_1\":",
    ]);
    prop_oneof![
        1 => at().prop_map(Mutation::CutAt),
        2 => at().prop_map(Mutation::Zero),
        4 => (at(), 1_u8..).prop_map(|(at, mask)| Mutation::Flip(at, mask)),
        4 => (at(), inserted).prop_map(|(at, inserted)| Mutation::Insert(at, inserted)),
        2 => (at(), 1_usize..400).prop_map(|(at, length)| Mutation::Repeat(at, length)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_damaged_page_gives_an_answer_in_proportion(
        page in prop::sample::select(corpus()),
        mutations in prop::collection::vec(mutation(), 1..12),
    ) {
        let mut bytes = page;
        for mutation in &mutations {
            mutation.apply(&mut bytes);
        }
        let size = bytes.len();
        let answer = answer_size(bytes);
        prop_assert!(answer <= MAX_GROWTH * size + FREE_BYTES, "{answer} bytes of {size}");
    }
}

/// A page of ordinary text around something enormous.
fn around(bomb: &str) -> Vec<u8> {
    let text =
        "<p>A sentence of ordinary text stands here, and another one follows it at once.</p>".repeat(20);
    format!("<!doctype html><title>Ordinary</title><body>{text}{bomb}{text}").into_bytes()
}

fn many_attributes() -> String {
    let attributes: Vec<String> = (0..1_000_000).map(|number| format!("a{number}=1")).collect();
    format!("<div {}>", attributes.join(" "))
}

#[rstest]
#[case::deep("<div>".repeat(10_000))]
#[case::deep_and_long("<p><object>".repeat(240) + &"word ".repeat(100_000))]
#[case::named_and_deep("<div class=author>x x x x x".repeat(20_000))]
#[case::million_attributes(many_attributes())]
#[case::huge_class(format!("<div class='{}'>", "x ".repeat(1_000_000)))]
#[case::huge_link(format!("<a href='/{}'>x</a>", "x".repeat(2_000_000)).repeat(2))]
#[case::huge_base(format!("<base href='https://e.example/{}/'>{}", "x".repeat(200_000), "<a href=y>z</a> ".repeat(5_000)))]
#[case::references("&amp;".repeat(300_000))]
#[case::long_references("&CounterClockwiseContourIntegral;".repeat(50_000))]
#[case::references_in_a_title(format!("<meta property=og:title content='{}'>", "&amp;lt;b&amp;gt;".repeat(30_000)))]
#[case::control_references("&#x202E;&#8;&#x80;".repeat(50_000))]
#[case::zeros("\0".repeat(1_000_000))]
#[case::wide_table(format!("<table><tr><th>a<th>b<tr><td>{}<td>b{}</table>", "word ".repeat(20_000), "<tr><td>1<td>2".repeat(3_000)))]
#[case::many_columns(format!("<table><tr>{}{}</table>", "<th>x".repeat(3_000), "<tr><td>1".repeat(3_000)))]
#[case::quotes(format!("{}{}", "<blockquote>".repeat(90), "<p>some words of text are here.</p>".repeat(3_000)))]
#[case::code("<code>".repeat(50_000) + "x\ny")]
#[case::listings("<pre>".repeat(20_000) + "x\ny")]
#[case::same_paragraph("<p>again</p>".repeat(30_000))]
fn a_bomb_is_answered_in_proportion(#[case] bomb: String) {
    let bytes = around(&bomb);
    let size = bytes.len();
    let answer = answer_size(bytes);
    assert!(
        answer <= MAX_GROWTH * size + FREE_BYTES,
        "{answer} bytes of {size}"
    );
}

#[rstest]
#[case::lone_surrogates(b"\xFF\xFE".to_vec(), &[0x00, 0xD8])]
#[case::odd_length(b"\xFE\xFF\0<".to_vec(), &[0])]
#[case::continuation_bytes(b"<p>".to_vec(), &[0x80])]
#[case::overlong(b"<p>".to_vec(), &[0xC0, 0xAF])]
#[case::beyond_unicode(b"<p>".to_vec(), &[0xF7, 0xBF, 0xBF, 0xBF])]
fn bytes_that_are_no_text_are_answered(#[case] beginning: Vec<u8>, #[case] unit: &[u8]) {
    let mut bytes = beginning;
    bytes.extend(unit.repeat(100_000));
    let size = bytes.len();
    assert!(answer_size(bytes) <= MAX_GROWTH * size + FREE_BYTES);
}

#[test]
fn a_page_stays_readable_when_its_end_is_lost() {
    for source in corpus() {
        let cut = source.len() - source.len() / 50;
        extract(&page(&source[..cut]));
    }
}
