//! The texts: good ones differ and are in their language, copies repeat what they say they repeat.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use legacy_databases::{Kind, Label, Preset, Recipe, Shape, Twist};
use rstest::rstest;

use crate::file::{File, MAINS};

/// Names of languages as the detector has them.
const LANGUAGES: [(&str, whatlang::Lang); 10] = [
    ("en", whatlang::Lang::Eng),
    ("de", whatlang::Lang::Deu),
    ("fr", whatlang::Lang::Fra),
    ("es", whatlang::Lang::Spa),
    ("it", whatlang::Lang::Ita),
    ("pt", whatlang::Lang::Por),
    ("nl", whatlang::Lang::Nld),
    ("pl", whatlang::Lang::Pol),
    ("ru", whatlang::Lang::Rus),
    ("ja", whatlang::Lang::Jpn),
];

fn articles(rows: u64, seed: u64) -> File {
    File::of(&Recipe {
        shares: vec![(Kind::Article, 1)],
        variation: 0,
        ..Recipe::mixed(Shape::AtlasA, rows, seed)
    })
}

#[rstest]
fn no_two_good_rows_share_a_body(#[values(0, 1, 2, 3, 4, 5, 6, 7)] shape: usize) {
    let (preset, table, column, _) = MAINS[shape];
    let file = File::of(&Preset::named(preset).unwrap().recipe(Some(400)));
    let bodies = file.column(table, column);
    let mut seen = HashSet::new();
    for truth in file.own(table).filter(|truth| truth.label == Label::Keep) {
        let body = bodies[&truth.rowid].as_deref().unwrap();
        assert!(!body.trim().is_empty(), "{truth:?}");
        assert!(seen.insert(body.to_owned()), "{preset}: {body}");
    }
}

#[test]
fn a_detector_recognises_the_language_of_long_articles() {
    let file = articles(300, 7);
    let bodies = file.column("content", "content");
    let mut met = BTreeSet::new();
    for truth in file.own("content") {
        let code = truth.language.as_deref().unwrap();
        let expected = LANGUAGES.iter().find(|(known, _)| *known == code).unwrap().1;
        let body = bodies[&truth.rowid].as_deref().unwrap();
        assert_eq!(whatlang::detect_lang(body), Some(expected), "{body}");
        met.insert(code);
    }
    assert_eq!(met.len(), LANGUAGES.len());
}

#[test]
fn articles_share_few_sentences() {
    let file = articles(300, 9);
    let bodies = file.column("content", "content");
    let mut texts: BTreeMap<&str, Vec<BTreeSet<&str>>> = BTreeMap::new();
    for truth in file.own("content") {
        let body = bodies[&truth.rowid].as_deref().unwrap();
        let sentences = body
            .split(['.', '。', '\n'])
            .map(str::trim)
            .filter(|sentence| !sentence.is_empty());
        texts
            .entry(truth.language.as_deref().unwrap())
            .or_default()
            .push(sentences.collect());
    }
    for (language, texts) in texts {
        for (index, first) in texts.iter().enumerate() {
            for second in &texts[..index] {
                let shared = first.intersection(second).count();
                assert!(
                    shared * 4 < first.len().min(second.len()),
                    "{language}: {shared} of {}",
                    first.len()
                );
            }
        }
    }
}

#[test]
fn a_duplicate_repeats_its_original_under_another_address() {
    let file = File::of(&Preset::named("mixed-c").unwrap().recipe(Some(600)));
    let (bodies, urls) = (file.column("content", "content"), file.column("content", "url"));
    let copies: Vec<_> = file
        .own("content")
        .filter(|truth| truth.duplicate_of.is_some())
        .collect();
    assert!(copies.len() >= 15, "{}", copies.len());
    for copy in copies {
        let original = copy.duplicate_of.unwrap();
        assert_ne!(urls[&copy.rowid], urls[&original]);
        assert_eq!(
            copy.kind == Kind::Duplicate,
            bodies[&copy.rowid] == bodies[&original],
            "{copy:?}"
        );
        if copy.kind == Kind::NearDuplicateSameUrl {
            let (url, before) = (
                urls[&copy.rowid].as_deref().unwrap(),
                urls[&original].as_deref().unwrap(),
            );
            assert!(url.starts_with(&format!("{before}?")), "{url} {before}");
        }
        let truth = file.own("content").find(|truth| truth.rowid == original).unwrap();
        assert_eq!(truth.label, Label::Keep);
    }
}

#[test]
fn twists_are_in_the_row() {
    let file = File::of(&Preset::named("mixed-b").unwrap().recipe(Some(600)));
    let (urls, titles) = (file.column("content", "url"), file.column("content", "title"));
    let metadata = file.column("content", "metadata");
    for truth in file.own("content") {
        for twist in &truth.twists {
            match twist {
                Twist::NoUrl => assert_eq!(urls[&truth.rowid], None),
                Twist::BlankUrl => assert_eq!(urls[&truth.rowid].as_deref(), Some("")),
                Twist::NoTitle => assert!(titles[&truth.rowid].as_deref().is_none_or(str::is_empty)),
                Twist::DamagedMetadata => {
                    let text = metadata[&truth.rowid].as_deref().unwrap();
                    assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
                }
                Twist::InvalidUtf8 => panic!("only in the strange shape"),
            }
        }
    }
}

#[test]
fn articles_about_junk_quote_what_junk_says() {
    let file = File::of(&Preset::named("mixed-a").unwrap().recipe(Some(800)));
    let bodies = file.column("content", "content");
    for (kind, words) in [
        (Kind::AboutJavascript, "JavaScript"),
        (Kind::AboutReader, "nstapaper"),
        (Kind::About404, "404"),
    ] {
        let texts: Vec<&str> = file
            .own("content")
            .filter(|truth| truth.kind == kind)
            .filter_map(|truth| bodies[&truth.rowid].as_deref())
            .collect();
        assert!(!texts.is_empty());
        assert!(
            texts
                .iter()
                .all(|text| text.contains(words) && text.contains('“')),
            "{kind:?}"
        );
    }
}

#[test]
fn news_is_short_and_still_more_than_a_stub() {
    let file = File::of(&Recipe {
        shares: vec![(Kind::ShortNews, 1)],
        ..Recipe::mixed(Shape::AtlasC, 200, 3)
    });
    for body in file.column("content", "content").values().flatten() {
        assert!((60..=150).contains(&body.split_whitespace().count()), "{body}");
    }
}
