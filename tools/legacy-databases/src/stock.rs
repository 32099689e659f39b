//! The stock of texts: reads the files under `text/`, whose format README.md describes, once for the whole process.
//! Chooses nothing; `voice` does.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::language::Language;

/// A piece of a phrase.
#[derive(Debug)]
pub(crate) enum Part {
    /// As it stands.
    Text(&'static str),
    /// `{name}`: an entry of the section of that name.
    Slot(&'static str),
    /// `{2-9}`: a number.
    Number(usize, usize),
    /// `{a|b}`: one of these.
    OneOf(Vec<Phrase>),
}

/// One entry of a section.
pub(crate) type Phrase = Vec<Part>;

/// One file of texts.
#[derive(Debug)]
pub(crate) struct Stock {
    sections: BTreeMap<&'static str, Vec<Phrase>>,
}

static LANGUAGES: OnceLock<Vec<(Language, Stock)>> = OnceLock::new();
static ABOUT: OnceLock<Stock> = OnceLock::new();
static JUNK: OnceLock<Stock> = OnceLock::new();
static READER: OnceLock<Stock> = OnceLock::new();

impl Stock {
    /// Prose in a language.
    pub(crate) fn of(language: Language) -> &'static Self {
        let all = LANGUAGES.get_or_init(|| {
            Language::ALL
                .iter()
                .map(|language| (*language, Self::read(language.text())))
                .collect()
        });
        all.iter()
            .find(|(known, _)| *known == language)
            .map_or_else(Self::about, |(_, stock)| stock)
    }

    /// Articles about what junk is made of.
    pub(crate) fn about() -> &'static Self {
        ABOUT.get_or_init(|| Self::read(include_str!("../text/about.txt")))
    }

    /// Walls, errors and other remnants.
    pub(crate) fn junk() -> &'static Self {
        JUNK.get_or_init(|| Self::read(include_str!("../text/junk.txt")))
    }

    /// The words of a reading service's interface.
    pub(crate) fn reader() -> &'static Self {
        READER.get_or_init(|| Self::read(include_str!("../text/reader.txt")))
    }

    /// The entries of a section; none if there is no such section.
    pub(crate) fn section(&self, name: &str) -> &[Phrase] {
        self.sections.get(name).map_or(&[], Vec::as_slice)
    }

    /// The topics an article can be about, in the order of their names.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &'static str> {
        self.sections
            .keys()
            .filter_map(|name| name.strip_prefix("topic ")?.strip_suffix(" say"))
    }

    /// The languages in which a section of this kind exists, its name being `LANGUAGE kind`.
    pub(crate) fn languages(&self, kind: &str) -> Vec<Language> {
        let exists = |language: &Language| {
            self.sections
                .contains_key(format!("{} {kind}", language.code()).as_str())
        };
        Language::ALL.iter().copied().filter(exists).collect()
    }

    fn read(text: &'static str) -> Self {
        let mut sections: BTreeMap<&str, Vec<Phrase>> = BTreeMap::new();
        let mut section = "";
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("# "))
        {
            if let Some(name) = line.strip_prefix("== ") {
                section = name;
            } else {
                sections.entry(section).or_default().push(parse(line));
            }
        }
        Self { sections }
    }
}

fn parse(line: &'static str) -> Phrase {
    let mut phrase = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['{', '}', '\\']) {
        let (before, special) = rest.split_at(at);
        let (literal, length) = match special.get(..2) {
            Some("{{") => ("{", 2),
            Some("}}") => ("}", 2),
            Some("\\n") => ("\n", 2),
            Some("\\t") => ("\t", 2),
            _ => (&special[..1], 1),
        };
        phrase.push(Part::Text(before));
        if let Some(end) = closing(special).filter(|_| length == 1) {
            phrase.push(group(&special[1..end]));
            rest = &special[end + 1..];
        } else {
            phrase.push(Part::Text(literal));
            rest = &special[length..];
        }
    }
    phrase.push(Part::Text(rest));
    phrase.retain(|part| !matches!(part, Part::Text("")));
    phrase
}

/// Where the brace is that closes the one at the start; `None` if the text does not start with one.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    if !text.starts_with('{') {
        return None;
    }
    text.char_indices().find_map(|(at, letter)| {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => return None,
        }
        (depth == 0).then_some(at)
    })
}

fn group(inner: &'static str) -> Part {
    let options = alternatives(inner);
    if options.len() > 1 {
        return Part::OneOf(options.into_iter().map(parse).collect());
    }
    let range = inner
        .split_once('-')
        .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match range {
        Some((first, last)) => Part::Number(first, last),
        None => Part::Slot(inner),
    }
}

/// Splits at the bars that are in no inner braces.
fn alternatives(inner: &'static str) -> Vec<&'static str> {
    let mut options = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                options.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    options.push(&inner[start..]);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every slot that a phrase names, at any depth.
    fn slots(phrase: &Phrase) -> Vec<&'static str> {
        phrase
            .iter()
            .flat_map(|part| match part {
                Part::Slot(name) => vec![*name],
                Part::OneOf(options) => options.iter().flat_map(slots).collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    #[test]
    fn every_slot_of_the_prose_has_a_section() {
        for language in Language::ALL {
            let stock = Stock::of(*language);
            for name in stock.sections.values().flatten().flat_map(slots) {
                assert!(!stock.section(name).is_empty(), "{}: {name}", language.code());
            }
        }
    }

    #[test]
    fn every_slot_of_the_junk_has_a_section() {
        let english = Stock::of(Language::En);
        for stock in [Stock::junk(), Stock::reader(), Stock::about()] {
            for name in stock.sections.values().flatten().flat_map(slots) {
                let known = [stock, Stock::junk(), english]
                    .iter()
                    .any(|stock| !stock.section(name).is_empty());
                assert!(known || name == "lead", "{name}");
            }
        }
    }

    #[test]
    fn every_language_has_topics_to_write_about() {
        for language in Language::ALL {
            let stock = Stock::of(*language);
            assert!(stock.topics().count() >= 3, "{}", language.code());
            for topic in stock.topics() {
                assert!(
                    !stock.section(&format!("topic {topic} title")).is_empty(),
                    "{topic}"
                );
                assert!(
                    stock.section(&format!("topic {topic} say")).len() >= 12,
                    "{topic}"
                );
            }
        }
    }

    #[test]
    fn reads_braces_inside_braces() {
        assert!(matches!(
            parse("a {b|{1-3} c} d").as_slice(),
            [Part::Text("a "), Part::OneOf(options), Part::Text(" d")]
                if matches!(options[1].as_slice(), [Part::Number(1, 3), Part::Text(" c")])
        ));
        assert!(matches!(
            parse("{{x}}").as_slice(),
            [Part::Text("{"), Part::Text("x"), Part::Text("}")]
        ));
    }
}
