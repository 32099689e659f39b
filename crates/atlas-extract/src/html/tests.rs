//! The whole extraction: pages of the corpus against what is expected of them, then bytes that mean harm.

use std::fs;
use std::path::PathBuf;

use encoding_rs::{SHIFT_JIS, WINDOWS_1252};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// Asked at run time: checkouts that share build products share this test's binary, too.
#[expect(clippy::disallowed_methods, reason = "cargo says where the package lies")]
pub(super) fn package() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .expect("cargo runs the tests")
        .into()
}

fn corpus(file: &str) -> String {
    let path = package().join("../../corpus/extract").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(super) fn page(bytes: impl Into<Vec<u8>>) -> PageInput {
    PageInput {
        bytes: bytes.into(),
        url: Some("https://example.com/page".to_owned()),
        content_type: Some("text/html".to_owned()),
        engine: Engine::Selected,
    }
}

/// Runs in a thread with the stack that a worker has.
pub(super) fn extract_on_a_small_stack(bytes: Vec<u8>) -> Extracted {
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(move || extract(&page(bytes)))
        .expect("a thread starts")
        .join()
        .expect("extraction does not panic")
}

#[rstest]
#[case::blog_post("blog-post")]
#[case::newspaper("zeitung")]
#[case::manual("manual")]
#[case::discussion_without_scripts("discussion")]
#[case::discussion_as_data("preloaded")]
#[case::japanese("tosho")]
fn finds_what_a_reader_would_call_the_article(#[case] name: &str) {
    let expected: Value =
        serde_json::from_str(&corpus(&format!("{name}.json"))).expect("the expectation is JSON");
    let mut input = page(corpus(&format!("{name}.html")));
    input.url = expected["url"].as_str().map(str::to_owned);
    let found = extract(&input);

    let facts = serde_json::to_value(&found.article).expect("an article is JSON");
    for key in [
        "title",
        "authors",
        "site_name",
        "published",
        "modified",
        "language",
        "page_type",
        "lead_image",
    ] {
        assert_eq!(facts[key], expected[key], "{key}");
    }
    assert_eq!(json!(found.declared_url), expected["declared_url"]);
    if let Some(excerpt) = expected["excerpt"].as_str() {
        assert_eq!(found.article.excerpt.as_deref(), Some(excerpt));
    }
    let phrases = |key: &str| expected[key].as_array().cloned().unwrap_or_default();
    for phrase in phrases("with") {
        let phrase = phrase.as_str().expect("a phrase");
        assert!(
            found.article.text.contains(phrase),
            "{phrase} is missing in:\n{}",
            found.article.text
        );
    }
    for phrase in phrases("without") {
        let phrase = phrase.as_str().expect("a phrase");
        assert!(
            !found.article.text.contains(phrase),
            "{phrase} is in:\n{}",
            found.article.text
        );
        assert!(
            !found.article.markdown.contains(phrase),
            "{phrase} is in the Markdown"
        );
    }
    assert_eq!(
        found.article.markdown.trim_end(),
        corpus(&format!("{name}.md")).trim_end()
    );
}

#[test]
fn gives_each_block_a_line_and_each_link_an_address() {
    let mut input = page(corpus("blog-post.html"));
    input.url = Some("https://slow-kitchen.example/2024/03/sourdough-starter".to_owned());
    let article = extract(&input).article;
    assert!(
        article.text.lines().any(|line| line == "Twenty grams of starter"),
        "{}",
        article.text
    );
    assert!(article.links.contains(&atlas_domain::Link {
        url: "https://slow-kitchen.example/flour-guide".to_owned(),
        text: "guide to flour".to_owned(),
    }));
    assert!(
        article
            .html
            .contains("<strong>as much flour as water by weight</strong>"),
        "{}",
        article.html
    );
    assert!((120..200).contains(&article.word_count), "{}", article.word_count);
}

/// What documentation, forums and highlighters put around code, and around headings.
#[rstest]
#[case::bare("<pre>cargo run --release\n</pre>")]
#[case::one_line("<pre><code>cargo run --release</code></pre>")]
#[case::emphasis("<pre>cargo <i>run</i> --release</pre>")]
#[case::in_a_block(
    "<div class=code><figure><pre><span><b>cargo</b> run --release</span></pre></figure></div>"
)]
#[case::numbered("<table><tr><td><pre>1\n2</pre></td><td><pre>cargo run --release\n</pre></td></tr></table>")]
#[case::in_a_list("<ul><li><p>Start it:</p><pre><code>cargo run --release</code></pre></li></ul>")]
#[case::in_a_quote("<blockquote><p>Start it:</p><pre>cargo run --release</pre></blockquote>")]
fn code_stays_a_block(#[case] code: &str) {
    let text = "<p>A paragraph of the manual explains at length what the reader is about to do, and why.</p>"
        .repeat(5);
    let heading = "<h1>Start<a class=headerlink href=#start>¶</a></h1>";
    let article = extract(&page(format!(
        "<title>Start ¶</title><main><article>{heading}{text}{code}{text}</article></main>"
    )))
    .article;
    let lines: Vec<&str> = article
        .markdown
        .lines()
        .map(|line| line.trim_start_matches([' ', '>']))
        .collect();
    let at = lines.iter().position(|line| *line == "cargo run --release");
    let at = at.unwrap_or_else(|| panic!("no line of code in:\n{}", article.markdown));
    assert_eq!(
        (lines[at - 1], lines[at + 1]),
        ("```", "```"),
        "{}",
        article.markdown
    );
    assert_eq!(article.title.as_deref(), Some("Start"));
    assert!(!article.markdown.contains('¶'), "{}", article.markdown);
}

