//! The two tokenizers of the index, as the engine wants them: exact words, and stems.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};

use crate::text::fold::fold_into;
use crate::text::stem::LanguageStemmer;
use crate::text::words::{Pieces, Shape};

/// Name of the tokenizer for exact words, folded.
pub(crate) const WORDS: &str = "atlas_words";
/// Name of the tokenizer for stems. Its input comes from [`stem_input`].
pub(crate) const STEMS: &str = "atlas_stems";

/// Longer tokens are keys and encoded data, which nobody types.
const LONGEST_TOKEN_BYTES: usize = 255;

/// The tokenizers that the schema names.
pub(crate) fn tokenizers() -> TokenizerManager {
    // With the engine's own, of which fields without words need one.
    let manager = TokenizerManager::default();
    manager.register(WORDS, Words::default());
    manager.register(STEMS, Stems::default());
    manager
}

/// Text for a stem field: a tokenizer sees nothing but text, so the language travels in its first line.
pub(crate) fn stem_input(language: &str, text: &str) -> String {
    format!("{language}\n{text}")
}

/// The folded form of a token, or `None` if it is not one that the index holds.
pub(crate) fn term_of(written: &str) -> Option<String> {
    let mut term = String::with_capacity(written.len());
    fold_into(written, &mut term);
    is_indexed(&term).then_some(term)
}

fn is_indexed(term: &str) -> bool {
    !term.is_empty() && term.len() <= LONGEST_TOKEN_BYTES
}

#[derive(Clone, Default)]
struct Words {
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = PieceStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> PieceStream<'a> {
        PieceStream::new(text, Some(Form::Folded), &mut self.token)
    }
}

#[derive(Clone, Default)]
struct Stems {
    token: Token,
}

impl Tokenizer for Stems {
    type TokenStream<'a> = PieceStream<'a>;

    fn token_stream<'a>(&'a mut self, input: &'a str) -> PieceStream<'a> {
        let (language, text) = input.split_once('\n').unwrap_or(("", input));
        PieceStream::new(
            text,
            LanguageStemmer::of(language).map(Form::Stemmed),
            &mut self.token,
        )
    }
}

#[derive(Clone, Copy)]
enum Form {
    Folded,
    Stemmed(LanguageStemmer),
}

struct PieceStream<'a> {
    text: &'a str,
    pieces: Pieces<'a>,
    /// `None` gives no tokens.
    form: Option<Form>,
    token: &'a mut Token,
}

impl<'a> PieceStream<'a> {
    fn new(text: &'a str, form: Option<Form>, token: &'a mut Token) -> Self {
        token.reset();
        Self {
            text,
            pieces: Pieces::of(text),
            form,
            token,
        }
    }
}

impl TokenStream for PieceStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(form) = self.form else { return false };
        for piece in self.pieces.by_ref() {
            // Before anything is left out: a phrase counts what is left out, too.
            self.token.position = self.token.position.wrapping_add(1);
            self.token.text.clear();
            let written = &self.text[piece.range.clone()];
            match form {
                Form::Folded => fold_into(written, &mut self.token.text),
                Form::Stemmed(stemmer) if piece.shape == Shape::Word => {
                    stemmer.stem_into(written, &mut self.token.text);
                }
                Form::Stemmed(_) => {}
            }
            if is_indexed(&self.token.text) {
                self.token.offset_from = piece.range.start;
                self.token.offset_to = piece.range.end;
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(name: &str, text: &str) -> Vec<(usize, String)> {
        let mut analyzer = tokenizers().get(name).unwrap();
        let mut stream = analyzer.token_stream(text);
        let mut tokens = Vec::new();
        stream.process(&mut |token| tokens.push((token.position, token.text.clone())));
        tokens
    }

    #[test]
    fn a_token_that_is_left_out_keeps_its_place() {
        let text = format!("before {} after", "x".repeat(LONGEST_TOKEN_BYTES + 1));
        assert_eq!(
            tokens(WORDS, &text),
            [(0, "before".to_owned()), (2, "after".to_owned())]
        );
    }

    #[test]
    fn stems_follow_the_language_in_front() {
        assert_eq!(
            tokens(STEMS, &stem_input("en", "Two pages")),
            [(0, "en:two".to_owned()), (1, "en:page".to_owned())]
        );
        assert_eq!(tokens(STEMS, &stem_input("ja", "pages")), []);
    }
}
