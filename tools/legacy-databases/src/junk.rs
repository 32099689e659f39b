//! Junk that is text: error pages, walls, stubs, placeholders, blanks and harvested links, said by the stock and dressed
//! as pages were saved: as text, as HTML, as Markdown, with or without the frame of their site.

use std::fmt::Write as _;

use crate::draft::{Draft, choose};
use crate::good::{escaped, host};
use crate::kind::Kind;
use crate::language::Language;
use crate::prose;
use crate::random::Random;
use crate::stock::Stock;
use crate::voice::Voice;

/// A page that the stock has a section for.
pub(crate) fn page(kind: Kind, random: &mut Random) -> Draft {
    let languages = Stock::junk().languages(kind.name());
    let language = choose(&languages, random);
    let mut voice = Voice::with(language, Stock::junk(), random);
    let text = voice.say(&format!("{} {}", language.code(), kind.name()));
    let text = match kind {
        Kind::ConsentWall if voice.random.chance(25) => text + &vendors(&mut voice),
        Kind::Error404 if voice.random.chance(25) => text + &related(&mut voice),
        _ => text,
    };
    let is_bare = matches!(kind, Kind::Stub | Kind::Placeholder);
    dressed(&text, is_bare, &mut voice)
}

/// The beginning of a real article, then the offer.
pub(crate) fn paywall(random: &mut Random) -> Draft {
    let languages = Stock::junk().languages("paywall-stub");
    let language = choose(&languages, random);
    let mut voice = Voice::with(language, Stock::junk(), random);
    let bytes = voice.random.between(60, 330);
    let article = prose::article(&mut voice, bytes);
    voice.set("lead", article.plain(language.space()));
    let text = voice.say(&format!("{} paywall-stub", language.code()));
    let mut draft = dressed(&text, false, &mut voice);
    draft.title = Some(article.title);
    draft
}

pub(crate) fn blank(kind: Kind, random: &mut Random) -> Draft {
    let body = match kind {
        Kind::EmptyBody => "",
        _ => random.word(&[
            " ",
            "\n",
            "\n\n\n\n",
            "\u{a0}\u{a0}",
            "\t \r\n",
            "\u{200b}",
            " \u{feff} \n",
            "\u{3000}",
        ]),
    };
    let mut draft = titled_as_an_article(body.to_owned(), random);
    draft.language = None;
    draft
}

/// What a crawler took for content: the links of a page.
pub(crate) fn links(random: &mut Random) -> Draft {
    let languages = Stock::junk().languages("nav");
    let language = choose(&languages, random);
    let form = random.below(4);
    let mut voice = Voice::with(language, Stock::junk(), random);
    let section = format!("{} nav", language.code());
    let site = voice.say("host");
    let mut text = String::new();
    let count = voice.random.between(15, 110);
    for mut name in voice.say_some(&section, count) {
        if voice.random.chance(30) {
            name = prose::title(&mut voice);
        }
        let path = voice.random.token(5).to_lowercase();
        let _ = match form {
            0 => writeln!(text, "* [{name}](https://{site}/{path})"),
            1 => writeln!(text, "<li><a href=\"/{path}\">{}</a></li>", escaped(&name)),
            2 => writeln!(text, "{name}"),
            _ => write!(text, "{name} | "),
        };
    }
    let mut draft = titled_as_an_article(text, voice.random);
    draft.language = Some(language);
    draft
}

/// The small print of a cookie dialogue: long, and still no content.
fn vendors(voice: &mut Voice<'_>) -> String {
    (0..voice.random.between(30, 300)).fold("\n".to_owned(), |mut lines, _| {
        let _ = write!(lines, "\n{}", voice.say("vendor"));
        lines
    })
}

/// What else there is on a site that does not have the page.
fn related(voice: &mut Voice<'_>) -> String {
    let lead = voice.say(&format!("{} related", voice.language.code()));
    (0..voice.random.between(8, 40)).fold(format!("\n\n{lead}"), |mut lines, _| {
        let title = prose::title(&mut Voice::new(voice.language, voice.random));
        let _ = write!(lines, "\n{title}");
        lines
    })
}

/// The lines that stood above and below a page's text.
pub(crate) fn frame(voice: &mut Voice<'_>) -> (String, String) {
    let mut lines = voice.say_some(&format!("{} nav", voice.language.code()), 12);
    let below = lines.split_off(7);
    (lines.join("\n") + "\n", below.join("\n") + "\n")
}

fn dressed(text: &str, is_bare: bool, voice: &mut Voice<'_>) -> Draft {
    let body = match voice.random.below(if is_bare { 2 } else { 6 }) {
        0 | 1 => text.to_owned(),
        2 => {
            let (above, below) = frame(voice);
            format!("{above}\n{text}\n\n{below}")
        }
        3 => as_markdown(text),
        4 => as_html(text, "", voice),
        _ => {
            let (above, below) = frame(voice);
            let links = |lines: &str| {
                lines.lines().fold(String::new(), |mut items, line| {
                    let _ = write!(items, "<li><a href=\"#\">{line}</a></li>");
                    items
                })
            };
            let nav = format!(
                "<nav><ul>{}</ul></nav><footer><ul>{}</ul></footer>",
                links(&above),
                links(&below)
            );
            as_html(text, &nav, voice)
        }
    };
    let language = voice.language;
    let first: String = text.lines().next().unwrap_or_default().chars().take(80).collect();
    let mut draft = titled_as_an_article(body, voice.random);
    draft.language = Some(language);
    // Half of such rows were named by their page, half by the list of links that they came from.
    if voice.random.chance(50) {
        draft.title = Some(first);
    }
    draft
}

fn as_markdown(text: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    format!("# {first}\n{rest}")
}

fn as_html(text: &str, nav: &str, voice: &mut Voice<'_>) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let paragraphs = rest
        .lines()
        .filter(|line| !line.is_empty())
        .fold(String::new(), |mut all, line| {
            let _ = writeln!(all, "<p>{}</p>", escaped(line));
            all
        });
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title>\n<script \
         src=\"/static/{}.js\" defer></script></head>\n<body>{nav}<div class=\"wrap\"><h1>{}</h1>\n{paragraphs}</div></body></html>",
        voice.language.code(),
        escaped(first),
        voice.random.token(8),
        escaped(first),
    )
}

/// A title and nothing else: what a catalogue knows.
pub(crate) fn record(random: &mut Random) -> Draft {
    let mut draft = titled_as_an_article(String::new(), random);
    draft.content_type = "record";
    draft.language = None;
    draft
}

/// A row that should have held an article: its title, or its address in place of one.
pub(crate) fn titled_as_an_article(body: String, random: &mut Random) -> Draft {
    let language = choose(Language::ALL, random);
    let title = if random.chance(80) {
        prose::title(&mut Voice::new(language, random))
    } else {
        format!("https://{}/{}", host(random), random.token(7))
    };
    Draft::new("article", language, title, body)
}
