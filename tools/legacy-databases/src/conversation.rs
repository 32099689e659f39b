//! Good text that was spoken: transcripts, whole and in segments.

use std::fmt::Write as _;

use crate::draft::{Draft, choose};
use crate::language::Language;
use crate::prose;
use crate::random::Random;
use crate::voice::Voice;

/// Who says what, until it is long enough.
pub(crate) fn transcript(bytes: Option<usize>, random: &mut Random) -> Draft {
    let language = choose(Language::ALL, random);
    let bytes = bytes.unwrap_or_else(|| random.between(2_000, 7_000)).max(1_500);
    let mut voice = Voice::new(language, random);
    let speakers = voice.say_some("Person", 2);
    let has_times = voice.random.chance(50);
    let mut text = String::new();
    let mut seconds = voice.random.between(3, 20);
    while text.len() < bytes {
        for speaker in &speakers {
            if has_times {
                let _ = write!(
                    text,
                    "[{:02}:{:02}:{:02}] ",
                    seconds / 3600,
                    seconds / 60 % 60,
                    seconds % 60
                );
            }
            let _ = write!(text, "{speaker}: {}", voice.say("segment"));
            for _ in 0..voice.random.below(4) {
                let _ = write!(text, "{}{}", language.space(), prose::any_sentence(&mut voice));
            }
            text.push_str("\n\n");
            seconds += voice.random.between(5, 60);
        }
    }
    let title = format!("#{}: {}", voice.random.between(1, 400), speakers.join(", "));
    Draft::new("podcast", language, title, text.trim_end().to_owned())
}

/// 2 to 30 words out of a conversation.
pub(crate) fn segment(random: &mut Random) -> Draft {
    let language = choose(&Language::ALL[..9], random);
    let mut voice = Voice::new(language, random);
    let is_answer = voice.random.chance(55);
    loop {
        let text = if is_answer {
            voice.say("segment")
        } else {
            prose::any_sentence(&mut voice)
        };
        if (2..=30).contains(&text.split_whitespace().count()) {
            return Draft::untitled("transcript_segment", language, text);
        }
    }
}
