//! What a Markdown document names: the words in its code, and the targets of its links. Knows nothing of
//! the repository, and of Markdown only what our documents use.

/// Something that a document names, with its line, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// The words in code, both between back ticks and in fenced blocks.
pub(crate) fn code_words(document: &str) -> Vec<Mention> {
    let words_of = |(line, text, is_fenced): (usize, &str, bool)| -> Vec<Mention> {
        let code: Vec<&str> = if is_fenced {
            vec![text]
        } else {
            text.split('`').skip(1).step_by(2).collect()
        };
        let words = code.into_iter().flat_map(str::split_whitespace);
        words
            .map(|word| Mention {
                line,
                text: word.to_owned(),
            })
            .collect()
    };
    lines(document).flat_map(words_of).collect()
}

/// The targets of links and images, in the notations of Markdown and as attributes of HTML.
pub(crate) fn link_targets(document: &str) -> Vec<Mention> {
    let targets_of = |(line, text, _): (usize, &str, bool)| -> Vec<Mention> {
        let prose: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let inline = between(&prose, "](", ')')
            .into_iter()
            .chain(between(&prose, "src=\"", '"'));
        let attributes = between(&prose, "href=\"", '"');
        let defined = prose
            .strip_prefix('[')
            .and_then(|rest| Some(rest.split_once("]: ")?.1.to_owned()));
        inline
            .chain(attributes)
            .chain(defined)
            // A title may follow the target.
            .filter_map(|target| target.split_whitespace().next().map(str::to_owned))
            .map(|text| Mention { line, text })
            .collect()
    };
    lines(document)
        .filter(|(_, _, is_fenced)| !is_fenced)
        .flat_map(targets_of)
        .collect()
}

/// Each line with its number and whether it is inside a fenced block; the fences themselves are left out.
fn lines(document: &str) -> impl Iterator<Item = (usize, &str, bool)> {
    let mut is_fenced = false;
    document.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        (!is_fence).then_some((index + 1, line, is_fenced))
    })
}

fn between(text: &str, open: &str, close: char) -> Vec<String> {
    let tails = text.split(open).skip(1);
    tails
        .filter_map(|tail| Some(tail.split_once(close)?.0.to_owned()))
        .collect()
}

mod examples {
    use super::*;

    const DOCUMENT: &str = "\
See [the story](crates/app/src/lib.rs#L3 \"with a title\") and `src/judge.rs`, `cargo run`.
```sh
ls docs/adr [no](link)
```
![a picture](docs/a.png) [`code`](b.md) `[not](a-link)` <img src=\"docs/b.png\" width=\"9\">
[reference]: https://example.org/
";

    fn mention(line: usize, text: &str) -> Mention {
        Mention {
            line,
            text: text.to_owned(),
        }
    }

    #[test]
    fn finds_words_in_code_but_not_in_prose() {
        let expected = [
            mention(1, "src/judge.rs"),
            mention(1, "cargo"),
            mention(1, "run"),
            mention(3, "ls"),
            mention(3, "docs/adr"),
            mention(3, "[no](link)"),
            mention(5, "code"),
            mention(5, "[not](a-link)"),
        ];
        assert_eq!(code_words(DOCUMENT), expected);
    }

    #[test]
    fn finds_links_in_prose_but_not_in_code() {
        let expected = [
            mention(1, "crates/app/src/lib.rs#L3"),
            mention(5, "docs/a.png"),
            mention(5, "b.md"),
            mention(5, "docs/b.png"),
            mention(6, "https://example.org/"),
        ];
        assert_eq!(link_targets(DOCUMENT), expected);
    }
}
