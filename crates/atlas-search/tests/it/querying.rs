//! What is found, in which order, and what is shown of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use atlas_domain::{ItemId, PageType, UserId};
use atlas_search::{IndexedDocument, QueryError, SearchError, SearchRequest};
use proptest::prelude::*;

use crate::library::{Library, STRANGER, document, request, search, text_in};

#[test]
fn a_word_in_the_title_ranks_above_one_in_the_body() {
    let library = Library::with([
        document(
            1,
            "Gardening in spring",
            "Here glaciers are named in passing, and glaciers once more.",
        ),
        document(
            2,
            "Glaciers",
            "Rivers of ice that move slowly down from the mountains.",
        ),
        document(3, "Something else", "Nothing of the kind."),
    ]);
    assert_eq!(library.titles("glaciers"), ["Glaciers", "Gardening in spring"]);
}

#[test]
fn more_of_the_words_rank_higher_and_one_is_enough() {
    let library = Library::with([
        document(1, "One", "copper and nothing else to speak of"),
        document(2, "Both", "copper and zinc make brass if one melts"),
        document(3, "None", "wood and paper and cloth and many more"),
    ]);
    assert_eq!(library.titles("zinc copper"), ["Both", "One"]);
}

#[test]
fn a_phrase_must_occur_as_it_is() {
    let library = Library::with([
        document(1, "Exact", "the borrow checker complains"),
        document(2, "Apart", "the checker lets you borrow"),
        document(3, "Across", "borrow\nchecker"),
    ]);
    assert_eq!(library.sorted_titles(r#""borrow checker""#), ["Across", "Exact"]);
    assert_eq!(
        library.sorted_titles(r#"lets "borrow checker""#),
        ["Across", "Exact"]
    );
    assert_eq!(
        library.sorted_titles("borrow checker"),
        ["Across", "Apart", "Exact"]
    );
}

#[test]
fn excluded_words_and_phrases_keep_documents_out() {
    let library = Library::with([
        document(1, "Apples", "red apples and green pears"),
        document(2, "Cider", "apples become cider"),
        document(3, "Tart", "apples in a tart with cream on top"),
    ]);
    assert_eq!(library.sorted_titles("apples -cider"), ["Apples", "Tart"]);
    assert_eq!(library.sorted_titles(r#"apples -"green pears" -cider"#), ["Tart"]);
    assert_eq!(
        library.titles("-cider"),
        ["Tart", "Apples"],
        "the latest saved first"
    );
    assert_eq!(library.search("-apples").total, 0);
}

#[test]
fn an_exclusion_that_ends_before_the_documents_do_still_holds() {
    let library = Library::with((1..=30).map(|number| {
        let text = if number % 7 == 1 {
            "grey stone walls"
        } else {
            "grey walls of stone"
        };
        document(number, &format!("T{number}"), text)
    }));
    for query in [
        "walls -\"grey stone\"",
        "-\"grey stone\"",
        "walls -grey.sto*",
        "\"of stone\" -\"stone walls\"",
    ] {
        assert_eq!(library.search(query).total, 25, "{query}");
        assert_eq!(library.titles(query).len(), 25, "{query}");
    }
}

#[test]
fn a_beginning_finds_all_words_that_start_with_it() {
    let library = Library::with([
        document(1, "Photosynthesis", "plants"),
        document(2, "Camera", "old photographs"),
        document(3, "Phone", "calls"),
    ]);
    assert_eq!(library.sorted_titles("photo*"), ["Camera", "Photosynthesis"]);
    assert_eq!(library.sorted_titles("ph* -photo*"), ["Phone"]);
    assert_eq!(library.sorted_titles("PHOTOG*"), ["Camera"]);
}

#[test]
fn punctuation_inside_a_word_means_a_phrase() {
    let library = Library::with([
        document(1, "Runtime", "servers in Node.js are common"),
        document(2, "Trees", "each node has a parent, and js is short for nothing"),
    ]);
    assert_eq!(library.titles("node.js"), ["Runtime"]);
    assert_eq!(library.titles("node.j*"), ["Runtime"]);
}

#[test]
fn an_author_a_site_and_a_tag_are_found_as_words_too() {
    let library = Library::with([
        IndexedDocument {
            authors: vec!["Ada Lovelace".to_owned()],
            ..document(1, "Notes", "on an engine")
        },
        IndexedDocument {
            site: Some("The Daily Planet".to_owned()),
            ..document(2, "News", "of the day")
        },
        IndexedDocument {
            tags: vec!["to-read".to_owned()],
            ..document(3, "Later", "some time")
        },
    ]);
    assert_eq!(library.titles("lovelace"), ["Notes"]);
    assert_eq!(library.titles("planet"), ["News"]);
    assert_eq!(library.titles("\"to read\""), ["Later"]);
}

#[test]
fn filters_restrict_what_words_find() {
    let library = Library::with([
        IndexedDocument {
            tags: vec!["Programming".to_owned(), "to-read".to_owned()],
            authors: vec!["Anna Schmidt".to_owned(), "Bob Jones".to_owned()],
            url: "https://blog.example.org/post".to_owned(),
            ..document(1, "One", "common")
        },
        IndexedDocument {
            site: Some("Example Weekly".to_owned()),
            page_type: PageType::Forum,
            language: Some("de".to_owned()),
            ..document(2, "Two", "common")
        },
    ]);
    let cases = [
        ("common tag:programming", "One"),
        ("common tag:to-read", "One"),
        ("common -tag:programming", "Two"),
        ("tag:programming", "One"),
        ("common site:example.org", "One"),
        ("common site:blog.example.org", "One"),
        ("common site:\"example weekly\"", "Two"),
        ("common author:schmidt", "One"),
        ("common author:\"bob jones\"", "One"),
        ("common lang:DE", "Two"),
        ("common kind:forum", "Two"),
        ("common -kind:article", "Two"),
    ];
    for (query, expected) in cases {
        assert_eq!(library.titles(query), [expected], "{query}");
    }
    assert_eq!(
        library.search("author:\"schmidt bob\"").total,
        0,
        "no phrase across two authors"
    );
    assert_eq!(
        library.search("absent tag:programming").total,
        0,
        "a filter does not replace words"
    );
    assert_eq!(library.search("common is:stored").total, 2);
    assert_eq!(library.search("common is:partial").total, 0);
}

#[test]
fn a_language_may_be_given_by_code_or_by_its_english_name() {
    let library = Library::with([
        document(1, "English", "common"),
        text_in("de", 2, "common"),
        text_in("nb", 3, "common"),
        text_in("fil", 4, "common"),
    ]);
    let cases = [
        ("lang:german", "de 2"),
        ("lang:German", "de 2"),
        ("lang:en", "English"),
        ("lang:\"norwegian bokmal\"", "nb 3"),
        ("lang:fil", "fil 4"), // in no list, but pages have it
    ];
    for (query, expected) in cases {
        assert_eq!(library.titles(query), [expected], "{query}");
    }
    assert_eq!(
        library.search("lang:icelandic").total,
        0,
        "known, and no page has it"
    );
}

#[test]
fn a_language_that_nothing_knows_is_refused_with_those_that_exist() {
    let library = Library::with([document(1, "One", "word")]);
    let refusal = |query| search(library.index.reader(), query).unwrap_err().to_string();
    let unknown = refusal("word lang:xx");
    assert!(
        unknown.starts_with("`lang:xx` is no language that Atlas knows; "),
        "{unknown}"
    );
    assert!(
        unknown.contains("its code: aa, ab, ") && unknown.ends_with(", zu"),
        "{unknown}"
    );
    for (query, meant) in [("lang:germn", "german"), ("-lang:en-US", "en")] {
        let refused = refusal(query);
        assert!(
            refused.contains(&format!("; did you mean `{meant}`? ")),
            "{refused}"
        );
    }
}

#[test]
fn finding_nothing_for_a_field_that_does_not_exist_is_explained() {
    let library = Library::with([document(1, "One", "a note: re:invent is near")]);
    let hint = library.search("absent:value").hint.unwrap();
    assert!(hint.contains("`absent:` is no field"), "{hint}");
    assert_eq!(library.search("re:invent").total, 1);
    assert_eq!(library.search("re:invent").hint, None, "something was found");
    assert_eq!(library.search("absent").hint, None);
}

#[test]
fn nobody_finds_what_belongs_to_another() {
    let mine = document(1, "Mine", "secret words");
    let theirs = IndexedDocument {
        user_id: STRANGER,
        ..document(2, "Theirs", "secret words")
    };
    let library = Library::with([mine, theirs]);
    for query in [
        "secret",
        "\"secret words\"",
        "sec*",
        "-absent",
        "site:example.com",
        "secret -absent",
    ] {
        let found = |user| {
            let request = SearchRequest {
                user,
                ..request(query)
            };
            let hits = library.index.reader().search(&request, || false).unwrap();
            (
                hits.total,
                hits.hits.into_iter().map(|hit| hit.title).collect::<Vec<_>>(),
            )
        };
        assert_eq!(found(UserId::OWNER), (1, vec!["Mine".to_owned()]), "{query}");
        assert_eq!(found(STRANGER), (1, vec!["Theirs".to_owned()]), "{query}");
        assert_eq!(found(UserId(3)).0, 0, "{query}");
    }
}

#[test]
fn pages_of_hits_add_up_to_all_of_them() {
    let library = Library::with((1..=25).map(|number| document(number, &format!("T{number}"), "word")));
    let page = |offset| {
        let request = SearchRequest {
            limit: 10,
            offset,
            ..request("word")
        };
        library.index.reader().search(&request, || false).unwrap()
    };
    let mut ids: Vec<_> = [0, 10, 20]
        .into_iter()
        .flat_map(|offset| page(offset).hits)
        .map(|hit| hit.item_id)
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 25);
    assert_eq!(page(20).total, 25);
    assert!(page(30).hits.is_empty());
}

#[test]
fn counting_needs_no_hits() {
    let library = Library::with([document(1, "One", "word")]);
    let hits = library
        .index
        .reader()
        .search(
            &SearchRequest {
                limit: 0,
                ..request("word")
            },
            || false,
        )
        .unwrap();
    assert_eq!((hits.total, hits.hits.len()), (1, 0));
}

#[test]
fn a_search_that_is_stopped_brings_what_it_has_found_and_says_so() {
    let library = Library::with([document(1, "One", "word")]);
    library.put([document(2, "Two", "word")]); // in a segment of its own
    for limit in [0, 10] {
        let request = SearchRequest {
            limit,
            ..request("word")
        };
        let stopped_at = |most: usize| {
            let looks = AtomicUsize::new(0);
            let is_over = || looks.fetch_add(1, Ordering::SeqCst) >= most;
            let hits = library.index.reader().search(&request, is_over).unwrap();
            (hits.total, hits.hits.len(), hits.was_stopped)
        };
        assert_eq!(stopped_at(0), (0, 0, true));
        assert_eq!(stopped_at(1), (1, limit.min(1), true));
        assert_eq!(stopped_at(usize::MAX), (2, limit.min(2), false));
    }
}

#[test]
fn a_search_is_stopped_in_the_middle_of_a_segment() {
    let documents = (0..2_000_u32).map(|number| {
        let mut document = document(0, "Title", "word");
        document.item_id = ItemId::from_bytes(u128::from(number).to_be_bytes());
        document
    });
    let library = Library::with(documents);
    let looks = AtomicUsize::new(0);
    let is_over = || looks.fetch_add(1, Ordering::SeqCst) >= 1;
    let hits = library.index.reader().search(&request("word"), is_over).unwrap();
    assert!(
        hits.was_stopped && (1..2_000).contains(&hits.total),
        "{}",
        hits.total
    );
}

#[test]
fn a_beginning_stands_for_a_bounded_number_of_terms() {
    use std::fmt::Write as _;
    let mut many = String::new();
    for number in 0..10_000 {
        write!(many, "a{number:05} ").unwrap();
    }
    let library = Library::with([document(1, "Many", &many), document(2, "Last", "azure")]);
    assert_eq!(library.titles("a*"), ["Many"], "the first in their order");
    assert_eq!(library.titles("az*"), ["Last"]);
}

#[test]
fn hits_too_deep_and_empty_queries_are_errors_of_the_query() {
    let library = Library::new();
    let deep = SearchRequest {
        offset: 1_000_000,
        ..request("word")
    };
    let error = library.index.reader().search(&deep, || false).unwrap_err();
    assert!(matches!(error, SearchError::Query(QueryError::TooDeep { .. })));
    let error = search(library.index.reader(), "?!").unwrap_err();
    assert!(matches!(error, SearchError::Query(QueryError::Empty)));
}

#[test]
fn a_query_of_nothing_that_is_indexed_finds_nothing() {
    let library = Library::with([document(1, "One", "word")]);
    // A lone tatweel is a letter, but one that folding takes away.
    assert_eq!(library.search("\u{640}").total, 0);
    assert_eq!(library.search(&format!("\"{}\"", "x".repeat(300))).total, 0);
}

#[test]
fn a_hit_shows_title_address_and_the_matching_passage() {
    let filler = "Lorem ipsum dolor sit amet. ".repeat(40);
    let body = format!("{filler}At dawn the lighthouse keepers\nput out their lamps. {filler}");
    let library = Library::with([document(1, "Coast", &body)]);
    let hit = library.search("lighthouses \"put out\"").hits.remove(0);
    assert_eq!(
        (hit.title.as_str(), hit.url.as_str()),
        ("Coast", "https://example.com/1")
    );
    assert!(hit.score > 0.0);
    let snippet = hit.snippet.marked("**", "**");
    assert!(
        snippet.contains("At dawn the **lighthouse** keepers **put out** their lamps."),
        "{snippet}"
    );
}

#[test]
fn a_hit_in_the_title_alone_shows_the_beginning_of_the_text() {
    let library = Library::with([document(1, "Volcano", "The mountain woke up.")]);
    assert_eq!(
        library.search("volcano").hits[0].snippet.plain(),
        "The mountain woke up."
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_a_query_or_an_error_of_the_query(
        queries in proptest::collection::vec("(\\PC|[-\"*: ']|tag:|site:|東京|word|ม){0,30}", 20)
    ) {
        let library = small_library();
        for query in queries {
            match search(library.index.reader(), &query) {
                Ok(hits) => prop_assert!(hits.hits.len() <= hits.total.min(50)),
                Err(SearchError::Query(_)) => {}
                Err(error) => prop_assert!(false, "{query:?}: {error}"),
            }
        }
    }
}

fn small_library() -> &'static Library {
    static LIBRARY: std::sync::OnceLock<Library> = std::sync::OnceLock::new();
    LIBRARY.get_or_init(|| {
        Library::with([
            document(1, "A word", "word for word, don't"),
            document(2, "東京", "東京は大きい街です。"),
            IndexedDocument {
                user_id: STRANGER,
                ..document(3, "Other", "word")
            },
        ])
    })
}
