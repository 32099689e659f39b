//! Sentences, paragraphs and articles that read like language: a clause of the topic, perhaps with a beginning and an
//! end, each with alternatives inside, so that two articles hardly share a sentence.

use crate::stock::Stock;
use crate::voice::{Voice, capitalised};

/// An article before it has a form.
pub(crate) struct Article {
    pub(crate) title: String,
    /// Paragraphs of sentences.
    pub(crate) paragraphs: Vec<Vec<String>>,
}

/// Clauses in a shuffled order, so that none comes twice before all have come once.
struct Deck {
    sections: Vec<String>,
    cards: Vec<(usize, usize)>,
}

impl Deck {
    /// The first section is used up before the others come.
    fn new(sections: Vec<String>) -> Self {
        Self {
            sections,
            cards: Vec::new(),
        }
    }

    fn draw(&mut self, voice: &mut Voice<'_>, out: &mut String) {
        if self.cards.is_empty() {
            for section in (0..self.sections.len()).rev() {
                let count = voice.entries(&self.sections[section]).len();
                let mut cards: Vec<(usize, usize)> = (0..count).map(|entry| (section, entry)).collect();
                voice.random.shuffle(&mut cards);
                self.cards.append(&mut cards);
            }
        }
        if let Some((section, entry)) = self.cards.pop() {
            voice.say_entry_into(&self.sections[section], entry, out);
        }
    }
}

/// An article on any topic of the voice's language, of about so many bytes.
pub(crate) fn article(voice: &mut Voice<'_>, bytes: usize) -> Article {
    let mut topics: Vec<&str> = Stock::of(voice.language).topics().collect();
    voice.random.shuffle(&mut topics);
    let sections: Vec<String> = topics.iter().map(|topic| format!("topic {topic} say")).collect();
    let title = topics
        .first()
        .map(|topic| voice.say(&format!("topic {topic} title")))
        .unwrap_or_default();
    write(voice, capitalised(&title), sections, bytes)
}

/// An article about something that junk is made of: first about that, then, if it is to be longer, about other things.
pub(crate) fn article_about(voice: &mut Voice<'_>, about: &str, bytes: usize) -> Article {
    let code = voice.language.code();
    let title = voice.say(&format!("{code} {about} title"));
    let sections = vec![format!("{code} {about} say")];
    write(voice, capitalised(&title), sections, bytes)
}

fn write(voice: &mut Voice<'_>, title: String, sections: Vec<String>, bytes: usize) -> Article {
    let mut deck = Deck::new(sections);
    let mut paragraphs = Vec::new();
    let mut written = 0;
    while written < bytes {
        let mut paragraph = Vec::new();
        for _ in 0..voice.random.between(2, 6) {
            let sentence = sentence(voice, &mut deck);
            written += sentence.len() + 1;
            paragraph.push(sentence);
            if written >= bytes {
                break;
            }
        }
        paragraphs.push(paragraph);
    }
    Article { title, paragraphs }
}

fn sentence(voice: &mut Voice<'_>, deck: &mut Deck) -> String {
    let mut text = String::with_capacity(160);
    if voice.random.chance(40) {
        voice.say_into("opener", &mut text);
        text.push_str(voice.language.space());
    }
    deck.draw(voice, &mut text);
    if voice.random.chance(40) {
        voice.say_into("tail", &mut text);
    }
    text.push_str(voice.language.stop());
    capitalised(&text)
}

/// A topic of the voice's language.
pub(crate) fn any_topic(voice: &mut Voice<'_>) -> &'static str {
    let topics: Vec<&str> = Stock::of(voice.language).topics().collect();
    voice.random.pick(&topics).copied().unwrap_or_default()
}

/// The title of an article on any topic.
pub(crate) fn title(voice: &mut Voice<'_>) -> String {
    let topic = any_topic(voice);
    let title = voice.say(&format!("topic {topic} title"));
    capitalised(&title)
}

/// One sentence about anything.
pub(crate) fn any_sentence(voice: &mut Voice<'_>) -> String {
    let topic = any_topic(voice);
    let text = voice.say(&format!("topic {topic} say"));
    capitalised(&text) + voice.language.stop()
}

impl Article {
    /// Paragraphs with an empty line between them.
    pub(crate) fn plain(&self, space: &str) -> String {
        let paragraphs: Vec<String> = self
            .paragraphs
            .iter()
            .map(|paragraph| paragraph.join(space))
            .collect();
        paragraphs.join("\n\n")
    }
}