#[test]
fn the_charset_makes_no_difference() {
    let german = corpus("zeitung.html");
    let expected = extract(&page(german.as_bytes())).article;
    assert!(expected.text.contains("Bürgermeister"));

    let (western, ..) = WINDOWS_1252.encode(&german);
    let mut input = page(western.clone());
    assert_eq!(extract(&input).article, expected, "detected");
    input.content_type = Some("text/html; charset=ISO-8859-1".to_owned());
    let found = extract(&input);
    assert_eq!(
        (found.article, found.diagnostics.charset.as_str()),
        (expected, "windows-1252")
    );

    let japanese = corpus("tosho.html").replace("charset=\"utf-8\"", "charset=\"shift_jis\"");
    let (bytes, ..) = SHIFT_JIS.encode(&japanese);
    let found = extract(&page(bytes));
    assert_eq!(found.diagnostics.charset, "Shift_JIS");
    assert!(found.article.text.contains("児童室は急ににぎやか"));
}

#[test]
fn both_engines_read_an_article() {
    let mut input = page(corpus("blog-post.html"));
    let selected = extract(&input);
    input.engine = Engine::Trafilatura;
    let alone = extract(&input);
    assert_eq!(alone.diagnostics.engine, "trafilatura");
    assert_eq!(alone.article.title, selected.article.title);
    assert!(alone.article.text.contains("forgives nearly everything"));
}

#[test]
fn a_second_opinion_replaces_a_first_that_found_nothing_and_says_so() {
    let first = "";
    let source = corpus("blog-post.html");
    let tree = tree::parse(&source);
    let chosen = choose(Engine::Selected, first, &tree, &Sources::of(&tree.document), None);
    assert_eq!(
        (chosen.engine, chosen.reason.as_str()),
        ("readability", "the other found nothing")
    );
    assert!(chosen.content.plain.text.contains("forgives nearly everything"));
}

#[test]
fn a_second_opinion_is_never_asked_about_a_page_that_broke_a_limit() {
    let source = "<div>".repeat(1_000) + "text";
    let tree = tree::parse(&source);
    let chosen = choose(Engine::Selected, "", &tree, &Sources::of(&tree.document), None);
    assert_eq!(
        chosen.reason,
        "nothing was found, but a second opinion was not safe to ask for"
    );
}

