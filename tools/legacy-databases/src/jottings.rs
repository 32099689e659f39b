//! The short things that people keep: notes, bookmarks, highlights.

use std::fmt::Write as _;

use crate::draft::{Draft, choose};
use crate::language::Language;
use crate::prose;
use crate::random::Random;
use crate::voice::{Voice, capitalised};

/// A note: an entry of the stock, or a few clauses as they came to mind.
pub(crate) fn note(random: &mut Random) -> Draft {
    let language = choose(Language::ALL, random);
    let mut voice = Voice::new(language, random);
    let text = if voice.random.chance(50) {
        let mark = voice.random.word(&["- ", "* ", "", "→ "]);
        let count = voice.random.between(1, 3);
        let topic = prose::any_topic(&mut voice);
        let clauses = voice.say_some(&format!("topic {topic} say"), count);
        format!("{mark}{}", clauses.join(&format!("\n{mark}")))
    } else {
        let count = voice.random.between(1, 2);
        voice.say_some("note", count).join("\n")
    };
    Draft::untitled("note", language, text)
}

/// A bookmark: what is to be found there, mostly with a sentence from it.
pub(crate) fn bookmark(random: &mut Random) -> Draft {
    let language = Language::En;
    let mut voice = Voice::new(language, random);
    let mut text = voice.say("bookmark");
    if voice.random.chance(75) {
        let _ = write!(text, " “{}”", prose::any_sentence(&mut voice));
    }
    Draft::new("bookmark", language, prose::title(&mut voice), text)
}

/// A highlight: a sentence or two out of a text, mostly with the page or with who wrote it.
pub(crate) fn highlight(random: &mut Random) -> Draft {
    let language = choose(Language::ALL, random);
    let mut voice = Voice::new(language, random);
    if voice.random.chance(10) {
        let text = voice.say("highlight");
        return Draft::untitled("highlight", language, text);
    }
    let topic = prose::any_topic(&mut voice);
    let count = voice.random.between(1, 3);
    let mut text = String::new();
    for clause in voice.say_some(&format!("topic {topic} say"), count) {
        if !text.is_empty() {
            text.push_str(language.space());
        }
        text.push_str(&capitalised(&clause));
        if voice.random.chance(40) {
            voice.say_into("tail", &mut text);
        }
        text.push_str(language.stop());
    }
    let text = match voice.random.below(3) {
        0 => format!("{text} ({})", voice.say("Person")),
        1 => format!("> {text}"),
        _ => format!("{text} [{}]", voice.random.between(4, 600)),
    };
    Draft::untitled("highlight", language, text)
}
