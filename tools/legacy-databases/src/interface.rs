//! Pages of a reading service that were saved in place of the articles they list: the predecessor's 290 MB. As HTML with
//! its scripts, as a shell without any article, and as text with leftover markup.

use std::fmt::Write as _;

use crate::draft::Draft;
use crate::good::escaped;
use crate::junk::titled_as_an_article;
use crate::language::Language;
use crate::prose;
use crate::random::Random;
use crate::stock::Stock;
use crate::voice::Voice;

const SERVICES: &[&str] = &["Instapaper", "Instapaper", "Instapaper", "Pocket", "Readlater"];

/// The page with its list of saved articles.
pub(crate) fn html(bytes: Option<usize>, random: &mut Random) -> Draft {
    let items = random.between(3, 24);
    let bytes = bytes.unwrap_or_else(|| random.between(6_000, 30_000));
    whole_page(items, bytes, random)
}

/// The page with an empty list: less than a sentence is left of it once the markup is gone.
pub(crate) fn shell(bytes: Option<usize>, random: &mut Random) -> Draft {
    let bytes = bytes.unwrap_or_else(|| random.between(4_000, 16_000));
    whole_page(0, bytes, random)
}

/// A language that the interface exists in.
pub(crate) fn language(random: &mut Random) -> Language {
    crate::draft::choose(&Stock::reader().languages("menu"), random)
}

/// The page on which the service shows this article, as HTML.
pub(crate) fn around(article: &str, language: Language, random: &mut Random) -> String {
    let mut voice = Voice::with(language, Stock::reader(), random);
    let service = voice.random.word(SERVICES);
    let mut page = String::with_capacity(article.len() + 8_000);
    head(&mut page, service, &mut voice);
    navigation(&mut page, service, &mut voice);
    let actions = words(&mut voice, "action", 5).join("</button><button type=\"button\">");
    let _ = writeln!(
        page,
        "<div class=\"toolbar\"><button type=\"button\">{actions}</button></div>\n<main id=\"story\">\n{article}\n</main>"
    );
    let bytes = page.len() + voice.random.between(300, 2_500);
    scripts(&mut page, bytes, voice.random);
    page + "</body>\n</html>\n"
}

/// The page as text, with what was not taken away.
pub(crate) fn text(random: &mut Random) -> Draft {
    let items = random.between(1, 20);
    let mut voice = speaker(random);
    let code = voice.language.code();
    let mut text = format!("{}\n", voice.random.word(SERVICES));
    for word in words(&mut voice, "menu", 9) {
        let markup = voice.random.below(5);
        let _ = match markup {
            0 => writeln!(text, "[{word}](/{})", word.to_lowercase().replace(' ', "-")),
            1 => writeln!(text, "* {word}"),
            2 => writeln!(text, "<li>{word}</li>"),
            _ => writeln!(text, "{word}"),
        };
    }
    for _ in 0..items {
        let _ = writeln!(text, "\n{}", prose::title(&mut voice));
        let _ = writeln!(
            text,
            "{} &middot; {}",
            voice.say("host"),
            voice.say(&format!("{code} state"))
        );
        let actions = words(&mut voice, "action", 4).join("&nbsp;");
        let _ = writeln!(text, "{actions}");
    }
    if voice.random.chance(50) {
        let _ = writeln!(
            text,
            "\n{{\"csrf\":\"{}\",\"page\":{items}}}",
            voice.random.token(24)
        );
    }
    let _ = writeln!(text, "<div class=\"modal hidden\">&times;</div>");
    finished(text, &mut voice)
}

fn whole_page(items: usize, bytes: usize, random: &mut Random) -> Draft {
    let mut voice = speaker(random);
    let service = voice.random.word(SERVICES);
    let mut page = String::with_capacity(bytes + 2_000);
    head(&mut page, service, &mut voice);
    navigation(&mut page, service, &mut voice);
    list(&mut page, items, &mut voice);
    let _ = writeln!(
        page,
        "<div id=\"modal\" class=\"modal hidden\" role=\"dialog\"><button class=\"close\" aria-label=\"x\">&times;</button>\
         <form action=\"/edit\" method=\"post\"><input type=\"hidden\" name=\"form_key\" value=\"{}\">\
         <input type=\"text\" name=\"title\"><button type=\"submit\">OK</button></form></div>",
        voice.random.token(32)
    );
    scripts(&mut page, bytes, voice.random);
    page.push_str("</body>\n</html>\n");
    finished(page, &mut voice)
}