#[rstest]
#[case::empty("")]
#[case::white_space(" \n\t ")]
#[case::no_markup("just a few words")]
#[case::binary("\u{0}\u{1}\u{2}PNG\u{FFFD}")]
#[case::unclosed("<html><body><p")]
#[case::only_script("<script>document.write('x')</script>")]
fn a_page_without_an_article_is_an_answer_too(#[case] source: &str) {
    let found = extract(&page(source));
    assert_eq!(found.article.links, Vec::new());
    assert!(found.article.word_count <= 4);
}

#[rstest]
#[case::deep_blocks("<div>".repeat(200_000))]
#[case::deep_quotes("<blockquote>".repeat(200_000) + "text")]
#[case::deep_lists("<ul><li>".repeat(100_000) + "text")]
#[case::deep_formatting("<b><i>".repeat(100_000) + "text")]
#[case::deep_tables("<table><tr><td>".repeat(50_000) + "text")]
#[case::deep_links("<a href=/x><span>".repeat(100_000) + "text")]
#[case::deep_in_noscript(format!("<noscript>{}</noscript>", "<div>some text".repeat(50_000) + "</div>"))]
#[case::just_within_the_limit("<div>".repeat(500) + &"<p>A sentence of text stands here.</p>".repeat(40))]
#[case::quotes_within_the_limit("<blockquote>".repeat(500) + &"<p>A sentence of text stands here.</p>".repeat(40))]
fn survives_deep_nesting(#[case] source: String) {
    let found = extract_on_a_small_stack(source.into_bytes());
    assert!(found.article.html.matches("<blockquote").count() <= tree::MAX_DEPTH);
}

#[test]
fn survives_a_million_tags() {
    let found = extract_on_a_small_stack("<br>".repeat(1_000_000).into_bytes());
    assert!(
        found
            .diagnostics
            .notes
            .iter()
            .any(|note| note.contains("300000 nodes")),
        "{:?}",
        found.diagnostics
    );
}

#[test]
fn survives_structured_data_without_end() {
    let source = format!(
        "<script type=application/ld+json>{}</script><p>x",
        "[{\"@graph\":".repeat(100_000)
    );
    extract_on_a_small_stack(source.into_bytes());
}

#[test]
fn nothing_dangerous_reaches_the_reader() {
    let attacks = "<p onclick=steal()>A paragraph that is long enough to be taken for the content of this page. \
        <script>steal()</script><a href='javascript:steal()'>link</a><img src=x onerror=steal()>\
        <iframe src=//evil.example></iframe><form action=/steal><input></form><span hx-get=/steal>more text</span></p>"
        .repeat(10);
    for engine in [Engine::Selected, Engine::Trafilatura] {
        let mut input = page(format!("<article>{attacks}</article>"));
        input.engine = engine;
        let html = extract(&input).article.html;
        assert!(html.contains("long enough to be taken"), "{html}");
        for mark in [
            "steal",
            "javascript:",
            "<script",
            "<iframe",
            "<form",
            "hx-",
            "onerror",
        ] {
            assert!(!html.contains(mark), "{mark} is in {html}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        extract(&page(bytes));
    }

    #[test]
    fn any_soup_of_tags_gives_an_answer(parts in proptest::collection::vec(tag_soup(), 0..200)) {
        let article = extract(&page(parts.concat())).article;
        prop_assert!(!article.html.contains("<script"));
        prop_assert!(article.links.iter().all(|link| Url::parse(&link.url).is_ok()));
    }
}

fn tag_soup() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "p", "div", "a", "b", "table", "tr", "td", "ul", "li", "svg", "math", "template", "noscript",
        "script", "style", "select", "option", "form", "frameset", "body", "html", "head", "title", "h1",
        "pre", "br", "img", "article",
    ]);
    let attributes = prop::sample::select(vec![
        "",
        " href=/x",
        " href='javascript:x'",
        " class=author",
        " itemprop=datePublished datetime=2024-02-30",
        " type=application/ld+json",
        " content='a &amp; b' property=og:title",
        " onclick=x()",
    ]);
    prop_oneof![
        (names.clone(), attributes).prop_map(|(name, attributes)| format!("<{name}{attributes}>")),
        names.prop_map(|name| format!("</{name}>")),
        "[ -~äß日\u{0}\n]{0,40}",
    ]
}
