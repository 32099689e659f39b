//! Finding items by their titles alone.

use atlas_domain::{Article, Item, UserId};
use atlas_store::{Conclusion, TitleQuery};

use crate::fixture::{Fixture, OWNER, content, quarantined};

fn titled(title: &str) -> Conclusion {
    match content(title) {
        Conclusion::Content { article, partial } => Conclusion::Content {
            article: Box::new(Article {
                title: Some(title.to_owned()),
                ..*article
            }),
            partial,
        },
        none @ Conclusion::NoContent(_) => none,
    }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Stands in for the folding of the index.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('é', "e")
}

/// The titles that are found.
async fn found(
    library: &Fixture,
    user: UserId,
    words: &[&str],
    excluded: &[&str],
    limit: u32,
) -> Vec<String> {
    let query = TitleQuery {
        words: texts(words),
        excluded: texts(excluded),
        limit,
    };
    let hits = library.titles_like(user, query, folded).await.unwrap();
    hits.into_iter().map(|hit| hit.title).collect()
}

async fn with_titles(titles: &[&str]) -> (Fixture, Vec<Item>) {
    let library = Fixture::new();
    let mut items = Vec::new();
    for (number, title) in titles.iter().enumerate() {
        items.push(
            library
                .ingest(&format!("example.com/{number}"), titled(title))
                .await,
        );
    }
    (library, items)
}

#[tokio::test]
async fn every_word_must_occur_and_the_newest_comes_first() {
    let (library, items) = with_titles(&["Rye bread", "Bread and rye", "Wheat bread"]).await;
    assert_eq!(
        found(&library, OWNER, &["RYE", "bread"], &[], 10).await,
        ["Bread and rye", "Rye bread"]
    );
    assert_eq!(
        found(&library, OWNER, &["bread"], &["rye"], 10).await,
        ["Wheat bread"]
    );
    assert_eq!(
        found(&library, OWNER, &["bread"], &[], 2).await,
        ["Wheat bread", "Bread and rye"]
    );
    let one = TitleQuery {
        words: texts(&["wheat"]),
        limit: 1,
        ..TitleQuery::default()
    };
    let hits = library.titles_like(OWNER, one, folded).await.unwrap();
    assert_eq!((hits[0].item_id, &hits[0].url), (items[2].id, &items[2].url));
}

#[tokio::test]
async fn letters_are_the_same_where_they_are_to_the_index() {
    let (library, _) = with_titles(&["Une étude", "ÜBER BROT", "Etude"]).await;
    assert_eq!(
        found(&library, OWNER, &["ÉTUDE"], &[], 10).await,
        ["Etude", "Une étude"]
    );
    assert_eq!(found(&library, OWNER, &["über"], &[], 10).await, ["ÜBER BROT"]);
    assert_eq!(found(&library, OWNER, &[], &["Étude"], 10).await, ["ÜBER BROT"]);
}

#[tokio::test]
async fn signs_that_mean_something_to_the_engine_are_signs() {
    let (library, _) = with_titles(&[
        "100% rye",
        "100 rye",
        "snake_case",
        "snakeXcase",
        "C:\\temp",
        "it's",
    ])
    .await;
    assert_eq!(found(&library, OWNER, &["100%"], &[], 10).await, ["100% rye"]);
    assert_eq!(found(&library, OWNER, &["e_c"], &[], 10).await, ["snake_case"]);
    assert_eq!(found(&library, OWNER, &["C:\\t"], &[], 10).await, ["C:\\temp"]);
    assert_eq!(found(&library, OWNER, &["t's"], &[], 10).await, ["it's"]);
}

#[tokio::test]
async fn only_what_search_finds_is_found() {
    let (library, items) = with_titles(&["Rye one", "Rye two"]).await;
    library.ingest("rye.example/", quarantined()).await;
    library.trash_item(OWNER, items[1].id).await.unwrap();
    assert_eq!(found(&library, OWNER, &["rye"], &[], 10).await, ["Rye one"]);
    assert_eq!(found(&library, OWNER, &[], &["bread"], 10).await, ["Rye one"]);
    let other = library.another_user();
    assert_eq!(
        found(&library, other, &["rye"], &[], 10).await,
        Vec::<String>::new()
    );
}