fn speaker(random: &mut Random) -> Voice<'_> {
    let language = language(random);
    Voice::with(language, Stock::reader(), random)
}

fn finished(body: String, voice: &mut Voice<'_>) -> Draft {
    let language: Language = voice.language;
    let mut draft = titled_as_an_article(body, voice.random);
    draft.language = Some(language);
    draft
}

fn words(voice: &mut Voice<'_>, section: &str, most: usize) -> Vec<String> {
    let section = format!("{} {section}", voice.language.code());
    let count = voice.entries(&section).len().min(most);
    (0..count)
        .map(|entry| {
            let mut word = String::new();
            voice.say_entry_into(&section, entry, &mut word);
            word
        })
        .collect()
}

fn head(page: &mut String, service: &str, voice: &mut Voice<'_>) {
    let version = voice.random.token(10);
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"{}\" class=\"no-js\">\n<head>\n<meta charset=\"utf-8\">\n<title>{service}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"csrf-token\" content=\"{}\">\n<link rel=\"stylesheet\" href=\"/static/css/app.{version}.css\">\n\
         <script>document.documentElement.className='js';window.APP={{user:{},premium:{},build:\"{version}\"}};</script>\n\
         </head>\n<body class=\"home theme-{}\">\n",
        voice.language.code(),
        voice.random.token(40),
        voice.random.between(10_000, 4_000_000),
        voice.random.chance(30),
        voice.random.below(4),
    );
}

fn navigation(page: &mut String, service: &str, voice: &mut Voice<'_>) {
    let _ = write!(
        page,
        "<header><a class=\"logo\" href=\"/\">{service}</a>\n<nav id=\"side\"><ul>\n"
    );
    for word in words(voice, "menu", 16) {
        let (icon, path) = (voice.random.below(60), voice.random.token(4).to_lowercase());
        let _ = writeln!(
            page,
            "<li class=\"item\"><a href=\"/{path}\"><i class=\"icon icon-{icon}\"></i><span>{word}</span></a></li>"
        );
    }
    page.push_str("</ul></nav>\n<form class=\"search\" action=\"/search\"><input type=\"search\" name=\"q\"></form></header>\n");
}

fn list(page: &mut String, items: usize, voice: &mut Voice<'_>) {
    let code = voice.language.code();
    page.push_str("<main id=\"article_list\">\n");
    if items == 0 {
        let _ = writeln!(
            page,
            "<p class=\"empty\">{}</p>",
            voice.say(&format!("{code} empty"))
        );
    }
    for _ in 0..items {
        let number = voice.random.between(100_000_000, 1_700_000_000);
        let title = prose::title(voice);
        let _ = write!(
            page,
            "<article id=\"a{number}\" class=\"article_item\"><a class=\"title\" href=\"/read/{number}\">{}</a>\
             <div class=\"meta\"><span class=\"host\">{}</span> <span>{}</span></div><div class=\"actions\">",
            escaped(&title),
            voice.say("host"),
            voice.say(&format!("{code} state")),
        );
        for action in words(voice, "action", 5) {
            let _ = write!(
                page,
                "<button type=\"button\" data-id=\"{number}\">{action}</button>"
            );
        }
        page.push_str("</div></article>\n");
    }
    page.push_str("</main>\n");
}

/// Styles, pictures and a state, until the page is as large as wished: what such pages mostly consist of.
fn scripts(page: &mut String, bytes: usize, random: &mut Random) {
    page.push_str("<script type=\"application/json\" id=\"state\">{\"v\":2");
    let mut entry = 0;
    while page.len() + 40 < bytes {
        entry += 1;
        let left = bytes - page.len();
        let token = random.token(left.saturating_sub(60).clamp(8, 180));
        let _ = match random.below(3) {
            0 => write!(
                page,
                ",\"k{entry}\":{{\"id\":{},\"h\":\"{token}\"}}",
                random.below(1_000_000)
            ),
            1 => write!(page, ",\"svg{entry}\":\"data:image/svg+xml;base64,{token}=\""),
            _ => write!(
                page,
                ",\"f{entry}\":[{},{},\"{token}\"]",
                random.chance(50),
                random.below(99)
            ),
        };
    }
    page.push_str("}</script>\n");
}
