//! The gate on self-written pages: what each must be judged, and the promises that hold for every verdict.

use std::path::PathBuf;

use atlas_domain::{Decision, JunkClass, Verdict};
use rstest::rstest;

use super::{FetchSignals, GATE_VERSION, judge};
use crate::{Engine, Extracted, PageInput, extract};

/// Asked at run time: checkouts that share build products share this test's binary, too.
#[expect(clippy::disallowed_methods, reason = "cargo says where the package lies")]
fn package() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .expect("cargo runs the tests")
        .into()
}

fn extracted(page: &str) -> Extracted {
    let path = format!("{}/../../corpus/gate/{page}.html", package().display());
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let url = Some("https://marsh.example/2024/05/heron".to_owned());
    extract(&PageInput {
        bytes,
        url,
        content_type: Some("text/html".to_owned()),
        engine: Engine::Selected,
    })
}

fn answered(status: u16, final_url: &str) -> FetchSignals {
    FetchSignals {
        status,
        given_html: false,
        ..FetchSignals::between("https://marsh.example/2024/05/heron", final_url)
    }
}

fn ordinary_answer() -> FetchSignals {
    answered(200, "https://marsh.example/2024/05/heron")
}

fn verdict(page: &str) -> Verdict {
    judge(&ordinary_answer(), &extracted(page))
}

#[rstest]
#[case::gateway("error-502", JunkClass::Error)]
#[case::apology("error-apology", JunkClass::Error)]
#[case::german_maintenance("error-maintenance-de", JunkClass::Error)]
#[case::soft_404("soft-404", JunkClass::Soft404)]
#[case::japanese_soft_404("soft-404-ja", JunkClass::Soft404)]
#[case::french_soft_404("soft-404-fr", JunkClass::Soft404)]
#[case::arabic_soft_404("soft-404-ar", JunkClass::Soft404)]
#[case::challenge_script("challenge-script", JunkClass::Challenge)]
#[case::challenge_in_words("challenge-words", JunkClass::Challenge)]
#[case::german_challenge("challenge-de", JunkClass::Challenge)]
#[case::login_form("login-wall", JunkClass::LoginWall)]
#[case::french_registration("login-register-fr", JunkClass::LoginWall)]
#[case::password_recovery("login-recover", JunkClass::LoginWall)]
#[case::chinese_login("login-zh", JunkClass::LoginWall)]
#[case::consent_dialogue("consent-wall", JunkClass::ConsentWall)]
#[case::german_consent_dialogue("consent-wall-de", JunkClass::ConsentWall)]
#[case::application_shell("js-stub", JunkClass::JsStub)]
#[case::loading_shell("js-stub-loading", JunkClass::JsStub)]
#[case::redirect_by_script("js-stub-redirect", JunkClass::JsStub)]
#[case::reader_list("interface-reader", JunkClass::Interface)]
#[case::reader_list_as_text("interface-export", JunkClass::Interface)]
#[case::web_server("default-nginx", JunkClass::ServerDefault)]
#[case::directory_listing("default-listing", JunkClass::ServerDefault)]
#[case::new_domain("default-new-site", JunkClass::ServerDefault)]
#[case::empty("stub-empty", JunkClass::Stub)]
#[case::labels("stub-labels", JunkClass::Stub)]
fn keeps_junk_out(#[case] page: &str, #[case] class: JunkClass) {
    let verdict = verdict(page);
    assert!(
        matches!(verdict.decision, Decision::Quarantine | Decision::Reject),
        "{verdict:#?}"
    );
    assert_eq!(verdict.class, Some(class), "{verdict:#?}");
    assert!(
        verdict
            .reasons
            .iter()
            .any(|reason| reason.class == Some(class) && !reason.evidence.is_empty())
    );
}

#[rstest]
#[case::login_widget_in_header("good-login-widget")]
#[case::consent_banner_beside_article("good-consent-banner")]
#[case::captcha_in_comment_form("good-captcha-comments")]
#[case::noscript_warning("good-noscript-warning")]
#[case::about_404_pages("good-about-404")]
#[case::about_robot_checks("good-about-challenges")]
#[case::about_cookies("good-about-cookies")]
#[case::about_logins("good-about-logins")]
#[case::about_javascript("good-about-javascript")]
#[case::about_reading_apps("good-readers-review")]
#[case::short_post("good-short-post")]
#[case::short_page_without_metadata("good-short-plain")]
#[case::discourse("good-discourse")]
#[case::german("good-german")]
#[case::japanese("good-japanese")]
#[case::arabic("good-arabic")]
#[case::number_in_title("good-status-number")]
#[case::index_in_title("good-index-title")]
fn lets_content_in(#[case] page: &str) {
    let verdict = verdict(page);
    assert_eq!(verdict.decision, Decision::Accept, "{verdict:#?}");
    assert_eq!(verdict.class, None);
}

