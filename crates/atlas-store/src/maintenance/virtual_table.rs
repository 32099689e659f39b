//! Reads the statement that made a virtual table: its module, and for full-text search where its texts are. It goes by
//! SQLite's rules for names and quotation marks, and believes nothing else.

use super::table::FtsContent;

/// The module and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    /// In small letters.
    pub(super) module: String,
    arguments: Vec<String>,
}

/// Reads `CREATE VIRTUAL TABLE … USING module(arguments)`. `None` when it is something else.
pub(super) fn declaration(sql: &str) -> Option<Declaration> {
    let tokens = tokens(sql);
    let using = tokens
        .iter()
        .position(|(kind, token)| *kind == Token::Word && token.eq_ignore_ascii_case("using"))?;
    let (_, module) = tokens.get(using + 1)?;
    Some(Declaration {
        module: unquoted(module).to_ascii_lowercase(),
        arguments: arguments(&tokens[using + 2..]),
    })
}

impl Declaration {
    /// Where the texts of a full-text table are. `None` for other modules.
    pub(super) fn content(&self) -> Option<FtsContent> {
        if !["fts3", "fts4", "fts5"].contains(&self.module.as_str()) {
            return None;
        }
        Some(match self.option("content") {
            None => FtsContent::Own,
            Some(table) if table.is_empty() => FtsContent::Contentless,
            Some(table) => FtsContent::External {
                table,
                rowid_column: self.option("content_rowid"),
            },
        })
    }

    fn option(&self, name: &str) -> Option<String> {
        self.arguments.iter().find_map(|argument| {
            let (key, value) = argument.split_once('=')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then(|| unquoted(value.trim()))
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Word,
    Quoted,
    Sign,
}

/// Words, quoted parts with their marks, and single signs. Comments and spaces are left out.
fn tokens(sql: &str) -> Vec<(Token, &str)> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '"' | '\'' | '`' => (Some(Token::Quoted), quoted_length(rest, first)),
            '[' => (
                Some(Token::Quoted),
                rest.find(']').map_or(rest.len(), |at| at + 1),
            ),
            '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (None, rest.find("*/").map_or(rest.len(), |at| at + 2)),
            _ if is_of_word(first) => {
                let length = rest.find(|sign| !is_of_word(sign)).unwrap_or(rest.len());
                (Some(Token::Word), length)
            }
            _ => (Some(Token::Sign), first.len_utf8()),
        };
        let (token, behind) = rest.split_at(length);
        tokens.extend(kind.map(|kind| (kind, token)));
        rest = behind.trim_start();
    }
    tokens
}

fn is_of_word(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_' || sign == '$' || !sign.is_ascii()
}

/// A mark inside is written twice.
fn quoted_length(text: &str, mark: char) -> usize {
    let mut at = 1;
    while let Some(found) = text[at..].find(mark) {
        at += found + 1;
        if !text[at..].starts_with(mark) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// What stands in the outermost brackets, parted by its commas.
fn arguments(tokens: &[(Token, &str)]) -> Vec<String> {
    let mut arguments = Vec::new();
    let (mut argument, mut depth) = (String::new(), 0);
    for (kind, token) in tokens {
        match (kind, *token) {
            (Token::Sign, "(") if depth == 0 => depth = 1,
            (Token::Sign, ")") if depth == 1 => break,
            (Token::Sign, ",") if depth == 1 => arguments.push(std::mem::take(&mut argument)),
            (kind, token) => {
                match (kind, token) {
                    (Token::Sign, "(") => depth += 1,
                    (Token::Sign, ")") => depth -= 1,
                    _ => {}
                }
                // A word must not run into the next.
                if *kind != Token::Sign && !argument.is_empty() && !argument.ends_with('=') {
                    argument.push(' ');
                }
                argument.push_str(token);
            }
        }
    }
    arguments.push(argument);
    arguments
}

fn unquoted(text: &str) -> String {
    let mut inside = text.chars();
    let marks = (inside.next(), inside.next_back());
    match marks {
        (Some('['), Some(']')) => inside.as_str().to_owned(),
        (Some(mark @ ('"' | '\'' | '`')), Some(end)) if mark == end => inside
            .as_str()
            .replace(&format!("{mark}{mark}"), &mark.to_string()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn external(table: &str, rowid_column: Option<&str>) -> FtsContent {
        FtsContent::External {
            table: table.to_owned(),
            rowid_column: rowid_column.map(str::to_owned),
        }
    }

    #[rstest]
    #[case("CREATE VIRTUAL TABLE a USING fts5(x, y)", "fts5", Some(FtsContent::Own))]
    #[case(
        "create virtual table a using FTS5(x, content='')",
        "fts5",
        Some(FtsContent::Contentless)
    )]
    #[case(
        "CREATE VIRTUAL TABLE a USING fts5(x, content = \"my, table\" , content_rowid='id')",
        "fts5",
        Some(external("my, table", Some("id")))
    )]
    #[case(
        "CREATE VIRTUAL TABLE \"using\" USING fts4(content=\"docs\", x)",
        "fts4",
        Some(external("docs", None))
    )]
    #[case(
        "CREATE VIRTUAL TABLE a USING fts5(x, tokenize = \"unicode61 tokenchars '=,'\", content=[t])",
        "fts5",
        Some(external("t", None))
    )]
    #[case(
        "CREATE VIRTUAL TABLE a /* USING fts5 */ USING rtree(id, x0, x1)",
        "rtree",
        None
    )]
    #[case(
        "CREATE VIRTUAL TABLE a USING fts5(x, content='it''s')",
        "fts5",
        Some(external("it's", None))
    )]
    #[case("CREATE VIRTUAL TABLE a USING dbstat", "dbstat", None)]
    fn module_and_content_are_read_as_sqlite_reads_them(
        #[case] sql: &str,
        #[case] module: &str,
        #[case] content: Option<FtsContent>,
    ) {
        let found = declaration(sql).unwrap();
        assert_eq!(found.module, module);
        assert_eq!(found.content(), content);
    }

    #[rstest]
    #[case("")]
    #[case("CREATE TABLE a(x)")]
    #[case("CREATE VIRTUAL TABLE a USING")]
    #[case("CREATE VIRTUAL TABLE 'a")]
    fn another_statement_is_none_of_these(#[case] sql: &str) {
        assert_eq!(declaration(sql), None);
    }
}
