//! Says phrases of the stock: draws alternatives, fills slots, and remembers the names of a piece, so that the same
//! person and place are spoken of from its beginning to its end.

use crate::language::Language;
use crate::random::Random;
use crate::stock::{Part, Phrase, Stock};

/// One piece's way of saying things.
pub(crate) struct Voice<'r> {
    pub(crate) language: Language,
    pub(crate) random: &'r mut Random,
    /// Where sections are looked for, in this order.
    stocks: Vec<&'static Stock>,
    /// Slots with a capital letter, as they were filled first.
    names: Vec<(&'static str, String)>,
}

impl<'r> Voice<'r> {
    /// Speaks the prose of a language.
    pub(crate) fn new(language: Language, random: &'r mut Random) -> Self {
        Self {
            language,
            random,
            stocks: vec![Stock::of(language)],
            names: Vec::new(),
        }
    }

    /// Speaks from this stock first.
    pub(crate) fn with(language: Language, stock: &'static Stock, random: &'r mut Random) -> Self {
        let mut voice = Self::new(language, random);
        voice.stocks.insert(0, stock);
        if !std::ptr::eq(stock, Stock::junk()) {
            voice.stocks.push(Stock::junk());
        }
        voice
    }

    /// Fills a slot with what the stock does not have.
    pub(crate) fn set(&mut self, name: &'static str, text: String) {
        self.names.push((name, text));
    }

    /// Any entry of a section; nothing if there is none.
    pub(crate) fn say(&mut self, section: &str) -> String {
        let mut out = String::new();
        self.say_into(section, &mut out);
        out
    }

    pub(crate) fn say_into(&mut self, section: &str, out: &mut String) {
        let entries = self.entries(section);
        if let Some(phrase) = self.random.pick(entries) {
            self.write(phrase, out);
        }
    }

    /// So many entries of a section, none of them twice before all have come once.
    pub(crate) fn say_some(&mut self, section: &str, count: usize) -> Vec<String> {
        let mut order: Vec<usize> = (0..self.entries(section).len()).collect();
        self.random.shuffle(&mut order);
        let chosen: Vec<usize> = order.into_iter().cycle().take(count).collect();
        chosen
            .into_iter()
            .map(|entry| {
                let mut text = String::new();
                self.say_entry_into(section, entry, &mut text);
                text
            })
            .collect()
    }

    /// The entry with this number.
    pub(crate) fn say_entry_into(&mut self, section: &str, entry: usize, out: &mut String) {
        if let Some(phrase) = self.entries(section).get(entry) {
            self.write(phrase, out);
        }
    }

    pub(crate) fn entries(&self, section: &str) -> &'static [Phrase] {
        self.stocks
            .iter()
            .map(|stock| stock.section(section))
            .find(|entries| !entries.is_empty())
            .unwrap_or_default()
    }

    fn write(&mut self, phrase: &'static Phrase, out: &mut String) {
        for part in phrase {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Number(first, last) => out.push_str(&self.random.between(*first, *last).to_string()),
                Part::OneOf(options) => {
                    if let Some(option) = self.random.pick(options) {
                        self.write(option, out);
                    }
                }
                Part::Slot(name) => self.fill(name, out),
            }
        }
    }

    fn fill(&mut self, name: &'static str, out: &mut String) {
        if let Some((_, text)) = self.names.iter().find(|(known, _)| *known == name) {
            out.push_str(text);
            return;
        }
        let text = self.say(name);
        out.push_str(&text);
        let is_kept = name.starts_with(char::is_uppercase) || name == "host";
        if is_kept {
            self.names.push((name, text));
        }
    }
}

/// The same with a capital letter at the beginning.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