#[test]
fn a_real_beginning_is_partial() {
    assert_eq!(verdict("partial-beginning").decision, Decision::Partial);
}

/// D1: a failed fetch saved as content.
#[rstest]
#[case::not_found(404)]
#[case::gone(410)]
#[case::refused(403)]
#[case::server_error(503)]
fn d1_a_failed_fetch_is_not_content(#[case] status: u16) {
    let signals = answered(status, "https://marsh.example/2024/05/heron");
    for page in ["error-apology", "soft-404", "stub-labels", "error-502"] {
        let verdict = judge(&signals, &extracted(page));
        assert_eq!(verdict.class, Some(JunkClass::Error), "{page}: {verdict:#?}");
    }
}

/// D4: a word that junk also uses is no proof of junk.
#[test]
fn d4_a_word_alone_condemns_nothing() {
    for page in [
        "good-about-javascript",
        "good-about-cookies",
        "good-about-logins",
        "good-about-404",
    ] {
        assert_eq!(verdict(page).class, None, "{page}");
    }
}

#[test]
fn an_article_behind_a_refusal_is_still_an_article() {
    let signals = answered(403, "https://marsh.example/2024/05/heron");
    assert_eq!(
        judge(&signals, &extracted("good-login-widget")).decision,
        Decision::Accept
    );
}

#[test]
fn rejects_only_on_two_independent_levels() {
    let by_page_alone = judge(&ordinary_answer(), &extracted("stub-empty"));
    assert_eq!(by_page_alone.decision, Decision::Quarantine);
    let login = extracted("login-recover");
    let redirected = answered(200, "https://marsh.example/login?next=heron");
    assert_eq!(judge(&redirected, &login).decision, Decision::Reject);
}

#[test]
fn a_redirect_alone_does_not_reject_a_page_with_content() {
    let signals = answered(200, "https://marsh.example/login?next=heron");
    assert_eq!(
        judge(&signals, &extracted("good-login-widget")).decision,
        Decision::Accept
    );
}

#[test]
fn the_heaviest_reason_comes_first_and_evidence_is_short() {
    let verdict = verdict("login-wall");
    assert!(verdict.reasons.is_sorted_by(|a, b| a.weight >= b.weight));
    assert!(
        verdict
            .reasons
            .iter()
            .all(|reason| reason.evidence.chars().count() <= 200)
    );
    assert_eq!(verdict.gate_version, GATE_VERSION);
}

#[test]
fn says_the_same_twice() {
    let page = extracted("soft-404");
    assert_eq!(judge(&ordinary_answer(), &page), judge(&ordinary_answer(), &page));
}

#[test]
fn nothing_at_all_is_a_stub() {
    let input = PageInput {
        bytes: Vec::new(),
        url: None,
        content_type: None,
        engine: Engine::Selected,
    };
    let verdict = judge(&FetchSignals::given(None), &extract(&input));
    assert_eq!(
        (verdict.decision, verdict.class),
        (Decision::Quarantine, Some(JunkClass::Stub))
    );
}

const PROSE: &str = "The heron stood on the gate for most of the morning and did not look at us once. We had brought \
    bread, which it ignored, and a camera, which it seemed to know. When the water fell it walked down to the ditch. ";

/// Bytes as compression makes them, with `share` of prose between them.
fn compressed(beginning: &[u8], prose_share: f32) -> Vec<u8> {
    let mut bytes = beginning.to_vec();
    let noise_bytes = (PROSE.len() as f32 * (1.0 - prose_share) / prose_share) as usize;
    let mut state = 7_u32;
    for _ in 0..20 {
        bytes.extend(PROSE.bytes());
        bytes.extend((0..noise_bytes).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }));
    }
    bytes
}

