//! Which data is a page's article, and which is not; and data that means harm.

use rstest::rstest;
use serde_json::{Value, json};

use super::super::tree;
use super::*;

const TITLE: &str = "On the ponds of the north";

fn prose(sentences: usize) -> String {
    let sentence = |number| format!("Pond {number} is deeper than it looks, and older than the road. ");
    (0..sentences).map(sentence).collect::<Vec<_>>().concat()
}

fn page(data: &str) -> String {
    format!(
        "<html><head><title>{TITLE} | The Pond</title></head><body><div id=root></div>{data}</body></html>"
    )
}

/// As frameworks write it: nothing in it ends the script.
fn next_data(value: &Value) -> String {
    let value = value.to_string().replace("</", "<\\/");
    format!("<script id=__NEXT_DATA__ type=application/json>{value}</script>")
}

fn found(shown: usize, source: &str) -> Option<(DataSource, String)> {
    let tree = tree::parse(source);
    let sources = Sources::of(&tree.document);
    better_than(shown, &tree.document, &sources, None)
        .map(|article| (article.source, article.content.plain.text))
}

fn article(body: &Value) -> Value {
    json!({"props": {"pageProps": {"menu": [{"title": "Home"}], "article": {"title": TITLE, "body": body}}}})
}

#[rstest]
#[case::plain(json!(prose(20)))]
#[case::markup(json!(format!("<p>{}</p><p>{}</p>", prose(10), prose(10))))]
#[case::paragraphs(json!([prose(5), prose(5), prose(5)]))]
#[case::blocks(json!([{"type": "paragraph", "text": prose(10)}, {"type": "paragraph", "html": format!("<p>{}</p>", prose(9))}]))]
#[case::portable_text(json!([{"_type": "block", "children": [{"_type": "span", "text": prose(9)}, {"_type": "span", "text": prose(9)}]}]))]
#[case::rendered(json!({"rendered": format!("<p>{}</p>", prose(20))}))]
fn reads_the_article_of_a_pages_own_scripts(#[case] body: Value) {
    let (source, text) = found(0, &page(&next_data(&article(&body)))).expect("the page carries its article");
    assert_eq!(source, DataSource::AppState);
    assert!(
        text.contains("Pond 3 is deeper than it looks, and older than the road."),
        "{text}"
    );
}

#[rstest]
#[case::assigned("window.__INITIAL_STATE__ = {};")]
#[case::with_more_behind("window.__APOLLO_STATE__={};(function(){ var x = 1; }())")]
#[case::variable("var state = {};")]
fn reads_what_a_script_assigns(#[case] script: &str) {
    let data = article(&json!(prose(20))).to_string();
    let script = script.replacen("{}", &data, 1);
    let found = found(0, &page(&format!("<script>{script}</script>")));
    assert_eq!(found.map(|(source, _)| source), Some(DataSource::AppState));
}

#[test]
fn reads_what_a_script_parses() {
    let data = Value::String(article(&json!(prose(20))).to_string());
    let found = found(
        0,
        &page(&format!("<script>window.__DATA__ = JSON.parse({data});</script>")),
    );
    assert_eq!(found.map(|(source, _)| source), Some(DataSource::AppState));
}

#[rstest]
#[case::plain(prose(20))]
#[case::escaped_markup(format!("{}<br/>{}", prose(10), prose(10)))]
fn reads_the_body_in_json_ld(#[case] body: String) {
    let data = json!({"@type": "NewsArticle", "headline": TITLE, "articleBody": body});
    let source = page(&format!("<script type=application/ld+json>{data}</script>"));
    let (place, text) = found(0, &source).expect("the page carries its article");
    assert_eq!(place, DataSource::JsonLd);
    assert!(text.contains("Pond 3 is deeper"), "{text}");
    assert!(!text.contains('<'), "{text}");
}

#[test]
fn lines_of_a_plain_text_are_paragraphs() {
    let body = format!("{}\n\nQ &amp; A: 3 < 4. {}", prose(9), prose(9));
    let (_, text) = found(0, &page(&next_data(&article(&json!(body))))).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("Q & A: 3 < 4."), "{text}");
}

