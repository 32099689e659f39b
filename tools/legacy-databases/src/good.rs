//! Good text: articles in their forms, articles about what junk is made of, and news.

use std::fmt::Write as _;

use crate::draft::{Draft, choose};
use crate::interface;
use crate::junk;
use crate::kind::Kind;
use crate::language::Language;
use crate::prose::{self, Article};
use crate::random::Random;
use crate::stock::Stock;
use crate::voice::{Voice, capitalised};

/// Shorter would be news.
const SHORTEST_ARTICLE_BYTES: usize = 1_800;

pub(crate) fn article(kind: Kind, bytes: Option<usize>, random: &mut Random) -> Draft {
    let language = match kind {
        Kind::ArticleInInterface => interface::language(random),
        _ => choose(Language::ALL, random),
    };
    let longest = if language == Language::En { 6_500 } else { 4_000 };
    let bytes = bytes.unwrap_or_else(|| random.between(SHORTEST_ARTICLE_BYTES, longest));
    let mut voice = Voice::new(language, random);
    let article = prose::article(&mut voice, bytes.max(SHORTEST_ARTICLE_BYTES));
    let body = match kind {
        Kind::ArticleMarkdown => markdown(&article, &mut voice),
        Kind::ArticleHtml => html(&article, &mut voice),
        Kind::ArticleLeftover => leftover(&article, &mut voice),
        Kind::ArticleWithFrame => framed(&article, language, voice.random),
        Kind::ArticleInInterface => interface::around(&html(&article, &mut voice), language, voice.random),
        _ => article.plain(language.space()),
    };
    let content_type =
        voice
            .random
            .word(&["article", "article", "article", "newsletter", "document", "email"]);
    Draft::new(content_type, language, article.title, body)
}

pub(crate) fn about(kind: Kind, random: &mut Random) -> Draft {
    let languages = Stock::about().languages(&format!("{} say", kind.name()));
    let language = choose(&languages, random);
    let bytes = random.between(1_000, 2_600);
    let form = random.below(3);
    let mut voice = Voice::with(language, Stock::about(), random);
    let article = prose::article_about(&mut voice, kind.name(), bytes);
    let body = match form {
        0 => markdown(&article, &mut voice),
        1 => html(&article, &mut voice),
        _ => article.plain(language.space()),
    };
    Draft::new("article", language, article.title, body)
}

/// 60 to 150 words: what happened, and what else there is to say.
pub(crate) fn news(random: &mut Random) -> Draft {
    // Japanese has no words that one could count at blanks.
    let language = choose(&Language::ALL[..9], random);
    let mut voice = Voice::new(language, random);
    let lead = voice.say("newslead");
    let topic = prose::any_topic(&mut voice);
    let goal = voice.random.between(75, 120);
    let mut text = lead.clone();
    for mut sentence in voice.say_some(&format!("topic {topic} say"), 16) {
        if text.split_whitespace().count() >= goal {
            break;
        }
        if voice.random.chance(50) {
            voice.say_into("tail", &mut sentence);
        }
        let _ = write!(text, " {}.", capitalised(&sentence));
    }
    let title: String = lead
        .split_whitespace()
        .skip(2)
        .take(7)
        .collect::<Vec<_>>()
        .join(" ");
    Draft::new("article", language, capitalised(&title), text)
}

fn markdown(article: &Article, voice: &mut Voice<'_>) -> String {
    let mut text = format!("# {}\n\n", article.title);
    for (number, paragraph) in article.paragraphs.iter().enumerate() {
        let joined = paragraph.join(voice.language.space());
        let _ = match number % 5 {
            2 => write!(text, "## {}\n\n{joined}\n\n", heading(paragraph)),
            3 if voice.random.chance(50) => write!(text, "> {joined}\n\n"),
            4 if paragraph.len() > 2 => write!(text, "- {}\n\n", paragraph.join("\n- ")),
            _ if voice.random.chance(25) => write!(
                text,
                "{joined} [{}](https://{}/{})\n\n",
                voice.say("Place"),
                host(voice.random),
                voice.random.token(6)
            ),
            _ => write!(text, "{joined}\n\n"),
        };
    }
    text
}

fn html(article: &Article, voice: &mut Voice<'_>) -> String {
    let mut text = format!("<article>\n<h1>{}</h1>\n", escaped(&article.title));
    for (number, paragraph) in article.paragraphs.iter().enumerate() {
        if number % 4 == 3 {
            let _ = writeln!(text, "<h2>{}</h2>", escaped(&heading(paragraph)));
        }
        let class = voice
            .random
            .word(&["", "", " class=\"body\"", " style=\"margin:0 0 1em\""]);
        let joined = escaped(&paragraph.join(voice.language.space()));
        let _ = writeln!(text, "<p{class}>{joined}</p>");
        if voice.random.chance(15) {
            let (name, width) = (voice.random.token(8), voice.random.between(320, 1600));
            let _ = writeln!(
                text,
                "<figure><img src=\"/img/{name}.jpg\" width=\"{width}\" alt=\"\"></figure>"
            );
        }
    }
    text + "</article>"
}

/// As text of which some markup was not taken away.
fn leftover(article: &Article, voice: &mut Voice<'_>) -> String {
    let mut text = String::new();
    for paragraph in &article.paragraphs {
        let joined = paragraph.join(voice.language.space());
        let _ = match voice.random.below(6) {
            0 => write!(text, "<p>{joined}</p>\n\n"),
            1 => write!(text, "{}&nbsp;\n\n", joined.replace('\'', "&#39;")),
            2 => writeln!(text, "{joined}<br/><br/>"),
            3 => write!(text, "<div class=\"w{}\">{joined}\n\n", voice.random.below(90)),
            _ => write!(text, "{joined}\n\n"),
        };
    }
    text
}

/// With what stands around it on its site.
fn framed(article: &Article, language: Language, random: &mut Random) -> String {
    let mut voice = Voice::with(language, Stock::junk(), random);
    let (above, below) = junk::frame(&mut voice);
    let notices = voice.say_some(&format!("{} notice", language.code()), 3);
    let text = article.plain(language.space());
    let notice = notices.first().map(String::as_str).unwrap_or_default();
    let offers = notices.get(1..).unwrap_or_default().join("\n");
    format!("{above}\n{notice}\n\n{text}\n\n{offers}\n\n{below}")
}

/// The beginning of a paragraph's first sentence.
fn heading(paragraph: &[String]) -> String {
    let first = paragraph.first().map(String::as_str).unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().take(5).collect();
    let text: String = words.join(" ").chars().take(48).collect();
    text.trim_end_matches(['.', ',', ';', ':', '。', '、']).to_owned()
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A made-up host of good pages.
pub(crate) fn host(random: &mut Random) -> &'static str {
    random.word(&[
        "fieldnotes.example",
        "www.slow-reader.example",
        "harbourpost.example",
        "blog.kessler.example",
        "moorbacher-bote.example",
        "carnets.example",
        "cuadernos.example",
        "quaderni.example",
        "zapiski.example",
        "techo.example",
        "en.opencyclopedia.example",
        "letters.example",
    ])
}