fn judged(bytes: Vec<u8>, content_type: &str) -> Verdict {
    let input = PageInput {
        bytes,
        url: Some("https://marsh.example/2024/05/heron".to_owned()),
        content_type: Some(content_type.to_owned()),
        engine: Engine::Selected,
    };
    judge(&ordinary_answer(), &extract(&input))
}

#[rstest]
#[case::picture(compressed(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0", 0.5))]
#[case::archive(compressed(b"PK\x03\x04\x14\0\0\0", 0.5))]
#[case::archive_of_plain_text([b"PK\x03\x04".as_slice(), PROSE.repeat(20).as_bytes()].concat())]
#[case::document(compressed(b"%PDF-1.7\n1 0 obj\n<< /Length 99 >>\nstream\n", 0.5))]
#[case::program(compressed(b"\x7FELF\x02\x01\x01\0\0\0\0\0", 0.5))]
#[case::unknown_format(compressed(b"", 0.5))]
#[case::mostly_prose(compressed(b"", 0.9))]
#[case::inside_markup([b"<!doctype html><title>Herons</title><p>".to_vec(), compressed(b"", 0.7)].concat())]
#[case::sixteen_bits(compressed(b"\xFF\xFE", 0.2))]
fn a_file_is_not_a_page_whatever_sentences_are_in_it(#[case] bytes: Vec<u8>) {
    for content_type in [
        "text/html",
        "text/plain",
        "text/html; charset=utf-8",
        "text/html; charset=shift_jis",
    ] {
        let verdict = judged(bytes.clone(), content_type);
        assert_eq!(
            verdict.decision,
            Decision::Quarantine,
            "{content_type}: {verdict:#?}"
        );
        assert_eq!(verdict.class, Some(JunkClass::Stub), "{content_type}");
    }
}

/// Replaces every `every`-th character that is not white space.
fn damaged(text: &str, every: usize, by: char) -> Vec<u8> {
    let damage = |(index, c): (usize, char)| {
        if c.is_alphabetic() && index % every == 0 {
            by
        } else {
            c
        }
    };
    text.chars()
        .enumerate()
        .map(damage)
        .collect::<String>()
        .into_bytes()
}

#[rstest]
#[case::english(PROSE, "en")]
#[case::french(
    "Le héron est resté sur la barrière presque toute la matinée, et il ne nous a jamais regardés. Nous avions apporté du pain. ",
    "fr"
)]
#[case::russian(
    "Цапля стояла на воротах почти всё утро и ни разу не посмотрела на нас. Мы принесли хлеб, который она не замечала. ",
    "ru"
)]
#[case::arabic(
    "وقف مالك الحزين على البوابة معظم الصباح ولم ينظر إلينا مرة واحدة. كنا قد أحضرنا الخبز فتجاهله تماما. ",
    "ar"
)]
#[case::hindi(
    "बगुला लगभग पूरी सुबह फाटक पर खड़ा रहा और उसने एक बार भी हमारी ओर नहीं देखा। हम रोटी लाए थे। ",
    "hi"
)]
#[case::japanese(
    "サギは午前中ずっと門の上に立っていて、一度もこちらを見なかった。私たちはパンを持ってきたが、見向きもしなかった。",
    "ja"
)]
fn a_few_broken_characters_do_not_make_a_page_unreadable(#[case] text: &str, #[case] language: &str) {
    let text = text.repeat(20);
    for (every, by) in [(40, '\u{FFFD}'), (300, '\u{2}'), (60, '\u{96}'), (50, '\u{E001}')] {
        let body = [
            format!("<html lang={language}><title>Herons</title><article><p>").into_bytes(),
            damaged(&text, every, by),
            b"</p></article>".to_vec(),
        ];
        let verdict = judged(body.concat(), "text/html; charset=utf-8");
        assert_eq!(verdict.decision, Decision::Accept, "{by:?}: {verdict:#?}");
    }
}

/// French as Latin-1 that is declared to be UTF-8: every accent is lost, every word is there.
#[test]
fn a_wrongly_declared_page_is_still_a_page() {
    let text =
        "Le héron est resté sur la barrière toute la matinée, et il ne nous a jamais regardés. ".repeat(20);
    let page = format!("<title>Le héron</title><article><p>{text}</p></article>");
    let bytes: Vec<u8> = page.chars().map(|c| c as u8).collect();
    let verdict = judged(bytes, "text/html; charset=utf-8");
    assert_eq!(verdict.decision, Decision::Accept, "{verdict:#?}");
}