#[rstest]
#[case::much_is_shown(2_000, 20)]
#[case::as_much_is_shown(700, 20)]
#[case::the_data_is_a_teaser(0, 4)]
fn what_a_visitor_sees_is_the_better_source(#[case] shown: usize, #[case] sentences: usize) {
    assert_eq!(
        found(shown, &page(&next_data(&article(&json!(prose(sentences)))))),
        None
    );
}

#[test]
fn a_declared_body_that_says_far_more_than_the_page_is_read_even_if_the_page_shows_something() {
    let data = json!({"@type": "NewsArticle", "headline": TITLE, "articleBody": prose(100), "isAccessibleForFree": false});
    let source = page(&format!("<script type=application/ld+json>{data}</script>"));
    assert!(found(1_000, &source).is_some());
    assert!(found(4_000, &source).is_none());
}

/// Texts that stand in the data of a page and are not its article.
#[rstest]
#[case::a_notice(json!({"messages": {"cookies": {"title": "We use cookies", "text": prose(20)}}}))]
#[case::a_notice_without_title(json!({"terms": {"content": prose(20)}}))]
#[case::articles_of_others(json!({"items": [
    {"title": "Of another pond", "author": "A", "body": prose(20)},
    {"title": "Of a third pond", "author": "B", "body": prose(30)}]}))]
#[case::styles(json!({"title": TITLE, "content": "a { color: red; } b { color: blue; } ".repeat(40)}))]
#[case::names(json!({"title": TITLE, "content": "Ada Bea Cleo ".repeat(100)}))]
#[case::numbers(json!({"title": TITLE, "body": [1, 2, 3]}))]
#[case::nothing(json!({}))]
fn other_texts_in_the_data_are_left_alone(#[case] data: Value) {
    assert_eq!(found(0, &page(&next_data(&data))), None);
}

#[test]
fn the_only_signed_text_is_the_article_though_the_page_has_no_title_of_its_own() {
    let data = json!({"post": {"title": "A name that the page does not tell", "author": {"name": "Ada"}, "content": prose(20)}});
    assert!(found(0, &page(&next_data(&data))).is_some());
}

#[test]
fn markup_in_data_is_cleaned() {
    let hostile = format!(
        "<p onclick=x()>{}</p><script>alert(1)</script><iframe src=//evil.example></iframe><a href='javascript:x()'>a</a>",
        prose(20)
    );
    let tree = tree::parse(&page(&next_data(&article(&json!(hostile)))));
    let sources = Sources::of(&tree.document);
    let article = better_than(0, &tree.document, &sources, None).unwrap();
    for word in ["onclick", "script", "iframe", "javascript"] {
        assert!(!article.content.html.contains(word), "{}", article.content.html);
    }
}

#[rstest]
#[case::deep_data(&"[".repeat(100_000))]
#[case::deep_objects(&"{\"body\":".repeat(100_000))]
#[case::broken("{\"title\": \"x\", ")]
#[case::no_json("not json")]
fn data_that_means_harm_is_no_data(#[case] data: &str) {
    let source = page(&format!(
        "<script type=application/json>{data}</script><script>window.x = {data}</script>"
    ));
    assert_eq!(found(0, &source), None);
}

#[test]
fn deep_markup_in_data_stays_within_the_limits() {
    let deep = format!("{}{}", "<div>".repeat(20_000), prose(20));
    let source = page(&next_data(&article(&json!(deep))));
    let (_, text) = found(0, &source).expect("the text is there all the same");
    assert!(text.contains("Pond 3"), "{text}");
}

#[test]
fn very_much_data_is_not_looked_through_to_its_end() {
    let data =
        json!({"filler": vec![0; 300_000], "article": {"title": TITLE, "author": "A", "body": prose(20)}});
    let _ = found(0, &page(&next_data(&data)));
    let long = json!({"article": {"title": TITLE, "author": "A", "body": prose(100_000)}});
    assert_eq!(found(0, &page(&next_data(&long))), None);
}
